//! The parts of an evaluation's section: scores, labels, confusion, worst documents, errors in context.

use super::{Grid, annotators, metric, number, rows, with_interval};
use crate::corpus::Annotator;
use crate::run::{EvaluationRecord, Results};
use crate::table::{CellKey, CountRow, ErrorRow};
use crate::task::{ANNOTATORS, Mark};
use std::collections::BTreeMap;

/// Worst documents shown for each model.
const WORST: usize = 5;
/// Errors in context shown for each model.
const SAMPLE: usize = 10;

/// Every model with its main scores.
pub(super) fn scores(results: &Results, evaluation: &EvaluationRecord) -> Grid {
    let columns: &[(&str, &str)] = if evaluation.task == "ner" {
        &[("f1", "micro-F1"), ("precision", "precision"), ("recall", "recall"), ("f1.macro", "macro-F1")]
    } else {
        &[("macro_f1", "macro-F1"), ("accuracy", "accuracy"), ("f_avg", "F_avg (favor, against)")]
    };
    let mut grid = Grid::new(["model"].into_iter().chain(columns.iter().map(|(_, name)| *name)));
    for key in rows(results, evaluation) {
        let cells = columns.iter().map(|(id, _)| with_interval(metric(results, &key, id)));
        grid.row([row_name(&key)].into_iter().chain(cells));
    }
    grid
}

/// A model by its name, the annotators by what they are.
fn row_name(key: &CellKey) -> String {
    if key.model == ANNOTATORS { "annotator agreement".to_owned() } else { format!("`{}`", key.model) }
}

/// What two annotators' agreement is, corrected for chance, and what it is not; None where there are no two passes.
pub(super) fn agreement(results: &Results, evaluation: &EvaluationRecord) -> Option<String> {
    let key = annotators(evaluation)?;
    let [first, second] = evaluation.annotators.as_ref()?;
    let value = |id: &str| with_interval(metric(results, &key, id));
    let (unit, more) = if evaluation.task == "ner" {
        ("words", String::new())
    } else {
        ("items", format!(", α with squared distances {}", value("alpha.interval")))
    };
    let documents = metric(results, &key, "kappa").map_or(0, |row| row.documents);
    let notes = &results.record.corpora.get(&evaluation.corpus)?.manifest.passes;
    let by = [first, second].map(|name| notes.get(name).map(|note| note.by));
    let caution = if by == [Some(Annotator::Person); 2] {
        "Both were made by people: a model above this line is to be looked at, not believed."
    } else if by.contains(&None) {
        "The corpus does not say who made both (`[passes.NAME]` in its `corpus.toml`), so this is no human ceiling."
    } else {
        "They were not made by two people: two passes of the same kind of annotator agree more than people would, so this is \
         no human ceiling."
    };
    Some(format!(
        "Annotator agreement is pass `{second}` scored against pass `{first}` by the metrics of the models, on the {} documents \
         that both labelled. By {unit}, Cohen's κ is {}, Krippendorff's α {}{more}. {caution}",
        number(documents),
        value("kappa"),
        value("alpha"),
    ))
}

/// F1 of each label and model, with the number of gold items.
pub(super) fn labels(results: &Results, evaluation: &EvaluationRecord) -> Grid {
    let keys = rows(results, evaluation);
    let mut labels: Vec<&str> = Vec::new();
    for row in results.metrics.iter().filter(|row| keys.contains(&row.key)) {
        if let Some(label) = row.id.strip_prefix("f1.").filter(|label| *label != "macro" && !labels.contains(label)) {
            labels.push(label);
        }
    }
    let models = keys.iter().map(|key| format!("F1 of {}", row_name(key)));
    let mut grid = Grid::new(["label".to_owned(), "gold".to_owned()].into_iter().chain(models));
    for label in labels {
        let gold: u64 = results
            .confusion
            .iter()
            .filter(|row| Some(&row.key) == keys.last() && row.confused.gold == label)
            .map(|row| row.confused.count)
            .sum();
        let scores = keys.iter().map(|key| with_interval(metric(results, key, &format!("f1.{label}"))));
        grid.row([label.to_owned(), number(gold as usize)].into_iter().chain(scores));
    }
    grid
}

