//! One transformer layer: attention, then two dense layers, each added to the state and normalised.

use super::attention::Attention;
use super::encoder::Buffers;
use super::linear::Linear;
use super::norm::LayerNorm;
use super::weights::Weights;
use crate::engine::config::Activation;
use crate::engine::{Batch, Config, LoadError};

/// Rows that go through everything behind attention together, so that what one step writes is still in the second-level
/// cache when the next one reads it.
const ROWS: usize = 128;

/// The rows of a layer's output that something reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// Every token's.
    Tokens,
    /// That of each sequence's first token; no other is computed.
    FirstTokens,
}

/// A layer's weights.
pub(super) struct Layer {
    query: Linear,
    /// Keys, then values: one product gives both.
    key_value: Linear,
    attended: Linear,
    attended_norm: LayerNorm,
    up: Linear,
    activation: Activation,
    down: Linear,
    down_norm: LayerNorm,
    heads: usize,
    hidden: usize,
}

impl Layer {
    /// Reads layer `index`, each tensor checked against the configuration.
    pub(super) fn load(weights: &Weights<'_>, config: &Config, index: usize) -> Result<Self, LoadError> {
        let (hidden, wide) = (config.hidden, config.intermediate);
        let at = |part: &str| format!("encoder.layer.{index}.{part}");
        let dense =
            |parts: &[&str], outputs, inputs| Linear::load(weights, parts.iter().map(|part| at(part)), outputs, inputs);
        let norm = |part: &str| LayerNorm::load(weights, config, &at(part));
        Ok(Self {
            query: dense(&["attention.self.query"], hidden, hidden)?,
            key_value: dense(&["attention.self.key", "attention.self.value"], hidden, hidden)?,
            attended: dense(&["attention.output.dense"], hidden, hidden)?,
            attended_norm: norm("attention.output.LayerNorm")?,
            up: dense(&["intermediate.dense"], wide, hidden)?,
            activation: config.activation,
            down: dense(&["output.dense"], hidden, wide)?,
            down_norm: norm("output.LayerNorm")?,
            heads: config.heads,
            hidden,
        })
    }

    /// Replaces the state: `[tokens, hidden]` becomes `[tokens, hidden]`, or `[sequences, hidden]` where only first
    /// tokens are read.
    pub(super) fn run(&self, batch: &Batch, read: Read, buffers: &mut Buffers) {
        let hidden = self.hidden;
        let Buffers { state, query, key_value, context, scratch, .. } = buffers;
        self.key_value.run(state, sized(key_value, batch.tokens() * 2 * hidden));
        if read == Read::FirstTokens {
            keep_first(state, batch, hidden);
        }
        self.query.run(state, sized(query, state.len()));
        let context = sized(context, state.len());
        for (index, tokens) in batch.ranges().enumerate() {
            let queries = match read {
                Read::Tokens => tokens.clone(),
                Read::FirstTokens => index..index + 1,
            };
            let queries = queries.start * hidden..queries.end * hidden;
            let key_value = &key_value[tokens.start * 2 * hidden..tokens.end * 2 * hidden];
            let query = &query[queries.clone()];
            Attention { query, key_value, heads: self.heads, hidden }.run(&mut context[queries], scratch);
        }
        self.behind_attention(buffers);
    }

    /// Everything that looks at one row only.
    fn behind_attention(&self, buffers: &mut Buffers) {
        let Buffers { state, context, wide, .. } = buffers;
        let block = ROWS * self.hidden;
        for (state, context) in state.chunks_mut(block).zip(context.chunks(block)) {
            let rows = state.len() / self.hidden;
            self.attended.run_added(&context[..state.len()], state);
            self.attended_norm.run(state);
            let wide = sized(wide, rows * self.up.outputs());
            self.up.run_activated(state, wide, self.activation);
            self.down.run_added(wide, state);
            self.down_norm.run(state);
        }
    }
}

/// The first `len` values of a buffer, which grows when it is shorter.
fn sized(buffer: &mut Vec<f32>, len: usize) -> &mut [f32] {
    if buffer.len() < len {
        buffer.resize(len, 0.0);
    }
    &mut buffer[..len]
}

/// Moves the first row of each sequence to the front and drops the others.
fn keep_first(state: &mut Vec<f32>, batch: &Batch, hidden: usize) {
    for (index, tokens) in batch.ranges().enumerate() {
        // Rows move towards the front only, so a row that is still needed is never written over.
        state.copy_within(tokens.start * hidden..(tokens.start + 1) * hidden, index * hidden);
    }
    state.truncate(batch.sequences() * hidden);
}
