//! What karat takes a model's classes for, as tables show it.

use super::kinds::pairs;
use super::{LabelError, LabelMap, OUTSIDE, relations, tags};
use crate::task::TaskName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A class of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassReading {
    /// Its name in `id2label`.
    pub name: String,
    /// What it is taken for: a tag as IOBES has it, or a relation; null for a class of an inference model that means neither
    /// entailment nor neutral nor contradiction.
    pub meaning: Option<String>,
}

/// The classes of a model, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelReading {
    /// How token classes are spelt, such as ``IOB1 or IOB2, as in `B-PER` ``; null for an inference model.
    pub dialect: Option<String>,
    /// The classes.
    pub classes: Vec<ClassReading>,
    /// The entity types that they give, in order; none of an inference model.
    pub types: Vec<String>,
}

impl LabelReading {
    /// Reads the classes of a model for a task.
    ///
    /// # Errors
    /// [`LabelError`] when they have no meaning for it.
    pub fn of(task: TaskName, labels: &[String], map: &LabelMap) -> Result<Self, LabelError> {
        let (dialect, meanings, types): (_, Vec<Option<String>>, _) = match task {
            TaskName::Ner => {
                let read = tags(labels, map)?;
                let meanings = read.tags.iter().map(|tag| Some(tag.to_string())).collect();
                (Some(read.dialect.clone()), meanings, read.types())
            }
            TaskName::Stance => {
                let read = relations(labels, map)?.0.into_iter();
                (None, read.map(|relation| relation.map(|relation| relation.to_string())).collect(), Vec::new())
            }
        };
        let classes = labels.iter().zip(meanings).map(|(name, meaning)| ClassReading { name: name.clone(), meaning });
        Ok(Self { dialect, classes: classes.collect(), types })
    }
}

/// Labels of gold and types of a model that find no partner.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unmatched {
    /// Gold labels that no class can give, with how many gold entities have them: these can only be missed.
    pub gold: BTreeMap<String, usize>,
    /// The model's types that the gold never has: these can only be spurious.
    pub types: Vec<String>,
    /// The label of gold that a type probably means.
    pub likely: BTreeMap<String, String>,
}

impl Unmatched {
    /// Gold labels with their entities, then types, in words; a dash where there are none.
    pub fn told(&self) -> [String; 2] {
        let gold: Vec<String> = self.gold.iter().map(|(label, count)| format!("{label} ({count})")).collect();
        [gold.join(", "), self.types.join(", ")].map(|told| if told.is_empty() { "–".to_owned() } else { told })
    }

    /// The label map that would mend it, in place of the one that there is: likely pairs, and other types left out. What only the
    /// present map takes away from gold is as it was without it.
    pub fn map(&self, present: &LabelMap) -> String {
        let mut map: BTreeMap<String, String> =
            present.iter().map(|(name, meaning)| (name.to_owned(), meaning.to_owned())).collect();
        for label in &self.types {
            let meant = self.likely.get(label).map_or(OUTSIDE, String::as_str);
            if map.values().any(|meaning| meaning == label) {
                map.retain(|name, meaning| meaning != label || !self.gold.contains_key(name));
                map.values_mut().filter(|meaning| *meaning == label).for_each(|meaning| meant.clone_into(meaning));
            } else {
                map.insert(label.clone(), meant.to_owned());
            }
        }
        let lines = map.iter().map(|(name, meaning)| line(name, meaning));
        format!("labels = {{ {} }}", lines.collect::<Vec<_>>().join(", "))
    }
}

/// A line of a label map as a suite has it.
pub(in crate::task) fn line(name: &str, meaning: &str) -> String {
    let is_bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let key = if is_bare { name.to_owned() } else { format!("{name:?}") };
    format!("{key} = {meaning:?}")
}

/// Holds a model's types against gold: `known` are the labels that the gold may have, `counts` how many entities have which. None where
/// everything finds a partner.
pub fn unmatched(types: &[String], known: &BTreeSet<&str>, counts: &BTreeMap<&str, usize>) -> Option<Unmatched> {
    let types: BTreeSet<&str> = types.iter().map(String::as_str).collect();
    let gold = counts.iter().filter(|(label, _)| !types.contains(*label));
    let gold: BTreeMap<String, usize> = gold.map(|(label, count)| ((*label).to_owned(), *count)).collect();
    let extra: Vec<String> = types.difference(known).map(|label| (*label).to_owned()).collect();
    let found = !gold.is_empty() || !extra.is_empty();
    found.then(|| Unmatched { gold, types: extra, likely: pairs(&types, known) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::labels::tests::{map, names};

    #[test]
    fn each_class_is_shown_with_its_meaning() {
        let labels = names(&["O", "PER-B", "PER-I"]);
        let read = LabelReading::of(TaskName::Ner, &labels, &map(&[("PER", "PERSON")])).expect("good labels");
        let meanings: Vec<_> = read.classes.iter().filter_map(|class| class.meaning.as_deref()).collect();
        assert_eq!(meanings, ["O", "B-PERSON", "I-PERSON"]);
        assert_eq!(read.types, ["PERSON"]);
        let labels = names(&["entailment", "NEUTRAL", "contradiction", "hidden"]);
        let read = LabelReading::of(TaskName::Stance, &labels, &LabelMap::default()).expect("good labels");
        assert_eq!(read.classes[1].meaning.as_deref(), Some("neutral"));
        assert_eq!(read.classes[3].meaning, None);
    }

    #[test]
    fn what_finds_no_partner_is_named_with_what_would_mend_it() {
        let types = names(&["DATE", "GPE", "ORG", "PERSON", "a b"]);
        let known = BTreeSet::from(["LOC", "MISC", "ORG", "PER"]);
        let counts = BTreeMap::from([("LOC", 3), ("ORG", 1), ("PER", 2)]);
        let found = unmatched(&types, &known, &counts).expect("three types");
        assert_eq!(found.gold, BTreeMap::from([("LOC".to_owned(), 3), ("PER".to_owned(), 2)]));
        assert_eq!(found.types, ["DATE", "GPE", "PERSON", "a b"]);
        let mends = "labels = { DATE = \"O\", GPE = \"LOC\", PERSON = \"PER\", \"a b\" = \"O\" }";
        assert_eq!(found.map(&LabelMap::default()), mends);
        // What the suite has already stays, by the names of the model's own types.
        let present = map(&[("NORP", "DATE"), ("ORG", "ORG"), ("LOC", "GPE")]);
        let mends = "labels = { NORP = \"O\", ORG = \"ORG\", PERSON = \"PER\", \"a b\" = \"O\" }";
        assert_eq!(found.map(&present), mends);
        assert_eq!(unmatched(&names(&["LOC", "ORG", "PER", "MISC"]), &known, &counts), None);
    }
}
