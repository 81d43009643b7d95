//! Gold and predictions of the same documents to counts, confusion and single mistakes.

use super::Answer;
use crate::base::{CharText, Span, Stance};
use crate::corpus::Document;
use crate::metrics::{
    ExactSpans, Family, LabelCounts, Matching, Semeval2013, SpanError, StanceScores, TargetScores, Unit, UnknownLabel,
    align, count_labels,
};
use ndarray::Array2;
use std::collections::BTreeMap;

/// What a confusion table calls the lack of an entity.
pub const NOTHING: &str = "—";

/// Characters of context on each side of a mistake.
const CONTEXT: usize = 60;

/// Scores answers of one kind. Counts of two models that one scorer made can be paired.
#[derive(Debug, Clone)]
pub enum Scorer {
    /// Entities by exact span and label.
    Spans(ExactSpans),
    /// Stances by class.
    Stances(StanceScores),
}

/// Gold and prediction of one document.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// The document.
    pub document: &'a Document,
    /// The hand-made answer.
    pub gold: &'a Answer,
    /// The model's answer.
    pub predicted: &'a Answer,
}

/// One cell of a confusion table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confused {
    /// The gold class, or [`NOTHING`].
    pub gold: String,
    /// The predicted class, or [`NOTHING`].
    pub predicted: String,
    /// False for an entity whose span is not the gold one.
    pub exact: bool,
    /// How often.
    pub count: u64,
}

/// An answer's place and label, in gold or in a prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Where in the text; None for a stance.
    pub span: Option<Span>,
    /// Entity label or stance.
    pub label: String,
    /// The surface, or the target of a stance.
    pub text: String,
    /// Confidence in 0..=1; None in gold.
    pub score: Option<f64>,
}

/// One wrong answer with its context.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistake {
    /// The document's id.
    pub document: String,
    /// One of [`Mistake::KINDS`].
    pub kind: &'static str,
    /// The gold answer, but for a spurious entity.
    pub gold: Option<Mark>,
    /// The predicted answer, but for a missed entity.
    pub predicted: Option<Mark>,
    /// The text before the outermost span.
    pub before: String,
    /// The text from the first to the last character of both spans.
    pub middle: String,
    /// The text after it.
    pub after: String,
}

