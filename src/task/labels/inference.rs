//! Classes of an inference model: which of them is entailment.

use super::map::{LabelMap, MapFault};
use super::{LabelError, nameless};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a hypothesis stands to a premise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// It follows.
    Entailment,
    /// Neither follows nor contradicts.
    Neutral,
    /// It contradicts.
    Contradiction,
    /// It does not follow, as a two-class head says it.
    NotEntailment,
}

impl Relation {
    /// The name in label maps and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entailment => "entailment",
            Self::Neutral => "neutral",
            Self::Contradiction => "contradiction",
            Self::NotEntailment => "not_entailment",
        }
    }

    /// The relation that a class's name means, in any case and in the spellings of the hub; None for another name.
    fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase().replace(['-', ' '], "_");
        Some(match name.as_str() {
            "entailment" | "entail" | "entails" | "entailed" => Self::Entailment,
            "neutral" => Self::Neutral,
            "contradiction" | "contradict" | "contradicts" | "contradicted" | "contradictory" => Self::Contradiction,
            "not_entailment" | "non_entailment" | "no_entailment" | "notentailment" | "not_entailed" => {
                Self::NotEntailment
            }
            _ => return None,
        })
    }

    /// As [`Self::named`], for a head whose classes are all called by one letter.
    fn initial(name: &str) -> Option<Self> {
        Some(match name {
            "e" | "E" => Self::Entailment,
            "n" | "N" => Self::Neutral,
            "c" | "C" => Self::Contradiction,
            _ => return None,
        })
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The classes of an inference model that a stance needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::task) struct Inference {
    pub(in crate::task) entailment: usize,
    /// Contradiction, or not-entailment in a two-class head.
    pub(in crate::task) contradiction: usize,
}

/// What each class of an inference model means; None for one without a meaning here, which only has its share of the softmax. One is
/// entailment, one contradiction or not-entailment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::task) struct Relations(pub(in crate::task) Vec<Option<Relation>>);

impl Relations {
    /// The classes that a stance needs.
    pub(in crate::task) fn inference(&self) -> Inference {
        let place = |wanted: fn(Relation) -> bool| {
            self.0.iter().position(|relation| relation.is_some_and(wanted)).expect("both are there")
        };
        Inference { entailment: place(is_entailment), contradiction: place(is_opposite) }
    }
}

fn is_entailment(relation: Relation) -> bool {
    relation == Relation::Entailment
}

fn is_opposite(relation: Relation) -> bool {
    matches!(relation, Relation::Contradiction | Relation::NotEntailment)
}

/// Finds out what the classes of an inference model mean, by the map or by name, in any order and any case.
///
/// # Errors
/// [`LabelError`] when a class has no name, entailment or its opposite is missing or there twice, and when the map says nothing about
/// the model.
pub(in crate::task) fn relations(labels: &[String], map: &LabelMap) -> Result<Relations, LabelError> {
    let fault = |meaning: &str| {
        let what = || {
            format!("is given as `{meaning}`, but a class means entailment, neutral, contradiction or not_entailment")
        };
        Relation::named(meaning).is_none().then(what)
    };
    map.check(labels, &[], fault)?;
    let named = map.renamed(labels);
    nameless(&named)?;
    let initials = named.iter().all(|name| Relation::initial(name).is_some());
    let read = |name: &String| if initials { Relation::initial(name) } else { Relation::named(name) };
    let relations: Vec<Option<Relation>> = named.iter().map(read).collect();
    for (meaning, wanted) in [("entailment", is_entailment as fn(Relation) -> bool), ("contradiction", is_opposite)] {
        let found: Vec<usize> = (0..relations.len()).filter(|&class| relations[class].is_some_and(wanted)).collect();
        if found.len() == 1 {
            continue;
        }
        let twice = |&class: &usize| {
            let others = found.iter().filter(|&&other| other != class).map(|&other| labels[other].as_str());
            let others: Vec<&str> = others.collect();
            map.fault(&labels[class], || format!("is given as {meaning}, which `{}` means too", others.join("`, `")))
        };
        let faults: Vec<MapFault> = found.iter().filter_map(twice).collect();
        let missing = LabelError::Missing { meaning, labels: named.join(", ") };
        return Err(if faults.is_empty() { missing } else { LabelError::Map(faults) });
    }
    Ok(Relations(relations))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::labels::tests::{map, names};

    fn classes(labels: &[&str]) -> Result<(usize, usize), LabelError> {
        let found = relations(&names(labels), &LabelMap::default())?.inference();
        Ok((found.entailment, found.contradiction))
    }

    #[test]
    fn entailment_is_found_by_name_in_any_order_and_case() {
        for (labels, expected) in [
            (&["ENTAILMENT", "neutral", "Contradiction"][..], (0, 2)),
            (&["contradiction", "entailment", "neutral"], (1, 0)),
            (&["neutral", "contradicts", "entails"], (2, 1)),
            (&["not_entailment", "entailment"], (1, 0)),
            (&["entailment", "Not-Entailment"], (0, 1)),
            (&["entailment", "contradiction"], (0, 1)),
            (&["c", "e", "n"], (1, 0)),
            (&["entailment", "neutral", "contradiction", "-"], (0, 2)),
        ] {
            assert_eq!(classes(labels), Ok(expected), "{labels:?}");
        }
    }

    #[test]
    fn what_is_missing_or_there_twice_is_refused() {
        for labels in [
            &["negative", "neutral", "positive"][..],
            &["e", "neutral", "c"],
            &["entailment", "neutral"],
            &["entailment", "contradiction", "not_entailment"],
            &["entailment", "entails", "contradiction"],
        ] {
            assert!(matches!(classes(labels), Err(LabelError::Missing { .. })), "{labels:?}");
        }
        assert!(matches!(classes(&["LABEL_0", "LABEL_1"]), Err(LabelError::Nameless(_))));
    }

    #[test]
    fn a_map_gives_classes_a_meaning() {
        let numbered = names(&["LABEL_0", "LABEL_1", "LABEL_2"]);
        let said = map(&[("LABEL_0", "contradiction"), ("LABEL_1", "neutral"), ("LABEL_2", "Entailment")]);
        let found = relations(&numbered, &said).expect("a good map").inference();
        assert_eq!(found, Inference { entailment: 2, contradiction: 0 });
        let judged = names(&["contradiction", "neutral", "entailment"]);
        let wrong = relations(&judged, &map(&[("neutral", "positive")]));
        assert!(matches!(wrong, Err(LabelError::Map(_))));
        let twice = relations(&judged, &map(&[("neutral", "entailment")])).expect_err("two");
        assert_eq!(twice.to_string(), "label `neutral` is given as entailment, which `entailment` means too");
        // A map that swaps two classes gives each a meaning.
        let swapped = relations(&judged, &map(&[("contradiction", "entailment"), ("entailment", "contradiction")]));
        assert_eq!(swapped.expect("swapped").inference(), Inference { entailment: 0, contradiction: 2 });
    }
}
