//! The middle of repeated measurements, and which of them lie far out.

use super::quantile;
use serde::Serialize;

/// A median with an interval that supposes nothing about how measurements are spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Median {
    /// The median.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How often such an interval holds the true median, at least: the level that was asked for, or less where there are too few
    /// measurements for it; 0 for a single one. This is for a number of measurements that was fixed before the first one.
    pub coverage: f64,
}

impl Median {
    /// The interval's width as a share of the median.
    pub fn width(&self) -> f64 {
        (self.high - self.low) / self.value
    }
}

/// The median and its interval from the d-th smallest to the d-th greatest value, d as large as the confidence allows. A
/// measurement lies on either side of the true median by a coin's toss, so that the interval misses it when fewer than d of n tosses
/// show one side: its coverage is 1 − 2·P(Binomial(n, ½) < d) (Hahn and Meeker 1991, *Statistical Intervals*, section 5.2). With
/// fewer values than the confidence needs (6 at 95 %) it reaches from the smallest to the greatest. None where there is no value.
///
/// ```
/// let values = [5.0, 1.0, 4.0, 2.0, 3.0, 9.0, 7.0, 8.0, 6.0];
/// let median = karat::stats::median(&values, 0.95).expect("nine values");
/// // 1 − 2·(1 + 9)/512 = 0.961 from the second to the last but one; from the third on it would be 0.820.
/// assert_eq!((median.value, median.low, median.high), (5.0, 2.0, 8.0));
/// assert_eq!(median.coverage, 1.0 - 20.0 / 512.0);
/// ```
pub fn median(values: &[f64], confidence: f64) -> Option<Median> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let value = quantile(&mut sorted.clone(), 0.5)?;
    let count = sorted.len();
    // P(Binomial(n, ½) = i), beginning with i = 0, as a logarithm: 2^−n is no number for thousands of values.
    let mut log = -(count as f64) * std::f64::consts::LN_2;
    let mut missed = 2.0 * log.exp();
    let mut coverage = (1.0 - missed).max(0.0);
    let mut depth = 1;
    while 2 * (depth + 1) <= count {
        log += ((count - depth + 1) as f64 / depth as f64).ln();
        missed += 2.0 * log.exp();
        if 1.0 - missed < confidence {
            break;
        }
        (depth, coverage) = (depth + 1, 1.0 - missed);
    }
    Some(Median { value, low: sorted[depth - 1], high: sorted[count - depth], coverage })
}

/// The values outside Tukey's fences, in their order: below the lower quartile or above the upper one by more than one and a half times the distance
/// between the two (Tukey 1977, *Exploratory Data Analysis*, chapter 2).
///
/// ```
/// assert_eq!(karat::stats::outliers(&[10.0, 11.0, 10.0, 12.0, 3.0, 11.0]), [3.0]);
/// ```
pub fn outliers(values: &[f64]) -> Vec<f64> {
    let at = |level| quantile(&mut values.to_vec(), level);
    let Some((lower, upper)) = at(0.25).zip(at(0.75)) else { return Vec::new() };
    let reach = 1.5 * (upper - lower);
    values.iter().copied().filter(|value| *value < lower - reach || *value > upper + reach).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::stream;
    use crate::stats::below;

    #[test]
    fn six_values_are_the_first_whose_ends_cover_enough() {
        let of = |count: u32| median(&(0..count).map(f64::from).collect::<Vec<_>>(), 0.95).expect("values");
        assert!(median(&[], 0.95).is_none());
        assert_eq!((of(1).low, of(1).high, of(1).coverage), (0.0, 0.0, 0.0));
        assert_eq!((of(5).low, of(5).high, of(5).coverage), (0.0, 4.0, 1.0 - 2.0 / 32.0));
        assert_eq!((of(6).low, of(6).high, of(6).coverage), (0.0, 5.0, 1.0 - 2.0 / 64.0));
        // Of 20 values, the sixth to the fifteenth: 1 − 2·21700/2^20.
        assert_eq!((of(20).low, of(20).high), (5.0, 14.0));
        assert!((of(20).coverage - (1.0 - 2.0 * 21_700.0 / 1_048_576.0)).abs() < 1e-12);
        // 5,000 values: half of the width is about 0.98·√n.
        let many = of(5_000);
        assert!(
            many.coverage >= 0.95 && (many.high - many.low - 2.0 * 0.98 * 5_000_f64.sqrt()).abs() < 4.0,
            "{many:?}"
        );
    }

    #[test]
    fn the_interval_holds_the_true_median_as_often_as_it_says() {
        let mut random = stream(3, 0);
        let mut held = 0;
        for _ in 0..2_000 {
            // Skewed, with a true median of 0.25.
            let values: Vec<f64> =
                (0..11).map(|_| (f64::from(below(1 << 20, &mut random)) / 1_048_576.0).powi(2)).collect();
            let median = median(&values, 0.95).expect("values");
            held += u32::from(median.low <= 0.25 && 0.25 <= median.high);
        }
        // 1 − 2·(1 + 11)/2048 = 0.988; four standard errors are 0.01.
        assert!((f64::from(held) / 2_000.0 - 0.988).abs() < 0.01, "{held}");
    }

    #[test]
    fn equal_values_have_no_outlier_and_no_width() {
        assert!(outliers(&[2.0; 9]).is_empty() && outliers(&[]).is_empty());
        assert!(median(&[2.0; 9], 0.95).expect("values").width().abs() < f64::EPSILON);
    }
}
