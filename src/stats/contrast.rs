//! Two models' metrics on the same documents: how much they differ, how sure that is, and what would make it surer.

use super::normal::to_quantile;
use super::sums::total;
use super::{Bootstrap, Interval, Pair, Randomisation};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The chance of finding a difference that planning asks for.
pub const POWER: f64 = 0.8;

/// How two models on the same documents are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrasts {
    /// Intervals of differences; its seed and replicates are those of the p-values too.
    pub bootstrap: Bootstrap,
    /// Differences of at most this size, either way, do not matter; at least 0.
    pub margin: f64,
}

/// A difference of a metric, first − second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast {
    /// The difference on all documents.
    pub value: f64,
    /// Its interval from resampled documents.
    pub interval: Interval,
    /// The share of the resamples in which the first is greater, in 0..=1; ties count half.
    pub first_better: f64,
    /// The p-value of approximate randomisation over documents, not adjusted.
    pub p: f64,
    /// What the interval says about the margin.
    pub verdict: Verdict,
    /// The smallest difference beyond the margin that as many documents find with a chance of [`POWER`]; None where they are
    /// fewer than [`fewest_documents`], which find none.
    pub detectable: Option<f64>,
    /// How many documents of this kind would settle a difference of this size with a chance of [`POWER`]; None where it
    /// lies on the margin itself, so that no number would.
    pub documents_needed: Option<u64>,
}

/// What is known about the first model against the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Better by more than the margin.
    Improved,
    /// Worse by more than the margin.
    Regressed,
    /// Neither better nor worse by more than the margin.
    Equivalent,
    /// These documents do not tell.
    Inconclusive,
}

impl Verdict {
    /// From the interval of a difference: wholly above the margin, wholly below it, wholly within, or else inconclusive.
    ///
    /// ```
    /// use karat::stats::{Interval, Verdict};
    ///
    /// let of = |low, high| Verdict::of(Interval { low, high, undefined_replicates: 0 }, 0.01);
    /// assert_eq!(of(0.02, 0.05), Verdict::Improved);
    /// assert_eq!(of(-0.05, -0.02), Verdict::Regressed);
    /// assert_eq!(of(-0.01, 0.005), Verdict::Equivalent);
    /// assert_eq!(of(0.005, 0.05), Verdict::Inconclusive);
    /// ```
    pub fn of(interval: Interval, margin: f64) -> Self {
        if interval.low > margin {
            Self::Improved
        } else if interval.high < -margin {
            Self::Regressed
        } else if interval.low >= -margin && interval.high <= margin {
            Self::Equivalent
        } else {
            Self::Inconclusive
        }
    }

    /// All verdicts.
    pub const ALL: [Self; 4] = [Self::Improved, Self::Regressed, Self::Equivalent, Self::Inconclusive];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Improved => "improved",
            Self::Regressed => "regressed",
            Self::Equivalent => "equivalent",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// The same seen from the second model.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Improved => Self::Regressed,
            Self::Regressed => Self::Improved,
            same => same,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Contrast {
    /// The same seen from the second model.
    #[must_use]
    pub fn reversed(self) -> Self {
        let Interval { low, high, undefined_replicates } = self.interval;
        Self {
            value: -self.value,
            interval: Interval { low: -high, high: -low, undefined_replicates },
            first_better: 1.0 - self.first_better,
            verdict: self.verdict.reversed(),
            ..self
        }
    }
}

/// The fewest documents from which a verdict can follow: with fewer, even all of them in favour of one model come about by
/// chance more often than the confidence allows, 2·2^−n > 1 − confidence. 6 at 95 %.
pub fn fewest_documents(confidence: f64) -> u64 {
    1 + (1.0 - confidence).log2().abs().ceil() as u64
}

impl Contrasts {
    /// The contrast of each of the `values` numbers that `statistic` makes from summed counts; None where a model's value
    /// is undefined. Arguments as of [`Bootstrap::differences`].
    pub fn of(
        &self,
        pair: Pair<'_>,
        values: usize,
        statistic: impl Fn(&[u64], &mut [Option<f64>]) + Sync,
    ) -> Vec<Option<Contrast>> {
        let Bootstrap { seed, replicates, .. } = self.bootstrap;
        let differences = self.bootstrap.differences(pair, values, &statistic);
        let p_values = Randomisation { seed, replicates }.p_values(pair, values, &statistic);
        let side = |counts: &ndarray::ArrayRef2<u32>| {
            let sums = total(counts);
            let mut row = vec![None; values];
            statistic(&sums, &mut row);
            row
        };
        let documents = pair.first().nrows() as u64;
        let (first, second) = (side(pair.first()), side(pair.second()));
        let mut contrasts = Vec::with_capacity(values);
        for (at, (difference, p)) in differences.into_iter().zip(p_values).enumerate() {
            let value = first[at].zip(second[at]).map(|(first, second)| first - second);
            contrasts.push(value.zip(difference).zip(p).map(|((value, difference), p)| {
                let few = documents < fewest_documents(self.bootstrap.confidence);
                let plan = Plan { error: difference.error, confidence: self.bootstrap.confidence, margin: self.margin };
                Contrast {
                    value,
                    interval: difference.interval,
                    first_better: difference.first_better,
                    p,
                    verdict: if few { Verdict::Inconclusive } else { Verdict::of(difference.interval, self.margin) },
                    detectable: (!few).then(|| plan.detectable()),
                    documents_needed: plan.documents(value, documents),
                }
            }));
        }
        contrasts
    }
}

/// What a standard error from so many documents says about other numbers of documents. The error is taken to fall with the square
/// root of their number, and differences to be normal (Cohen 1988, *Statistical Power Analysis for the Behavioral Sciences*,
/// section 2.4; Card et al. 2020, *With Little Power Comes Great Responsibility*): estimates for planning, no promises.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// The standard error of the difference.
    pub error: f64,
    /// Of the intervals, in 0..1.
    pub confidence: f64,
    /// Differences of at most this size do not matter.
    pub margin: f64,
}

