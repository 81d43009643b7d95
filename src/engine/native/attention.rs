//! Scaled dot-product attention inside one sequence.

use super::product::{Out, Panels, Rows, Scale, multiply};
use rten_simd::{Isa, SimdOp};
use rten_vecmath::Softmax;

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
}

impl Attention<'_> {
    /// Writes `softmax(q · kᵀ / √d) · v`, head beside head, into `out` (`[queries, hidden]`).
    pub(super) fn run(&self, out: &mut [f32], scratch: &mut Scratch) {
        let (hidden, width) = (self.hidden, self.hidden / self.heads);
        let tokens = self.key_value.len() / (2 * hidden);
        for column in (0..hidden).step_by(width) {
            scratch.keys.pack_columns(&self.key_value[column..], 2 * hidden, (width, tokens));
            scratch.values.pack_rows(&self.key_value[hidden + column..], 2 * hidden, (tokens, width));
            AttentionHead { query: &self.query[column..], out: &mut out[column..], hidden, width, scratch }.dispatch();
        }
    }
}

/// One head, whose keys and values are packed.
struct AttentionHead<'a> {
    /// From the head's first value on; rows are `hidden` apart.
    query: &'a [f32],
    /// As `query`.
    out: &'a mut [f32],
    hidden: usize,
    width: usize,
    scratch: &'a mut Scratch,
}

impl SimdOp for AttentionHead<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { query, out, hidden, width, scratch } = self;
        let Scratch { keys, values, scores } = scratch;
        let tokens = keys.columns();
        let some = (SCORES / tokens).clamp(8, 64) / 8 * 8;
        scores.resize(some * tokens, 0.0);
        let scale = Scale(1.0 / (width as f32).sqrt());
        for (query, out) in query.chunks(some * hidden).zip(out.chunks_mut(some * hidden)) {
            let count = query.len().div_ceil(hidden);
            let scores = &mut scores[..count * tokens];
            let queries = Rows { values: query, stride: hidden, count };
            multiply(isa, queries, keys, Out { values: scores, stride: tokens }, scale);
            for row in scores.chunks_exact_mut(tokens) {
                Softmax::new_mut(row).eval(isa);
            }
            let weights = Rows { values: scores, stride: tokens, count };
            multiply(isa, weights, values, Out { values: out, stride: hidden }, Scale(1.0));
        }
    }
}
