//! The model structs of the crate rust-bert over libtorch, on the processor or a GPU.
//!
//! Owns: what the crate's structs need of a checkpoint, rectangles with their masks, the way to libtorch and back.
//! In: a model folder, then packed batches. Out: [`Logits`].
//! Must not: use the crate's pipelines or its tokenizers, download anything, know tasks or labels' meaning.
//!
//! libtorch is kept to one thread: as many workers as threads have a struct each, and all of them the same weights. A batch is cut into
//! rectangles by its lengths alone, so that the number of threads changes no bit.

mod blueprint;
mod network;
mod rectangle;
mod weights;

use super::checkpoint::Checkpoint;
use super::runtime::{Device, Precision, Runtime};
use super::{Batch, Config, Engine, ForwardError, Head, LoadError, Logits, Worker};
use blueprint::{Blueprint, Of};
use network::{Inputs, Network};
use rectangle::{Rectangle, rectangles};
use std::path::Path;
use std::sync::Mutex;
use tch::nn::VarStore;
use tch::{Kind, Tensor};
use weights::Weights;

/// Tokens of a rectangle, and of a batch that is cut into them, on the processor.
const ON_CPU: (usize, usize) = (1024, 4096);
/// The same on a GPU, which wants large ones.
const ON_CUDA: (usize, usize) = (16_384, 32_768);

/// A model that libtorch runs.
pub(super) struct RustBert {
    config: Config,
    blueprint: Blueprint,
    kind: Kind,
    device: tch::Device,
    /// A tensor may be sent to another thread and not be shared by two: what workers take stands behind a lock.
    shared: Mutex<Shared>,
}

struct Shared {
    weights: Weights,
    /// Structs that no worker has now.
    idle: Vec<Network>,
}

impl RustBert {
    /// Loads a model folder in Hugging Face layout: `config.json` and `model.safetensors`, or its shards.
    ///
    /// # Errors
    /// [`LoadError`] when a file is missing or malformed, the crate has no struct that gives the model's own numbers, the runtime is not
    /// there, or a tensor is missing, of another shape than `config.json` says, of a type that cannot be read, or holds a value that is
    /// not finite.
    pub(super) fn load(folder: &Path, runtime: Runtime) -> Result<Self, LoadError> {
        let config = Config::read(folder)?;
        let blueprint = Blueprint::read(&config)?;
        let precisions = precisions(&blueprint);
        runtime.must_be_among(
            &format!("`{}`", config.class()),
            &[(Device::Cpu, precisions), (Device::Cuda, precisions)],
        )?;
        let device = device(runtime.device)?;
        let kind = match runtime.precision {
            Precision::F32 => Kind::Float,
            Precision::F16 => Kind::Half,
            Precision::Bf16 => Kind::BFloat16,
            Precision::Int8 => unreachable!("it is among no model's precisions"),
        };
        let checkpoint = Checkpoint::open(folder)?;
        tch::set_num_threads(1);
        let variables = VarStore::new(tch::Device::Cpu);
        let network = Network::new(&blueprint, &variables.root());
        let weights = Weights::read(&checkpoint, &blueprint, &variables, (kind, device))?;
        weights.give(&variables);
        let shared = Mutex::new(Shared { weights, idle: vec![network] });
        Ok(Self { config, blueprint, kind, device, shared })
    }

    fn shared(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().expect("no worker panics while it holds the lock")
    }

    /// A struct of its own for a worker: an idle one, or another one over the same weights. They are built one at a time, for each begins
    /// with random values of the weights' size.
    fn network(&self) -> Network {
        let mut shared = self.shared();
        if let Some(network) = shared.idle.pop() {
            return network;
        }
        let variables = VarStore::new(tch::Device::Cpu);
        let network = Network::new(&self.blueprint, &variables.root());
        shared.weights.give(&variables);
        network
    }

    /// Tokens of a rectangle and of a batch.
    fn sizes(&self) -> (usize, usize) {
        if self.device.is_cuda() { ON_CUDA } else { ON_CPU }
    }

    /// What must be equal within a rectangle: for BART, how often texts end.
    ///
    /// # Errors
    /// [`ForwardError::NoEnd`] for a sequence that BART finds no row of.
    fn kind_of(&self, batch: &Batch) -> Result<impl Fn(&[u32]) -> usize + use<>, ForwardError> {
        let end = match &self.blueprint.of {
            Of::Bart(config) => config.eos_token_id.map(|id| id as u32),
            _ => None,
        };
        let ends = move |ids: &[u32]| end.map_or(0, |end| ids.iter().filter(|&&id| id == end).count());
        let endless = batch.ranges().position(|range| ends(&batch.ids()[range]) == 0);
        match (end, endless) {
            (Some(id), Some(sequence)) => Err(ForwardError::NoEnd { id, sequence }),
            _ => Ok(ends),
        }
    }

