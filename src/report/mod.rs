//! Results to text: pure functions from a run's tables to Markdown, HTML and the terminal's summary.
//!
//! In: `run::Results`. Out: strings. Must not: read or write files, compute a score that is in no table.

mod answer;
mod details;
mod grid;
mod html;
mod markdown;
mod summary;

pub use grid::{Grid, number};
pub use html::html;
pub use markdown::markdown;
pub use summary::summary;

use crate::run::{EvaluationRecord, Results};
use crate::table::{CellKey, MetricRow};

/// The metric that decides which model is better.
pub(crate) fn headline(task: &str) -> (&'static str, &'static str) {
    if task == "ner" { ("f1", "micro-F1") } else { ("macro_f1", "macro-F1") }
}

/// The cells of an evaluation, in the suite's order.
fn keys(evaluation: &EvaluationRecord) -> Vec<CellKey> {
    let (task, corpus) = (&evaluation.task, &evaluation.corpus);
    let key = |model: &String| CellKey { task: task.clone(), corpus: corpus.clone(), model: model.clone() };
    evaluation.models.iter().map(key).collect()
}

/// A metric of a cell.
fn metric<'a>(results: &'a Results, key: &CellKey, id: &str) -> Option<&'a MetricRow> {
    results.metrics.iter().find(|row| &row.key == key && row.id == id)
}

/// `0.713 [0.680, 0.744]`, or a dash where the value is undefined.
fn with_interval(row: Option<&MetricRow>) -> String {
    match row {
        Some(MetricRow { value: Some(value), low: Some(low), high: Some(high), .. }) => {
            format!("{value:.3} [{low:.3}, {high:.3}]")
        }
        Some(MetricRow { value: Some(value), .. }) => format!("{value:.3}"),
        _ => "—".to_owned(),
    }
}
