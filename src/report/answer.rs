//! Which model is better, and how sure we are, in sentences.

use super::{headline, keys, metric};
use crate::run::{EvaluationRecord, Results};
use crate::table::DifferenceRow;

/// Fewer documents than this carry no firm interval.
const FEW_DOCUMENTS: usize = 20;

/// One sentence for each model against the leader of an evaluation, then warnings.
pub(super) fn sentences(results: &Results, evaluation: &EvaluationRecord) -> Vec<String> {
    let (id, name) = headline(&evaluation.task);
    let keys = keys(evaluation);
    let value = |model: &str| {
        let key = keys.iter().find(|key| key.model == model);
        key.and_then(|key| metric(results, key, id)).and_then(|row| row.value)
    };
    let mut ranked: Vec<(&String, f64)> =
        evaluation.models.iter().filter_map(|model| value(model).map(|value| (model, value))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut sentences = Vec::new();
    if let [(leader, best), others @ ..] = ranked.as_slice() {
        if others.is_empty() {
            sentences
                .push(format!("`{leader}` has a {name} of {best:.3}; there is no other model to compare it with."));
        }
        for (other, theirs) in others {
            if let Some(difference) = difference(results, evaluation, (leader, other), id) {
                let compared = format!("{name} {best:.3} against {theirs:.3}");
                sentences.push(compare(results, (leader, other), &compared, &difference));
            }
        }
    }
    for model in evaluation.models.iter().filter(|model| value(model).is_none()) {
        sentences.push(format!("`{model}` has no {name}: it is undefined on this gold."));
    }
    if evaluation.documents < FEW_DOCUMENTS {
        sentences.push(format!(
            "Only {} documents were scored: intervals from fewer than {FEW_DOCUMENTS} documents are too narrow.",
            evaluation.documents
        ));
    }
    sentences
}

/// A difference, leader minus other, with its interval and the share of resamples in which the leader is ahead.
struct Ahead {
    value: f64,
    low: f64,
    high: f64,
    share: f64,
}

fn difference(
    results: &Results,
    evaluation: &EvaluationRecord,
    (leader, other): (&str, &str),
    id: &str,
) -> Option<Ahead> {
    let of = |row: &&DifferenceRow, first: &str, second: &str| {
        row.id == id
            && row.key.task == evaluation.task
            && row.key.corpus == evaluation.corpus
            && row.key.model == first
            && row.second == second
    };
    let ahead = |row: &DifferenceRow| {
        Some(Ahead { value: row.value?, low: row.low?, high: row.high?, share: row.first_better? })
    };
    if let Some(row) = results.differences.iter().find(|row| of(row, leader, other)) {
        return ahead(row);
    }
    let back = results.differences.iter().find(|row| of(row, other, leader)).and_then(ahead)?;
    Some(Ahead { value: -back.value, low: -back.high, high: -back.low, share: 1.0 - back.share })
}

fn compare(results: &Results, (leader, other): (&str, &str), compared: &str, difference: &Ahead) -> String {
    let Ahead { value, low, high, share } = *difference;
    let percent = results.record.confidence * 100.0;
    if (value, low, high) == (0.0, 0.0, 0.0) {
        return format!("**`{leader}` is no better than `{other}`**: {compared}, in every resample of the documents.");
    }
    let verdict = if low > 0.0 {
        format!("**`{leader}` is better than `{other}`**")
    } else {
        format!("**`{leader}` is ahead of `{other}`, but the documents do not settle it**")
    };
    let because = if low > 0.0 { "excludes" } else { "includes" };
    format!(
        "{verdict}: {compared}. The difference of {value:.3} has a {percent:.0} % interval of {low:.3} to {high:.3}, which \
         {because} zero; `{leader}` is ahead in {:.1} % of {} resamples of the documents.",
        share * 100.0,
        super::number(results.record.replicates as usize),
    )
}
