//! Gold to columns of token and tag.

use super::scheme::{Scheme, Tokens, encode};
use super::tokens::tokens;
use super::{DOCUMENT, ID};
use crate::base::{CharText, Span};
use crate::corpus::exchange::loss::{Labels, Losses, field, note_ids};
use crate::corpus::exchange::mentions::trimmed;
use crate::corpus::exchange::{Export, Files, GoldSet};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of white space, over all documents.
#[derive(Default)]
struct Space {
    /// Places where tokens touch, which get a space.
    touching: usize,
    /// Characters that are not kept, by name.
    gone: BTreeMap<&'static str, usize>,
}

impl Space {
    /// White space `gap` between two tokens becomes `kept`.
    fn note(&mut self, gap: &[char], kept: Option<char>) {
        self.touching += usize::from(gap.is_empty() && kept.is_some());
        let stays = gap.iter().position(|&c| Some(c) == kept);
        for (_, &character) in gap.iter().enumerate().filter(|(at, _)| Some(*at) != stays) {
            *self.gone.entry(name(character)).or_default() += 1;
        }
    }

    fn losses(self, losses: &mut Losses) {
        losses.note(self.touching, "places where tokens touch, between which a space will stand");
        let kinds: Vec<String> = self.gone.iter().map(|(name, count)| format!("{count} {name}")).collect();
        let what = "characters of white space, since a line break or a space stands for any run of it";
        losses.note(self.gone.values().sum(), format!("{what} ({})", kinds.join(", ")));
    }
}

fn name(character: char) -> &'static str {
    match character {
        ' ' => "spaces",
        '\n' => "line breaks",
        '\r' => "CR",
        '\t' => "tabs",
        '\u{A0}' | '\u{202F}' => "non-breaking spaces",
        _ => "others",
    }
}

/// A file of two columns.
pub(in super::super) fn write(gold: &GoldSet, scheme: Scheme) -> Export {
    let mut losses = Losses::default();
    let (mut space, mut labels, mut edges, mut blank) = (Space::default(), Labels::default(), 0, 0);
    let mut out = String::new();
    for labelled in &gold.documents {
        let text = CharText::new(&labelled.document.text);
        let mut mentions = Vec::new();
        for entity in labelled.entities.iter().flatten() {
            let Some(span) = trimmed(&text, entity.span, char::is_whitespace) else {
                blank += 1;
                continue;
            };
            edges += usize::from(span != entity.span);
            mentions.push((span, labels.fit(&entity.label, |c| if c.is_whitespace() { '_' } else { c })));
        }
        out.extend([DOCUMENT, " O\n\n", ID, &field(&labelled.document.id), "\n"]);
        for sentence in sentences(&text.as_str().chars().collect::<Vec<char>>(), &mentions, &mut space) {
            let tags = encode(sentence.tokens.len(), &sentence.mentions, scheme);
            for (token, tag) in sentence.tokens.iter().zip(tags) {
                out.extend([text.get(*token).unwrap_or_default(), " ", &tag, "\n"]);
            }
            out.push('\n');
        }
    }
    space.losses(&mut losses);
    losses.note(edges, "mentions with white space at an edge, which lose it");
    losses.note(blank, "mentions of nothing but white space");
    losses.metadata(gold);
    losses.stances(gold);
    losses.unlabelled(&gold.documents);
    labels.note(&mut losses);
    note_ids(&mut losses, gold, field);
    Export { files: Files::One(out), losses: losses.into_vec() }
}

/// Tokens with the mentions among them.
#[derive(Default)]
struct Sentence {
    tokens: Vec<Span>,
    mentions: Vec<Tokens>,
}

/// The lines of a text. A line break inside a mention ends no sentence, because no mention goes on in the next one.
fn sentences(text: &[char], mentions: &[(Span, String)], space: &mut Space) -> Vec<Sentence> {
    let cuts: BTreeSet<usize> = mentions.iter().flat_map(|(span, _)| [span.start, span.end]).collect();
    let mut sentences = Vec::new();
    let mut sentence = Sentence::default();
    let mut coming = mentions.iter().peekable();
    let mut end = None;
    for token in tokens(text, &cuts) {
        let gap = &text[end.unwrap_or(0)..token.start];
        while coming.next_if(|(span, _)| span.end <= token.start).is_some() {}
        let inside = coming.peek().filter(|(span, _)| span.start <= token.start);
        let goes_on = inside.is_some_and(|(span, _)| span.start < token.start);
        let breaks = gap.contains(&'\n') && !goes_on;
        space.note(gap, end.map(|_| if breaks { '\n' } else { ' ' }));
        if breaks && end.is_some() {
            sentences.push(std::mem::take(&mut sentence));
        }
        let at = sentence.tokens.len();
        match inside {
            Some(_) if goes_on => {
                if let Some(mention) = sentence.mentions.last_mut() {
                    mention.last = at;
                }
            }
            Some((_, label)) => sentence.mentions.push(Tokens { first: at, last: at, label: label.clone() }),
            None => {}
        }
        sentence.tokens.push(token);
        end = Some(token.end);
    }
    space.note(&text[end.unwrap_or(0)..], None);
    if !sentence.tokens.is_empty() {
        sentences.push(sentence);
    }
    sentences
}
