//! The answer types that gold and predictions share.

use crate::base::Span;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A labelled span of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// Where, in characters of the raw text.
    pub span: Span,
    /// The type, such as `PER`.
    pub label: String,
    /// Confidence in 0..=1; None in gold.
    pub score: Option<f64>,
}

/// An author's attitude towards a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stance {
    /// For the target.
    Favor,
    /// Against the target.
    Against,
    /// Takes no side.
    Neutral,
}

impl Stance {
    /// All stances, in the order of tables and confusion matrices.
    pub const ALL: [Self; 3] = [Self::Favor, Self::Against, Self::Neutral];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Favor => "favor",
            Self::Against => "against",
            Self::Neutral => "neutral",
        }
    }

    /// Position in [`Stance::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Stance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that is not a stance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stance `{0}` is not one of favor, against, neutral")]
pub struct UnknownStance(pub String);

impl FromStr for Stance {
    type Err = UnknownStance;

    fn from_str(name: &str) -> Result<Self, UnknownStance> {
        Self::ALL.into_iter().find(|stance| stance.name() == name).ok_or_else(|| UnknownStance(name.to_owned()))
    }
}
