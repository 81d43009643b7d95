//! What it does to run the same weights with another engine, precision or device.

use super::{CellKey, Stored, Table, TableError};

/// Two models of an evaluation that are the same weights, run in two ways.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineRow {
    /// The cell that is held against an earlier one of its evaluation.
    pub key: CellKey,
    /// How it was run, such as `rust-bert f32`.
    pub runtime: String,
    /// The earlier cell's model.
    pub other: String,
    /// How that one was run.
    pub other_runtime: String,
    /// Logits that were compared; None where they are of other windows or other questions.
    pub logits: Option<usize>,
    /// The largest absolute difference of two logits.
    pub largest: Option<f64>,
    /// Documents that were answered.
    pub documents: usize,
    /// Answers of the earlier cell: entities, or stances.
    pub answers: usize,
    /// Entities that only one of the two has, or stances that differ.
    pub changed: usize,
    /// Documents that they are in.
    pub changed_documents: usize,
}

impl EngineRow {
    /// The table.
    pub fn table(rows: &[Self]) -> Table {
        Table::keyed(rows.iter().map(|row| &row.key))
            .text("runtime", rows.iter().map(|row| Some(row.runtime.as_str())))
            .text("other", rows.iter().map(|row| Some(row.other.as_str())))
            .text("other_runtime", rows.iter().map(|row| Some(row.other_runtime.as_str())))
            .count("logits", rows.iter().map(|row| row.logits))
            .number("largest", rows.iter().map(|row| row.largest))
            .count("documents", rows.iter().map(|row| Some(row.documents)))
            .count("answers", rows.iter().map(|row| Some(row.answers)))
            .count("changed", rows.iter().map(|row| Some(row.changed)))
            .count("changed_documents", rows.iter().map(|row| Some(row.changed_documents)))
    }

    /// The rows again.
    ///
    /// # Errors
    /// [`TableError`] when a column is missing.
    pub fn read(stored: &Stored) -> Result<Vec<Self>, TableError> {
        let texts = |name| Ok(stored.text(name)?.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>());
        let counts = |name| Ok(stored.count(name)?.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>());
        let (runtimes, others, other_runtimes) = (texts("runtime")?, texts("other")?, texts("other_runtime")?);
        let (logits, largest) = (stored.count("logits")?, stored.number("largest")?);
        let (documents, answers) = (counts("documents")?, counts("answers")?);
        let (changed, changed_documents) = (counts("changed")?, counts("changed_documents")?);
        let row = |(at, key): (usize, CellKey)| Self {
            key,
            runtime: runtimes[at].clone(),
            other: others[at].clone(),
            other_runtime: other_runtimes[at].clone(),
            logits: logits[at],
            largest: largest[at],
            documents: documents[at],
            answers: answers[at],
            changed: changed[at],
            changed_documents: changed_documents[at],
        };
        Ok(stored.keys()?.into_iter().enumerate().map(row).collect())
    }
}
