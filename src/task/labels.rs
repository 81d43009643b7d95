//! What a model's classes mean, by their names in `id2label`.

/// A token class: whether it may begin a mention, and the mention's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// True for `B-`: a mention begins here even next to one of the same type.
    pub(super) begins: bool,
    /// The type; None for `O`.
    pub(super) label: Option<String>,
}

/// The classes of an inference model that a stance needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inference {
    pub(super) entailment: usize,
    /// Contradiction, or not-entailment in a two-class head.
    pub(super) contradiction: usize,
}

/// Why classes have no meaning.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// Classes are numbered only.
    #[error("the model's id2label names its classes {0}, which says nothing about their meaning")]
    Nameless(String),
    /// No class, or more than one, has the meaning.
    #[error("exactly one class of the model must mean {meaning}, but id2label has: {labels}")]
    Missing {
        /// The meaning that was looked for.
        meaning: &'static str,
        /// The names that are there.
        labels: String,
    },
}

fn nameless(labels: &[String]) -> Result<(), LabelError> {
    let numbered = |label: &String| label.strip_prefix("LABEL_").is_some_and(|rest| rest.parse::<usize>().is_ok());
    if labels.iter().any(numbered) { Err(LabelError::Nameless(labels.join(", "))) } else { Ok(()) }
}

/// Reads token classes. An unprefixed name counts as `I-`, and hyphens inside a type survive.
///
/// # Errors
/// [`LabelError`] for `LABEL_0` and its like, and when no class is `O` or none is a type.
pub(super) fn tags(labels: &[String]) -> Result<Vec<Tag>, LabelError> {
    nameless(labels)?;
    let missing = |meaning| LabelError::Missing { meaning, labels: labels.join(", ") };
    if labels.iter().filter(|label| *label == "O").count() != 1 {
        return Err(missing("`O` (outside)"));
    }
    if labels.len() < 2 {
        return Err(missing("an entity type"));
    }
    let tag = |label: &String| match label.split_once('-') {
        _ if label == "O" => Tag { begins: false, label: None },
        Some((prefix @ ("B" | "I"), kind)) => Tag { begins: prefix == "B", label: Some(kind.to_owned()) },
        _ => Tag { begins: false, label: Some(label.clone()) },
    };
    Ok(labels.iter().map(tag).collect())
}

/// Finds entailment and contradiction by name, in any order and any case.
///
/// # Errors
/// [`LabelError`] when a class has no name, or one of the two is missing or there twice.
pub(super) fn inference(labels: &[String]) -> Result<Inference, LabelError> {
    nameless(labels)?;
    let find = |meaning: &'static str, names: &[&str]| {
        let is_it = |label: &String| names.contains(&label.to_lowercase().replace(['-', ' '], "_").as_str());
        let mut found = labels.iter().enumerate().filter(|(_, label)| is_it(label)).map(|(index, _)| index);
        match (found.next(), found.next()) {
            (Some(index), None) => Ok(index),
            _ => Err(LabelError::Missing { meaning, labels: labels.join(", ") }),
        }
    };
    let entailment = find("entailment", &["entailment", "entail", "entails", "entailed"])?;
    let negative = ["contradiction", "contradict", "contradicts", "contradictory", "not_entailment", "non_entailment"];
    Ok(Inference { entailment, contradiction: find("contradiction", &negative)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(labels: &[&str]) -> Vec<String> {
        labels.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn prefixes_are_read_and_hyphens_in_types_survive() {
        let read = tags(&names(&["O", "B-ORG-GOV", "I-ORG-GOV", "PER"])).expect("good labels");
        assert_eq!(read[1], Tag { begins: true, label: Some("ORG-GOV".to_owned()) });
        assert_eq!(read[3], Tag { begins: false, label: Some("PER".to_owned()) });
        assert_eq!(read[0].label, None);
    }

    #[test]
    fn entailment_is_found_by_name_in_any_order() {
        let found = inference(&names(&["ENTAILMENT", "neutral", "Contradiction"])).expect("good labels");
        assert_eq!((found.entailment, found.contradiction), (0, 2));
        let two = inference(&names(&["not_entailment", "entailment"])).expect("two classes");
        assert_eq!((two.entailment, two.contradiction), (1, 0));
    }

    #[test]
    fn names_that_say_nothing_are_refused() {
        assert!(matches!(inference(&names(&["LABEL_0", "LABEL_1"])), Err(LabelError::Nameless(_))));
        assert!(matches!(tags(&names(&["LABEL_0", "LABEL_1"])), Err(LabelError::Nameless(_))));
        assert!(matches!(tags(&names(&["B-PER", "I-PER"])), Err(LabelError::Missing { .. })));
    }
}
