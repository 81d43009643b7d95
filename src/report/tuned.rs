//! Settings that were chosen on one split and used on another.

use super::{Grid, headline, keys, number};
use crate::run::{EvaluationRecord, Results, TuneRecord};
use crate::table::{CellKey, Role, SweepRow};
use std::fmt::Write;

/// The untuned and the chosen setting of a cell; None for a floor.
fn ends<'a>(results: &'a Results, key: &CellKey) -> Option<(&'a SweepRow, &'a SweepRow)> {
    let rows = || results.sweep.iter().filter(|row| &row.key == key);
    rows().find(|row| row.role == Role::Untuned).zip(rows().find(|row| row.chosen))
}

fn value(value: Option<f64>) -> String {
    value.map_or("—".to_owned(), |value| format!("{value:.3}"))
}

/// The part of an evaluation's section on what was tuned; empty where nothing was.
pub(super) fn section(results: &Results, evaluation: &EvaluationRecord) -> String {
    let Some(tune) = &evaluation.tune else { return String::new() };
    let (own, name) = (evaluation.split.as_deref().unwrap_or_default(), headline(&evaluation.task).1);
    let TuneRecord { split, documents, items, settings, .. } = tune;
    let mut out = format!("\n### Settings chosen on split `{split}`\n\n");
    let what = if evaluation.task == "ner" { "gold entities" } else { "gold stances" };
    let _ = writeln!(
        out,
        "{} settings were decoded for each model and scored by {name} on the {} documents of split `{split}` ({} {what}); the best, \
         of equals the first, then answered split `{own}`. **Its value on `{split}` is too good, for it was chosen there; the claim \
         is the one on `{own}`.** What the untuned setting gives on `{own}` stands beside it. A floor has nothing to tune. All settings are in \
         `tables/sweep.parquet`.\n",
        number(*settings),
        number(*documents),
        number(*items),
    );
    let columns = [
        "model".to_owned(),
        "chosen".to_owned(),
        format!("{name}, `{split}`"),
        format!("{name}, `{own}`"),
        "untuned".to_owned(),
        format!("untuned, `{split}`"),
        format!("untuned, `{own}`"),
    ];
    let mut grid = Grid::new(columns).left(2);
    for key in keys(evaluation) {
        let Some((untuned, chosen)) = ends(results, &key) else { continue };
        grid.row([
            format!("`{}`", key.model),
            format!("`{}`", chosen.setting),
            value(chosen.dev),
            value(chosen.test),
            format!("`{}`", untuned.setting),
            value(untuned.dev),
            value(untuned.test),
        ]);
    }
    if tune.fit_temperature {
        out.push_str("For the best setting a temperature was fitted by log loss on the same documents; it may change answers (see Calibration).\n\n");
    }
    out + &grid.markdown()
}

/// What tuning did, in a line of plain text for each model.
pub(super) fn lines(results: &Results, evaluation: &EvaluationRecord) -> Vec<String> {
    let Some(tune) = &evaluation.tune else { return Vec::new() };
    let (own, name) = (evaluation.split.as_deref().unwrap_or_default(), headline(&evaluation.task).1);
    let line = |key: CellKey| {
        let (untuned, chosen) = ends(results, &key)?;
        Some(format!(
            "{}: of {} settings, {} was chosen on split {} ({name} {}); on split {own} it gives {}, untuned {} gives {}.",
            key.model,
            number(tune.settings),
            chosen.setting,
            tune.split,
            value(chosen.dev),
            value(chosen.test),
            untuned.setting,
            value(untuned.test),
        ))
    };
    keys(evaluation).into_iter().filter_map(line).collect()
}
