//! An explicit label map: what people say that a model's classes mean.

use super::{LabelError, OUTSIDE};
use serde::Serialize;
use std::collections::BTreeMap;

/// Meanings of classes, by their names in `id2label`; for names of people and places also by entity type. A suite writes it under
/// a model, a command as `--label NAME=MEANING`.
///
/// For `ner` a class becomes a tag (`LABEL_1 = "B-PER"`), and a type another type (`PERSON = "PER"`); `"O"` leaves it out. For `stance` a
/// class becomes `entailment`, `neutral`, `contradiction` or `not_entailment`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct LabelMap(BTreeMap<String, String>);

impl LabelMap {
    /// A map of these names to these meanings.
    pub fn new(meanings: BTreeMap<String, String>) -> Self {
        Self(meanings)
    }

    /// True where nothing is said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names with their meanings, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, meaning)| (name.as_str(), meaning.as_str()))
    }

    /// Refuses a map where there is nothing to map.
    ///
    /// # Errors
    /// [`LabelError::Map`] with every line.
    pub fn refuse_for_floor(&self) -> Result<(), LabelError> {
        let fault = |(name, _): (&str, &str)| MapFault {
            name: name.to_owned(),
            what: "is said of a floor, which has no classes".to_owned(),
        };
        let faults: Vec<MapFault> = self.iter().map(fault).collect();
        if faults.is_empty() { Ok(()) } else { Err(LabelError::Map(faults)) }
    }

    /// A fault of the line about a name; None where there is no such line.
    pub(super) fn fault(&self, name: &str, what: impl FnOnce() -> String) -> Option<MapFault> {
        self.0.contains_key(name).then(|| MapFault { name: name.to_owned(), what: what() })
    }

    /// The names of classes with what the map calls them in their place.
    pub(super) fn renamed(&self, labels: &[String]) -> Vec<String> {
        labels.iter().map(|label| self.0.get(label).unwrap_or(label).clone()).collect()
    }

    /// What becomes of an entity type: None where it is left out. What a class is called already is no type to rename.
    pub(super) fn type_of(&self, label: &str, labels: &[String]) -> Option<String> {
        let renamed = self.0.get(label).filter(|_| !labels.iter().any(|class| class == label));
        Some(renamed.map_or(label, String::as_str)).filter(|label| *label != OUTSIDE).map(str::to_owned)
    }

    /// Holds every line against the model's classes and entity types. `fault` says what is wrong with a meaning.
    ///
    /// # Errors
    /// [`LabelError::Map`] with every line that is about nothing in the model, or whose meaning is none.
    pub(super) fn check(
        &self,
        labels: &[String],
        types: &[&str],
        fault: impl Fn(&str) -> Option<String>,
    ) -> Result<(), LabelError> {
        let names = || labels.iter().map(String::as_str).chain(types.iter().copied()).collect::<Vec<_>>();
        let of_line = |(name, meaning): (&str, &str)| {
            let what = if !names().contains(&name) {
                Some(format!("is no {} of the model ({})", kind(types), names().join(", ")))
            } else if meaning.is_empty() {
                Some("has no meaning".to_owned())
            } else if let Some(type_alone) = tagged(meaning).filter(|_| !labels.iter().any(|class| class == name)) {
                Some(format!("is an entity type, and `{meaning}` a tag: write the type alone, `{type_alone}`"))
            } else {
                fault(meaning)
            };
            what.map(|what| MapFault { name: name.to_owned(), what })
        };
        let faults: Vec<MapFault> = self.iter().filter_map(of_line).collect();
        if faults.is_empty() { Ok(()) } else { Err(LabelError::Map(faults)) }
    }
}

/// A line of a label map that says nothing about the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapFault {
    /// The name that is mapped.
    pub name: String,
    /// What is wrong with it: a lowercase fragment.
    pub what: String,
}

fn kind(types: &[&str]) -> &'static str {
    if types.is_empty() { "class" } else { "class or entity type" }
}

/// The type of a tag such as `B-PER`; None for what is no tag.
fn tagged(meaning: &str) -> Option<&str> {
    ["B-", "I-", "E-", "L-", "S-", "U-"].iter().find_map(|prefix| meaning.strip_prefix(prefix))
}
