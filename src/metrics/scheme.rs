//! The six tagging schemes that seqeval knows: which letters they have, where a mention begins, goes on and ends in them.

use super::tags::{Letter, Tag, TaggedText};
use std::collections::BTreeMap;
use std::fmt;

/// How tags say where mentions begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `I-` everywhere; `B-` only where a mention touches one of the same label before it.
    Iob1,
    /// `B-` begins every mention.
    Iob2,
    /// `I-` everywhere; `E-` only where a mention touches one of the same label after it.
    Ioe1,
    /// `E-` ends every mention.
    Ioe2,
    /// `B-` begins, `E-` ends, `S-` stands alone.
    Iobes,
    /// `B-` begins, `L-` ends, `U-` stands alone.
    Bilou,
}

/// A scheme that tags have, and the tag that told; none where there is no mention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    /// The scheme.
    pub scheme: Scheme,
    /// A tag that no other scheme has, or not there.
    pub because: Option<String>,
}

/// Tags that no one scheme has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tags are of no one scheme: `{one}` is of {first}, `{other}` of {second}")]
pub struct Ambiguous {
    one: String,
    first: Scheme,
    other: String,
    second: Scheme,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Iob1 => "IOB1",
            Self::Iob2 => "IOB2",
            Self::Ioe1 => "IOE1",
            Self::Ioe2 => "IOE2",
            Self::Iobes => "IOBES",
            Self::Bilou => "BILOU",
        })
    }
}

/// A tag after another: both letters, and whether the labels are equal.
pub(super) type Step = (Letter, Letter, bool);

// seqeval 1.2.2's strict patterns, as they are, also where a scheme's own definition says more.
impl Scheme {
    /// True where the scheme has tags with this letter.
    pub fn has(self, letter: Letter) -> bool {
        use Letter::{B, E, I, L, O, S, U};
        match self {
            Self::Iob1 | Self::Iob2 => matches!(letter, I | O | B),
            Self::Ioe1 | Self::Ioe2 => matches!(letter, I | O | E),
            Self::Iobes => matches!(letter, I | O | B | E | S),
            Self::Bilou => matches!(letter, I | O | B | L | U),
        }
    }

    /// True where the second tag begins a mention.
    pub(super) fn starts(self, step: Step) -> bool {
        use Letter::{B, E, I, O, S, U};
        match self {
            Self::Iob1 => matches!(step, (O | B, I, _) | (I, I, false) | (I | B, B, true)),
            Self::Iob2 => matches!(step, (_, B, _)),
            Self::Ioe1 => matches!(step, (O | E, I, _) | (I, I, false) | (E, E, true)),
            Self::Ioe2 => matches!(step, (O | E, I | E, _) | (I, I | E, false)),
            Self::Iobes => matches!(step, (_, B | S, _)),
            Self::Bilou => matches!(step, (_, B | U, _)),
        }
    }

    /// True where the second tag goes on with the mention that the first is in.
    pub(super) fn continues(self, step: Step) -> bool {
        use Letter::{B, E, I, L};
        match self {
            Self::Iob1 | Self::Iob2 => matches!(step, (B | I, I, true)),
            Self::Ioe1 | Self::Ioe2 => matches!(step, (I, I | E, true)),
            Self::Iobes => matches!(step, (B | I, I | E, true)),
            Self::Bilou => matches!(step, (B | I, I | L, true)),
        }
    }

    /// True where a mention may end with the first tag when the second follows.
    pub(super) fn ends(self, step: Step) -> bool {
        use Letter::{B, E, I, L, O, S, U};
        match self {
            Self::Iob1 => matches!(step, (I | B, I, false) | (I | B, O, _) | (I, B, _) | (B, B, true)),
            Self::Iob2 => matches!(step, (I | B, I, false) | (I | B, O | B, _)),
            Self::Ioe1 => matches!(step, (I, I | E, false) | (I, O, _) | (E, I | E, true)),
            Self::Ioe2 => step.0 == E,
            Self::Iobes => matches!(step.0, S | E),
            Self::Bilou => matches!(step.0, U | L),
        }
    }

    /// Finds out the scheme of texts: BILOU and IOBES by their letters; IOE1 where a mention ends without `E-`, else IOE2;
    /// IOB1 where `I-` begins a mention, else IOB2.
    ///
    /// # Errors
    /// [`Ambiguous`] where two tags cannot be of one scheme.
    ///
    /// ```
    /// use karat::metrics::{Scheme, Tag, TaggedText};
    ///
    /// let mut text = TaggedText::default();
    /// text.push(["O", "I-PER", "E-PER"].map(|tag| Tag::parse(tag).expect("a tag")));
    /// assert_eq!(Scheme::detect([&text]).expect("one scheme").scheme, Scheme::Ioe2);
    /// ```
    pub fn detect<'a>(texts: impl IntoIterator<Item = &'a TaggedText<'a>>) -> Result<Detected, Ambiguous> {
        let mut seen = Seen::default();
        for text in texts {
            text.sentences().for_each(|sentence| seen.note(sentence));
        }
        seen.scheme()
    }
}

