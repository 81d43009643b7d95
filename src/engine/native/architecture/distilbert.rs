//! DistilBERT: BERT without token types, with other names, and a dense layer with max(x, 0) in front of a sequence's classes.

use super::{LayerNames, Model, SizeNames, Sizes, activated, head};
use crate::engine::config::Activation;
use crate::engine::native::embeddings::{Embeddings, Positions};
use crate::engine::native::relation::Relation;
use crate::engine::native::source::Source;
use crate::engine::native::stack::Stack;
use crate::engine::native::step::Step;
use crate::engine::{Config, LoadError};

const SIZES: SizeNames = SizeNames {
    hidden: "dim",
    layers: "n_layers",
    heads: "n_heads",
    intermediate: "hidden_dim",
    activation: "activation",
};

const LAYER: LayerNames = LayerNames {
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    attended: "attention.out_lin",
    attended_norm: "sa_layer_norm",
    up: "ffn.lin1",
    down: "ffn.lin2",
    down_norm: "output_layer_norm",
};

pub(super) fn load(source: &Source<'_>, config: &Config) -> Result<Model, LoadError> {
    let sizes = Sizes { eps: 1e-12, ..Sizes::read(&config.settings, &SIZES, 1e-12)? };
    let hidden = sizes.hidden;
    let distilbert = source.encoder("distilbert");
    let table = distilbert.table("embeddings.position_embeddings", config.max_tokens, hidden)?;
    let embeddings = Embeddings {
        words: distilbert.table("embeddings.word_embeddings", config.vocabulary, hidden)?,
        positions: Some(Positions { table, first: 0, padding: None }),
        types: None,
        width: hidden,
        then: vec![Step::Norm(sizes.norm(&distilbert, "embeddings.LayerNorm")?)],
    };
    let blocks = LAYER.load_all(&distilbert.at("transformer.layer"), &sizes, &Relation::None)?;
    let for_sequences = || Ok((activated(source, "pre_classifier", hidden, Activation::Relu)?, "classifier"));
    let head = head(source, config, hidden, for_sequences)?;
    Ok(Model { encoder: Stack { embeddings, blocks, norm: None, hidden }, decoder: None, head })
}
