//! What a model's classes mean, by their names in `id2label` or by an explicit map.

mod map;

pub use map::{LabelMap, MapFault};

use std::collections::BTreeSet;

/// A token class: whether it may begin a mention, and the mention's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// True for `B-`: a mention begins here even next to one of the same type.
    pub(super) begins: bool,
    /// The type; None for `O`.
    pub(super) label: Option<String>,
}

/// How a token is tagged that is in no mention.
const OUTSIDE: &str = "O";

impl Tag {
    /// In no mention.
    fn outside() -> Self {
        Self { begins: false, label: None }
    }
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
    #[error("exactly one class of the model must mean {meaning}, but its classes are: {labels}")]
    Missing {
        /// The meaning that was looked for.
        meaning: &'static str,
        /// The names that are there.
        labels: String,
    },
    /// Lines of the explicit map say nothing about the model.
    #[error("{}", .0.iter().map(|fault| format!("label `{}` {}", fault.name, fault.what)).collect::<Vec<_>>().join("; "))]
    Map(Vec<MapFault>),
}

fn nameless(labels: &[String]) -> Result<(), LabelError> {
    let numbered = |label: &String| label.strip_prefix("LABEL_").is_some_and(|rest| rest.parse::<usize>().is_ok());
    if labels.iter().any(numbered) { Err(LabelError::Nameless(labels.join(", "))) } else { Ok(()) }
}

/// Reads token classes. An unprefixed name counts as `I-`, and hyphens inside a type survive. The map gives classes other names,
/// then types.
///
/// # Errors
/// [`LabelError`] for `LABEL_0` and its like, when no class is `O` or none is a type, and when the map says nothing about the model.
pub(super) fn tags(labels: &[String], map: &LabelMap) -> Result<Vec<Tag>, LabelError> {
    let named = map.renamed(labels);
    nameless(&named)?;
    let missing = |meaning| LabelError::Missing { meaning, labels: named.join(", ") };
    let tag = |label: &String| match label.split_once('-') {
        _ if label == OUTSIDE => Tag::outside(),
        Some((prefix @ ("B" | "I"), kind)) => Tag { begins: prefix == "B", label: Some(kind.to_owned()) },
        _ => Tag { begins: false, label: Some(label.clone()) },
    };
    let mut tags: Vec<Tag> = named.iter().map(tag).collect();
    map.check(labels, &types(&tags), |_| None)?;
    if tags.iter().all(|tag| tag.label.is_some()) {
        return Err(missing("`O` (outside)"));
    }
    for tag in &mut tags {
        if let Some(label) = tag.label.take() {
            let begins = tag.begins;
            *tag = map.type_of(&label, labels).map_or_else(Tag::outside, |label| Tag { begins, label: Some(label) });
        }
    }
    if types(&tags).is_empty() {
        return Err(missing("an entity type"));
    }
    Ok(tags)
}

/// The entity types of tags, in order.
fn types(tags: &[Tag]) -> Vec<&str> {
    let types: BTreeSet<&str> = tags.iter().filter_map(|tag| tag.label.as_deref()).collect();
    types.into_iter().collect()
}

/// The spellings of entailment.
const ENTAILMENT: [&str; 4] = ["entailment", "entail", "entails", "entailed"];
/// The spellings of neutral.
const NEUTRAL: [&str; 1] = ["neutral"];
/// The spellings of contradiction, and of not-entailment in a two-class head.
const CONTRADICTION: [&str; 6] =
    ["contradiction", "contradict", "contradicts", "contradictory", "not_entailment", "non_entailment"];

/// Finds entailment and contradiction by name, in any order and any case.
///
/// # Errors
/// [`LabelError`] when a class has no name, one of the two is missing or there twice, and when the map says nothing about the model.
pub(super) fn inference(labels: &[String], map: &LabelMap) -> Result<Inference, LabelError> {
    let known =
        |meaning: &str| [&ENTAILMENT[..], &NEUTRAL, &CONTRADICTION].iter().any(|names| is_one_of(meaning, names));
    let fault = |meaning: &str| {
        let what =
            format!("is given as `{meaning}`, but classes mean entailment, neutral, contradiction or not_entailment");
        (!known(meaning)).then_some(what)
    };
    map.check(labels, &[], fault)?;
    let named = map.renamed(labels);
    nameless(&named)?;
    let find = |meaning: &'static str, names: &[&str]| {
        let found: Vec<usize> = (0..named.len()).filter(|&class| is_one_of(&named[class], names)).collect();
        match found.as_slice() {
            [class] => Ok(*class),
            [] => Err(LabelError::Missing { meaning, labels: named.join(", ") }),
            several => {
                let twice = |&class: &usize| {
                    map.fault(&labels[class], || {
                        let others: Vec<&str> = several
                            .iter()
                            .filter(|&&other| other != class)
                            .map(|&other| labels[other].as_str())
                            .collect();
                        format!("is given as {meaning}, which `{}` means too", others.join("`, `"))
                    })
                };
                let faults: Vec<MapFault> = several.iter().filter_map(twice).collect();
                let missing = LabelError::Missing { meaning, labels: named.join(", ") };
                Err(if faults.is_empty() { missing } else { LabelError::Map(faults) })
            }
        }
    };
    let entailment = find("entailment", &ENTAILMENT)?;
    Ok(Inference { entailment, contradiction: find("contradiction", &CONTRADICTION)? })
}

