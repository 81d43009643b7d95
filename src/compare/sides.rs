//! Which cells stand against which, and whether they can.

use super::{Both, Compared, Named, evaluation};
use crate::run::{EvaluationRecord, Results};
use crate::table::CellKey;

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Position of its run among those that are compared.
    pub run: usize,
    /// Its cell.
    pub key: CellKey,
}

/// Why cells cannot be compared. Numbers that mean different things are never set against each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// There is nothing to compare with.
    #[error("run `{run}` has no two models that did the same task on the same corpus")]
    Alone {
        /// The run.
        run: String,
    },
    /// The runs share no cell.
    #[error("run `{candidate}` shares no task, corpus and model with `{baseline}`")]
    NothingShared {
        /// The later run.
        candidate: String,
        /// The first run.
        baseline: String,
    },
    /// A run's tables contradict each other.
    #[error("run `{run}`: `{id}` of model `{model}` is {stored} in its metrics and {counted} by its counts")]
    Contradiction {
        /// The run.
        run: String,
        /// The model.
        model: String,
        /// The metric.
        id: String,
        /// As it stands in the metrics.
        stored: String,
        /// As it follows from the counts.
        counted: String,
    },
    /// Something that the numbers depend on is not the same.
    #[error("{task} on {corpus}: the {what} differ, so the numbers cannot be compared: {candidate} against {baseline}")]
    Unlike {
        /// The task.
        task: String,
        /// The corpus.
        corpus: String,
        /// What differs: gold, documents, split, definitions.
        what: &'static str,
        /// What the candidate has.
        candidate: String,
        /// What the baseline has.
        baseline: String,
    },
}

