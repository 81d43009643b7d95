//! CoNLL columns: a token a line, its first column the token and its last the tag, a blank line between sentences.
//!
//! `-DOCSTART-` begins a document and `# id = …` names it. The format holds tokens and no white space: read, tokens are
//! joined by spaces and sentences by line breaks; written, a line of text is a sentence.

mod columns;
mod lines;
mod read;
mod scheme;
mod tokens;
mod write;

pub use columns::{Columns, TaggedToken, read_columns};
pub(super) use read::read;
pub use scheme::Scheme;
pub(super) use write::write;

/// The first column of the line that begins a document.
const DOCUMENT: &str = "-DOCSTART-";
/// The comment that names a document.
const ID: &str = "# id = ";
