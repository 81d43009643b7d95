//! Labels that look like slips: each is to be looked at, none is an error by itself.

use super::Corpus;
use crate::base::{CharText, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Characters of context on each side.
const CONTEXT: usize = 30;
/// Shorter names occur as other words too often.
const SHORTEST: usize = 3;

/// A label to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspicion {
    /// `labelled two ways`, `not labelled here`, or `odd edge`.
    pub kind: &'static str,
    /// The document's id.
    pub document: String,
    /// Where.
    pub span: Span,
    /// The name.
    pub text: String,
    /// What is odd, in words.
    pub what: String,
    /// The text around it, with the name in brackets.
    pub context: String,
}

impl Suspicion {
    /// Every kind, in the order in which they are told.
    pub const KINDS: [&'static str; 3] = ["labelled two ways", "not labelled here", "odd edge"];
}

/// Names that one document labels in two ways; names that are labelled somewhere in a document and elsewhere in it not; mentions
/// with a quotation mark, a stop or a possessive at their edge. Only documents whose entities are labelled are looked at.
pub fn suspicions(corpus: &Corpus) -> Vec<Suspicion> {
    let mut found = Vec::new();
    let Some(gold) = &corpus.entities else { return found };
    for document in &corpus.documents {
        let Some(entities) = gold.get(&document.id) else { continue };
        let text = CharText::new(&document.text);
        let mut tell = |kind, span, what: String| {
            found.push(Suspicion {
                kind,
                document: document.id.clone(),
                span,
                text: text.get(span).unwrap_or_default().to_owned(),
                what,
                context: context(&text, span),
            });
        };
        let mut names: BTreeMap<&str, BTreeMap<&str, Vec<Span>>> = BTreeMap::new();
        for entity in entities {
            let surface = text.get(entity.span).unwrap_or_default();
            names.entry(surface).or_default().entry(&entity.label).or_default().push(entity.span);
            if let Some(what) = odd_edge(surface) {
                tell("odd edge", entity.span, what);
            }
        }
        for (name, labels) in &names {
            if let Some((rarest, spans)) =
                labels.iter().min_by_key(|(_, spans)| spans.len()).filter(|_| labels.len() > 1)
            {
                let others = labels.keys().filter(|label| *label != rarest).copied().collect::<Vec<_>>().join(", ");
                for &span in spans {
                    tell("labelled two ways", span, format!("{rarest} here, {others} elsewhere in the document"));
                }
            }
            for span in occurrences(&text, name) {
                if name.chars().count() >= SHORTEST && !entities.iter().any(|entity| entity.span.overlaps(span)) {
                    let labels = labels.keys().copied().collect::<BTreeSet<_>>();
                    let labels = labels.into_iter().collect::<Vec<_>>().join(", ");
                    tell("not labelled here", span, format!("{labels} elsewhere in the document"));
                }
            }
        }
    }
    found.sort_by_key(|one| Suspicion::KINDS.iter().position(|kind| *kind == one.kind));
    found
}

fn odd_edge(surface: &str) -> Option<String> {
    if surface.ends_with("'s") || surface.ends_with("\u{2019}s") {
        return Some("ends with a possessive".to_owned());
    }
    let quotes = ['"', '\u{201C}', '\u{201D}', '\u{2018}', ',', ';', ':', '?'];
    let edge = surface.chars().next().into_iter().chain(surface.chars().last());
    edge.into_iter().find(|c| quotes.contains(c)).map(|c| format!("begins or ends with `{c}`"))
}

/// Where a name stands as whole words, in the same capitals.
fn occurrences(text: &CharText<'_>, name: &str) -> Vec<Span> {
    let whole = text.as_str();
    let length = name.chars().count();
    let part_of_a_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let found = whole.match_indices(name).filter(|(at, _)| {
        let (before, after) = (whole[..*at].chars().next_back(), whole[at + name.len()..].chars().next());
        !part_of_a_word(before) && !part_of_a_word(after)
    });
    found.map(|(at, _)| text.char_of_byte(at)).map(|start| Span::new(start, start + length)).collect()
}

fn context(text: &CharText<'_>, span: Span) -> String {
    let cut = |start: usize, end: usize| text.get(Span::new(start, end)).unwrap_or_default();
    let before = cut(span.start.saturating_sub(CONTEXT), span.start);
    let after = cut(span.end, (span.end + CONTEXT).min(text.len()));
    format!("{before}[{}]{after}", cut(span.start, span.end)).replace(['\n', '\r', '\t'], " ")
}
