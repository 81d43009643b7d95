//! What went into one run and not into the other.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Something that differs between two cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What: `weights`, `tokenizer`, `config`, `gold`, `suite: …`, `engine`, `karat`, …
    pub what: String,
    /// What it was in the baseline.
    pub before: String,
    /// What it is in the candidate.
    pub after: String,
}

/// What differs between the facts of two cells, the candidate's first, in the order of names.
pub fn changes(after: &BTreeMap<String, String>, before: &BTreeMap<String, String>) -> Vec<Change> {
    let names: BTreeSet<&String> = after.keys().chain(before.keys()).collect();
    let mut changes = Vec::new();
    for name in names {
        let (after, before) = (after.get(name), before.get(name));
        // The rule follows from the options, which are told by themselves.
        if after != before && name != "rule" {
            let shown = |fact: Option<&String>| fact.cloned().unwrap_or_else(|| "none".to_owned());
            changes.push(Change { what: name.clone(), before: shown(before), after: shown(after) });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_gone_or_another_is_a_change() {
        let facts = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let found = changes(
            &facts(&[("engine", "x"), ("gold", "1"), ("patch", "p")]),
            &facts(&[("engine", "x"), ("gold", "2")]),
        );
        let shown: Vec<_> = found.iter().map(|c| (c.what.as_str(), c.before.as_str(), c.after.as_str())).collect();
        assert_eq!(shown, [("gold", "2", "1"), ("patch", "none", "p")]);
    }
}
