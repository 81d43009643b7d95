//! Architectures: each file says what differs, by the names and numbers of its checkpoints. What they share is here.

mod albert;
mod bart;
mod bert;
mod deberta_v2;
mod distilbert;
mod electra;
mod modernbert;
mod mpnet;
mod roberta;

use super::block::{Block, FeedForward, Norm, Projections, SelfAttention, Work};
use super::head::{Head, Reads};
use super::relation::Relation;
use super::source::Source;
use super::stack::Stack;
use super::step::Step;
use crate::engine::config::{self, Activation, Architecture};
use crate::engine::settings::Settings;
use crate::engine::{Config, LoadError};
use std::sync::Arc;

/// A loaded model.
pub(super) struct Model {
    pub(super) encoder: Stack,
    /// None for an encoder alone.
    pub(super) decoder: Option<Decoder>,
    pub(super) head: Head,
}

/// A decoder that reads its encoder's own tokens, one place later.
pub(super) struct Decoder {
    pub(super) stack: Stack,
    /// The token that stands before the first one.
    pub(super) start: u32,
}

/// Reads a checkpoint as its configuration says.
pub(super) fn load(source: &Source<'_>, config: &Config) -> Result<Model, LoadError> {
    match config.architecture {
        Architecture::Albert => albert::load(source, config),
        Architecture::Bart => bart::load(source, config),
        Architecture::Bert => bert::load(source, config),
        Architecture::Camembert | Architecture::Roberta | Architecture::XlmRoberta => roberta::load(source, config),
        Architecture::DebertaV2 => deberta_v2::load(source, config),
        Architecture::DistilBert => distilbert::load(source, config),
        Architecture::Electra => electra::load(source, config),
        Architecture::ModernBert => modernbert::load(source, config),
        Architecture::MpNet => mpnet::load(source, config),
    }
}

/// The numbers of a stack of layers.
struct Sizes {
    hidden: usize,
    layers: usize,
    heads: usize,
    intermediate: usize,
    eps: f32,
    activation: Activation,
}

/// What a configuration calls these numbers.
struct SizeNames {
    hidden: &'static str,
    layers: &'static str,
    heads: &'static str,
    intermediate: &'static str,
    activation: &'static str,
}

/// As in most configurations.
const SIZES: SizeNames = SizeNames {
    hidden: "hidden_size",
    layers: "num_hidden_layers",
    heads: "num_attention_heads",
    intermediate: "intermediate_size",
    activation: "hidden_act",
};

impl Sizes {
    /// Reads the numbers; `eps` is what configurations without `layer_norm_eps` mean.
    fn read(settings: &Settings, names: &SizeNames, eps: f32) -> Result<Self, LoadError> {
        let sizes = Self {
            hidden: settings.size(names.hidden)?,
            layers: settings.size(names.layers)?,
            heads: settings.size(names.heads)?,
            intermediate: settings.size(names.intermediate)?,
            eps: settings.epsilon("layer_norm_eps", eps)?,
            activation: settings.activation(names.activation, Activation::Gelu)?,
        };
        if !sizes.hidden.is_multiple_of(sizes.heads) {
            return Err(settings.malformed(format!(
                "`{}` {} does not divide `{}` {}",
                names.heads, sizes.heads, names.hidden, sizes.hidden
            )));
        }
        Ok(sizes)
    }

    /// Width of an attention head.
    fn width(&self) -> usize {
        self.hidden / self.heads
    }

    fn norm(&self, source: &Source<'_>, name: &str) -> Result<super::norm::LayerNorm, LoadError> {
        source.norm(name, self.hidden, self.eps)
    }
}

/// What a layer that normalises its sums calls its parts.
struct LayerNames {
    query: &'static str,
    key: &'static str,
    value: &'static str,
    attended: &'static str,
    attended_norm: &'static str,
    up: &'static str,
    down: &'static str,
    down_norm: &'static str,
}

/// As in BERT.
const LAYER: LayerNames = LayerNames {
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    attended: "attention.output.dense",
    attended_norm: "attention.output.LayerNorm",
    up: "intermediate.dense",
    down: "output.dense",
    down_norm: "output.LayerNorm",
};

impl LayerNames {
    /// The two blocks of a layer: attention, then two dense layers, each added to the state and normalised.
    fn load(&self, layer: &Source<'_>, sizes: &Sizes, relation: &Relation) -> Result<[Block; 2], LoadError> {
        let projections = self.projections(layer, sizes)?;
        let attention = SelfAttention { projections, relation: relation.clone(), rotary: None };
        Ok([
            Block { norm: Norm::After(sizes.norm(layer, self.attended_norm)?), work: Work::Attention(attention) },
            self.feed_forward(layer, sizes)?,
        ])
    }

    fn projections(&self, layer: &Source<'_>, sizes: &Sizes) -> Result<Projections, LoadError> {
        let hidden = sizes.hidden;
        Ok(Projections {
            query: layer.dense(&[self.query], hidden, hidden)?,
            key_value: layer.dense(&[self.key, self.value], hidden, hidden)?,
            out: layer.dense(&[self.attended], hidden, hidden)?,
            heads: sizes.heads,
        })
    }

    fn feed_forward(&self, layer: &Source<'_>, sizes: &Sizes) -> Result<Block, LoadError> {
        let feed_forward = FeedForward {
            up: layer.dense(&[self.up], sizes.intermediate, sizes.hidden)?,
            activation: sizes.activation,
            gate: None,
            down: layer.dense(&[self.down], sizes.hidden, sizes.intermediate)?,
        };
        Ok(Block { norm: Norm::After(sizes.norm(layer, self.down_norm)?), work: Work::FeedForward(feed_forward) })
    }

    /// The blocks of all layers, which stand under `layers.0`, `layers.1`, ….
    fn load_all(&self, layers: &Source<'_>, sizes: &Sizes, relation: &Relation) -> Result<Vec<Arc<Block>>, LoadError> {
        let mut blocks = Vec::new();
        for index in 0..sizes.layers {
            blocks.extend(self.load(&layers.at(&index.to_string()), sizes, relation)?.map(Arc::new));
        }
        Ok(blocks)
    }
}

/// The head of a model: for tokens, `classifier` alone; for sequences, `steps` and the dense layer called `last` over the
/// first token.
fn head(
    source: &Source<'_>,
    config: &Config,
    hidden: usize,
    for_sequences: impl FnOnce() -> Result<(Vec<Step>, &'static str), LoadError>,
) -> Result<Head, LoadError> {
    let (reads, (mut steps, last)) = match config.head {
        config::Head::Token => (Reads::Tokens, (Vec::new(), "classifier")),
        config::Head::Sequence => (Reads::First, for_sequences()?),
    };
    steps.push(Step::Dense(source.linear(last, config.labels.len(), hidden)?));
    Ok(Head { reads, steps })
}

/// The step of a dense layer of the hidden size with its activation.
fn activated(source: &Source<'_>, name: &str, hidden: usize, activation: Activation) -> Result<Vec<Step>, LoadError> {
    Ok(vec![Step::Activated(source.linear(name, hidden, hidden)?, activation)])
}
