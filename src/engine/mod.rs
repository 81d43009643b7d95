//! What runs a model's forward pass.
//!
//! Owns: the seam between windows and numbers: [`Engine`], [`Worker`], [`Batch`], [`Logits`].
//! In: packed token ids whose sequence lengths are known. Out: one row of logits a token or a sequence.
//! Must not: know tasks, labels' meaning, documents or files other than a model's folder.

mod batch;
pub mod checkpoint;
pub mod config;
pub mod fixed;
pub mod native;
pub mod peak;
pub mod runtime;
#[cfg(feature = "rust-bert")]
mod rust_bert;
pub mod settings;

pub use batch::{Batch, BatchError, Sequence};
pub use config::{Architecture, Config, Head};
pub use runtime::{Device, EngineName, Precision, Runtime};

use std::path::{Path, PathBuf};

/// Raw class scores, before any softmax.
///
/// Shape `[rows, classes]`, f32, classes in the order of `id2label`. For [`Head::Token`] a row is a token and the rows
/// follow the batch's packed tokens; for [`Head::Sequence`] a row is a sequence of the batch.
pub type Logits = ndarray::Array2<f32>;

/// A loaded model, shared read-only by any number of workers.
pub trait Engine: Sync {
    /// The model's shape and label names.
    fn config(&self) -> &Config;

    /// The tokens of a batch at which the engine is fastest; a longer sequence is a batch of its own.
    fn batch_tokens(&self) -> usize;

    /// Floating-point operations of a batch: 2 · m · n · k for each of its matrix products, attention's included, and nothing
    /// else. None where the engine does not know them.
    fn operations(&self, _batch: &Batch) -> Option<u64> {
        None
    }

    /// A single-threaded runner over the shared weights, with buffers of its own.
    fn worker(&self) -> Box<dyn Worker + '_>;
}

/// Loads a model folder into the engine that is asked for.
///
/// # Errors
/// [`LoadError`] when this build or this machine lacks what is asked for, and as the engine's own `load` says.
pub fn load(folder: &Path, runtime: Runtime) -> Result<Box<dyn Engine>, LoadError> {
    match runtime.engine {
        EngineName::Native => {
            runtime.must_be_among("models", &[(Device::Cpu, &[Precision::F32, Precision::Int8])])?;
            Ok(Box::new(native::Native::load(folder, runtime.precision)?))
        }
        #[cfg(feature = "rust-bert")]
        EngineName::RustBert => Ok(Box::new(rust_bert::RustBert::load(folder, runtime)?)),
        #[cfg(not(feature = "rust-bert"))]
        EngineName::RustBert => Err(LoadError::NotBuilt(EngineName::RustBert)),
    }
}

/// One thread's view of an [`Engine`].
pub trait Worker {
    /// Runs one forward pass.
    ///
    /// Rows depend on their own sequence only: batch mates and order change no value by more than 1e-5.
    ///
    /// # Errors
    /// [`ForwardError`] when a token id or a sequence length is outside what the model was built for.
    fn forward(&mut self, batch: &Batch) -> Result<Logits, ForwardError>;
}

/// Why a forward pass was refused.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// A token id has no row in the embedding table.
    #[error("token id {id} is outside the model's vocabulary of {vocabulary} entries")]
    UnknownToken {
        /// The id that was asked for.
        id: u32,
        /// Rows in the embedding table.
        vocabulary: usize,
    },
    /// A token type id has no row in its table.
    #[error("token type id {id} is outside the model's {types} types")]
    UnknownType {
        /// The id that was asked for.
        id: u32,
        /// Rows in the table.
        types: usize,
    },
    /// A sequence is longer than the model's position table.
    #[error("a sequence of {tokens} tokens does not fit the model's {limit} positions")]
    TooLong {
        /// Tokens in the sequence, special ones included.
        tokens: usize,
        /// Rows in the position table.
        limit: usize,
    },
    /// A sequence lacks the token whose row the model classifies.
    #[error("a sequence has no token {id}, which ends a text and is the one that the model reads")]
    NoEnd {
        /// The token's id.
        id: u32,
        /// Position of the sequence in the batch.
        sequence: usize,
    },
    /// A logit is not a finite number.
    #[error("the model returned a logit that is not a finite number")]
    NotFinite {
        /// Position of the sequence in the batch.
        sequence: usize,
    },
}

/// Why a model folder could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The engine is a feature that was left out of the build.
    #[error("this karat was built without the engine `{0}`")]
    NotBuilt(EngineName),
    /// The engine has another precision or device.
    #[error("engine `{}` does not run {what} in {} on {}; it does in {instead}", asked.engine, asked.precision, asked.device)]
    Runtime {
        /// What is asked for.
        asked: Runtime,
        /// What is to be run: models, or a class of them.
        what: String,
        /// What there is.
        instead: String,
    },
    /// The machine or the library lacks the device.
    #[error("there is no device `{device}`: {reason}")]
    NoDevice {
        /// What is asked for.
        device: Device,
        /// Why it is not there.
        reason: &'static str,
    },
    /// A file of the folder cannot be read.
    #[error("model file `{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of the folder is not in its format.
    #[error("model file `{}` is not valid: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What was found instead.
        reason: String,
    },
    /// The architecture has no implementation.
    #[error("model file `{}` asks for {found}, which this engine cannot run; it runs: {supported}", path.display())]
    Unsupported {
        /// The configuration's file.
        path: PathBuf,
        /// The architecture as found, with the setting that is not supported.
        found: String,
        /// What can be run, separated by commas.
        supported: String,
    },
    /// The weights are stored in a form that only running code from the checkpoint could read.
    #[error("model file `{}` holds pickled weights, which karat does not read", path.display())]
    Pickled {
        /// The file.
        path: PathBuf,
    },
    /// A tensor is missing.
    #[error("model file `{}` has no tensor `{name}`", path.display())]
    MissingTensor {
        /// The weights' file.
        path: PathBuf,
        /// The name that was looked for.
        name: String,
    },
    /// A tensor has another shape than config.json says.
    #[error("model file `{}`: tensor `{name}` has shape {found:?}, but config.json asks for {expected:?}", path.display())]
    WrongShape {
        /// The weights' file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Shape in the file.
        found: Vec<usize>,
        /// Shape that the configuration asks for.
        expected: Vec<usize>,
    },
    /// A tensor is stored in a type that cannot be read.
    #[error("model file `{}`: tensor `{name}` is stored as {found}; F32, F16 and BF16 can be read", path.display())]
    WrongType {
        /// The weights' file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its element type.
        found: String,
    },
    /// A weight is NaN or infinite.
    #[error("model file `{}`: tensor `{name}` holds a value that is not a finite number at element {index}", path.display())]
    NotFinite {
        /// The weights' file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Flat, row-major index of the first such value.
        index: usize,
    },
}
