//! Logits as the engine gave them, so that another decoding needs no inference; and the way back.

use super::{Stored, Table, TableError};
use crate::base::Span;
use crate::corpus::Document;
use crate::engine::Logits;
use crate::task::{Prepared, TaskName};
use crate::text::Window;
use ndarray::Array2;
use std::collections::BTreeMap;

/// Document, window, position, characters.
type TokenPlace<'a> = (&'a str, usize, usize, Option<(usize, usize)>);

/// One row a token of each window: `document, window, token, start, end, logits`. `token` is the position in the window's
/// sequence; `start` and `end` are characters of the raw text, null for special tokens; `logits` is in id2label order.
pub fn token_logits(documents: &[&Document], prepared: &[Prepared], logits: &[Vec<Logits>]) -> Table {
    let mut places: Vec<TokenPlace<'_>> = Vec::new();
    let mut rows: Vec<&[f32]> = Vec::new();
    for ((document, prepared), logits) in documents.iter().zip(prepared).zip(logits) {
        for (window_index, (window, logits)) in prepared.windows.iter().zip(logits).enumerate() {
            for position in 0..logits.nrows() {
                let span = token_span(prepared, window, position);
                places.push((&document.id, window_index, position, span.map(|s| (s.start, s.end))));
                rows.push(row(logits, position));
            }
        }
    }
    Table::default()
        .text("document", places.iter().map(|place| Some(place.0)))
        .count("window", places.iter().map(|place| Some(place.1)))
        .count("token", places.iter().map(|place| Some(place.2)))
        .count("start", places.iter().map(|place| place.3.map(|span| span.0)))
        .count("end", places.iter().map(|place| place.3.map(|span| span.1)))
        .vectors("logits", width(logits), rows.into_iter())
}

/// One row a hypothesis and window: `document, target, hypothesis, window, start, end, logits`. `start` and `end` are the
/// window's characters of the raw text; `logits` is in id2label order.
pub fn sequence_logits(documents: &[&Document], prepared: &[Prepared], logits: &[Vec<Logits>]) -> Table {
    let mut places: Vec<(&str, &str, &str, usize, usize, usize)> = Vec::new();
    let mut rows: Vec<&[f32]> = Vec::new();
    for ((document, prepared), logits) in documents.iter().zip(prepared).zip(logits) {
        let windows = prepared.windows.len().max(1);
        for (question, logits) in prepared.questions.iter().zip(logits.chunks(windows)) {
            for (index, (window, logits)) in prepared.windows.iter().zip(logits).enumerate() {
                let span = window_span(prepared, window);
                places.push((&document.id, &question.target, &question.hypothesis, index, span.start, span.end));
                rows.push(row(logits, 0));
            }
        }
    }
    Table::default()
        .text("document", places.iter().map(|place| Some(place.0)))
        .text("target", places.iter().map(|place| Some(place.1)))
        .text("hypothesis", places.iter().map(|place| Some(place.2)))
        .count("window", places.iter().map(|place| Some(place.3)))
        .count("start", places.iter().map(|place| Some(place.4)))
        .count("end", places.iter().map(|place| Some(place.5)))
        .vectors("logits", width(logits), rows.into_iter())
}

/// Characters of the token at a position of a window's sequence; None for special tokens.
fn token_span(prepared: &Prepared, window: &Window, position: usize) -> Option<Span> {
    let token = position.checked_sub(prepared.before).filter(|&t| t < window.tokens.len())?;
    Some(prepared.tokens[window.tokens.start + token].span)
}

/// Characters from a window's first token to its last.
fn window_span(prepared: &Prepared, window: &Window) -> Span {
    let tokens = &prepared.tokens[window.tokens.clone()];
    Span::new(tokens.first().map_or(0, |token| token.span.start), tokens.last().map_or(0, |token| token.span.end))
}

fn row(logits: &Logits, row: usize) -> &[f32] {
    let width = logits.ncols();
    let values = logits.as_slice().expect("engines return rows in standard order");
    &values[row * width..(row + 1) * width]
}

fn width(logits: &[Vec<Logits>]) -> usize {
    logits.iter().flatten().next().map_or(0, Logits::ncols)
}

/// A cell's logits as a run holds them, to be decoded anew.
#[derive(Debug)]
pub struct StoredLogits {
    /// By document, then by target and hypothesis (empty for tokens).
    rows: BTreeMap<String, BTreeMap<(String, String), Vec<Row>>>,
    classes: usize,
    values: Vec<f32>,
}

/// A stored row: what it is about, and where its values are.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    window: usize,
    span: Option<Span>,
    at: usize,
}

/// How stored logits do not fit what is asked now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// The document has no logits.
    #[error("document `{0}` is not among them")]
    Document(String),
    /// The hypothesis was not asked.
    #[error("document `{document}` was not asked about target `{target}` with the hypothesis `{hypothesis}`")]
    Hypothesis {
        /// The document.
        document: String,
        /// The target's id.
        target: String,
        /// What is asked now.
        hypothesis: String,
    },
    /// Another number of windows.
    #[error("document `{document}` is cut into {here} windows here and {there} there")]
    Windows {
        /// The document.
        document: String,
        /// Windows that are asked for.
        here: usize,
        /// Windows that are stored.
        there: usize,
    },
    /// A window begins or ends elsewhere.
    #[error(
        "window {window} of document `{document}` spans characters {}..{} here and {}..{} there",
        here.start, here.end, there.start, there.end
    )]
    Window {
        /// The document.
        document: String,
        /// Which window, from 1.
        window: usize,
        /// Its characters.
        here: Span,
        /// The stored window's characters.
        there: Span,
    },
    /// A window has the same ends and other tokens.
    #[error("window {window} of document `{document}` has other tokens there")]
    Tokens {
        /// The document.
        document: String,
        /// Which window, from 1.
        window: usize,
    },
    /// The model tells other classes apart.
    #[error("they have {there} classes and the model {here}")]
    Classes {
        /// Classes of the model.
        here: usize,
        /// Classes that are stored.
        there: usize,
    },
}

