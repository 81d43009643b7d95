//! The same weights run in two ways: how far logits lie apart, and which answers change.

use super::folder::{FolderError, RunFolder};
use super::plan::Cell;
use super::record::{EvaluationRecord, ModelRecord, Record};
use crate::base::Entity;
use crate::table::EngineRow;
use crate::task::Answer;
use std::collections::BTreeMap;

impl Record {
    /// True when an evaluation has two models that are the same files, run in two ways.
    pub(super) fn compares_engines(&self) -> bool {
        let of_one = |evaluation: &EvaluationRecord| {
            let models: Vec<_> = evaluation.models.iter().filter_map(|name| self.models.get(name)).collect();
            models.iter().enumerate().any(|(at, first)| models[at + 1..].iter().any(|second| twins(first, second)))
        };
        self.evaluations.iter().any(of_one)
    }
}

/// True for the same files, run in two ways.
fn twins(first: &ModelRecord, second: &ModelRecord) -> bool {
    let runtimes = first.runtime.zip(second.runtime);
    first.digests == second.digests && runtimes.is_some_and(|(first, second)| first != second)
}

/// Holds the cells of an evaluation against each other where they are the same files, run in two ways.
pub(super) fn compare(
    cells: &[(&Cell, Vec<Answer>)],
    models: &BTreeMap<String, ModelRecord>,
    folder: &RunFolder,
) -> Result<Vec<EngineRow>, FolderError> {
    let mut rows = Vec::new();
    for (at, (second, answers)) in cells.iter().enumerate() {
        for (first, others) in &cells[..at] {
            let [one, other] = [&models[&second.key.model], &models[&first.key.model]];
            let (Some(runtime), Some(other_runtime), true) = (one.runtime, other.runtime, twins(other, one)) else {
                continue;
            };
            let apart = folder.logits(first)?.apart(&folder.logits(second)?);
            let changed: Vec<usize> = others.iter().zip(answers).map(|(a, b)| changed(a, b)).collect();
            rows.push(EngineRow {
                key: second.key.clone(),
                runtime: runtime.to_string(),
                other: first.key.model.clone(),
                other_runtime: other_runtime.to_string(),
                logits: apart.map(|(logits, _)| logits),
                largest: apart.map(|(_, largest)| f64::from(largest)),
                documents: answers.len(),
                answers: others.iter().map(|answer| answer.entities().len() + answer.stances().len()).sum(),
                changed: changed.iter().sum(),
                changed_documents: changed.iter().filter(|&&changed| changed > 0).count(),
            });
        }
    }
    Ok(rows)
}

/// Entities that only one of two answers has, or stances that differ.
pub(super) fn changed(a: &Answer, b: &Answer) -> usize {
    let lacks = |here: &Answer, there: &Answer| {
        let same = |a: &Entity, b: &Entity| a.span == b.span && a.label == b.label;
        here.entities().iter().filter(|one| !there.entities().iter().any(|other| same(one, other))).count()
    };
    let stances = a.stances().iter().zip(b.stances()).filter(|(a, b)| a.stance != b.stance).count();
    lacks(a, b) + lacks(b, a) + stances
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Span, Stance};
    use crate::corpus::StanceLine;

    #[test]
    fn an_entity_with_another_label_is_one_that_is_gone_and_one_that_is_new() {
        let entity =
            |start, label: &str, score| Entity { span: Span::new(start, start + 2), label: label.to_owned(), score };
        let a = Answer::Entities(vec![entity(0, "PER", Some(0.5)), entity(9, "LOC", None)]);
        let b = Answer::Entities(vec![entity(0, "PER", Some(0.6)), entity(9, "ORG", None)]);
        assert_eq!((changed(&a, &a), changed(&a, &b)), (0, 2));
    }

    #[test]
    fn stances_are_counted_and_their_scores_are_not() {
        let stance = |stance, scores| StanceLine { document: "d".to_owned(), target: "t".to_owned(), stance, scores };
        let a = Answer::Stances(vec![stance(Stance::Favor, None), stance(Stance::Neutral, None)]);
        let b = Answer::Stances(vec![stance(Stance::Favor, Some([0.9, 0.1, 0.0])), stance(Stance::Against, None)]);
        assert_eq!(changed(&a, &b), 1);
    }
}
