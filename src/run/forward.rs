//! Sequences through the engine: each different one once, packed into batches.

use super::observer::{Event, Observer};
use super::parallel::in_order;
use crate::engine::{Batch, Engine, ForwardError, Head, Logits, Sequence, Worker};
use ndarray::{Axis, Slice};
use std::collections::HashMap;
use std::ops::Range;

/// A forward pass that failed.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct ForwardFault {
    /// Position of the document among those asked.
    pub document: usize,
    /// What the engine said.
    pub error: ForwardError,
}

/// How the sequences of documents go forward. It follows from the sequences alone, so that no number of threads changes it.
#[derive(Debug)]
pub(super) struct Packing {
    /// Each different sequence: the document and the place in it where it stands first.
    different: Vec<(usize, usize)>,
    /// For every sequence of every document, in order, which of `different` it is.
    which: Vec<usize>,
    /// Runs of `different`.
    batches: Vec<Range<usize>>,
    /// Tokens that go forward.
    pub(super) tokens: usize,
}

impl Packing {
    /// Packs the sequences of documents, `[document][sequence]`, into batches of at most `most` tokens; a longer sequence is a
    /// batch of its own. Sequences that are the same go forward once: rows of logits depend on their own sequence alone.
    pub(super) fn of(documents: &[&[Sequence]], most: usize) -> Self {
        let mut known: HashMap<(&[u32], &[u32]), usize> = HashMap::new();
        let mut packing = Self { different: Vec::new(), which: Vec::new(), batches: Vec::new(), tokens: 0 };
        let (mut from, mut tokens) = (0, 0);
        for (document, sequences) in documents.iter().enumerate() {
            for (place, sequence) in sequences.iter().enumerate() {
                let new = packing.different.len();
                let which = *known.entry((&sequence.ids, &sequence.type_ids)).or_insert(new);
                packing.which.push(which);
                if which < new {
                    continue;
                }
                let length = sequence.ids.len();
                if new > from && tokens + length > most {
                    packing.batches.push(from..new);
                    (from, tokens) = (new, 0);
                }
                packing.different.push((document, place));
                packing.tokens += length;
                tokens += length;
            }
        }
        if from < packing.different.len() {
            packing.batches.push(from..packing.different.len());
        }
        packing
    }

    /// Number of batches.
    pub(super) fn batches(&self) -> usize {
        self.batches.len()
    }

    /// Sequences that go forward.
    pub(super) fn sequences(&self) -> usize {
        self.different.len()
    }

    /// Sequences that are the same as one before them, and are not computed again.
    pub(super) fn repeated(&self) -> usize {
        self.which.len() - self.different.len()
    }

    /// Runs one batch of the documents that were packed: its tokens, and the logits of each of its sequences.
    pub(super) fn run(
        &self,
        documents: &[&[Sequence]],
        batch: usize,
        (worker, head): (&mut dyn Worker, Head),
    ) -> Result<(usize, Vec<Logits>), ForwardFault> {
        let places = &self.different[self.batches[batch].clone()];
        let batch = Batch::pack(places.iter().map(|&(document, place)| &documents[document][place]))
            .expect("batches are not empty, and every sequence has its special tokens");
        let logits = worker.forward(&batch).map_err(|error| {
            let sequence = match error {
                ForwardError::NotFinite { sequence } | ForwardError::NoEnd { sequence, .. } => sequence,
                _ => 0,
            };
            ForwardFault { document: places[sequence].0, error }
        })?;
        Ok((batch.tokens(), unpack(&batch, head, &logits)))
    }

