//! BERT: the sum of three tables, layers that normalise their sums, and a pooler in front of a sequence's classes.

use super::{LAYER, Model, SIZES, Sizes, activated, head};
use crate::engine::config::Activation;
use crate::engine::native::embeddings::{Embeddings, Positions};
use crate::engine::native::relation::Relation;
use crate::engine::native::source::Source;
use crate::engine::native::stack::Stack;
use crate::engine::native::step::Step;
use crate::engine::{Config, LoadError};

pub(super) fn load(source: &Source<'_>, config: &Config) -> Result<Model, LoadError> {
    config.settings.only("position_embedding_type", "absolute")?;
    config.settings.only("is_decoder", false)?;
    let sizes = Sizes::read(&config.settings, &SIZES, 1e-12)?;
    let bert = source.encoder("bert");
    let mut embeddings = tables(&bert, config, sizes.hidden)?;
    embeddings.then.push(Step::Norm(sizes.norm(&bert, "embeddings.LayerNorm")?));
    let blocks = LAYER.load_all(&bert.at("encoder.layer"), &sizes, &Relation::None)?;
    // Without a pooler, a sequence's answers would be random.
    let pooler = || Ok((activated(&bert, "pooler.dense", sizes.hidden, Activation::Tanh)?, "classifier"));
    let head = head(source, config, sizes.hidden, pooler)?;
    Ok(Model { encoder: Stack { embeddings, blocks, norm: None, hidden: sizes.hidden }, decoder: None, head })
}

/// Words, positions and types of one width.
pub(super) fn tables(encoder: &Source<'_>, config: &Config, width: usize) -> Result<Embeddings, LoadError> {
    let table = |name: &str, rows| encoder.table(&format!("embeddings.{name}_embeddings"), rows, width);
    let positions = Positions { table: table("position", config.max_tokens)?, first: 0, padding: None };
    Ok(Embeddings {
        words: table("word", config.vocabulary)?,
        positions: Some(positions),
        types: Some(table("token_type", config.token_types)?),
        width,
        then: Vec::new(),
    })
}
