//! Softmax over the rows of a block of scores.

use super::curves::exp2_not_positive;
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};
use std::f32::consts::LOG2_E;

/// Partial results of a row: as many as the widest register holds.
const LANES: usize = 16;

/// Replaces each row of scores by `exp(scale · (score - largest))` and keeps one over their sum: the caller multiplies
/// what it adds up from the row by it, which is less work than multiplying every weight.
pub(super) struct Softmax<'a> {
    /// `[rows, stride]`, of which `width` are scores.
    pub(super) scores: &'a mut [f32],
    pub(super) stride: usize,
    pub(super) width: usize,
    pub(super) scale: f32,
    /// `[rows]`.
    pub(super) inverse_sums: &'a mut [f32],
}

impl SimdOp for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let ops = isa.f32();
        let lanes = ops.len();
        let slope = ops.splat(self.scale * LOG2_E);
        for (row, inverse_sum) in self.scores.chunks_exact_mut(self.stride).zip(self.inverse_sums) {
            let row = &mut row[..self.width];
            let largest = ops.splat(largest(isa, row));
            let mut sum = ops.zero();
            let mut chunks = row.chunks_exact_mut(lanes);
            for chunk in &mut chunks {
                let weights = exp2_not_positive(isa, ops.mul(ops.sub(ops.load(chunk), largest), slope));
                sum = ops.add(sum, weights);
                ops.store(weights, chunk);
            }
            let rest = chunks.into_remainder();
            if !rest.is_empty() {
                let (scores, there) = ops.load_pad(rest);
                let weights = exp2_not_positive(isa, ops.mul(ops.sub(scores, largest), slope));
                let weights = ops.select(weights, ops.zero(), there);
                sum = ops.add(sum, weights);
                let mut whole = [0.0; LANES];
                ops.store(weights, &mut whole[..lanes]);
                rest.copy_from_slice(&whole[..rest.len()]);
            }
            *inverse_sum = 1.0 / ops.sum(sum);
        }
    }
}

/// The largest of some numbers.
#[inline(always)]
fn largest<I: Isa>(isa: I, row: &[f32]) -> f32 {
    let ops = isa.f32();
    let mut largest = [ops.splat(f32::NEG_INFINITY); 4];
    let mut chunks = row.chunks_exact(4 * ops.len());
    for chunk in &mut chunks {
        let x: [I::F32; 4] = ops.load_many(chunk);
        for (largest, x) in largest.iter_mut().zip(x) {
            *largest = ops.max(*largest, x);
        }
    }
    let [a, b, c, d] = largest;
    let mut lanes = [f32::NEG_INFINITY; LANES];
    ops.store(ops.max(ops.max(a, b), ops.max(c, d)), &mut lanes[..ops.len()]);
    lanes.iter().chain(chunks.remainder()).fold(f32::NEG_INFINITY, |a, &b| if a > b { a } else { b })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_to_one_in_the_right_proportions() {
        for width in [1, 3, 16, 37, 64] {
            let scores: Vec<f32> = (0..2 * width).map(|i| (i * 29 % 31) as f32 - 40.0).collect();
            let (mut weights, mut inverse_sums) = (scores.clone(), [0.0; 2]);
            let softmax =
                Softmax { scores: &mut weights, stride: width, width, scale: 0.3, inverse_sums: &mut inverse_sums };
            softmax.dispatch();
            for ((scores, weights), inverse) in scores.chunks(width).zip(weights.chunks(width)).zip(inverse_sums) {
                let exact: Vec<f64> = scores.iter().map(|&score| (0.3 * f64::from(score)).exp()).collect();
                let sum: f64 = exact.iter().sum();
                for (weight, exact) in weights.iter().zip(&exact) {
                    assert!((f64::from(weight * inverse) - exact / sum).abs() < 3e-7, "width {width}");
                }
            }
        }
    }
}
