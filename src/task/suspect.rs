//! Answers on which every model contradicts the gold in the same way, and is sure: where the gold may be wrong.

use super::{Mark, Mistake};
use crate::base::Span;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A place where the gold is to be looked at. Models share much of what they learnt from, so that it is a question and no answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspect {
    /// The document's id.
    pub document: String,
    /// What every model says; its score is the least of the models' confidences.
    pub predicted: Mark,
    /// What the gold says there: the entities that the predicted one overlaps, in order, or the stance; empty: nothing.
    pub gold: Vec<Mark>,
    /// Each model with its confidence in 0..=1, in the order given.
    pub confidences: Vec<(String, f64)>,
    /// The text before the outermost span.
    pub before: String,
    /// The text from the first to the last character of both spans.
    pub middle: String,
    /// The text after it.
    pub after: String,
}

impl Suspect {
    /// The least of the models' confidences, in 0..=1.
    pub fn confidence(&self) -> f64 {
        self.predicted.score.unwrap_or_default()
    }
}

/// Document, span, label, and surface or target: two predictions with one place are the same answer.
type Place<'a> = (&'a str, Option<Span>, &'a str, &'a str);

/// The wrong predictions that all of `models` (names and mistakes on the same documents) make alike, each with at least
/// `confidence`. By the least confidence, greatest first, then by document and position. What models fail to find is none:
/// they give no confidence for it.
pub fn suspects(models: &[(&str, Vec<&Mistake>)], confidence: f64) -> Vec<Suspect> {
    let sure: Vec<BTreeMap<Place<'_>, (&Mistake, f64)>> =
        models.iter().map(|(_, mistakes)| sure(mistakes, confidence)).collect();
    let Some((first, others)) = sure.split_first() else { return Vec::new() };
    let mut gold: BTreeMap<&str, Vec<&Mark>> = BTreeMap::new();
    for mistake in models.iter().flat_map(|(_, mistakes)| mistakes) {
        gold.entry(&mistake.document).or_default().extend(&mistake.gold);
    }
    let mut found = Vec::new();
    for (place, (mistake, own)) in first {
        let theirs: Option<Vec<f64>> = others.iter().map(|other| other.get(place).map(|(_, sure)| *sure)).collect();
        let (Some(theirs), Some(predicted)) = (theirs, &mistake.predicted) else { continue };
        let all: Vec<f64> = std::iter::once(*own).chain(theirs).collect();
        let least = all.iter().copied().fold(f64::INFINITY, f64::min);
        found.push(Suspect {
            document: mistake.document.clone(),
            predicted: Mark { score: Some(least), ..predicted.clone() },
            gold: gold_there(mistake, predicted, gold.get(mistake.document.as_str()).map_or(&[], Vec::as_slice)),
            confidences: models.iter().zip(all).map(|((name, _), sure)| ((*name).to_owned(), sure)).collect(),
            before: mistake.before.clone(),
            middle: mistake.middle.clone(),
            after: mistake.after.clone(),
        });
    }
    // Stable: equals stay in the order of places.
    found.sort_by(|a, b| b.confidence().partial_cmp(&a.confidence()).unwrap_or(Ordering::Equal));
    found
}

fn sure<'a>(mistakes: &[&'a Mistake], confidence: f64) -> BTreeMap<Place<'a>, (&'a Mistake, f64)> {
    let place = |mistake: &'a Mistake| {
        let mark = mistake.predicted.as_ref()?;
        let score = mark.score.filter(|&score| score >= confidence)?;
        Some(((mistake.document.as_str(), mark.span, mark.label.as_str(), mark.text.as_str()), (mistake, score)))
    };
    mistakes.iter().filter_map(|mistake| place(mistake)).collect()
}