    /// The logits of all sequences, `[document][sequence]`, from those of all batches.
    pub(super) fn spread(&self, documents: &[&[Sequence]], batches: Vec<Vec<Logits>>) -> Vec<Vec<Logits>> {
        let mut left = vec![0usize; self.different.len()];
        for &which in &self.which {
            left[which] += 1;
        }
        let mut logits: Vec<Option<Logits>> = batches.into_iter().flatten().map(Some).collect();
        let mut which = self.which.iter();
        let mut next = || {
            let which = *which.next().expect("every sequence was packed");
            left[which] -= 1;
            let logits = if left[which] == 0 { logits[which].take() } else { logits[which].clone() };
            logits.expect("they are taken by the last sequence that is the same")
        };
        documents.iter().map(|sequences| sequences.iter().map(|_| next()).collect()).collect()
    }
}

/// Runs the sequences of all documents, `[document][sequence]`, and returns their logits in the same shape.
pub(super) fn forward(
    engine: &dyn Engine,
    documents: &[&[Sequence]],
    threads: usize,
    observer: &dyn Observer,
) -> Result<Vec<Vec<Logits>>, ForwardFault> {
    forward_in(engine, documents, (threads, engine.batch_tokens()), observer)
}

/// As `forward`, in batches of at most `batch_tokens` tokens.
pub(super) fn forward_in(
    engine: &dyn Engine,
    documents: &[&[Sequence]],
    (threads, batch_tokens): (usize, usize),
    observer: &dyn Observer,
) -> Result<Vec<Vec<Logits>>, ForwardFault> {
    let packing = Packing::of(documents, batch_tokens);
    let head = engine.config().head;
    let run = |worker: &mut Box<dyn Worker + '_>, batch: usize| {
        let (tokens, logits) = packing.run(documents, batch, (worker.as_mut(), head))?;
        observer.notice(&Event::Batch { tokens, work: tokens });
        Ok(logits)
    };
    let batches = in_order(packing.batches(), threads, || engine.worker(), run)?;
    Ok(packing.spread(documents, batches))
}

/// The rows of each sequence.
fn unpack(batch: &Batch, head: Head, logits: &Logits) -> Vec<Logits> {
    let rows = |range: Range<usize>| logits.slice_axis(Axis(0), Slice::from(range)).to_owned();
    match head {
        Head::Token => batch.ranges().map(rows).collect(),
        Head::Sequence => (0..batch.sequences()).map(|i| rows(i..i + 1)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(ids: &[u32]) -> Sequence {
        Sequence { ids: ids.to_vec(), type_ids: vec![0; ids.len()] }
    }

    #[test]
    fn the_same_sequence_goes_forward_once_and_its_logits_stand_wherever_it_does() {
        let other_kinds = Sequence { ids: vec![1, 2], type_ids: vec![0, 1] };
        let first = [sequence(&[1, 2]), sequence(&[3])];
        let second = [sequence(&[3]), other_kinds, sequence(&[1, 2]), sequence(&[3])];
        let documents: [&[Sequence]; 3] = [&first, &[], &second];
        let packing = Packing::of(&documents, 3);
        assert_eq!((packing.sequences(), packing.repeated(), packing.tokens), (3, 3, 5));
        assert_eq!(packing.batches, [0..2, 2..3]);
        let row = |value: f32| Logits::from_elem((1, 1), value);
        let logits = packing.spread(&documents, vec![vec![row(1.0), row(2.0)], vec![row(3.0)]]);
        let values: Vec<Vec<f32>> = logits.iter().map(|rows| rows.iter().map(|row| row[(0, 0)]).collect()).collect();
        assert_eq!(values, [vec![1.0, 2.0], vec![], vec![2.0, 3.0, 1.0, 2.0]]);
    }

    #[test]
    fn a_batch_ends_before_it_has_too_many_tokens_and_a_longer_sequence_stands_alone() {
        let sequences: Vec<Sequence> =
            [1, 2, 9, 1, 1].iter().map(|&n: &u32| sequence(&(n..2 * n).collect::<Vec<_>>())).collect();
        let packing = Packing::of(&[&sequences], 3);
        // The last two are as the first.
        assert_eq!(packing.batches, [0..2, 2..3]);
        assert!(Packing::of(&[], 3).batches.is_empty());
    }
}
