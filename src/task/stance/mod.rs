//! Zero-shot stance: does the text entail that its author is for, against, or neutral?
//!
//! In: a document and the targets that are asked about; one sequence for each hypothesis and window. Out: a stance for
//! each target, with scores by stance.

mod hypotheses;
mod rule;

pub use hypotheses::{Hypotheses, HypothesisError};
pub use rule::{Rule, WindowRule};

use super::labels::{Inference, inference};
use super::{Answer, Prepared, Question, Task, TaskError, TaskName, WindowOptions, argmax};
use crate::base::{CharText, Stance};
use crate::corpus::{Document, StanceLine, Target};
use crate::engine::{Config, Head, Logits};
use crate::text::{Tokenizer, split};
use std::collections::BTreeMap;

/// How entailment decides a stance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StanceOptions {
    /// The sentences that are tested.
    pub hypotheses: Hypotheses,
    /// From inference probabilities to a score by stance.
    pub rule: Rule,
    /// From windows to the document.
    pub windows_rule: WindowRule,
    /// How long sequences are.
    pub windows: WindowOptions,
}

/// The task, bound to a model's classes and limits and to the targets that are asked about.
#[derive(Debug, Clone)]
pub struct StanceTask {
    options: StanceOptions,
    classes: Inference,
    max_tokens: usize,
    targets: Vec<Target>,
    /// The targets asked of a document; a document without an entry is asked about all.
    asked: BTreeMap<String, Vec<String>>,
}

impl StanceTask {
    /// Binds the task to a model. `asked` narrows the targets of single documents, by id.
    ///
    /// # Errors
    /// [`TaskError`] when the model has no sequence head, or its classes do not name entailment and contradiction.
    pub fn new(
        model: &Config,
        options: StanceOptions,
        targets: &[Target],
        asked: BTreeMap<String, Vec<String>>,
    ) -> Result<Self, TaskError> {
        if model.head != Head::Sequence {
            let architecture = model.architecture.clone();
            return Err(TaskError::Head { task: TaskName::Stance, needed: "sequence-classification", architecture });
        }
        let classes = inference(&model.labels)?;
        Ok(Self { options, classes, max_tokens: model.max_tokens, targets: targets.to_vec(), asked })
    }

    fn questions(&self, document: &str) -> Vec<Question> {
        let asked = self.asked.get(document);
        let targets = self.targets.iter().filter(|target| asked.is_none_or(|ids| ids.contains(&target.id)));
        targets.flat_map(|target| self.options.hypotheses.questions(target)).collect()
    }
}

impl Task for StanceTask {
    fn head(&self) -> Head {
        Head::Sequence
    }

    fn prepare(&self, document: &Document, tokenizer: &Tokenizer, beside: &[String]) -> Result<Prepared, TaskError> {
        let text = CharText::new(&document.text);
        let tokens = tokenizer.tokens(&text, &format!("document `{}`", document.id))?;
        let questions = self.questions(&document.id);
        let hypotheses: Vec<Vec<u32>> =
            questions.iter().map(|question| tokenizer.ids(&question.hypothesis)).collect::<Result<_, _>>()?;
        let mut longest = hypotheses.iter().map(Vec::len).max().unwrap_or(0);
        for hypothesis in beside {
            longest = longest.max(tokenizer.ids(hypothesis)?.len());
        }
        let taken = tokenizer.pair_added().ok_or(TaskError::NoPairs)? + longest;
        let size =
            self.options.windows.resolve(self.max_tokens, taken, " by special tokens and the longest hypothesis")?;
        let windows = split(tokens.len(), size);
        let ids: Vec<u32> = tokens.iter().map(|token| token.id).collect();
        let mut sequences = Vec::with_capacity(hypotheses.len() * windows.len());
        for hypothesis in &hypotheses {
            for window in &windows {
                sequences.push(tokenizer.pair(&ids[window.tokens.clone()], hypothesis).ok_or(TaskError::NoPairs)?);
            }
        }
        Ok(Prepared { tokens, windows, questions, sequences, before: tokenizer.single_frame().1 })
    }

    fn decode(&self, document: &Document, prepared: &Prepared, logits: &[Logits]) -> Answer {
        let per_question = logits.chunks(prepared.windows.len().max(1));
        let weights: Vec<f64> = prepared.windows.iter().map(|window| window.decided.len() as f64).collect();
        // For each target, the scores of each stance's hypotheses.
        let mut by_target: BTreeMap<&str, [Vec<f64>; 3]> = BTreeMap::new();
        for (question, windows) in prepared.questions.iter().zip(per_question) {
            let scores: Vec<f64> = windows.iter().map(|l| self.options.rule.score(&l.row(0), self.classes)).collect();
            let score = self.options.windows_rule.combine(&scores, &weights);
            by_target.entry(&question.target).or_default()[question.stance].push(score);
        }
        let lines = by_target.into_iter().map(|(target, by_stance)| {
            let means = by_stance.map(|scores| scores.iter().sum::<f64>() / scores.len().max(1) as f64);
            let sum: f64 = means.iter().sum();
            let scores = if sum > 0.0 { means.map(|mean| mean / sum) } else { [1.0 / 3.0; 3] };
            let stance = Stance::ALL[argmax(&means)];
            StanceLine { document: document.id.clone(), target: target.to_owned(), stance, scores: Some(scores) }
        });
        Answer::Stances(lines.collect())
    }
}
