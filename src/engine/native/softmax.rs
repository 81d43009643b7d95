//! Softmax over the rows of a block of scores.

use super::curves::exp2_not_positive;
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};
use std::f32::consts::LOG2_E;

/// Values in the widest register that there is.
const LANES: usize = 16;

/// Replaces each row of scores by `exp(scale · (score - largest))` and keeps one over their sum: the caller multiplies
/// what it adds up from the row by it, which is less work than multiplying every weight.
pub(super) struct Softmax<'a> {
    /// `[rows, stride]`, of which `width` are scores; what lies behind them, up to a whole register, may be written to.
    pub(super) scores: &'a mut [f32],
    /// At least `width`, and whole registers.
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
        let slope = ops.splat(self.scale * LOG2_E);
        // The largest score of every row comes before the first weight: a row's is known only after a chain of steps, during
        // which the processor is then at the next rows.
        for (row, largest_score) in self.scores.chunks_exact(self.stride).zip(&mut *self.inverse_sums) {
            *largest_score = largest(isa, row, self.width);
        }
        let (whole, rest) = (self.width / ops.len() * ops.len(), self.width % ops.len());
        let there = ops.first_n_mask(rest);
        for (row, inverse_sum) in self.scores.chunks_exact_mut(self.stride).zip(self.inverse_sums) {
            let largest = ops.splat(*inverse_sum);
            let mut sum = ops.zero();
            let (scores, last) = row.split_at_mut(whole);
            for scores in scores.chunks_exact_mut(ops.len()) {
                let weights = exp2_not_positive(isa, ops.mul(ops.sub(ops.load(scores), largest), slope));
                sum = ops.add(sum, weights);
                ops.store(weights, scores);
            }
            if rest > 0 {
                let weights = exp2_not_positive(isa, ops.mul(ops.sub(ops.load(last), largest), slope));
                let weights = ops.select(weights, ops.zero(), there);
                sum = ops.add(sum, weights);
                ops.store(weights, last);
            }
            *inverse_sum = 1.0 / ops.sum(sum);
        }
    }
}

/// The largest of the first `width` numbers of a row.
#[inline(always)]
fn largest<I: Isa>(isa: I, row: &[f32], width: usize) -> f32 {
    let ops = isa.f32();
    let nothing = ops.splat(f32::NEG_INFINITY);
    let (whole, rest) = (width / ops.len() * ops.len(), width % ops.len());
    let mut largest = [nothing; 4];
    let mut chunks = row[..whole].chunks_exact(4 * ops.len());
    for chunk in &mut chunks {
        let x: [I::F32; 4] = ops.load_many(chunk);
        for (largest, x) in largest.iter_mut().zip(x) {
            *largest = ops.max(*largest, x);
        }
    }
    for (largest, chunk) in largest.iter_mut().zip(chunks.remainder().chunks_exact(ops.len())) {
        *largest = ops.max(*largest, ops.load(chunk));
    }
    if rest > 0 {
        let there = ops.first_n_mask(rest);
        largest[3] = ops.max(largest[3], ops.select(ops.load(&row[whole..]), nothing, there));
    }
    let [a, b, c, d] = largest;
    let mut lanes = [f32::NEG_INFINITY; LANES];
    ops.store(ops.max(ops.max(a, b), ops.max(c, d)), &mut lanes[..ops.len()]);
    // Halves of halves: a chain of four steps in place of one of sixteen.
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            lanes[lane] = lanes[lane].max(lanes[lane + half]);
        }
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_to_one_in_the_right_proportions() {
        for width in [1_usize, 3, 16, 37, 64, 150] {
            let stride = width.next_multiple_of(LANES);
            // What lies behind the scores is larger than they are, and is not to count.
            let score = |i| if i % stride < width { (i * 29 % 31) as f32 - 40.0 } else { 1e9 };
            let scores: Vec<f32> = (0..2 * stride).map(score).collect();
            let (mut weights, mut inverse_sums) = (scores.clone(), [0.0; 2]);
            Softmax { scores: &mut weights, stride, width, scale: 0.3, inverse_sums: &mut inverse_sums }.dispatch();
            for ((scores, weights), inverse) in scores.chunks(stride).zip(weights.chunks(stride)).zip(inverse_sums) {
                let scores = &scores[..width];
                let exact: Vec<f64> = scores.iter().map(|&score| (0.3 * f64::from(score)).exp()).collect();
                let sum: f64 = exact.iter().sum();
                for (weight, exact) in weights.iter().zip(&exact) {
                    assert!((f64::from(weight * inverse) - exact / sum).abs() < 3e-7, "width {width}");
                }
            }
        }
    }
}
