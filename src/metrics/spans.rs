//! Exact span matching: an entity is right when its start, its end and its label are.

use crate::base::Entity;
use crate::metrics::{Counts, Definition, Family, Unit};
use ndarray::{Array2, ArrayViewMut1};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// A document's counts by label; only labels that occur in its gold or predictions are there.
pub type LabelCounts<'a> = BTreeMap<&'a str, Counts>;

/// Columns of a label in a row of counts.
const PER_LABEL: usize = 3;
/// Metrics before those of single labels.
const OVERALL: usize = 4;

/// Counts a document's exact matches by label.
///
/// Gold and predictions are multisets of (start, end, label): an entity that is predicted twice and stands in gold once
/// is one true and one false positive. Any input has counts; spans may overlap, and the order does not matter.
///
/// ```
/// use karat::base::{Entity, Span};
/// use karat::metrics::{Counts, count_labels};
///
/// let entity = |start, end, label: &str| Entity { span: Span::new(start, end), label: label.into(), score: None };
/// let gold = [entity(0, 4, "PER"), entity(9, 14, "LOC")];
/// let predicted = [entity(0, 4, "PER"), entity(9, 14, "ORG")];
/// let counts = count_labels(&gold, &predicted);
/// assert_eq!(counts["PER"], Counts { tp: 1, fp: 0, missed: 0 });
/// assert_eq!(counts["LOC"], Counts { tp: 0, fp: 0, missed: 1 });
/// assert_eq!(counts["ORG"], Counts { tp: 0, fp: 1, missed: 0 });
/// ```
pub fn count_labels<'a>(gold: &'a [Entity], predicted: &'a [Entity]) -> LabelCounts<'a> {
    let mut counts = LabelCounts::new();
    for (entity, side) in match_exactly(gold, predicted) {
        let label = counts.entry(entity.label.as_str()).or_default();
        match side {
            Side::Both => label.tp += 1,
            Side::Gold => label.missed += 1,
            Side::Predicted => label.fp += 1,
        }
    }
    counts
}

/// Where an entity of a document is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Both,
    Gold,
    Predicted,
}

/// The exact matching that counts and errors share: each gold entity and each prediction once, matched pairs as one, in
/// the order of (start, end, label).
pub(super) fn match_exactly<'a>(gold: &'a [Entity], predicted: &'a [Entity]) -> Vec<(&'a Entity, Side)> {
    let (gold, predicted) = (in_order(gold), in_order(predicted));
    let mut matches = Vec::with_capacity(gold.len().max(predicted.len()));
    let (mut g, mut p) = (0, 0);
    while g < gold.len() || p < predicted.len() {
        let order = match (gold.get(g), predicted.get(p)) {
            (Some(gold), Some(predicted)) => position(gold).cmp(&position(predicted)),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        match order {
            Ordering::Equal => matches.push((gold[g], Side::Both)),
            Ordering::Less => matches.push((gold[g], Side::Gold)),
            Ordering::Greater => matches.push((predicted[p], Side::Predicted)),
        }
        g += usize::from(order.is_le());
        p += usize::from(order.is_ge());
    }
    matches
}

/// What identifies an entity, and its place in a document's order.
pub(super) fn position(entity: &Entity) -> (usize, usize, &str) {
    (entity.span.start, entity.span.end, &entity.label)
}

fn in_order(entities: &[Entity]) -> Vec<&Entity> {
    let mut sorted: Vec<&Entity> = entities.iter().collect();
    sorted.sort_by(|a, b| position(a).cmp(&position(b)));
    sorted
}

/// A label that a family was not made for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("label `{label}` is not in the label set ({})", known.join(", "))]
pub struct UnknownLabel {
    /// The label.
    pub label: String,
    /// The family's labels.
    pub known: Vec<String>,
}

/// Exact span precision, recall and F1: micro, macro over labels, and per label.
///
/// Columns: for each label, in alphabetical order, `LABEL.tp`, `LABEL.fp`, `LABEL.missed`.
/// Metrics: `precision`, `recall`, `f1` (micro over all entities), `f1.macro`, then for each label `precision.LABEL`,
/// `recall.LABEL`, `f1.LABEL`.
///
/// The conventions are those of seqeval 1.2.2 with `zero_division=0` on the same spans: where there is gold or a
/// prediction, a measure that divides zero by zero is 0, and `f1.macro` is the plain mean of F1 over the labels that
/// occur in the gold or the predictions that are scored (of a resample: in the resample). Where there is neither gold
/// nor a prediction, of a label or at all, the measures are undefined.
///
/// ```
/// use karat::metrics::{ExactSpans, Family};
///
/// let spans = ExactSpans::new(["PER", "LOC", "MISC"]);
/// assert_eq!(spans.columns()[..3], ["LOC.tp", "LOC.fp", "LOC.missed"]);
/// // LOC: 1 right, 1 missed; MISC does not occur; PER: 2 right, 1 spurious.
/// let metrics = spans.metrics(&[1, 0, 1, 0, 0, 0, 2, 1, 0]);
/// assert_eq!((metrics[2].id.as_str(), metrics[2].value), ("f1", Some(6.0 / 8.0)));
/// assert_eq!((metrics[3].id.as_str(), metrics[3].value), ("f1.macro", Some((2.0 / 3.0 + 4.0 / 5.0) / 2.0)));
/// assert_eq!((metrics[9].id.as_str(), metrics[9].value), ("f1.MISC", None));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExactSpans {
    labels: Vec<String>,
    columns: Vec<String>,
    definitions: Vec<Definition>,
}

