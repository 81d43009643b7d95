//! The document bootstrap: intervals from resampled documents.

use super::draw::{Draws, below};
use super::interval::{Interval, Method, Sample, standard_deviation};
use super::parts::in_parts;
use super::sums::{Columns, Weights};
use crate::base::stream;
use ndarray::ArrayRef2;

/// Resamples documents with replacement, as many as there are, and reads an interval off what a statistic gives for the
/// resamples, by a [`Method`].
///
/// The unit is the document, because errors of one document go together. Replicate r draws from the stream (`seed`, r)
/// and nothing else, so two calls with the same seed and the same number of documents resample the same documents. Large
/// resamplings use every core, and the number of threads changes nothing.
///
/// ```
/// use ndarray::array;
///
/// // Three documents with 9 of 10, 8 of 10 and 4 of 10 right answers.
/// let counts = array![[9, 10], [8, 10], [4, 10]];
/// let method = karat::stats::Method::Percentile;
/// let bootstrap = karat::stats::Bootstrap { seed: 1, replicates: 10_000, confidence: 0.95, method };
/// let share = |sums: &[u64], values: &mut [Option<f64>]| values[0] = Some(sums[0] as f64 / sums[1] as f64);
/// let interval = bootstrap.intervals(&counts, 1, share)[0].expect("defined in every replicate");
/// // One in 27 resamples is the third document alone, and one in 27 is the first alone.
/// assert_eq!((interval.low, interval.high, interval.undefined_replicates), (0.4, 0.9, 0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// Names the random streams.
    pub seed: u64,
    /// Resamples; 10,000 unless there is a reason.
    pub replicates: u32,
    /// The nominal coverage of intervals, in 0..=1, such as 0.95.
    pub confidence: f64,
    /// How an interval is read off the replicates.
    pub method: Method,
}

/// How two models' values differ on the same documents.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Of first − second; a replicate is undefined where either value is.
    pub interval: Interval,
    /// The share of the defined replicates in which the first is greater, in 0..=1; ties count half.
    pub first_better: f64,
    /// The standard deviation of the defined replicates: the standard error of the difference.
    pub error: f64,
}

/// Two models' counts on the same documents, row by row and column by column.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    first: &'a ArrayRef2<u32>,
    second: &'a ArrayRef2<u32>,
}

/// Counts that do not belong to the same documents and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("counts of shape {first:?} and {second:?} [documents, columns] cannot be paired")]
pub struct UnequalCounts {
    /// Documents and columns of the first.
    pub first: [usize; 2],
    /// Documents and columns of the second.
    pub second: [usize; 2],
}

impl<'a> Pair<'a> {
    /// Pairs two tables `[documents, columns]` whose rows are the same documents in the same order.
    ///
    /// # Errors
    /// [`UnequalCounts`] when the shapes differ.
    pub fn new(first: &'a ArrayRef2<u32>, second: &'a ArrayRef2<u32>) -> Result<Self, UnequalCounts> {
        if first.dim() == second.dim() {
            return Ok(Self { first, second });
        }
        let shape = |counts: &ArrayRef2<u32>| [counts.nrows(), counts.ncols()];
        Err(UnequalCounts { first: shape(first), second: shape(second) })
    }
}

impl<'a> Pair<'a> {
    /// The first model's counts.
    pub fn first(self) -> &'a ArrayRef2<u32> {
        self.first
    }

    /// The second model's counts.
    pub fn second(self) -> &'a ArrayRef2<u32> {
        self.second
    }
}

