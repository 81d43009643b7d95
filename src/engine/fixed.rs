//! A scripted double: canned logits, chosen by token id.
//!
//! Owns: [`Fixed`]. In: a configuration and rows of logits. Out: the same rows, for any batch. It checks ids and lengths
//! as a real engine does. Must not: compute anything.

use super::{Batch, Config, Engine, ForwardError, Head, Logits, Worker};
use std::collections::BTreeMap;

/// An engine whose answers are written down.
pub struct Fixed {
    config: Config,
    default: Vec<f32>,
    rows: BTreeMap<u32, Vec<f32>>,
}

impl Fixed {
    /// An engine that answers `default` (one logit a class) to every token or sequence.
    ///
    /// # Panics
    /// When `default` has another number of logits than `config` has labels.
    pub fn new(config: Config, default: Vec<f32>) -> Self {
        assert_eq!(default.len(), config.labels.len(), "a row has one logit a label");
        Self { config, default, rows: BTreeMap::new() }
    }

    /// Answers `row` to token `id`; with a sequence head, to every sequence whose first scripted token is `id`.
    ///
    /// # Panics
    /// When `row` has another number of logits than the configuration has labels.
    #[must_use]
    pub fn with(mut self, id: u32, row: Vec<f32>) -> Self {
        assert_eq!(row.len(), self.config.labels.len(), "a row has one logit a label");
        self.rows.insert(id, row);
        self
    }

    fn answer(&self, ids: &[u32]) -> &[f32] {
        ids.iter().find_map(|id| self.rows.get(id)).unwrap_or(&self.default)
    }
}

impl Engine for Fixed {
    fn config(&self) -> &Config {
        &self.config
    }

    fn batch_tokens(&self) -> usize {
        512
    }

    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(self)
    }
}

impl Worker for &Fixed {
    fn forward(&mut self, batch: &Batch) -> Result<Logits, ForwardError> {
        self.config.admit(batch)?;
        let rows: Vec<&[f32]> = match self.config.head {
            Head::Token => batch.ids().iter().map(|id| self.answer(std::slice::from_ref(id))).collect(),
            Head::Sequence => batch.ranges().map(|range| self.answer(&batch.ids()[range])).collect(),
        };
        let shape = (rows.len(), self.default.len());
        Ok(Logits::from_shape_vec(shape, rows.concat()).expect("each row has one logit a label"))
    }
}
