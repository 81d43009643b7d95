//! Tags in columns: gold and predictions token by token.

use super::arguments::{ScoreOptions, UnitArgument};
use super::{Documents, Material, ScoreError, Sides};
use crate::base::file::read_text;
use crate::cli::say;
use crate::corpus::exchange::{Columns, TaggedToken, read_columns};
use crate::corpus::{self, CorpusError, Problem};
use crate::metrics::{Scheme, Tag, TaggedText};
use crate::report::number;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where the predictions part from the tokens of gold.
#[derive(Debug)]
pub(in crate::cli) struct OtherToken {
    gold: Place,
    pred: Place,
}

/// A line of a file and its token; None where a sentence ends.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    line: usize,
    token: Option<String>,
}

impl fmt::Display for OtherToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, and {}", self.pred, self.gold)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, line) = (self.path.display(), self.line);
        match &self.token {
            Some(token) => write!(f, "`{path}` line {line} has token `{token}`"),
            None => write!(f, "`{path}` ends a sentence after line {line}"),
        }
    }
}

/// A file's path and content.
#[derive(Default)]
struct File {
    path: PathBuf,
    content: String,
}

impl File {
    fn read(path: &Path) -> Result<Self, CorpusError> {
        Ok(Self { path: path.to_owned(), content: read_text(path)? })
    }
}

/// The files of gold and predictions, or the one of both.
#[derive(Default)]
pub(super) struct Files {
    gold: File,
    pred: Option<File>,
}

impl Files {
    pub(super) fn read(options: &ScoreOptions) -> Result<Self, CorpusError> {
        let gold = options.both.as_deref().or(options.gold.as_deref()).expect("the arguments require gold or both");
        let pred = options.pred.as_deref().map(File::read).transpose()?;
        Ok(Self { gold: File::read(gold)?, pred })
    }
}

/// Reads tags, and collects those that are none.
struct Reader {
    scheme: Option<Scheme>,
    problems: Vec<Problem>,
}

impl Reader {
    fn tag<'a>(&mut self, file: &File, line: usize, text: &'a str) -> Tag<'a> {
        let what = match (Tag::parse(text), self.scheme) {
            (Some(tag), Some(scheme)) if !scheme.has(tag.letter()) => format!("tag `{text}` is not of {scheme}"),
            (Some(tag), _) => return tag,
            (None, _) => {
                format!("tag `{text}` is neither `O` nor one of B, I, E, S, L, U alone or with `-` and a label")
            }
        };
        self.problems.push(Problem { path: file.path.clone(), place: Some(corpus::Place::Line(line)), what });
        Tag::OUTSIDE
    }

    /// One sentence's tags on both sides.
    fn sentence<'a>(
        &mut self,
        files: &'a Files,
        gold: &[TaggedToken<'a>],
        pred: &[TaggedToken<'a>],
    ) -> Sides<Vec<Tag<'a>>> {
        let pred_file = files.pred.as_ref().unwrap_or(&files.gold);
        let mut sides = (Vec::with_capacity(gold.len()), Vec::with_capacity(gold.len()));
        for (gold, pred) in gold.iter().zip(pred) {
            let gold_tag = match (&files.pred, gold.tag_before) {
                (Some(_), _) => gold.tag,
                (None, Some(tag)) => tag,
                (None, None) => {
                    let what = "expected a token, a gold tag and a predicted tag".to_owned();
                    self.problems.push(Problem {
                        path: files.gold.path.clone(),
                        place: Some(corpus::Place::Line(gold.line)),
                        what,
                    });
                    continue;
                }
            };
            sides.0.push(self.tag(&files.gold, gold.line, gold_tag));
            sides.1.push(self.tag(pred_file, pred.line, pred.tag));
        }
        sides
    }
}