impl ExactSpans {
    /// The family over a set of labels, given in any order: those that are declared, and those that occur in the counts
    /// of every model that is to be scored with it.
    pub fn new<'a>(labels: impl IntoIterator<Item = &'a str>) -> Self {
        Self::defined(labels, "", &["exact", Unit::Character.name()])
    }

    /// The same over spans of another unit. The values are those of characters wherever the spans stand for the same
    /// places; the signatures name the unit.
    pub fn of_units<'a>(unit: Unit, labels: impl IntoIterator<Item = &'a str>) -> Self {
        Self::defined(labels, "", &["exact", unit.name()])
    }

    /// A family of the same columns and formulas whose ids begin with `prefix`, and whose signatures say with `terms`
    /// what a match is.
    pub(super) fn defined<'a>(labels: impl IntoIterator<Item = &'a str>, prefix: &str, terms: &[&str]) -> Self {
        let labels = in_columns(labels);
        let columns = labels.iter().flat_map(|label| ["tp", "fp", "missed"].map(|count| format!("{label}.{count}")));
        let (columns, definitions) = (columns.collect(), definitions(&labels, prefix, terms));
        Self { labels, columns, definitions }
    }

    /// The labels, in the order of the columns.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// One row a document, `[documents, columns]`.
    ///
    /// # Errors
    /// [`UnknownLabel`] when a document has a label that the family was not made for.
    ///
    /// # Panics
    /// When a document has 2^32 entities of a label, for which no memory suffices.
    pub fn table(&self, documents: &[LabelCounts<'_>]) -> Result<Array2<u32>, UnknownLabel> {
        let mut table = Array2::zeros((documents.len(), self.columns.len()));
        for (mut row, document) in table.outer_iter_mut().zip(documents) {
            self.fill(document, &mut row)?;
        }
        Ok(table)
    }

    /// A document's row, whose first columns are this family's.
    pub(super) fn fill(
        &self,
        document: &LabelCounts<'_>,
        row: &mut ArrayViewMut1<'_, u32>,
    ) -> Result<(), UnknownLabel> {
        for (&label, counts) in document {
            let at = column_of(&self.labels, label)?;
            for (column, count) in [counts.tp, counts.fp, counts.missed].into_iter().enumerate() {
                row[at * PER_LABEL + column] = u32::try_from(count).expect("a document has fewer than 2^32 entities");
            }
        }
        Ok(())
    }

    /// Each label with its counts in `sums` (one number a column), in the order of the columns.
    pub fn label_counts(&self, sums: &[u64]) -> impl Iterator<Item = (&str, Counts)> {
        let counts = sums.chunks_exact(PER_LABEL).map(|sums| Counts { tp: sums[0], fp: sums[1], missed: sums[2] });
        self.labels.iter().map(String::as_str).zip(counts)
    }
}

/// Labels without repetition, in the order that columns have.
pub(super) fn in_columns<'a>(labels: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let labels: BTreeSet<&str> = labels.into_iter().collect();
    labels.into_iter().map(str::to_owned).collect()
}

/// A label's place among the `known` ones, which are in order.
pub(super) fn column_of(known: &[String], label: &str) -> Result<usize, UnknownLabel> {
    let at = known.binary_search_by(|known| known.as_str().cmp(label));
    at.map_err(|_| UnknownLabel { label: label.to_owned(), known: known.to_vec() })
}

fn definitions(labels: &[String], prefix: &str, terms: &[&str]) -> Vec<Definition> {
    let measures = ["precision", "recall", "f1"];
    let define = |id: &str, measure: &str, average: &str, undefined: &str| {
        let terms = [&[average], terms, &["zero_division=0"]].concat();
        Definition::new(&format!("{prefix}{id}"), &format!("ner.{measure}"), &terms, undefined)
    };
    let nothing = "there is no entity in gold or predictions";
    let mut definitions: Vec<_> = measures.iter().map(|measure| define(measure, measure, "micro", nothing)).collect();
    definitions.push(define("f1.macro", "f1", "macro=occurring", nothing));
    for label in labels {
        let nothing = format!("there is no `{label}` in gold or predictions");
        let average = format!("label={label}");
        definitions
            .extend(measures.iter().map(|measure| define(&format!("{measure}.{label}"), measure, &average, &nothing)));
    }
    definitions
}

