//! Tests on single items, and on several tests at once.

use statrs::distribution::{Binomial, DiscreteCDF};

/// The exact McNemar test, two-sided: `won` items only the first model has right, `lost` only the second. p is the chance
/// that a fair coin gives as uneven a split or more (McNemar 1947, *Note on the sampling error of the difference between
/// correlated proportions*; exact by the binomial, as statsmodels' `mcnemar(exact=True)`). 1 where no item differs.
///
/// Items of one document go together, which this test does not know: beside it stands approximate randomisation over
/// documents, and where the two disagree the documents are right.
///
/// # Panics
/// Never: one half is a probability.
///
/// ```
/// assert!((karat::stats::mcnemar(9, 2) - 0.065_429_687_5).abs() < 1e-12);
/// ```
pub fn mcnemar(won: u64, lost: u64) -> f64 {
    let coin = Binomial::new(0.5, won + lost).expect("one half is a probability");
    (2.0 * coin.cdf(won.min(lost))).min(1.0)
}

/// Adjusts p-values of one family of tests so that the chance of any false alarm among them stays below the level that
/// each adjusted value is held against (Holm 1979, *A Simple Sequentially Rejective Multiple Test Procedure*): in rising order,
/// the i-th of m is multiplied by m − i + 1, and none falls below the one before it.
///
/// ```
/// assert_eq!(karat::stats::holm(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
/// ```
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut floor: f64 = 0.0;
    for (rank, &at) in order.iter().enumerate() {
        floor = floor.max((p_values[at] * (p_values.len() - rank) as f64).min(1.0));
        adjusted[at] = floor;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_split_says_nothing() {
        for (won, lost) in [(0, 0), (5, 5), (1, 0)] {
            assert!((mcnemar(won, lost) - 1.0).abs() < 1e-12, "{won} {lost}");
        }
        assert!((mcnemar(10, 0) - 2.0 / 1024.0).abs() < 1e-12);
        assert!((mcnemar(0, 10) - mcnemar(10, 0)).abs() < 1e-15);
    }

    #[test]
    fn adjusted_values_keep_their_order_and_stay_below_one() {
        assert_eq!(holm(&[]), [0.0; 0]);
        assert_eq!(holm(&[0.9, 0.6]), [1.0, 1.0]);
        assert_eq!(holm(&[0.5, 0.001]), [0.5, 0.002]);
    }
}
