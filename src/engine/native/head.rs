//! The layers behind the encoder.

use super::linear::Linear;
use super::weights::Weights;
use crate::engine::{Config, LoadError};
use rten_simd::SimdUnaryOp;
use rten_vecmath::Tanh;

/// A dense layer with tanh over the first token of each sequence.
pub(super) struct Pooler(Linear);

impl Pooler {
    /// Reads `pooler.dense`. Without it a sequence head's answers would be random.
    pub(super) fn load(weights: &Weights<'_>, config: &Config) -> Result<Self, LoadError> {
        Linear::load(weights, ["pooler.dense".to_owned()].into_iter(), config.hidden, config.hidden).map(Self)
    }

    /// `[sequences, hidden]` of first tokens → the same shape.
    pub(super) fn run(&self, first: &[f32]) -> Vec<f32> {
        let mut pooled = vec![0.0; first.len()];
        self.0.run(first, &mut pooled);
        Tanh {}.map_mut(&mut pooled);
        pooled
    }
}

/// A dense layer from a token's or a sequence's vector to its logits.
pub(super) struct Classifier {
    dense: Linear,
    hidden: usize,
}

impl Classifier {
    /// Reads `classifier`, whose rows must be as many as the labels of `config.json`.
    pub(super) fn load(weights: &Weights<'_>, config: &Config) -> Result<Self, LoadError> {
        let classes = config.labels.len();
        let dense = weights.head("classifier.weight", &[classes, config.hidden])?;
        let dense = Linear::new(&dense, weights.head("classifier.bias", &[classes])?);
        Ok(Self { dense, hidden: config.hidden })
    }

    /// `[rows, hidden]` → `[rows, classes]`.
    pub(super) fn run(&self, x: &[f32]) -> Vec<f32> {
        let mut logits = vec![0.0; x.len() / self.hidden * self.dense.outputs()];
        self.dense.run(x, &mut logits);
        logits
    }
}
