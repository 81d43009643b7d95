//! Mentions as a file gives them, and entities that fit their text.

use crate::base::{CharText, Entity, Span};

/// A mention as written.
pub(super) struct Mention {
    /// Where, in characters.
    pub(super) span: Span,
    /// Its label.
    pub(super) label: String,
    /// What should stand there, where the file says it.
    pub(super) surface: Option<String>,
    /// The line that says all this.
    pub(super) line: usize,
}

impl Mention {
    /// True where the span lies in the text and has the surface that the file gives it.
    pub(super) fn fits(&self, text: &CharText<'_>, same: fn(&str, &str) -> bool) -> bool {
        let found = text.get(self.span);
        found.is_some_and(|found| self.surface.as_ref().is_none_or(|written| same(written, found)))
    }
}

/// Entities in the order of the text. `same` says whether a written surface is the one of the text.
///
/// # Errors
/// What is wrong, by line: spans that are empty, lie outside the text, read otherwise, or overlap; empty labels.
pub(super) fn entities(
    text: &CharText<'_>,
    mut mentions: Vec<Mention>,
    same: fn(&str, &str) -> bool,
) -> Result<Vec<Entity>, Vec<(usize, String)>> {
    let mut faults = Vec::new();
    for mention in &mentions {
        let Span { start, end } = mention.span;
        let what = match text.get(mention.span) {
            _ if start >= end => format!("span {start}..{end} is empty"),
            None => format!("span {start}..{end} lies outside the text of {} characters", text.len()),
            Some(found) if !mention.fits(text, same) => {
                let written = mention.surface.as_deref().unwrap_or_default();
                format!("span {start}..{end} should read `{written}`, but the text has `{found}` there")
            }
            Some(_) if mention.label.is_empty() => format!("span {start}..{end} has no label"),
            Some(_) => continue,
        };
        faults.push((mention.line, what));
    }
    mentions.sort_by_key(|mention| mention.span);
    for pair in mentions.windows(2).filter(|pair| pair[0].span.overlaps(pair[1].span)) {
        let (a, b) = (pair[0].span, pair[1].span);
        let line = pair[0].line.max(pair[1].line);
        let what = format!("spans {}..{} and {}..{} overlap; gold is flat", a.start, a.end, b.start, b.end);
        faults.push((line, what));
    }
    faults.sort();
    if !faults.is_empty() {
        return Err(faults);
    }
    let entity = |mention: Mention| Entity { span: mention.span, label: mention.label, score: None };
    Ok(mentions.into_iter().map(entity).collect())
}

/// The span without the characters at its edges that `cut` takes; None where nothing is left.
pub(super) fn trimmed(text: &CharText<'_>, span: Span, cut: fn(char) -> bool) -> Option<Span> {
    let surface = text.get(span)?;
    let before = surface.chars().take_while(|&c| cut(c)).count();
    let after = surface.chars().rev().take_while(|&c| cut(c)).count();
    let (start, end) = (span.start + before, span.end.saturating_sub(after));
    (start < end).then_some(Span { start, end })
}
