//! `karat gold`.

use super::arguments::GoldCommand;
use super::say;
use crate::base::file::{read_text, write_whole};
use crate::corpus::brackets::{Source, read_sources};
use crate::corpus::{Document, write_entities, write_stances};
use anyhow::Context;
use std::collections::BTreeMap;
use std::path::Path;

pub(super) fn run(command: &GoldCommand) -> anyhow::Result<()> {
    match command {
        GoldCommand::Import { corpus, check } => import(corpus, *check),
    }
}

/// A file of a corpus differs from what its sources give.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not what the annotated sources give")]
pub(super) struct Stale(String);

fn import(corpus: &Path, check: bool) -> anyhow::Result<()> {
    let sources = read_sources(&corpus.join("source"))?;
    for (name, content) in files(&sources) {
        let path = corpus.join(name);
        if !check {
            write_whole(&path, content.as_bytes())
                .with_context(|| format!("`{}` cannot be written", path.display()))?;
        } else if read_text(&path)? != content {
            return Err(Stale(path.display().to_string()).into());
        }
    }
    let entities: usize = sources.iter().map(|source| source.entities.len()).sum();
    let stances: usize = sources.iter().map(|source| source.stances.len()).sum();
    say(&format!("{} documents, {entities} entities, {stances} stances", sources.len()));
    Ok(())
}

fn files(sources: &[Source]) -> [(&'static str, String); 3] {
    let documents: Vec<Document> = sources.iter().map(|source| source.document.clone()).collect();
    let mut lines = String::new();
    for source in sources {
        let (document, header) = (&source.document, &source.header);
        let line = serde_json::json!({
            "id": document.id, "title": header.title, "voice": header.voice, "date": header.date.to_string(),
            "text": document.text,
        });
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    let entities: BTreeMap<_, _> = sources.iter().map(|s| (s.document.id.clone(), s.entities.clone())).collect();
    let stances: Vec<_> = sources.iter().flat_map(|source| source.stances.clone()).collect();
    [
        ("documents.jsonl", lines),
        ("gold/ner.jsonl", write_entities(&documents, &entities)),
        ("gold/stance.jsonl", write_stances(&stances)),
    ]
}
