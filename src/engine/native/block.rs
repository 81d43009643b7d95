//! The blocks that encoders and decoders are stacks of: each adds something to the state and normalises.

use super::aligned::sized;
use super::attention::{Attention, Scratch};
use super::linear::Linear;
use super::norm::LayerNorm;
use super::relation::Relation;
use super::rotary::Rotary;
use crate::engine::Batch;
use crate::engine::config::Activation;
use std::sync::Arc;

/// Rows that go through the steps behind attention together, so that what one step writes is still in the second-level
/// cache when the next one reads it.
const ROWS: usize = 128;

/// Something that is added to the state.
pub(super) struct Block {
    pub(super) norm: Norm,
    pub(super) work: Work,
}

/// What is normalised.
pub(super) enum Norm {
    /// What the block reads; None: it reads the state as it is.
    Before(Option<LayerNorm>),
    /// The sum.
    After(LayerNorm),
}

/// What is added.
pub(super) enum Work {
    /// Attention between the tokens of a sequence.
    Attention(SelfAttention),
    /// Attention of a decoder's rows to an encoder's tokens.
    Cross(CrossAttention),
    /// Two dense layers of each row by itself.
    FeedForward(FeedForward),
    /// A convolution over what the embeddings gave.
    Convolution(Convolution),
}

/// Attention's dense layers.
pub(super) struct Projections {
    pub(super) query: Linear,
    /// Keys, then values: one product gives both.
    pub(super) key_value: Linear,
    pub(super) out: Linear,
    /// Attention heads; they divide the hidden size.
    pub(super) heads: usize,
}

/// Attention inside a sequence.
pub(super) struct SelfAttention {
    pub(super) projections: Projections,
    pub(super) relation: Relation,
    /// None: positions are not turned into angles.
    pub(super) rotary: Option<Arc<Rotary>>,
}

/// Attention to the tokens of an encoder.
pub(super) struct CrossAttention(pub(super) Projections);

/// `down(activation(up(x)))`, or `down(activation(up(x)) · gate(x))`.
pub(super) struct FeedForward {
    pub(super) up: Linear,
    pub(super) activation: Activation,
    pub(super) gate: Option<Linear>,
    pub(super) down: Linear,
}

/// A dense layer over each token and its neighbours, with an activation.
pub(super) struct Convolution {
    /// From `width` tokens side by side to one.
    pub(super) dense: Linear,
    pub(super) activation: Activation,
    /// Tokens that are read for one; odd.
    pub(super) width: usize,
}

/// A worker's memory. It grows to the largest batch seen and is used again.
#[derive(Default)]
pub(super) struct Buffers {
    /// `[tokens, hidden]`: what blocks read and replace.
    pub(super) state: Vec<f32>,
    /// `[tokens, hidden]`: what an encoder gave to a decoder, or the embeddings to a convolution.
    pub(super) memory: Vec<f32>,
    /// `[rows, hidden]`: the state as a block reads it that normalises before it works.
    normed: Vec<f32>,
    /// `[queries, hidden]`.
    query: Vec<f32>,
    /// `[tokens, 2 · hidden]`: a token's key, then its value.
    key_value: Vec<f32>,
    /// `[queries, hidden]`: attention's output.
    context: Vec<f32>,
    /// A block of rows between two dense layers.
    wide: Vec<f32>,
    /// What attention needs for one head.
    scratch: Scratch,
}

/// The tokens whose rows a state holds: every token's, or one row a sequence.
#[derive(Clone, Copy)]
pub(super) enum Held<'a> {
    All,
    /// A token's place in the batch for each sequence.
    One(&'a [usize]),
}