/// Tags that tell schemes apart, each the first of its kind.
#[derive(Default)]
struct Seen<'a> {
    letters: BTreeMap<Letter, &'a str>,
    /// `I-` that follows no token of its label.
    first_i: Option<&'a str>,
    /// `B-` that follows no token of its label.
    first_b: Option<&'a str>,
    /// `I-` that no token of its label follows.
    last_i: Option<&'a str>,
    /// `E-` that no token of its label follows.
    last_e: Option<&'a str>,
}

impl<'a> Seen<'a> {
    fn note(&mut self, sentence: &[Tag<'a>]) {
        let mut before = Tag::OUTSIDE;
        for &tag in sentence.iter().chain([&Tag::OUTSIDE]) {
            let same = before.letter() != Letter::O && tag.letter() != Letter::O && before.label() == tag.label();
            if !same {
                self.note_edge(before, tag);
            }
            if tag.letter() != Letter::O {
                self.letters.entry(tag.letter()).or_insert(tag.text());
            }
            before = tag;
        }
    }

    /// Labels change between two tags.
    fn note_edge(&mut self, before: Tag<'a>, after: Tag<'a>) {
        match after.letter() {
            Letter::I => drop(self.first_i.get_or_insert(after.text())),
            Letter::B => drop(self.first_b.get_or_insert(after.text())),
            _ => {}
        }
        match before.letter() {
            Letter::I => drop(self.last_i.get_or_insert(before.text())),
            Letter::E => drop(self.last_e.get_or_insert(before.text())),
            _ => {}
        }
    }

    fn scheme(&self) -> Result<Detected, Ambiguous> {
        use Scheme::{Bilou, Iob1, Iob2, Iobes, Ioe1, Ioe2};
        let tag = |letter| self.letters.get(&letter).copied();
        let of_bilou = tag(Letter::L).or(tag(Letter::U));
        let single = tag(Letter::S);
        let (begin, end) = (tag(Letter::B), tag(Letter::E));
        let found = |scheme, because: Option<&str>| Ok(Detected { scheme, because: because.map(str::to_owned) });
        let mixed = |one: &str, first, other: &str, second| {
            Err(Ambiguous { one: one.to_owned(), first, other: other.to_owned(), second })
        };
        if let Some(bilou) = of_bilou {
            return match single.or(end) {
                Some(iobes) => mixed(bilou, Bilou, iobes, Iobes),
                None => found(Bilou, of_bilou),
            };
        }
        if single.is_some() || (begin.is_some() && end.is_some()) {
            return found(Iobes, single.or(end));
        }
        if end.is_some() {
            return match (self.last_i, self.last_e) {
                (Some(one), Some(other)) => mixed(one, Ioe1, other, Ioe2),
                (Some(_), None) => found(Ioe1, self.last_i),
                (None, _) => found(Ioe2, end),
            };
        }
        match (self.first_i, self.first_b) {
            (Some(one), Some(other)) => mixed(one, Iob1, other, Iob2),
            (Some(_), None) => found(Iob1, self.first_i),
            (None, _) => found(Iob2, begin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(tags: &str) -> Result<Detected, Ambiguous> {
        let mut text = TaggedText::default();
        text.push(tags.split(' ').map(|tag| Tag::parse(tag).expect("a tag")));
        Scheme::detect([&text])
    }

    #[test]
    fn each_scheme_is_known_by_its_tags() {
        for (tags, scheme, because) in [
            ("I-PER B-PER I-LOC", Scheme::Iob1, Some("I-PER")),
            ("O I-PER I-PER", Scheme::Iob1, Some("I-PER")),
            ("B-PER I-PER B-LOC", Scheme::Iob2, Some("B-PER")),
            ("I-PER E-PER I-PER", Scheme::Ioe1, Some("I-PER")),
            ("I-PER E-PER E-LOC", Scheme::Ioe2, Some("E-PER")),
            ("B-PER E-PER O", Scheme::Iobes, Some("E-PER")),
            ("S-PER", Scheme::Iobes, Some("S-PER")),
            ("B-PER L-PER O", Scheme::Bilou, Some("L-PER")),
            ("O O", Scheme::Iob2, None),
        ] {
            let because = because.map(str::to_owned);
            assert_eq!(detect(tags), Ok(Detected { scheme, because }), "{tags}");
        }
    }

    #[test]
    fn tags_of_two_schemes_are_named() {
        for (tags, message) in [
            ("I-PER O B-LOC", "tags are of no one scheme: `I-PER` is of IOB1, `B-LOC` of IOB2"),
            ("I-PER O I-PER E-PER", "tags are of no one scheme: `I-PER` is of IOE1, `E-PER` of IOE2"),
            ("S-PER U-LOC", "tags are of no one scheme: `U-LOC` is of BILOU, `S-PER` of IOBES"),
        ] {
            assert_eq!(detect(tags).expect_err(tags).to_string(), message);
        }
    }
}