/// The pairs (candidate, baseline). Of one run: each model against each that stands before it in its evaluation, so that the
/// first is the baseline of all. Of several: each cell of a later run against the same cell of the first; where an evaluation
/// has one model in each and their names differ, these two.
///
/// # Errors
/// [`CompareError::Alone`] and [`CompareError::NothingShared`] where there is no pair.
pub fn pair(runs: &[Named<'_>]) -> Result<Vec<(Side, Side)>, CompareError> {
    let mut pairs = Vec::new();
    if let [only] = runs {
        for evaluation in &only.results.record.evaluations {
            for (at, model) in evaluation.models.iter().enumerate() {
                let before = &evaluation.models[..at];
                pairs.extend(before.iter().map(|baseline| (side(0, evaluation, model), side(0, evaluation, baseline))));
            }
        }
        let alone = || CompareError::Alone { run: only.name.to_owned() };
        return if pairs.is_empty() { Err(alone()) } else { Ok(pairs) };
    }
    for (run, candidate) in runs.iter().enumerate().skip(1) {
        let before = pairs.len();
        for new in &candidate.results.record.evaluations {
            let same = |old: &&EvaluationRecord| old.task == new.task && old.corpus == new.corpus;
            let Some(old) = runs[0].results.record.evaluations.iter().find(same) else { continue };
            match (new.models.as_slice(), old.models.as_slice()) {
                ([theirs], [ours]) => pairs.push((side(run, new, theirs), side(0, old, ours))),
                (theirs, ours) => {
                    let shared = theirs.iter().filter(|model| ours.contains(model));
                    pairs.extend(shared.map(|model| (side(run, new, model), side(0, old, model))));
                }
            }
        }
        if pairs.len() == before {
            let (candidate, baseline) = (candidate.name.to_owned(), runs[0].name.to_owned());
            return Err(CompareError::NothingShared { candidate, baseline });
        }
    }
    Ok(pairs)
}

/// Cells of several runs that stand in no pair, in words.
pub(super) fn left_out(runs: &[Named<'_>], pairs: &[Compared]) -> Vec<String> {
    let mut left_out = Vec::new();
    for (run, named) in runs.iter().enumerate().filter(|_| runs.len() > 1) {
        for evaluation in &named.results.record.evaluations {
            for model in &evaluation.models {
                let side = side(run, evaluation, model);
                if !pairs.iter().any(|pair| pair.candidate == side || pair.baseline == side) {
                    let (task, corpus) = (&evaluation.task, &evaluation.corpus);
                    left_out.push(format!("{model}, {task} on {corpus}, stands in {} alone", named.name));
                }
            }
        }
    }
    left_out
}

fn side(run: usize, evaluation: &EvaluationRecord, model: &str) -> Side {
    let (task, corpus) = (evaluation.task.clone(), evaluation.corpus.clone());
    Side { run, key: CellKey { task, corpus, model: model.to_owned() } }
}

/// The candidate's evaluation, where both were scored against the same gold on the same documents.
pub(super) fn comparable<'a>(
    (new, new_key): (&'a Results, &CellKey),
    (old, old_key): (&Results, &CellKey),
) -> Result<&'a EvaluationRecord, CompareError> {
    let unlike = |what, candidate: String, baseline: String| {
        let (task, corpus) = (new_key.task.clone(), new_key.corpus.clone());
        Err(CompareError::Unlike { task, corpus, what, candidate, baseline })
    };
    let (Some(theirs), Some(ours)) = (evaluation(new, new_key), evaluation(old, old_key)) else {
        return unlike("evaluations", "one".to_owned(), "none".to_owned());
    };
    let split = |evaluation: &EvaluationRecord| {
        evaluation.split.as_ref().map_or("all documents".to_owned(), |s| format!("split `{s}`"))
    };
    if theirs.split != ours.split {
        return unlike("splits", split(theirs), split(ours));
    }
    let gold = format!("gold/{}.jsonl", new_key.task);
    let digest = |results: &Results, key: &CellKey, file: &str| {
        results.record.corpora.get(&key.corpus).and_then(|corpus| corpus.digests.get(file).cloned()).unwrap_or_default()
    };
    for (what, file) in [("gold files", gold.as_str()), ("documents", "documents.jsonl")] {
        let (theirs, ours) = (digest(new, new_key, file), digest(old, old_key, file));
        if theirs != ours {
            return unlike(what, format!("`{file}` is {theirs}"), ours);
        }
    }
    if theirs.documents != ours.documents {
        return unlike("numbers of documents", theirs.documents.to_string(), ours.documents.to_string());
    }
    Ok(theirs)
}

/// Holds a cell's metrics against its counts, from which they must follow.
pub(super) fn consistent(run: &str, results: &Results, key: &CellKey) -> Result<(), CompareError> {
    for counted in results.counted(key) {
        for metric in counted.family.metrics(&crate::metrics::total(&counted.counts)) {
            let of_id = |row: &&crate::table::MetricRow| row.key == *key && row.id == metric.id;
            let stored = results.metrics.iter().find(of_id).and_then(|row| row.value);
            let same = match (stored, metric.value) {
                (Some(stored), Some(value)) => (stored - value).abs() < 1e-9,
                (stored, value) => stored.is_none() && value.is_none(),
            };
            if !same {
                let shown = |value: Option<f64>| value.map_or("undefined".to_owned(), |value| format!("{value:.4}"));
                return Err(CompareError::Contradiction {
                    run: run.to_owned(),
                    model: key.model.clone(),
                    id: metric.id,
                    stored: shown(stored),
                    counted: shown(metric.value),
                });
            }
        }
    }
    Ok(())
}

/// The counts of both, a family each, over the same columns.
pub(super) fn counts(
    (new, new_key): (&Results, &CellKey),
    (old, old_key): (&Results, &CellKey),
) -> Result<Both, CompareError> {
    let unlike = |what, candidate: String, baseline: String| CompareError::Unlike {
        task: new_key.task.clone(),
        corpus: new_key.corpus.clone(),
        what,
        candidate,
        baseline,
    };
    let rule = evaluation(new, new_key).map_or("", |evaluation| evaluation.rule.as_str());
    let mut both = Vec::new();
    let olds = old.counted(old_key);
    for counted in new.counted(new_key) {
        let Some(before) = olds.iter().find(|before| before.family.name() == counted.family.name()) else { continue };
        if counted.documents != before.documents {
            let first = |documents: &[String], others: &[String]| {
                documents
                    .iter()
                    .find(|id| !others.contains(id))
                    .map_or("another order".to_owned(), |id| format!("`{id}`"))
            };
            let (theirs, ours) =
                (first(&counted.documents, &before.documents), first(&before.documents, &counted.documents));
            return Err(unlike("documents", theirs, ours));
        }
        for theirs in counted.family.definitions() {
            let ours = before.family.definitions().iter().find(|ours| ours.id == theirs.id);
            if let Some(ours) = ours.filter(|ours| ours.signature != theirs.signature) {
                let shown = |signature: &str| format!("`{signature}`");
                return Err(unlike("definitions", shown(&theirs.signature), shown(&ours.signature)));
            }
        }
        both.extend(counted.with_common_columns(before, rule));
    }
    if both.is_empty() {
        return Err(unlike("metrics", "of no family that both have".to_owned(), "none".to_owned()));
    }
    Ok(both)
}
