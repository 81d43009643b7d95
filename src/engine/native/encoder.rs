//! The stack of transformer layers and the memory that they work in.

use super::attention::Scratch;
use super::embeddings::Embeddings;
use super::layer::{Layer, Read};
use super::weights::Weights;
use crate::engine::{Batch, Config, LoadError};

/// From token ids to vectors.
pub(super) struct Encoder {
    embeddings: Embeddings,
    layers: Vec<Layer>,
}

/// A worker's memory. It grows to the largest batch seen and is used again.
#[derive(Default)]
pub(super) struct Buffers {
    /// `[tokens, hidden]`: what layers read and replace.
    pub(super) state: Vec<f32>,
    /// `[queries, hidden]`.
    pub(super) query: Vec<f32>,
    /// `[tokens, 2 · hidden]`: a token's key, then its value.
    pub(super) key_value: Vec<f32>,
    /// `[queries, hidden]`: attention's output.
    pub(super) context: Vec<f32>,
    /// A block of rows between the two dense layers of the feed-forward part.
    pub(super) wide: Vec<f32>,
    /// What attention needs for one head.
    pub(super) scratch: Scratch,
}

impl Encoder {
    /// Reads the tables and layers, each tensor checked against the configuration.
    pub(super) fn load(weights: &Weights<'_>, config: &Config) -> Result<Self, LoadError> {
        let embeddings = Embeddings::load(weights, config)?;
        let layers = (0..config.layers).map(|index| Layer::load(weights, config, index));
        Ok(Self { embeddings, layers: layers.collect::<Result<_, _>>()? })
    }

    /// The last layer's vector of every token: `[tokens, hidden]`.
    pub(super) fn tokens<'b>(&self, batch: &Batch, buffers: &'b mut Buffers) -> &'b [f32] {
        self.run(batch, Read::Tokens, buffers)
    }

    /// The last layer's vector of every sequence's first token: `[sequences, hidden]`.
    pub(super) fn first_tokens<'b>(&self, batch: &Batch, buffers: &'b mut Buffers) -> &'b [f32] {
        self.run(batch, Read::FirstTokens, buffers)
    }

    fn run<'b>(&self, batch: &Batch, read: Read, buffers: &'b mut Buffers) -> &'b [f32] {
        self.embeddings.look_up(batch, &mut buffers.state);
        let (last, before) = self.layers.split_last().expect("a configuration has at least one layer");
        for layer in before {
            layer.run(batch, Read::Tokens, buffers);
        }
        last.run(batch, read, buffers);
        &buffers.state
    }
}
