//! Transformer encoders on the CPU, in safe Rust.
//!
//! Owns: the parts that architectures are built of, the packed forward pass and its buffers. `architecture/` has a short file
//! for each, which says what differs.
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

mod aligned;
mod architecture;
mod attention;
mod block;
mod curves;
mod distance;
mod embeddings;
mod head;
mod int8;
mod linear;
mod norm;
mod product;
mod relation;
mod rotary;
mod softmax;
mod source;
mod stack;
mod step;

use super::checkpoint::Checkpoint;
use super::{Batch, Config, Engine, ForwardError, Head, LoadError, Logits, Precision, Worker};
use architecture::{Decoder, Model};
use block::{Buffers, Held};
use source::Source;
use std::path::Path;
use step::Step;

/// Tokens times hidden size of a batch: its states and what attention reads then stay in or near a second-level cache of
/// 2 MiB, while the weights stream past. One core does 1.1 times the work with 512 tokens of the bundled models as with 1,024.
const BATCH_VALUES: usize = 512 * 384;

/// A model with a token or a sequence classification head, loaded into memory.
pub struct Native {
    config: Config,
    precision: Precision,
    model: Model,
}

impl Native {
    /// Loads a model folder in Hugging Face layout: `config.json` and `model.safetensors`, or its shards.
    ///
    /// Weights in F32, F16 or BF16 become f32; with [`Precision::Int8`], those of blocks' dense layers are rounded to 8 bits.
    /// Tensors that the head does not use are ignored.
    ///
    /// # Errors
    /// [`LoadError`] when a file is missing or malformed, the architecture is not supported, or a tensor is missing, of
    /// another shape than `config.json` says, of a type that cannot be read, or holds a value that is not finite.
    pub fn load(folder: &Path, precision: Precision) -> Result<Self, LoadError> {
        let config = Config::read(folder)?;
        let checkpoint = Checkpoint::open(folder)?;
        Ok(Self { model: architecture::load(&Source::of(&checkpoint, precision), &config)?, precision, config })
    }

    /// The forward pass of a checked batch: `[rows, classes]`, row-major.
    fn logits(&self, batch: &Batch, buffers: &mut Buffers) -> Result<Vec<f32>, ForwardError> {
        let Model { encoder, decoder, head } = &self.model;
        let places = head.reads.places(batch)?;
        let held = places.as_deref().map_or(Held::All, Held::One);
        match decoder {
            None => encoder.run(batch.ids(), batch, held, buffers),
            Some(Decoder { stack, start }) => {
                encoder.run(batch.ids(), batch, Held::All, buffers);
                std::mem::swap(&mut buffers.state, &mut buffers.memory);
                let one_later = batch.ranges().flat_map(|tokens| {
                    [*start].into_iter().chain(batch.ids()[tokens.start..tokens.end - 1].iter().copied())
                });
                stack.run(&one_later.collect::<Vec<_>>(), batch, held, buffers);
            }
        }
        Ok(head.logits(batch, &buffers.state, encoder.hidden))
    }
}

impl Engine for Native {
    fn config(&self) -> &Config {
        &self.config
    }

    fn batch_tokens(&self) -> usize {
        (BATCH_VALUES / self.model.encoder.hidden).max(1)
    }

    fn operations(&self, batch: &Batch) -> Option<u64> {
        let Model { encoder, decoder, head } = &self.model;
        let places = head.reads.places(batch).ok()?;
        let held = places.as_deref().map_or(Held::All, Held::One);
        let stacks = match decoder {
            None => encoder.operations(batch, held),
            Some(Decoder { stack, .. }) => encoder.operations(batch, Held::All) + stack.operations(batch, held),
        };
        let rows = match self.config.head {
            Head::Token => batch.tokens(),
            Head::Sequence => batch.sequences(),
        };
        Some(stacks + rows as u64 * head.steps.iter().map(Step::operations).sum::<u64>())
    }

    fn worker(&self) -> Box<dyn Worker + '_> {
        let thread = (self.precision == Precision::Int8).then(|| {
            let pool = rayon_core::ThreadPoolBuilder::new().num_threads(1).thread_name(|_| "karat-int8".to_owned());
            pool.build().expect("the system gives a thread")
        });
        Box::new(NativeWorker { model: self, buffers: Buffers::default(), thread })
    }
}

/// One thread over the shared weights, with buffers that live as long as it does.
struct NativeWorker<'a> {
    model: &'a Native,
    buffers: Buffers,
    /// Where whole numbers are multiplied: the crate that does it shares a product between the threads of the pool that it is
    /// called in, and this one has one.
    thread: Option<rayon_core::ThreadPool>,
}

impl Worker for NativeWorker<'_> {
    fn forward(&mut self, batch: &Batch) -> Result<Logits, ForwardError> {
        let Self { model, buffers, thread } = self;
        model.config.admit(batch)?;
        let values = match thread {
            Some(thread) => thread.install(|| model.logits(batch, buffers))?,
            None => model.logits(batch, buffers)?,
        };
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
