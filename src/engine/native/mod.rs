//! BERT encoders on the CPU, in safe Rust.
//!
//! Owns: reading `model.safetensors` into checked f32 weights, the packed forward pass and its buffers.
//! In: a model folder, then packed batches. Out: [`Logits`].
//! Must not: know tasks or labels' meaning, start threads that work in parallel, read anything but the model's folder.
//!
//! A batch's tokens lie end to end, so every dense layer is one matrix product over real tokens; only attention looks
//! at sequences, one at a time. No value of a sequence is ever summed with a value of another one, and the order of a
//! sum depends on the model and the sequence alone, so batch mates cannot change a logit.
#![expect(
    clippy::inline_always,
    reason = "what is compiled for an instruction set must lie inside the function that is dispatched to it"
)]

mod attention;
mod curves;
mod embeddings;
mod encoder;
mod head;
mod layer;
mod linear;
mod norm;
mod product;
mod softmax;
mod weights;

use super::{Batch, Config, Engine, ForwardError, Head, LoadError, Logits, Worker};
use encoder::{Buffers, Encoder};
use head::{Classifier, Pooler};
use std::path::Path;
use weights::Weights;

/// Tokens times hidden size of a batch: its states and what attention reads then stay in or near a second-level cache of
/// 2 MiB, while the weights stream past. One core does 1.1 times the work with 512 tokens of the bundled models as with 1,024.
const BATCH_VALUES: usize = 512 * 384;

/// A BERT encoder with a token or a sequence classification head, loaded into memory.
pub struct Bert {
    config: Config,
    encoder: Encoder,
    pooler: Option<Pooler>,
    classifier: Classifier,
}

impl Bert {
    /// Loads a model folder in Hugging Face layout: `config.json` and `model.safetensors`.
    ///
    /// Weights in F32, F16 or BF16 become f32. Tensors that the head does not use are ignored.
    ///
    /// # Errors
    /// [`LoadError`] when a file is missing or malformed, the architecture is not supported, or a tensor is missing, of
    /// another shape than `config.json` says, of a type that cannot be read, or holds a value that is not finite.
    pub fn load(folder: &Path) -> Result<Self, LoadError> {
        let config = Config::read(folder)?;
        let bytes = Weights::bytes(folder)?;
        let weights = Weights::parse(folder, &bytes)?;
        Ok(Self {
            encoder: Encoder::load(&weights, &config)?,
            pooler: match config.head {
                Head::Token => None,
                Head::Sequence => Some(Pooler::load(&weights, &config)?),
            },
            classifier: Classifier::load(&weights, &config)?,
            config,
        })
    }

    /// The forward pass of a checked batch: `[rows, classes]`, row-major.
    fn logits(&self, batch: &Batch, buffers: &mut Buffers) -> Vec<f32> {
        match &self.pooler {
            None => self.classifier.run(self.encoder.tokens(batch, buffers)),
            Some(pooler) => {
                let first = self.encoder.first_tokens(batch, buffers);
                self.classifier.run(&pooler.run(first))
            }
        }
    }
}

impl Engine for Bert {
    fn config(&self) -> &Config {
        &self.config
    }

    fn batch_tokens(&self) -> usize {
        (BATCH_VALUES / self.config.hidden).max(1)
    }

    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(BertWorker { model: self, buffers: Buffers::default() })
    }
}

/// One thread over the shared weights, with buffers that live as long as it does.
struct BertWorker<'a> {
    model: &'a Bert,
    buffers: Buffers,
}

impl Worker for BertWorker<'_> {
    fn forward(&mut self, batch: &Batch) -> Result<Logits, ForwardError> {
        let Self { model, buffers } = self;
        model.config.admit(batch)?;
        let values = model.logits(batch, buffers);
        let classes = model.config.labels.len();
        if let Some(bad) = values.iter().position(|value| !value.is_finite()) {
            return Err(ForwardError::NotFinite { sequence: sequence_of(batch, model.config.head, bad / classes) });
        }
        Ok(Logits::from_shape_vec((values.len() / classes, classes), values).expect("rows of `classes` logits each"))
    }
}

/// The sequence that a row of logits belongs to.
fn sequence_of(batch: &Batch, head: Head, row: usize) -> usize {
    match head {
        Head::Sequence => row,
        Head::Token => batch.ranges().position(|range| range.contains(&row)).expect("each row is a token of the batch"),
    }
}
