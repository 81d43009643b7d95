//! One execution of a suite: plan, cells, the run folder.
//!
//! Owns: the order of steps ([`execute`]), what a cell does, when and where results are written. In: a checked suite. Out: a
//! run folder, whole or not at all. Must not: print; it tells an [`Observer`].

mod ask;
mod baseline;
mod board;
mod calibrate;
mod cell;
mod counted;
mod engines;
mod evaluation;
mod facts;
mod folder;
mod forward;
mod history;
mod inspect;
mod model;
mod noise;
mod observer;
mod parallel;
mod patched;
mod plan;
mod predict;
mod preflight;
mod record;
mod stored;
mod stream;
mod tune;
mod workload;

pub use ask::Counts;
pub use baseline::{Baseline, Blessing, bless, open_baseline};
pub use cell::{Answered, CellError, Request, answer};
pub use counted::{Counted, adjust};
pub use folder::{FolderError, RunFolder};
pub use forward::ForwardFault;
pub use history::{HistoryError, Point, append, history};
pub use inspect::{Depth, Inspection, TokenizerFound, WeightsFound, inspect, model_digests};
pub use model::{Model, ModelError, is_model};
pub use noise::{BelowNoise, Noise, NoiseError, NoiseRow, Stability, noise};
pub use observer::{Event, Observer, Silent};
pub use plan::{Cell, Plan, PlanError};
pub use predict::{Output, PredictError, Predicted, ShardFolder, predict};
pub use preflight::{Swapped, Warning};
pub use record::{
    Circumstances, CorpusRecord, EvaluationRecord, LogitsRecord, ModelRecord, PatchedRecord, Record, Results,
    TuneRecord,
};
pub use stored::{StoredCell, StoredError};
pub use stream::Spent;
pub use workload::{Loaded, Material, Workload, different, flips, read_input, workloads};

use crate::suite::Suite;
use std::path::{Path, PathBuf};
use stored::StoredRun;

/// How a suite is to be executed; none of it changes a result but `limit` and `from`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Worker threads, at least 1.
    pub threads: usize,
    /// Only the first so many documents of each corpus; None: all.
    pub limit: Option<usize>,
    /// The finished run whose logits are decoded anew in place of forward passes; None: models go forward.
    pub from: Option<PathBuf>,
    /// When and where the run is made, for its record.
    pub circumstances: Circumstances,
}

/// Why a run did not finish.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The suite's corpora or models cannot be used.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A model failed on a document.
    #[error(transparent)]
    Cell(#[from] CellError),
    /// The logits of another run cannot be taken.
    #[error(transparent)]
    Stored(#[from] StoredError),
    /// The run folder cannot be written, read or resumed.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// Executes a suite into `folder`, which stays partial until [`RunFolder::finish`] is given the rendered reports. Each cell's
/// answers are saved before anything is scored, so that a run that was stopped is taken up where it was (`resume`).
///
/// # Errors
/// [`RunError`]; cells that were saved stay in `<folder>.partial`, and nothing stands in `folder`.
pub fn execute(
    suite: &Suite,
    settings: &Settings,
    folder: &RunFolder,
    observer: &dyn Observer,
) -> Result<Results, RunError> {
    let plan = Plan::make(suite, settings.limit)?;
    let stored = settings.from.as_deref().map(|run| StoredRun::open(run, &plan)).transpose()?;
    let logits_from = stored.as_ref().map(StoredRun::record);
    folder.begin(&plan.identity(logits_from.as_ref()))?;
    for warning in plan.warnings() {
        observer.notice(&Event::Warned { warning: &warning });
    }
    let work = Work { threads: settings.threads, stored };
    run_cells(&plan, &work, folder, observer).inspect_err(|_| folder.abandon(work.stored.is_some()))?;
    let mut record = Record::of(suite, settings, &plan);
    if let Some(from) = &logits_from {
        (record.engine, record.precision) = (from.engine.clone(), from.precision.clone());
        work.stored.iter().for_each(|stored| stored.give_runtimes(&mut record.models));
    }
    record.logits_from = logits_from;
    Ok(evaluation::score(&plan, folder, record)?)
}

/// How cells come to their logits.
struct Work {
    threads: usize,
    /// The run that holds them already.
    stored: Option<StoredRun>,
}

fn run_cells(plan: &Plan, work: &Work, folder: &RunFolder, observer: &dyn Observer) -> Result<(), RunError> {
    for cell in &plan.cells {
        if folder.holds(cell) {
            observer.notice(&Event::CellReused { key: &cell.key });
            continue;
        }
        let saved = cell::run(plan, cell, work, observer)?;
        folder.save(cell, saved)?;
    }
    Ok(())
}

/// Everything that can be known without running: what would be executed.
///
/// # Errors
/// [`PlanError`] when a corpus, a model or their fit to the task is at fault.
pub fn check(suite: &Suite) -> Result<Plan, PlanError> {
    Plan::make(suite, None)
}

/// Reads a finished run.
///
/// # Errors
/// [`FolderError`] when the folder is no run, is of a newer format, or a table is missing.
pub fn open(folder: &Path) -> Result<Results, FolderError> {
    folder::open(folder)
}