impl Bootstrap {
    /// An interval for each of the `values` numbers that `statistic` makes from summed counts.
    ///
    /// `counts` is `[documents, columns]`. `statistic` reads one sum a column and fills one value a place, None where
    /// undefined. A value has no interval where it is undefined in every replicate, in the whole (with
    /// [`Method::Bca`]), or where there are no documents.
    pub fn intervals(
        &self,
        counts: &ArrayRef2<u32>,
        values: usize,
        statistic: impl Fn(&[u64], &mut [Option<f64>]) + Sync,
    ) -> Vec<Option<Interval>> {
        let (columns, statistic) = (Columns::new(counts), &statistic);
        let samples = self.samples(counts.nrows(), values, || {
            let mut sums = Sums::new(&columns);
            move |weights: &Weights, values: &mut [Option<f64>]| statistic(sums.of(weights), values)
        });
        samples.into_iter().map(|sample| self.interval(&sample)).collect()
    }

    /// The differences, first − second, of each of the `values` numbers that `statistic` makes from summed counts; both
    /// sides of a replicate are the same resampled documents.
    ///
    /// The arguments and the places without an answer are those of [`Bootstrap::intervals`].
    pub fn differences(
        &self,
        pair: Pair<'_>,
        values: usize,
        statistic: impl Fn(&[u64], &mut [Option<f64>]) + Sync,
    ) -> Vec<Option<Difference>> {
        let (sides, statistic) = ([pair.first, pair.second].map(Columns::new), &statistic);
        let samples = self.samples(pair.first.nrows(), values, || {
            let [mut first, mut second] = sides.each_ref().map(Sums::new);
            let mut seconds = vec![None; values];
            move |weights: &Weights, values: &mut [Option<f64>]| {
                statistic(first.of(weights), values);
                seconds.fill(None);
                statistic(second.of(weights), &mut seconds);
                for (value, second) in values.iter_mut().zip(&seconds) {
                    *value = value.zip(*second).map(|(first, second)| first - second);
                }
            }
        });
        let difference = |sample: Sample| {
            let (first_better, error) = (share_above_zero(&sample.replicates), standard_deviation(&sample.replicates));
            self.interval(&sample).map(|interval| Difference { interval, first_better, error })
        };
        samples.into_iter().map(difference).collect()
    }

    /// What `evaluate` gives by value: for the whole, without each document in turn (where the method asks for it), and for
    /// every replicate. Each thread has an `evaluate` of its own.
    fn samples<E: FnMut(&Weights, &mut [Option<f64>])>(
        &self,
        documents: usize,
        values: usize,
        evaluate: impl Fn() -> E + Sync,
    ) -> Vec<Sample> {
        let mut samples: Vec<Sample> = (0..values).map(|_| Sample::default()).collect();
        if documents == 0 {
            return samples;
        }
        if self.method == Method::Bca {
            let mut of = Evaluation::new(documents, values, evaluate());
            let mut counts = vec![1; documents];
            samples.iter_mut().zip(of.values(&counts)).for_each(|(sample, value)| sample.whole = *value);
            for document in 0..documents {
                counts[document] = 0;
                let without = of.values(&counts);
                samples.iter_mut().zip(without).for_each(|(sample, value)| sample.jackknife.extend(*value));
                counts[document] = 1;
            }
        }
        let bound = u32::try_from(documents).expect("a corpus has fewer than 2^32 documents");
        let parts = in_parts(self.replicates, documents, |replicates| {
            let mut of = Evaluation::new(documents, values, evaluate());
            let mut part: Vec<Vec<f64>> = vec![Vec::new(); values];
            let (mut counts, mut draws) = (vec![0; documents], Draws::default());
            for replicate in replicates {
                draws.begin(stream(self.seed, u64::from(replicate)));
                counts.fill(0);
                (0..documents).for_each(|_| counts[below(bound, &mut draws) as usize] += 1);
                part.iter_mut().zip(of.values(&counts)).for_each(|(part, value)| part.extend(*value));
            }
            part
        });
        for part in parts {
            samples.iter_mut().zip(part).for_each(|(sample, mut part)| sample.replicates.append(&mut part));
        }
        samples
    }

    fn interval(&self, sample: &Sample) -> Option<Interval> {
        sample.interval(self.method, self.confidence, self.replicates)
    }
}

