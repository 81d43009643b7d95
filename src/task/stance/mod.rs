//! Zero-shot stance: does the text entail that its author is for, against, or neutral?
//!
//! In: a document and the targets that are asked about; one sequence for each hypothesis and window. Out: a stance for
//! each target, with scores by stance.

mod hypotheses;
mod rule;

pub use hypotheses::{Hypotheses, HypothesisError, TemplateWeights};
pub use rule::{Rule, WindowRule};

use super::labels::{Inference, LabelMap, relations};
use super::{Answer, Prepared, Question, Task, TaskError, TaskName, WindowOptions, argmax, confidence_rule};
use crate::base::{CharText, Stance};
use crate::corpus::{Document, StanceLine, Target};
use crate::engine::{Config, Head, Logits};
use crate::text::{Tokenizer, split};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// How entailment decides a stance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StanceOptions {
    /// The sentences that are tested.
    pub hypotheses: Hypotheses,
    /// How much each of them counts; None: all of a stance alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_weights: Option<TemplateWeights>,
    /// From inference probabilities to a score by stance.
    pub rule: Rule,
    /// From windows to the document.
    pub window_rule: WindowRule,
    /// What the logits of each hypothesis and window are divided by before the softmax; above 0.
    pub temperature: f64,
    /// The least share of the three stances' scores with which a side is taken; in 0..=1.
    pub threshold: f64,
    /// How long sequences are.
    pub windows: WindowOptions,
}

impl Default for StanceOptions {
    fn default() -> Self {
        Self {
            hypotheses: Hypotheses::default(),
            template_weights: None,
            rule: Rule::default(),
            window_rule: WindowRule::default(),
            temperature: 1.0,
            threshold: 0.0,
            windows: WindowOptions::default(),
        }
    }
}

impl StanceOptions {
    /// The rule that decides answers, a part of signatures: rules with their versions, then whatever is not the default, such
    /// as `argmax-hypotheses@1,windows=mean@1,weights=2:1/1:1/1:1,threshold=0.5`.
    pub fn rule(&self) -> String {
        let mut rule = format!("{},windows={}", self.rule.versioned(), self.window_rule.versioned());
        if let Some(weights) = self.weights() {
            let _ = write!(rule, ",weights={}", weights.name());
        }
        rule + &confidence_rule(self.temperature, self.threshold)
    }

    /// The weights, where they say anything.
    fn weights(&self) -> Option<&TemplateWeights> {
        self.template_weights.as_ref().filter(|weights| !weights.alike())
    }

    /// The score of a stance from those of its hypotheses, in their order: their mean, weighted where they have weights.
    fn mean(&self, stance: Stance, scores: &[f64]) -> f64 {
        let equal = vec![1.0; scores.len()];
        let weights = self.weights().map_or(equal.as_slice(), |weights| weights.of(stance));
        let sum: f64 = weights.iter().sum();
        scores.iter().zip(weights).map(|(score, weight)| score * weight).sum::<f64>() / sum
    }

    /// The answer from a score for each stance, with their shares.
    fn decide(&self, scores: [f64; 3]) -> (Stance, [f64; 3]) {
        let sum: f64 = scores.iter().sum();
        let shares = if sum > 0.0 { scores.map(|score| score / sum) } else { [1.0 / 3.0; 3] };
        let stance = Stance::ALL[argmax(&scores)];
        (if shares[stance.index()] < self.threshold { Stance::Neutral } else { stance }, shares)
    }
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
    /// Binds the task to a model and what is said of its classes. `asked` narrows the targets of single documents, by id.
    ///
    /// # Errors
    /// [`TaskError`] when the model has no sequence head, its classes do not name entailment and contradiction,
    /// or the map does not fit them.
    pub fn new(
        (model, labels): (&Config, &LabelMap),
        options: StanceOptions,
        targets: &[Target],
        asked: BTreeMap<String, Vec<String>>,
    ) -> Result<Self, TaskError> {
        if model.head != Head::Sequence {
            let architecture = model.class();
            return Err(TaskError::Head { task: TaskName::Stance, needed: "sequence-classification", architecture });
        }
        let classes = relations(&model.labels, labels)?.inference();
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
        let line = |target: &str, stance, scores| StanceLine {
            document: document.id.clone(),
            target: target.to_owned(),
            stance,
            scores: Some(scores),
        };
        if prepared.windows.is_empty() {
            // The tokenizer found nothing to read: no stance is likelier than another, and no side is taken.
            let targets: BTreeSet<&str> = prepared.questions.iter().map(|question| question.target.as_str()).collect();
            let lines = targets.into_iter().map(|target| line(target, Stance::Neutral, [1.0 / 3.0; 3]));
            return Answer::Stances(lines.collect());
        }
        let per_question = logits.chunks(prepared.windows.len());
        let weights: Vec<f64> = prepared.windows.iter().map(|window| window.decided.len() as f64).collect();
        // For each target, the scores of each stance's hypotheses.
        let mut by_target: BTreeMap<&str, [Vec<f64>; 3]> = BTreeMap::new();
        for (question, windows) in prepared.questions.iter().zip(per_question) {
            let scores: Vec<f64> = windows
                .iter()
                .map(|l| self.options.rule.score(&l.row(0), self.classes, self.options.temperature))
                .collect();
            let score = self.options.window_rule.combine(&scores, &weights);
            by_target.entry(&question.target).or_default()[question.stance].push(score);
        }
        let lines = by_target.into_iter().map(|(target, by_stance)| {
            let means = Stance::ALL.map(|stance| self.options.mean(stance, &by_stance[stance.index()]));
            let (stance, scores) = self.options.decide(means);
            line(target, stance, scores)
        });
        Answer::Stances(lines.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_below_the_threshold_is_not_taken() {
        let options = |threshold| StanceOptions { threshold, ..StanceOptions::default() };
        let scores = [0.5, 0.3, 0.2];
        assert_eq!(options(0.0).decide(scores).0, Stance::Favor);
        assert_eq!(options(0.5).decide(scores), (Stance::Favor, scores));
        assert_eq!(options(0.6).decide(scores), (Stance::Neutral, scores));
    }

    #[test]
    fn templates_count_by_their_weights() {
        let weights: TemplateWeights =
            toml::from_str("favor = [3, 1]\nagainst = [0, 1]\nneutral = [1, 1]").expect("weights");
        let options = StanceOptions { template_weights: Some(weights), temperature: 0.5, ..StanceOptions::default() };
        assert!((options.mean(Stance::Favor, &[0.4, 0.8]) - 0.5).abs() < 1e-12);
        assert!((options.mean(Stance::Against, &[0.4, 0.8]) - 0.8).abs() < 1e-12);
        assert_eq!(options.rule(), "argmax-hypotheses@1,windows=mean@1,weights=3:1/0:1/1:1,temperature=0.5");
        assert_eq!(StanceOptions::default().rule(), "argmax-hypotheses@1,windows=mean@1");
        let alike: TemplateWeights =
            toml::from_str("favor = [3, 3]\nagainst = [1, 1]\nneutral = [0.1, 0.1]").expect("weights");
        let alike = StanceOptions { template_weights: Some(alike), ..StanceOptions::default() };
        assert_eq!(alike.rule(), StanceOptions::default().rule());
        let mean = |options: &StanceOptions| options.mean(Stance::Neutral, &[0.3, 0.8]).to_bits();
        assert_eq!(mean(&alike), mean(&StanceOptions::default()));
    }
}