/// The gold of a suspect. A mistake pairs a prediction with one gold entity; the others that it overlaps are there as missed,
/// or are paired with another prediction.
fn gold_there(mistake: &Mistake, predicted: &Mark, of_document: &[&Mark]) -> Vec<Mark> {
    let Some(place) = predicted.span else { return mistake.gold.iter().cloned().collect() };
    let inside = of_document.iter().filter(|mark| mark.span.is_some_and(|span| span.overlaps(place)));
    let mut marks: Vec<Mark> = inside.map(|mark| (*mark).clone()).collect();
    marks.sort_by(|a, b| (a.span, &a.label).cmp(&(b.span, &b.label)));
    marks.dedup();
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(span: (usize, usize), label: &str, score: Option<f64>) -> Mark {
        Mark { span: Some(Span::new(span.0, span.1)), label: label.to_owned(), text: String::new(), score }
    }

    fn mistake(document: &str, gold: Option<Mark>, predicted: Option<Mark>) -> Mistake {
        let (before, middle, after) = Default::default();
        Mistake { document: document.to_owned(), kind: "wrong both", gold, predicted, before, middle, after }
    }

    fn of<'a>(models: &[(&'a str, &'a [Mistake])], confidence: f64) -> Vec<Suspect> {
        let models: Vec<_> = models.iter().map(|(name, mistakes)| (*name, mistakes.iter().collect())).collect();
        suspects(&models, confidence)
    }

    #[test]
    fn what_all_models_say_alike_is_ordered_by_the_least_confidence() {
        let one = [
            mistake("a", None, Some(mark((0, 4), "PER", Some(0.99)))),
            mistake("b", Some(mark((0, 4), "LOC", None)), Some(mark((0, 4), "PER", Some(0.95)))),
            mistake("b", None, Some(mark((8, 9), "PER", Some(0.99)))),
            mistake("b", None, Some(mark((10, 12), "PER", Some(0.99)))),
            mistake("b", Some(mark((20, 22), "PER", None)), None),
        ];
        let two = [
            mistake("a", None, Some(mark((0, 4), "PER", Some(0.91)))),
            mistake("b", Some(mark((0, 4), "LOC", None)), Some(mark((0, 4), "PER", Some(0.96)))),
            mistake("b", None, Some(mark((8, 9), "ORG", Some(0.99)))),
            mistake("b", None, Some(mark((10, 12), "PER", Some(0.5)))),
            mistake("b", Some(mark((20, 22), "PER", None)), None),
        ];
        let found = of(&[("one", &one), ("two", &two)], 0.9);
        let told: Vec<_> = found.iter().map(|suspect| (suspect.document.as_str(), suspect.confidence())).collect();
        assert_eq!(told, [("b", 0.95), ("a", 0.91)]);
        assert_eq!(found[0].confidences, [("one".to_owned(), 0.95), ("two".to_owned(), 0.96)]);
        assert_eq!(of(&[("one", &one)], 0.9).len(), 4);
        assert!(of(&[], 0.9).is_empty());
    }

    #[test]
    fn all_gold_that_a_prediction_overlaps_is_told_once() {
        let long = |gold| mistake("a", gold, Some(mark((0, 20), "ORG", Some(1.0))));
        let (left, right) = (mark((0, 8), "PER", None), mark((12, 20), "LOC", None));
        let one = [long(Some(left.clone())), mistake("a", Some(right.clone()), None)];
        let two = [long(Some(right.clone())), mistake("a", Some(left.clone()), None)];
        assert_eq!(of(&[("one", &one), ("two", &two)], 0.9)[0].gold, [left, right]);
    }

    #[test]
    fn a_stance_is_the_same_towards_the_same_target_only() {
        let towards = |target: &str, score| {
            let mark =
                |label: &str, score| Mark { span: None, label: label.to_owned(), text: target.to_owned(), score };
            mistake("a", Some(mark("neutral", None)), Some(mark("favor", Some(score))))
        };
        let (one, two) = ([towards("deal", 0.9), towards("talks", 0.9)], [towards("talks", 0.99)]);
        let found = of(&[("one", &one), ("two", &two)], 0.9);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].predicted.text.as_str(), found[0].gold[0].label.as_str()), ("talks", "neutral"));
    }
}