/// A thread's scratch for evaluating resamples.
struct Evaluation<E> {
    weights: Weights,
    values: Vec<Option<f64>>,
    evaluate: E,
}

impl<E: FnMut(&Weights, &mut [Option<f64>])> Evaluation<E> {
    fn new(documents: usize, values: usize, evaluate: E) -> Self {
        Self { weights: Weights::zeros(documents), values: vec![None; values], evaluate }
    }

    /// The values of a resample in which each document stands so many times; NaN counts as undefined.
    fn values(&mut self, counts: &[u32]) -> &[Option<f64>] {
        self.weights.set(counts);
        self.values.fill(None);
        (self.evaluate)(&self.weights, &mut self.values);
        self.values.iter_mut().for_each(|value| *value = value.filter(|value| !value.is_nan()));
        &self.values
    }
}

/// The share of values above zero, zeros counting half; 0 where there is no value.
fn share_above_zero(values: &[f64]) -> f64 {
    let above = values.iter().filter(|value| **value > 0.0).count();
    let tied = values.iter().filter(|value| **value == 0.0).count();
    (above as f64 + tied as f64 / 2.0) / values.len().max(1) as f64
}

/// Sums of one side's counts, as a statistic reads them.
pub(super) struct Sums<'a> {
    columns: &'a Columns,
    signed: Vec<i64>,
    counts: Vec<u64>,
}

impl<'a> Sums<'a> {
    pub(super) fn new(columns: &'a Columns) -> Self {
        Self { columns, signed: vec![0; columns.len()], counts: vec![0; columns.len()] }
    }

