//! Columns as they are: tokens with the text of their tags, whatever the tags say.

use super::lines::{Line, Row, lines};
use crate::corpus::problem::{CorpusError, Problems};
use std::path::Path;

/// A document of a file of columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns<'a> {
    /// What the file calls it.
    pub id: Option<&'a str>,
    /// Its sentences, none of them empty.
    pub sentences: Vec<Vec<TaggedToken<'a>>>,
}

/// A line of a file of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaggedToken<'a> {
    /// The line, from 1.
    pub line: usize,
    /// The first column.
    pub token: &'a str,
    /// The last column.
    pub tag: &'a str,
    /// The column before the last, where it is not the token.
    pub tag_before: Option<&'a str>,
}

/// The documents of a file of columns: `-DOCSTART-` or an id in a comment begins one, and a file without either is one
/// document. Tags are not looked at.
///
/// # Errors
/// [`CorpusError`] with every line that has no two columns, and for a file without a token.
pub fn read_columns<'a>(path: &Path, content: &'a str) -> Result<Vec<Columns<'a>>, CorpusError> {
    let mut problems = Problems::of(path);
    let mut documents: Vec<Columns<'a>> = Vec::new();
    let mut document = Columns::default();
    let mut sentence = Vec::new();
    for (line, what) in lines(content) {
        if !matches!(what, Line::Row(_) | Line::Comment) && !sentence.is_empty() {
            document.sentences.push(std::mem::take(&mut sentence));
        }
        if matches!(what, Line::Id(_) | Line::Document) && !document.sentences.is_empty() {
            documents.push(std::mem::take(&mut document));
        }
        match what {
            Line::Blank | Line::Comment | Line::Document => {}
            Line::Id(id) => document.id = Some(id),
            Line::Row(Row { token, tag, tag_before }) => sentence.push(TaggedToken { line, token, tag, tag_before }),
            Line::Malformed(text) => {
                problems.at(line, format!("expected a token and a tag in columns, not `{text}`"));
            }
        }
    }
    document.sentences.extend((!sentence.is_empty()).then_some(sentence));
    documents.extend((!document.sentences.is_empty()).then_some(document));
    if documents.is_empty() && problems.is_empty() {
        problems.whole("there is no token in this file");
    }
    problems.or(documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &str) -> Vec<Columns<'_>> {
        read_columns(Path::new("x"), content).expect("columns")
    }

    #[test]
    fn documents_and_sentences_are_those_of_the_file() {
        let found = read("# id = a\n-DOCSTART- O\n\nx O\ny B-A\n\n\nz O\n# id = b\nw O\n");
        let shape: Vec<_> =
            found.iter().map(|d| (d.id, d.sentences.iter().map(Vec::len).collect::<Vec<_>>())).collect();
        assert_eq!(shape, [(Some("a"), vec![2, 1]), (Some("b"), vec![1])]);
        assert_eq!(found[1].sentences[0][0].line, 10);
    }

    #[test]
    fn the_last_two_columns_may_both_be_tags() {
        let found = read("x NN B-A I-A\ny O\n");
        let tags: Vec<_> = found[0].sentences[0].iter().map(|row| (row.tag_before, row.tag)).collect();
        assert_eq!(tags, [(Some("B-A"), "I-A"), (None, "O")]);
        assert_eq!(read("a b\tB-A\t O\n")[0].sentences[0][0].token, "a b");
    }

    #[test]
    fn a_line_without_a_tag_is_named() {
        let error = read_columns(Path::new("x"), "a O\nb\n").expect_err("no tag");
        assert_eq!(error.to_string(), "`x` line 2: expected a token and a tag in columns, not `b`");
        read_columns(Path::new("x"), "\n\n").expect_err("no token");
    }
}
