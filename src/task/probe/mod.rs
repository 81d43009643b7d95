//! Questions whose answers are plain, put to a model before an hour is spent on it.
//!
//! In: a model's configuration and label map, then the logits of what it was asked. Out: how many it got right, and the reading of its
//! classes under which it would have got clearly more. Must not: run a model.

mod entailment;
mod names;

use super::labels::{LabelMap, Relation, line};
use super::{Prepared, Task, TaskError, TaskName};
use crate::corpus::Document;
use crate::engine::{Config, Logits};
use entailment::EntailmentProbes;
use names::NameProbes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The probes of a task, bound to a model.
#[derive(Debug)]
pub struct Probes(Kind);

#[derive(Debug)]
enum Kind {
    Names(Box<NameProbes>),
    Entailment(Box<EntailmentProbes>),
}

/// What came of a model's probes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    /// How many were asked; none where the model has no type that they are about.
    pub asked: usize,
    /// How many of them were answered right.
    pub right: usize,
    /// The others.
    pub wrong: Vec<WrongProbe>,
    /// The reading of the model's classes under which clearly more would be right; null where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub better: Option<OtherReading>,
}

/// A probe that was not answered right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrongProbe {
    /// What was asked.
    pub probe: String,
    /// The answer.
    pub expected: String,
    /// What the model says; null where the probe does not fit the model's longest sequence.
    pub given: Option<String>,
}

/// Another reading of a model's classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherReading {
    /// What the classes would mean, by their names in `id2label`.
    pub labels: BTreeMap<String, Relation>,
    /// Those of them whose meaning changes.
    pub changed: Vec<String>,
    /// Probes that would be right.
    pub right: usize,
}

impl OtherReading {
    /// In words: `with `entailment` and `contradiction` swapped`, or what each class would mean.
    pub fn told(&self) -> String {
        if let [one, other] = self.changed.as_slice() {
            return format!("with `{one}` and `{other}` swapped");
        }
        let changed = self.labels.iter().filter(|(name, _)| self.changed.contains(name));
        let read = changed.map(|(name, relation)| format!("`{name}` read as {relation}"));
        format!("with {}", read.collect::<Vec<_>>().join(", "))
    }

    /// As a label map of a suite, whole.
    pub fn map(&self) -> String {
        let labels = self.labels.iter().map(|(name, relation)| line(name, relation.name()));
        format!("labels = {{ {} }}", labels.collect::<Vec<_>>().join(", "))
    }
}

impl Probed {
    /// True where more than half of the probes are right, or none was asked. Chance gives a third of the entailment probes and a constant
    /// answer never more than half.
    pub fn passes(&self) -> bool {
        self.asked == 0 || self.right * 2 > self.asked
    }
}

impl Probes {
    /// The probes of a task for a model and what is said of its classes.
    ///
    /// # Errors
    /// [`TaskError`] when the task cannot be bound to the model.
    pub fn bind(task: TaskName, (model, labels): (&Config, &LabelMap)) -> Result<Self, TaskError> {
        Ok(Self(match task {
            TaskName::Ner => Kind::Names(Box::new(NameProbes::bind(model, labels)?)),
            TaskName::Stance => Kind::Entailment(Box::new(EntailmentProbes::bind(model, labels)?)),
        }))
    }

    /// The texts, in order.
    pub fn documents(&self) -> Vec<Document> {
        let document = |(at, text): (usize, &str)| Document { id: at.to_string(), text: text.to_owned() };
        match &self.0 {
            Kind::Names(_) => NameProbes::texts().enumerate().map(document).collect(),
            Kind::Entailment(entailment) => entailment.premises().enumerate().map(document).collect(),
        }
    }

    /// The task that asks them.
    pub fn task(&self) -> &dyn Task {
        match &self.0 {
            Kind::Names(names) => names.task(),
            Kind::Entailment(entailment) => entailment.task(),
        }
    }

    /// What came of them: of each document what was asked and its logits; None where it did not fit the model.
    pub fn judge(&self, answers: &[Option<(Prepared, Vec<Logits>)>]) -> Probed {
        match &self.0 {
            Kind::Names(names) => names.judge(answers),
            Kind::Entailment(entailment) => entailment.judge(answers),
        }
    }
}
