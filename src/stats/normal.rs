//! The standard normal distribution.

use statrs::function::erf::{erfc, erfc_inv};
use std::f64::consts::SQRT_2;

/// The share of the distribution below `z`, in 0..=1.
pub(super) fn from_quantile(z: f64) -> f64 {
    0.5 * erfc(-z / SQRT_2)
}

/// The value that a share `level` of the distribution is below, for levels in 0..1.
pub(super) fn to_quantile(level: f64) -> f64 {
    -SQRT_2 * erfc_inv(2.0 * level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_quantiles() {
        assert!((to_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-9);
        assert!((to_quantile(0.8) - 0.841_621_233_572_914_3).abs() < 1e-9);
        assert!((from_quantile(-1.959_963_984_540_054) - 0.025).abs() < 1e-10);
        assert!(to_quantile(0.5).abs() < 1e-12);
    }
}
