//! ALBERT: narrow embeddings, and layers that share their weights in groups.

use super::bert::tables;
use super::{LayerNames, Model, SIZES, Sizes, activated, head};
use crate::engine::config::Activation;
use crate::engine::native::relation::Relation;
use crate::engine::native::source::Source;
use crate::engine::native::stack::Stack;
use crate::engine::native::step::Step;
use crate::engine::{Config, LoadError};
use std::sync::Arc;

const LAYER: LayerNames = LayerNames {
    query: "attention.query",
    key: "attention.key",
    value: "attention.value",
    attended: "attention.dense",
    attended_norm: "attention.LayerNorm",
    up: "ffn",
    down: "ffn_output",
    down_norm: "full_layer_layer_norm",
};

pub(super) fn load(source: &Source<'_>, config: &Config) -> Result<Model, LoadError> {
    let settings = &config.settings;
    settings.only("position_embedding_type", "absolute")?;
    let mut sizes = Sizes::read(settings, &SIZES, 1e-12)?;
    sizes.activation = settings.activation("hidden_act", Activation::GeluTanh)?;
    let hidden = sizes.hidden;
    let albert = source.encoder("albert");
    let width = settings.count("embedding_size")?.unwrap_or(128);
    let mut embeddings = tables(&albert, config, width)?;
    embeddings.then.push(Step::Norm(albert.norm("embeddings.LayerNorm", width, sizes.eps)?));
    embeddings.then.push(Step::Dense(albert.linear("encoder.embedding_hidden_mapping_in", hidden, width)?));
    let groups = settings.count("num_hidden_groups")?.unwrap_or(1).max(1);
    let inner = settings.count("inner_group_num")?.unwrap_or(1);
    let mut blocks = Vec::new();
    for group in 0..groups {
        for layer in 0..inner {
            let layer = albert.at(&format!("encoder.albert_layer_groups.{group}.albert_layers.{layer}"));
            blocks.push(LAYER.load(&layer, &sizes, &Relation::None)?.map(Arc::new));
        }
    }
    // Layer i of the stack is the group that i falls into when the stack is divided evenly.
    let order = (0..sizes.layers).flat_map(|layer| {
        let group = layer * groups / sizes.layers;
        blocks[group * inner..(group + 1) * inner].iter().flatten().cloned()
    });
    let blocks = order.collect();
    let pooler = || Ok((activated(&albert, "pooler", hidden, Activation::Tanh)?, "classifier"));
    let head = head(source, config, hidden, pooler)?;
    Ok(Model { encoder: Stack { embeddings, blocks, norm: None, hidden }, decoder: None, head })
}
