//! The ledger: what of a document no token can reach.

use super::Token;
use crate::base::{CharText, Entity, Span};
use std::collections::BTreeSet;
use std::ops::AddAssign;

/// What a model cannot see or cannot answer, counted over one or more documents. Zero everywhere is the hope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// Characters that are not white space.
    pub characters: usize,
    /// Those of `characters` that are in no token.
    pub uncovered: usize,
    /// Tokens of the documents, special tokens not counted.
    pub tokens: usize,
    /// Tokens that the vocabulary has nothing for.
    pub unknown: usize,
    /// Gold spans.
    pub gold_spans: usize,
    /// Gold spans that do not start and end at token boundaries.
    pub unreachable: usize,
}

impl Reach {
    /// Counts one document. Windows cover every token, so what tokens leave out is what windows leave out.
    pub fn of_document(text: &CharText<'_>, tokens: &[Token], gold: &[Entity]) -> Self {
        let mut reach = Self { tokens: tokens.len(), gold_spans: gold.len(), ..Self::default() };
        reach.unknown = tokens.iter().filter(|token| token.unknown).count();
        let visible = |span: Span| text.get(span).map_or(0, |part| part.chars().filter(|c| !c.is_whitespace()).count());
        reach.characters = visible(Span::new(0, text.len()));
        let mut end = 0;
        for token in tokens {
            reach.uncovered += visible(Span::new(end, token.span.start));
            end = end.max(token.span.end);
        }
        reach.uncovered += visible(Span::new(end, text.len()));
        let starts: BTreeSet<usize> = tokens.iter().map(|token| token.span.start).collect();
        let ends: BTreeSet<usize> = tokens.iter().map(|token| token.span.end).collect();
        let reached = |entity: &&Entity| starts.contains(&entity.span.start) && ends.contains(&entity.span.end);
        reach.unreachable = gold.len() - gold.iter().filter(reached).count();
        reach
    }
}

impl AddAssign for Reach {
    fn add_assign(&mut self, other: Self) {
        self.characters += other.characters;
        self.uncovered += other.uncovered;
        self.tokens += other.tokens;
        self.unknown += other.unknown;
        self.gold_spans += other.gold_spans;
        self.unreachable += other.unreachable;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(start: usize, end: usize) -> Entity {
        Entity { span: Span::new(start, end), label: "PER".to_owned(), score: None }
    }

    #[test]
    fn what_no_token_holds_is_counted() {
        let text = CharText::new("ab \u{200B}cd");
        let token = |start, end| Token { id: 1, span: Span::new(start, end), word: 0, unknown: start == 0 };
        let reach = Reach::of_document(&text, &[token(0, 2), token(4, 6)], &[entity(0, 2), entity(4, 5)]);
        let expected = Reach { characters: 5, uncovered: 1, tokens: 2, unknown: 1, gold_spans: 2, unreachable: 1 };
        assert_eq!(reach, expected);
    }
}
