//! One pass over a workload, phase by phase, and what it returned.

use super::trial::{BenchError, Work};
use crate::base::digest::Running;
use crate::base::file::write_whole;
use crate::corpus::Document;
use crate::engine::Logits;
use crate::run::{Event, Observer, different};
use crate::table::{CellKey, PASS_PHASES};
use crate::task::Answer;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// The position of the forward phase.
pub(super) const FORWARD: usize = 2;

/// A timed pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// Which round it belongs to, from 1.
    pub round: usize,
    /// Its place in the round, from 1.
    pub place: usize,
    /// Seconds of wall time by phase, one after the other, in the order of [`PASS_PHASES`].
    pub seconds: [f64; PASS_PHASES.len()],
    /// SHA-256 of all logits, document after document.
    pub digest: String,
    /// Documents whose logits are not, bit by bit, those of the pass that was scored; only an engine that does not promise the same bits
    /// may have any.
    pub other_bits: usize,
    /// Entities or stances that are not those that were scored.
    pub flips: usize,
}

impl Pass {
    /// Seconds of the forward phase.
    pub fn forward(&self) -> f64 {
        self.seconds[FORWARD]
    }

    /// Seconds of all phases.
    pub fn total(&self) -> f64 {
        self.seconds.iter().sum()
    }
}

/// What a pass returned.
pub(super) struct Returned {
    pub(super) seconds: [f64; PASS_PHASES.len()],
    /// Windows of all documents.
    pub(super) windows: usize,
    /// Tokens of each sequence that went forward, ascending.
    pub(super) lengths: Vec<usize>,
    /// Sequences that are the same as another one, and did not go forward again.
    pub(super) repeated: usize,
    /// Operations of matrix products; None where the engine does not know them.
    pub(super) operations: Option<u64>,
    /// SHA-256 of each document's logits.
    pub(super) digests: Vec<String>,
    pub(super) answers: Vec<Answer>,
}

/// Times phases, one after the other.
struct Clock {
    seconds: [f64; PASS_PHASES.len()],
    begun: Instant,
}

impl Clock {
    fn lap(&mut self, phase: usize) {
        self.seconds[phase] = self.begun.elapsed().as_secs_f64();
        self.begun = Instant::now();
    }
}

/// Asks all documents once, as a run does, and takes the time of each phase. `name` is for progress.
pub(super) fn pass(
    work: &Work<'_>,
    name: &str,
    scratch: &Path,
    observer: &dyn Observer,
) -> Result<Returned, BenchError> {
    let Work { workload, loaded, setting } = *work;
    let material = &*workload.material;
    let documents: Vec<&Document> = material.documents.iter().collect();
    let mut clock = Clock { seconds: [0.0; PASS_PHASES.len()], begun: Instant::now() };
    black_box(material.read()?);
    clock.lap(0);
    let prepared = loaded.prepare(&documents, setting.threads)?;
    clock.lap(1);
    let sequences = different(&documents, &prepared);
    let mut lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.ids.len()).collect();
    lengths.sort_unstable();
    let key = CellKey { model: format!("{}, {name}", workload.key.model), ..workload.key.clone() };
    observer.notice(&Event::CellStarted { key: &key, documents: documents.len(), work: lengths.iter().sum() });
    clock.begun = Instant::now();
    let how = (setting.threads, work.batch_tokens());
    let logits = loaded.forward(&documents, &prepared, how, observer)?;
    clock.lap(FORWARD);
    let answers = loaded.decode(&documents, (&prepared, &logits), setting.threads);
    clock.lap(3);
    let path = scratch.join("predictions.parquet");
    let bytes = workload.predictions(&answers).into_parquet();
    write_whole(&path, &bytes).map_err(|source| BenchError::Io { path, source })?;
    clock.lap(4);
    observer.notice(&Event::CellFinished { key: &key });
    // What nobody labelled is neither scored nor counted; a run takes it away after it has saved its answers.
    let answers = answers.into_iter().zip(&material.regions).map(|(answer, regions)| answer.outside(regions)).collect();
    let digests = logits.iter().map(|logits| digest(logits)).collect();
    let operations = loaded.operations(&sequences);
    let repeated = prepared.iter().map(|prepared| prepared.sequences.len()).sum::<usize>() - sequences.len();
    let windows = prepared.iter().map(|prepared| prepared.windows.len()).sum();
    Ok(Returned { seconds: clock.seconds, windows, lengths, repeated, operations, digests, answers })
}

/// A digest of a document's logits, shapes included.
fn digest(logits: &[Logits]) -> String {
    let mut running = Running::default();
    for logits in logits {
        let shape = [logits.nrows() as u64, logits.ncols() as u64];
        let bits = logits.iter().flat_map(|logit| logit.to_bits().to_le_bytes());
        let bytes: Vec<u8> = shape.into_iter().flat_map(u64::to_le_bytes).chain(bits).collect();
        running.write_all(&bytes).expect("a digest takes every byte");
    }
    running.digits()
}

/// A digest of all documents' digests.
pub(super) fn of_all(digests: &[String]) -> String {
    crate::base::digest::of_bytes(digests.concat().as_bytes())
}

/// The documents whose digests differ, by position.
pub(super) fn differing(scored: &[String], timed: &[String]) -> Vec<usize> {
    (0..scored.len().max(timed.len())).filter(|&at| scored.get(at) != timed.get(at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn one_bit_and_one_shape_make_another_digest() {
        let one = digest(&[array![[1.0, 2.0]], array![[3.0]]]);
        assert_eq!(one, digest(&[array![[1.0, 2.0]], array![[3.0]]]));
        assert_ne!(one, digest(&[array![[1.0, f32::from_bits(2.0_f32.to_bits() + 1)]], array![[3.0]]]));
        assert_ne!(one, digest(&[array![[1.0], [2.0]], array![[3.0]]]));
        assert_ne!(digest(&[array![[0.0]]]), digest(&[array![[-0.0]]]));
    }

    #[test]
    fn documents_that_differ_are_named_in_order() {
        let of = |names: [&str; 3]| names.map(str::to_owned);
        assert!(differing(&of(["a", "b", "c"]), &of(["a", "b", "c"])).is_empty());
        assert_eq!(differing(&of(["a", "b", "c"]), &of(["a", "x", "y"])), [1, 2]);
        assert_eq!(differing(&of(["a", "b", "c"]), &of(["a", "b", "c"])[..2]), [2]);
    }
}
