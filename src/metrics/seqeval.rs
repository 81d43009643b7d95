//! Exact spans of token tags by the chunk rules of seqeval 1.2.2, in its default and its strict mode.

use super::counts::ratio;
use super::scheme::Scheme;
use super::spans::{ExactSpans, LabelCounts, UnknownLabel};
use super::tags::{Letter, Tag, TaggedText};
use crate::metrics::{Counts, Definition, Family};
use ndarray::Array2;
use std::cmp::Ordering;

/// How tags become chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkRules {
    /// seqeval's default mode, which follows conlleval and takes any sequence of tags: an `I-` after `O` or after another
    /// label begins a chunk. It knows no `L-` and no `U-` and loses chunks of BILOU.
    Default,
    /// seqeval's mode `strict` with a scheme: what the scheme does not have in its place is no chunk. Without a scheme
    /// seqeval runs the default mode silently under this name, so there is no such case here.
    Strict(Scheme),
}

/// A chunk of tokens `first..=last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    pub(super) label: &'a str,
    pub(super) first: usize,
    pub(super) last: usize,
}

/// The chunks of a text, in the order of their ends, which differ. Between sentences one position is left out.
pub(super) fn chunks<'a>(text: &TaggedText<'a>, rules: ChunkRules) -> Vec<Chunk<'a>> {
    let mut chunks = Vec::new();
    let mut at = 0;
    // The default mode remembers where the last chunk began also over sentences.
    let mut first = 0;
    for sentence in text.sentences() {
        match rules {
            ChunkRules::Default => first = loose(sentence, (at, first), &mut chunks),
            ChunkRules::Strict(scheme) => strict(sentence, at, scheme, &mut chunks),
        }
        at += sentence.len() + 1;
    }
    chunks
}

/// The default mode: a chunk may end where none began, and then reaches back to where the last one did. Takes the position of
/// the sentence and of the last beginning; returns the new last beginning.
fn loose<'a>(sentence: &[Tag<'a>], (at, mut first): (usize, usize), chunks: &mut Vec<Chunk<'a>>) -> usize {
    use Letter::{B, E, I, O, S};
    let mut before = Tag::OUTSIDE;
    for (position, &tag) in (at..).zip(sentence.iter().chain([&Tag::OUTSIDE])) {
        let (was, is) = (before.letter(), tag.letter());
        let other = before.label() != tag.label();
        if matches!((was, is), (E | S, _) | (B | I, B | S | O)) || (was != O && other) {
            chunks.push(Chunk { label: before.label(), first, last: position - 1 });
        }
        if matches!((was, is), (_, B | S) | (E | S | O, E | I)) || (is != O && other) {
            first = position;
        }
        before = tag;
    }
    first
}

fn strict<'a>(sentence: &[Tag<'a>], at: usize, scheme: Scheme, chunks: &mut Vec<Chunk<'a>>) {
    let tag = |place: usize| sentence.get(place).copied().unwrap_or(Tag::OUTSIDE);
    let step = |before: Tag<'a>, after: Tag<'a>| {
        (before.letter(), after.letter(), before.trimmed_label() == after.trimmed_label())
    };
    let mut before = Tag::OUTSIDE;
    let mut place = 0;
    while place < sentence.len() {
        let begin = place;
        place += 1;
        if scheme.starts(step(before, tag(begin))) {
            while scheme.continues(step(tag(place - 1), tag(place))) {
                place += 1;
            }
            if scheme.ends(step(tag(place - 1), tag(place))) {
                chunks.push(Chunk { label: tag(begin).trimmed_label(), first: at + begin, last: at + place - 1 });
            }
        }
        before = tag(place - 1);
    }
}

/// A document's counts: chunks by label, and tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagCounts<'a> {
    /// Chunks by label; only labels that occur.
    pub labels: LabelCounts<'a>,
    /// Tokens whose tags are the same text.
    pub right: u64,
    /// All tokens.
    pub tokens: u64,
}

impl<'a> TagCounts<'a> {
    fn label(&mut self, label: &'a str) -> &mut Counts {
        self.labels.entry(label).or_default()
    }
}

