//! Chunks of documents through a model, by threads that do every step themselves: each reads, tokenizes, goes forward, decodes or
//! writes, whatever is next. So all steps overlap, and all threads end with the last batch.
//!
//! However many documents there are, only a few chunks are on their way. What comes of them does not depend on threads.

use super::ask::{Asked, Chunk, Counts, Done, Open};
use super::board::{Board, END, Job, Source};
use super::cell::CellError;
use super::observer::{Event, Observer};
use crate::corpus::Document;
use std::borrow::Cow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Instant;

/// The most documents of a chunk.
const DOCUMENTS: usize = 64;
/// Bytes of text with which a chunk ends: some 15,000 tokens, so that next to no batch is short.
const BYTES: usize = 64 << 10;

/// Seconds of wall time: of each step as the mean over threads, so that they add up to the whole.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Spent {
    /// Reading documents.
    pub read: f64,
    /// Text to batches.
    pub tokenize: f64,
    /// Batches to logits.
    pub forward: f64,
    /// Logits to answers.
    pub decode: f64,
    /// Answers to files.
    pub write: f64,
    /// Nothing to do, or no processor to do it: what is left of the whole.
    pub wait: f64,
    /// From the first step to the last.
    pub wall: f64,
}

/// The next chunk of at most so many documents; None where there is none. Chunks depend on documents alone.
pub(super) fn chunk<'a, E>(
    documents: &mut impl Iterator<Item = Result<Cow<'a, Document>, E>>,
    first: usize,
    most: usize,
) -> Option<Result<Chunk<'a>, E>> {
    let (mut chunk, mut bytes) = (Chunk { first, documents: Vec::new() }, 0);
    while chunk.documents.len() < most.min(DOCUMENTS) && bytes < BYTES {
        match documents.next() {
            None => break,
            Some(Err(error)) => return Some(Err(error)),
            Some(Ok(document)) => {
                bytes += document.text.len();
                chunk.documents.push(document);
            }
        }
    }
    (!chunk.documents.is_empty()).then_some(Ok(chunk))
}

/// Takes chunks from `source`, asks the model, makes of each chunk what is to be written, and hands that to `sink` in the order of
/// the source.
///
/// # Errors
/// That of the first chunk that failed; what came before it was handed to `sink`.
pub(super) fn stream<'a, T: Send, E: From<CellError> + Send>(
    (asked, threads): (&Asked<'_>, usize),
    source: impl Iterator<Item = Result<Chunk<'a>, E>> + Send,
    (make, sink): (impl Fn(Done<'a>) -> T + Sync, impl FnMut(T) -> Result<(), E> + Send),
    observer: &dyn Observer,
) -> Result<(Counts, Spent), E> {
    let begun = Instant::now();
    let line = Line {
        asked,
        source: Mutex::new(source),
        make,
        sink: Mutex::new(sink),
        observer,
        board: Mutex::new(Board::of(2 * threads + 2)),
        changed: Condvar::new(),
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| line.work());
        }
        line.work();
    });
    let board = line.board.into_inner().expect("no thread panicked");
    if let Some((_, error)) = board.fault {
        return Err(error);
    }
    let [read, tokenize, forward, decode, write] = board.seconds.map(|seconds| seconds / threads as f64);
    let wall = begun.elapsed().as_secs_f64();
    let wait = (wall - read - tokenize - forward - decode - write).max(0.0);
    Ok((board.counts, Spent { read, tokenize, forward, decode, write, wait, wall }))
}

/// Where seconds go.
#[derive(Clone, Copy)]
enum Step {
    Read,
    Tokenize,
    Forward,
    Decode,
    Write,
}

struct Line<'l, 'a, I, M, S, T, E> {
    asked: &'l Asked<'l>,
    source: Mutex<I>,
    make: M,
    sink: Mutex<S>,
    observer: &'l dyn Observer,
    board: Mutex<Board<'a, T, E>>,
    changed: Condvar,
}

