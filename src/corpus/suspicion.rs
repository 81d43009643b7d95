//! Labels that look like slips: each is to be looked at, none is an error by itself.

use super::Corpus;
use crate::base::{CharText, Entity, Span};
use std::collections::{BTreeMap, BTreeSet, HashMap};

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

/// Names that one document labels in two ways; names that are labelled somewhere, in the document or in another, and here not;
/// mentions with a quotation mark, a stop or a possessive at their edge. Only documents whose entities are labelled are
/// looked at.
pub fn suspicions(corpus: &Corpus) -> Vec<Suspicion> {
    let Some(gold) = &corpus.entities else { return Vec::new() };
    let texts = corpus.documents.iter().filter_map(|document| {
        let entities = gold.get(&document.id)?;
        Some(Labelled { id: &document.id, text: CharText::new(&document.text), entities })
    });
    let texts: Vec<Labelled<'_>> = texts.collect();
    let mut known = Names::default();
    for labelled in &texts {
        for (name, entity) in labelled.names() {
            known.add(name, &entity.label);
        }
    }
    let mut found: Vec<Suspicion> = Vec::new();
    for labelled in &texts {
        found.extend(labelled.odd_edges());
        found.extend(labelled.two_ways());
        found.extend(labelled.not_labelled(&known));
    }
    found.sort_by_key(|one| Suspicion::KINDS.iter().position(|kind| *kind == one.kind));
    found
}

/// Labelled names of the whole corpus by their first word.
#[derive(Default)]
struct Names<'a> {
    by_first_word: HashMap<&'a str, BTreeMap<&'a str, BTreeSet<&'a str>>>,
}

impl<'a> Names<'a> {
    fn add(&mut self, name: &'a str, label: &'a str) {
        let first = &name[..word_length(name)];
        if !first.is_empty() && name.chars().count() >= SHORTEST {
            self.by_first_word.entry(first).or_default().entry(name).or_default().insert(label);
        }
    }

    /// The longest name that stands at the start of `rest`, whose first word is `word` bytes long, with its labels.
    fn at(&self, rest: &str, word: usize) -> Option<(&'a str, &BTreeSet<&'a str>)> {
        let ends = |name: &str| {
            let mut after = rest[name.len()..].chars();
            match after.next() {
                // `Don’t` is one word; `Don’s` is Don's.
                Some('\'' | '\u{2019}') => after.next().is_none_or(|c| c == 's' || !c.is_alphanumeric()),
                next => !next.is_some_and(char::is_alphanumeric),
            }
        };
        let names = self.by_first_word.get(&rest[..word])?;
        let there = names.iter().filter(|(name, _)| rest.starts_with(**name) && ends(name));
        there.max_by_key(|(name, _)| name.len()).map(|(name, labels)| (*name, labels))
    }
}

/// Bytes of the letters and digits that a text begins with.
fn word_length(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len())
}

/// A document with its entities.
struct Labelled<'a> {
    id: &'a str,
    text: CharText<'a>,
    entities: &'a [Entity],
}

impl<'a> Labelled<'a> {
    fn names(&self) -> impl Iterator<Item = (&'a str, &'a Entity)> {
        self.entities.iter().filter_map(|entity| Some((self.text.get(entity.span)?, entity)))
    }

    fn tell(&self, kind: &'static str, span: Span, what: String) -> Suspicion {
        Suspicion {
            kind,
            document: self.id.to_owned(),
            span,
            text: self.text.get(span).unwrap_or_default().to_owned(),
            what,
            context: context(&self.text, span),
        }
    }

    fn odd_edges(&self) -> impl Iterator<Item = Suspicion> {
        self.names().filter_map(|(name, entity)| {
            let what = odd_edge(name).or_else(|| self.cut_word(entity.span))?;
            Some(self.tell("odd edge", entity.span, what))
        })
    }

    /// A mention that begins or ends inside a word.
    fn cut_word(&self, Span { start, end }: Span) -> Option<String> {
        let inside = |at: usize| {
            let pair = self.text.get(Span::new(at.checked_sub(1)?, at + 1))?;
            pair.chars().all(char::is_alphanumeric).then_some(())
        };
        inside(start).or_else(|| inside(end)).map(|()| "begins or ends inside a word".to_owned())
    }

    /// The rarer label of each name that has several.
    fn two_ways(&self) -> Vec<Suspicion> {
        let mut names: BTreeMap<&str, BTreeMap<&str, Vec<Span>>> = BTreeMap::new();
        for (name, entity) in self.names() {
            names.entry(name).or_default().entry(&entity.label).or_default().push(entity.span);
        }
        let mut found = Vec::new();
        for labels in names.values().filter(|labels| labels.len() > 1) {
            let Some((rarest, spans)) = labels.iter().min_by_key(|(_, spans)| spans.len()) else { continue };
            let others = labels.keys().filter(|label| *label != rarest).copied().collect::<Vec<_>>().join(", ");
            let what = format!("{rarest} here, {others} elsewhere in the document");
            found.extend(spans.iter().map(|&span| self.tell("labelled two ways", span, what.clone())));
        }
        found
    }

    /// Whole words, in the same capitals, that are a name elsewhere and in no entity here.
    fn not_labelled(&self, known: &Names<'_>) -> Vec<Suspicion> {
        let own: BTreeSet<&str> = self.names().map(|(name, _)| name).collect();
        let text = self.text.as_str();
        let mut found = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let word = word_length(&text[at..]);
            if word == 0 {
                at += text[at..].chars().next().map_or(1, char::len_utf8);
                continue;
            }
            if let Some((name, labels)) = known.at(&text[at..], word) {
                let start = self.text.char_of_byte(at);
                let span = Span::new(start, start + name.chars().count());
                if !self.entities.iter().any(|entity| entity.span.overlaps(span)) {
                    let labels = labels.iter().copied().collect::<Vec<_>>().join(", ");
                    let place = if own.contains(name) { "elsewhere in the document" } else { "in another document" };
                    found.push(self.tell("not labelled here", span, format!("{labels} {place}")));
                }
            }
            at += word;
        }
        found
    }
}

fn odd_edge(surface: &str) -> Option<String> {
    if surface.ends_with("'s") || surface.ends_with("\u{2019}s") {
        return Some("ends with a possessive".to_owned());
    }
    if surface.trim() != surface {
        return Some("begins or ends with white space".to_owned());
    }
    let quotes = ['"', '\u{201C}', '\u{201D}', '\u{2018}', ',', ';', ':', '?', '(', ')', '[', ']'];
    let edge = surface.chars().next().into_iter().chain(surface.chars().last());
    edge.into_iter().find(|c| quotes.contains(c)).map(|c| format!("begins or ends with `{c}`"))
}

fn context(text: &CharText<'_>, span: Span) -> String {
    let cut = |start: usize, end: usize| text.get(Span::new(start, end)).unwrap_or_default();
    let before = cut(span.start.saturating_sub(CONTEXT), span.start);
    let after = cut(span.end, (span.end + CONTEXT).min(text.len()));
    format!("{before}[{}]{after}", cut(span.start, span.end)).replace(['\n', '\r', '\t'], " ")
}
