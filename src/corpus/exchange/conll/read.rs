//! Columns of token and tag to gold.

use super::lines::{Line, lines};
use super::scheme::{Scheme, Tagged, decode, detect, parse};
use crate::base::file::read_text;
use crate::base::{Entity, Span};
use crate::corpus::exchange::loss::Losses;
use crate::corpus::exchange::{CorpusError, Documents, Import, Labelled, Problems};
use std::path::Path;

/// A document as its lines give it.
struct Lines<'a> {
    line: usize,
    id: Option<&'a str>,
    /// Sentences of tokens, and their tags beside them.
    tokens: Vec<Vec<&'a str>>,
    tags: Vec<Vec<Tagged>>,
}

impl<'a> Lines<'a> {
    fn new(line: usize) -> Self {
        Self { line, id: None, tokens: Vec::new(), tags: Vec::new() }
    }

    fn is_empty(&self) -> bool {
        self.tokens.iter().all(Vec::is_empty)
    }

    fn end_sentence(&mut self) {
        if self.tokens.last().is_some_and(|sentence| !sentence.is_empty()) {
            self.tokens.push(Vec::new());
            self.tags.push(Vec::new());
        }
    }

    fn push(&mut self, token: &'a str, tag: Tagged) {
        if self.tokens.is_empty() {
            self.tokens.push(Vec::new());
            self.tags.push(Vec::new());
        }
        self.tokens.last_mut().expect("there is a sentence").push(token);
        self.tags.last_mut().expect("there is a sentence").push(tag);
    }
}

/// Reads a file; without a scheme it is found out from the tags.
pub(in super::super) fn read(path: &Path, scheme: Option<Scheme>) -> Result<Import, CorpusError> {
    let content = read_text(path)?;
    let mut problems = Problems::of(path);
    let (found, comments) = split(&content, &mut problems);
    let mut remarks = Vec::new();
    let scheme = match scheme {
        Some(scheme) => scheme,
        None => match detect(found.iter().flat_map(|lines| &lines.tags).map(Vec::as_slice)) {
            Ok((scheme, remark)) => {
                remarks.push(remark);
                scheme
            }
            Err((line, what)) => {
                problems.at(line, what);
                return Err(problems.into_error());
            }
        },
    };
    let mut documents = Documents::default();
    for lines in found {
        let id = lines.id.map_or_else(|| documents.next_id(), str::to_owned);
        let labelled = document(id, &lines, scheme, &mut problems);
        documents.add(&mut problems, lines.line, labelled);
    }
    let gold = documents.finish(problems)?;
    let mut losses = Losses::default();
    losses.note(comments, "comments");
    Ok(Import { gold, losses: losses.into_vec(), remarks })
}

/// The documents of a file, and how many comments say something other than an id.
fn split<'a>(content: &'a str, problems: &mut Problems<'_>) -> (Vec<Lines<'a>>, usize) {
    let mut found: Vec<Lines<'a>> = Vec::new();
    let mut current: Option<Lines<'a>> = None;
    let mut comments = 0;
    for (number, line) in lines(content) {
        match line {
            Line::Blank => current.iter_mut().for_each(Lines::end_sentence),
            Line::Comment => comments += 1,
            Line::Id(id) => {
                // An id belongs to what follows it.
                found.extend(current.take_if(|lines| !lines.is_empty()));
                let lines = current.get_or_insert_with(|| Lines::new(number));
                if lines.id.replace(id).is_some() {
                    problems.at(number, "a second id for the same document");
                }
            }
            Line::Document => {
                // An id may stand before the line or after it.
                found.extend(current.take_if(|lines| !lines.is_empty()));
                current.get_or_insert_with(|| Lines::new(number));
            }
            Line::Row(row) => match parse(row.tag) {
                Ok(tag) => current.get_or_insert_with(|| Lines::new(number)).push(row.token, (number, tag)),
                Err(what) => problems.at(number, what),
            },
            Line::Malformed(line) => {
                problems.at(number, format!("expected a token and a tag in columns, not `{line}`"));
            }
        }
    }
    found.extend(current.filter(|lines| !lines.is_empty() || lines.id.is_some()));
    (found, comments)
}

/// Text and entities: tokens are joined by spaces, sentences by line breaks.
fn document(id: String, lines: &Lines<'_>, scheme: Scheme, problems: &mut Problems<'_>) -> Labelled {
    let mut text = String::new();
    let mut at = 0;
    let mut entities = Vec::new();
    for (tokens, tags) in lines.tokens.iter().zip(&lines.tags) {
        let mut places = Vec::new();
        for (index, token) in tokens.iter().enumerate() {
            if !text.is_empty() {
                text.push(if index == 0 { '\n' } else { ' ' });
                at += 1;
            }
            let start = at;
            text.push_str(token);
            at += token.chars().count();
            places.push(Span::new(start, at));
        }
        match decode(tags, scheme) {
            Ok(mentions) => entities.extend(mentions.into_iter().map(|mention| Entity {
                span: Span::new(places[mention.first].start, places[mention.last].end),
                label: mention.label,
                score: None,
            })),
            Err(faults) => faults.into_iter().for_each(|(line, what)| problems.at(line, what)),
        }
    }
    let mut labelled = Labelled::bare(id, text);
    labelled.entities = Some(entities);
    labelled
}
