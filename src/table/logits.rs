//! Logits as the engine gave them, so that another decoding needs no inference.

use super::Table;
use crate::corpus::Document;
use crate::engine::Logits;
use crate::task::Prepared;

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
                let token = position.checked_sub(prepared.before).filter(|&t| t < window.tokens.len());
                let span = token.map(|t| prepared.tokens[window.tokens.start + t].span);
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
                let tokens = &prepared.tokens[window.tokens.clone()];
                let start = tokens.first().map_or(0, |token| token.span.start);
                let end = tokens.last().map_or(0, |token| token.span.end);
                places.push((&document.id, &question.target, &question.hypothesis, index, start, end));
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

fn row(logits: &Logits, row: usize) -> &[f32] {
    let width = logits.ncols();
    let values = logits.as_slice().expect("engines return rows in standard order");
    &values[row * width..(row + 1) * width]
}

fn width(logits: &[Vec<Logits>]) -> usize {
    logits.iter().flatten().next().map_or(0, Logits::ncols)
}