impl Held<'_> {
    /// A sequence's rows in the state, and the position of the first of them in the sequence.
    fn rows(self, sequence: usize, tokens: &std::ops::Range<usize>) -> (std::ops::Range<usize>, usize) {
        match self {
            Held::All => (tokens.clone(), 0),
            Held::One(places) => (sequence..sequence + 1, places[sequence] - tokens.start),
        }
    }

    /// Moves the rows that are held to the front of a whole state and drops the others.
    pub(super) fn keep(self, state: &mut Vec<f32>, hidden: usize) {
        let Held::One(places) = self else { return };
        for (index, &place) in places.iter().enumerate() {
            // Rows move towards the front only, so a row that is still needed is never written over.
            state.copy_within(place * hidden..(place + 1) * hidden, index * hidden);
        }
        state.truncate(places.len() * hidden);
    }
}

impl Block {
    /// Replaces the state. `held` is what its rows are afterwards; attention inside a sequence makes it so, before it every token
    /// has a row.
    pub(super) fn run(&self, batch: &Batch, held: Held<'_>, buffers: &mut Buffers) {
        match &self.work {
            Work::Attention(attention) => attention.run(&self.norm, batch, held, buffers),
            Work::Cross(attention) => attention.run(&self.norm, batch, held, buffers),
            Work::FeedForward(feed_forward) => feed_forward.run(&self.norm, buffers),
            Work::Convolution(convolution) => convolution.run(&self.norm, batch, buffers),
        }
    }
}

impl Block {
    /// Additions and multiplications of its products.
    pub(super) fn operations(&self, batch: &Batch, held: Held<'_>) -> u64 {
        let tokens = batch.tokens() as u64;
        let rows = match held {
            Held::All => tokens,
            Held::One(places) => places.len() as u64,
        };
        match &self.work {
            Work::Attention(SelfAttention { projections, relation, .. }) => {
                projections.operations(relation, batch, held) + relation.operations(projections.query.outputs(), batch)
            }
            Work::Cross(CrossAttention(projections)) => projections.operations(&Relation::None, batch, held),
            Work::FeedForward(FeedForward { up, gate, down, .. }) => {
                let gate = gate.as_ref().map_or(0, Linear::operations);
                rows * (up.operations() + gate + down.operations())
            }
            Work::Convolution(convolution) => tokens * convolution.dense.operations(),
        }
    }
}

impl Norm {
    /// What a block reads where that is not the state itself.
    fn before<'n>(&self, state: &[f32], normed: &'n mut Vec<f32>) -> Option<&'n mut Vec<f32>> {
        let Self::Before(Some(norm)) = self else { return None };
        normed.clear();
        normed.extend_from_slice(state);
        norm.run(normed);
        Some(normed)
    }

    fn after(&self, state: &mut [f32]) {
        if let Self::After(norm) = self {
            norm.run(state);
        }
    }
}

impl SelfAttention {
    fn run(&self, norm: &Norm, batch: &Batch, held: Held<'_>, buffers: &mut Buffers) {
        let Self { projections, relation, rotary } = self;
        let hidden = projections.query.outputs();
        let Buffers { state, normed, query, key_value, context, scratch, .. } = buffers;
        let key_value = sized(key_value, batch.tokens() * 2 * hidden);
        let input = if let Some(input) = norm.before(state, normed) {
            projections.key_value.run(input, key_value);
            held.keep(input, hidden);
            held.keep(state, hidden);
            input
        } else {
            projections.key_value.run(state, key_value);
            held.keep(state, hidden);
            &mut *state
        };
        let query = sized(query, input.len());
        projections.query.run(input, query);
        let context = sized(context, query.len());
        for (sequence, tokens) in batch.ranges().enumerate() {
            let (rows, first) = held.rows(sequence, &tokens);
            let key_value = &mut key_value[tokens.start * 2 * hidden..tokens.end * 2 * hidden];
            let query = &mut query[rows.start * hidden..rows.end * hidden];
            if let Some(rotary) = rotary {
                rotary.turn(query, (hidden, hidden), first);
                rotary.turn(key_value, (2 * hidden, hidden), 0);
            }
            let attention = Attention { query, key_value, heads: projections.heads, hidden, relation, first };
            attention.run(&mut context[rows.start * hidden..rows.end * hidden], scratch);
        }
        projections.finish(norm, context, state);
    }
}