/// Gold in rows, predictions in columns. Of entities, a pair that overlaps without being exact is counted in brackets.
pub(super) fn confusion(results: &Results, key: &CellKey) -> Grid {
    let cells: Vec<_> = results.confusion.iter().filter(|row| &row.key == key).map(|row| &row.confused).collect();
    let mut classes: Vec<&str> = cells.iter().flat_map(|cell| [cell.gold.as_str(), &cell.predicted]).collect();
    classes.sort_unstable();
    classes.dedup();
    let header = classes.iter().map(|class| (*class).to_owned());
    let mut grid = Grid::new(["gold ↓ predicted →".to_owned()].into_iter().chain(header));
    for gold in &classes {
        let count = |predicted: &str, exact: bool| -> u64 {
            let here = cells.iter().filter(|c| c.gold == *gold && c.predicted == predicted && c.exact == exact);
            here.map(|cell| cell.count).sum()
        };
        let cell = |predicted: &&str| match (count(predicted, true), count(predicted, false)) {
            (exact, 0) => exact.to_string(),
            (exact, overlapping) => format!("{exact} ({overlapping})"),
        };
        grid.row([(*gold).to_owned()].into_iter().chain(classes.iter().map(cell)));
    }
    grid
}

/// The documents with most errors.
pub(super) fn worst(results: &Results, key: &CellKey) -> Grid {
    let mut by_document: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let main = |row: &&CountRow| &row.key == key && (row.family == "exact" || row.family == "stance");
    for row in results.counts.iter().filter(main) {
        let (right, wrong) = by_document.entry(&row.document).or_default();
        match row.column.split_once("_as_") {
            Some((gold, predicted)) if gold == predicted => *right += row.count,
            None if row.column.rsplit('.').next() == Some("tp") => *right += 2 * row.count,
            _ => *wrong += row.count,
        }
    }
    let mut ranked: Vec<_> = by_document.into_iter().filter(|(_, (_, wrong))| *wrong > 0).collect();
    ranked.sort_by_key(|(document, (_, wrong))| (std::cmp::Reverse(*wrong), *document));
    let measure = if key.task == "ner" { "micro-F1" } else { "accuracy" };
    let mut grid = Grid::new(["document", "errors", measure]);
    for (document, (right, wrong)) in ranked.into_iter().take(WORST) {
        let value = right as f64 / (right + wrong) as f64;
        grid.row([format!("`{document}`"), wrong.to_string(), format!("{value:.3}")]);
    }
    grid
}

/// How many errors of each kind.
pub(super) fn kinds(results: &Results, key: &CellKey) -> String {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for row in results.errors.iter().filter(|row| &row.key == key) {
        match kinds.iter_mut().find(|(kind, _)| *kind == row.mistake.kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((row.mistake.kind, 1)),
        }
    }
    kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
    let total: usize = kinds.iter().map(|(_, count)| count).sum();
    let parts: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind} {}", number(*count))).collect();
    format!("{} errors: {}.", number(total), parts.join(", "))
}

/// Errors spread evenly over the table, one a line.
pub(super) fn sample(results: &Results, key: &CellKey) -> Vec<String> {
    let errors: Vec<&ErrorRow> = results.errors.iter().filter(|row| &row.key == key).collect();
    let shown = errors.len().min(SAMPLE);
    (0..shown).map(|i| line(errors[i * errors.len() / shown])).collect()
}

fn line(row: &ErrorRow) -> String {
    let mistake = &row.mistake;
    let said = |mark: &Option<Mark>| mark.as_ref().map(|mark| (mark.label.clone(), mark.text.clone(), mark.score));
    let (gold, predicted) = (said(&mistake.gold), said(&mistake.predicted));
    let sure = |score: Option<f64>| score.map(|score| format!(" ({score:.2})")).unwrap_or_default();
    let what = match (&gold, &predicted) {
        (Some((gold, _, _)), Some((stance, target, score))) if mistake.kind == "wrong stance" => {
            return format!(
                "`{}` towards `{target}`: gold {gold}, predicted {stance}{}",
                mistake.document,
                sure(*score)
            );
        }
        (Some((label, text, _)), None) => format!("{label} “{}”", plain(text)),
        (None, Some((label, text, score))) => format!("{label} “{}”{}", plain(text), sure(*score)),
        (Some((label, text, _)), Some((other, found, score))) => {
            format!("{label} “{}” predicted as {other} “{}”{}", plain(text), plain(found), sure(*score))
        }
        (None, None) => String::new(),
    };
    let (before, middle, after) = (plain(&mistake.before), plain(&mistake.middle), plain(&mistake.after));
    format!("`{}` {}: {what} — …{before}**{middle}**{after}…", mistake.document, mistake.kind)
}

/// A text in one line, with nothing that Markdown would read as markup.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => out.push(' '),
            '*' | '_' | '`' | '[' | ']' | '<' | '>' | '|' | '\\' | '#' => out.extend(['\\', character]),
            other => out.push(other),
        }
    }
    out
}
