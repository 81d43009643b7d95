//! The seam through which a run tells how far it is.

use super::preflight::Warning;
use crate::table::CellKey;

/// What happens in a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// Something is worth knowing before the first cell begins.
    Warned {
        /// What.
        warning: &'a Warning,
    },
    /// A cell begins; loading and tokenizing are done.
    CellStarted {
        /// Which.
        key: &'a CellKey,
        /// Documents to answer.
        documents: usize,
        /// Tokens that go forward, none for a floor.
        tokens: usize,
    },
    /// A batch went forward.
    Batch {
        /// Its tokens.
        tokens: usize,
        /// Documents that are complete with it.
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
