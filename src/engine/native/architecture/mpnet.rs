//! MPNet: BERT without token types, whose positions begin behind the padding's and whose scores know distances.

use super::{LayerNames, Model, SIZES, Sizes, activated, head};
use crate::engine::config::Activation;
use crate::engine::native::embeddings::{Embeddings, Positions};
use crate::engine::native::relation::{Bias, Relation};
use crate::engine::native::source::Source;
use crate::engine::native::stack::Stack;
use crate::engine::native::step::Step;
use crate::engine::{Config, LoadError};
use std::sync::Arc;

/// The padding token is no setting of this architecture.
const PADDING: u32 = 1;

const LAYER: LayerNames = LayerNames {
    query: "attention.attn.q",
    key: "attention.attn.k",
    value: "attention.attn.v",
    attended: "attention.attn.o",
    attended_norm: "attention.LayerNorm",
    ..super::LAYER
};

pub(super) fn load(source: &Source<'_>, config: &Config) -> Result<Model, LoadError> {
    let sizes = Sizes::read(&config.settings, &SIZES, 1e-12)?;
    let hidden = sizes.hidden;
    let mpnet = source.encoder("mpnet");
    let first = PADDING as usize + 1;
    let table = mpnet.table("embeddings.position_embeddings", config.max_tokens + first, hidden)?;
    let embeddings = Embeddings {
        words: mpnet.table("embeddings.word_embeddings", config.vocabulary, hidden)?,
        positions: Some(Positions { table, first, padding: Some(PADDING) }),
        types: None,
        width: hidden,
        then: vec![Step::Norm(sizes.norm(&mpnet, "embeddings.LayerNorm")?)],
    };
    let buckets = config.settings.count("relative_attention_num_buckets")?.unwrap_or(32);
    let bias = mpnet.table("encoder.relative_attention_bias", buckets, sizes.heads)?;
    let relation = Relation::Bias(Arc::new(Bias::new(&bias, sizes.heads, config.max_tokens, sizes.width())));
    let blocks = LAYER.load_all(&mpnet.at("encoder.layer"), &sizes, &relation)?;
    let for_sequences =
        || Ok((activated(source, "classifier.dense", hidden, Activation::Tanh)?, "classifier.out_proj"));
    let head = head(source, config, hidden, for_sequences)?;
    Ok(Model { encoder: Stack { embeddings, blocks, norm: None, hidden }, decoder: None, head })
}
