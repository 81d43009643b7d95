//! Token tags such as `B-PER`: what a tag says, and the tags of a text by sentence.

use super::seqeval::{ChunkRules, chunks};
use crate::base::{Entity, Span};

/// The label of a tag that names none, as seqeval has it.
const NAMELESS: &str = "_";

/// What a tag says of its token's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Letter {
    /// Outside of mentions.
    O,
    /// Begins a mention.
    B,
    /// Inside a mention.
    I,
    /// Ends a mention.
    E,
    /// Is a mention alone.
    S,
    /// Ends a mention, in BILOU.
    L,
    /// Is a mention alone, in BILOU.
    U,
}

impl Letter {
    /// The letter as it is written; None for another.
    pub fn written(letter: char) -> Option<Self> {
        Some(match letter {
            'O' => Self::O,
            'B' => Self::B,
            'I' => Self::I,
            'E' => Self::E,
            'S' => Self::S,
            'L' => Self::L,
            'U' => Self::U,
            _ => return None,
        })
    }
}

/// A tag of any scheme: `O`, or one of the letters B, I, E, S, L, U, alone or with a hyphen and a label.
///
/// ```
/// use karat::metrics::{Letter, Tag};
///
/// let tag = Tag::parse("B-ORG-A").expect("a tag");
/// assert_eq!((tag.letter(), tag.label()), (Letter::B, "ORG-A"));
/// assert_eq!(Tag::parse("I").expect("a tag").label(), "_");
/// assert_eq!(Tag::parse("X-PER"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag<'a> {
    letter: Letter,
    text: &'a str,
}

impl<'a> Tag<'a> {
    /// Outside of mentions.
    pub const OUTSIDE: Tag<'static> = Tag { letter: Letter::O, text: "O" };

    /// Reads a tag; None where the text is none.
    pub fn parse(text: &'a str) -> Option<Self> {
        let letter = Letter::written(text.chars().next()?)?;
        let fits = text.len() == 1 || (letter != Letter::O && text.as_bytes()[1] == b'-');
        fits.then_some(Self { letter, text })
    }

    /// The letter.
    pub fn letter(self) -> Letter {
        self.letter
    }

    /// The text that was read.
    pub fn text(self) -> &'a str {
        self.text
    }

    /// What follows the first hyphen, as seqeval's default mode has it (`B--A` → `-A`); `_` where nothing does.
    pub fn label(self) -> &'a str {
        self.text.get(2..).filter(|label| !label.is_empty()).unwrap_or(NAMELESS)
    }

    /// What follows the letter without hyphens at either end, as seqeval's strict mode has it (`B--A-` → `A`); `_` where
    /// nothing does.
    pub fn trimmed_label(self) -> &'a str {
        let label = self.text[1..].trim_matches('-');
        if label.is_empty() { NAMELESS } else { label }
    }

    /// The same place in IOBES, where BILOU calls it otherwise.
    fn in_iobes(self) -> Self {
        let letter = match self.letter {
            Letter::L => Letter::E,
            Letter::U => Letter::S,
            letter => letter,
        };
        Self { letter, ..self }
    }
}

/// The tags of a text, a tag a token, by sentence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaggedText<'a> {
    tags: Vec<Tag<'a>>,
    /// Where each sentence ends among the tags.
    ends: Vec<usize>,
}

impl<'a> TaggedText<'a> {
    /// Adds a sentence.
    pub fn push(&mut self, sentence: impl IntoIterator<Item = Tag<'a>>) {
        self.tags.extend(sentence);
        self.ends.push(self.tags.len());
    }

    /// All tags in order.
    pub fn tags(&self) -> &[Tag<'a>] {
        &self.tags
    }

    /// The tags of each sentence.
    pub fn sentences(&self) -> impl Iterator<Item = &[Tag<'a>]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.tags[start..end])
    }

    /// The mentions in order, spans in tokens. They are read by the rules of seqeval's default mode, in which any sequence
    /// of tags has mentions, after `L-` and `U-` became `E-` and `S-`, which these rules do not know. Between two sentences
    /// one position is left out, so that no span reaches from one into the next.
    ///
    /// ```
    /// use karat::metrics::{Tag, TaggedText};
    ///
    /// let mut text = TaggedText::default();
    /// text.push(["I-PER", "L-PER", "U-PER"].map(|tag| Tag::parse(tag).expect("a tag")));
    /// let spans: Vec<_> = text.mentions().into_iter().map(|mention| (mention.span.start, mention.span.end)).collect();
    /// assert_eq!(spans, [(0, 2), (2, 3)]);
    /// ```
    pub fn mentions(&self) -> Vec<Entity> {
        let converted = Self { tags: self.tags.iter().map(|tag| tag.in_iobes()).collect(), ends: self.ends.clone() };
        let mention = |chunk: super::seqeval::Chunk<'_>| Entity {
            span: Span::new(chunk.first, chunk.last + 1),
            label: chunk.label.to_owned(),
            score: None,
        };
        chunks(&converted, ChunkRules::Default).into_iter().map(mention).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_a_letter_alone_or_with_a_hyphen() {
        for text in ["O", "B", "I-", "S-組織", "U--x-"] {
            assert_eq!(Tag::parse(text).map(Tag::text), Some(text));
        }
        for text in ["", "o", "O-PER", "X-PER", "BPER", "B_PER", "é", "0"] {
            assert_eq!(Tag::parse(text), None, "{text}");
        }
    }

    #[test]
    fn both_modes_have_their_own_label() {
        for (text, label, trimmed) in [
            ("B-ORG-A", "ORG-A", "ORG-A"),
            ("B--A", "-A", "A"),
            ("B-A-", "A-", "A"),
            ("B", "_", "_"),
            ("B-", "_", "_"),
            ("B--", "-", "_"),
            ("O", "_", "_"),
        ] {
            let tag = Tag::parse(text).expect("a tag");
            assert_eq!((tag.label(), tag.trimmed_label()), (label, trimmed), "{text}");
        }
    }

    #[test]
    fn no_mention_goes_on_in_the_next_sentence() {
        let mut text = TaggedText::default();
        text.push(["B-A", "I-A"].map(|tag| Tag::parse(tag).expect("a tag")));
        text.push([Tag::parse("I-A").expect("a tag")]);
        let spans: Vec<_> = text.mentions().into_iter().map(|m| (m.span.start, m.span.end)).collect();
        assert_eq!(spans, [(0, 2), (3, 4)]);
        assert_eq!(text.sentences().map(<[_]>::len).collect::<Vec<_>>(), [2, 1]);
    }
}