impl<'a, I, M, S, T, E> Line<'_, 'a, I, M, S, T, E>
where
    I: Iterator<Item = Result<Chunk<'a>, E>>,
    M: Fn(Done<'a>) -> T,
    S: FnMut(T) -> Result<(), E>,
    E: From<CellError>,
{
    fn board(&self) -> MutexGuard<'_, Board<'a, T, E>> {
        self.board.lock().expect("no thread panics while it looks at the board")
    }

    /// What a thread does until all is done.
    fn work(&self) {
        let _leaving = Leaving(|| {
            self.board().broken = true;
            self.changed.notify_all();
        });
        let mut worker = self.asked.worker();
        let mut clock = Clock { since: Instant::now(), seconds: [0.0; 5] };
        loop {
            let job = self.next();
            clock.since = Instant::now();
            let (place, result) = match job {
                Job::Stop => break,
                Job::Read { number } => ((number, 0), self.read(number, &mut clock)),
                Job::Forward { number, open, batch } => {
                    let worker = worker.as_deref_mut().expect("what has batches goes forward");
                    let done = self.asked.forward(&open, batch, worker).map(|(tokens, work)| {
                        self.observer.notice(&Event::Batch { tokens, work });
                    });
                    clock.took(Step::Forward);
                    let ended = || match Arc::into_inner(open).filter(Open::is_whole) {
                        Some(open) => self.close(number, open, &mut clock),
                        None => Ok(()),
                    };
                    ((number, batch), done.map_err(E::from).and_then(|()| ended()))
                }
                Job::Write { number, made } => {
                    let result = (self.sink.lock().expect("no thread panics while it writes"))(made);
                    clock.took(Step::Write);
                    self.board().wrote(result.is_ok());
                    ((number, END), result)
                }
            };
            if let Err(error) = result {
                let mut board = self.board();
                if board.fault.as_ref().is_none_or(|(fault, _)| place < *fault) {
                    board.fault = Some((place, error));
                }
            }
            self.changed.notify_all();
        }
        let mut board = self.board();
        for (all, own) in board.seconds.iter_mut().zip(clock.seconds) {
            *all += own;
        }
    }

    fn next(&self) -> Job<'a, T> {
        let mut board = self.board();
        loop {
            if let Some(job) = board.next() {
                return job;
            }
            board = self.changed.wait(board).expect("no thread panics while it looks at the board");
        }
    }

    /// Reads a chunk and lays its batches out.
    fn read(&self, number: usize, clock: &mut Clock) -> Result<(), E> {
        let chunk = self.source.lock().expect("no thread panics while it reads").next();
        clock.took(Step::Read);
        {
            let mut board = self.board();
            board.source = Source::Exhausted;
            if let Some(Ok(_)) = chunk {
                board.source = Source::Free;
                board.read += 1;
            }
        }
        self.changed.notify_all();
        let Some(chunk) = chunk else { return Ok(()) };
        let open = self.asked.open(chunk?)?;
        clock.took(Step::Tokenize);
        if open.batches() == 0 {
            self.observer.notice(&Event::Batch { tokens: 0, work: open.bytes() });
            return self.close(number, open, clock);
        }
        self.board().open.insert(number, (Arc::new(open), 0));
        Ok(())
    }

    /// Decodes a chunk and makes of it what is to be written.
    fn close(&self, number: usize, open: Open<'a>, clock: &mut Clock) -> Result<(), E> {
        let done = self.asked.close(open)?;
        clock.took(Step::Decode);
        let counts = done.counts;
        let made = (self.make)(done);
        clock.took(Step::Write);
        let mut board = self.board();
        board.counts += counts;
        board.made.insert(number, made);
        drop(board);
        self.observer.notice(&Event::Answered { documents: counts.documents });
        Ok(())
    }
}

/// Where a thread's time goes.
struct Clock {
    since: Instant,
    seconds: [f64; 5],
}

impl Clock {
    /// The time since the last call went into this.
    fn took(&mut self, step: Step) {
        let now = Instant::now();
        self.seconds[step as usize] += (now - self.since).as_secs_f64();
        self.since = now;
    }
}

/// Tells the other threads when one panics, so that none waits for it.
struct Leaving<F: Fn()>(F);

