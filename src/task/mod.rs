//! What is asked of a model: documents become sequences, logits become answers, answers become scores.
//!
//! Owns: [`Task`] and its two kinds, [`ner::Ner`] and [`stance::StanceTask`], what a model's classes mean for them, the probes, and the
//! floors that need no weights.
//! In: documents, gold, a tokenizer, logits. Out: one [`Answer`] a document, and scores. Must not: run a model, read or
//! write result files, print.

mod agreement;
mod annotators;
mod confidence;
pub mod floor;
mod labels;
pub mod ner;
pub mod probe;
mod score;
pub mod stance;
mod suspect;

pub use agreement::{ANNOTATORS, AgreementScorer};
pub use annotators::{Annotators, Labels};
pub use confidence::forecasts;
pub use labels::{ClassReading, LabelError, LabelMap, LabelReading, MapFault, Relation, Unmatched, unmatched};
pub use score::{Confused, Judged, Mark, Mistake, NOTHING, Scorer, mistakes};
pub use suspect::{Suspect, suspects};

use crate::base::{Entity, Span};
use crate::corpus::{Document, StanceLine};
use crate::engine::{Head, Logits, Sequence};
use crate::text::{Token, Tokenizer, TokenizerError, Window};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskName {
    /// Named-entity recognition.
    Ner,
    /// Zero-shot stance by natural-language inference.
    Stance,
}

impl TaskName {
    /// The name in suites, files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ner => "ner",
            Self::Stance => "stance",
        }
    }

    /// The task of that name; None for a word that names none.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Ner, Self::Stance].into_iter().find(|task| task.name() == name)
    }

    /// The id of the metric that decides which model, or which setting, is better; and its name for people.
    pub fn headline(self) -> (&'static str, &'static str) {
        match self {
            Self::Ner => ("f1", "micro-F1"),
            Self::Stance => ("macro_f1", "macro-F1"),
        }
    }
}

impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The answer for one document, of gold and of a prediction alike.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The names in it, in order.
    Entities(Vec<Entity>),
    /// The author's stances, in the order of targets.
    Stances(Vec<StanceLine>),
}

impl Answer {
    /// The entities; none of a stance answer.
    pub fn entities(&self) -> &[Entity] {
        match self {
            Self::Entities(entities) => entities,
            Self::Stances(_) => &[],
        }
    }

    /// How many entities share a character with one of the regions.
    pub fn within(&self, regions: &[Span]) -> usize {
        self.entities().iter().filter(|entity| entity.span.overlaps_any(regions)).count()
    }

    /// The answer without entities that share a character with one of the regions, which nobody labelled.
    #[must_use]
    pub fn outside(mut self, regions: &[Span]) -> Self {
        if let Self::Entities(entities) = &mut self {
            entities.retain(|entity| !entity.span.overlaps_any(regions));
        }
        self
    }

    /// The stances; none of an entity answer.
    pub fn stances(&self) -> &[StanceLine] {
        match self {
            Self::Stances(lines) => lines,
            Self::Entities(_) => &[],
        }
    }
}

/// A document as a task asks a model about it.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The document's tokens.
    pub tokens: Vec<Token>,
    /// Its windows, over `tokens`.
    pub windows: Vec<Window>,
    /// What is asked of each window; one empty question for a task that asks none.
    pub questions: Vec<Question>,
    /// What the engine reads: for each question, one sequence a window.
    pub sequences: Vec<Sequence>,
    /// Special tokens before the document's own in each sequence.
    pub before: usize,
}

/// A hypothesis about a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// The target's id; empty for a task without targets.
    pub target: String,
    /// The stance whose hypothesis this is, by position in `Stance::ALL`.
    pub stance: usize,
    /// The hypothesis; empty for a task without hypotheses.
    pub hypothesis: String,
}

/// What is asked of a model and how its logits are read.
pub trait Task: Sync {
    /// The head that a model must have.
    fn head(&self) -> Head;

