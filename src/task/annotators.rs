//! What a corpus holds of a task's labels, by whoever made them: the gold, or an annotator alone.

use super::agreement::AgreementScorer;
use super::{Answer, Judged, Scorer, TaskName};
use crate::base::Entity;
use crate::corpus::{Corpus, Document, Pass, StanceLine};
use crate::metrics::Family;
use ndarray::Array2;
use std::collections::BTreeMap;

/// A task's labels of a corpus.
#[derive(Debug, Clone, Copy)]
pub enum Labels<'a> {
    /// Entities by document.
    Entities(&'a BTreeMap<String, Vec<Entity>>),
    /// Stances of all documents.
    Stances(&'a [StanceLine]),
}

impl<'a> Labels<'a> {
    /// The gold; None where the corpus has none for the task.
    pub fn of_gold(corpus: &'a Corpus, task: TaskName) -> Option<Self> {
        match task {
            TaskName::Ner => corpus.entities.as_ref().map(Self::Entities),
            TaskName::Stance => corpus.stances.as_deref().map(Self::Stances),
        }
    }

    /// One annotator's; None where the pass did not do the task.
    pub fn of_pass(pass: &'a Pass, task: TaskName) -> Option<Self> {
        match task {
            TaskName::Ner => pass.entities.as_ref().map(Self::Entities),
            TaskName::Stance => pass.stances.as_deref().map(Self::Stances),
        }
    }

    /// A document's answer; None where it was not labelled.
    pub fn of(self, document: &Document) -> Option<Answer> {
        match self {
            Self::Entities(entities) => entities.get(&document.id).cloned().map(Answer::Entities),
            Self::Stances(lines) => {
                let lines: Vec<_> = lines.iter().filter(|line| line.document == document.id).cloned().collect();
                (!lines.is_empty()).then_some(Answer::Stances(lines))
            }
        }
    }
}

/// Two annotators' answers to the documents that both labelled.
#[derive(Debug, Clone)]
pub struct Annotators<'a> {
    /// The names of their passes.
    pub names: [&'a str; 2],
    /// Documents with the first annotator's answer and the second's.
    pub answers: Vec<(&'a Document, Answer, Answer)>,
    /// Documents, or stances of shared documents, that only one of the two labelled: they are not compared.
    pub only_one: [usize; 2],
}

impl<'a> Annotators<'a> {
    /// Two passes of a corpus on some of its documents, by their names, or the first two that did the task; None where
    /// there are no two, or no document has both.
    pub fn of(
        corpus: &'a Corpus,
        documents: impl IntoIterator<Item = &'a Document>,
        task: TaskName,
        names: Option<[&str; 2]>,
    ) -> Option<Self> {
        let did = corpus.passes.iter().filter_map(|pass| Some((pass.name.as_str(), Labels::of_pass(pass, task)?)));
        let did: Vec<(&str, Labels<'_>)> = did.collect();
        let pass = |name: &str| did.iter().copied().find(|(found, _)| *found == name);
        let [(first, of_first), (second, of_second)] = match names {
            Some([first, second]) => [pass(first)?, pass(second)?],
            None => [*did.first()?, *did.get(1)?],
        };
        let mut found = Self { names: [first, second], answers: Vec::new(), only_one: [0; 2] };
        for document in documents {
            // What nobody is scored on, the annotators are not scored on either.
            let regions = corpus.unannotated.get(&document.id).map_or(&[][..], Vec::as_slice);
            let of = |labels: Labels<'_>| labels.of(document).map(|answer| answer.outside(regions));
            match (of(of_first), of(of_second)) {
                (Some(one), Some(two)) => {
                    for (side, (own, other)) in [(&one, &two), (&two, &one)].into_iter().enumerate() {
                        let missing = |line: &&StanceLine| other.stances().iter().all(|o| o.target != line.target);
                        found.only_one[side] += own.stances().iter().filter(missing).count();
                    }
                    found.answers.push((document, one, two));
                }
                (one, two) => {
                    found.only_one[0] += usize::from(one.is_some());
                    found.only_one[1] += usize::from(two.is_some());
                }
            }
        }
        (!found.answers.is_empty()).then_some(found)
    }

    /// The first annotator's answers as gold, the second's as predicted.
    pub fn judged(&self) -> Vec<Judged<'_>> {
        self.answers.iter().map(|(document, gold, predicted)| Judged { document, gold, predicted }).collect()
    }

    /// Counts by the models' metrics and by what corrects for chance, a row a document each.
    ///
    /// # Panics
    /// Never: the scorer is made from these answers and knows their labels.
    pub fn counts(&self, task: TaskName, labels: &[String]) -> Vec<(Box<dyn Family>, Array2<u32>)> {
        let answers = || self.answers.iter().flat_map(|(_, first, second)| [first, second]);
        let scorer = match task {
            TaskName::Ner => Scorer::spans(labels, answers()),
            TaskName::Stance => Scorer::stances(None),
        };
        let agreement = AgreementScorer::new(task, labels, answers());
        let judged = self.judged();
        let counts = scorer.counts(&judged).expect("the scorer knows every label of these answers");
        let corrected = agreement.counts(&judged);
        let family: Box<dyn Family> = match scorer {
            Scorer::Spans(family) => Box::new(family),
            Scorer::Stances(family) => Box::new(family),
        };
        vec![(family, counts), (Box::new(agreement.family), corrected)]
    }
}
