//! Logits of a finished run in place of forward passes, so that another decoding takes seconds.
//!
//! Whatever would change a logit is held against that run: files by their digests, windows and hypotheses by what stands
//! beside the logits.

use super::folder::{FolderError, read_record};
use super::plan::{Cell, Plan};
use super::record::{LogitsRecord, Record};
use crate::base::digest;
use crate::engine::Logits;
use crate::table::{CellKey, Misfit, Stored, StoredLogits, TableError};
use crate::task::{Prepared, TaskName};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Why a run's logits cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// The run cannot be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The run did not ask the model.
    #[error("`{}` has no logits of model `{}` for task `{}` on corpus `{}`", run.display(), key.model, key.task, key.corpus)]
    Missing {
        /// The run.
        run: PathBuf,
        /// The cell.
        key: CellKey,
    },
    /// Files that decide logits are others than they were.
    #[error("the logits in `{}` were made from another {}", run.display(), files.join(", another "))]
    Changed {
        /// The run.
        run: PathBuf,
        /// The files, and what they belong to.
        files: Vec<String>,
    },
    /// What is asked now is not what was asked.
    #[error("the logits of model `{model}` in `{}` do not fit", run.display())]
    Misfit {
        /// The run.
        run: PathBuf,
        /// The model's name.
        model: String,
        /// What differs.
        source: Misfit,
    },
}

impl From<TableError> for StoredError {
    fn from(error: TableError) -> Self {
        Self::Folder(FolderError::Table(error))
    }
}

/// A finished run whose logits are taken.
#[derive(Debug)]
pub(super) struct StoredRun {
    folder: PathBuf,
    record: Record,
    digests: BTreeMap<String, String>,
}

impl StoredRun {
    /// Opens a run and holds it against a plan: every model of it must be there, and no file may have changed.
    pub(super) fn open(folder: &Path, plan: &Plan) -> Result<Self, StoredError> {
        let record = read_record(folder)?;
        let mut run = Self { folder: folder.to_owned(), record, digests: BTreeMap::new() };
        let mut changed = Vec::new();
        for cell in plan.cells.iter().filter(|cell| !plan.models[&cell.key.model].is_floor()) {
            let name = file_name(&cell.key);
            let digest = digest::of_file(&run.folder.join(&name));
            let digest = digest.map_err(|_| StoredError::Missing { run: run.folder.clone(), key: cell.key.clone() })?;
            run.digests.insert(name, digest);
            for file in run.changed(plan, &cell.key) {
                if !changed.contains(&file) {
                    changed.push(file);
                }
            }
        }
        if changed.is_empty() { Ok(run) } else { Err(StoredError::Changed { run: run.folder, files: changed }) }
    }

    /// Files of a cell that decide its logits and are others than they were.
    fn changed(&self, plan: &Plan, key: &CellKey) -> Vec<String> {
        let of_texts = |digests: &BTreeMap<String, String>| -> BTreeMap<String, String> {
            let texts = digests.iter().filter(|(file, _)| file.starts_with("documents"));
            texts.map(|(file, digest)| (file.clone(), digest.clone())).collect()
        };
        let model = |record: &BTreeMap<String, super::ModelRecord>| {
            record.get(&key.model).map(|model| model.digests.clone()).unwrap_or_default()
        };
        let corpus = |record: &BTreeMap<String, super::CorpusRecord>| {
            record.get(&key.corpus).map(|corpus| of_texts(&corpus.digests)).unwrap_or_default()
        };
        let models = differing(&model(&plan.models), &model(&self.record.models));
        let corpora = differing(&corpus(&plan.corpora), &corpus(&self.record.corpora));
        let models = models.into_iter().map(|file| format!("`{file}` of model `{}`", key.model));
        models.chain(corpora.into_iter().map(|file| format!("`{file}` of corpus `{}`", key.corpus))).collect()
    }

    /// The logits of a cell; None for a floor.
    pub(super) fn cell(&self, cell: &Cell) -> Result<Option<StoredCell>, StoredError> {
        let (name, task) = (file_name(&cell.key), cell.options.task());
        if !self.digests.contains_key(&name) {
            return Ok(None);
        }
        let logits = StoredLogits::read(&Stored::open(&self.folder.join(name))?, task)?;
        Ok(Some(StoredCell { run: self.folder.clone(), model: cell.key.model.clone(), task, logits }))
    }

    /// Says of models that they were run as they were in this run.
    pub(super) fn give_runtimes(&self, models: &mut BTreeMap<String, super::ModelRecord>) {
        for (name, model) in models {
            model.runtime = self.record.models.get(name).and_then(|there| there.runtime);
        }
    }

    /// What a record keeps of it.
    pub(super) fn record(&self) -> LogitsRecord {
        LogitsRecord {
            karat: self.record.karat.clone(),
            engine: self.record.engine.clone(),
            precision: self.record.precision.clone(),
            digests: self.digests.clone(),
        }
    }
}

/// A cell's logits as a finished run holds them.
#[derive(Debug)]
pub struct StoredCell {
    run: PathBuf,
    model: String,
    task: TaskName,
    logits: StoredLogits,
}

impl StoredCell {
    /// Hypotheses that shared the windows of a document.
    pub(super) fn beside(&self, document: &str) -> Vec<String> {
        self.logits.hypotheses(document)
    }

    /// The logits of a document's sequences, in their order.
    pub(super) fn of(&self, document: &str, prepared: &Prepared, classes: usize) -> Result<Vec<Logits>, StoredError> {
        let fitting = self.logits.of(document, prepared, (classes, self.task));
        fitting.map_err(|source| StoredError::Misfit { run: self.run.clone(), model: self.model.clone(), source })
    }
}

/// Where a run keeps a cell's logits.
fn file_name(key: &CellKey) -> String {
    format!("logits/{}.{}.{}.parquet", key.task, key.corpus, key.model)
}

/// Names whose digests are not the same, or that only one side has.
fn differing(here: &BTreeMap<String, String>, there: &BTreeMap<String, String>) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = here.keys().chain(there.keys()).collect();
    names.into_iter().filter(|name| here.get(*name) != there.get(*name)).cloned().collect()
}
