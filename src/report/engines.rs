//! The same weights run in two ways, side by side.

use super::{Grid, number};
use crate::run::{EvaluationRecord, Results};
use crate::table::EngineRow;
use std::fmt::Write;

/// The section on models that are the same weights; empty where none are.
pub(super) fn section(results: &Results) -> String {
    if results.engines.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "\n## Engines: the same weights, run in two ways\n\nA changed answer is an entity that only one of the two has, or another \
         stance. Logits are raw ones, before any softmax; the numbers follow from `logits/` and `predictions/`, and stand in \
         `tables/engines.parquet`.\n\n",
    );
    let header = [
        "task",
        "model",
        "run by",
        "against",
        "run by",
        "logits",
        "largest difference",
        "answers",
        "changed",
        "documents",
    ];
    let mut grid = Grid::new(header).left(5);
    for row in &results.engines {
        grid.row([
            row.key.task.clone(),
            format!("`{}`", row.key.model),
            row.runtime.clone(),
            format!("`{}`", row.other),
            row.other_runtime.clone(),
            row.logits.map_or("–".to_owned(), number),
            row.largest.map_or("–".to_owned(), |largest| format!("{largest:.1e}")),
            number(row.answers),
            number(row.changed),
            format!("{} of {}", number(row.changed_documents), number(row.documents)),
        ]);
    }
    let _ = write!(out, "{}", grid.markdown());
    out
}

/// A line for each pair of an evaluation.
pub(super) fn lines(results: &Results, evaluation: &EvaluationRecord) -> Vec<String> {
    let of = |row: &&EngineRow| row.key.task == evaluation.task && row.key.corpus == evaluation.corpus;
    let line = |row: &EngineRow| {
        let apart = match (row.logits, row.largest) {
            (Some(logits), Some(largest)) => format!("{} logits differ by at most {largest:.1e}", number(logits)),
            _ => "logits cannot be compared".to_owned(),
        };
        format!(
            "same weights: {} ({}) against {} ({}): {apart}; {} of {} answers changed",
            row.key.model,
            row.runtime,
            row.other,
            row.other_runtime,
            number(row.changed),
            number(row.answers),
        )
    };
    results.engines.iter().filter(of).map(line).collect()
}
