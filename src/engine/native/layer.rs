//! One transformer layer: attention, then two dense layers, each added to the state and normalised.

use super::attention::Attention;
use super::encoder::Buffers;
use super::linear::Linear;
use super::norm::LayerNorm;
use super::weights::Weights;
use crate::engine::config::Activation;
use crate::engine::{Batch, Config, LoadError};
use rten_gemm::GemmExecutor;
use rten_simd::SimdUnaryOp;
use rten_vecmath::{ApproxGelu, Gelu};

/// Rows that go through everything behind attention together, so that what one step writes is still in the second-level
/// cache when the next one reads it. A multiple of the 66 rows that the matrix kernel takes at a time.
const ROWS: usize = 132;

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
    /// For the products of attention, which have no weights.
    kernel: GemmExecutor,
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
            kernel: GemmExecutor::default(),
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
            let attention = Attention { query, key_value, heads: self.heads, hidden, kernel: &self.kernel };
            attention.run(&mut context[queries], scratch);
        }
        self.behind_attention(buffers);
    }

    /// Everything that looks at one row only.
    fn behind_attention(&self, buffers: &mut Buffers) {
        let Buffers { state, context, wide, added, .. } = buffers;
        let block = ROWS * self.hidden;
        let context = &context[..state.len()];
        for (state, context) in state.chunks_mut(block).zip(context.chunks(block)) {
            let added = sized(added, state.len());
            self.attended.run(context, added);
            self.attended_norm.run_residual(state, added);
            let wide = sized(wide, state.len() / self.hidden * self.up.outputs());
            self.up.run(state, wide);
            activate(self.activation, wide);
            self.down.run(wide, added);
            self.down_norm.run_residual(state, added);
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

fn activate(activation: Activation, values: &mut [f32]) {
    match activation {
        Activation::Gelu => Gelu {}.map_mut(values),
        Activation::GeluTanh => ApproxGelu {}.map_mut(values),
        Activation::Relu => values.iter_mut().for_each(|value| *value = value.max(0.0)),
    }
}
