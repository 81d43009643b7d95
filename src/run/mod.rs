//! One execution of a suite: plan, cells, the run folder.
//!
//! Owns: the order of steps ([`execute`]), what a cell does, when and where results are written. In: a checked suite. Out: a
//! run folder, whole or not at all. Must not: print; it tells an [`Observer`].

mod baseline;
mod cell;
mod counted;
mod evaluation;
mod facts;
mod folder;
mod forward;
mod history;
mod model;
mod observer;
mod parallel;
mod patched;
mod plan;
mod record;

pub use baseline::{Baseline, Blessing, bless, open_baseline};
pub use cell::{Answered, CellError, Request, answer};
pub use counted::{Counted, adjust};
pub use folder::{FolderError, RunFolder};
pub use forward::ForwardFault;
pub use history::{HistoryError, Point, append, history};
pub use model::{Model, ModelError};
pub use observer::{Event, Observer, Silent};
pub use plan::{Cell, Plan, PlanError};
pub use record::{Circumstances, CorpusRecord, EvaluationRecord, ModelRecord, PatchedRecord, Record, Results};

use crate::suite::Suite;
use std::path::Path;

/// How a suite is to be executed; none of it changes a result but `limit`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Worker threads, at least 1.
    pub threads: usize,
    /// Only the first so many documents of each corpus; None: all.
    pub limit: Option<usize>,
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
    folder.begin(&plan.identity())?;
    run_cells(&plan, settings.threads, folder, observer).inspect_err(|_| folder.abandon())?;
    Ok(evaluation::score(&plan, folder, Record::of(suite, settings, &plan))?)
}

fn run_cells(plan: &Plan, threads: usize, folder: &RunFolder, observer: &dyn Observer) -> Result<(), RunError> {
    for cell in &plan.cells {
        if folder.holds(cell) {
            observer.notice(&Event::CellReused { key: &cell.key });
            continue;
        }
        let saved = cell::run(plan, cell, threads, observer)?;
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
