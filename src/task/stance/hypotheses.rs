//! The sentences about an author's attitude that are tested against a text.

use crate::base::Stance;
use crate::corpus::Target;
use crate::task::Question;
use serde::{Deserialize, Serialize};

/// Templates by stance; `{}` stands for the target's phrase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Hypotheses {
    favor: Vec<String>,
    against: Vec<String>,
    neutral: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    favor: Vec<String>,
    against: Vec<String>,
    neutral: Vec<String>,
}

/// How much each of a stance's templates counts in its score: numbers in the shape of [`Hypotheses`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenWeights")]
pub struct TemplateWeights {
    favor: Vec<f64>,
    against: Vec<f64>,
    neutral: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenWeights {
    favor: Vec<f64>,
    against: Vec<f64>,
    neutral: Vec<f64>,
}

/// Why templates were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HypothesisError {
    /// A stance has no template.
    #[error("stance `{0}` has no hypothesis template")]
    NoTemplate(Stance),
    /// A template does not say where the target goes, or says it twice.
    #[error("the hypothesis template `{0}` needs `{{}}` exactly once, where the target's phrase goes")]
    NoPlace(String),
    /// Weights say nothing.
    #[error("the template weights of stance `{0}` must be numbers of at least 0, and one of them above 0")]
    Weights(Stance),
}

impl TryFrom<Written> for Hypotheses {
    type Error = HypothesisError;

    fn try_from(written: Written) -> Result<Self, HypothesisError> {
        let hypotheses = Self { favor: written.favor, against: written.against, neutral: written.neutral };
        for stance in Stance::ALL {
            let templates = hypotheses.templates(stance);
            if templates.is_empty() {
                return Err(HypothesisError::NoTemplate(stance));
            }
            if let Some(template) = templates.iter().find(|template| template.matches("{}").count() != 1) {
                return Err(HypothesisError::NoPlace(template.clone()));
            }
        }
        Ok(hypotheses)
    }
}

impl TryFrom<WrittenWeights> for TemplateWeights {
    type Error = HypothesisError;

    fn try_from(written: WrittenWeights) -> Result<Self, HypothesisError> {
        let weights = Self { favor: written.favor, against: written.against, neutral: written.neutral };
        let sound = |weights: &[f64]| {
            weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0)
                && weights.iter().any(|weight| *weight > 0.0)
        };
        match Stance::ALL.into_iter().find(|stance| !sound(weights.of(*stance))) {
            Some(stance) => Err(HypothesisError::Weights(stance)),
            None => Ok(weights),
        }
    }
}

impl TemplateWeights {
    /// Of a stance's templates, in their order; at least 0, and one above 0.
    pub(super) fn of(&self, stance: Stance) -> &[f64] {
        match stance {
            Stance::Favor => &self.favor,
            Stance::Against => &self.against,
            Stance::Neutral => &self.neutral,
        }
    }

    /// The first stance that has another number of templates than of weights, with both numbers; None when all fit.
    pub fn misfit(&self, hypotheses: &Hypotheses) -> Option<(Stance, usize, usize)> {
        let lengths = |stance| (stance, hypotheses.templates(stance).len(), self.of(stance).len());
        Stance::ALL.into_iter().map(lengths).find(|(_, templates, weights)| templates != weights)
    }

    /// True when each stance weighs its templates alike, which is as if there were no weights.
    pub(super) fn alike(&self) -> bool {
        Stance::ALL.iter().all(|&stance| self.of(stance).windows(2).all(|pair| pair[0].to_bits() == pair[1].to_bits()))
    }

    /// Of favor, against and neutral, such as `2:1/1:1/1:1`.
    pub(super) fn name(&self) -> String {
        let of = |stance| self.of(stance).iter().map(f64::to_string).collect::<Vec<_>>().join(":");
        Stance::ALL.map(of).join("/")
    }
}

impl Default for Hypotheses {
    /// The templates of the bundled model's card.
    fn default() -> Self {
        let own = |templates: [&str; 2]| templates.map(str::to_owned).to_vec();
        Self {
            favor: own(["The author of this text is in favour of {}.", "This text is favourable towards {}."]),
            against: own(["The author of this text is against {}.", "This text is critical of {}."]),
            neutral: own(["The author of this text is neutral towards {}.", "This text takes no side on {}."]),
        }
    }
}

impl Hypotheses {
    /// The target's phrase and nothing else, once.
    pub(in crate::task) fn phrase_alone() -> Self {
        Self { favor: vec!["{}".to_owned()], against: Vec::new(), neutral: Vec::new() }
    }

    fn templates(&self, stance: Stance) -> &[String] {
        match stance {
            Stance::Favor => &self.favor,
            Stance::Against => &self.against,
            Stance::Neutral => &self.neutral,
        }
    }

    /// Every hypothesis about a target, stance after stance.
    pub(super) fn questions(&self, target: &Target) -> impl Iterator<Item = Question> + '_ {
        let (id, phrase) = (target.id.clone(), target.phrase.clone());
        Stance::ALL.into_iter().flat_map(move |stance| {
            let (id, phrase) = (id.clone(), phrase.clone());
            self.templates(stance).iter().map(move |template| Question {
                target: id.clone(),
                stance: stance.index(),
                hypothesis: template.replacen("{}", &phrase, 1),
            })
        })
    }
}
