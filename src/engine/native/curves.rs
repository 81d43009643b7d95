//! 2ˣ and the exact GELU for a register of values.
//!
//! Both are a polynomial and a shift of the exponent, with no division. The coefficients are least-squares fits in f64,
//! reweighted until the largest error was level; the errors stated are of the fit, and the tests hold them after rounding.

use rten_simd::ops::{BitOps, FloatOps, IntOps, NumOps};
use rten_simd::{Isa, Simd, SimdUnaryOp};
use std::f32::consts::LN_2;

/// 2^f over -½..=½ is 1 + f · p(f), to 2e-9 of its value. Highest power first.
const EXP2: [f32; 6] = [1.535_336_2e-4, 1.339_887_4e-3, 9.618_437e-3, 5.550_332_5e-2, 0.240_226_48, LN_2];

/// log₂ Φ(-t) over 0..=6 is -1 + t · p(t), so that t · Φ(-t) is right to 9e-9. Highest power first.
const LOG2_TAIL: [f32; 8] = [
    -1.902_038_8e-6,
    2.805_662_5e-5,
    -1.314_717_4e-4,
    -2.720_793e-4,
    7.245_426e-3,
    -5.262_761_4e-2,
    -0.459_162_14,
    -1.151_111,
];

/// 2ˣ for x ≤ 0. Below -100 it is 2⁻¹⁰⁰: nothing beside 1, and yet no product with it has to do without digits, which processors are slow at.
#[inline(always)]
pub(super) fn exp2_not_positive<I: Isa>(isa: I, x: I::F32) -> I::F32 {
    /// Adding 1.5 · 2²³ rounds to a whole number, whose low bits are then the low bits of the sum.
    const ROUND: f32 = 12_582_912.0;
    /// The bits of 1.0: an exponent of zero.
    const ONE: i32 = 0x3F80_0000;
    let (ops, ints) = (isa.f32(), isa.i32());
    let x = ops.max(x, ops.splat(-100.0));
    let rounded = ops.add(x, ops.splat(ROUND));
    let fraction = ops.sub(x, ops.sub(rounded, ops.splat(ROUND)));
    let power = ops.mul_add(horner(isa, fraction, &EXP2), fraction, ops.one());
    let exponent: I::I32 = rounded.reinterpret_cast();
    let scale = ints.add(ints.shift_left::<23>(exponent), ints.splat(ONE));
    ops.mul(power, scale.reinterpret_cast())
}

#[inline(always)]
fn horner<I: Isa>(isa: I, x: I::F32, coefficients: &[f32]) -> I::F32 {
    let ops = isa.f32();
    let mut sum = ops.splat(coefficients[0]);
    for &coefficient in &coefficients[1..] {
        sum = ops.mul_add(sum, x, ops.splat(coefficient));
    }
    sum
}

/// x · Φ(x), where Φ is the cumulative distribution of the standard normal: the GELU by the error function.
pub(super) struct ExactGelu;

impl SimdUnaryOp<f32> for ExactGelu {
    // Φ(x) = 1 - Φ(-x), so that x · Φ(x) = max(x, 0) - |x| · Φ(-|x|), and the tail Φ(-|x|) has one smooth logarithm.
    #[inline(always)]
    fn eval<I: Isa>(&self, isa: I, x: I::F32) -> I::F32 {
        let ops = isa.f32();
        let t = ops.abs(x);
        let near = ops.min(t, ops.splat(6.0));
        let log2_tail = ops.mul_add(horner(isa, near, &LOG2_TAIL), near, ops.splat(-1.0));
        let tail = exp2_not_positive(isa, log2_tail);
        ops.mul_sub_from(t, tail, ops.max(x, ops.zero()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Exp2;

    impl SimdUnaryOp<f32> for Exp2 {
        #[inline(always)]
        fn eval<I: Isa>(&self, isa: I, x: I::F32) -> I::F32 {
            exp2_not_positive(isa, x)
        }
    }

    #[test]
    fn powers_of_two_are_right_to_the_last_digits() {
        let x: Vec<f32> = (0..=100_000).map(|i| -(i as f32) / 1000.0).collect();
        let mut powers = x.clone();
        Exp2.map_mut(&mut powers);
        for (x, power) in x.iter().zip(&powers) {
            let exact = f64::from(*x).exp2();
            assert!((f64::from(*power) / exact - 1.0).abs() < 1.2e-7, "2^{x}: {power}");
        }
        let mut ends = [0.0, -1.0, -100.0, -1e9, f32::NEG_INFINITY];
        Exp2.map_mut(&mut ends);
        let smallest = 2.0_f32.powi(-100);
        assert_eq!(ends.map(f32::to_bits), [1.0, 0.5, smallest, smallest, smallest].map(f32::to_bits));
    }

    #[test]
    fn gelu_is_the_one_by_the_error_function() {
        // Φ by Simpson's rule from 0 outwards, 1/512 a step.
        let density = |x: f64| (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
        let (step, mut cumulative) = (1.0 / 512.0, 0.5);
        for i in 0..9 * 512 {
            let x = f64::from(i) * step;
            for x in [x, -x] {
                let exact = x * if x < 0.0 { 1.0 - cumulative } else { cumulative };
                let gelu = f64::from(ExactGelu.scalar_eval(x as f32));
                assert!((gelu - exact).abs() < 6e-8 + exact.abs() * 1.2e-7, "gelu({x}): {gelu}, not {exact}");
            }
            cumulative += (density(x) + 4.0 * density(x + step / 2.0) + density(x + step)) * step / 6.0;
        }
        assert_eq!(ExactGelu.scalar_eval(1e30).to_bits(), 1e30_f32.to_bits());
        assert!(ExactGelu.scalar_eval(-1e4).abs() < 1e-4);
    }
}
