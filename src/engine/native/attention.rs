//! Scaled dot-product attention inside one sequence.

use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions};
use rten_simd::SimdOp;
use rten_tensor::Matrix;
use rten_vecmath::Softmax;

/// The rows of one sequence that attend to all of its tokens.
pub(super) struct Attention<'a> {
    /// `[queries, hidden]`.
    pub(super) query: &'a [f32],
    /// `[tokens, 2 · hidden]`: a token's key, then its value.
    pub(super) key_value: &'a [f32],
    /// Attention heads; they divide `hidden`.
    pub(super) heads: usize,
    /// Width of a query.
    pub(super) hidden: usize,
    /// Multiplies matrices that are not weights.
    pub(super) kernel: &'a GemmExecutor,
}

/// What attention needs beside its input and output.
#[derive(Default)]
pub(super) struct Scratch {
    /// `[queries, tokens]` of one head.
    scores: Vec<f32>,
    /// `[queries, hidden / heads]` of one head.
    mixed: Vec<f32>,
}

impl Attention<'_> {
    /// Writes `softmax(q · kᵀ / √d) · v`, head beside head, into `out` (`[queries, hidden]`).
    pub(super) fn run(&self, out: &mut [f32], scratch: &mut Scratch) {
        let Self { query, key_value, heads, hidden, kernel } = *self;
        let width = hidden / heads;
        let queries = query.len() / hidden;
        let tokens = key_value.len() / (2 * hidden);
        let Scratch { scores, mixed } = scratch;
        scores.resize(queries * tokens, 0.0);
        mixed.resize(queries * width, 0.0);
        let scale = 1.0 / (width as f32).sqrt();
        let view = |shape, data, strides| {
            Matrix::from_slice_with_strides(shape, data, strides).expect("a head lies inside its row")
        };
        for column in (0..hidden).step_by(width) {
            let q = view([queries, width], &query[column..], [hidden, 1]);
            let keys = view([width, tokens], &key_value[column..], [1, 2 * hidden]);
            let values = view([tokens, width], &key_value[hidden + column..], [2 * hidden, 1]);
            let options = GemmOptions { alpha: scale, ..GemmOptions::default() };
            kernel
                .gemm(scores, GemmInputA::Unpacked(q), GemmInputB::Unpacked(keys), options)
                .expect("scores are [queries, tokens]");
            for row in scores.chunks_exact_mut(tokens) {
                Softmax::new_mut(row).dispatch();
            }
            let weights = Matrix::from_data([queries, tokens], &scores[..]);
            kernel
                .gemm(mixed, GemmInputA::Unpacked(weights), GemmInputB::Unpacked(values), GemmOptions::default())
                .expect("mixed values are [queries, width]");
            for (row, mixed) in out.chunks_exact_mut(hidden).zip(mixed.chunks_exact(width)) {
                row[column..column + width].copy_from_slice(mixed);
            }
        }
    }
}
