//! What each line of a file of columns is.

use super::{DOCUMENT, ID};

/// One line.
pub(super) enum Line<'a> {
    /// Between sentences.
    Blank,
    /// The comment that names a document.
    Id(&'a str),
    /// Any other comment.
    Comment,
    /// Begins a document.
    Document,
    /// A token with its tag.
    Row(Row<'a>),
    /// Neither: no two columns, or no token.
    Malformed(&'a str),
}

/// A token, and what stands beside it in the last columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) token: &'a str,
    /// The last column.
    pub(super) tag: &'a str,
    /// The column before the last, where it is not the token.
    pub(super) tag_before: Option<&'a str>,
}

/// The lines of a file, from 1.
pub(super) fn lines(content: &str) -> impl Iterator<Item = (usize, Line<'_>)> {
    (1..).zip(content.lines()).map(|(number, line)| (number, read(line)))
}

fn read(line: &str) -> Line<'_> {
    if line.trim().is_empty() {
        return Line::Blank;
    }
    if let Some((key, value)) = comment(line) {
        return if key == "id" || key == "newdoc id" { Line::Id(value) } else { Line::Comment };
    }
    let row = if line.contains('\t') { row(line.split('\t')) } else { row(line.split(' ').filter(|c| !c.is_empty())) };
    match row {
        Some(Row { token: DOCUMENT, .. }) => Line::Document,
        Some(row) if !row.token.trim().is_empty() => Line::Row(row),
        _ if line.trim() == DOCUMENT => Line::Document,
        _ => Line::Malformed(line),
    }
}

fn row<'a>(mut columns: impl DoubleEndedIterator<Item = &'a str>) -> Option<Row<'a>> {
    let (token, tag) = (columns.next()?, columns.next_back()?);
    Some(Row { token, tag: tag.trim(), tag_before: columns.next_back().map(str::trim) })
}

/// `# key = value`. Anything else that begins with `#` is a token.
fn comment(line: &str) -> Option<(&str, &str)> {
    let marks = &ID[..2];
    let (key, value) = line.strip_prefix(marks)?.split_once(" =")?;
    let is_key =
        !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.' | ' '));
    is_key.then_some((key, value.trim()))
}