    pub(super) fn of(&mut self, weights: &Weights) -> &[u64] {
        self.columns.sum(weights, &mut self.signed);
        for (count, &signed) in self.counts.iter_mut().zip(&self.signed) {
            *count = signed.unsigned_abs();
        }
        &self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    const BOOTSTRAP: Bootstrap =
        Bootstrap { seed: 17, replicates: 2_000, confidence: 0.95, method: Method::Percentile };

    /// The first column over the second.
    fn share(sums: &[u64], values: &mut [Option<f64>]) {
        values[0] = (sums[1] > 0).then(|| sums[0] as f64 / sums[1] as f64);
    }

    #[test]
    fn documents_that_are_all_alike_have_no_spread() {
        let interval = BOOTSTRAP.intervals(&Array2::from_elem((7, 2), 3), 1, share)[0];
        assert_eq!(interval, Some(Interval { low: 1.0, high: 1.0, undefined_replicates: 0 }));
    }

    #[test]
    fn no_documents_and_no_replicates_have_no_interval() {
        assert_eq!(BOOTSTRAP.intervals(&Array2::zeros((0, 2)), 1, share), [None]);
        let none = Bootstrap { replicates: 0, ..BOOTSTRAP };
        assert_eq!(none.intervals(&array![[1, 1]], 1, share), [None]);
        let empty = Array2::zeros((0, 2));
        let pair = Pair::new(&empty, &empty).expect("equal shapes");
        assert_eq!(BOOTSTRAP.differences(pair, 1, share), [None]);
    }

    #[test]
    fn undefined_replicates_are_counted_and_left_out() {
        // The share is undefined where a resample of two holds the second document only: in a quarter of all.
        let interval = BOOTSTRAP.intervals(&array![[1, 2], [0, 0]], 1, share)[0].expect("mostly defined");
        assert_eq!((interval.low, interval.high), (0.5, 0.5));
        assert!((420..580).contains(&interval.undefined_replicates), "{}", interval.undefined_replicates);
        assert_eq!(BOOTSTRAP.intervals(&array![[0, 0]], 1, share), [None]);
        let nan = BOOTSTRAP.intervals(&array![[0, 0]], 1, |_, values| values[0] = Some(f64::NAN));
        assert_eq!(nan, [None]);
    }

    #[test]
    fn the_quantiles_are_those_of_the_binomial() {
        // Each of 100 documents is right with half a chance; the sum over a resample is binomial (100, 0.5), whose
        // quantiles at 0.025 and 0.975 are 40 and 60.
        let counts = Array2::from_shape_fn((100, 2), |(document, column)| u32::from(column == 1 || document % 2 == 0));
        let many = Bootstrap { replicates: 20_000, ..BOOTSTRAP };
        let interval = many.intervals(&counts, 1, share)[0].expect("defined");
        assert_eq!((interval.low, interval.high), (0.4, 0.6));
    }

    #[test]
    fn the_order_of_memory_does_not_matter() {
        let rows = array![[3, 4], [1, 2], [0, 5], [2, 2]];
        let columns = array![[3, 1, 0, 2], [4, 2, 5, 2]];
        let expected = BOOTSTRAP.intervals(&rows, 1, share);
        assert_eq!(BOOTSTRAP.intervals(&columns.t(), 1, share), expected);
    }

    #[test]
    fn threads_do_not_change_a_result() {
        let counts = array![[3, 4], [1, 2], [0, 5], [2, 2]];
        let expected = BOOTSTRAP.intervals(&counts, 1, share);
        std::thread::scope(|scope| {
            let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| BOOTSTRAP.intervals(&counts, 1, share))).collect();
            for run in runs {
                assert_eq!(run.join().expect("no panic"), expected);
            }
        });
        assert_ne!(
            Bootstrap { seed: 18, ..BOOTSTRAP }.intervals(&array![[1, 9], [2, 7], [3, 5], [8, 9]], 1, share),
            expected
        );
    }

    #[test]
    fn a_model_against_itself_is_a_tie() {
        let counts = array![[3, 4], [1, 2], [0, 5], [2, 2]];
        let pair = Pair::new(&counts, &counts).expect("equal shapes");
        let difference = BOOTSTRAP.differences(pair, 1, share)[0].expect("defined");
        assert_eq!(difference.interval, Interval { low: 0.0, high: 0.0, undefined_replicates: 0 });
        assert!((difference.first_better - 0.5).abs() < f64::EPSILON);
    }

    #[test]
    fn a_model_that_is_better_everywhere_always_wins() {
        let (first, second) = (array![[3, 4], [2, 2], [4, 5]], array![[2, 4], [1, 2], [0, 5]]);
        let forth = BOOTSTRAP.differences(Pair::new(&first, &second).expect("equal"), 1, share);
        let back = BOOTSTRAP.differences(Pair::new(&second, &first).expect("equal"), 1, share);
        let (forth, back) = (forth[0].expect("defined"), back[0].expect("defined"));
        assert!(forth.interval.low > 0.0);
        assert!((forth.first_better - 1.0).abs() < f64::EPSILON && back.first_better.abs() < f64::EPSILON);
        assert!((forth.interval.low + back.interval.high).abs() < 1e-12);
    }

    #[test]
    fn the_two_sides_of_a_replicate_are_the_same_documents() {
        // The documents differ much, the models by one right answer of ten everywhere.
        let second = Array2::from_shape_fn((30, 2), |(document, column)| [document as u32 % 10, 10][column]);
        let first = Array2::from_shape_fn((30, 2), |(document, column)| [document as u32 % 10 + 1, 10][column]);
        let alone = BOOTSTRAP.intervals(&first, 1, share)[0].expect("defined");
        let pair = Pair::new(&first, &second).expect("equal shapes");
        let difference = BOOTSTRAP.differences(pair, 1, share)[0].expect("defined").interval;
        assert!(alone.high - alone.low > 0.15);
        assert!((difference.low - 0.1).abs() < 1e-12 && (difference.high - 0.1).abs() < 1e-12);
    }

    #[test]
    fn unequal_shapes_are_not_paired() {
        let error = Pair::new(&array![[1, 2]], &array![[1], [2]]).expect_err("unequal").to_string();
        assert_eq!(error, "counts of shape [1, 2] and [2, 1] [documents, columns] cannot be paired");
    }
}
