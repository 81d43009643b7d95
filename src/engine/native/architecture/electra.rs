//! ELECTRA: BERT whose embeddings may be narrower than its layers, and a head of its own for sequences.

use super::bert::tables;
use super::{LAYER, Model, SIZES, Sizes, activated, head};
use crate::engine::config::Activation;
use crate::engine::native::relation::Relation;
use crate::engine::native::source::Source;
use crate::engine::native::stack::Stack;
use crate::engine::native::step::Step;
use crate::engine::{Config, LoadError};

pub(super) fn load(source: &Source<'_>, config: &Config) -> Result<Model, LoadError> {
    config.settings.only("position_embedding_type", "absolute")?;
    config.settings.only("is_decoder", false)?;
    let sizes = Sizes::read(&config.settings, &SIZES, 1e-12)?;
    let hidden = sizes.hidden;
    let electra = source.encoder("electra");
    let width = config.settings.count("embedding_size")?.unwrap_or(128);
    let mut embeddings = tables(&electra, config, width)?;
    embeddings.then.push(Step::Norm(electra.norm("embeddings.LayerNorm", width, sizes.eps)?));
    if width != hidden {
        embeddings.then.push(Step::Dense(electra.linear("embeddings_project", hidden, width)?));
    }
    let blocks = LAYER.load_all(&electra.at("encoder.layer"), &sizes, &Relation::None)?;
    let for_sequences =
        || Ok((activated(source, "classifier.dense", hidden, Activation::Gelu)?, "classifier.out_proj"));
    let head = head(source, config, hidden, for_sequences)?;
    Ok(Model { encoder: Stack { embeddings, blocks, norm: None, hidden }, decoder: None, head })
}
