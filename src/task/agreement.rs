//! Two annotators' answers to counts of agreement, by the units of each task.

use super::{Answer, Judged, TaskName};
use crate::base::{Entity, Span, Stance};
use crate::metrics::{Agreement, Distance};
use ndarray::Array2;
use std::collections::BTreeSet;

/// What tables call two annotators who are scored against each other as if one of them were a model.
pub const ANNOTATORS: &str = "annotators";

/// The class of a word in no entity.
const OUTSIDE: &str = "O";
/// Stances on one line, in the order of [`Stance::ALL`]: a favor for an against is the worst disagreement.
const POSITIONS: [i32; 3] = [1, -1, 0];

/// Chance-corrected agreement of two annotators. Entities are compared word by word, with the label of the entity that
/// holds the word's first character; a word is a run of letters and digits, or any other character that is no white
/// space. Stances are compared by (document, target), where both annotators gave one.
#[derive(Debug, Clone)]
pub struct AgreementScorer {
    task: TaskName,
    classes: Vec<String>,
    /// The metrics.
    pub family: Agreement,
}

impl AgreementScorer {
    /// For answers whose entity labels are `declared` or occur in any of them.
    pub fn new<'a>(task: TaskName, declared: &'a [String], answers: impl IntoIterator<Item = &'a Answer>) -> Self {
        let (classes, family) = match task {
            TaskName::Ner => {
                let seen = answers.into_iter().flat_map(Answer::entities).map(|entity| &entity.label);
                let labels: BTreeSet<&String> = declared.iter().chain(seen).collect();
                let classes: Vec<String> =
                    std::iter::once(OUTSIDE.to_owned()).chain(labels.into_iter().cloned()).collect();
                let names: Vec<&str> = classes.iter().map(String::as_str).collect();
                let family = Agreement::new(task.name(), "words", &names, &[Distance::Nominal]);
                (classes, family)
            }
            TaskName::Stance => {
                let names = Stance::ALL.map(Stance::name);
                let distances = [Distance::Nominal, Distance::Interval(&POSITIONS)];
                let family = Agreement::new(task.name(), "items", &names, &distances);
                (names.map(str::to_owned).to_vec(), family)
            }
        };
        Self { task, classes, family }
    }

    /// Counts of documents in which the first annotator's answer stands as gold and the second's as predicted,
    /// `[documents, columns]`.
    pub fn counts(&self, judged: &[Judged<'_>]) -> Array2<u32> {
        let units = judged.iter().map(|judged| match self.task {
            TaskName::Ner => self.words(judged),
            TaskName::Stance => items(judged),
        });
        self.family.table(&units.collect::<Vec<_>>())
    }

    fn words(&self, judged: &Judged<'_>) -> Vec<(usize, usize)> {
        let starts = word_starts(&judged.document.text);
        let (first, second) = (self.classes_of(judged.gold, &starts), self.classes_of(judged.predicted, &starts));
        first.into_iter().zip(second).collect()
    }

    /// The class of each word, by the entity that holds its first character.
    fn classes_of(&self, answer: &Answer, starts: &[usize]) -> Vec<usize> {
        let entities: &[Entity] = answer.entities();
        let holds = |span: Span, at: usize| span.start <= at && at < span.end;
        let class = |&start: &usize| {
            let entity = entities.iter().find(|entity| holds(entity.span, start));
            entity.map_or(0, |entity| self.classes.iter().position(|class| *class == entity.label).unwrap_or(0))
        };
        starts.iter().map(class).collect()
    }
}

/// The first character of every word, in characters.
fn word_starts(text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut inside = false;
    for (at, character) in text.chars().enumerate() {
        let mark = ('\u{300}'..='\u{36F}').contains(&character);
        let letter = character.is_alphanumeric() || (inside && mark);
        let goes_on = letter && inside;
        if !goes_on && !character.is_whitespace() {
            starts.push(at);
        }
        inside = letter;
    }
    starts
}

fn items(judged: &Judged<'_>) -> Vec<(usize, usize)> {
    let of_second = |target: &str| judged.predicted.stances().iter().find(|line| line.target == target);
    let first = judged.gold.stances().iter();
    first.filter_map(|line| Some((line.stance.index(), of_second(&line.target)?.stance.index()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Document;

    #[test]
    fn words_are_runs_of_letters_and_single_other_characters() {
        assert_eq!(word_starts("al-Hayya\u{2019}s  e\u{301}t, 20"), [0, 2, 3, 8, 9, 12, 15, 17]);
    }

    #[test]
    fn a_word_has_the_label_of_the_entity_that_holds_its_start() {
        let entity =
            |start, end, label: &str| Entity { span: Span::new(start, end), label: label.to_owned(), score: None };
        let document = Document { id: "d".to_owned(), text: "US-Hamas talks".to_owned() };
        let first = Answer::Entities(vec![entity(0, 8, "MISC")]);
        let second = Answer::Entities(vec![entity(0, 2, "LOC"), entity(3, 8, "ORG")]);
        let scorer = AgreementScorer::new(TaskName::Ner, &[], [&first, &second]);
        let judged = [Judged { document: &document, gold: &first, predicted: &second }];
        // Classes O, LOC, MISC, ORG; words US, -, Hamas, talks.
        let counts = scorer.counts(&judged);
        let at = |first: usize, second: usize| counts[[0, first * 4 + second]];
        assert_eq!((at(2, 1), at(2, 0), at(2, 3), at(0, 0)), (1, 1, 1, 1));
    }
}
