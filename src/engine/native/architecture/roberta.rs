//! RoBERTa, XLM-RoBERTa and CamemBERT: BERT whose positions begin behind the padding's, and a head of its own for sequences.

use super::{LAYER, Model, SIZES, Sizes, activated, head};
use crate::engine::config::Activation;
use crate::engine::native::embeddings::{Embeddings, Positions};
use crate::engine::native::relation::Relation;
use crate::engine::native::source::Source;
use crate::engine::native::stack::Stack;
use crate::engine::native::step::Step;
use crate::engine::{Config, LoadError};

pub(super) fn load(source: &Source<'_>, config: &Config) -> Result<Model, LoadError> {
    let settings = &config.settings;
    settings.only("position_embedding_type", "absolute")?;
    settings.only("is_decoder", false)?;
    let sizes = Sizes::read(settings, &SIZES, 1e-12)?;
    let hidden = sizes.hidden;
    let roberta = source.encoder("roberta");
    let padding = settings.count("pad_token_id")?.unwrap_or(1);
    let first = padding + 1;
    let mut table = roberta.table("embeddings.position_embeddings", config.max_tokens + first, hidden)?;
    // Its tokenizers give no types: every token has the first one.
    let types =
        roberta.table("embeddings.token_type_embeddings", settings.count("type_vocab_size")?.unwrap_or(2), hidden)?;
    for row in table.chunks_exact_mut(hidden) {
        row.iter_mut().zip(&types).for_each(|(value, of_type)| *value += of_type);
    }
    let embeddings = Embeddings {
        words: roberta.table("embeddings.word_embeddings", config.vocabulary, hidden)?,
        positions: Some(Positions { table, first, padding: Some(padding as u32) }),
        types: None,
        width: hidden,
        then: vec![Step::Norm(sizes.norm(&roberta, "embeddings.LayerNorm")?)],
    };
    let blocks = LAYER.load_all(&roberta.at("encoder.layer"), &sizes, &Relation::None)?;
    let for_sequences =
        || Ok((activated(source, "classifier.dense", hidden, Activation::Tanh)?, "classifier.out_proj"));
    let head = head(source, config, hidden, for_sequences)?;
    Ok(Model { encoder: Stack { embeddings, blocks, norm: None, hidden }, decoder: None, head })
}
