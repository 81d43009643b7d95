//! Do answers come true as often as their confidence says?

use super::{Grid, keys, number};
use crate::run::{EvaluationRecord, Results};
use crate::table::{CalibrationRow, CellKey, Fit};
use std::fmt::Write;

/// Fewer answers than this say little about calibration.
const FEW_ANSWERS: usize = 300;

/// The section on every evaluation whose models give confidences; empty where none does.
pub(super) fn section(results: &Results) -> String {
    let mut out = String::new();
    for evaluation in &results.record.evaluations {
        let grid = table(results, evaluation);
        if grid.is_empty() {
            continue;
        }
        if out.is_empty() {
            out.push_str(
                "\n## Calibration\n\nDo answers come true as often as their confidence says? ECE is the mean distance of confidence and \
                 accuracy over 15 equally wide bins, or over 10 equally full ones; Brier is the squared distance, for stances \
                 summed over the three classes (0 to 2); log loss is in nats. Less is better. Of names, every predicted entity \
                 counts, right where span and label are exact; what was missed has no confidence. Floors have none. Definitions \
                 are in `tables/calibration.parquet`, the bins in `tables/reliability.parquet`.\n",
            );
        }
        let _ = write!(out, "\n### Task {} on corpus {}\n\n{}", evaluation.task, evaluation.corpus, grid.markdown());
        for key in keys(evaluation) {
            if let Some(items) = items(results, &key).filter(|items| *items < FEW_ANSWERS) {
                let answers = number(items);
                let _ = writeln!(
                    out,
                    "\n`{}` gave {answers} answers: fewer than {FEW_ANSWERS} say little about calibration, and ECE comes out too high.",
                    key.model
                );
            }
        }
        if let Some(tune) = evaluation.tune.as_ref().filter(|tune| tune.fit_temperature) {
            let _ = writeln!(
                out,
                "\nThe temperature has the least log loss on split `{}` (0.05 to 20); both rows are on the documents that are reported.",
                tune.split
            );
        }
    }
    out
}

fn rows<'a>(results: &'a Results, key: &CellKey, fit: Fit) -> Vec<&'a CalibrationRow> {
    results.calibration.iter().filter(|row| &row.key == key && row.fit == fit).collect()
}

/// Answers of a cell; None for a floor.
fn items(results: &Results, key: &CellKey) -> Option<usize> {
    rows(results, key, Fit::Reported).first().and_then(|row| row.items)
}

fn table(results: &Results, evaluation: &EvaluationRecord) -> Grid {
    let mut grid =
        Grid::new(["model", "temperature", "answers", "ECE, equal width", "ECE, equal mass", "Brier", "log loss"]);
    for key in keys(evaluation) {
        for fit in [Fit::Unfitted, Fit::Reported] {
            let rows = rows(results, &key, fit);
            let Some(items) = rows.first().and_then(|row| row.items) else { continue };
            let fitted = evaluation.tune.as_ref().is_some_and(|tune| tune.fit_temperature);
            let temperature = match (fit, fitted) {
                (Fit::Unfitted, _) => "not fitted",
                (Fit::Reported, true) => "fitted",
                (Fit::Reported, false) => "–",
            };
            let value = |id: &str| {
                let row = rows.iter().find(|row| row.id == id);
                row.and_then(|row| row.value).map_or("—".to_owned(), |value| format!("{value:.3}"))
            };
            let names = [format!("`{}`", key.model), temperature.to_owned(), number(items)];
            grid.row(names.into_iter().chain(["ece.width15", "ece.mass10", "brier", "log_loss"].map(value)));
        }
    }
    grid
}
