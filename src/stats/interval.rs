//! From replicates to an interval.

use super::normal::{from_quantile, to_quantile};
use super::quantile;
use serde::{Deserialize, Serialize};

/// How an interval is read off the replicates of a bootstrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Their quantiles at (1 ∓ confidence) / 2 (Efron and Tibshirani 1993, *An Introduction to the Bootstrap*, section 13.3).
    #[default]
    Percentile,
    /// Quantiles that are corrected for bias and skewness (the same, section 14.3): with z₀ the normal quantile of the share
    /// of replicates below the whole's value (ties half), and a = Σd³ / 6(Σd²)^{3/2}, d the jackknife's mean minus the value
    /// without each document, a level's normal quantile z becomes z₀ + (z₀ + z) / (1 − a(z₀ + z)). A share of 0 or 1 counts as half a
    /// replicate.
    Bca,
}

impl Method {
    /// The name in suites and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Percentile => "percentile",
            Self::Bca => "bca",
        }
    }
}

/// Where a value would have been with other documents of the same kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Replicates in which the value was undefined; they are left out.
    pub undefined_replicates: u32,
}

/// What a value was in the whole, without each document, and in the replicates; only where it was defined.
#[derive(Default)]
pub(super) struct Sample {
    pub(super) whole: Option<f64>,
    pub(super) jackknife: Vec<f64>,
    pub(super) replicates: Vec<f64>,
}

impl Sample {
    /// The interval; None without a defined replicate, and for [`Method::Bca`] where the whole is undefined.
    pub(super) fn interval(&self, method: Method, confidence: f64, replicates: u32) -> Option<Interval> {
        let mut levels = [(1.0 - confidence) / 2.0, f64::midpoint(1.0, confidence)];
        if method == Method::Bca {
            levels = self.corrected(levels)?;
        }
        let mut values = self.replicates.clone();
        let low = quantile(&mut values, levels[0])?;
        let high = quantile(&mut values, levels[1])?;
        Some(Interval { low, high, undefined_replicates: replicates - values.len() as u32 })
    }

    fn corrected(&self, levels: [f64; 2]) -> Option<[f64; 2]> {
        let whole = self.whole?;
        let count = self.replicates.len() as f64;
        let below = self.replicates.iter().filter(|value| **value < whole).count();
        let above = self.replicates.iter().filter(|value| **value > whole).count();
        let tied = self.replicates.len() - below - above;
        let share = (below as f64 + tied as f64 / 2.0) / count;
        let bias = to_quantile(share.clamp(0.5 / count, 1.0 - 0.5 / count));
        let mean = self.jackknife.iter().sum::<f64>() / self.jackknife.len() as f64;
        let moment = |power: i32| self.jackknife.iter().map(|value| (mean - value).powi(power)).sum::<f64>();
        let spread = moment(2).powf(1.5);
        let skew = if spread > 0.0 { moment(3) / (6.0 * spread) } else { 0.0 };
        Some(levels.map(|level| {
            let z = bias + to_quantile(level);
            from_quantile(bias + z / (1.0 - skew * z))
        }))
    }
}

/// With n − 1 below; 0 for fewer than two values.
pub(super) fn standard_deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_bias_and_skew_the_corrected_interval_is_the_plain_one() {
        let replicates: Vec<f64> = (0..=1000).map(f64::from).collect();
        let sample = Sample { whole: Some(500.0), jackknife: vec![499.0, 500.0, 501.0], replicates };
        let plain = sample.interval(Method::Percentile, 0.9, 1001).expect("defined");
        let corrected = sample.interval(Method::Bca, 0.9, 1001).expect("defined");
        assert!((plain.low - corrected.low).abs() < 1e-6 && (plain.high - corrected.high).abs() < 1e-6);
    }

    #[test]
    fn a_whole_above_most_replicates_moves_the_interval_up() {
        let replicates: Vec<f64> = (0..=1000).map(f64::from).collect();
        let sample = Sample { whole: Some(600.0), jackknife: vec![1.0, 1.0], replicates };
        let plain = sample.interval(Method::Percentile, 0.9, 1001).expect("defined");
        let corrected = sample.interval(Method::Bca, 0.9, 1001).expect("defined");
        assert!(corrected.low > plain.low && corrected.high > plain.high);
    }

    #[test]
    fn replicates_that_are_all_alike_have_an_interval_of_no_width() {
        let sample = Sample { whole: Some(0.5), jackknife: vec![0.5; 9], replicates: vec![0.5; 100] };
        let interval = sample.interval(Method::Bca, 0.95, 100).expect("defined");
        assert_eq!((interval.low, interval.high), (0.5, 0.5));
    }

    #[test]
    fn the_standard_deviation_is_that_of_a_sample() {
        assert!((standard_deviation(&[1.0, 2.0, 3.0, 4.0]) - (5.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!(standard_deviation(&[1.0]).abs() < f64::EPSILON);
    }
}
