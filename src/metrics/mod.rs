//! Pure scoring functions: gold and predictions in, integer counts and metrics out.
//!
//! Owns: what a metric is ([`Metric`]), its id and signature ([`Definition`]), and the families of metrics: of entities
//! ([`ExactSpans`], [`Semeval2013`]), of token tags ([`Seqeval`]), of stances ([`StanceScores`], [`TargetScores`]), of annotators
//! ([`Agreement`]). Every family works in two steps: a document becomes a row of integer counts, and summed rows become values
//! ([`Family::values`]). A bootstrap replicate is therefore a sum of rows and nothing more.
//! Calibration ([`Forecasts`]) stands apart: it is over confidences and not over counts.
//! In: entities, tags and stances. Out: counts, metrics, and the list of span errors ([`align`]).
//! Must not: know models, files, tables or random numbers.

mod agreement;
mod align;
mod calibration;
mod classes;
mod counts;
mod scheme;
mod semeval2013;
mod seqeval;
mod spans;
mod tags;
mod targets;

pub use agreement::{Agreement, Distance};
pub use align::{Boundary, SpanError, align};
pub use calibration::{Bin, Bins, Confidence, Forecast, Forecasts};
pub use classes::StanceScores;
pub use counts::Counts;
pub use scheme::{Ambiguous, Detected, Scheme};
pub use semeval2013::{Matching, Semeval2013};
pub use seqeval::{ChunkRules, Seqeval, TagCounts, count_tags};
pub use spans::{ExactSpans, LabelCounts, UnknownLabel, count_labels};
pub use tags::{Letter, Tag, TaggedText};
pub use targets::TargetScores;

use ndarray::{ArrayRef2, Axis};
use serde::Serialize;

/// A number with its definition.
///
/// ```
/// use karat::base::Stance::{Against, Favor, Neutral};
/// use karat::metrics::{Family, StanceScores, total};
///
/// let scores = StanceScores::new();
/// let counts = scores.table(&[vec![(Favor, Favor), (Against, Favor)], vec![(Neutral, Neutral)]]);
/// let metrics = scores.metrics(&total(&counts));
/// assert_eq!(metrics[0].id, "accuracy");
/// assert_eq!(metrics[0].value, Some(2.0 / 3.0));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metric {
    /// The name in files, such as `f1` or `f1.PER`.
    pub id: String,
    /// The definition in full, such as `ner.f1|micro|exact|char|zero_division=0|v1`. Two numbers are comparable when
    /// their signatures are equal.
    pub signature: String,
    /// At most 1, and at least 0 but for what corrects for chance (kappa, alpha, mcc), which is below 0 for less agreement
    /// than chance gives; None where the metric is undefined.
    pub value: Option<f64>,
    /// Why the value is undefined; None where it is defined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What the positions of spans count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Characters of a text.
    Character,
    /// Tokens of a tagged text.
    Token,
}

impl Unit {
    /// The word in signatures.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Character => "char",
            Self::Token => "token",
        }
    }
}

/// What a metric is, whatever it was computed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The name in files, such as `f1` or `f1.PER`.
    pub id: String,
    /// The definition in full; see [`Metric::signature`].
    pub signature: String,
    /// The one reason for which this metric can be undefined.
    pub undefined: String,
}

impl Definition {
    /// The one place that makes signatures: `{task}.{measure}|{term}|…|v1`. The version at the end goes up when the same
    /// terms come to mean another number.
    fn new(id: &str, name: &str, terms: &[&str], undefined: &str) -> Self {
        let signature = format!("{name}|{}|v1", terms.join("|"));
        Self { id: id.to_owned(), signature, undefined: undefined.to_owned() }
    }
}

/// Metrics that follow from integer counts which add up over documents.
///
/// The columns and the definitions are fixed when the family is made, so that rows of two models, made with the same
/// family, can be compared column by column.
pub trait Family: Sync {
    /// The family's name in tables of counts.
    fn name(&self) -> &'static str;

    /// Names of the count columns, in the order of a document's row.
    fn columns(&self) -> &[String];

    /// The metrics, in the order of [`Family::values`].
    fn definitions(&self) -> &[Definition];

    /// Fills `values` (one a definition, in their order, each at most 1, None where undefined) from `sums` (one a column,
    /// summed over documents). Does not allocate.
    ///
    /// # Panics
    /// When `sums` or `values` has another length than [`Family::columns`] or [`Family::definitions`].
    fn values(&self, sums: &[u64], values: &mut [Option<f64>]);

    /// The metrics of summed counts: values with their definitions.
    fn metrics(&self, sums: &[u64]) -> Vec<Metric> {
        let mut values = vec![None; self.definitions().len()];
        self.values(sums, &mut values);
        let named = self.definitions().iter().zip(values);
        named
            .map(|(definition, value)| Metric {
                id: definition.id.clone(),
                signature: definition.signature.clone(),
                value,
                reason: value.is_none().then(|| definition.undefined.clone()),
            })
            .collect()
    }
}

/// The family of that name ([`Family::name`]) over columns in any order and number; `rule` is the rule that decided the answers, where
/// its metrics name one. None for a name that no model's family has.
pub fn rebuild(name: &str, columns: &[&str], rule: &str) -> Option<Box<dyn Family>> {
    match name {
        "exact" => Some(Box::new(ExactSpans::new(columns.iter().filter_map(|column| column.strip_suffix(".tp"))))),
        "semeval2013" => {
            let labels = columns.iter().filter_map(|column| column.strip_suffix(".strict.COR"));
            Some(Box::new(Semeval2013::new(Matching::Optimal, Unit::Character, labels)))
        }
        "stance" => Some(Box::new(StanceScores::decided_by(rule))),
        "targets" => {
            let targets = columns.iter().filter_map(|column| column.strip_suffix(".items"));
            Some(Box::new(TargetScores::decided_by(Some(rule), targets)))
        }
        _ => None,
    }
}

/// The columns' sums over all documents; `counts` is `[documents, columns]`.
pub fn total(counts: &ArrayRef2<u32>) -> Vec<u64> {
    counts.axis_iter(Axis(1)).map(|column| column.iter().map(|&count| u64::from(count)).sum()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn totals_are_sums_over_documents() {
        assert_eq!(total(&array![[1, 2, 3], [4, 5, u32::MAX]]), [5, 7, 4_294_967_298]);
        assert_eq!(total(&ndarray::Array2::zeros((0, 2))), [0, 0]);
    }

    #[test]
    fn an_undefined_metric_is_null_with_a_reason_and_a_defined_one_has_none() {
        let metrics = StanceScores::new().metrics(&[0; 9]);
        let undefined = serde_json::to_string(&metrics[0]).expect("a metric is plain data");
        assert_eq!(
            undefined,
            r#"{"id":"accuracy","signature":"stance.accuracy|pooled|v1","value":null,"reason":"there is no labelled item"}"#
        );
        let metrics = StanceScores::new().metrics(&[1, 0, 0, 0, 0, 0, 0, 0, 0]);
        let defined = serde_json::to_string(&metrics[0]).expect("a metric is plain data");
        assert_eq!(defined, r#"{"id":"accuracy","signature":"stance.accuracy|pooled|v1","value":1.0}"#);
    }
}
