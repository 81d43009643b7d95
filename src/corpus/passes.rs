//! The annotators' own passes: each labelled the documents alone, before the gold was made of them.

use super::answers::{read_entities, read_stances};
use super::folder::keep;
use super::{Answers, CorpusError, Problem, StanceLine};
use crate::base::Entity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What one annotator labelled, before anybody compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// Its folder's name in `passes`.
    pub name: String,
    /// Entities by document; None where the pass has no `ner.jsonl`.
    pub entities: Option<BTreeMap<String, Vec<Entity>>>,
    /// Stances; None where the pass has no `stance.jsonl`.
    pub stances: Option<Vec<StanceLine>>,
    /// The files that it was read from.
    pub(super) files: Vec<PathBuf>,
}

/// What a corpus says of how a pass was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassNote {
    /// Who labelled.
    pub by: Annotator,
    /// How, in a sentence.
    pub how: String,
}

/// A kind of annotator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Annotator {
    /// A human being.
    Person,
    /// A language model under instruction.
    LanguageModel,
}

/// The passes of a corpus folder, in the order of names; none where it has no folder `passes`.
pub(super) fn read_passes(corpus: &Path, fit: Answers<'_>, found: &mut Vec<Problem>) -> Result<Vec<Pass>, CorpusError> {
    let folder = corpus.join("passes");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let listed = std::fs::read_dir(&folder).map_err(|source| CorpusError::List { path: folder.clone(), source })?;
    let mut folders: Vec<PathBuf> = listed.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    let mut passes = Vec::new();
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (ner, stance) = (folder.join("ner.jsonl"), folder.join("stance.jsonl"));
        let entities = if ner.exists() { keep(read_entities(&ner, fit), found)? } else { None };
        let stances = if stance.exists() { keep(read_stances(&stance, fit), found)? } else { None };
        let files = [ner, stance].into_iter().filter(|path| path.exists()).collect();
        passes.push(Pass { name, entities, stances, files });
    }
    Ok(passes)
}
