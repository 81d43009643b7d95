//! Which model is better, and how sure we are, in sentences.

use super::{headline, keys, metric};
use crate::run::{EvaluationRecord, Results};
use crate::stats::{Contrast, Interval, Verdict};
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
                sentences.push(compare(results, evaluation, (leader, other), &compared, &difference));
            }
        }
    }
    for model in evaluation.models.iter().filter(|model| value(model).is_none()) {
        sentences.push(format!("`{model}` has no {name}: it is undefined on this gold."));
    }
    sentences.extend(few(evaluation.documents));
    sentences
}

/// The warning where documents are few; None where there are enough.
pub fn few(documents: usize) -> Option<String> {
    let what = if documents == 1 { "document was" } else { "documents were" };
    (documents < FEW_DOCUMENTS).then(|| {
        format!("Only {documents} {what} scored: intervals from fewer than {FEW_DOCUMENTS} documents are too narrow.")
    })
}

/// The leader's difference from another model, leader minus other, and its p-value after Holm's correction.
pub(super) fn difference(
    results: &Results,
    evaluation: &EvaluationRecord,
    (leader, other): (&str, &str),
    id: &str,
) -> Option<(Contrast, Option<f64>)> {
    let of = |first: &str, second: &str| {
        let names = (evaluation.task.as_str(), evaluation.corpus.as_str(), first, second, id);
        let is_it = |row: &&DifferenceRow| {
            (row.key.task.as_str(), row.key.corpus.as_str(), row.key.model.as_str(), &*row.second, &*row.id) == names
        };
        let row = results.differences.iter().find(is_it)?;
        row.contrast.map(|contrast| (contrast, row.p_holm))
    };
    of(leader, other).or_else(|| of(other, leader).map(|(contrast, p_holm)| (contrast.reversed(), p_holm)))
}

fn compare(
    results: &Results,
    evaluation: &EvaluationRecord,
    (leader, other): (&str, &str),
    compared: &str,
    (contrast, p_holm): &(Contrast, Option<f64>),
) -> String {
    let Interval { low, high, .. } = contrast.interval;
    let margin = results.record.margin;
    if (contrast.value, low, high) == (0.0, 0.0, 0.0) {
        return format!("**`{leader}` is no better than `{other}`**: {compared}, in every resample of the documents.");
    }
    let verdict = match contrast.verdict {
        Verdict::Improved => format!("**`{leader}` is better than `{other}`**"),
        Verdict::Regressed => format!("**`{leader}` is worse than `{other}`**"),
        Verdict::Equivalent => format!("**`{leader}` and `{other}` are equivalent**"),
        Verdict::Inconclusive if low > 0.0 && contrast.detectable.is_some() => {
            format!("**`{leader}` is better than `{other}`; whether by more than {margin} is open**")
        }
        Verdict::Inconclusive => {
            format!("**`{leader}` is ahead of `{other}`, but {} documents do not settle it**", evaluation.documents)
        }
    };
    let place = match contrast.verdict {
        Verdict::Improved => "wholly above",
        Verdict::Regressed => "wholly below",
        Verdict::Equivalent => "wholly within",
        Verdict::Inconclusive => "not clear of",
    };
    let mut sentence = format!(
        "{verdict}: {compared}. The difference of {:.3} has a {:.0} % interval of {low:.3} to {high:.3}, {place} the margin \
         of ±{margin}; `{leader}` is ahead in {:.2} % of {} resamples of the documents, and chance swaps of their answers give \
         p {}{}.",
        contrast.value,
        results.record.confidence * 100.0,
        contrast.first_better * 100.0,
        super::number(results.record.replicates as usize),
        p_value(contrast.p),
        p_holm.map_or(String::new(), |p| format!(
            " ({} after Holm's correction for all comparisons of the run)",
            p_value(p)
        )),
    );
    if contrast.verdict == Verdict::Inconclusive {
        sentence.push(' ');
        sentence.push_str(&outlook(contrast, evaluation.documents));
    }
    sentence
}

/// What so many documents could have found, and how many would settle the difference.
pub(super) fn outlook(contrast: &Contrast, documents: usize) -> String {
    let found = match contrast.detectable {
        Some(detectable) => {
            format!(
                "With {} such documents a difference of {detectable:.3} is found four times in five",
                super::number(documents)
            )
        }
        None => format!("{} documents are too few for any verdict", super::number(documents)),
    };
    match contrast.documents_needed {
        Some(needed) => format!(
            "{found}; to settle one of {}, about {} are needed.",
            signed(contrast.value),
            super::number(needed as usize)
        ),
        None => format!("{found}; this one lies on the margin, which no number of documents settles."),
    }
}

/// What an inconclusive comparison leaves open.
pub(super) fn open(contrast: &Contrast, margin: f64) -> String {
    let Interval { low, high, .. } = contrast.interval;
    let few = contrast.detectable.is_none();
    if high < 0.0 && !few {
        format!("worse; whether by more than the margin of {margin} is open")
    } else if low > 0.0 && !few {
        format!("better; whether by more than the margin of {margin} is open")
    } else {
        "whether better or worse is open".to_owned()
    }
}

/// With its sign, and a minus of the width of a plus.
pub(super) fn signed(value: f64) -> String {
    format!("{value:+.3}").replace('-', "−")
}

/// A p-value; the smallest that resampling can give is not 0.
pub(super) fn p_value(p: f64) -> String {
    if p < 0.000_1 { "<0.0001".to_owned() } else { format!("{p:.4}") }
}