impl<F: Fn()> Drop for Leaving<F> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            (self.0)();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::cell::Request;
    use crate::run::model::Model;
    use crate::run::observer::Silent;
    use crate::suite::{ModelEntry, TaskOptions};
    use crate::table::CellKey;
    use crate::task::TaskName;
    use std::collections::BTreeMap;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn document(text: &str) -> Cow<'static, Document> {
        Cow::Owned(Document { id: text.to_owned(), text: text.to_owned() })
    }

    #[test]
    fn a_chunk_ends_with_its_documents_or_its_bytes_and_none_is_cut() {
        let sizes = |documents: Vec<Cow<'static, Document>>, most: usize| {
            let mut documents = documents.into_iter().map(Ok::<_, ()>);
            let chunks = std::iter::from_fn(|| chunk(&mut documents, 0, most));
            chunks.map(|chunk| chunk.expect("no error").documents.len()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(vec![document("x"); 2 * DOCUMENTS + 1], usize::MAX), [DOCUMENTS, DOCUMENTS, 1]);
        assert_eq!(sizes(vec![document("x"); 7], 3), [3, 3, 1]);
        let (long, short) = (document(&"x".repeat(BYTES)), document("y"));
        assert_eq!(sizes(vec![short.clone(), long.clone(), long, short], usize::MAX), [2, 1, 1]);
        assert!(sizes(Vec::new(), usize::MAX).is_empty());
    }

    /// Streams chunks of one document each through a floor; `bad` ones fail where they are read. What was written, and the error.
    fn streamed(
        count: usize,
        threads: usize,
        fails: impl Fn(usize) -> bool + Sync,
    ) -> (Vec<String>, Result<(), String>) {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("floor.toml"), "kind = \"gazetteer\"").expect("written");
        std::fs::write(folder.path().join("names.tsv"), "LOC\tGaza\n").expect("written");
        let model = Model::load(folder.path(), TaskName::Ner, crate::engine::Runtime::default()).expect("a floor");
        let key = CellKey { task: "ner".to_owned(), corpus: "c".to_owned(), model: "m".to_owned() };
        let request = Request {
            key,
            model: &ModelEntry::of_folder(folder.path()),
            options: &TaskOptions::defaults(TaskName::Ner),
            documents: &[],
            gold: &[],
            targets: &[],
            asked: BTreeMap::new(),
            stored: None,
            threads,
        };
        let asked = Asked::bind(&request, &model).expect("it needs nothing");
        let mut open = 0;
        let source = (0..count).map(|at| {
            let chunk = Chunk { first: at, documents: vec![document(&format!("Gaza {at}"))] };
            if fails(at) { Err(Failed(format!("document {at}"))) } else { Ok(chunk) }
        });
        let mut written = Vec::new();
        let sink = |id: String| {
            open += 1;
            written.push(id);
            if fails(1000 + open) { Err(Failed(format!("written {open}"))) } else { Ok(()) }
        };
        let make = |done: Done<'_>| done.documents[0].id.clone();
        let result = stream((&asked, threads), source, (make, sink), &Silent);
        (written, result.map(|_| ()).map_err(|failed| failed.0))
    }

    #[derive(Debug)]
    struct Failed(String);

    impl From<CellError> for Failed {
        fn from(error: CellError) -> Self {
            Self(error.to_string())
        }
    }

    fn ids(count: usize) -> Vec<String> {
        (0..count).map(|at| format!("Gaza {at}")).collect()
    }

    #[test]
    fn chunks_are_written_in_their_order_whatever_the_threads() {
        for threads in [1, 2, 5] {
            assert_eq!(streamed(100, threads, |_| false), (ids(100), Ok(())));
            assert_eq!(streamed(0, threads, |_| false), (ids(0), Ok(())));
        }
    }

    #[test]
    fn what_came_before_a_fault_is_written_and_nothing_after_it() {
        for threads in [1, 2, 5] {
            assert_eq!(streamed(100, threads, |at| at == 40), (ids(40), Err("document 40".to_owned())));
            assert_eq!(streamed(100, threads, |at| at == 1007), (ids(7), Err("written 7".to_owned())));
        }
    }

    #[test]
    fn a_thread_that_panics_stops_the_others() {
        // Where document 40 is read, and where the 40th is written.
        for place in [40, 1040] {
            for threads in [1, 2, 5] {
                let written = AtomicUsize::new(0);
                let fails = |at: usize| {
                    assert_ne!(at, place, "what nobody does");
                    written.fetch_add(at / 1000, Ordering::Relaxed);
                    false
                };
                let panic = catch_unwind(AssertUnwindSafe(|| streamed(100, threads, fails))).expect_err("a panic");
                let said = panic.downcast_ref::<String>().map(String::as_str);
                let said = said.or(panic.downcast_ref::<&str>().copied()).expect("words");
                assert!(said.contains("what nobody does") || said == "a scoped thread panicked", "{said}");
                let written = written.into_inner();
                assert!(if place == 40 { written <= 40 } else { written == 39 }, "{written} were written");
            }
        }
    }
}
