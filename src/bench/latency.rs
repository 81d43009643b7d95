//! How long one document takes when nothing else is asked.

use super::trial::{BenchError, Work};
use crate::corpus::Document;
use crate::run::Silent;
use std::hint::black_box;
use std::time::Instant;

/// One document, asked alone, on one thread.
#[derive(Debug, Clone, PartialEq)]
pub struct Latency {
    /// The document's id.
    pub document: String,
    /// Seconds from its text to its answer: tokenize, forward, decode.
    pub seconds: f64,
}

/// Asks at most `most` documents one at a time, on one thread. They are spread evenly over the corpus, so that they have its mix of
/// lengths; the first one is asked once more before, to warm up.
pub(super) fn latencies(work: &Work<'_>, most: usize) -> Result<Vec<Latency>, BenchError> {
    let documents = &work.workload.material.documents;
    let chosen: Vec<&Document> = spread(documents.len(), most).map(|at| &documents[at]).collect();
    let warm_up = chosen.first().copied().into_iter();
    let mut latencies = Vec::with_capacity(chosen.len() + 1);
    for document in warm_up.chain(chosen.iter().copied()) {
        let begun = Instant::now();
        let prepared = work.loaded.prepare(&[document], 1)?;
        let logits = work.loaded.forward(&[document], &prepared, (1, work.batch_tokens()), &Silent)?;
        black_box(work.loaded.decode(&[document], (&prepared, &logits), 1));
        latencies.push(Latency { document: document.id.clone(), seconds: begun.elapsed().as_secs_f64() });
    }
    Ok(latencies.split_off(latencies.len().min(1)))
}

/// At most `most` of the positions 0..`count`, evenly spread.
fn spread(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let taken = count.min(most);
    (0..taken).map(move |at| at * count / taken)
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn positions_are_spread_evenly_and_none_is_taken_twice() {
        assert_eq!(spread(10, 4).collect::<Vec<_>>(), [0, 2, 5, 7]);
        assert_eq!(spread(3, 200).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(spread(0, 5).count() + spread(5, 0).count(), 0);
    }
}
