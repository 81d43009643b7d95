//! Documents: what they are, and when they cannot be used.

use super::problem::CorpusError;
use super::records::{Lines, Records, Texts, sound};
use super::survey::survey;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// One text of a corpus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its name in every table.
    pub id: String,
    /// The raw text; offsets count its characters.
    pub text: String,
}

/// What a line of documents holds.
pub(super) const DOCUMENT: &str = r#"{"id": "…", "text": "…"}"#;

/// The longest document that is taken, in bytes of UTF-8: some 700,000 words, more than any article.
pub const MAX_DOCUMENT_BYTES: usize = 4 << 20;

/// Reads a `documents.jsonl` (`{"id","text", …}` a line), or every `.txt` file of a folder (id = file name without
/// ending, in the order of names).
///
/// # Errors
/// [`CorpusError`] with every line that is not such an object, every duplicate id, and every text that is blank or
/// longer than [`MAX_DOCUMENT_BYTES`].
pub fn read_documents(path: &Path) -> Result<Vec<Document>, CorpusError> {
    let records: Box<dyn Records> =
        if path.is_dir() { Box::new(Texts::open(path)?) } else { Box::new(Lines::open(path)?) };
    survey(records.as_ref(), usize::MAX, |_| ())?;
    sound(records.as_ref())?.collect()
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
