//! What is on its way through [`super::stream`], and what is to be done next.

use super::ask::{Counts, Open};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a thread does next.
pub(super) enum Job<'a, T> {
    Read { number: usize },
    Forward { number: usize, open: Arc<Open<'a>>, batch: usize },
    Write { number: usize, made: T },
    Stop,
}

/// A place in the work: the chunk's number, then its steps. Of two faults the earlier one is told.
pub(super) type Place = (usize, usize);
/// Behind every batch of a chunk.
pub(super) const END: usize = usize::MAX;

/// Whether a chunk can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Free,
    /// A thread reads.
    Taken,
    /// There is no other chunk.
    Exhausted,
}

pub(super) struct Board<'a, T, E> {
    /// The most chunks on their way.
    window: usize,
    /// Chunks with batches that no thread has taken yet, with the next one.
    pub(super) open: BTreeMap<usize, (Arc<Open<'a>>, usize)>,
    /// Chunks that wait to be written.
    pub(super) made: BTreeMap<usize, T>,
    /// Chunks that were read, and written.
    pub(super) read: usize,
    pub(super) written: usize,
    pub(super) source: Source,
    pub(super) writing: bool,
    /// A thread panicked.
    pub(super) broken: bool,
    pub(super) fault: Option<(Place, E)>,
    pub(super) counts: Counts,
    /// Of all threads, by [`Step`].
    pub(super) seconds: [f64; 5],
}

impl<'a, T, E> Board<'a, T, E> {
    /// With at most `window` chunks on their way.
    pub(super) fn of(window: usize) -> Self {
        Self {
            window,
            open: BTreeMap::new(),
            made: BTreeMap::new(),
            read: 0,
            written: 0,
            source: Source::Free,
            writing: false,
            broken: false,
            fault: None,
            counts: Counts::default(),
            seconds: [0.0; 5],
        }
    }

    /// A write has ended. None follows one that failed, also before its fault is known here.
    pub(super) fn wrote(&mut self, well: bool) {
        self.writing = !well;
        self.written += usize::from(well);
    }

    /// What can be done now: the oldest first, and a new chunk only when nothing of the others is left. None: nothing yet.
    pub(super) fn next(&mut self) -> Option<Job<'a, T>> {
        let before_fault = |place: Place| self.fault.as_ref().is_none_or(|(fault, _)| place < *fault);
        if self.broken {
            return Some(Job::Stop);
        }
        if !self.writing
            && before_fault((self.written, END))
            && let Some(made) = self.made.remove(&self.written)
        {
            self.writing = true;
            return Some(Job::Write { number: self.written, made });
        }
        if let Some(mut first) = self.open.first_entry() {
            let number = *first.key();
            let (open, next) = first.get_mut();
            let batch = *next;
            if before_fault((number, batch)) {
                *next += 1;
                let last = *next == open.batches();
                // Without the board's own share, the thread that ends the last batch is the last to hold the chunk.
                let open = if last { first.remove().0 } else { Arc::clone(open) };
                return Some(Job::Forward { number, open, batch });
            }
        }
        if self.fault.is_some() || (self.source == Source::Exhausted && self.written == self.read) {
            return Some(Job::Stop);
        }
        let room = self.read - self.written < self.window;
        (room && self.source == Source::Free).then(|| {
            self.source = Source::Taken;
            Job::Read { number: self.read }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_after_a_write_that_failed() {
        let mut board: Board<'_, &str, ()> = Board::of(4);
        (board.read, board.source) = (3, Source::Exhausted);
        board.made = BTreeMap::from([(0, "first"), (1, "second"), (2, "third")]);
        assert!(matches!(board.next(), Some(Job::Write { number: 0, made: "first" })));
        assert!(board.next().is_none(), "one writes at a time");
        board.wrote(true);
        assert!(matches!(board.next(), Some(Job::Write { number: 1, made: "second" })));
        board.wrote(false);
        assert!(board.next().is_none());
        board.fault = Some(((1, END), ()));
        assert!(matches!(board.next(), Some(Job::Stop)));
    }
}
