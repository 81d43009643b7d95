//! All sequences of a cell through the engine: packed into batches, shared by workers.

use super::observer::{Event, Observer};
use super::parallel::in_order;
use crate::engine::{Batch, Engine, ForwardError, Head, Logits, Sequence};
use ndarray::{Axis, Slice};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A forward pass that failed.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct ForwardFault {
    /// Position of the document among those asked.
    pub document: usize,
    /// What the engine said.
    pub error: ForwardError,
}

/// Runs the sequences of all documents, `[document][sequence]`, and returns their logits in the same shape.
///
/// Batches are made from the sequences alone, so that no number of threads changes them.
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
    let places: Vec<(usize, usize)> =
        documents.iter().enumerate().flat_map(|(d, sequences)| (0..sequences.len()).map(move |s| (d, s))).collect();
    let length = |&(d, s): &(usize, usize)| documents[d][s].ids.len();
    let batches = batches(&places, length, batch_tokens);
    let left: Vec<AtomicUsize> = documents.iter().map(|sequences| AtomicUsize::new(sequences.len())).collect();
    let head = engine.config().head;
    let run = |worker: &mut Box<dyn crate::engine::Worker + '_>, at: usize| {
        let places = batches[at];
        let batch = Batch::pack(places.iter().map(|&(d, s)| &documents[d][s]))
            .expect("batches are not empty, and every sequence has its special tokens");
        let logits = worker.forward(&batch).map_err(|error| {
            let sequence = match error {
                ForwardError::NotFinite { sequence } | ForwardError::NoEnd { sequence, .. } => sequence,
                _ => 0,
            };
            ForwardFault { document: places[sequence].0, error }
        })?;
        let complete = places.iter().filter(|(d, _)| left[*d].fetch_sub(1, Ordering::Relaxed) == 1).count();
        observer.notice(&Event::Batch { tokens: batch.tokens(), documents: complete });
        Ok(unpack(&batch, head, &logits))
    };
    let results = in_order(batches.len(), threads, || engine.worker(), run)?;
    let mut logits: Vec<Vec<Logits>> = documents.iter().map(|sequences| Vec::with_capacity(sequences.len())).collect();
    for (&(document, _), rows) in places.iter().zip(results.into_iter().flatten()) {
        logits[document].push(rows);
    }
    Ok(logits)
}

/// Runs of sequences, in order, of at most `most` tokens; a longer sequence is a batch of its own.
fn batches(
    places: &[(usize, usize)],
    length: impl Fn(&(usize, usize)) -> usize,
    most: usize,
) -> Vec<&[(usize, usize)]> {
    let (mut batches, mut from, mut tokens) = (Vec::new(), 0, 0);
    for (at, place) in places.iter().enumerate() {
        if at > from && tokens + length(place) > most {
            batches.push(&places[from..at]);
            (from, tokens) = (at, 0);
        }
        tokens += length(place);
    }
    if from < places.len() {
        batches.push(&places[from..]);
    }
    batches
}

/// The rows of each sequence.
fn unpack(batch: &Batch, head: Head, logits: &Logits) -> Vec<Logits> {
    let rows = |range: std::ops::Range<usize>| logits.slice_axis(Axis(0), Slice::from(range)).to_owned();
    match head {
        Head::Token => batch.ranges().map(rows).collect(),
        Head::Sequence => (0..batch.sequences()).map(|i| rows(i..i + 1)).collect(),
    }
}
