//! Everything that a cell's numbers depend on, by name.

use super::record::Record;
use crate::table::CellKey;
use std::collections::BTreeMap;

impl Record {
    /// What a cell's numbers depend on: versions, engine, the model's files, the corpus's files, the options of its evaluation. Two
    /// cells with the same facts have the same numbers.
    pub fn facts(&self, key: &CellKey) -> BTreeMap<String, String> {
        let mut facts = BTreeMap::from([
            ("karat".to_owned(), self.karat.clone()),
            ("engine".to_owned(), self.engine.clone()),
            ("precision".to_owned(), self.precision.clone()),
            ("model".to_owned(), key.model.clone()),
        ]);
        if let Some(model) = self.models.get(&key.model) {
            facts.insert("architecture".to_owned(), model.architecture.clone());
            // Before models had runtimes of their own, all were run as is usual; floors are as they were.
            let runtime = model.runtime.unwrap_or_default();
            facts.insert("engine".to_owned(), runtime.place());
            facts.insert("precision".to_owned(), runtime.precision.to_string());
            let named = model.digests.iter().map(|(file, digest)| (part(file).to_owned(), digest.clone()));
            facts.extend(named);
        }
        if let Some(labels) = self.suite["models"][&key.model].get("labels") {
            facts.insert("label map".to_owned(), labels.to_string());
        }
        if let Some(corpus) = self.corpora.get(&key.corpus) {
            facts.insert("corpus version".to_owned(), corpus.manifest.version.clone());
            let gold = format!("gold/{}.jsonl", key.task);
            for (file, digest) in corpus.digests.iter().filter(|(file, _)| !file.starts_with("passes/")) {
                if *file == gold {
                    facts.insert("gold".to_owned(), digest.clone());
                } else if !file.starts_with("gold/") {
                    facts.insert(file.clone(), digest.clone());
                }
            }
            facts.extend(corpus.patch.clone().map(|patch| ("patch".to_owned(), patch)));
        }
        if let Some(evaluation) = self.evaluations.iter().find(|e| e.task == key.task && e.corpus == key.corpus) {
            facts.insert("rule".to_owned(), evaluation.rule.clone());
            facts.insert("documents scored".to_owned(), evaluation.documents.to_string());
        }
        let evaluations = self.suite["evaluations"].as_array().into_iter().flatten();
        for evaluation in evaluations.filter(|e| e["task"] == key.task.as_str() && e["corpus"] == key.corpus.as_str()) {
            let options = evaluation.as_object().into_iter().flatten();
            for (option, value) in
                options.filter(|(option, _)| !["models", "task", "corpus"].contains(&option.as_str()))
            {
                facts.insert(format!("suite: {option}"), value.to_string());
            }
        }
        facts
    }
}

/// What a file of a model is.
fn part(file: &str) -> &str {
    match file {
        "model.safetensors" => "weights",
        "tokenizer.json" => "tokenizer",
        "config.json" => "config",
        other => other,
    }
}