impl Scorer {
    /// A scorer for entities whose labels are `declared` or occur in any of the answers.
    pub fn spans<'a>(declared: &'a [String], answers: impl IntoIterator<Item = &'a Answer>) -> Self {
        let seen = answers.into_iter().flat_map(|answer| answer.entities().iter().map(|entity| entity.label.as_str()));
        Self::Spans(ExactSpans::new(declared.iter().map(String::as_str).chain(seen)))
    }

    /// A scorer for stances decided by a named rule.
    pub fn stances(rule: Option<&str>) -> Self {
        Self::Stances(rule.map_or_else(StanceScores::new, StanceScores::decided_by))
    }

    /// The same scorer for answers that another rule decided; a rule is a part of stances' signatures only.
    #[must_use]
    pub fn decided_by(&self, rule: &str) -> Self {
        match self {
            Self::Spans(family) => Self::Spans(family.clone()),
            Self::Stances(_) => Self::stances(Some(rule)),
        }
    }

    /// The family of metrics.
    pub fn family(&self) -> &dyn Family {
        match self {
            Self::Spans(family) => family,
            Self::Stances(family) => family,
        }
    }

    /// Counts a document, `[documents, columns]`, columns as the family names them.
    ///
    /// # Errors
    /// [`UnknownLabel`] when an answer has a label that the scorer was not made for.
    pub fn counts(&self, judged: &[Judged<'_>]) -> Result<Array2<u32>, UnknownLabel> {
        match self {
            Self::Spans(family) => {
                let rows: Vec<LabelCounts<'_>> =
                    judged.iter().map(|j| count_labels(j.gold.entities(), j.predicted.entities())).collect();
                family.table(&rows)
            }
            Self::Stances(family) => {
                let items = judged.iter().map(|j| pairs(j).map(|pair| (pair.gold, pair.predicted)).collect());
                Ok(family.table(&items.collect::<Vec<_>>()))
            }
        }
    }

    /// The other families of metrics, with their counts as [`Scorer::counts`] gives them: of entities the partial credit of
    /// `SemEval-2013`, of stances the measures target by target.
    ///
    /// # Panics
    /// When an answer has a label that the scorer was not made for.
    pub fn others(&self, judged: &[Judged<'_>]) -> Vec<(Box<dyn Family>, Array2<u32>)> {
        match self {
            Self::Spans(family) => {
                let labels = family.labels().iter().map(String::as_str);
                let family = Semeval2013::new(Matching::Optimal, Unit::Character, labels);
                let sides = judged.iter().map(|j| (j.gold.entities().to_vec(), j.predicted.entities().to_vec()));
                let counts = family.table(&sides.collect::<Vec<_>>()).expect("the scorer knows every label");
                vec![(Box::new(family), counts)]
            }
            Self::Stances(scores) => {
                let items = |j| pairs(j).map(|pair| (pair.target, pair.gold, pair.predicted)).collect::<Vec<_>>();
                let items: Vec<_> = judged.iter().map(items).collect();
                let targets = items.iter().flatten().map(|(target, ..)| *target);
                let family = TargetScores::decided_by(scores.rule(), targets);
                let counts = family.table(&items).expect("the family was made from these targets");
                vec![(Box::new(family), counts)]
            }
        }
    }

    /// How often which class was taken for which.
    pub fn confusion(&self, judged: &[Judged<'_>]) -> Vec<Confused> {
        let mut cells: BTreeMap<(String, String, bool), u64> = BTreeMap::new();
        let mut add = |gold: &str, predicted: &str, exact: bool, count: u64| {
            *cells.entry((gold.to_owned(), predicted.to_owned(), !exact)).or_default() += count;
        };
        for j in judged {
            for pair in pairs(j) {
                add(pair.gold.name(), pair.predicted.name(), true, 1);
            }
            for (label, counts) in count_labels(j.gold.entities(), j.predicted.entities()) {
                if counts.tp > 0 {
                    add(label, label, true, counts.tp);
                }
            }
            for error in align(j.gold.entities(), j.predicted.entities()) {
                let label = |side: Option<&crate::base::Entity>| side.map_or(NOTHING.to_owned(), |e| e.label.clone());
                add(&label(error.gold()), &label(error.predicted()), !error.is_inexact(), 1);
            }
        }
        let cell = |((gold, predicted, inexact), count): ((_, _, bool), _)| Confused {
            gold,
            predicted,
            exact: !inexact,
            count,
        };
        cells.into_iter().map(cell).collect()
    }
}

impl Mistake {
    /// Every kind of mistake.
    pub const KINDS: [&'static str; 10] = [
        "missed",
        "spurious",
        "wrong label",
        "too long",
        "too short",
        "shifted",
        "wrong both",
        "split",
        "merged",
        "wrong stance",
    ];

    /// The kind of that name; None for a word that is no kind.
    pub fn kind_named(name: &str) -> Option<&'static str> {
        Self::KINDS.into_iter().find(|kind| *kind == name)
    }
}

/// Every wrong answer, in the order of documents and positions.
pub fn mistakes(judged: &[Judged<'_>]) -> Vec<Mistake> {
    judged.iter().flat_map(|j| span_mistakes(j).into_iter().chain(stance_mistakes(j))).collect()
}

fn span_mistakes(judged: &Judged<'_>) -> Vec<Mistake> {
    let errors = align(judged.gold.entities(), judged.predicted.entities());
    if errors.is_empty() {
        return Vec::new();
    }
    let text = CharText::new(&judged.document.text);
    let cut = |start: usize, end: usize| text.get(Span::new(start, end)).unwrap_or_default().to_owned();
    let mark = |entity: &crate::base::Entity| Mark {
        span: Some(entity.span),
        label: entity.label.clone(),
        text: text.get(entity.span).unwrap_or_default().to_owned(),
        score: entity.score,
    };
    let of_error = |error: SpanError<'_>| {
        let (gold, predicted) = (error.gold().map(mark), error.predicted().map(mark));
        let spans: Vec<Span> = [&gold, &predicted].into_iter().flatten().filter_map(|mark| mark.span).collect();
        let start = spans.iter().map(|span| span.start).min().unwrap_or(0);
        let end = spans.iter().map(|span| span.end).max().unwrap_or(0);
        Mistake {
            document: judged.document.id.clone(),
            kind: error.name(),
            before: cut(start.saturating_sub(CONTEXT), start),
            middle: cut(start, end),
            after: cut(end, (end + CONTEXT).min(text.len())),
            gold,
            predicted,
        }
    };
    errors.into_iter().map(of_error).collect()
}

fn stance_mistakes(judged: &Judged<'_>) -> Vec<Mistake> {
    let start: String = judged.document.text.chars().take(2 * CONTEXT).collect();
    let wrong = pairs(judged).filter(|pair| pair.gold != pair.predicted);
    let mark = |stance: Stance, target: &str, score| Mark {
        span: None,
        label: stance.to_string(),
        text: target.to_owned(),
        score,
    };
    wrong
        .map(|pair| Mistake {
            document: judged.document.id.clone(),
            kind: "wrong stance",
            gold: Some(mark(pair.gold, pair.target, None)),
            predicted: Some(mark(pair.predicted, pair.target, pair.score)),
            before: String::new(),
            middle: start.clone(),
            after: String::new(),
        })
        .collect()
}

/// A gold stance and the prediction for the same target.
struct StancePair<'a> {
    target: &'a str,
    gold: Stance,
    predicted: Stance,
    score: Option<f64>,
}

