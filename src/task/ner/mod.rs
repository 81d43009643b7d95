//! Named-entity recognition: one window at a time, one answer a document.
//!
//! In: a document's tokens and the logits of its windows. Out: labelled character spans with confidence.

mod decode;

pub use decode::Aggregation;

use super::labels::{Tag, tags};
use super::{Answer, Prepared, Question, Task, TaskError, TaskName, WindowOptions};
use crate::base::CharText;
use crate::corpus::Document;
use crate::engine::{Config, Head, Logits};
use crate::text::{Tokenizer, split};
use ndarray::{Array2, Axis, Slice};

/// The task, bound to a model's labels and limits.
#[derive(Debug, Clone)]
pub struct Ner {
    tags: Vec<Tag>,
    aggregation: Aggregation,
    windows: WindowOptions,
    max_tokens: usize,
}

impl Ner {
    /// Binds the task to a model.
    ///
    /// # Errors
    /// [`TaskError`] when the model has no token head, or its labels say nothing.
    pub fn new(model: &Config, aggregation: Aggregation, windows: WindowOptions) -> Result<Self, TaskError> {
        if model.head != Head::Token {
            let architecture = model.architecture.clone();
            return Err(TaskError::Head { task: TaskName::Ner, needed: "token-classification", architecture });
        }
        Ok(Self { tags: tags(&model.labels)?, aggregation, windows, max_tokens: model.max_tokens })
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
        let windows = split(tokens.len(), self.windows.resolve(self.max_tokens, added, " by special tokens")?);
        let ids: Vec<u32> = tokens.iter().map(|token| token.id).collect();
        let sequences = windows.iter().map(|window| tokenizer.single(&ids[window.tokens.clone()])).collect();
        Ok(Prepared { tokens, windows, questions: vec![Question::default()], sequences, before })
    }

    fn decode(&self, _: &Document, prepared: &Prepared, logits: &[Logits]) -> Answer {
        Answer::Entities(self.aggregation.decode(&self.tags, &prepared.tokens, &token_logits(prepared, logits)))
    }
}

/// One row for each of the document's tokens, `[tokens, classes]`, taken from the window that decides it.
pub fn token_logits(prepared: &Prepared, logits: &[Logits]) -> Array2<f32> {
    let classes = logits.first().map_or(0, Array2::ncols);
    let mut rows = Array2::zeros((prepared.tokens.len(), classes));
    for (window, logits) in prepared.windows.iter().zip(logits) {
        let from = window.decided.start - window.tokens.start + prepared.before;
        let decided = logits.slice_axis(Axis(0), Slice::from(from..from + window.decided.len()));
        rows.slice_axis_mut(Axis(0), Slice::from(window.decided.clone())).assign(&decided);
    }
    rows
}
