//! Scaled dot-product attention inside one sequence.

use super::product::{Keep, Out, Panels, Product, Rows, ScaleRows};
use super::softmax::Softmax;
use rten_simd::SimdOp;

/// Scores that are held at a time: they stay in the first-level cache between the products that write and read them.
const SCORES: usize = 8192;

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
}

/// What attention needs beside its input and output.
#[derive(Default)]
pub(super) struct Scratch {
    /// `[hidden / heads, tokens]` of one head.
    keys: Panels,
    /// `[tokens, hidden / heads]` of one head.
    values: Panels,
    /// `[some queries, tokens]` of one head.
    scores: Vec<f32>,
    /// `[some queries]`: one over the sum of a row of weights.
    inverse_sums: Vec<f32>,
}

impl Attention<'_> {
    /// Writes `softmax(q · kᵀ / √d) · v`, head beside head, into `out` (`[queries, hidden]`).
    pub(super) fn run(&self, out: &mut [f32], scratch: &mut Scratch) {
        let (hidden, width) = (self.hidden, self.hidden / self.heads);
        let tokens = self.key_value.len() / (2 * hidden);
        let some = (SCORES / tokens).clamp(8, 64) / 8 * 8;
        let Scratch { keys, values, scores, inverse_sums } = scratch;
        scores.resize(some * tokens, 0.0);
        inverse_sums.resize(some, 0.0);
        let scale = 1.0 / (width as f32).sqrt();
        for column in (0..hidden).step_by(width) {
            keys.pack_columns(&self.key_value[column..], 2 * hidden, (width, tokens));
            values.pack_rows(&self.key_value[hidden + column..], 2 * hidden, (tokens, width));
            let queries = self.query[column..].chunks(some * hidden);
            for (query, out) in queries.zip(out[column..].chunks_mut(some * hidden)) {
                let count = query.len().div_ceil(hidden);
                let (scores, inverse_sums) = (&mut scores[..count * tokens], &mut inverse_sums[..count]);
                // Every step is a function of its own for the processor's instruction set: in one, the compiler keeps
                // the constants of the softmax in registers that the products need for sums.
                let left = Rows { values: query, stride: hidden, count };
                let weights = Out { values: &mut *scores, stride: tokens };
                Product { left, right: keys, out: weights, finish: Keep }.dispatch();
                Softmax { scores: &mut *scores, width: tokens, scale, inverse_sums: &mut *inverse_sums }.dispatch();
                let left = Rows { values: scores, stride: tokens, count };
                let mixed = Out { values: out, stride: hidden };
                Product { left, right: values, out: mixed, finish: ScaleRows(inverse_sums) }.dispatch();
            }
        }
    }
}
