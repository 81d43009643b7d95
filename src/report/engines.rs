//! The same weights run in two ways, side by side.

use super::answer::difference;
use super::{Grid, headline, number};
use crate::engine::Precision;
use crate::run::{EvaluationRecord, ModelRecord, Results};
use crate::stats::Interval;
use crate::table::EngineRow;
use std::fmt::Write;

/// The section on models that are the same weights, and on those of reduced precision; empty where there are none.
pub(super) fn section(results: &Results) -> String {
    let alone: Vec<String> =
        results.record.evaluations.iter().flat_map(|evaluation| without_reference(results, evaluation)).collect();
    if results.engines.is_empty() && alone.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n## Engines: the same weights, run in two ways\n\n");
    for line in &alone {
        let _ = writeln!(out, "{line}\n");
    }
    if results.engines.is_empty() {
        return out;
    }
    out.push_str(
        "A changed answer is an entity that only one of the two has, or another \
         stance. Δ is the deciding metric of the first minus that of the second, with the 95 % interval of the paired difference \
         (`tables/differences.parquet`). Logits are raw ones, before any softmax; the numbers follow from `logits/` and `predictions/`, and stand in \
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
        "Δ",
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
            change(results, row).unwrap_or_else(|| "–".to_owned()),
        ]);
    }
    let _ = write!(out, "{}", grid.markdown());
    out
}

/// The deciding metric's difference between the two of a row, with its interval.
fn change(results: &Results, row: &EngineRow) -> Option<String> {
    let (id, name) = headline(&row.key.task);
    let is_it =
        |evaluation: &&EvaluationRecord| (&evaluation.task, &evaluation.corpus) == (&row.key.task, &row.key.corpus);
    let evaluation = results.record.evaluations.iter().find(is_it)?;
    let (contrast, _) = difference(results, evaluation, (&row.key.model, &row.other), id)?;
    let Interval { low, high, .. } = contrast.interval;
    // Adding zero takes the sign from a zero.
    let [value, low, high] = [contrast.value, low, high].map(|number| number + 0.0);
    Some(format!("{name} {value:+.4} [{low:+.4}, {high:+.4}]"))
}

/// A sentence for each model of reduced precision whose weights are not run in f32 beside it.
fn without_reference(results: &Results, evaluation: &EvaluationRecord) -> Vec<String> {
    let models: Vec<_> =
        evaluation.models.iter().filter_map(|name| Some((name, results.record.models.get(name)?))).collect();
    let in_f32 = |of: &ModelRecord| {
        let same = |(_, model): &&(&String, &ModelRecord)| model.digests == of.digests;
        models
            .iter()
            .filter(same)
            .any(|(_, model)| model.runtime.is_none_or(|runtime| runtime.precision == Precision::F32))
    };
    let alone = models.iter().filter(|(_, model)| !in_f32(model));
    let sentence = |(name, model): &(&String, &ModelRecord)| {
        let precision = model.runtime.unwrap_or_default().precision;
        format!(
            "`{name}` ran in {precision}, and not in f32 beside it ({}): what {precision} costs is not known from this run.",
            evaluation.task
        )
    };
    alone.map(sentence).collect()
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
            "same weights: {} ({}) against {} ({}): {apart}; {} of {} answers changed{}",
            row.key.model,
            row.runtime,
            row.other,
            row.other_runtime,
            number(row.changed),
            number(row.answers),
            change(results, row).map_or(String::new(), |change| format!("; {change}")),
        )
    };
    results.engines.iter().filter(of).map(line).chain(without_reference(results, evaluation)).collect()
}