/// Gold and predictions by document, or by sentence where that is the unit.
pub(super) fn documents<'a>(files: &'a Files, options: &ScoreOptions) -> anyhow::Result<Documents<'a>> {
    let gold = read_columns(&files.gold.path, &files.gold.content)?;
    let pred = match &files.pred {
        Some(file) => {
            let pred = read_columns(&file.path, &file.content)?;
            same_tokens((&files.gold.path, &gold), (&file.path, &pred)).map_err(ScoreError::OtherToken)?;
            Some(pred)
        }
        None => None,
    };
    let mut pred = sentences(pred.as_ref().unwrap_or(&gold));
    let mut reader = Reader { scheme: options.scheme.map(Into::into), problems: Vec::new() };
    let (mut names, mut material) = (Vec::new(), Vec::new());
    for (index, document) in gold.iter().enumerate() {
        let name = document.id.map_or_else(|| format!("doc-{}", index + 1), str::to_owned);
        let mut sides = (TaggedText::default(), TaggedText::default());
        for (place, sentence) in document.sentences.iter().enumerate() {
            let predicted = pred.next().expect("both sides have the same sentences");
            let (gold, predicted) = reader.sentence(files, sentence, predicted);
            sides.0.push(gold);
            sides.1.push(predicted);
            if options.unit == UnitArgument::Sentence {
                names.push(format!("{name}/{}", place + 1));
                material.push(std::mem::take(&mut sides));
            }
        }
        if options.unit == UnitArgument::Document {
            names.push(name);
            material.push(sides);
        }
    }
    if !reader.problems.is_empty() {
        return Err(CorpusError::Problems(reader.problems).into());
    }
    tell(&gold, options.unit);
    Ok(Documents { names, material: Material::Tags(material), ignored: 0, unannotated: 0 })
}

fn sentences<'b, 'a>(documents: &'b [Columns<'a>]) -> impl Iterator<Item = &'b [TaggedToken<'a>]> {
    documents.iter().flat_map(|document| document.sentences.iter().map(Vec::as_slice))
}

/// What the intervals are about.
fn tell(gold: &[Columns<'_>], unit: UnitArgument) {
    let count = sentences(gold).count();
    match unit {
        UnitArgument::Sentence => say(&format!(
            "each of {} sentences is taken as a document; where errors of one text go together, intervals are too narrow",
            number(count)
        )),
        UnitArgument::Document if gold.len() == 1 && count > 1 => say(&format!(
            "there is no `-DOCSTART-`: the {} sentences are one document, and intervals say nothing; --unit sentence takes each as one",
            number(count)
        )),
        UnitArgument::Document => {}
    }
}

/// The first place where tokens or the ends of sentences differ.
fn same_tokens(
    (gold_path, gold): (&Path, &[Columns<'_>]),
    (pred_path, pred): (&Path, &[Columns<'_>]),
) -> Result<(), OtherToken> {
    let (mut golds, mut preds) = (with_ends(gold), with_ends(pred));
    // Where a file has no more lines, it ends a sentence after its last one.
    let (mut last_gold, mut last_pred) = (0, 0);
    loop {
        let (one, other) = (golds.next(), preds.next());
        if one.is_none() && other.is_none() {
            return Ok(());
        }
        let token = |place: Option<(usize, Option<&str>)>| place.and_then(|(_, token)| token.map(str::to_owned));
        if one.is_none() || other.is_none() || token_of(one) != token_of(other) {
            let line = |place: Option<(usize, _)>, last: usize| place.map_or(last, |(line, _)| line);
            let gold = Place { path: gold_path.to_owned(), line: line(one, last_gold), token: token(one) };
            let pred = Place { path: pred_path.to_owned(), line: line(other, last_pred), token: token(other) };
            return Err(OtherToken { gold, pred });
        }
        (last_gold, last_pred) = (one.map_or(last_gold, |(line, _)| line), other.map_or(last_pred, |(line, _)| line));
    }
}

fn token_of(place: Option<(usize, Option<&str>)>) -> Option<&str> {
    place.and_then(|(_, token)| token)
}

/// Lines and tokens; None in place of a token where a sentence ends, with the line before.
fn with_ends<'b>(documents: &'b [Columns<'_>]) -> impl Iterator<Item = (usize, Option<&'b str>)> {
    sentences(documents).flat_map(|sentence| {
        let end = sentence.last().map(|row| (row.line, None));
        sentence.iter().map(|row| (row.line, Some(row.token))).chain(end)
    })
}