fn pairs<'a>(judged: &Judged<'a>) -> impl Iterator<Item = StancePair<'a>> {
    let predicted = judged.predicted.stances();
    judged.gold.stances().iter().filter_map(move |gold| {
        let line = predicted.iter().find(|line| line.target == gold.target)?;
        let score = line.scores.map(|scores| scores[line.stance.index()]);
        Some(StancePair { target: &gold.target, gold: gold.stance, predicted: line.stance, score })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Entity;

    fn entities(marks: &[(usize, usize, &str)]) -> Answer {
        let entity = |&(start, end, label): &(usize, usize, &str)| Entity {
            span: Span::new(start, end),
            label: label.to_owned(),
            score: None,
        };
        Answer::Entities(marks.iter().map(entity).collect())
    }

    #[test]
    fn every_span_error_comes_with_its_context_and_once() {
        let document = Document { id: "d".to_owned(), text: "In Gaza Strip, Kushner spoke to Axios.".to_owned() };
        let gold = entities(&[(3, 13, "LOC"), (15, 22, "PER"), (32, 37, "ORG")]);
        let predicted = entities(&[(3, 7, "LOC"), (15, 22, "PER"), (23, 28, "PER")]);
        let judged = [Judged { document: &document, gold: &gold, predicted: &predicted }];
        let found = mistakes(&judged);
        assert_eq!(found.iter().map(|m| m.kind).collect::<Vec<_>>(), ["too short", "spurious", "missed"]);
        assert_eq!((found[0].before.as_str(), found[0].middle.as_str()), ("In ", "Gaza Strip"));
        let scorer = Scorer::spans(&[], [&gold, &predicted]);
        let counts = scorer.counts(&judged).expect("all labels are known");
        assert_eq!(counts.row(0).to_vec(), [0, 1, 1, 0, 0, 1, 1, 1, 0]);
        let confusion = scorer.confusion(&judged);
        let cell = |gold: &str, predicted: &str| confusion.iter().find(|c| c.gold == gold && c.predicted == predicted);
        assert_eq!(cell("LOC", "LOC").map(|c| (c.exact, c.count)), Some((false, 1)));
        assert_eq!(cell("ORG", NOTHING).map(|c| c.count), Some(1));
        assert_eq!(cell(NOTHING, "PER").map(|c| c.count), Some(1));
    }
}
