//! Named, versioned rules from inference probabilities to stances.

use crate::task::labels::Inference;
use crate::task::softmax;
use ndarray::ArrayRef1;
use serde::{Deserialize, Serialize};

/// From the logits of one hypothesis over one window, divided by the temperature before the softmax, to a score in 0..=1. A
/// stance's score is the mean over its hypotheses, weighted where templates have weights, and the stance with the greatest
/// score is the answer; of equals, the first of favor, against, neutral. A side whose share of the three scores is below the
/// threshold is not taken: the answer is neutral then, as for a text in which the tokenizer finds nothing.
/// The name and the version are part of every stance metric's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The probability of entailment among all classes.
    #[default]
    ArgmaxHypotheses,
    /// The probability of entailment against contradiction alone, other classes left out.
    EntailVsContradict,
}

impl Rule {
    /// Name and version, such as `argmax-hypotheses@1`. The version goes up when the rule gives another answer.
    pub fn versioned(self) -> &'static str {
        match self {
            Self::ArgmaxHypotheses => "argmax-hypotheses@1",
            Self::EntailVsContradict => "entail-vs-contradict@1",
        }
    }

    pub(super) fn score(self, logits: &ArrayRef1<f32>, classes: Inference, temperature: f64) -> f64 {
        let probabilities = softmax(logits, temperature);
        let entailment = probabilities[classes.entailment];
        match self {
            Self::ArgmaxHypotheses => entailment,
            // Both can underflow to zero only when a third class has all the weight: then neither is likelier.
            Self::EntailVsContradict => match entailment + probabilities[classes.contradiction] {
                sum if sum > 0.0 => entailment / sum,
                _ => 0.5,
            },
        }
    }
}

/// From the windows of a long document to the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WindowRule {
    /// The mean over windows, each weighted by the tokens that it decides.
    #[default]
    Mean,
    /// The greatest score of any window.
    Max,
}

impl WindowRule {
    /// Name and version.
    pub fn versioned(self) -> &'static str {
        match self {
            Self::Mean => "mean@1",
            Self::Max => "max@1",
        }
    }

    pub(super) fn combine(self, scores: &[f64], weights: &[f64]) -> f64 {
        match self {
            Self::Mean => {
                let sum: f64 = weights.iter().sum();
                scores.iter().zip(weights).map(|(score, weight)| score * weight).sum::<f64>() / sum
            }
            Self::Max => scores.iter().copied().fold(0.0, f64::max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr1;

    const CLASSES: Inference = Inference { entailment: 2, contradiction: 0 };

    #[test]
    fn the_rules_differ_in_what_neutral_takes() {
        // Probabilities 1/8, 5/8, 2/8.
        let logits = arr1(&[1.0f32.ln(), 5.0f32.ln(), 2.0f32.ln()]);
        assert!((Rule::ArgmaxHypotheses.score(&logits, CLASSES, 1.0) - 0.25).abs() < 1e-7);
        assert!((Rule::EntailVsContradict.score(&logits, CLASSES, 1.0) - 2.0 / 3.0).abs() < 1e-7);
        // 2 to 1 at temperature 1 is 4 to 1 at a half.
        assert!((Rule::EntailVsContradict.score(&logits, CLASSES, 0.5) - 0.8).abs() < 1e-7);
    }

    #[test]
    fn windows_weigh_by_what_they_decide() {
        assert!((WindowRule::Mean.combine(&[0.2, 0.8], &[3.0, 1.0]) - 0.35).abs() < 1e-12);
        assert!((WindowRule::Max.combine(&[0.2, 0.8], &[3.0, 1.0]) - 0.8).abs() < 1e-12);
    }
}
