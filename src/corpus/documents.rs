//! Documents: a JSONL file or a folder of `.txt` files.

use super::problem::{CorpusError, Problems, json_fault};
use crate::base::file::read_text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One text of a corpus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its name in every table.
    pub id: String,
    /// The raw text; offsets count its characters.
    pub text: String,
}

/// What a line of documents holds.
const DOCUMENT: &str = r#"{"id": "…", "text": "…"}"#;

/// The longest document that is taken, in bytes of UTF-8: some 700,000 words, more than any article.
pub const MAX_DOCUMENT_BYTES: usize = 4 << 20;

/// Reads a `documents.jsonl` (`{"id","text", …}` a line), or every `.txt` file of a folder (id = file name without
/// ending, in the order of names).
///
/// # Errors
/// [`CorpusError`] with every line that is not such an object, every duplicate id, and every text that is blank or
/// longer than [`MAX_DOCUMENT_BYTES`].
pub fn read_documents(path: &Path) -> Result<Vec<Document>, CorpusError> {
    let documents = if path.is_dir() { read_folder(path)? } else { read_lines(path)? };
    let mut problems = Problems::of(path);
    if documents.is_empty() {
        let folder =
            "there is no `.txt` file in this folder; documents are a JSONL file, or the .txt files of a folder";
        problems.whole(if path.is_dir() { folder } else { "there is no document in this file" });
    }
    problems.or(documents)
}

fn read_lines(path: &Path) -> Result<Vec<Document>, CorpusError> {
    let text = read_text(path)?;
    let mut problems = Problems::of(path);
    let mut documents: Vec<Document> = Vec::new();
    let mut first_seen: BTreeMap<String, usize> = BTreeMap::new();
    for (number, line) in numbered(&text) {
        match serde_json::from_str::<Document>(line) {
            Err(error) => problems.at(number, json_fault(DOCUMENT, &error)),
            Ok(document) => {
                if let Some(first) = first_seen.insert(document.id.clone(), number) {
                    problems.at(number, format!("document `{}` stands already in line {first}", document.id));
                }
                if let Some(what) = unusable(&document) {
                    problems.at(number, what);
                }
                documents.push(document);
            }
        }
    }
    problems.or(documents)
}

fn read_folder(folder: &Path) -> Result<Vec<Document>, CorpusError> {
    let listed = |source| CorpusError::List { path: folder.to_owned(), source };
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(listed)? {
        let path = entry.map_err(listed)?.path();
        if path.extension().is_some_and(|ending| ending == "txt") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut found = Vec::new();
    let mut documents = Vec::new();
    for path in paths {
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let document = Document { id, text: read_text(&path)? };
        let mut problems = Problems::of(&path);
        if let Some(what) = unusable(&document) {
            problems.whole(what);
        }
        match problems.or(document) {
            Ok(document) => documents.push(document),
            Err(CorpusError::Problems(mut more)) => found.append(&mut more),
            Err(other) => return Err(other),
        }
    }
    if found.is_empty() { Ok(documents) } else { Err(CorpusError::Problems(found)) }
}

/// Why a document cannot be used: no id, no text, or too long a text.
pub(super) fn unusable(document: &Document) -> Option<String> {
    let (id, bytes) = (&document.id, document.text.len());
    if id.is_empty() {
        return Some("the document's `id` is empty".to_owned());
    }
    if document.text.trim().is_empty() {
        return Some(format!("document `{id}` has no text"));
    }
    (bytes > MAX_DOCUMENT_BYTES).then(|| {
        let (size, most) = (bytes as f64 / f64::from(1 << 20), MAX_DOCUMENT_BYTES >> 20);
        format!("document `{id}` is {size:.1} MiB long; a document may have {most} MiB, so split it")
    })
}

/// Lines that are not blank, numbered from 1.
pub(super) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line)).filter(|(_, line)| !line.trim().is_empty())
}
