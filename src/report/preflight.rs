//! What models' classes were taken for, which labels found no partner, and how the probes came out.

use super::{Grid, keys, number};
use crate::run::{EvaluationRecord, Results};
use crate::table::CellKey;
use crate::task::Unmatched;
use crate::task::probe::Probed;
use std::fmt::Write;

/// A model's probes in short.
pub fn probed(probed: Option<&Probed>) -> String {
    match probed {
        None => "not asked".to_owned(),
        Some(Probed { asked: 0, .. }) => "none fits its types".to_owned(),
        Some(Probed { asked, right, .. }) => format!("{right} of {asked}"),
    }
}

/// The part of the ledger about every model with classes; empty for a run of floors, and of a karat that looked at none.
pub(super) fn section(results: &Results) -> String {
    let mut grid = Grid::new([
        "task",
        "model",
        "classes taken for",
        "probes right",
        "gold that no class gives",
        "types that gold never has",
    ])
    .left(6);
    let mut failed = Vec::new();
    for evaluation in &results.record.evaluations {
        for key in keys(evaluation) {
            let Some(model) = results.record.models.get(&key.model) else { continue };
            let Some(labels) = &model.labels else { continue };
            let meanings: Vec<&str> = match &labels.dialect {
                Some(dialect) => vec![dialect.as_str()],
                None => labels.classes.iter().map(|class| class.meaning.as_deref().unwrap_or("nothing")).collect(),
            };
            let [gold, types] = partnerless(results, evaluation, &key);
            let probes = probed(model.probes.as_ref());
            grid.row([key.task.clone(), format!("`{}`", key.model), meanings.join(", "), probes, gold, types]);
            if let Some(probes) = model.probes.as_ref().filter(|probes| !probes.passes()) {
                failed.push(format!(
                    "**`{}` answers only {} of {} probes right, whose answers are plain: it does not know the task, or its classes \
                     mean something else.**",
                    key.model, probes.right, probes.asked
                ));
            }
        }
    }
    if grid.is_empty() {
        return String::new();
    }
    let mut out = format!("\n### What the models' classes were taken for\n\n{}", grid.markdown());
    out.push_str(
        "\nProbes are English sentences whose answers are plain, put to each model before its run. Gold that no class gives can only be \
         missed, and types that gold never has can only be spurious.\n",
    );
    for line in failed {
        let _ = writeln!(out, "\n{line}");
    }
    out
}

/// Labels that find no partner, with the entities of gold and of the model that have them.
fn partnerless(results: &Results, evaluation: &EvaluationRecord, key: &CellKey) -> [String; 2] {
    let Some(Unmatched { gold, types, .. }) = evaluation.unmatched.get(&key.model) else {
        return ["–", "–"].map(str::to_owned);
    };
    let predicted = |label: &String| {
        let rows = results.confusion.iter().filter(|row| row.key == *key && row.confused.predicted == *label);
        let count: u64 = rows.map(|row| row.confused.count).sum();
        format!("{label} ({} predicted)", number(count as usize))
    };
    let gold = gold.iter().map(|(label, count)| format!("{label} ({} in gold)", number(*count)));
    [list(gold), list(types.iter().map(predicted))]
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "–".to_owned() } else { items.join(", ") }
}