fn is_one_of(label: &str, names: &[&str]) -> bool {
    names.contains(&label.to_lowercase().replace(['-', ' '], "_").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(labels: &[&str]) -> Vec<String> {
        labels.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn prefixes_are_read_and_hyphens_in_types_survive() {
        let read = tags(&names(&["O", "B-ORG-GOV", "I-ORG-GOV", "PER"]), &LabelMap::default()).expect("good labels");
        assert_eq!(read[1], Tag { begins: true, label: Some("ORG-GOV".to_owned()) });
        assert_eq!(read[3], Tag { begins: false, label: Some("PER".to_owned()) });
        assert_eq!(read[0].label, None);
    }

    #[test]
    fn entailment_is_found_by_name_in_any_order() {
        let found =
            inference(&names(&["ENTAILMENT", "neutral", "Contradiction"]), &LabelMap::default()).expect("good labels");
        assert_eq!((found.entailment, found.contradiction), (0, 2));
        let two = inference(&names(&["not_entailment", "entailment"]), &LabelMap::default()).expect("two classes");
        assert_eq!((two.entailment, two.contradiction), (1, 0));
    }

    #[test]
    fn names_that_say_nothing_are_refused() {
        assert!(matches!(
            inference(&names(&["LABEL_0", "LABEL_1"]), &LabelMap::default()),
            Err(LabelError::Nameless(_))
        ));
        assert!(matches!(tags(&names(&["LABEL_0", "LABEL_1"]), &LabelMap::default()), Err(LabelError::Nameless(_))));
        assert!(matches!(tags(&names(&["B-PER", "I-PER"]), &LabelMap::default()), Err(LabelError::Missing { .. })));
    }

    fn map(meanings: &[(&str, &str)]) -> LabelMap {
        LabelMap::new(meanings.iter().map(|(name, meaning)| ((*name).to_owned(), (*meaning).to_owned())).collect())
    }

    #[test]
    fn a_map_gives_classes_a_meaning() {
        let numbered = names(&["LABEL_0", "LABEL_1", "LABEL_2"]);
        let said = map(&[("LABEL_0", "contradiction"), ("LABEL_1", "neutral"), ("LABEL_2", "Entailment")]);
        assert_eq!(inference(&numbered, &said), Ok(Inference { entailment: 2, contradiction: 0 }));
        let said = map(&[("LABEL_0", "O"), ("LABEL_1", "B-PER"), ("LABEL_2", "I-PER")]);
        let read = tags(&numbered, &said).expect("a good map");
        assert_eq!(read[1], Tag { begins: true, label: Some("PER".to_owned()) });
        // Half a map leaves a number.
        assert!(matches!(tags(&numbered, &map(&[("LABEL_0", "O")])), Err(LabelError::Nameless(_))));
    }

    #[test]
    fn a_map_renames_types_and_leaves_them_out() {
        let labels = names(&["O", "B-PERSON", "I-PERSON", "B-DATE", "I-DATE"]);
        let read = tags(&labels, &map(&[("PERSON", "PER"), ("DATE", "O")])).expect("a good map");
        assert_eq!(read[1], Tag { begins: true, label: Some("PER".to_owned()) });
        assert_eq!(read[2], Tag { begins: false, label: Some("PER".to_owned()) });
        assert_eq!(read[3..], [Tag::outside(), Tag::outside()]);
        let left_out = tags(&labels, &map(&[("PERSON", "O"), ("DATE", "O")]));
        assert!(matches!(left_out, Err(LabelError::Missing { meaning: "an entity type", .. })));
    }

    #[test]
    fn every_line_of_a_map_that_says_nothing_is_named() {
        let faults = |result: Result<Vec<Tag>, LabelError>| match result {
            Err(LabelError::Map(faults)) => faults.into_iter().map(|fault| fault.name).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        let labels = names(&["O", "B-PER", "I-PER"]);
        assert_eq!(
            faults(tags(&labels, &map(&[("LOC", "PLACE"), ("PER", ""), ("b-per", "O")]))),
            ["LOC", "PER", "b-per"]
        );
        let judged = names(&["contradiction", "neutral", "entailment"]);
        let wrong = inference(&judged, &map(&[("neutral", "positive")]));
        assert!(matches!(wrong, Err(LabelError::Map(_))));
        let twice = inference(&judged, &map(&[("neutral", "entailment")]));
        assert_eq!(
            twice.expect_err("two").to_string(),
            "label `neutral` is given as entailment, which `entailment` means too"
        );
        let twice = inference(&names(&["not_entailment", "entailment", "contradiction"]), &LabelMap::default());
        assert!(matches!(twice, Err(LabelError::Missing { meaning: "contradiction", .. })));
    }
}
