//! Annotated sources: articles with inline brackets that people read and edit, `[PER Steve Witkoff]`.
//!
//! In: a folder of source files. Out: documents, entities and stances. The format is described in a corpus's guidelines:
//! a TOML header between `+++` lines, then the text; `\[`, `\]`, `\\`, `\r` and `\u{…}` are escapes.

use super::problem::{CorpusError, Problem, Problems};
use super::{Document, StanceLine};
use crate::base::file::read_text;
use crate::base::{Entity, Span, Stance};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One annotated article.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The text without brackets; its id is the file's name without ending.
    pub document: Document,
    /// What the header says of the article, for documents.jsonl.
    pub header: Header,
    /// Its mentions, in order.
    pub entities: Vec<Entity>,
    /// Its stances, in the order of targets.
    pub stances: Vec<StanceLine>,
}

/// The header of a source file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The article's headline, or a description of it.
    pub title: String,
    /// Who speaks, such as `neutral wire`.
    pub voice: String,
    /// The day it is dated.
    pub date: toml::value::Datetime,
    /// Stance by target.
    #[serde(default)]
    stance: BTreeMap<String, String>,
}

/// Reads every `.txt` file of a folder of sources, in the order of names.
///
/// # Errors
/// [`CorpusError`] with all problems of all files, each with its line.
pub fn read_sources(folder: &Path) -> Result<Vec<Source>, CorpusError> {
    let listed = std::fs::read_dir(folder).map_err(|source| CorpusError::List { path: folder.to_owned(), source })?;
    let mut paths: Vec<PathBuf> = listed.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
    paths.sort();
    let mut found: Vec<Problem> = Vec::new();
    let mut sources = Vec::new();
    for path in &paths {
        match parse(path, &read_text(path)?) {
            Ok(source) => sources.push(source),
            Err(CorpusError::Problems(mut more)) => found.append(&mut more),
            Err(other) => return Err(other),
        }
    }
    if !found.is_empty() {
        return Err(CorpusError::Problems(found));
    }
    let mut problems = Problems::of(folder);
    if sources.is_empty() {
        problems.whole("there is no `.txt` source in this folder");
    }
    problems.or(sources)
}

/// Parses one source file.
///
/// # Errors
/// [`CorpusError::Problems`] for a header that is missing or malformed, an unknown stance, brackets that do not close, nest
/// or have no label, and escapes that mean nothing.
pub fn parse(path: &Path, content: &str) -> Result<Source, CorpusError> {
    let mut problems = Problems::of(path);
    let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let parts = content.strip_prefix("+++\n").and_then(|rest| rest.split_once("\n+++\n"));
    let Some((head, body)) = parts else {
        problems.at(1, "a source begins with a header between two `+++` lines");
        return Err(problems.into_error());
    };
    let header = match toml::from_str::<Header>(head) {
        Ok(header) => header,
        Err(error) => {
            let line = error.span().map_or(2, |span| 2 + head[..span.start].matches('\n').count());
            problems.at(line, error.message().to_owned());
            return Err(problems.into_error());
        }
    };
    let mut stances = Vec::new();
    for (target, word) in &header.stance {
        match word.parse::<Stance>() {
            Ok(stance) => {
                stances.push(StanceLine { document: id.clone(), target: target.clone(), stance, scores: None });
            }
            Err(error) => problems.whole(format!("target `{target}`: {error}")),
        }
    }
    let first_line = 4 + head.matches('\n').count();
    let body = body.strip_suffix('\n').unwrap_or(body);
    let mut reader =
        Reader { rest: body, line: first_line, text: String::new(), characters: 0, open: None, entities: Vec::new() };
    while let Some(character) = reader.take() {
        if let Err(what) = reader.step(character) {
            problems.at(reader.line, what);
        }
    }
    if let Some((start, label)) = &reader.open {
        problems.whole(format!("the bracket of `{label}` at character {start} is not closed"));
    }
    let source = Source { document: Document { id, text: reader.text }, header, entities: reader.entities, stances };
    problems.or(source)
}

