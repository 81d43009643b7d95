//! What attention knows of two tokens beside their vectors.

use super::distance::{bidirectional_bucket, signed_log_bucket};
use super::product::{Keep, Out, Panels, Product, Rows};
use crate::engine::Batch;
use rten_simd::SimdOp;
use std::sync::Arc;

/// How the place of a query and the place of a key change their score.
#[derive(Clone)]
pub(super) enum Relation {
    /// Not at all.
    None,
    /// No token sees a later one.
    Causal,
    /// No token sees one that is further away than this.
    Near(usize),
    /// A number for each distance and head is added.
    Bias(Arc<Bias>),
    /// Products of contents and positions are added.
    Disentangled(Arc<Disentangled>),
}

/// Numbers by distance.
pub(super) struct Bias {
    /// `[heads, 2 · longest - 1]`, for the offsets `key - query` from `1 - longest` on; divided by the scale of scores, which is
    /// multiplied in later.
    by_offset: Vec<f32>,
    longest: usize,
}

impl Bias {
    /// From a table `[buckets, heads]`, for sequences of up to `longest` tokens and heads of `width` values.
    pub(super) fn new(table: &[f32], heads: usize, longest: usize, width: usize) -> Self {
        let (buckets, root) = (table.len() / heads, (width as f32).sqrt());
        let offsets = || 1 - longest as isize..longest as isize;
        // MPNet's furthest distance is not a setting.
        let of = |offset, head| table[bidirectional_bucket(offset, buckets, 128.0) * heads + head] * root;
        let by_offset = (0..heads).flat_map(|head| offsets().map(move |offset| of(offset, head))).collect();
        Self { by_offset, longest }
    }

    fn row(&self, head: usize, query: usize, tokens: usize) -> &[f32] {
        &self.by_offset[head * (2 * self.longest - 1) + self.longest - 1 - query..][..tokens]
    }
}

/// Positions of DeBERTa as a layer's own keys and queries.
pub(super) struct Disentangled {
    /// For each head `[width, positions]`: what a content's query is multiplied with. None: that product is not added.
    pub(super) keys: Option<Vec<Panels>>,
    /// For each head `[width, positions]`: what a content's key is multiplied with. None: that product is not added.
    pub(super) queries: Option<Vec<Panels>>,
    /// The position of each distance.
    pub(super) places: Arc<Places>,
}

/// Which row of a table of relative positions a distance has.
pub(super) struct Places {
    /// For the offsets `query - key` from `1 - longest` on.
    by_offset: Vec<u32>,
    longest: usize,
    /// Rows of the table: as many for each direction.
    pub(super) count: usize,
}

impl Places {
    /// Rows for distances within sequences of up to `longest` tokens. With `buckets`, far distances share rows, of which the
    /// last is that of `furthest`.
    pub(super) fn new(longest: usize, buckets: Option<usize>, furthest: usize) -> Self {
        let span = buckets.unwrap_or(furthest);
        let place = |offset: isize| {
            let bucket = buckets.map_or(offset, |buckets| signed_log_bucket(offset, buckets, furthest));
            (bucket + span as isize).clamp(0, 2 * span as isize - 1) as u32
        };
        let by_offset = (1 - longest as isize..longest as isize).map(place).collect();
        Self { by_offset, longest, count: 2 * span }
    }

    /// The rows of the keys 0, 1, 2, … of a sequence, seen from a query.
    fn of_keys(&self, query: usize, tokens: usize) -> impl Iterator<Item = usize> {
        self.by_offset[query + self.longest - tokens..query + self.longest].iter().rev().map(|&place| place as usize)
    }
}

/// Buffers of one head.
#[derive(Default)]
pub(super) struct Positional {
    /// `[some queries, positions]`.
    of_queries: Vec<f32>,
    /// `[tokens, positions]`.
    of_keys: Vec<f32>,
}

impl Relation {
    /// How many products a score is the sum of; its scale is one over the root of their width times this.
    pub(super) fn terms(&self) -> usize {
        match self {
            Self::Disentangled(it) => 1 + usize::from(it.keys.is_some()) + usize::from(it.queries.is_some()),
            _ => 1,
        }
    }

    /// The most tokens of a sequence that a query attends to.
    pub(super) fn keys(&self, tokens: usize) -> usize {
        if let Self::Near(furthest) = self { tokens.min(2 * furthest + 1) } else { tokens }
    }

    /// Additions and multiplications that it adds to attention's own, over all heads.
    pub(super) fn operations(&self, hidden: usize, batch: &Batch) -> u64 {
        let places = if let Self::Disentangled(it) = self { it.places.count } else { 0 };
        (self.terms() as u64 - 1) * 2 * (batch.tokens() * places * hidden) as u64
    }

    /// What follows from one head's keys (`[tokens, width]`) alone.
    pub(super) fn prepare(&self, head: usize, keys: Rows<'_>, positional: &mut Positional) {
        if let Self::Disentangled(it) = self
            && let Some(queries) = &it.queries
        {
            multiply(keys, &queries[head], it.places.count, &mut positional.of_keys);
        }
    }

    /// Changes the scores of some queries, `[queries, stride]` of which `tokens` are scores; the first query stands at `first`.
    pub(super) fn apply(
        &self,
        (head, first): (usize, usize),
        queries: Rows<'_>,
        (scores, stride, tokens): (&mut [f32], usize, usize),
        positional: &mut Positional,
    ) {
        let rows = scores.chunks_exact_mut(stride).map(|row| &mut row[..tokens]).zip(first..);
        match self {
            Self::None => {}
            Self::Causal => rows.for_each(|(row, query)| row[query + 1..].fill(f32::NEG_INFINITY)),
            Self::Near(furthest) => {
                for (row, query) in rows {
                    row[..query.saturating_sub(*furthest)].fill(f32::NEG_INFINITY);
                    row[tokens.min(query + furthest + 1)..].fill(f32::NEG_INFINITY);
                }
            }
            Self::Bias(bias) => {
                for (row, query) in rows {
                    row.iter_mut().zip(bias.row(head, query, tokens)).for_each(|(score, bias)| *score += bias);
                }
            }
            Self::Disentangled(it) => {
                let count = it.places.count;
                if let Some(keys) = &it.keys {
                    multiply(queries, &keys[head], count, &mut positional.of_queries);
                    for ((row, query), products) in rows.zip(positional.of_queries.chunks_exact(count)) {
                        let places = it.places.of_keys(query, tokens);
                        row.iter_mut().zip(places).for_each(|(score, place)| *score += products[place]);
                    }
                }
                if it.queries.is_some() {
                    for (row, query) in scores.chunks_exact_mut(stride).zip(first..) {
                        let products = positional.of_keys.chunks_exact(count).zip(it.places.of_keys(query, tokens));
                        row.iter_mut().zip(products).for_each(|(score, (products, place))| *score += products[place]);
                    }
                }
            }
        }
    }
}

/// `left · right` into a buffer of its own: `[left.count, columns]`.
fn multiply(left: Rows<'_>, right: &Panels, columns: usize, out: &mut Vec<f32>) {
    out.resize(left.count * columns, 0.0);
    Product { left, right, out: Out { values: out, stride: columns }, finish: Keep }.dispatch();
}
