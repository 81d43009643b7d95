//! Gold in the formats of other tools: one short file a format, all of them behind [`GoldSet`].
//!
//! Owns: what each format can hold, and the words for what it cannot. In: a file or folder of a format, or a corpus folder.
//! Out: a [`GoldSet`] or the bytes of files, and the [`Loss`]es on the way. Must not: write files or print.

mod brackets;
mod brat;
mod conll;
mod label_studio;
mod loss;
mod mentions;
mod place;
mod semeval;
mod spacy;

pub use conll::{Columns, Scheme, TaggedToken, read_columns};
pub use loss::Loss;
use loss::Losses;
pub use place::{Placed, load, place};

use super::documents::unusable;
use super::problem::{CorpusError, Problem, Problems};
use super::{Document, StanceLine, Target};
use crate::base::{Entity, Stance};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A format that gold comes in from or goes out to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A folder of articles with inline brackets and a TOML header.
    Brackets,
    /// Columns, a token a line. Read: None finds the scheme out from the tags. Written: None is IOB2.
    Conll(Option<Scheme>),
    /// A folder of `.txt` files with stand-off `.ann` files.
    Brat,
    /// A JSON list of tasks.
    LabelStudio,
    /// JSONL with spans, as Prodigy and spaCy write it.
    Spacy,
    /// The tab-separated file of SemEval-2016 Task 6.
    Semeval,
}

/// What is said of a document beside its id and text, such as `title` and `date`.
pub type Metadata = Map<String, Value>;

/// One document with all its gold.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// Id and text.
    pub document: Document,
    /// Every other field of its line in documents.jsonl; never `id` or `text`.
    pub metadata: Metadata,
    /// Its mentions in order, none overlapping another; None where its names are not labelled.
    pub entities: Option<Vec<Entity>>,
    /// Stances by target.
    pub stances: BTreeMap<String, Stance>,
}

/// Documents with their gold, as a corpus folder or a file of another tool holds them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GoldSet {
    /// In the order of the file; ids differ.
    pub documents: Vec<Labelled>,
    /// What the stances are about. A format that has no phrases gives the id for a phrase.
    pub targets: Vec<Target>,
    /// Regions that are marked as not annotated; no format carries them.
    pub unannotated: usize,
}

/// What was read of a format.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// The gold.
    pub gold: GoldSet,
    /// What the files hold and karat does not take.
    pub losses: Vec<Loss>,
    /// What the reader found out or decided, a sentence each.
    pub remarks: Vec<String>,
}

/// The files of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Files {
    /// One file.
    One(String),
    /// The files of a folder, by name.
    Folder(BTreeMap<String, String>),
}

/// What a format makes of gold.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// The files.
    pub files: Files,
    /// What the format cannot carry.
    pub losses: Vec<Loss>,
}

/// Reads a file, or a folder where the format is one of folders.
///
/// # Errors
/// [`CorpusError`] with all problems of all files, each with its line.
pub fn read(path: &Path, format: Format) -> Result<Import, CorpusError> {
    match format {
        Format::Brackets => brackets::read(path),
        Format::Conll(scheme) => conll::read(path, scheme),
        Format::Brat => brat::read(path),
        Format::LabelStudio => label_studio::read(path),
        Format::Spacy => spacy::read(path),
        Format::Semeval => semeval::read(path),
    }
}

/// The files of a format, and what they do not hold of the gold.
pub fn write(gold: &GoldSet, format: Format) -> Export {
    let mut export = match format {
        Format::Brackets => brackets::write(gold),
        Format::Conll(scheme) => conll::write(gold, scheme.unwrap_or(Scheme::Iob2)),
        Format::Brat => brat::write(gold),
        Format::LabelStudio => label_studio::write(gold),
        Format::Spacy => spacy::write(gold),
        Format::Semeval => semeval::write(gold),
    };
    let mut more = Losses::default();
    more.note(gold.unannotated, "regions marked as not annotated");
    export.losses.extend(more.into_vec());
    export
}

impl GoldSet {
    /// Number of mentions.
    pub fn entities(&self) -> usize {
        self.documents.iter().flat_map(|labelled| &labelled.entities).map(Vec::len).sum()
    }

    /// Number of stances.
    pub fn stances(&self) -> usize {
        self.documents.iter().map(|labelled| labelled.stances.len()).sum()
    }

    /// Targets that stand in stances, for a format that has no phrases for them.
    fn with_targets_of_stances(mut self) -> Self {
        let ids: BTreeSet<&String> = self.documents.iter().flat_map(|labelled| labelled.stances.keys()).collect();
        self.targets = ids.into_iter().map(|id| Target { id: id.clone(), phrase: id.clone() }).collect();
        self
    }
}

impl Labelled {
    /// A document about which nothing is known.
    fn bare(id: String, text: String) -> Self {
        let document = Document { id, text };
        Self { document, metadata: Metadata::new(), entities: None, stances: BTreeMap::new() }
    }

    /// Its stances as lines of gold.
    fn stance_lines(&self) -> impl Iterator<Item = StanceLine> {
        self.stances.iter().map(|(target, &stance)| StanceLine {
            document: self.document.id.clone(),
            target: target.clone(),
            stance,
            scores: None,
        })
    }
}

/// The documents of one file, in order; ids must differ and texts be usable.
#[derive(Default)]
struct Documents {
    found: Vec<Labelled>,
    first_seen: BTreeMap<String, usize>,
}

impl Documents {
    fn add(&mut self, problems: &mut Problems<'_>, line: usize, labelled: Labelled) {
        let id = &labelled.document.id;
        if let Some(first) = self.first_seen.insert(id.clone(), line) {
            problems.at(line, format!("document `{id}` stands already in line {first}"));
        }
        if let Some(what) = unusable(&labelled.document) {
            problems.at(line, what);
        }
        self.found.push(labelled);
    }

    /// The next name for a document without an id.
    fn next_id(&self) -> String {
        format!("doc-{}", self.found.len() + 1)
    }

    fn finish(self, mut problems: Problems<'_>) -> Result<GoldSet, CorpusError> {
        if self.found.is_empty() && problems.is_empty() {
            problems.whole("there is no document in this file");
        }
        problems.or(GoldSet { documents: self.found, ..GoldSet::default() })
    }
}

/// The files of a folder with an ending, in the order of names.
fn listed(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, CorpusError> {
    let failed = |source| CorpusError::List { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|found| found == ending) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Sets problems aside, so that those of all files are told at once; any other error ends the reading.
fn keep<T>(result: Result<T, CorpusError>, found: &mut Vec<Problem>) -> Result<Option<T>, CorpusError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(CorpusError::Problems(mut more)) => {
            found.append(&mut more);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

/// A document's name from its file's: the name without ending.
fn id_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
