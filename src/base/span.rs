//! Half-open character spans, and text that can be cut by them.

use serde::{Deserialize, Serialize};

/// A half-open range of Unicode scalar values (characters) of a raw text: `start` is in, `end` is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Characters in the span; zero when `end` is not after `start`.
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// True when no character is in the span.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// True when the two spans share a character.
    pub fn overlaps(self, other: Self) -> bool {
        self.start.max(other.start) < self.end.min(other.end)
    }

    /// True when it shares a character with one of the others.
    pub fn overlaps_any(self, others: &[Self]) -> bool {
        others.iter().any(|other| other.overlaps(self))
    }
}

/// A text with the byte position of each of its characters, so that spans are cut in constant time.
#[derive(Debug, Clone)]
pub struct CharText<'a> {
    text: &'a str,
    /// Byte position of every character, then the length in bytes.
    bytes: Vec<usize>,
}

impl<'a> CharText<'a> {
    /// Indexes a text.
    pub fn new(text: &'a str) -> Self {
        let bytes = text.char_indices().map(|(byte, _)| byte).chain([text.len()]).collect();
        Self { text, bytes }
    }

    /// The whole text.
    pub fn as_str(&self) -> &'a str {
        self.text
    }

    /// Number of characters.
    pub fn len(&self) -> usize {
        self.bytes.len() - 1
    }

    /// True when the text has no character.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The surface of a span, or None when the span is empty, reversed or ends outside the text.
    pub fn get(&self, span: Span) -> Option<&'a str> {
        if span.is_empty() || span.end > self.len() {
            return None;
        }
        Some(&self.text[self.bytes[span.start]..self.bytes[span.end]])
    }

    /// The character that holds byte `byte`: for a byte inside a character, that character's position; for the text's
    /// length in bytes, the number of characters.
    pub fn char_of_byte(&self, byte: usize) -> usize {
        self.bytes.partition_point(|&start| start <= byte).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_count_characters_not_bytes() {
        let text = CharText::new("é👍\u{A0}x\r\ne\u{301}");
        assert_eq!(text.len(), 8);
        assert_eq!(text.get(Span::new(0, 2)), Some("é👍"));
        assert_eq!(text.get(Span::new(6, 8)), Some("e\u{301}"));
        assert_eq!(text.char_of_byte(2), 1);
        assert_eq!(text.char_of_byte(4), 1);
        assert_eq!(text.char_of_byte("é👍\u{A0}x\r\ne\u{301}".len()), 8);
    }

    #[test]
    fn spans_outside_the_text_have_no_surface() {
        let text = CharText::new("abc");
        assert_eq!(text.get(Span::new(1, 4)), None);
        assert_eq!(text.get(Span::new(2, 2)), None);
        assert_eq!(text.get(Span::new(3, 1)), None);
    }
}
