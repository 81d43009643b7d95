//! From token ids to the encoder's first state.

use super::norm::LayerNorm;
use super::weights::Weights;
use crate::engine::{Batch, Config, LoadError};

/// The three tables whose rows are summed and normalised.
pub(super) struct Embeddings {
    /// `[vocabulary, hidden]`.
    words: Vec<f32>,
    /// `[max_tokens, hidden]`.
    positions: Vec<f32>,
    /// `[token_types, hidden]`.
    types: Vec<f32>,
    norm: LayerNorm,
    hidden: usize,
}

impl Embeddings {
    /// Reads the tables, each checked against the configuration.
    pub(super) fn load(weights: &Weights<'_>, config: &Config) -> Result<Self, LoadError> {
        let hidden = config.hidden;
        let table =
            |name: &str, rows| weights.encoder(&format!("embeddings.{name}_embeddings.weight"), &[rows, hidden]);
        Ok(Self {
            words: table("word", config.vocabulary)?,
            positions: table("position", config.max_tokens)?,
            types: table("token_type", config.token_types)?,
            norm: LayerNorm::load(weights, config, "embeddings.LayerNorm")?,
            hidden,
        })
    }

    /// Fills `state` with a normalised vector a token: `[tokens, hidden]`. The batch's ids have rows in the tables.
    pub(super) fn look_up(&self, batch: &Batch, state: &mut Vec<f32>) {
        let row = |table, index| row(table, index, self.hidden);
        state.clear();
        for range in batch.ranges() {
            for (position, token) in range.enumerate() {
                let word = row(&self.words, batch.ids()[token] as usize);
                let kind = row(&self.types, batch.type_ids()[token] as usize);
                let place = row(&self.positions, position);
                state.extend(word.iter().zip(kind).zip(place).map(|((word, kind), place)| word + kind + place));
            }
        }
        self.norm.run(state);
    }
}

fn row(table: &[f32], index: usize, width: usize) -> &[f32] {
    &table[index * width..][..width]
}
