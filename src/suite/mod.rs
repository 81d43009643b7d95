//! The suite: a TOML file as written becomes a checked [`Suite`] that can only be built valid.
//!
//! In: a file. Out: names resolved to folders, options with their defaults, in the order written. Must not: read
//! corpora or models.

mod decoding;
mod model;
mod policy;
mod tune;
mod written;

use crate::stats::Method;
use crate::task::TaskName;
use crate::task::ner::NerOptions;
use crate::task::stance::StanceOptions;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use model::ModelEntry;
pub use policy::{Inconclusive, Policy, Requirement};
pub use tune::{Choice, Tune};
pub use written::SuiteError;

/// A checked suite. Paths are as written, joined to the suite's own folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suite {
    /// The file that it was read from, for messages.
    #[serde(skip)]
    pub file: PathBuf,
    /// Its name; part of a run's folder.
    pub name: String,
    /// Names the random streams of resampling.
    pub seed: u64,
    /// How intervals are made.
    pub statistics: Statistics,
    /// What a gate asks of a run.
    pub gate: Policy,
    /// Folders of corpora by name.
    pub corpora: BTreeMap<String, PathBuf>,
    /// Patch files that are laid over the gold of corpora, by the corpus's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub patches: BTreeMap<String, PathBuf>,
    /// Models by name.
    pub models: BTreeMap<String, ModelEntry>,
    /// What is evaluated, in the order written.
    pub evaluations: Vec<Evaluation>,
}

/// How intervals are made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Statistics {
    /// Bootstrap resamples of documents.
    pub replicates: u32,
    /// Nominal coverage, in 0.5..1.
    pub confidence: f64,
    /// How an interval is read off the resamples.
    pub interval: Method,
    /// Differences of at most this size, either way, do not matter; in 0..1.
    pub margin: f64,
}

/// Models that do one task on one corpus, and are compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// A corpus's name.
    pub corpus: String,
    /// The split whose documents are scored; None: all documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// Models' names, each once.
    pub models: Vec<String>,
    /// The task and how its answers are decoded; with `tune`, but for what is tuned.
    #[serde(flatten)]
    pub options: TaskOptions,
    /// What is chosen on another split; None: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tune: Option<Tune>,
}

/// A task with its options.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "task", rename_all = "lowercase")]
pub enum TaskOptions {
    /// Named-entity recognition.
    Ner(NerOptions),
    /// Zero-shot stance.
    Stance(StanceOptions),
}

impl TaskOptions {
    /// A task with the defaults of everything.
    pub fn defaults(task: TaskName) -> Self {
        match task {
            TaskName::Ner => Self::Ner(NerOptions::default()),
            TaskName::Stance => Self::Stance(StanceOptions::default()),
        }
    }

    /// The task.
    pub fn task(&self) -> TaskName {
        match self {
            Self::Ner(_) => TaskName::Ner,
            Self::Stance(_) => TaskName::Stance,
        }
    }

    /// The rule that decides answers, for signatures and reports.
    pub fn rule(&self) -> String {
        match self {
            Self::Ner(options) => options.rule(),
            Self::Stance(options) => options.rule(),
        }
    }
}

impl Suite {
    /// Reads and checks a suite.
    ///
    /// # Errors
    /// [`SuiteError`] with every problem: unknown keys, names that refer to nothing, options of another task, values out
    /// of range, folders that are not there.
    pub fn load(path: &Path) -> Result<Self, SuiteError> {
        written::load(path)
    }

    /// The suite without the built-in probes of any model.
    #[must_use]
    pub fn without_probes(mut self) -> Self {
        self.models.values_mut().for_each(|model| model.probes = false);
        self
    }
}