impl Family for ExactSpans {
    fn name(&self) -> &'static str {
        "exact"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    fn values(&self, sums: &[u64], values: &mut [Option<f64>]) {
        assert_eq!((sums.len(), values.len()), (self.columns.len(), self.definitions.len()));
        let (overall, per_label) = values.split_at_mut(OVERALL);
        let mut all = Counts::default();
        let (mut f1_sum, mut occurring) = (0.0, 0);
        for ((_, counts), values) in self.label_counts(sums).zip(per_label.chunks_exact_mut(PER_LABEL)) {
            values.copy_from_slice(&measures(counts));
            if !counts.is_empty() {
                all += counts;
                f1_sum += counts.f1();
                occurring += 1;
            }
        }
        overall[..OVERALL - 1].copy_from_slice(&measures(all));
        overall[OVERALL - 1] = (occurring > 0).then(|| f1_sum / f64::from(occurring));
    }
}

/// Precision, recall and F1; undefined where nothing occurred.
fn measures(counts: Counts) -> [Option<f64>; 3] {
    if counts.is_empty() {
        return [None; 3];
    }
    [counts.precision(), counts.recall(), counts.f1()].map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    fn entity(start: usize, end: usize, label: &str) -> Entity {
        Entity { span: Span::new(start, end), label: label.to_owned(), score: None }
    }

    #[test]
    fn a_duplicate_prediction_is_spurious() {
        let gold = [entity(3, 5, "PER")];
        let predicted = [entity(3, 5, "PER"), entity(3, 5, "PER"), entity(3, 5, "PER")];
        assert_eq!(count_labels(&gold, &predicted)["PER"], Counts { tp: 1, fp: 2, missed: 0 });
        assert_eq!(count_labels(&predicted, &gold)["PER"], Counts { tp: 1, fp: 0, missed: 2 });
    }

    #[test]
    fn empty_sides_have_counts() {
        let some = [entity(0, 1, "LOC")];
        assert_eq!(count_labels(&[], &[]), LabelCounts::new());
        assert_eq!(count_labels(&some, &[])["LOC"], Counts { tp: 0, fp: 0, missed: 1 });
        assert_eq!(count_labels(&[], &some)["LOC"], Counts { tp: 0, fp: 1, missed: 0 });
    }

    #[test]
    fn spans_that_differ_by_one_character_do_not_match() {
        let (gold, predicted) = ([entity(0, 4, "ORG")], [entity(0, 5, "ORG")]);
        let counts = count_labels(&gold, &predicted);
        assert_eq!(counts["ORG"], Counts { tp: 0, fp: 1, missed: 1 });
    }

    #[test]
    fn a_label_outside_the_set_is_named() {
        let gold = [entity(0, 1, "LOCATION")];
        let error = ExactSpans::new(["PER", "LOC"]).table(&[count_labels(&gold, &[])]).expect_err("not in the set");
        assert_eq!(error.to_string(), "label `LOCATION` is not in the label set (LOC, PER)");
    }

    #[test]
    fn nothing_at_all_is_undefined_and_says_why() {
        for metric in ExactSpans::new(["PER"]).metrics(&[0, 0, 0]) {
            assert_eq!(metric.value, None, "{}", metric.id);
            assert!(metric.reason.expect("undefined values have a reason").starts_with("there is no "));
        }
        assert_eq!(ExactSpans::new([]).metrics(&[]).len(), 4);
    }

    #[test]
    fn one_empty_side_is_zero() {
        for sums in [[0, 3, 0], [0, 0, 3]] {
            assert!(ExactSpans::new(["PER"]).metrics(&sums).iter().all(|metric| metric.value == Some(0.0)));
        }
    }

    #[test]
    fn ids_and_signatures_are_a_contract() {
        let spans = ExactSpans::new(["PER"]);
        let named: Vec<_> = spans.definitions().iter().map(|d| (d.id.as_str(), d.signature.as_str())).collect();
        let expected = [
            ("precision", "ner.precision|micro|exact|char|zero_division=0|v1"),
            ("recall", "ner.recall|micro|exact|char|zero_division=0|v1"),
            ("f1", "ner.f1|micro|exact|char|zero_division=0|v1"),
            ("f1.macro", "ner.f1|macro=occurring|exact|char|zero_division=0|v1"),
            ("precision.PER", "ner.precision|label=PER|exact|char|zero_division=0|v1"),
            ("recall.PER", "ner.recall|label=PER|exact|char|zero_division=0|v1"),
            ("f1.PER", "ner.f1|label=PER|exact|char|zero_division=0|v1"),
        ];
        assert_eq!(named, expected);
    }
}
