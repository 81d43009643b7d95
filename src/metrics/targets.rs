//! Stance target by target: the `F_avg` of each, and their mean.

use super::spans::{column_of, in_columns};
use crate::base::Stance;
use crate::metrics::{Counts, Definition, Family, UnknownLabel};
use ndarray::Array2;

/// The classes of `F_avg`.
const CLASSES: [Stance; 2] = [Stance::Favor, Stance::Against];
/// Columns of a target: true and false positives and false negatives of each class, and items.
const PER_TARGET: usize = 3 * CLASSES.len() + 1;

/// `F_avg` by target, and its plain mean over the targets that occur.
///
/// Columns: for each target, in alphabetical order, `TARGET.favor.tp`, `TARGET.favor.fp`, `TARGET.favor.missed`, the same for
/// `against`, and `TARGET.items`.
/// Metrics: `f_avg.targets`, then `f_avg.target.TARGET` for each target.
///
/// `F_avg` is (F1 of favor + F1 of against) / 2 with 0 for a division of zero by zero, as in
/// [`StanceScores`](super::StanceScores), where it is pooled over all targets: that is the official measure of
/// `SemEval-2016` Task 6, and the mean over targets is another number (Mohammad et al. 2016, *SemEval-2016 Task 6: Detecting
/// Stance in Tweets*, section 5). A target with an item counts, also where neither class occurs and its `F_avg` is 0. Where
/// there is no item, of a target or at all, the measures are undefined.
///
/// ```
/// use karat::base::Stance::{Against, Favor, Neutral};
/// use karat::metrics::{Family, TargetScores, total};
///
/// let scores = TargetScores::new(["deal", "talks"]);
/// let document = vec![("deal", Favor, Favor), ("deal", Against, Favor), ("talks", Neutral, Neutral)];
/// let metrics = scores.metrics(&total(&scores.table(&[document]).expect("both targets are known")));
/// assert_eq!((metrics[1].id.as_str(), metrics[1].value), ("f_avg.target.deal", Some(1.0 / 3.0)));
/// assert_eq!((metrics[0].id.as_str(), metrics[0].value), ("f_avg.targets", Some(1.0 / 6.0)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetScores {
    targets: Vec<String>,
    columns: Vec<String>,
    definitions: Vec<Definition>,
}

impl TargetScores {
    /// The family over targets in any order, for stances that were decided by a rule that is not known.
    pub fn new<'a>(targets: impl IntoIterator<Item = &'a str>) -> Self {
        Self::decided_by(None, targets)
    }

    /// The family for stances that were decided by a named and versioned rule, where it is known: it becomes a part of every
    /// signature.
    pub fn decided_by<'a>(rule: Option<&str>, targets: impl IntoIterator<Item = &'a str>) -> Self {
        let targets = in_columns(targets);
        let mut columns = Vec::with_capacity(targets.len() * PER_TARGET);
        for target in &targets {
            for class in CLASSES {
                columns.extend(["tp", "fp", "missed"].map(|count| format!("{target}.{class}.{count}")));
            }
            columns.push(format!("{target}.items"));
        }
        let rule = rule.map(|rule| format!("rule={rule}"));
        let define = |id: &str, average: &str, nothing: &str| {
            let mut terms = vec!["macro=favor,against", average, "zero_division=0"];
            terms.extend(rule.as_deref());
            Definition::new(id, "stance.f1", &terms, nothing)
        };
        let mut definitions = vec![define("f_avg.targets", "mean=targets", "there is no labelled item")];
        definitions.extend(targets.iter().map(|target| {
            let nothing = format!("there is no labelled item of `{target}`");
            define(&format!("f_avg.target.{target}"), &format!("target={target}"), &nothing)
        }));
        Self { targets, columns, definitions }
    }

    /// One row a document, `[documents, columns]`; a document is its items' (target, gold, predicted).
    ///
    /// # Errors
    /// [`UnknownLabel`] when a document has a target that the family was not made for.
    pub fn table(&self, documents: &[Vec<(&str, Stance, Stance)>]) -> Result<Array2<u32>, UnknownLabel> {
        let mut table = Array2::zeros((documents.len(), self.columns.len()));
        for (mut row, items) in table.outer_iter_mut().zip(documents) {
            for &(target, gold, predicted) in items {
                let at = PER_TARGET * column_of(&self.targets, target)?;
                for (place, class) in CLASSES.into_iter().enumerate() {
                    let count = match (gold == class, predicted == class) {
                        (true, true) => 0,
                        (false, true) => 1,
                        (true, false) => 2,
                        (false, false) => continue,
                    };
                    row[at + 3 * place + count] += 1;
                }
                row[at + PER_TARGET - 1] += 1;
            }
        }
        Ok(table)
    }
}

impl Family for TargetScores {
    fn name(&self) -> &'static str {
        "targets"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    fn values(&self, sums: &[u64], values: &mut [Option<f64>]) {
        assert_eq!((sums.len(), values.len()), (self.columns.len(), self.definitions.len()));
        let (mean, targets) = values.split_at_mut(1);
        let (mut sum, mut occurring) = (0.0, 0);
        for (sums, value) in sums.chunks_exact(PER_TARGET).zip(targets) {
            let f1 = |at: usize| Counts { tp: sums[at], fp: sums[at + 1], missed: sums[at + 2] }.f1();
            *value = (sums[PER_TARGET - 1] > 0).then(|| f64::midpoint(f1(0), f1(3)));
            if let Some(value) = *value {
                sum += value;
                occurring += 1;
            }
        }
        mean[0] = (occurring > 0).then(|| sum / f64::from(occurring));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Stance::{Against, Favor, Neutral};
    use crate::metrics::total;

    #[test]
    fn the_mean_over_targets_is_not_the_pooled_measure() {
        let scores = TargetScores::new(["b", "a"]);
        let items = vec![("a", Favor, Favor), ("a", Against, Against), ("b", Favor, Neutral)];
        let metrics = scores.metrics(&total(&scores.table(&[items]).expect("known")));
        let values: Vec<_> = metrics.iter().map(|metric| (metric.id.as_str(), metric.value)).collect();
        let expected = [("f_avg.targets", Some(0.5)), ("f_avg.target.a", Some(1.0)), ("f_avg.target.b", Some(0.0))];
        assert_eq!(values, expected);
        assert_eq!(metrics[0].signature, "stance.f1|macro=favor,against|mean=targets|zero_division=0|v1");
    }

    #[test]
    fn a_target_without_an_item_is_undefined_and_counts_for_nothing() {
        let scores = TargetScores::new(["a", "b"]);
        let metrics = scores.metrics(&total(&scores.table(&[vec![("a", Favor, Favor)]]).expect("known")));
        assert_eq!(metrics.iter().map(|metric| metric.value).collect::<Vec<_>>(), [Some(0.5), Some(0.5), None]);
        assert_eq!(scores.metrics(&[0; 14])[0].value, None);
    }

    #[test]
    fn a_target_outside_the_list_is_named() {
        let error = TargetScores::new(["a"]).table(&[vec![("z", Favor, Favor)]]).expect_err("not in the list");
        assert_eq!(error.label, "z");
    }
}
