//! Scaled dot-product attention inside one sequence.

use super::aligned::{Aligned, LINE};
use super::product::{Keep, Out, Panels, Product, Rows, ScaleRows};
use super::relation::{Positional, Relation};
use super::softmax::Softmax;
use rten_simd::SimdOp;

/// Scores that are held at a time: they stay in the first-level cache between the products that write and read them.
const SCORES: usize = 8192;

/// Queries that share a range of keys where attention is local: twice that many keys at most are of no use to one of them.
const LOCAL: usize = 128;

/// Rows of one sequence that attend to its tokens.
pub(super) struct Attention<'a> {
    /// `[queries, hidden]`.
    pub(super) query: &'a [f32],
    /// `[tokens, 2 · hidden]`: a token's key, then its value.
    pub(super) key_value: &'a [f32],
    /// Attention heads; they divide `hidden`.
    pub(super) heads: usize,
    /// Width of a query.
    pub(super) hidden: usize,
    /// What places do to scores.
    pub(super) relation: &'a Relation,
    /// Position of the first query; those of the others follow.
    pub(super) first: usize,
}

/// What attention needs beside its input and output.
#[derive(Default)]
pub(super) struct Scratch {
    /// `[hidden / heads, tokens]` of one head.
    keys: Panels,
    /// `[tokens, hidden / heads]` of one head.
    values: Panels,
    /// `[some queries, stride]` of one head: each row begins a cache line.
    scores: Aligned,
    /// `[some queries]`: one over the sum of a row of weights.
    inverse_sums: Vec<f32>,
    /// What the relation needs for one head.
    positional: Positional,
}

impl Attention<'_> {
    /// Writes `softmax(relation(q · kᵀ) / √d) · v`, head beside head, into `out` (`[queries, hidden]`).
    pub(super) fn run(&self, out: &mut [f32], scratch: &mut Scratch) {
        let &Relation::Near(furthest) = self.relation else { return self.run_whole(out, scratch) };
        let (hidden, tokens) = (self.hidden, self.key_value.len() / (2 * self.hidden));
        let blocks = self.query.chunks(LOCAL * hidden).zip(out.chunks_mut(LOCAL * hidden));
        for (first, (query, out)) in (self.first..).step_by(LOCAL).zip(blocks) {
            let from = first.saturating_sub(furthest);
            let to = tokens.min(first + query.len() / hidden + furthest);
            let key_value = &self.key_value[from * 2 * hidden..to * 2 * hidden];
            Self { query, key_value, first: first - from, ..*self }.run_whole(out, scratch);
        }
    }

    /// As `run`, with every query multiplied with every key.
    fn run_whole(&self, out: &mut [f32], scratch: &mut Scratch) {
        let (hidden, width) = (self.hidden, self.hidden / self.heads);
        let tokens = self.key_value.len() / (2 * hidden);
        let some = (SCORES / tokens).clamp(8, 64) / 8 * 8;
        let Scratch { keys, values, scores, inverse_sums, positional } = scratch;
        let stride = tokens.next_multiple_of(LINE);
        scores.resize(some * stride);
        inverse_sums.resize(some, 0.0);
        let scale = 1.0 / ((width * self.relation.terms()) as f32).sqrt();
        for (head, column) in (0..hidden).step_by(width).enumerate() {
            keys.pack_columns(&self.key_value[column..], 2 * hidden, (width, tokens));
            values.pack_rows(&self.key_value[hidden + column..], 2 * hidden, (tokens, width));
            let contents = Rows { values: &self.key_value[column..], stride: 2 * hidden, count: tokens };
            self.relation.prepare(head, contents, positional);
            let queries = self.query[column..].chunks(some * hidden).zip((self.first..).step_by(some));
            for ((query, first), out) in queries.zip(out[column..].chunks_mut(some * hidden)) {
                let count = query.len().div_ceil(hidden);
                let (scores, inverse_sums) = (&mut scores[..count * stride], &mut inverse_sums[..count]);
                // Every step is a function of its own for the processor's instruction set: in one, the compiler keeps
                // the constants of the softmax in registers that the products need for sums.
                let left = Rows { values: query, stride: hidden, count };
                let weights = Out { values: &mut *scores, stride };
                Product { left, right: keys, out: weights, finish: Keep }.dispatch();
                self.relation.apply((head, first), left, (&mut *scores, stride, tokens), positional);
                let (rows, inverse_sums) = (&mut *scores, &mut *inverse_sums);
                Softmax { scores: rows, stride, width: tokens, scale, inverse_sums: &mut *inverse_sums }.dispatch();
                let left = Rows { values: scores, stride, count };
                let mixed = Out { values: out, stride: hidden };
                Product { left, right: values, out: mixed, finish: ScaleRows(inverse_sums) }.dispatch();
            }
        }
    }
}
