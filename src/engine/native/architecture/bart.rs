//! BART for sequences: an encoder, a decoder that reads the same tokens one place later, and classes from the decoder's row of
//! the last token that ends a text.

use super::{Decoder, LayerNames, Model, SizeNames, Sizes, activated};
use crate::engine::config::Activation;
use crate::engine::native::block::{Block, CrossAttention, Norm, Work};
use crate::engine::native::embeddings::{Embeddings, Positions};
use crate::engine::native::head::{Head, Reads};
use crate::engine::native::relation::Relation;
use crate::engine::native::source::Source;
use crate::engine::native::stack::Stack;
use crate::engine::native::step::Step;
use crate::engine::settings::Settings;
use crate::engine::{Config, LoadError};
use std::sync::Arc;

/// Rows of a table of positions before the first token's.
const OFFSET: usize = 2;
const EPS: f32 = 1e-5;

const ENCODER: SizeNames = SizeNames {
    hidden: "d_model",
    layers: "encoder_layers",
    heads: "encoder_attention_heads",
    intermediate: "encoder_ffn_dim",
    activation: "activation_function",
};

const DECODER: SizeNames = SizeNames {
    layers: "decoder_layers",
    heads: "decoder_attention_heads",
    intermediate: "decoder_ffn_dim",
    ..ENCODER
};

const LAYER: LayerNames = LayerNames {
    query: "self_attn.q_proj",
    key: "self_attn.k_proj",
    value: "self_attn.v_proj",
    attended: "self_attn.out_proj",
    attended_norm: "self_attn_layer_norm",
    up: "fc1",
    down: "fc2",
    down_norm: "final_layer_norm",
};

/// A decoder layer's attention to the encoder.
const CROSS: LayerNames = LayerNames {
    query: "encoder_attn.q_proj",
    key: "encoder_attn.k_proj",
    value: "encoder_attn.v_proj",
    attended: "encoder_attn.out_proj",
    attended_norm: "encoder_attn_layer_norm",
    ..LAYER
};

pub(super) fn load(source: &Source<'_>, config: &Config) -> Result<Model, LoadError> {
    let settings = &config.settings;
    settings.only("normalize_before", false)?;
    settings.only("add_final_layer_norm", false)?;
    let model = source.encoder("model");
    let encoder_sizes = sizes(settings, &ENCODER)?;
    let blocks = LAYER.load_all(&model.at("encoder.layers"), &encoder_sizes, &Relation::None)?;
    let hidden = encoder_sizes.hidden;
    let encoder =
        Stack { embeddings: embeddings(&model, "encoder", config, &encoder_sizes)?, blocks, norm: None, hidden };
    let decoder_sizes = sizes(settings, &DECODER)?;
    let mut blocks = Vec::new();
    for index in 0..decoder_sizes.layers {
        let layer = model.at(&format!("decoder.layers.{index}"));
        let [attention, feed_forward] = LAYER.load(&layer, &decoder_sizes, &Relation::Causal)?;
        let cross = Block {
            norm: Norm::After(decoder_sizes.norm(&layer, CROSS.attended_norm)?),
            work: Work::Cross(CrossAttention(CROSS.projections(&layer, &decoder_sizes)?)),
        };
        blocks.extend([attention, cross, feed_forward].map(Arc::new));
    }
    let stack =
        Stack { embeddings: embeddings(&model, "decoder", config, &decoder_sizes)?, blocks, norm: None, hidden };
    let token = |name, default| Ok(settings.count(name)?.unwrap_or(default) as u32);
    let mut steps = activated(source, "classification_head.dense", hidden, Activation::Tanh)?;
    steps.push(Step::Dense(source.linear("classification_head.out_proj", config.labels.len(), hidden)?));
    let head = Head { reads: Reads::Last(token("eos_token_id", 2)?), steps };
    Ok(Model { encoder, decoder: Some(Decoder { stack, start: token("decoder_start_token_id", 2)? }), head })
}

/// What is added to a variance is no setting of this architecture.
fn sizes(settings: &Settings, names: &SizeNames) -> Result<Sizes, LoadError> {
    Ok(Sizes { eps: EPS, ..Sizes::read(settings, names, EPS)? })
}

fn embeddings(model: &Source<'_>, side: &str, config: &Config, sizes: &Sizes) -> Result<Embeddings, LoadError> {
    let hidden = sizes.hidden;
    // The tables of words are one; a checkpoint may hold it under any of its names.
    let own = format!("{side}.embed_tokens.weight");
    let name = model.first_of(&["shared.weight", &own, "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"]);
    let mut words = model.tensor(name, &[config.vocabulary, hidden])?;
    if config.settings.flag("scale_embedding", false)? {
        let scale = (hidden as f32).sqrt();
        for value in &mut words {
            *value *= scale;
        }
    }
    let table = model.table(&format!("{side}.embed_positions"), config.max_tokens + OFFSET, hidden)?;
    let norm = sizes.norm(model, &format!("{side}.layernorm_embedding"))?;
    Ok(Embeddings {
        words,
        positions: Some(Positions { table, first: OFFSET, padding: None }),
        types: None,
        width: hidden,
        then: vec![Step::Norm(norm)],
    })
}
