//! Results to text: pure functions from a run's tables to Markdown, HTML and the terminal's summary.
//!
//! In: `run::Results`. Out: strings. Must not: read or write files, compute a score that is in no table.

mod answer;
mod bench;
mod bench_plot;
mod calibration;
mod compare;
mod details;
mod engines;
mod gate;
mod grid;
mod history;
mod html;
mod markdown;
mod patched;
mod plot;
mod preflight;
mod summary;
mod tuned;

pub use answer::few;
pub use bench::{BenchReport, bench_json, bench_tables};
pub use bench_plot::bench_plot;
pub use compare::{Style, comparison, comparison_json};
pub use gate::{judgement, judgement_json, judgement_junit, unjudged};
pub use grid::{Grid, number};
pub use history::{between_page, history_json, history_page};
pub use html::html;
pub use markdown::markdown;
pub use plot::history_plot;
pub use preflight::probed;
pub use summary::summary;

use crate::run::{EvaluationRecord, ModelRecord, Results};
use crate::table::{CellKey, MetricRow};
use crate::task::{ANNOTATORS, TaskName};

/// The metric that decides which model is better.
pub(crate) fn headline(task: &str) -> (&'static str, &'static str) {
    if task == TaskName::Ner.name() { TaskName::Ner.headline() } else { TaskName::Stance.headline() }
}

/// The cells of an evaluation, in the suite's order.
fn keys(evaluation: &EvaluationRecord) -> Vec<CellKey> {
    let (task, corpus) = (&evaluation.task, &evaluation.corpus);
    let key = |model: &String| CellKey { task: task.clone(), corpus: corpus.clone(), model: model.clone() };
    evaluation.models.iter().map(key).collect()
}

/// The two annotators, where an evaluation's corpus has their passes.
fn annotators(evaluation: &EvaluationRecord) -> Option<CellKey> {
    evaluation.annotators.as_ref()?;
    let (task, corpus) = (evaluation.task.clone(), evaluation.corpus.clone());
    Some(CellKey { task, corpus, model: ANNOTATORS.to_owned() })
}

/// Every row of an evaluation's tables, best known first: the annotators, the models, the floors.
fn rows(results: &Results, evaluation: &EvaluationRecord) -> Vec<CellKey> {
    let is_floor = |key: &CellKey| results.record.models.get(&key.model).is_some_and(ModelRecord::is_floor);
    let (floors, models): (Vec<_>, Vec<_>) = keys(evaluation).into_iter().partition(is_floor);
    annotators(evaluation).into_iter().chain(models).chain(floors).collect()
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
