//! The error taxonomy: every error of exact span F1 once, as a record.

use super::spans::{Side, match_exactly, position};
use crate::base::{Entity, Span};
use std::cmp::Reverse;

/// How a predicted span misses a gold span that it overlaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Boundary {
    /// All of the gold span and more.
    TooLong,
    /// A part of the gold span and nothing else.
    TooShort,
    /// A part of the gold span and something else.
    Shifted,
}

/// An entity that exact matching counts as an error, or a gold entity and a prediction that belong together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SpanError<'a> {
    /// A gold entity that no prediction stands for.
    Missed {
        /// In gold.
        gold: &'a Entity,
    },
    /// A prediction that stands for no gold entity.
    Spurious {
        /// Not in gold.
        predicted: &'a Entity,
    },
    /// The right span with another label.
    WrongLabel {
        /// In gold.
        gold: &'a Entity,
        /// The same span.
        predicted: &'a Entity,
    },
    /// The right label on an overlapping span.
    WrongBoundary {
        /// In gold.
        gold: &'a Entity,
        /// The same label.
        predicted: &'a Entity,
        /// How the span differs.
        boundary: Boundary,
    },
    /// Another label on an overlapping span.
    WrongBoth {
        /// In gold.
        gold: &'a Entity,
        /// Overlaps it.
        predicted: &'a Entity,
    },
    /// A piece of a gold entity in which several predictions of its label lie.
    Split {
        /// In gold; it stands with the piece that is paired with it, and with no other.
        gold: Option<&'a Entity>,
        /// Lies in it.
        predicted: &'a Entity,
    },
    /// One of several gold entities that lie in a prediction of their label.
    Merged {
        /// In gold.
        gold: &'a Entity,
        /// Holds it; it stands with the gold entity that is paired with it, and with no other.
        predicted: Option<&'a Entity>,
    },
}

impl<'a> SpanError<'a> {
    /// The gold entity, but for a spurious prediction and for the further pieces of a split.
    pub fn gold(self) -> Option<&'a Entity> {
        match self {
            Self::Spurious { .. } => None,
            Self::Split { gold, .. } => gold,
            Self::Merged { gold, .. }
            | Self::Missed { gold }
            | Self::WrongLabel { gold, .. }
            | Self::WrongBoundary { gold, .. }
            | Self::WrongBoth { gold, .. } => Some(gold),
        }
    }

    /// The prediction, but for a missed entity and for the further entities of a merger.
    pub fn predicted(self) -> Option<&'a Entity> {
        match self {
            Self::Missed { .. } => None,
            Self::Merged { predicted, .. } => predicted,
            Self::Split { predicted, .. }
            | Self::Spurious { predicted }
            | Self::WrongLabel { predicted, .. }
            | Self::WrongBoundary { predicted, .. }
            | Self::WrongBoth { predicted, .. } => Some(predicted),
        }
    }

    /// True for a gold entity and a prediction that overlap on different spans.
    pub fn is_inexact(self) -> bool {
        self.gold().zip(self.predicted()).is_some_and(|(gold, predicted)| gold.span != predicted.span)
    }

    /// The kind's name in tables: `missed`, `spurious`, `wrong label`, `too long`, `too short`, `shifted` (the three
    /// wrong boundaries), `wrong both`, `split`, `merged`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missed { .. } => "missed",
            Self::Spurious { .. } => "spurious",
            Self::WrongLabel { .. } => "wrong label",
            Self::WrongBoundary { boundary: Boundary::TooLong, .. } => "too long",
            Self::WrongBoundary { boundary: Boundary::TooShort, .. } => "too short",
            Self::WrongBoundary { boundary: Boundary::Shifted, .. } => "shifted",
            Self::WrongBoth { .. } => "wrong both",
            Self::Split { .. } => "split",
            Self::Merged { .. } => "merged",
        }
    }

    fn of_pair(gold: &'a Entity, predicted: &'a Entity) -> Self {
        match (gold.span == predicted.span, gold.label == predicted.label) {
            (true, _) => Self::WrongLabel { gold, predicted },
            (false, true) => Self::WrongBoundary { gold, predicted, boundary: boundary(gold.span, predicted.span) },
            (false, false) => Self::WrongBoth { gold, predicted },
        }
    }
}

