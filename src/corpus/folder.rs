//! A corpus folder: manifest, documents, gold, targets.

use super::passes::{Pass, PassNote, read_passes};
use super::problem::{CorpusError, Problems};
use super::{Answers, Document, Regions, StanceLine, Target};
use super::{read_documents, read_gold_entities, read_stances, read_targets};
use crate::base::file::read_text;
use crate::base::{Entity, digest};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// `corpus.toml`: what a corpus says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its name in tables; the folder's name where the file is missing.
    #[serde(default)]
    pub name: String,
    /// Its version; part of a run's record.
    #[serde(default)]
    pub version: String,
    /// Its licence, as an SPDX expression.
    #[serde(default)]
    pub licence: String,
    /// The entity labels that gold may use; empty: any.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Ids of documents by split, such as `dev` for tuning and `test` for claims.
    #[serde(default)]
    pub splits: BTreeMap<String, Vec<String>>,
    /// SHA-256 of each file when the corpus was sealed; empty: it never was.
    #[serde(default)]
    pub digests: BTreeMap<String, String>,
    /// What is known of each pass of annotation, by the name of its folder in `passes`.
    #[serde(default)]
    pub passes: BTreeMap<String, PassNote>,
}

/// Documents plus, where labelled, gold.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// What it says of itself.
    pub manifest: Manifest,
    /// All documents, in file order.
    pub documents: Vec<Document>,
    /// Gold entities by document; None where the corpus has no `gold/ner.jsonl`.
    pub entities: Option<BTreeMap<String, Vec<Entity>>>,
    /// Gold stances by (document, target); None where the corpus has no `gold/stance.jsonl`.
    pub stances: Option<Vec<StanceLine>>,
    /// Regions that nobody labelled with entities.
    pub unannotated: Regions,
    /// The annotators' own passes, in the order of names.
    pub passes: Vec<Pass>,
    /// What stances are about; empty where the corpus has none.
    pub targets: Vec<Target>,
    /// SHA-256 of each file that was read, by its place in the folder.
    pub digests: BTreeMap<String, String>,
}

impl Corpus {
    /// Reads a folder with `documents.jsonl` (or `documents/*.txt`), and where they exist `corpus.toml`,
    /// `gold/ner.jsonl`, `gold/stance.jsonl`, `passes/*/ner.jsonl`, `passes/*/stance.jsonl` and `targets.toml`.
    ///
    /// # Errors
    /// [`CorpusError`] with all problems of all files.
    pub fn load(folder: &Path) -> Result<Self, CorpusError> {
        let manifest = read_manifest(folder)?;
        let jsonl = folder.join("documents.jsonl");
        let path = if jsonl.exists() { jsonl } else { folder.join("documents") };
        if !path.exists() {
            return Err(CorpusError::NoCorpus(folder.to_owned()));
        }
        let documents = read_documents(&path)?;
        let mut digests = BTreeMap::new();
        note_digest(&mut digests, folder, &path)?;
        let existing = |name: &str| Some(folder.join(name)).filter(|path| path.exists());
        let mut found = split_faults(&folder.join("corpus.toml"), &manifest, &documents);
        let targets = match existing("targets.toml") {
            Some(path) => {
                note_digest(&mut digests, folder, &path)?;
                keep(read_targets(&path), &mut found)?
            }
            None => None,
        };
        let ids: Vec<String> = targets.iter().flatten().map(|target: &Target| target.id.clone()).collect();
        let fit = Answers {
            documents: &documents,
            labels: &manifest.labels,
            targets: &ids,
            flat: true,
            ..Answers::default()
        };
        let gold = match existing("gold/ner.jsonl") {
            Some(path) => {
                note_digest(&mut digests, folder, &path)?;
                keep(read_gold_entities(&path, fit), &mut found)?
            }
            None => None,
        };
        let (entities, unannotated) = gold.map_or((None, Regions::new()), |(entities, none)| (Some(entities), none));
        let stances = match existing("gold/stance.jsonl") {
            Some(path) => {
                note_digest(&mut digests, folder, &path)?;
                if existing("targets.toml").is_none() {
                    let mut problems = Problems::of(&path);
                    problems.whole("no `targets.toml` beside `documents.jsonl` says what the stances are about");
                    keep(problems.or(()), &mut found)?;
                }
                keep(read_stances(&path, fit), &mut found)?
            }
            None => None,
        };
        let passes = read_passes(folder, fit, &mut found)?;
        for path in passes.iter().flat_map(|pass| &pass.files) {
            note_digest(&mut digests, folder, path)?;
        }
        if !found.is_empty() {
            return Err(CorpusError::Problems(found));
        }
        let targets = targets.unwrap_or_default();
        Ok(Self { manifest, documents, entities, stances, unannotated, passes, targets, digests })
    }
}

fn read_manifest(folder: &Path) -> Result<Manifest, CorpusError> {
    let path = folder.join("corpus.toml");
    let mut manifest = Manifest::default();
    if path.exists() {
        let text = read_text(&path)?;
        manifest = toml::from_str(&text).map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            let mut problems = Problems::of(&path);
            problems.at(line, error.message().to_owned());
            problems.into_error()
        })?;
    }
    if manifest.name.is_empty() {
        manifest.name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    }
    Ok(manifest)
}

/// A split that names a document which is not there, or twice.
fn split_faults(path: &Path, manifest: &Manifest, documents: &[Document]) -> Vec<super::Problem> {
    let known: BTreeSet<&str> = documents.iter().map(|document| document.id.as_str()).collect();
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut faults = Vec::new();
    let mut add = |what: String| faults.push(super::Problem { path: path.to_owned(), place: None, what });
    for (split, ids) in &manifest.splits {
        for id in ids {
            if !known.contains(id.as_str()) {
                add(format!("split `{split}` names document `{id}`, which is not in the corpus"));
            }
            if let Some(first) = seen.insert(id, split) {
                add(format!("document `{id}` is in split `{split}` and already in `{first}`"));
            }
        }
    }
    faults
}

/// A folder's digest is over its files' names and digests.
fn note_digest(digests: &mut BTreeMap<String, String>, folder: &Path, path: &Path) -> Result<(), CorpusError> {
    let read = |path: &Path| {
        let failed = |source| crate::base::file::TextError::Read { path: path.to_owned(), source };
        digest::of_file(path).map_err(failed)
    };
    let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let digest = if path.is_dir() {
        let listed = std::fs::read_dir(path).map_err(|source| CorpusError::List { path: path.to_owned(), source })?;
        let mut files: Vec<PathBuf> = listed.flatten().map(|entry| entry.path()).filter(|p| p.is_file()).collect();
        files.sort();
        let mut lines = String::new();
        for file in files {
            let line = format!("{} {}\n", file.file_name().unwrap_or_default().to_string_lossy(), read(&file)?);
            lines.push_str(&line);
        }
        digest::of_bytes(lines.as_bytes())
    } else {
        read(path)?
    };
    digests.insert(name, digest);
    Ok(())
}

/// Sets problems aside, so that those of all files are reported at once; any other error ends the reading.
pub(super) fn keep<T>(
    result: Result<T, CorpusError>,
    found: &mut Vec<super::Problem>,
) -> Result<Option<T>, CorpusError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(CorpusError::Problems(mut more)) => {
            found.append(&mut more);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}