/// The text so far, and the bracket that is open.
struct Reader<'a> {
    rest: &'a str,
    line: usize,
    text: String,
    characters: usize,
    open: Option<(usize, String)>,
    entities: Vec<Entity>,
}

impl Reader<'_> {
    fn take(&mut self) -> Option<char> {
        let character = self.rest.chars().next()?;
        self.rest = &self.rest[character.len_utf8()..];
        Some(character)
    }

    fn push(&mut self, character: char) {
        self.line += usize::from(character == '\n');
        self.text.push(character);
        self.characters += 1;
    }

    fn step(&mut self, character: char) -> Result<(), String> {
        match character {
            '[' => self.open(),
            ']' => self.close(),
            '\\' => {
                let escaped = self.escape()?;
                self.push(escaped);
                Ok(())
            }
            other => {
                self.push(other);
                Ok(())
            }
        }
    }

    fn open(&mut self) -> Result<(), String> {
        let label: String = self.rest.chars().take_while(char::is_ascii_uppercase).collect();
        let after = &self.rest[label.len()..];
        if label.is_empty() || !after.starts_with(' ') {
            let near: String = self.rest.chars().take(20).collect();
            return Err(format!("`[{near}` opens no mention; write `[LABEL name]`, or `\\[` for the character itself"));
        }
        if let Some((_, outer)) = &self.open {
            return Err(format!("`[{label}` stands inside the bracket of `{outer}`; mentions do not nest"));
        }
        self.rest = &after[1..];
        self.open = Some((self.characters, label));
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let (start, label) = self.open.take().ok_or("`]` closes nothing; write `\\]` for the character itself")?;
        let span = Span::new(start, self.characters);
        let surface: String = self.text.chars().skip(start).collect();
        if surface.trim() != surface || surface.is_empty() {
            return Err(format!("the mention `{surface}` is empty or has white space at its edge"));
        }
        self.entities.push(Entity { span, label, score: None });
        Ok(())
    }

    fn escape(&mut self) -> Result<char, String> {
        let unknown = "a backslash stands before `[`, `]`, `\\`, `r` or `u{…}` only";
        match self.take() {
            Some(character @ ('[' | ']' | '\\')) => Ok(character),
            Some('r') => Ok('\r'),
            Some('u') => {
                let (digits, rest) = self.rest.strip_prefix('{').and_then(|r| r.split_once('}')).ok_or(unknown)?;
                let character = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                let character = character.ok_or_else(|| format!("`\\u{{{digits}}}` is no character"))?;
                self.rest = rest;
                Ok(character)
            }
            _ => Err(unknown.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(body: &str) -> Result<Source, CorpusError> {
        let head = "+++\ntitle = \"T\"\nvoice = \"v\"\ndate = 2025-10-19\n[stance]\ndeal = \"favor\"\n+++\n";
        parse(Path::new("x/one.txt"), &format!("{head}{body}\n"))
    }

    #[test]
    fn brackets_become_spans_of_the_text_without_them() {
        let source = source("[PER Zoë]’s \\[sic\\]\\u{A0}[LOC Gaza]\\r\nend").expect("a good source");
        assert_eq!(source.document.text, "Zoë’s [sic]\u{A0}Gaza\r\nend");
        let spans: Vec<_> = source.entities.iter().map(|e| (e.span.start, e.span.end, e.label.as_str())).collect();
        assert_eq!(spans, [(0, 3, "PER"), (12, 16, "LOC")]);
        assert_eq!(source.stances[0].stance, Stance::Favor);
        assert_eq!(source.document.id, "one");
    }

    #[test]
    fn a_fault_is_named_by_its_line() {
        for (body, line, part) in [
            ("one\ntwo ] three", 9, "closes nothing"),
            ("[PER a [LOC b]]", 8, "do not nest"),
            ("[per a]", 8, "opens no mention"),
            ("[PER a ]", 8, "white space at its edge"),
            ("a\n\\q", 9, "a backslash"),
        ] {
            let error = source(body).expect_err("a fault");
            let CorpusError::Problems(problems) = error else { panic!("another error: {error}") };
            assert_eq!(problems[0].line, Some(line), "{body}");
            assert!(problems[0].what.contains(part), "{}", problems[0].what);
        }
    }
}
