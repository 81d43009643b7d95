//! What a format cannot carry, counted.

use super::{GoldSet, Labelled};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

/// Something that does not come through, and how often it occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// How often; never zero.
    pub count: usize,
    /// What, and what becomes of it.
    pub what: String,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.count, self.what)
    }
}

/// Collects losses; what does not occur is none.
#[derive(Debug, Default)]
pub(super) struct Losses(Vec<Loss>);

impl Losses {
    pub(super) fn note(&mut self, count: usize, what: impl Into<String>) {
        if count > 0 {
            self.0.push(Loss { count, what: what.into() });
        }
    }

    /// Losses by name, such as what else stands in a file.
    pub(super) fn note_each(&mut self, counts: BTreeMap<String, usize>) {
        for (what, count) in counts {
            self.note(count, what);
        }
    }

    pub(super) fn into_vec(self) -> Vec<Loss> {
        self.0
    }

    /// All metadata.
    pub(super) fn metadata(&mut self, gold: &GoldSet) {
        let fields = || gold.documents.iter().flat_map(|labelled| labelled.metadata.keys());
        let names: BTreeSet<&str> = fields().map(String::as_str).collect();
        let names: Vec<&str> = names.into_iter().collect();
        self.note(fields().count(), format!("metadata fields ({})", names.join(", ")));
    }

    /// All stances.
    pub(super) fn stances(&mut self, gold: &GoldSet) {
        self.note(gold.stances(), "stances");
    }

    /// The phrases of targets, where they say more than the ids.
    pub(super) fn phrases(&mut self, gold: &GoldSet) {
        let said = gold.targets.iter().filter(|target| target.phrase != target.id).count();
        self.note(said, "phrases of targets (targets.toml; the targets' ids are kept)");
    }

    /// Documents whose names are not labelled, where a format cannot tell them from those without a name.
    pub(super) fn unlabelled<'a>(&mut self, documents: impl IntoIterator<Item = &'a Labelled>) {
        let count = documents.into_iter().filter(|labelled| labelled.entities.is_none()).count();
        self.note(count, "documents without entity gold, which become documents labelled with no entity");
    }

    /// Documents labelled with no entity, where a format cannot tell them from those that are not labelled.
    pub(super) fn labelled_empty<'a>(&mut self, documents: impl IntoIterator<Item = &'a Labelled>) {
        let is_empty = |labelled: &&Labelled| labelled.entities.as_ref().is_some_and(Vec::is_empty);
        let count = documents.into_iter().filter(is_empty).count();
        self.note(count, "documents labelled with no entity, which become documents without entity gold");
    }
}

/// Labels in the letters that a format has for them.
#[derive(Default)]
pub(super) struct Labels {
    changed: BTreeMap<String, (String, usize)>,
}

impl Labels {
    /// The label as the format can write it: `fit` says which characters it may have.
    pub(super) fn fit(&mut self, label: &str, fit: impl FnMut(char) -> char) -> String {
        let fitted: String = label.chars().map(fit).collect();
        if fitted != label {
            self.changed.entry(label.to_owned()).or_insert_with(|| (fitted.clone(), 0)).1 += 1;
        }
        fitted
    }

    pub(super) fn note(self, losses: &mut Losses) {
        for (label, (fitted, count)) in self.changed {
            losses.note(count, format!("labels `{label}`, written as `{fitted}`"));
        }
    }
}

/// Documents' ids as the format can write them: the characters that are `bad` are written as `%` and their number. The
/// reader takes a name as it stands, so such an id comes back changed.
pub(super) fn encoded(id: &str, bad: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    for character in id.chars() {
        if bad(character) {
            write!(out, "%{:02X}", u32::from(character)).expect("writing to a string cannot fail");
        } else {
            out.push(character);
        }
    }
    out
}

/// A document's id as the name of a file, `%` included in what is encoded, so that no two ids become one.
pub(super) fn file_name(id: &str) -> String {
    let encoded = encoded(id, |c| matches!(c, '/' | '\\' | '%' | ':') || c.is_control());
    // A name with a dot in front is hidden, and `.` and `..` are folders.
    encoded.strip_prefix('.').map_or_else(|| encoded.clone(), |rest| format!("%2E{rest}"))
}

/// A document's id as a field of a line.
pub(super) fn field(id: &str) -> String {
    encoded(id, |c| c.is_control() || c.is_whitespace() && c != ' ').trim_matches(' ').to_owned()
}

/// Notes the documents whose ids come back changed.
pub(super) fn note_ids(losses: &mut Losses, gold: &GoldSet, written: impl Fn(&str) -> String) {
    let ids = || gold.documents.iter().map(|labelled| labelled.document.id.as_str());
    if let Some(first) = ids().find(|id| written(id) != **id) {
        let changed = ids().filter(|id| written(id) != **id).count();
        losses.note(changed, format!("documents' ids, such as `{first}`, written as `{}`", written(first)));
    }
}
