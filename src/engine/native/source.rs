//! A checkpoint's tensors as the parts that models are built of.

use super::linear::Linear;
use super::norm::LayerNorm;
use crate::engine::checkpoint::Checkpoint;
use crate::engine::{LoadError, Precision};

/// A place in a checkpoint from which names are read.
#[derive(Clone)]
pub(super) struct Source<'a> {
    checkpoint: &'a Checkpoint,
    /// The precision of blocks' dense layers.
    precision: Precision,
    path: String,
}

impl<'a> Source<'a> {
    /// The whole checkpoint.
    pub(super) fn of(checkpoint: &'a Checkpoint, precision: Precision) -> Self {
        Self { checkpoint, precision, path: String::new() }
    }

    /// What stands under `part.`.
    pub(super) fn at(&self, part: &str) -> Self {
        Self { path: self.name(&format!("{part}.")), ..self.clone() }
    }

    /// The encoder, whose names checkpoints write with or without its own name before them.
    pub(super) fn encoder(&self, part: &str) -> Self {
        if self.checkpoint.has_any(&self.name(&format!("{part}."))) || !self.checkpoint.has_any("embeddings.") {
            return self.at(part);
        }
        self.clone()
    }

    /// A tensor's whole name.
    fn name(&self, part: &str) -> String {
        format!("{}{part}", self.path)
    }

    /// Row-major values of a tensor of this shape.
    pub(super) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        self.checkpoint.values(&self.name(name), shape)
    }

    /// The first of several names that is there; the first one where none is.
    pub(super) fn first_of<'n>(&self, names: &[&'n str]) -> &'n str {
        names.iter().find(|name| self.checkpoint.has(&self.name(name))).unwrap_or(&names[0])
    }

    /// The weights of an embedding: `[rows, width]`.
    pub(super) fn table(&self, name: &str, rows: usize, width: usize) -> Result<Vec<f32>, LoadError> {
        self.tensor(&format!("{name}.weight"), &[rows, width])
    }

    /// A dense layer in front of the blocks or behind them: in f32, for few rows go through it, or few weights.
    pub(super) fn linear(&self, name: &str, outputs: usize, inputs: usize) -> Result<Linear, LoadError> {
        let (weights, bias) = self.rows(&[name], outputs, inputs)?;
        Ok(Linear::new(&weights, bias))
    }

    /// As `linear`, without a bias.
    pub(super) fn linear_without_bias(&self, name: &str, outputs: usize, inputs: usize) -> Result<Linear, LoadError> {
        Ok(Linear::new(&self.table(name, outputs, inputs)?, vec![0.0; outputs]))
    }

    /// Dense layers of a block that have the same shape and take the same input, with their outputs side by side.
    pub(super) fn dense(&self, names: &[&str], outputs: usize, inputs: usize) -> Result<Linear, LoadError> {
        let (weights, bias) = self.rows(names, outputs, inputs)?;
        Ok(self.dense_of(&weights, bias))
    }

    /// A dense layer of a block, from its weights `[outputs, inputs]` and its bias.
    pub(super) fn dense_of(&self, weights: &[f32], bias: Vec<f32>) -> Linear {
        match self.precision {
            Precision::Int8 => Linear::int8(weights, bias),
            Precision::F32 | Precision::F16 | Precision::Bf16 => Linear::new(weights, bias),
        }
    }

    fn rows(&self, names: &[&str], outputs: usize, inputs: usize) -> Result<(Vec<f32>, Vec<f32>), LoadError> {
        let (mut matrix, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            matrix.extend(self.table(name, outputs, inputs)?);
            bias.extend(self.tensor(&format!("{name}.bias"), &[outputs])?);
        }
        Ok((matrix, bias))
    }

    /// A layer normalisation. Checkpoints converted from TensorFlow call its vectors `gamma` and `beta`.
    pub(super) fn norm(&self, name: &str, width: usize, eps: f32) -> Result<LayerNorm, LoadError> {
        let vector = |names: [&str; 2]| {
            let names = names.map(|part| format!("{name}.{part}"));
            self.tensor(self.first_of(&[&names[0], &names[1]]), &[width])
        };
        Ok(LayerNorm::new(vector(["weight", "gamma"])?, vector(["bias", "beta"])?, eps))
    }
}
