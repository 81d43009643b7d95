//! Quantiles of a sample.

/// The quantile at `level` in 0..=1 by linear interpolation between order statistics (numpy's default method, Hyndman
/// and Fan's definition 7); None where there is no value. Reorders `values`, which must hold no NaN.
///
/// ```
/// let mut values = [4.0, 1.0, 3.0, 2.0];
/// assert_eq!(karat::stats::quantile(&mut values, 0.5), Some(2.5));
/// assert_eq!(karat::stats::quantile(&mut values, 0.0), Some(1.0));
/// assert_eq!(karat::stats::quantile(&mut [], 0.5), None);
/// ```
pub fn quantile(values: &mut [f64], level: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let place = level.clamp(0.0, 1.0) * last as f64;
    let below = (place.floor() as usize).min(last);
    let weight = place - below as f64;
    let (_, &mut low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let Some(high) = above.iter().copied().min_by(f64::total_cmp) else { return Some(low) };
    // The nearer end is the anchor, so that the result never leaves the two values.
    Some(if weight < 0.5 { low + (high - low) * weight } else { high - (high - low) * (1.0 - weight) })
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn the_ends_are_the_smallest_and_the_largest_value() {
        let mut values = [0.3, -1.0, 7.0];
        assert_eq!(quantile(&mut values, 0.0), Some(-1.0));
        assert_eq!(quantile(&mut values, 1.0), Some(7.0));
        assert_eq!(quantile(&mut [2.5], 0.975), Some(2.5));
    }

    #[test]
    fn levels_between_are_interpolated() {
        let mut values: Vec<f64> = (0..=10_000).rev().map(f64::from).collect();
        assert_eq!(quantile(&mut values, 0.025), Some(250.0));
        assert_eq!(quantile(&mut values, 0.975), Some(9750.0));
        assert_eq!(quantile(&mut [0.0, 10.0], 0.25), Some(2.5));
    }
}