impl CrossAttention {
    fn run(&self, norm: &Norm, batch: &Batch, held: Held<'_>, buffers: &mut Buffers) {
        let Self(projections) = self;
        let hidden = projections.query.outputs();
        let Buffers { state, memory, normed, query, key_value, context, scratch, .. } = buffers;
        let key_value = sized(key_value, batch.tokens() * 2 * hidden);
        projections.key_value.run(memory, key_value);
        let query = sized(query, state.len());
        projections.query.run(norm.before(state, normed).unwrap_or(state), query);
        let context = sized(context, query.len());
        for (sequence, tokens) in batch.ranges().enumerate() {
            let (rows, first) = held.rows(sequence, &tokens);
            let rows = rows.start * hidden..rows.end * hidden;
            let key_value = &key_value[tokens.start * 2 * hidden..tokens.end * 2 * hidden];
            let (query, heads, relation) = (&query[rows.clone()], projections.heads, &Relation::None);
            Attention { query, key_value, heads, hidden, relation, first }.run(&mut context[rows], scratch);
        }
        projections.finish(norm, context, state);
    }
}

impl Projections {
    /// Of the dense layers, and of scores and sums between rows and the tokens that they attend to.
    fn operations(&self, relation: &Relation, batch: &Batch, held: Held<'_>) -> u64 {
        let (mut rows, mut pairs) = (0, 0);
        for (sequence, tokens) in batch.ranges().enumerate() {
            let held = held.rows(sequence, &tokens).0.len() as u64;
            rows += held;
            pairs += held * relation.keys(tokens.len()) as u64;
        }
        let dense = rows * (self.query.operations() + self.out.operations());
        dense + batch.tokens() as u64 * self.key_value.operations() + 4 * pairs * self.query.outputs() as u64
    }

    /// Adds attention's output to the state.
    fn finish(&self, norm: &Norm, context: &[f32], state: &mut [f32]) {
        let block = ROWS * self.out.outputs();
        for (state, context) in state.chunks_mut(block).zip(context.chunks(block)) {
            self.out.run_added(context, state);
            norm.after(state);
        }
    }
}

impl FeedForward {
    fn run(&self, norm: &Norm, buffers: &mut Buffers) {
        let Buffers { state, normed, wide, .. } = buffers;
        let hidden = self.down.outputs();
        for state in state.chunks_mut(ROWS * hidden) {
            let wide = sized(wide, state.len() / hidden * self.up.outputs());
            let input = norm.before(state, normed).map_or(&*state, |input| input);
            self.up.run_activated(input, wide, self.activation);
            if let Some(gate) = &self.gate {
                gate.run_multiplied(input, wide);
            }
            self.down.run_added(wide, state);
            norm.after(state);
        }
    }
}

impl Convolution {
    fn run(&self, norm: &Norm, batch: &Batch, buffers: &mut Buffers) {
        let Buffers { state, memory, context, wide, .. } = buffers;
        let (hidden, around) = (self.dense.outputs(), self.width / 2);
        for tokens in batch.ranges() {
            let memory = &memory[tokens.start * hidden..tokens.end * hidden];
            let wide = sized(wide, tokens.len() * self.width * hidden);
            for (at, row) in wide.chunks_exact_mut(self.width * hidden).enumerate() {
                for (part, row) in row.chunks_exact_mut(hidden).enumerate() {
                    match (at + part).checked_sub(around).filter(|&neighbour| neighbour < tokens.len()) {
                        Some(neighbour) => row.copy_from_slice(&memory[neighbour * hidden..][..hidden]),
                        None => row.fill(0.0),
                    }
                }
            }
            let out = sized(context, tokens.len() * hidden);
            self.dense.run_activated(wide, out, self.activation);
            let state = &mut state[tokens.start * hidden..tokens.end * hidden];
            state.iter_mut().zip(&*out).for_each(|(state, out)| *state += out);
            norm.after(state);
        }
    }
}