impl StoredLogits {
    /// Reads a table of logits.
    ///
    /// # Errors
    /// [`TableError`] when a column is missing, rows differ in length or a value is not finite.
    pub fn read(stored: &Stored, task: TaskName) -> Result<Self, TableError> {
        let documents = stored.text("document")?;
        let (windows, starts, ends) = (stored.count("window")?, stored.count("start")?, stored.count("end")?);
        let empty = || vec![None; documents.len()];
        let (targets, hypotheses) = match task {
            TaskName::Ner => (empty(), empty()),
            TaskName::Stance => (stored.text("target")?, stored.text("hypothesis")?),
        };
        let (classes, values) = stored.vectors("logits")?;
        if values.iter().any(|value| !value.is_finite()) {
            return Err(stored.lacks("logits", "lists of finite numbers"));
        }
        let mut rows: BTreeMap<String, BTreeMap<(String, String), Vec<Row>>> = BTreeMap::new();
        let named = documents.into_iter().zip(targets).zip(hypotheses);
        for (at, ((document, target), hypothesis)) in named.enumerate() {
            let span = starts[at].zip(ends[at]).map(|(start, end)| Span::new(start, end));
            let question = (target.unwrap_or_default(), hypothesis.unwrap_or_default());
            let row = Row { window: windows[at].unwrap_or_default(), span, at };
            rows.entry(document.unwrap_or_default()).or_default().entry(question).or_default().push(row);
        }
        Ok(Self { rows, classes, values })
    }

    /// The hypotheses that a document was asked, for they share its windows; none for tokens.
    pub fn hypotheses(&self, document: &str) -> Vec<String> {
        let questions = self.rows.get(document).into_iter().flatten().map(|((_, hypothesis), _)| hypothesis);
        questions.filter(|hypothesis| !hypothesis.is_empty()).cloned().collect()
    }

    /// The logits of a document's sequences, in their order, as the engine of a model with so many classes returned them.
    ///
    /// # Errors
    /// [`Misfit`] when something that is asked is not there, or stands in other windows.
    ///
    /// # Panics
    /// Never: rows were read with one value a class.
    pub fn of(
        &self,
        document: &str,
        prepared: &Prepared,
        (classes, task): (usize, TaskName),
    ) -> Result<Vec<Logits>, Misfit> {
        if prepared.sequences.is_empty() {
            return Ok(Vec::new());
        }
        if self.classes != classes {
            return Err(Misfit::Classes { here: classes, there: self.classes });
        }
        let questions = self.rows.get(document).ok_or_else(|| Misfit::Document(document.to_owned()))?;
        let mut all = Vec::with_capacity(prepared.sequences.len());
        for question in &prepared.questions {
            let key = (question.target.clone(), question.hypothesis.clone());
            let rows = questions.get(&key).ok_or_else(|| Misfit::Hypothesis {
                document: document.to_owned(),
                target: key.0.clone(),
                hypothesis: key.1.clone(),
            })?;
            let stored: Vec<&[Row]> = rows.chunk_by(|a, b| a.window == b.window).collect();
            if stored.len() != prepared.windows.len() {
                let document = document.to_owned();
                return Err(Misfit::Windows { document, here: prepared.windows.len(), there: stored.len() });
            }
            for (index, rows) in stored.into_iter().enumerate() {
                fits(document, prepared, (index, task), rows)?;
                let values: Vec<f32> = rows.iter().flat_map(|row| self.values(row)).copied().collect();
                let logits = Array2::from_shape_vec((rows.len(), classes), values);
                all.push(logits.expect("every row has one value a class"));
            }
        }
        Ok(all)
    }

    /// How many logits there are, and by how much two of them at most lie apart that stand in the same place of another cell; None
    /// where the two have other rows.
    pub fn apart(&self, other: &Self) -> Option<(usize, f32)> {
        let same = self.rows == other.rows && self.classes == other.classes && self.values.len() == other.values.len();
        let pairs = || self.values.iter().zip(&other.values);
        same.then(|| (self.values.len(), pairs().map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)))
    }

    fn values(&self, row: &Row) -> &[f32] {
        &self.values[row.at * self.classes..][..self.classes]
    }
}

/// Holds a stored window against the one that is asked for.
fn fits(document: &str, prepared: &Prepared, (index, task): (usize, TaskName), rows: &[Row]) -> Result<(), Misfit> {
    let window = &prepared.windows[index];
    let here = window_span(prepared, window);
    let mut spans = rows.iter().filter_map(|row| row.span);
    let start = spans.next().map_or(0, |span| span.start);
    let there = Span::new(start, rows.iter().filter_map(|row| row.span).next_back().map_or(0, |span| span.end));
    if here != there {
        return Err(Misfit::Window { document: document.to_owned(), window: index + 1, here, there });
    }
    let tokens = match task {
        TaskName::Ner => prepared.sequences[index].ids.len(),
        TaskName::Stance => 1,
    };
    let expected = |position| match task {
        TaskName::Ner => token_span(prepared, window, position),
        TaskName::Stance => Some(here),
    };
    let same = rows.len() == tokens && rows.iter().enumerate().all(|(at, row)| row.span == expected(at));
    if same { Ok(()) } else { Err(Misfit::Tokens { document: document.to_owned(), window: index + 1 }) }
}
