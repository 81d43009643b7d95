//! A model as a suite names it.

use super::written::Notes;
use crate::engine::{Device, EngineName, Precision, Runtime};
use crate::task::LabelMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// A model of a suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelEntry {
    /// Its folder.
    pub path: PathBuf,
    /// What its classes mean, where their names do not say it.
    #[serde(skip_serializing_if = "LabelMap::is_empty")]
    pub labels: LabelMap,
    /// Whether the built-in probes, which are English, are put to it before a run.
    #[serde(skip_serializing_if = "is_true")]
    pub probes: bool,
    /// What runs it, how and where; a floor is not run.
    pub runtime: Runtime,
    /// The line of each name of the label map in the suite, for messages.
    #[serde(skip)]
    pub lines: BTreeMap<String, usize>,
}

impl ModelEntry {
    /// A folder, and nothing said about it.
    pub fn of_folder(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            labels: LabelMap::default(),
            probes: true,
            runtime: Runtime::default(),
            lines: BTreeMap::new(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_true(value: &bool) -> bool {
    *value
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenModel {
    path: Spanned<PathBuf>,
    #[serde(default)]
    labels: BTreeMap<String, Spanned<String>>,
    probes: Option<bool>,
    #[serde(default)]
    engine: EngineName,
    #[serde(default)]
    precision: Precision,
    #[serde(default)]
    device: Device,
}

/// The models by name. A name is a part of file names, `task.corpus.model`.
pub(super) fn models(written: &BTreeMap<String, WrittenModel>, notes: &mut Notes<'_>) -> BTreeMap<String, ModelEntry> {
    let mut models = BTreeMap::new();
    for (name, model) in written {
        let path = notes.folder((name, &model.path), ("model", "-_."));
        let meanings = model.labels.iter().map(|(class, meaning)| (class.clone(), meaning.get_ref().clone()));
        let lines = model.labels.iter().map(|(class, meaning)| (class.clone(), notes.line(meaning.span())));
        let (labels, lines) = (LabelMap::new(meanings.collect()), lines.collect());
        let runtime = Runtime { engine: model.engine, precision: model.precision, device: model.device };
        models.insert(name.clone(), ModelEntry { path, labels, probes: model.probes.unwrap_or(true), runtime, lines });
    }
    models
}