/// The errors of a document, in the order of their position (a pair stands where its gold entity does).
///
/// What matches exactly is taken away first, as in [`count_labels`](super::count_labels). What is left is paired, each
/// gold entity and each prediction once at most: first equal spans, then equal labels by most shared characters, then
/// other labels by most shared characters, ties by position. Hence gold entities that are not matched exactly = missed +
/// pairs, and predictions that are not matched exactly = spurious + pairs; the order of the input does not matter.
///
/// Then a pair that is too short, and the predictions that no pair has, of its label, in the same gold entity, are pieces of a
/// `split`; likewise a pair that is too long, and the gold entities without a pair in the same prediction, are `merged`. This
/// names errors anew and pairs nothing, so the sums stay what they are.
///
/// ```
/// use karat::base::{Entity, Span};
/// use karat::metrics::align;
///
/// let entity = |start, end, label: &str| Entity { span: Span::new(start, end), label: label.into(), score: None };
/// let gold = [entity(0, 10, "ORG"), entity(20, 25, "LOC"), entity(30, 33, "PER")];
/// let predicted = [entity(0, 6, "ORG"), entity(20, 25, "ORG"), entity(40, 44, "PER")];
/// let names: Vec<_> = align(&gold, &predicted).into_iter().map(|error| error.name()).collect();
/// assert_eq!(names, ["too short", "wrong label", "missed", "spurious"]);
/// ```
pub fn align<'a>(gold: &'a [Entity], predicted: &'a [Entity]) -> Vec<SpanError<'a>> {
    let (mut missed, mut spurious) = (Vec::new(), Vec::new());
    for (entity, side) in match_exactly(gold, predicted) {
        match side {
            Side::Both => {}
            Side::Gold => missed.push(entity),
            Side::Predicted => spurious.push(entity),
        }
    }
    let (mut gold_paired, mut predicted_paired) = (vec![false; missed.len()], vec![false; spurious.len()]);
    let mut errors = Vec::with_capacity(missed.len() + spurious.len());
    for (g, p) in candidates(&missed, &spurious) {
        if !gold_paired[g] && !predicted_paired[p] {
            (gold_paired[g], predicted_paired[p]) = (true, true);
            errors.push(SpanError::of_pair(missed[g], spurious[p]));
        }
    }
    errors.extend(alone(&missed, &gold_paired).map(|gold| SpanError::Missed { gold }));
    errors.extend(alone(&spurious, &predicted_paired).map(|predicted| SpanError::Spurious { predicted }));
    name_pieces(&mut errors);
    errors.sort_by(|a, b| place(*a).cmp(&place(*b)));
    errors
}

/// Names splits and mergers.
fn name_pieces(errors: &mut [SpanError<'_>]) {
    let holds = |whole: &Entity, piece: &Entity| {
        whole.label == piece.label && boundary(whole.span, piece.span) == Boundary::TooShort && !piece.span.is_empty()
    };
    for at in 0..errors.len() {
        let SpanError::WrongBoundary { gold, predicted, boundary } = errors[at] else { continue };
        let (whole, others) = match boundary {
            Boundary::TooShort => (gold, SpanError::Split { gold: Some(gold), predicted }),
            Boundary::TooLong => (predicted, SpanError::Merged { gold, predicted: Some(predicted) }),
            Boundary::Shifted => continue,
        };
        let mut several = false;
        for other in errors.iter_mut() {
            *other = match *other {
                SpanError::Spurious { predicted } | SpanError::Split { gold: None, predicted }
                    if boundary == Boundary::TooShort && holds(whole, predicted) =>
                {
                    SpanError::Split { gold: None, predicted }
                }
                SpanError::Missed { gold } | SpanError::Merged { gold, predicted: None }
                    if boundary == Boundary::TooLong && holds(whole, gold) =>
                {
                    SpanError::Merged { gold, predicted: None }
                }
                _ => continue,
            };
            several = true;
        }
        if several {
            errors[at] = others;
        }
    }
}

/// The pairs (index in `gold`, index in `predicted`) that could belong together, best first. Both sides are sorted by
/// position.
fn candidates(gold: &[&Entity], predicted: &[&Entity]) -> Vec<(usize, usize)> {
    // Where the predictions up to an index end at the latest; it never falls, so those that end too early are skipped.
    let ends = predicted.iter().scan(0, |latest, entity| {
        *latest = entity.span.end.max(*latest);
        Some(*latest)
    });
    let ends: Vec<usize> = ends.collect();
    let mut pairs = Vec::new();
    for (g, gold) in gold.iter().enumerate() {
        let first = ends.partition_point(|&end| end < gold.span.start);
        let in_reach = predicted[first..].iter().take_while(|p| p.span.start <= gold.span.start.max(gold.span.end));
        for (p, predicted) in (first..).zip(in_reach) {
            let same_span = gold.span == predicted.span;
            let shared = shared(gold.span, predicted.span);
            if same_span || shared > 0 {
                pairs.push((!same_span, gold.label != predicted.label, Reverse(shared), g, p));
            }
        }
    }
    pairs.sort_unstable();
    pairs.into_iter().map(|(.., g, p)| (g, p)).collect()
}

fn alone<'a>(entities: &[&'a Entity], paired: &[bool]) -> impl Iterator<Item = &'a Entity> {
    entities.iter().zip(paired).filter(|(_, paired)| !**paired).map(|(entity, _)| *entity)
}

