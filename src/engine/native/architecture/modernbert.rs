//! ModernBERT: positions are angles, most layers look at near tokens only, blocks normalise what they read, and dense layers
//! are gated. Hardly anything has a bias.

use super::{Model, SizeNames, Sizes};
use crate::engine::config::{self, Activation};
use crate::engine::native::block::{Block, FeedForward, Norm, Projections, SelfAttention, Work};
use crate::engine::native::embeddings::Embeddings;
use crate::engine::native::head::{Head, Reads};
use crate::engine::native::linear::Linear;
use crate::engine::native::norm::LayerNorm;
use crate::engine::native::relation::Relation;
use crate::engine::native::rotary::Rotary;
use crate::engine::native::source::Source;
use crate::engine::native::stack::Stack;
use crate::engine::native::step::Step;
use crate::engine::settings::Settings;
use crate::engine::{Config, LoadError};
use std::sync::Arc;

const SIZES: SizeNames = SizeNames { activation: "hidden_activation", ..super::SIZES };

pub(super) fn load(source: &Source<'_>, config: &Config) -> Result<Model, LoadError> {
    let settings = &config.settings;
    let sizes = Sizes::read(settings, &SIZES, 1e-5)?;
    let sizes = Sizes { eps: settings.epsilon("norm_eps", 1e-5)?, ..sizes };
    let parts = Parts { settings, sizes: &sizes };
    let hidden = sizes.hidden;
    let model = source.encoder("model");
    let embeddings = Embeddings {
        words: model.table("embeddings.tok_embeddings", config.vocabulary, hidden)?,
        positions: None,
        types: None,
        width: hidden,
        then: vec![Step::Norm(parts.norm(&model, "embeddings.norm")?)],
    };
    let kinds = Kinds::read(settings, config.max_tokens, &sizes)?;
    let mut blocks = Vec::new();
    for index in 0..sizes.layers {
        let layer = model.at(&format!("layers.{index}"));
        // The embeddings are normalised already.
        let norm = if index == 0 { None } else { Some(parts.norm(&layer, "attn_norm")?) };
        let attention = parts.attention(&layer.at("attn"), kinds.of(index))?;
        blocks.push(Arc::new(Block { norm: Norm::Before(norm), work: Work::Attention(attention) }));
        let norm = Norm::Before(Some(parts.norm(&layer, "mlp_norm")?));
        blocks.push(Arc::new(Block { norm, work: Work::FeedForward(parts.feed_forward(&layer.at("mlp"))?) }));
    }
    let encoder = Stack { embeddings, blocks, norm: Some(parts.norm(&model, "final_norm")?), hidden };
    let pooling = settings.text("classifier_pooling")?.unwrap_or("cls");
    let reads = match (config.head, pooling) {
        (config::Head::Token, _) => Reads::Tokens,
        (config::Head::Sequence, "cls") => Reads::First,
        (config::Head::Sequence, "mean") => Reads::Mean,
        _ => return Err(settings.unsupported("classifier_pooling", pooling, "cls, mean")),
    };
    let dense = parts.dense(source, "head.dense", "classifier_bias", (hidden, hidden))?;
    let activation = settings.activation("classifier_activation", Activation::Gelu)?;
    let steps = vec![
        Step::Activated(dense, activation),
        Step::Norm(parts.norm(source, "head.norm")?),
        Step::Dense(source.linear("classifier", config.labels.len(), hidden)?),
    ];
    Ok(Model { encoder, decoder: None, head: Head { reads, steps } })
}

/// Reads parts whose biases are settings.
struct Parts<'a> {
    settings: &'a Settings,
    sizes: &'a Sizes,
}