/// Counts the chunks of a document that have the same tokens and label in gold and predictions.
///
/// ```
/// use karat::metrics::{ChunkRules, Counts, Scheme, Tag, TaggedText, count_tags};
///
/// let text = |tags: [&'static str; 3]| {
///     let mut text = TaggedText::default();
///     text.push(tags.map(|tag| Tag::parse(tag).expect("a tag")));
///     text
/// };
/// let (gold, predicted) = (text(["O", "B-PER", "I-PER"]), text(["O", "I-PER", "I-PER"]));
/// let default = count_tags(&gold, &predicted, ChunkRules::Default);
/// assert_eq!(default.labels["PER"], Counts { tp: 1, fp: 0, missed: 0 });
/// assert_eq!((default.right, default.tokens), (2, 3));
/// // In IOB2 an `I-` begins nothing.
/// let strict = count_tags(&gold, &predicted, ChunkRules::Strict(Scheme::Iob2));
/// assert_eq!(strict.labels["PER"], Counts { tp: 0, fp: 0, missed: 1 });
/// ```
///
/// # Panics
/// When the two have sentences of other lengths.
pub fn count_tags<'a>(gold: &TaggedText<'a>, predicted: &TaggedText<'a>, rules: ChunkRules) -> TagCounts<'a> {
    assert!(gold.sentences().map(<[_]>::len).eq(predicted.sentences().map(<[_]>::len)), "a tag a token on both sides");
    let (tags, others) = (gold.tags(), predicted.tags());
    let right = tags.iter().zip(others).filter(|(gold, predicted)| gold.text() == predicted.text()).count() as u64;
    let mut counts = TagCounts { right, tokens: tags.len() as u64, ..TagCounts::default() };
    let (gold, predicted) = (chunks(gold, rules), chunks(predicted, rules));
    let (mut gold, mut predicted) = (gold.iter().peekable(), predicted.iter().peekable());
    loop {
        // Ends differ within a side, so chunks of both sides that match have their turn together.
        let order = match (gold.peek(), predicted.peek()) {
            (Some(gold), Some(predicted)) => gold.last.cmp(&predicted.last),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return counts,
        };
        let one = gold.next_if(|_| order.is_le());
        let other = predicted.next_if(|_| order.is_ge());
        match (one, other) {
            (Some(chunk), _) if one == other => counts.label(chunk.label).tp += 1,
            (one, other) => {
                if let Some(chunk) = one {
                    counts.label(chunk.label).missed += 1;
                }
                if let Some(chunk) = other {
                    counts.label(chunk.label).fp += 1;
                }
            }
        }
    }
}

/// Precision, recall and F1 of chunks as seqeval 1.2.2 gives them with `zero_division=0`, and the accuracy of tags.
///
/// Columns: those of [`ExactSpans`], then in the default mode `tokens.right` and `tokens`.
/// Metrics: those of [`ExactSpans`] with ids that begin with `seqeval.` or `seqeval-strict.`; then, in the default mode,
/// `seqeval.accuracy`: tokens with the same tag / tokens.
///
/// seqeval 1.2.2 follows conlleval (Tjong Kim Sang and Buchholz 2000, *Introduction to the CoNLL-2000 Shared Task:
/// Chunking*) in its default mode; the two agree on tags with B, I, O and on tags with I, O, E, and not on IOBES and BILOU,
/// which conlleval does not read. Where there is no chunk at all, seqeval gives 0 or NaN, and karat null with a reason.
///
/// ```
/// use karat::metrics::{ChunkRules, Family, Scheme, Seqeval};
///
/// let seqeval = Seqeval::new(ChunkRules::Default, ["PER"]);
/// // PER: 1 right, 1 missed; 7 of 8 tags are right.
/// let metrics = seqeval.metrics(&[1, 0, 1, 7, 8]);
/// assert_eq!((metrics[2].id.as_str(), metrics[2].value), ("seqeval.f1", Some(2.0 / 3.0)));
/// assert_eq!((metrics[7].id.as_str(), metrics[7].value), ("seqeval.accuracy", Some(0.875)));
/// let strict = Seqeval::new(ChunkRules::Strict(Scheme::Iob2), ["PER"]);
/// assert_eq!(strict.definitions()[2].signature, "ner.f1|micro|seqeval-strict|scheme=IOB2|token|zero_division=0|v1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seqeval {
    spans: ExactSpans,
    columns: Vec<String>,
    definitions: Vec<Definition>,
}

impl Seqeval {
    /// The family over labels in any order: those of the counts of every model that is to be scored with it.
    pub fn new<'a>(rules: ChunkRules, labels: impl IntoIterator<Item = &'a str>) -> Self {
        let spans = match rules {
            ChunkRules::Default => ExactSpans::defined(labels, "seqeval.", &["seqeval-default", "token"]),
            ChunkRules::Strict(scheme) => {
                let scheme = format!("scheme={scheme}");
                ExactSpans::defined(labels, "seqeval-strict.", &["seqeval-strict", &scheme, "token"])
            }
        };
        let (mut columns, mut definitions) = (spans.columns().to_vec(), spans.definitions().to_vec());
        if rules == ChunkRules::Default {
            columns.extend(["tokens.right", "tokens"].map(str::to_owned));
            definitions.push(Definition::new(
                "seqeval.accuracy",
                "ner.accuracy",
                &["tag", "seqeval-default", "token"],
                "there is no token",
            ));
        }
        Self { spans, columns, definitions }
    }

    /// One row a document, `[documents, columns]`.
    ///
    /// # Errors
    /// [`UnknownLabel`] when a document has a label that the family was not made for.
    ///
    /// # Panics
    /// When a document has 2^32 tokens.
    pub fn table(&self, documents: &[TagCounts<'_>]) -> Result<Array2<u32>, UnknownLabel> {
        let mut table = Array2::zeros((documents.len(), self.columns.len()));
        for (mut row, document) in table.outer_iter_mut().zip(documents) {
            self.spans.fill(&document.labels, &mut row)?;
            let at = self.spans.columns().len();
            for (column, count) in (at..self.columns.len()).zip([document.right, document.tokens]) {
                row[column] = u32::try_from(count).expect("a document has fewer than 2^32 tokens");
            }
        }
        Ok(table)
    }
}

