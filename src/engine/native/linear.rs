//! A dense layer over any number of rows.

use super::weights::Weights;
use crate::engine::LoadError;
use rten_gemm::{BiasVector, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_tensor::Matrix;

/// `y = x · Wᵀ + b`, with the weights packed once for the processor's matrix kernel.
pub(super) struct Linear {
    /// The kernel that `weights` are packed for.
    kernel: GemmExecutor,
    /// `[inputs, outputs]`.
    weights: PackedBMatrix<f32>,
    /// `[outputs]`.
    bias: Vec<f32>,
}

impl Linear {
    /// From row-major weights `[outputs, inputs]`, as checkpoints store them, and a bias `[outputs]`.
    pub(super) fn new(weights: &[f32], bias: Vec<f32>) -> Self {
        let outputs = bias.len();
        let inputs = weights.len() / outputs;
        let kernel = GemmExecutor::default();
        let transposed = Matrix::from_slice_with_strides([inputs, outputs], weights, [1, inputs]);
        let weights = kernel.prepack_b(transposed.expect("weights are [outputs, inputs]"));
        Self { kernel, weights, bias }
    }

    /// Reads encoder layers of the same shape that take the same input, and puts their outputs side by side.
    pub(super) fn load(
        weights: &Weights<'_>,
        names: impl Iterator<Item = String>,
        outputs: usize,
        inputs: usize,
    ) -> Result<Self, LoadError> {
        let (mut matrix, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            matrix.extend(weights.encoder(&format!("{name}.weight"), &[outputs, inputs])?);
            bias.extend(weights.encoder(&format!("{name}.bias"), &[outputs])?);
        }
        Ok(Self::new(&matrix, bias))
    }

    /// Width of a row of output.
    pub(super) fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Writes `x · Wᵀ + b` for the rows of `x` (`[rows, inputs]`) into `out` (`[rows, outputs]`).
    pub(super) fn run(&self, x: &[f32], out: &mut [f32]) {
        let inputs = self.weights.rows();
        let rows = Matrix::from_data([x.len() / inputs, inputs], x);
        let options = GemmOptions { bias: Some(BiasVector::Row(&self.bias)), ..GemmOptions::default() };
        self.kernel
            .gemm(out, GemmInputA::Unpacked(rows), GemmInputB::Packed(&self.weights), options)
            .expect("the sizes of a layer's buffers come from its weights");
    }
}
