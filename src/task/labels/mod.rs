//! What a model's classes mean, by their names in `id2label` or by an explicit map.
//!
//! In: names of classes, a map, the labels of gold. Out: what each class is taken for, and which labels find no partner.

mod inference;
mod kinds;
mod map;
mod reading;
mod tags;

pub(super) use inference::{Inference, Relations, relations};
pub(super) use kinds::kind;
pub(super) use reading::line;
pub(super) use tags::{Tag, tags};

pub use inference::Relation;
pub use map::{LabelMap, MapFault};
pub use reading::{ClassReading, LabelReading, Unmatched, unmatched};

/// How a token is tagged that is in no mention.
const OUTSIDE: &str = "O";

/// Why classes have no meaning.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// Classes are numbered only.
    #[error("the model's id2label names its classes {0}, which says nothing about their meaning")]
    Nameless(String),
    /// No class, or more than one, has the meaning.
    #[error("exactly one class of the model must mean {meaning}, but its classes are: {labels}")]
    Missing {
        /// The meaning that was looked for.
        meaning: &'static str,
        /// The names that are there.
        labels: String,
    },
    /// No class names an entity type, or the map leaves all out.
    #[error("no class of the model is an entity type: {0}")]
    NoType(String),
    /// Token classes of several dialects.
    #[error("the model's classes are spelt in no one way: `{one}` {}, `{other}` {}", what[0], what[1])]
    Mixed {
        /// A class.
        one: String,
        /// A class of another dialect.
        other: String,
        /// What is so of each of them.
        what: [String; 2],
    },
    /// Lines of the explicit map say nothing about the model.
    #[error("{}", .0.iter().map(|fault| format!("label `{}` {}", fault.name, fault.what)).collect::<Vec<_>>().join("; "))]
    Map(Vec<MapFault>),
}

fn nameless(labels: &[String]) -> Result<(), LabelError> {
    let numbered = |label: &String| label.strip_prefix("LABEL_").is_some_and(|rest| rest.parse::<usize>().is_ok());
    if labels.iter().any(numbered) { Err(LabelError::Nameless(labels.join(", "))) } else { Ok(()) }
}

#[cfg(test)]
pub(super) mod tests {
    use super::LabelMap;

    pub(in crate::task) fn names(labels: &[&str]) -> Vec<String> {
        labels.iter().map(ToString::to_string).collect()
    }

    pub(in crate::task) fn map(meanings: &[(&str, &str)]) -> LabelMap {
        LabelMap::new(meanings.iter().map(|(name, meaning)| ((*name).to_owned(), (*meaning).to_owned())).collect())
    }
}