    /// A document's windows and sequences. `beside` are hypotheses that are not asked, but for which windows leave room too.
    ///
    /// # Errors
    /// [`TaskError`] when the tokenizer refuses the text or a window has no room.
    fn prepare(&self, document: &Document, tokenizer: &Tokenizer, beside: &[String]) -> Result<Prepared, TaskError>;

    /// The answer from the logits of the prepared sequences, one matrix a sequence, in their order. What was prepared does
    /// not depend on how it is decoded.
    fn decode(&self, document: &Document, prepared: &Prepared, logits: &[Logits]) -> Answer;
}

/// Why a task cannot be asked of a model.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// The model's head says another kind of thing.
    #[error("task `{task}` needs a {needed} head, but the model is a {architecture}")]
    Head {
        /// The task.
        task: TaskName,
        /// The head that it needs.
        needed: &'static str,
        /// What the model is.
        architecture: String,
    },
    /// The model's labels cannot be read.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// The tokenizer refused a text, or frames no pairs.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The window's length leaves no room.
    #[error(
        "windows of {max_tokens} tokens with an overlap of {overlap} leave no room for the text ({taken} are taken{why})"
    )]
    NoRoom {
        /// Longest sequence.
        max_tokens: usize,
        /// Tokens that neighbours share.
        overlap: usize,
        /// Special tokens and the longest hypothesis.
        taken: usize,
        /// What takes them.
        why: String,
    },
    /// Windows are longer than the model's positions.
    #[error("windows of {asked} tokens are longer than the model's limit of {limit}")]
    TooLong {
        /// What the suite asks for.
        asked: usize,
        /// What the model can take.
        limit: usize,
    },
    /// The tokenizer sets no frame around a pair of texts.
    #[error("the tokenizer frames no pair of texts, which the task `stance` needs")]
    NoPairs,
}

/// How long sequences are; defaults come from the model's own limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowOptions {
    /// Longest sequence, special tokens and hypothesis included; default: what the model can take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<usize>,
    /// Tokens of the document that neighbouring windows share; default: an eighth of `max_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap: Option<usize>,
}

impl WindowOptions {
    /// The window over a document's own tokens when `taken` tokens of each sequence are not the document's.
    ///
    /// # Errors
    /// [`TaskError`] when the window is longer than the model's `limit`, or leaves no room beside overlap and `taken`.
    pub fn resolve(self, limit: usize, taken: usize, why: &str) -> Result<crate::text::WindowSize, TaskError> {
        let max_tokens = self.max_tokens.unwrap_or(limit);
        if max_tokens > limit {
            return Err(TaskError::TooLong { asked: max_tokens, limit });
        }
        let overlap = self.overlap.unwrap_or(max_tokens / 8);
        match max_tokens.checked_sub(taken) {
            Some(tokens) if tokens > overlap => Ok(crate::text::WindowSize { tokens, overlap }),
            _ => Err(TaskError::NoRoom { max_tokens, overlap, taken, why: why.to_owned() }),
        }
    }
}

/// The part of a rule that says how confidences are made and used; empty where both are the defaults.
fn confidence_rule(temperature: f64, threshold: f64) -> String {
    let part = |name: &str, value: f64, default: f64| {
        if value.to_bits() == default.to_bits() { String::new() } else { format!(",{name}={value}") }
    };
    part("temperature", temperature, 1.0) + &part("threshold", threshold, 0.0)
}

/// Softmax over one row of logits, each divided by a temperature above 0, in f64.
pub(crate) fn softmax(row: &ndarray::ArrayRef1<f32>, temperature: f64) -> Vec<f64> {
    let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f64> = row.iter().map(|&x| (f64::from(x - most) / temperature).exp()).collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.into_iter().map(|x| x / sum).collect()
}

/// Position of the greatest value; the first of equals.
pub(crate) fn argmax(values: &[f64]) -> usize {
    let mut best = 0;
    for (i, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = i;
        }
    }
    best
}
