//! What is tried: a workload in a setting, with its model loaded.

use super::memory::{forget_peak, peak_bytes};
use super::pass::pass;
use super::sweep::{NotRun, Setting, Sweep};
use crate::corpus::CorpusError;
use crate::engine::LoadError;
use crate::run::{CellError, Loaded, ModelError, Silent, Workload};
use crate::table::CellKey;
use std::path::PathBuf;

/// Why a bench did not finish.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A model failed.
    #[error(transparent)]
    Cell(#[from] CellError),
    /// The documents cannot be read any more.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// There is nothing to measure.
    #[error("no setting can be run: {}", .0.iter().map(told).collect::<Vec<_>>().join("; "))]
    Nothing(Vec<NotRun>),
    /// A corpus has no token that an engine could read.
    #[error("corpus `{}`: no document has a token for model `{}`", key.corpus, key.model)]
    NoTokens {
        /// The cell.
        key: CellKey,
    },
    /// A timed pass did not return what was scored.
    #[error(
        "model `{model}`, {setting}: round {round} returned other logits for document `{document}` than the pass that was scored{}",
        if *others == 0 { String::new() } else { format!(", and for {others} more") }
    )]
    Unequal {
        /// The model's name.
        model: String,
        /// How it was run.
        setting: Setting,
        /// The round.
        round: usize,
        /// The first document.
        document: String,
        /// How many others.
        others: usize,
    },
    /// Predictions cannot be written.
    #[error("`{}` cannot be written", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A setting that was not run, in a few words.
fn told(not_run: &NotRun) -> String {
    let setting = not_run.setting.map(|setting| format!(" ({setting})")).unwrap_or_default();
    format!("model `{}`{setting}: {}", not_run.key.model, not_run.reason)
}

/// A workload and a setting, by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    /// Position of the workload.
    pub workload: usize,
    /// How it is run.
    pub setting: Setting,
}

/// All that could be tried, in order; whether it can be is known when the models are loaded.
pub fn trials(workloads: &[Workload], sweep: &Sweep) -> Vec<Trial> {
    let of = |(at, workload): (usize, &Workload)| {
        let settings = sweep.settings(workload.model.runtime);
        settings.into_iter().map(move |setting| Trial { workload: at, setting }).collect::<Vec<_>>()
    };
    workloads.iter().enumerate().flat_map(of).collect()
}

/// A trial with its model loaded.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// What is asked.
    pub workload: &'a Workload,
    /// What answers.
    pub loaded: &'a Loaded,
    /// How.
    pub setting: Setting,
}

impl Work<'_> {
    /// Most tokens of a batch.
    pub fn batch_tokens(&self) -> usize {
        self.setting.batch_tokens.unwrap_or_else(|| self.loaded.batch_tokens())
    }
}

/// A loaded model, or why it is not run.
pub(super) type Attempt = Result<Loaded, Lack>;

/// Why a model is not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lack {
    /// It has no weights, whatever the setting.
    Floor,
    /// The setting's runtime is not there, or not for this model.
    Runtime(String),
}

impl Lack {
    /// What is said of a trial that lacks it.
    pub(super) fn told(&self, key: CellKey, setting: Setting) -> NotRun {
        match self {
            Self::Floor => NotRun { key, setting: None, reason: "a floor has no forward pass".to_owned() },
            Self::Runtime(reason) => NotRun { key, setting: Some(setting), reason: reason.clone() },
        }
    }
}

/// Loads a trial's model. What this build, this machine or the engine lacks is no error.
pub(super) fn attempt(workload: &Workload, setting: Setting) -> Result<Attempt, CellError> {
    match workload.load(setting.runtime) {
        Ok(Some(loaded)) => Ok(Ok(loaded)),
        Ok(None) => Ok(Err(Lack::Floor)),
        Err(CellError::Model(ModelError::Load(error))) if lacking(&error) => Ok(Err(Lack::Runtime(error.to_string()))),
        Err(error) => Err(error),
    }
}

/// True where another runtime may do.
fn lacking(error: &LoadError) -> bool {
    matches!(
        error,
        LoadError::NotBuilt(_) | LoadError::Runtime { .. } | LoadError::NoDevice { .. } | LoadError::Unsupported { .. }
    )
}

/// Loads one trial's model, asks all documents once, and returns the most bytes that this process held from the loading on; None where the
/// system does not tell, or the model is not run. What was read before, the documents above all, counts too.
///
/// # Errors
/// [`BenchError`] as [`super::measure`].
pub fn alone(workloads: &[Workload], trial: Trial) -> Result<Option<u64>, BenchError> {
    let workload = &workloads[trial.workload];
    let forgotten = forget_peak();
    let Ok(loaded) = attempt(workload, trial.setting)? else { return Ok(None) };
    let scratch = scratch()?;
    pass(&Work { workload, loaded: &loaded, setting: trial.setting }, "alone", scratch.path(), &Silent)?;
    Ok(if forgotten { peak_bytes() } else { None })
}

/// A folder for predictions, which goes when it is dropped.
pub(super) fn scratch() -> Result<tempfile::TempDir, BenchError> {
    tempfile::tempdir().map_err(|source| BenchError::Io { path: std::env::temp_dir(), source })
}
