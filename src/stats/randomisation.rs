//! Approximate randomisation: would documents whose two answers were swapped by chance differ as much?

use super::bootstrap::Pair;
use super::parts::in_parts;
use super::sums::{Columns, Weights, total};
use crate::base::stream;
use ndarray::ArrayRef2;
use rand_chacha::rand_core::Rng;

/// Differences that are smaller by rounding alone count as equal.
const ROUNDING: f64 = 1e-12;

/// Streams of the randomisation, apart from those of a bootstrap with the same seed.
const FIRST_STREAM: u64 = 1 << 40;

/// The approximate randomisation test of two models on the same documents (Noreen 1989, *Computer-Intensive Methods for
/// Testing Hypotheses*, chapter 2; Yeh 2000, *More Accurate Tests for the Statistical Significance of Result Differences*).
///
/// If the models were alike, which of the two gave a document's answers would be chance. In each replicate every document's
/// two rows of counts are swapped with a chance of one half; p is the share of replicates whose difference is at least as far
/// from zero as the one that was seen, (c + 1) / (R + 1), two-sided. A replicate in which the difference is undefined
/// counts against the models' being different.
///
/// ```
/// use karat::stats::{Pair, Randomisation};
/// use ndarray::array;
///
/// let right = |sums: &[u64], values: &mut [Option<f64>]| values[0] = Some(sums[0] as f64);
/// let (first, second) = (array![[9], [8], [7], [9], [6], [8]], array![[5], [4], [5], [6], [2], [3]]);
/// let p = Randomisation { seed: 1, replicates: 9_999 }.p_values(Pair::new(&first, &second).unwrap(), 1, right);
/// // Only 2 of the 2^6 ways to swap six documents give as great a difference.
/// assert!((p[0].unwrap() - 2.0 / 64.0).abs() < 0.006);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Randomisation {
    /// Names the random streams.
    pub seed: u64,
    /// Replicates R; the smallest p is 1 / (R + 1).
    pub replicates: u32,
}

impl Randomisation {
    /// A p-value in 0..=1 for each of the `values` numbers that `statistic` makes from summed counts; None where a
    /// model's value is undefined. Arguments as of [`super::Bootstrap::differences`].
    pub fn p_values(
        &self,
        pair: Pair<'_>,
        values: usize,
        statistic: impl Fn(&[u64], &mut [Option<f64>]) + Sync,
    ) -> Vec<Option<f64>> {
        let documents = pair.first().nrows();
        let apart = Columns::difference(pair.first(), pair.second());
        let sides = || Swapped::new(pair, values, &statistic);
        let seen = sides().differences(&vec![0; apart.len()]);
        let parts = in_parts(self.replicates, documents, |replicates| {
            let (mut swapped, mut moved) = (sides(), vec![0; apart.len()]);
            let (mut chosen, mut weights) = (vec![0; documents], Weights::zeros(documents));
            let mut as_far = vec![0_u32; values];
            for replicate in replicates {
                let mut random = stream(self.seed, FIRST_STREAM + u64::from(replicate));
                for block in chosen.chunks_mut(32) {
                    let bits = random.next_u32();
                    block.iter_mut().enumerate().for_each(|(at, chosen)| *chosen = bits >> at & 1);
                }
                weights.set(&chosen);
                apart.sum(&weights, &mut moved);
                for ((count, seen), value) in as_far.iter_mut().zip(&seen).zip(swapped.differences(&moved)) {
                    let reached = |seen: f64| value.is_none_or(|value| value.abs() >= seen.abs() - ROUNDING);
                    *count += u32::from(seen.is_some_and(reached));
                }
            }
            as_far
        });
        let count = |at: usize| parts.iter().map(|part| part[at]).sum::<u32>();
        let p = |count: u32| f64::from(count + 1) / (f64::from(self.replicates) + 1.0);
        seen.iter().enumerate().map(|(at, seen)| seen.map(|_| p(count(at)))).collect()
    }
}

/// Both models when documents are swapped.
struct Swapped<'a, S> {
    sides: [Side; 2],
    statistic: &'a S,
}

impl<'a, S: Fn(&[u64], &mut [Option<f64>])> Swapped<'a, S> {
    fn new(pair: Pair<'_>, values: usize, statistic: &'a S) -> Self {
        Self { sides: [pair.first(), pair.second()].map(|counts| Side::new(counts, values)), statistic }
    }

    /// First − second, when `moved` is what goes from the first to the second.
    fn differences(&mut self, moved: &[i64]) -> Vec<Option<f64>> {
        let [first, second] = &mut self.sides;
        let (first, second) = (first.values(-1, moved, self.statistic), second.values(1, moved, self.statistic));
        first.iter().zip(second).map(|(first, second)| first.zip(*second).map(|(a, b)| a - b)).collect()
    }
}

/// One model's counts over all documents, and what they become when documents are swapped.
struct Side {
    whole: Vec<i64>,
    swapped: Vec<u64>,
    values: Vec<Option<f64>>,
}

impl Side {
    fn new(counts: &ArrayRef2<u32>, values: usize) -> Self {
        let whole: Vec<i64> = total(counts).into_iter().map(|sum| sum as i64).collect();
        Self { swapped: vec![0; whole.len()], whole, values: vec![None; values] }
    }

    /// The values when `sign` times `moved` is added to the sums.
    fn values(&mut self, sign: i64, moved: &[i64], statistic: impl Fn(&[u64], &mut [Option<f64>])) -> &[Option<f64>] {
        for ((swapped, whole), moved) in self.swapped.iter_mut().zip(&self.whole).zip(moved) {
            *swapped = (whole + sign * moved).unsigned_abs();
        }
        self.values.fill(None);
        statistic(&self.swapped, &mut self.values);
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    const TEST: Randomisation = Randomisation { seed: 3, replicates: 2_000 };

    fn share(sums: &[u64], values: &mut [Option<f64>]) {
        values[0] = (sums[1] > 0).then(|| sums[0] as f64 / sums[1] as f64);
    }

    fn p(first: &Array2<u32>, second: &Array2<u32>) -> Option<f64> {
        TEST.p_values(Pair::new(first, second).expect("equal shapes"), 1, share)[0]
    }

    #[test]
    fn a_model_against_itself_has_p_of_one() {
        let counts = array![[3, 4], [1, 2], [0, 5]];
        assert_eq!(p(&counts, &counts), Some(1.0));
    }

    #[test]
    fn many_documents_that_agree_have_the_smallest_p() {
        let second = Array2::from_shape_fn((60, 2), |(document, column)| [document as u32 % 5, 10][column]);
        let first = Array2::from_shape_fn((60, 2), |(document, column)| [document as u32 % 5 + 2, 10][column]);
        assert_eq!(p(&first, &second), Some(1.0 / 2_001.0));
        assert_eq!(p(&second, &first), p(&first, &second));
    }

    #[test]
    fn an_undefined_value_has_no_p_and_an_undefined_replicate_counts_against_a_difference() {
        assert_eq!(p(&array![[0, 0]], &array![[1, 2]]), None);
        // Where the only document with items on the first side is swapped away, the first share is undefined.
        let p = p(&array![[4, 4], [0, 0]], &array![[0, 0], [1, 4]]).expect("defined");
        assert!(p > 0.9, "{p}");
    }
}
