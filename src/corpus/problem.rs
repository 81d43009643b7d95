//! What is wrong with a corpus, all of it at once.

use crate::base::file::TextError;
use std::fmt;
use std::path::{Path, PathBuf};

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A line of text, from 1.
    Line(usize),
    /// A row of a table, from 1.
    Row(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// The place in it; None when the file as a whole is meant.
    pub place: Option<Place>,
    /// What is wrong: a lowercase fragment with names in backticks.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.path.display())?;
        if let Some(place) = self.place {
            write!(f, " {place}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// Why a corpus was refused.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A file cannot be read as text.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A folder cannot be listed.
    #[error("folder `{}` cannot be listed", path.display())]
    List {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder is no corpus.
    #[error("`{}` is no corpus: it holds neither `documents.jsonl` nor a folder `documents`", .0.display())]
    NoCorpus(PathBuf),
    /// A file is no table.
    #[error("`{}` cannot be read as Parquet: {reason}", path.display())]
    NoTable {
        /// The file.
        path: PathBuf,
        /// What Polars or the system said.
        reason: String,
    },
    /// Files are not those that the corpus was sealed with.
    #[error("{}", list(.0))]
    Unsealed(Vec<Problem>),
    /// Files were read, and hold what cannot be used.
    #[error("{}", list(.0))]
    Problems(Vec<Problem>),
    /// The same, of a file with more problems than are worth keeping.
    #[error("{}", list_of(first, *more))]
    Many {
        /// The first ones.
        first: Vec<Problem>,
        /// How many others there are.
        more: usize,
    },
    /// What a pipe gave cannot be kept, to be read twice.
    #[error("what `{}` gives cannot be kept in a temporary file", path.display())]
    Copy {
        /// The pipe.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Problems that are shown; others are counted.
pub(super) const SHOWN: usize = 20;

fn list(problems: &[Problem]) -> String {
    list_of(problems, 0)
}

fn list_of(problems: &[Problem], more: usize) -> String {
    let mut lines: Vec<String> = problems.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = more + problems.len().saturating_sub(SHOWN);
    if more > 0 {
        let s = if more == 1 { "" } else { "s" };
        lines.push(format!("and {more} more problem{s} like these"));
    }
    lines.join("\n")
}

/// Collects problems of one file.
pub(super) struct Problems<'a> {
    path: &'a Path,
    found: Vec<Problem>,
}

impl<'a> Problems<'a> {
    pub(super) fn of(path: &'a Path) -> Self {
        Self { path, found: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn at(&mut self, line: usize, what: impl Into<String>) {
        self.found.push(Problem { path: self.path.to_owned(), place: Some(Place::Line(line)), what: what.into() });
    }

    pub(super) fn whole(&mut self, what: impl Into<String>) {
        self.found.push(Problem { path: self.path.to_owned(), place: None, what: what.into() });
    }

    /// The value, when nothing was wrong.
    pub(super) fn or<T>(self, value: T) -> Result<T, CorpusError> {
        if self.found.is_empty() { Ok(value) } else { Err(self.into_error()) }
    }

    /// What was found, as an error; for faults after which nothing more can be read.
    pub(super) fn into_error(self) -> CorpusError {
        CorpusError::Problems(self.found)
    }
}

/// What a line should have been, and what serde says of it without its own "at line 1 column 7".
pub(super) fn json_fault(expected: &str, error: &serde_json::Error) -> String {
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or(&said);
    // A field of a line that was read first for its tag has no place in serde's eyes.
    let place = if error.column() == 0 { String::new() } else { format!(" at column {}", error.column()) };
    format!("expected {expected}, but{place}: {said}")
}
