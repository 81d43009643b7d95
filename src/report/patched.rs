//! What a patch of the gold changes: the scores before and after, and whether the models' ranking stays.

use super::{Grid, headline, keys, metric, number, rows, with_interval};
use crate::run::{EvaluationRecord, PatchedRecord, Results};
use crate::table::{CellKey, MetricRow};
use crate::task::ANNOTATORS;
use std::fmt::Write;

/// The section on every evaluation whose corpus has a patch; empty where none has.
pub(super) fn section(results: &Results) -> String {
    let mut out = String::new();
    for evaluation in &results.record.evaluations {
        let Some(record) = evaluation.patched else { continue };
        if out.is_empty() {
            out.push_str("\n## Against the patched gold\n\n");
            out.push_str(
                "A patch lays corrections over the gold. Everything above is scored against the gold as it is; this is how \
                 the headline numbers of the same answers stand against the corrected one (`tables/patched.parquet`).\n",
            );
        }
        let (task, corpus) = (&evaluation.task, &evaluation.corpus);
        let _ = write!(out, "\n### Task {task} on corpus {corpus}\n\n{}", changed(evaluation, record));
        if record.corrections > 0 {
            let ranking = ranking(results, evaluation).told("`");
            let _ = write!(out, "\n{}\n**{ranking}**\n", before_and_after(results, evaluation).markdown());
        }
    }
    out
}

/// An evaluation's scores before and after, in one line of plain text; None where its corpus has no patch.
pub(super) fn line(results: &Results, evaluation: &EvaluationRecord) -> Option<String> {
    let record = evaluation.patched?;
    if record.corrections == 0 {
        return Some("With the patch: it corrects nothing in these documents.".to_owned());
    }
    let (id, name) = headline(&evaluation.task);
    let value = |row: Option<&MetricRow>| row.and_then(|row| row.value).map_or("—".to_owned(), |v| format!("{v:.3}"));
    let model = |key: &CellKey| {
        format!("{} {} → {}", key.model, value(metric(results, key, id)), value(patched(results, key, id)))
    };
    let models: Vec<String> = models(results, evaluation).iter().map(model).collect();
    let ranking = ranking(results, evaluation).told("");
    let (taken, added, noun) = (number(record.taken), number(record.added), noun(evaluation, record.added));
    Some(format!("With the patch ({taken} taken away, {added} {noun} new): {name} {}. {ranking}", models.join(", ")))
}

/// What the patch does to the gold, as a paragraph.
fn changed(evaluation: &EvaluationRecord, record: PatchedRecord) -> String {
    let PatchedRecord { corrections, documents, taken, added } = record;
    if corrections == 0 {
        return "The patch corrects nothing in the documents that were scored.\n".to_owned();
    }
    format!(
        "The patch makes {} in {} of {} documents: of {} gold {} it takes {} away, and {} {} new.\n",
        counted(corrections, "correction", "corrections"),
        number(documents),
        number(evaluation.documents),
        number(evaluation.items),
        noun(evaluation, evaluation.items),
        number(taken),
        number(added),
        if added == 1 { "is" } else { "are" },
    )
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

fn noun(evaluation: &EvaluationRecord, count: usize) -> &'static str {
    match (evaluation.task.as_str(), count) {
        ("ner", 1) => "entity",
        ("ner", _) => "entities",
        (_, 1) => "stance",
        _ => "stances",
    }
}

/// The cells of an evaluation, models before floors.
fn models(results: &Results, evaluation: &EvaluationRecord) -> Vec<CellKey> {
    rows(results, evaluation).into_iter().filter(|key| key.model != ANNOTATORS).collect()
}

fn before_and_after(results: &Results, evaluation: &EvaluationRecord) -> Grid {
    let (id, name) = headline(&evaluation.task);
    let mut grid = Grid::new(["model".to_owned(), format!("{name}, gold"), format!("{name}, patched gold")]);
    for key in models(results, evaluation) {
        let (before, after) = (metric(results, &key, id), patched(results, &key, id));
        grid.row([format!("`{}`", key.model), with_interval(before), with_interval(after)]);
    }
    grid
}

/// A metric of a cell against the patched gold.
fn patched<'a>(results: &'a Results, key: &CellKey, id: &str) -> Option<&'a MetricRow> {
    results.patched.iter().find(|row| &row.key == key && row.id == id)
}

/// The models by a headline metric, best first, before and after; models with one value share a place.
#[derive(Debug, PartialEq)]
struct Ranking<'a> {
    before: Vec<Vec<&'a str>>,
    after: Vec<Vec<&'a str>>,
}

fn ranking<'a>(results: &Results, evaluation: &'a EvaluationRecord) -> Ranking<'a> {
    let (id, _) = headline(&evaluation.task);
    let order = |value: &dyn Fn(&CellKey) -> Option<f64>| {
        let models = evaluation.models.iter().map(String::as_str).zip(keys(evaluation));
        places(models.filter_map(|(model, key)| Some((model, value(&key)?))).collect())
    };
    Ranking {
        before: order(&|key| metric(results, key, id).and_then(|row| row.value)),
        after: order(&|key| patched(results, key, id).and_then(|row| row.value)),
    }
}

/// Names by value, the greatest first; equal values share a place, in which names stand as given.
fn places(mut valued: Vec<(&str, f64)>) -> Vec<Vec<&str>> {
    valued.sort_by(|a, b| b.1.total_cmp(&a.1));
    let share = |a: &(&str, f64), b: &(&str, f64)| a.1.total_cmp(&b.1).is_eq();
    valued.chunk_by(share).map(|group| group.iter().map(|(name, _)| *name).collect()).collect()
}

impl Ranking<'_> {
    /// Whether the patch changes it, with both orders when it does; names stand between `quote`.
    fn told(&self, quote: &str) -> String {
        if self.before == self.after {
            return "No ranking changes.".to_owned();
        }
        let place = |place: &Vec<&str>| {
            place.iter().map(|name| format!("{quote}{name}{quote}")).collect::<Vec<_>>().join(" = ")
        };
        let order = |places: &[Vec<&str>]| places.iter().map(place).collect::<Vec<_>>().join(" > ");
        format!("The ranking changes: {} by the gold, {} by the patched gold.", order(&self.before), order(&self.after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ranking_changes_when_an_order_or_a_tie_does() {
        let told = |before: [f64; 3], after: [f64; 3]| {
            let of = |values: [f64; 3]| places(["a", "b", "c"].into_iter().zip(values).collect());
            Ranking { before: of(before), after: of(after) }.told("`")
        };
        assert_eq!(told([0.5, 0.7, 0.1], [0.6, 0.9, 0.0]), "No ranking changes.");
        assert_eq!(
            told([0.5, 0.5, 0.1], [0.5, 0.6, 0.7]),
            "The ranking changes: `a` = `b` > `c` by the gold, `c` > `b` > `a` by the patched gold."
        );
    }
}
