//! What the timed answers are worth, and what a setting changes about them.

use super::sweep::Setting;
use crate::corpus::Document;
use crate::engine::Precision;
use crate::metrics::{Family, total};
use crate::run::{Counted, Workload, flips};
use crate::stats::Contrasts;
use crate::task::{Answer, Judged, Scorer, TaskName};

/// How answers are scored: as in a run.
pub type Scoring = Contrasts;

/// A number with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    /// The number.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The deciding metric of a setting's answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Accuracy {
    /// Its id.
    pub id: String,
    /// Its definition.
    pub signature: String,
    /// Documents with gold, which alone are scored.
    pub documents: usize,
    /// The metric; None where it is undefined.
    pub value: Option<Value>,
}

/// A setting's answers beside those of the setting that it is held against.
#[derive(Debug, Clone, PartialEq)]
pub struct Against {
    /// Position of the other setting among those that were measured.
    pub other: usize,
    /// Answers of the other: entities, or stances.
    pub answers: usize,
    /// Entities that only one of the two has, or stances that differ.
    pub flips: usize,
    /// Documents that they are in.
    pub documents: usize,
    /// How much greater the deciding metric is than the other's, with its paired interval; None where it is undefined or nothing is scored.
    pub difference: Option<Value>,
}

/// A setting's answers, as its accuracy needs them.
pub(super) struct Answered<'a> {
    pub(super) workload: usize,
    pub(super) setting: Setting,
    pub(super) answers: &'a [Answer],
}

/// Scores the settings of all workloads: for each its accuracy, where there is gold, and what it changes, where it is not held
/// against itself.
pub(super) fn score(
    all: &[Answered<'_>],
    workloads: &[Workload],
    how: &Scoring,
) -> Vec<(Option<Accuracy>, Option<Against>)> {
    // Counts that are compared need the labels of all answers to the same workload.
    let counted: Vec<Option<Counted>> = all
        .iter()
        .map(|one| {
            let workload = &workloads[one.workload];
            let of_workload = all.iter().filter(|other| other.workload == one.workload);
            let labels = of_workload.flat_map(|other| other.answers);
            count(workload, one.answers, labels)
        })
        .collect();
    let of = |(at, one): (usize, &Answered<'_>)| {
        let workload = &workloads[one.workload];
        let other = held_against(all, one.workload).filter(|other| *other != at);
        let accuracy = counted[at].as_ref().map(|counted| accuracy(workload, counted, how));
        let against = other.map(|other| {
            let flips = flips(all[other].answers, one.answers);
            let pair = counted[at].as_ref().zip(counted[other].as_ref());
            Against {
                other,
                answers: all[other].answers.iter().map(|a| a.entities().len() + a.stances().len()).sum(),
                flips: flips.iter().sum(),
                documents: flips.iter().filter(|&&flips| flips > 0).count(),
                difference: pair.and_then(|(one, other)| difference(workload, (one, other), how)),
            }
        });
        (accuracy, against)
    };
    all.iter().enumerate().map(of).collect()
}

/// The setting that a workload's others are held against: its first one in f32, or else its first one.
fn held_against(all: &[Answered<'_>], workload: usize) -> Option<usize> {
    let mut own = (0..all.len()).filter(|&at| all[at].workload == workload);
    let first = own.clone().next();
    own.find(|&at| all[at].setting.runtime.precision == Precision::F32).or(first)
}

/// The counts of the documents with gold; None where there are none.
fn count<'a>(
    workload: &'a Workload,
    answers: &'a [Answer],
    labels: impl Iterator<Item = &'a Answer>,
) -> Option<Counted> {
    let material = &workload.material;
    let all = material.documents.iter().zip(&material.gold).zip(answers);
    let judged = |((document, gold), predicted)| Some(Judged { document, gold: Option::as_ref(gold)?, predicted });
    let judged: Vec<Judged<'_>> = all.filter_map(judged).collect();
    if judged.is_empty() {
        return None;
    }
    let gold = judged.iter().map(|judged| judged.gold);
    let scorer = match workload.options.task() {
        TaskName::Ner => Scorer::spans(&material.labels, labels.chain(gold)),
        TaskName::Stance => Scorer::stances(Some(&workload.options.rule())),
    };
    let counts = scorer.counts(&judged).expect("the scorer knows every label of these answers");
    let name = |document: &Document| document.id.clone();
    let documents = judged.iter().map(|judged| name(judged.document)).collect();
    let family: Box<dyn Family> = match scorer {
        Scorer::Spans(family) => Box::new(family),
        Scorer::Stances(family) => Box::new(family),
    };
    Some(Counted { key: workload.key.clone(), family, documents, counts })
}

fn accuracy(workload: &Workload, counted: &Counted, how: &Scoring) -> Accuracy {
    let (id, _) = workload.options.task().headline();
    let metrics = counted.family.metrics(&total(&counted.counts));
    let at = metrics.iter().position(|metric| metric.id == id).expect("a task's deciding metric is of its family");
    let values = |sums: &[u64], values: &mut [Option<f64>]| counted.family.values(sums, values);
    let interval = how.bootstrap.intervals(&counted.counts, metrics.len(), values)[at];
    let value = metrics[at].value.zip(interval);
    Accuracy {
        id: id.to_owned(),
        signature: metrics[at].signature.clone(),
        documents: counted.documents.len(),
        value: value.map(|(value, interval)| Value { value, low: interval.low, high: interval.high }),
    }
}

fn difference(workload: &Workload, (one, other): (&Counted, &Counted), how: &Scoring) -> Option<Value> {
    let (id, _) = workload.options.task().headline();
    let contrast = one.minus(other, how).into_iter().find(|row| row.id == id)?.contrast?;
    Some(Value { value: contrast.value, low: contrast.interval.low, high: contrast.interval.high })
}
