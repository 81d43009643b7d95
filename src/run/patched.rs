//! The gold of an evaluation as a patch corrects it, and the scores against it, which stand beside those against the gold.

use super::evaluation::{judge, metric_rows, scorer};
use super::plan::{Cell, Labelled};
use super::record::PatchedRecord;
use crate::corpus::{Change, Document, Patch};
use crate::stats::Bootstrap;
use crate::table::MetricRow;
use crate::task::{Answer, TaskName};

/// Gold after a patch.
#[derive(Debug)]
pub(super) struct Patched {
    /// Of the documents that are scored, in their order.
    pub(super) gold: Vec<Answer>,
    /// What the patch does to them.
    pub(super) record: PatchedRecord,
}

impl Patched {
    /// Lays a patch over the gold of documents, for one task.
    pub(super) fn of(patch: &Patch, task: TaskName, documents: &[&Document], gold: &[Answer]) -> Self {
        let of_task = |change: &Change| match change {
            Change::Entity { .. } => task == TaskName::Ner,
            Change::Stance { .. } => task == TaskName::Stance,
        };
        let mut record = PatchedRecord::default();
        let mut patched = Vec::with_capacity(gold.len());
        for (document, gold) in documents.iter().zip(gold) {
            let here = patch.corrections().iter().filter(|line| line.document == document.id && of_task(&line.change));
            let corrections = here.count();
            record.corrections += corrections;
            record.documents += usize::from(corrections > 0);
            let after = match gold {
                Answer::Entities(entities) => Answer::Entities(patch.entities(&document.id, entities)),
                Answer::Stances(lines) => Answer::Stances(patch.stances(&document.id, lines)),
            };
            record.taken += only_in(gold, &after);
            record.added += only_in(&after, gold);
            patched.push(after);
        }
        Self { gold: patched, record }
    }
}

/// Items of one answer that the other has not.
fn only_in(one: &Answer, other: &Answer) -> usize {
    let entities = one.entities().iter().filter(|entity| !other.entities().contains(entity)).count();
    entities + one.stances().iter().filter(|line| !other.stances().contains(line)).count()
}

/// The metrics of an evaluation's cells against its patched gold.
pub(super) fn score(
    labelled: &Labelled,
    patched: &Patched,
    cells: &[(&Cell, Vec<Answer>)],
    bootstrap: &Bootstrap,
) -> Vec<MetricRow> {
    let scorer = scorer(labelled, cells.iter().flat_map(|(_, answers)| answers).chain(&patched.gold));
    let mut rows = Vec::new();
    for (cell, answers) in cells {
        let judged = judge(labelled, &patched.gold, answers);
        let counts = scorer.counts(&judged).expect("the scorer knows every label of these answers");
        let own = scorer.decided_by(&cell.decided_by);
        rows.extend(metric_rows(&cell.key, own.family(), &counts, bootstrap));
        for (family, counts) in own.others(&judged) {
            rows.extend(metric_rows(&cell.key, family.as_ref(), &counts, bootstrap));
        }
    }
    rows
}
