//! What went into one run and not into the other.

use crate::run::Record;
use crate::table::CellKey;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Something that differs between two cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What: `weights`, `tokenizer`, `config`, `gold`, `suite`, `engine`, `karat`, …
    pub what: String,
    /// What it was in the baseline.
    pub before: String,
    /// What it is in the candidate.
    pub after: String,
}

/// What differs between two cells, the candidate's first: versions, engine, the model's files, the corpus's files, and the parts of
/// the suite that the cell depends on.
pub fn changes((new, new_key): (&Record, &CellKey), (old, old_key): (&Record, &CellKey)) -> Vec<Change> {
    let (after, before) = (facts(new, new_key), facts(old, old_key));
    let names: BTreeSet<&String> = after.keys().chain(before.keys()).collect();
    let mut changes = Vec::new();
    for name in names {
        let (after, before) = (after.get(name), before.get(name));
        if after != before {
            let shown = |fact: Option<&String>| fact.cloned().unwrap_or_else(|| "none".to_owned());
            changes.push(Change { what: name.clone(), before: shown(before), after: shown(after) });
        }
    }
    changes
}

/// Everything that a cell's numbers depend on, by name.
pub(crate) fn facts(record: &Record, key: &CellKey) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::from([
        ("karat".to_owned(), record.karat.clone()),
        ("engine".to_owned(), record.engine.clone()),
        ("precision".to_owned(), record.precision.clone()),
        ("model".to_owned(), key.model.clone()),
    ]);
    if let Some(model) = record.models.get(&key.model) {
        facts.insert("architecture".to_owned(), model.architecture.clone());
        for (file, digest) in &model.digests {
            let what = match file.as_str() {
                "model.safetensors" => "weights",
                "tokenizer.json" => "tokenizer",
                "config.json" => "config",
                other => other,
            };
            facts.insert(what.to_owned(), digest.clone());
        }
    }
    if let Some(corpus) = record.corpora.get(&key.corpus) {
        facts.insert("corpus version".to_owned(), corpus.manifest.version.clone());
        for (file, digest) in &corpus.digests {
            let relevant = !file.starts_with("gold/") || *file == format!("gold/{}.jsonl", key.task);
            if relevant && !file.starts_with("passes/") {
                facts.insert(if file.starts_with("gold/") { "gold".to_owned() } else { file.clone() }, digest.clone());
            }
        }
        if let Some(patch) = &corpus.patch {
            facts.insert("patch".to_owned(), patch.clone());
        }
    }
    let cells = record.suite["evaluations"].as_array().into_iter().flatten();
    for evaluation in cells.filter(|e| e["task"] == key.task.as_str() && e["corpus"] == key.corpus.as_str()) {
        for (option, value) in evaluation.as_object().into_iter().flatten() {
            if option != "models" && option != "task" && option != "corpus" {
                facts.insert(format!("suite: {option}"), value.to_string());
            }
        }
    }
    facts
}