    fn inputs(&self, batch: &Batch, rectangle: &Rectangle) -> Inputs {
        let tensor =
            |values: Vec<i64>| Tensor::from_slice(&values).view([-1, rectangle.width as i64]).to_device(self.device);
        Inputs {
            ids: tensor(rectangle.padded(batch, batch.ids(), self.blueprint.padding)),
            mask: tensor(rectangle.mask(batch)),
            types: tensor(rectangle.padded(batch, batch.type_ids(), 0)),
        }
    }
}

impl Engine for RustBert {
    fn config(&self) -> &Config {
        &self.config
    }

    fn batch_tokens(&self) -> usize {
        self.sizes().1
    }

    fn worker(&self) -> Box<dyn Worker + '_> {
        // The number is kept by each thread.
        tch::set_num_threads(1);
        Box::new(RustBertWorker { engine: self, network: Some(self.network()) })
    }
}

/// One thread over the shared weights.
struct RustBertWorker<'a> {
    engine: &'a RustBert,
    /// There until it is given back.
    network: Option<Network>,
}

impl Drop for RustBertWorker<'_> {
    fn drop(&mut self) {
        if let (Some(network), Ok(mut shared)) = (self.network.take(), self.engine.shared.lock()) {
            shared.idle.push(network);
        }
    }
}

impl Worker for RustBertWorker<'_> {
    fn forward(&mut self, batch: &Batch) -> Result<Logits, ForwardError> {
        let engine = self.engine;
        engine.config.admit(batch)?;
        let kind_of = engine.kind_of(batch)?;
        let (head, classes) = (engine.config.head, engine.config.labels.len());
        let network = self.network.as_ref().expect("it is given back when the worker is gone");
        let rows = match head {
            Head::Token => batch.tokens(),
            Head::Sequence => batch.sequences(),
        };
        let mut logits = Logits::zeros((rows, classes));
        let values = logits.as_slice_mut().expect("a new array lies in order");
        let ranges: Vec<_> = batch.ranges().collect();
        for rectangle in rectangles(batch, engine.sizes().0, kind_of) {
            let inputs = engine.inputs(batch, &rectangle);
            let found = tch::no_grad(|| network.logits(&inputs, engine.kind));
            let found = found.expect("ids are given, and only ids").to_kind(Kind::Float).to_device(tch::Device::Cpu);
            let found = Vec::<f32>::try_from(found.contiguous().view(-1)).expect("a vector of f32");
            for (row, &sequence) in rectangle.sequences.iter().enumerate() {
                let (from, to) = match head {
                    Head::Token => (row * rectangle.width, ranges[sequence].clone()),
                    Head::Sequence => (row, sequence..sequence + 1),
                };
                let found = &found[from * classes..][..to.len() * classes];
                if found.iter().any(|value| !value.is_finite()) {
                    return Err(ForwardError::NotFinite { sequence });
                }
                values[to.start * classes..to.end * classes].copy_from_slice(found);
            }
        }
        Ok(logits)
    }
}

/// The precisions that a model keeps its meaning in.
fn precisions(blueprint: &Blueprint) -> &'static [Precision] {
    match blueprint.of {
        // The crate counts the places of BART's causal mask in the weights' own numbers, and bf16 has no 257.
        Of::Bart(_) => &[Precision::F32, Precision::F16],
        // Weights that are so much smaller than they were stand below the smallest numbers of f16.
        _ if blueprint.scale.is_some() => &[Precision::F32, Precision::Bf16],
        _ => &[Precision::F32, Precision::F16, Precision::Bf16],
    }
}

/// The device in libtorch's terms.
fn device(device: Device) -> Result<tch::Device, LoadError> {
    let reason = match device {
        Device::Cpu => return Ok(tch::Device::Cpu),
        Device::Cuda if tch::Cuda::is_available() => return Ok(tch::Device::Cuda(0)),
        Device::Cuda if tch::utils::has_cudart() => "libtorch finds no GPU or no driver for it",
        Device::Cuda => "this libtorch is for processors only",
    };
    Err(LoadError::NoDevice { device, reason })
}
