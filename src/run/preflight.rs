//! What a look at a model tells before its run: what its classes are taken for, which labels find no partner, and the probes.

use super::forward::forward;
use super::model::Model;
use super::observer::Silent;
use super::plan::{Labelled, Plan};
use crate::engine::{Engine, ForwardError, Logits, Sequence};
use crate::suite::ModelEntry;
use crate::table::CellKey;
use crate::task::probe::{OtherReading, Probed, Probes};
use crate::task::{Answer, LabelMap, LabelReading, Prepared, TaskError, TaskName, Unmatched, unmatched};
use crate::text::Tokenizer;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What was found out about a model before its first cell.
pub(super) struct Inspected {
    pub(super) labels: Option<LabelReading>,
    pub(super) probes: Option<Probed>,
}

/// What the probes say of a model whose classes are named as others are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swapped {
    /// Probes that were asked.
    pub asked: usize,
    /// How many of them are right with the names as they are.
    pub right: usize,
    /// The reading under which clearly more would be right.
    pub better: OtherReading,
}

/// Why a model did not stand the look.
pub(super) enum Fault {
    /// Its labels or its tokenizer.
    Task(TaskError),
    /// The engine refused a probe.
    Forward(ForwardError),
    /// With its classes read otherwise, it would do clearly better.
    Swapped(Box<Swapped>),
}

impl From<TaskError> for Fault {
    fn from(error: TaskError) -> Self {
        Self::Task(error)
    }
}

/// Reads a model's labels for a task and puts the probes to it. A floor has neither.
pub(super) fn inspect(model: &Model, entry: &ModelEntry, task: TaskName) -> Result<Inspected, Fault> {
    let Model::Neural { engine, tokenizer } = model else { return Ok(Inspected { labels: None, probes: None }) };
    let config = engine.config();
    let labels = LabelReading::of(task, &config.labels, &entry.labels).map_err(TaskError::from)?;
    let probes = if entry.probes {
        let probes = Probes::bind(task, (config, &entry.labels))?;
        let outcome = ask(&probes, engine.as_ref(), tokenizer)?;
        if let Some(better) = outcome.better.clone() {
            return Err(Fault::Swapped(Box::new(Swapped { asked: outcome.asked, right: outcome.right, better })));
        }
        Some(outcome)
    } else {
        None
    };
    Ok(Inspected { labels: Some(labels), probes })
}

fn ask(probes: &Probes, engine: &dyn Engine, tokenizer: &Tokenizer) -> Result<Probed, Fault> {
    let mut prepared = Vec::new();
    for document in probes.documents() {
        prepared.push(match probes.task().prepare(&document, tokenizer, &[]) {
            Ok(prepared) => Some(prepared),
            Err(TaskError::NoRoom { .. }) => None,
            Err(error) => return Err(Fault::Task(error)),
        });
    }
    let sequences: Vec<&[Sequence]> = prepared.iter().flatten().map(|prepared| prepared.sequences.as_slice()).collect();
    let logits = forward(engine, &sequences, 1, &Silent).map_err(|fault| Fault::Forward(fault.error))?;
    let mut logits = logits.into_iter();
    let mut with_logits = |prepared: Prepared| Some((prepared, logits.next()?));
    let answers: Vec<Option<(Prepared, Vec<Logits>)>> =
        prepared.into_iter().map(|prepared| prepared.and_then(&mut with_logits)).collect();
    Ok(probes.judge(&answers))
}

/// The labels of an evaluation's gold and the types of a model that find no partner; None where all do, and for a model without types.
pub(super) fn unmatched_labels(labelled: &Labelled, labels: Option<&LabelReading>) -> Option<Unmatched> {
    let types = labels.map(|labels| &labels.types).filter(|_| labelled.evaluation.options.task() == TaskName::Ner)?;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for entity in labelled.gold.iter().flat_map(Answer::entities) {
        *counts.entry(&entity.label).or_default() += 1;
    }
    let all = labelled.corpus.entities.iter().flat_map(BTreeMap::values).flatten().map(|entity| entity.label.as_str());
    let known: BTreeSet<&str> = labelled.corpus.manifest.labels.iter().map(String::as_str).chain(all).collect();
    unmatched(types, &known, &counts)
}

/// What is worth knowing before an hour is spent.
#[derive(Debug, Clone, PartialEq)]
pub enum Warning {
    /// Labels find no partner.
    Labels {
        /// The model on its corpus.
        key: CellKey,
        /// Which.
        unmatched: Unmatched,
        /// The map that the suite has already.
        labels: LabelMap,
    },
    /// A model does not answer what is plain.
    Probes {
        /// The model.
        model: String,
        /// What came of them.
        probed: Probed,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Labels { key, unmatched, .. } => {
                let [gold, types] = unmatched.told();
                write!(f, "model `{}` on corpus `{}`:", key.model, key.corpus)?;
                if !unmatched.gold.is_empty() {
                    write!(f, " no class gives the gold labels {gold}, which can only be missed")?;
                }
                if !unmatched.types.is_empty() {
                    let and = if unmatched.gold.is_empty() { "" } else { ";" };
                    write!(f, "{and} the gold never has its types {types}, which can only be spurious")?;
                }
                Ok(())
            }
            Self::Probes { model, probed } => {
                write!(f, "model `{model}` answers only {} of {} probes right", probed.right, probed.asked)?;
                f.write_str(", whose answers are plain: it does not know the task, or its classes mean something else")
            }
        }
    }
}

impl Plan {
    /// What is worth knowing before an hour is spent: of each cell, then of each model.
    pub fn warnings(&self) -> Vec<Warning> {
        let of_cell = |cell: &super::plan::Cell| {
            let unmatched = cell.unmatched.clone()?;
            Some(Warning::Labels { key: cell.key.clone(), unmatched, labels: cell.model.labels.clone() })
        };
        let of_model = |(model, record): (&String, &super::ModelRecord)| {
            let probed = record.probes.clone().filter(|probed| !probed.passes())?;
            Some(Warning::Probes { model: model.clone(), probed })
        };
        self.cells.iter().filter_map(of_cell).chain(self.models.iter().filter_map(of_model)).collect()
    }
}
