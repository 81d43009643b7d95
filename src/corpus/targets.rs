//! `targets.toml`: what stances are about.

use super::problem::{CorpusError, Problems};
use crate::base::file::read_text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What a stance is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// The name in gold files and tables.
    pub id: String,
    /// The words that go into a hypothesis.
    pub phrase: String,
}

/// Reads `id = "phrase"` lines; targets come in the order of their ids.
///
/// # Errors
/// [`CorpusError`] when the file cannot be read, is not such a table, is empty, or has an empty phrase.
pub fn read_targets(path: &Path) -> Result<Vec<Target>, CorpusError> {
    let text = read_text(path)?;
    let mut problems = Problems::of(path);
    let table = match toml::from_str::<BTreeMap<String, String>>(&text) {
        Ok(table) => table,
        Err(error) => {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            problems.at(line, format!("expected lines of `id = \"phrase\"`: {}", error.message()));
            BTreeMap::new()
        }
    };
    for (id, phrase) in &table {
        if phrase.trim().is_empty() {
            problems.whole(format!("target `{id}` has an empty phrase"));
        }
    }
    let targets: Vec<Target> = table.into_iter().map(|(id, phrase)| Target { id, phrase }).collect();
    let mut problems = problems.or(targets)?;
    if problems.is_empty() {
        let mut none = Problems::of(path);
        none.whole("names no target");
        problems = none.or(problems)?;
    }
    Ok(problems)
}