impl Parts<'_> {
    fn norm(&self, source: &Source<'_>, name: &str) -> Result<LayerNorm, LoadError> {
        if self.settings.flag("norm_bias", false)? {
            return self.sizes.norm(source, name);
        }
        let hidden = self.sizes.hidden;
        let weight = source.tensor(&format!("{name}.weight"), &[hidden])?;
        Ok(LayerNorm::new(weight, vec![0.0; hidden], self.sizes.eps))
    }

    /// The rows of a dense layer and their biases.
    fn rows(
        &self,
        source: &Source<'_>,
        name: &str,
        bias: &str,
        (outputs, inputs): (usize, usize),
    ) -> Result<(Vec<f32>, Vec<f32>), LoadError> {
        let weights = source.table(name, outputs, inputs)?;
        let has_bias = self.settings.flag(bias, false)?;
        let bias = if has_bias { source.tensor(&format!("{name}.bias"), &[outputs])? } else { vec![0.0; outputs] };
        Ok((weights, bias))
    }

    fn dense(&self, source: &Source<'_>, name: &str, bias: &str, shape: (usize, usize)) -> Result<Linear, LoadError> {
        let (weights, bias) = self.rows(source, name, bias, shape)?;
        Ok(source.dense_of(&weights, bias))
    }

    /// One dense layer as two: its first `outputs` rows, and the others.
    fn split(
        &self,
        (source, name, bias): (&Source<'_>, &str, &str),
        outputs: usize,
        shape: (usize, usize),
    ) -> Result<(Linear, Linear), LoadError> {
        let (weights, bias) = self.rows(source, name, bias, shape)?;
        let (first, rest) = weights.split_at(outputs * shape.1);
        let (first_bias, rest_bias) = bias.split_at(outputs);
        Ok((source.dense_of(first, first_bias.to_vec()), source.dense_of(rest, rest_bias.to_vec())))
    }

    fn attention(
        &self,
        attention: &Source<'_>,
        (relation, rotary): (Relation, Arc<Rotary>),
    ) -> Result<SelfAttention, LoadError> {
        let (hidden, heads) = (self.sizes.hidden, self.sizes.heads);
        let (query, key_value) = self.split((attention, "Wqkv", "attention_bias"), hidden, (3 * hidden, hidden))?;
        let out = self.dense(attention, "Wo", "attention_bias", (hidden, hidden))?;
        Ok(SelfAttention { projections: Projections { query, key_value, out, heads }, relation, rotary: Some(rotary) })
    }

    fn feed_forward(&self, mlp: &Source<'_>) -> Result<FeedForward, LoadError> {
        let (hidden, wide) = (self.sizes.hidden, self.sizes.intermediate);
        let (up, gate) = self.split((mlp, "Wi", "mlp_bias"), wide, (2 * wide, hidden))?;
        let down = self.dense(mlp, "Wo", "mlp_bias", (hidden, wide))?;
        Ok(FeedForward { up, activation: self.sizes.activation, gate: Some(gate), down })
    }
}

/// The two kinds of layers, and which layer is of which.
struct Kinds {
    /// One entry a layer: true where it looks at near tokens only.
    local: Vec<bool>,
    near: usize,
    global_rotary: Arc<Rotary>,
    local_rotary: Arc<Rotary>,
}

impl Kinds {
    fn read(settings: &Settings, positions: usize, sizes: &Sizes) -> Result<Self, LoadError> {
        let every = settings.count("global_attn_every_n_layers")?.unwrap_or(3).max(1);
        let local = match settings.words("layer_types")? {
            None => (0..sizes.layers).map(|layer| !layer.is_multiple_of(every)).collect(),
            Some(kinds) if kinds.len() == sizes.layers => {
                kinds.iter().map(|kind| kind == "sliding_attention").collect()
            }
            Some(kinds) => {
                let reason = format!("`layer_types` has {} entries for {} layers", kinds.len(), sizes.layers);
                return Err(settings.malformed(reason));
            }
        };
        let rotary = |kind: &str, old: &str, default: f64| {
            let base = match settings.inside("rope_parameters")?.map(|all| all.inside(kind)).transpose()?.flatten() {
                Some(rope) => {
                    rope.only("rope_type", "default")?;
                    rope.number("rope_theta")?
                }
                None => settings.number(old)?,
            };
            Ok(Arc::new(Rotary::new(positions, sizes.width(), base.unwrap_or(default) as f32)))
        };
        Ok(Self {
            local,
            near: settings.count("local_attention")?.unwrap_or(128) / 2,
            global_rotary: rotary("full_attention", "global_rope_theta", 160_000.0)?,
            local_rotary: rotary("sliding_attention", "local_rope_theta", 10_000.0)?,
        })
    }

    fn of(&self, layer: usize) -> (Relation, Arc<Rotary>) {
        if self.local[layer] {
            (Relation::Near(self.near), self.local_rotary.clone())
        } else {
            (Relation::None, self.global_rotary.clone())
        }
    }
}
