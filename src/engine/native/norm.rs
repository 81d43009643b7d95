//! Layer normalisation.

use rten_simd::{Isa, SimdOp};

/// Partial sums of a row: as many as fill a register of the widest instruction set, so that sums are vectorised and
/// their order is the same on every machine.
const LANES: usize = 16;

/// `(x - mean) / sqrt(variance + eps) · weight + bias` over each row.
pub(super) struct LayerNorm {
    weight: Vec<f32>,
    bias: Vec<f32>,
    eps: f32,
}

impl LayerNorm {
    /// From its vectors, `[width]` each.
    pub(super) fn new(weight: Vec<f32>, bias: Vec<f32>, eps: f32) -> Self {
        Self { weight, bias, eps }
    }

    /// Normalises the rows of `x` in place.
    pub(super) fn run(&self, x: &mut [f32]) {
        Normalise { norm: self, x }.dispatch();
    }
}

struct Normalise<'a> {
    norm: &'a LayerNorm,
    x: &'a mut [f32],
}

impl SimdOp for Normalise<'_> {
    type Output = ();

    // The loops are plain Rust: `eval` is compiled once for each instruction set, and vectorised by the compiler there.
    #[inline(always)]
    fn eval<I: Isa>(self, _: I) {
        let width = self.norm.weight.len();
        for row in self.x.chunks_exact_mut(width) {
            normalise(self.norm, row);
        }
    }
}

#[inline(always)]
fn normalise(norm: &LayerNorm, row: &mut [f32]) {
    let width = row.len() as f32;
    let mean = sum(row, |x| x) / width;
    let variance = sum(row, |x| (x - mean) * (x - mean)) / width;
    let scale = 1.0 / (variance + norm.eps).sqrt();
    for ((x, weight), bias) in row.iter_mut().zip(&norm.weight).zip(&norm.bias) {
        *x = (*x - mean) * scale * weight + bias;
    }
}

#[inline(always)]
fn sum(row: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let (whole, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in whole {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += term(x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane += term(x);
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_the_mean_and_scale_that_the_layer_gives_them() {
        let width = 37;
        let norm = LayerNorm { weight: vec![2.0; width], bias: vec![0.5; width], eps: 0.0 };
        let mut x: Vec<f32> = (0..2 * width).map(|i| (i * i % 23) as f32).collect();
        norm.run(&mut x);
        for row in x.chunks(width) {
            let mean = row.iter().sum::<f32>() / width as f32;
            let variance = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / width as f32;
            assert!((mean - 0.5).abs() < 1e-5 && (variance - 4.0).abs() < 1e-4, "{mean} {variance}");
        }
    }
}