impl Family for Seqeval {
    fn name(&self) -> &'static str {
        "seqeval"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    fn values(&self, sums: &[u64], values: &mut [Option<f64>]) {
        assert_eq!((sums.len(), values.len()), (self.columns.len(), self.definitions.len()));
        let (spans, tokens) = sums.split_at(self.spans.columns().len());
        let (of_spans, of_tokens) = values.split_at_mut(self.spans.definitions().len());
        self.spans.values(spans, of_spans);
        if let (&[right, all], [accuracy]) = (tokens, of_tokens) {
            *accuracy = (all > 0).then(|| ratio(right, all));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(tags: &str, rules: ChunkRules) -> Vec<(&str, usize, usize)> {
        let mut text = TaggedText::default();
        for sentence in tags.split(" | ") {
            text.push(sentence.split(' ').map(|tag| Tag::parse(tag).expect("a tag")));
        }
        chunks(&text, rules).into_iter().map(|chunk| (chunk.label, chunk.first, chunk.last)).collect()
    }

    #[test]
    fn the_default_mode_reads_malformed_tags() {
        for (tags, expected) in [
            ("O I-A I-A", vec![("A", 1, 2)]),
            ("B-A I-B", vec![("A", 0, 0), ("B", 1, 1)]),
            ("I-A E-A I-A", vec![("A", 0, 1), ("A", 2, 2)]),
            ("B-A | I-A", vec![("A", 0, 0), ("A", 2, 2)]),
            ("B-ORG-A I-ORG-A", vec![("ORG-A", 0, 1)]),
            ("B I O I", vec![("_", 0, 1), ("_", 3, 3)]),
            ("S-A S-A E-A", vec![("A", 0, 0), ("A", 1, 1), ("A", 2, 2)]),
        ] {
            assert_eq!(found(tags, ChunkRules::Default), expected, "{tags}");
        }
    }

    #[test]
    fn the_default_mode_loses_chunks_of_bilou() {
        assert_eq!(found("U-A U-A", ChunkRules::Default), [("A", 0, 1)]);
        assert_eq!(found("U-A B-A L-A", ChunkRules::Default), [("A", 1, 2)]);
        assert_eq!(found("U-A U-A", ChunkRules::Strict(Scheme::Bilou)), [("A", 0, 0), ("A", 1, 1)]);
    }

    #[test]
    fn the_strict_mode_drops_what_a_scheme_does_not_have_in_its_place() {
        for (scheme, tags, expected) in [
            (Scheme::Iob2, "O I-A B-A I-A", vec![("A", 2, 3)]),
            (Scheme::Iob2, "B-A I-B O", vec![("A", 0, 0)]),
            (Scheme::Iob1, "I-A B-A I-A", vec![("A", 0, 0), ("A", 1, 2)]),
            (Scheme::Iob1, "B-A I-A", vec![("A", 1, 1)]),
            (Scheme::Ioe2, "I-A E-A E-A I-A", vec![("A", 0, 1), ("A", 2, 2)]),
            (Scheme::Iobes, "B-A I-A O S-A", vec![("A", 3, 3)]),
            (Scheme::Iobes, "B-A E-A E-A", vec![("A", 0, 1)]),
            (Scheme::Bilou, "B-A L-A U-B", vec![("A", 0, 1), ("B", 2, 2)]),
        ] {
            assert_eq!(found(tags, ChunkRules::Strict(scheme)), expected, "{scheme}: {tags}");
        }
    }

    // A mention that ends with `E-` before `O` is lost: seqeval's IOE1 has no pattern for it, as its own source says.
    #[test]
    fn the_strict_mode_of_ioe1_is_seqeval_s_own() {
        assert_eq!(found("I-A E-A O", ChunkRules::Strict(Scheme::Ioe1)), []);
        assert_eq!(found("I-A E-A I-A O", ChunkRules::Strict(Scheme::Ioe1)), [("A", 0, 1), ("A", 2, 2)]);
    }

    #[test]
    fn hyphens_at_the_ends_of_a_label_are_lost_in_the_strict_mode_alone() {
        assert_eq!(found("B--A I-A-", ChunkRules::Strict(Scheme::Iob2)), [("A", 0, 1)]);
        assert_eq!(found("B--A I-A-", ChunkRules::Default), [("-A", 0, 0), ("A-", 1, 1)]);
    }

    #[test]
    fn a_text_without_a_chunk_has_an_accuracy_and_nothing_else() {
        let metrics = Seqeval::new(ChunkRules::Default, []).metrics(&[3, 3]);
        assert_eq!(metrics.iter().filter_map(|metric| metric.value).collect::<Vec<_>>(), [1.0]);
        assert_eq!(metrics[4].id, "seqeval.accuracy");
    }
}
