//! The seam through which a run tells how far it is.

use super::preflight::Warning;
use crate::table::CellKey;

/// What happens in a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// Documents were read and found fit to be asked about.
    Checked {
        /// How many so far.
        documents: usize,
    },
    /// Something is worth knowing before the first cell begins.
    Warned {
        /// What.
        warning: &'a Warning,
    },
    /// A cell begins; its model is loaded.
    CellStarted {
        /// Which.
        key: &'a CellKey,
        /// Documents to answer.
        documents: usize,
        /// How much there is to do, in a unit of which each [`Event::Batch`] does some.
        work: usize,
    },
    /// A batch went forward, or documents were answered that no batch is needed for.
    Batch {
        /// Its tokens.
        tokens: usize,
        /// How much of the work it is.
        work: usize,
    },
    /// Documents were answered.
    Answered {
        /// How many.
        documents: usize,
    },
    /// Settings of a cell's decoding are about to be tried.
    SweepStarted {
        /// Which cell.
        key: &'a CellKey,
        /// How many.
        settings: usize,
    },
    /// A setting was decoded and scored.
    SettingTried,
    /// The settings of a cell are tried.
    SweepFinished,
    /// A cell's answers are there.
    CellFinished {
        /// Which.
        key: &'a CellKey,
    },
    /// A cell's answers were saved by an earlier, interrupted run.
    CellReused {
        /// Which.
        key: &'a CellKey,
    },
}

/// Receives a run's events, from any thread.
pub trait Observer: Sync {
    /// Takes note of an event.
    fn notice(&self, event: &Event<'_>);
}

/// An observer that takes no note.
pub struct Silent;

impl Observer for Silent {
    fn notice(&self, _: &Event<'_>) {}
}
