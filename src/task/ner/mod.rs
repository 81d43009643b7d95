//! Named-entity recognition: one window at a time, one answer a document.
//!
//! In: a document's tokens and the logits of its windows. Out: labelled character spans with confidence.

mod decode;
mod windows;

pub use decode::Aggregation;
pub use windows::TokenRule;

use super::labels::{LabelMap, Tag, tags};
use super::{Answer, Prepared, Question, Task, TaskError, TaskName, WindowOptions, confidence_rule};
use crate::base::CharText;
use crate::corpus::Document;
use crate::engine::{Config, Head, Logits};
use crate::text::{Tokenizer, split};
use serde::Serialize;
use std::fmt::Write;

/// How entities are decoded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NerOptions {
    /// How tokens become entities.
    pub aggregation: Aggregation,
    /// What becomes of a token that stands in several windows.
    pub window_rule: TokenRule,
    /// What logits are divided by before the softmax; above 0.
    pub temperature: f64,
    /// Entities with a lower score are dropped; in 0..=1.
    pub threshold: f64,
    /// How long sequences are.
    pub windows: WindowOptions,
}

impl Default for NerOptions {
    fn default() -> Self {
        Self {
            aggregation: Aggregation::default(),
            window_rule: TokenRule::default(),
            temperature: 1.0,
            threshold: 0.0,
            windows: WindowOptions::default(),
        }
    }
}

impl NerOptions {
    /// The rule that decides answers: the aggregation, then whatever is not the default, such as
    /// `first,windows=mean@1,temperature=2,threshold=0.5`.
    pub fn rule(&self) -> String {
        let mut rule = self.aggregation.name().to_owned();
        if self.window_rule != TokenRule::default() {
            let _ = write!(rule, ",windows={}", self.window_rule.versioned());
        }
        rule + &confidence_rule(self.temperature, self.threshold)
    }
}

/// The task, bound to a model's labels and limits.
#[derive(Debug, Clone)]
pub struct Ner {
    tags: Vec<Tag>,
    options: NerOptions,
    max_tokens: usize,
}

impl Ner {
    /// Binds the task to a model and what is said of its classes.
    ///
    /// # Errors
    /// [`TaskError`] when the model has no token head, its labels say nothing, or the map does not fit them.
    pub fn new(model: &Config, labels: &LabelMap, options: NerOptions) -> Result<Self, TaskError> {
        if model.head != Head::Token {
            let architecture = model.class();
            return Err(TaskError::Head { task: TaskName::Ner, needed: "token-classification", architecture });
        }
        Ok(Self { tags: tags(&model.labels, labels)?.tags, options, max_tokens: model.max_tokens })
    }
}

impl Task for Ner {
    fn head(&self) -> Head {
        Head::Token
    }

    fn prepare(&self, document: &Document, tokenizer: &Tokenizer, _: &[String]) -> Result<Prepared, TaskError> {
        let text = CharText::new(&document.text);
        let tokens = tokenizer.tokens(&text, &format!("document `{}`", document.id))?;
        let (added, before) = tokenizer.single_frame();
        let windows = split(tokens.len(), self.options.windows.resolve(self.max_tokens, added, " by special tokens")?);
        let ids: Vec<u32> = tokens.iter().map(|token| token.id).collect();
        let sequences = windows.iter().map(|window| tokenizer.single(&ids[window.tokens.clone()])).collect();
        Ok(Prepared { tokens, windows, questions: vec![Question::default()], sequences, before })
    }

    fn decode(&self, _: &Document, prepared: &Prepared, logits: &[Logits]) -> Answer {
        let NerOptions { aggregation, window_rule, temperature, threshold, .. } = self.options;
        let probabilities = window_rule.probabilities(prepared, logits, temperature);
        let mut entities = aggregation.decode(&self.tags, &prepared.tokens, &probabilities);
        entities.retain(|entity| entity.score.is_none_or(|score| score >= threshold));
        Answer::Entities(entities)
    }
}