impl Plan {
    /// Standard errors that must lie between a difference and the margin.
    fn errors(self) -> f64 {
        to_quantile(f64::midpoint(1.0, self.confidence)) + to_quantile(POWER)
    }

    /// The smallest difference that is found to lie beyond the margin with a chance of [`POWER`]: margin + (z of the
    /// confidence + z of the power) · standard error.
    pub fn detectable(self) -> f64 {
        self.margin + self.errors() * self.error
    }

    /// Documents with which a true difference of `value` would be settled, where `documents` have the standard error: their number
    /// times ((z + z) · error / distance to the nearer margin)², rounded up, at least [`fewest_documents`]. None where the distance is zero.
    ///
    /// ```
    /// let plan = karat::stats::Plan { error: 0.02, confidence: 0.95, margin: 0.0 };
    /// // (1.96 + 0.84) · 0.02 / 0.03 = 1.868; squared and times 45: 157.
    /// assert_eq!(plan.documents(0.03, 45), Some(157));
    /// ```
    pub fn documents(self, value: f64, documents: u64) -> Option<u64> {
        let distance = (value.abs() - self.margin).abs();
        let needed = documents as f64 * (self.errors() * self.error / distance).powi(2);
        (distance > 0.0 && needed.is_finite()).then(|| (needed.ceil() as u64).max(fewest_documents(self.confidence)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Method;
    use ndarray::Array2;

    fn share(sums: &[u64], values: &mut [Option<f64>]) {
        values[0] = (sums[1] > 0).then(|| sums[0] as f64 / sums[1] as f64);
    }

    fn contrast(first: &Array2<u32>, second: &Array2<u32>, margin: f64) -> Contrast {
        let bootstrap = Bootstrap { seed: 5, replicates: 1_000, confidence: 0.95, method: Method::Percentile };
        let pair = Pair::new(first, second).expect("equal shapes");
        Contrasts { bootstrap, margin }.of(pair, 1, share)[0].expect("defined")
    }

    fn right(documents: usize, of_ten: impl Fn(usize) -> u32) -> Array2<u32> {
        Array2::from_shape_fn((documents, 2), |(document, column)| [of_ten(document), 10][column])
    }

    #[test]
    fn a_clear_difference_is_improved_one_way_and_regressed_the_other() {
        let (good, bad) = (right(40, |at| 8 + at as u32 % 2), right(40, |at| 4 + at as u32 % 3));
        let forth = contrast(&good, &bad, 0.05);
        let back = contrast(&bad, &good, 0.05);
        assert_eq!((forth.verdict, back.verdict), (Verdict::Improved, Verdict::Regressed));
        assert_eq!(forth.verdict.reversed(), back.verdict);
        assert!((forth.value + back.value).abs() < 1e-12 && forth.p < 0.01);
        assert!(forth.documents_needed.expect("not on the margin") < 40);
    }

    #[test]
    fn the_same_answers_are_equivalent_with_and_without_a_margin() {
        let counts = right(30, |at| at as u32 % 9);
        assert_eq!(contrast(&counts, &counts, 0.0).verdict, Verdict::Equivalent);
        assert_eq!(contrast(&counts, &counts, 0.02).verdict, Verdict::Equivalent);
        assert_eq!(contrast(&counts, &counts, 0.0).documents_needed, None);
    }

    #[test]
    fn no_verdict_follows_from_fewer_documents_than_chance_allows() {
        assert_eq!((fewest_documents(0.95), fewest_documents(0.9), fewest_documents(0.5)), (6, 5, 2));
        let (good, bad) = (right(5, |_| 9), right(5, |_| 2));
        let open = contrast(&good, &bad, 0.0);
        assert_eq!((open.verdict, open.detectable, open.documents_needed), (Verdict::Inconclusive, None, Some(6)));
        let (good, bad) = (right(6, |_| 9), right(6, |_| 2));
        assert_eq!(contrast(&good, &bad, 0.0).verdict, Verdict::Improved);
    }

    #[test]
    fn few_documents_leave_it_open_and_say_how_many_would_not() {
        let (first, second) = (right(6, |at| [9, 2, 7, 8, 3, 6][at]), right(6, |at| [5, 6, 6, 4, 4, 7][at]));
        let open = contrast(&first, &second, 0.01);
        assert_eq!(open.verdict, Verdict::Inconclusive);
        assert!(open.documents_needed.expect("not on the margin") > 6);
        assert!(open.detectable.expect("six documents can find some") > open.value.abs());
    }
}