/// Where an error stands in the document; gold before predictions at the same place.
fn place(error: SpanError<'_>) -> ((usize, usize, &str), bool) {
    let entity = error.gold().or(error.predicted()).expect("an error has a gold entity or a prediction");
    (position(entity), error.gold().is_none())
}

/// Characters in both spans.
fn shared(a: Span, b: Span) -> usize {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

fn boundary(gold: Span, predicted: Span) -> Boundary {
    if predicted.start <= gold.start && gold.end <= predicted.end {
        Boundary::TooLong
    } else if gold.start <= predicted.start && predicted.end <= gold.end {
        Boundary::TooShort
    } else {
        Boundary::Shifted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(start: usize, end: usize, label: &str) -> Entity {
        Entity { span: Span::new(start, end), label: label.to_owned(), score: None }
    }

    fn names(gold: &[Entity], predicted: &[Entity]) -> Vec<&'static str> {
        align(gold, predicted).into_iter().map(SpanError::name).collect()
    }

    #[test]
    fn every_kind_has_its_name() {
        let gold = [entity(10, 20, "ORG")];
        assert_eq!(names(&gold, &gold), Vec::<&str>::new());
        assert_eq!(names(&gold, &[]), ["missed"]);
        assert_eq!(names(&[], &gold), ["spurious"]);
        assert_eq!(names(&gold, &[entity(10, 20, "LOC")]), ["wrong label"]);
        assert_eq!(names(&gold, &[entity(9, 20, "ORG")]), ["too long"]);
        assert_eq!(names(&gold, &[entity(10, 19, "ORG")]), ["too short"]);
        assert_eq!(names(&gold, &[entity(12, 22, "ORG")]), ["shifted"]);
        assert_eq!(names(&gold, &[entity(12, 22, "LOC")]), ["wrong both"]);
        assert_eq!(names(&gold, &[entity(20, 22, "ORG")]), ["missed", "spurious"]);
    }

    #[test]
    fn an_equal_span_is_paired_before_an_equal_label() {
        let gold = [entity(0, 5, "PER")];
        let predicted = [entity(0, 8, "PER"), entity(0, 5, "ORG")];
        assert_eq!(names(&gold, &predicted), ["wrong label", "spurious"]);
    }

    #[test]
    fn the_largest_overlap_is_paired_first() {
        let gold = [entity(0, 10, "PER")];
        let predicted = [entity(0, 3, "PER"), entity(4, 10, "PER")];
        let [first, second] = &predicted;
        let pair = SpanError::Split { gold: Some(&gold[0]), predicted: second };
        assert_eq!(align(&gold, &predicted), [SpanError::Split { gold: None, predicted: first }, pair]);
    }

    #[test]
    fn a_pair_uses_each_side_once() {
        let gold = [entity(0, 4, "PER"), entity(5, 9, "PER")];
        assert_eq!(names(&gold, &[entity(0, 9, "LOC")]), ["wrong both", "missed"]);
    }

    #[test]
    fn pieces_of_one_entity_are_a_split_and_several_in_one_are_merged() {
        let (whole, pieces) = ([entity(0, 9, "PER")], [entity(0, 4, "PER"), entity(5, 9, "PER")]);
        assert_eq!(names(&whole, &pieces), ["split", "split"]);
        assert_eq!(names(&pieces, &whole), ["merged", "merged"]);
        let of_other_label = [entity(0, 4, "PER"), entity(5, 9, "LOC")];
        assert_eq!(names(&whole, &of_other_label), ["too short", "spurious"]);
        assert_eq!(names(&of_other_label, &whole), ["too long", "missed"]);
        let beyond = [entity(0, 4, "PER"), entity(5, 11, "PER")];
        assert_eq!(names(&whole, &beyond), ["too short", "spurious"]);
    }

    #[test]
    fn a_duplicate_prediction_of_a_right_entity_is_spurious() {
        let gold = [entity(0, 4, "PER")];
        assert_eq!(names(&gold, &[entity(0, 4, "PER"), entity(0, 4, "PER")]), ["spurious"]);
    }

    #[test]
    fn empty_spans_are_errors_like_others() {
        let gold = [entity(4, 4, "PER")];
        assert_eq!(names(&gold, &[entity(4, 4, "LOC")]), ["wrong label"]);
        assert_eq!(names(&gold, &[entity(3, 5, "PER")]), ["spurious", "missed"]);
    }
}
