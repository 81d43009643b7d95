//! Engines against reference numbers, against the contract that they share, and against broken files.

mod contract;
pub(crate) mod faults;
mod golden;
#[cfg(feature = "rust-bert")]
mod rust_bert;

use karat::engine::{Batch, Engine, ForwardError, Logits, Sequence};
use std::path::{Path, PathBuf};

/// A tiny checkpoint beside the golden numbers.
pub(crate) fn tiny(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny").join(name)
}

/// A sequence of one token type.
fn sequence(ids: Vec<u32>) -> Sequence {
    Sequence { type_ids: vec![0; ids.len()], ids }
}

/// One forward pass with a worker of its own.
fn forward(engine: &dyn Engine, sequences: &[Sequence]) -> Result<Logits, ForwardError> {
    engine.worker().forward(&Batch::pack(sequences).unwrap())
}

/// The largest absolute difference of two arrays of one shape.
fn distance(a: &Logits, b: &Logits) -> f32 {
    assert_eq!(a.dim(), b.dim());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}
