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
    let table = toml::from_str::<BTreeMap<String, String>>(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        let mut problems = Problems::of(path);
        problems.at(line, format!("expected lines of `id = \"phrase\"`: {}", error.message()));
        problems.into_error()
    })?;
    if table.is_empty() {
        problems.whole("there is no target in this file");
    }
    for (id, phrase) in &table {
        if phrase.trim().is_empty() {
            problems.whole(format!("target `{id}` has an empty phrase"));
        }
    }
    problems.or(table.into_iter().map(|(id, phrase)| Target { id, phrase }).collect())
}
