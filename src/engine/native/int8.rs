//! Dense layers in whole numbers of 8 bits.
//!
//! A layer's weights are rounded once, to -127..=127 times a step of their own for each output. Each row of input is rounded
//! when it comes, to 0..=255 times a step above the row's smallest value, so that a row depends on no other one. Products of
//! the two are summed exactly, in 32 bits; what is rounded beside the inputs is only what f32 rounds anyway.

use super::aligned::sized;
use super::linear::{Then, With};
use super::product::{Finish, Keep, Out, Panels, Product, Rows};
use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_simd::ops::{BitOps, FloatOps, NarrowSaturate, NumOps, ToFloat};
use rten_simd::{Isa, SimdOp};
use rten_tensor::Matrix;
use std::cell::RefCell;

/// Rows that are rounded, multiplied and finished together: what one step writes is then near when the next one reads it.
const ROWS: usize = 128;
/// Inputs whose products an f32 can sum exactly: 512 · 255 · 127 < 2²⁴.
const EXACT: usize = 512;
/// Values in the widest register that there is.
const MAX_LANES: usize = 16;

/// Weights in whole numbers.
pub(super) struct Int8 {
    weights: Weights,
    /// `[outputs]`, and zeros up to a whole register: what a step of a weight is worth.
    steps: Vec<f32>,
    /// As `steps`: the sum of an output's weights, as rounded.
    totals: Vec<f32>,
    inputs: usize,
    outputs: usize,
}

/// The same sums, in whole numbers of 8 bits where the processor sums those exactly, or else in f32.
enum Weights {
    Bytes(PackedBMatrix<i8>),
    /// The inputs in parts of which each is summed exactly.
    Floats(Vec<Panels>),
}

/// What a thread needs while it multiplies. It grows to the widest layer and is used again.
#[derive(Default)]
struct Scratch {
    /// It cannot be shared between threads, and is the same for all of them.
    kernel: GemmExecutor<u8, i8, i32>,
    /// `[rows, inputs]`.
    bytes: Vec<u8>,
    /// `[rows]`: a row's smallest value, and what a step above it is worth.
    scales: Vec<(f32, f32)>,
    /// `[rows, outputs]`.
    sums: Vec<i32>,
    floats: Floats,
}

/// The bytes, and the sums of a part, where they are summed in f32.
type Floats = (Vec<f32>, Vec<f32>);

impl Int8 {
    /// From row-major weights `[outputs, inputs]`.
    pub(super) fn new(weights: &[f32], outputs: usize) -> Self {
        let kernel = GemmExecutor::<u8, i8, i32>::new();
        // Without the instructions for it, the crate sums pairs of products in 16 bits, where large ones are cut off.
        if kernel.may_saturate() {
            Self::of_floats(weights, outputs)
        } else {
            Self::of_bytes(&kernel, weights, outputs)
        }
    }

    fn of_bytes(kernel: &GemmExecutor<u8, i8, i32>, weights: &[f32], outputs: usize) -> Self {
        Self::rounded(weights, outputs, |bytes, inputs| {
            let transposed = Matrix::from_slice_with_strides([inputs, outputs], bytes, [1, inputs]);
            Weights::Bytes(kernel.prepack_b(transposed.expect("weights are [outputs, inputs]")))
        })
    }

    fn of_floats(weights: &[f32], outputs: usize) -> Self {
        Self::rounded(weights, outputs, |bytes, inputs| {
            let floats: Vec<f32> = bytes.iter().map(|&byte| f32::from(byte)).collect();
            let part = |first: usize| {
                let mut panels = Panels::default();
                panels.pack_columns(&floats[first..], inputs, (EXACT.min(inputs - first), outputs));
                panels
            };
            Weights::Floats((0..inputs).step_by(EXACT).map(part).collect())
        })
    }

    fn rounded(weights: &[f32], outputs: usize, pack: impl FnOnce(&[i8], usize) -> Weights) -> Self {
        let inputs = weights.len() / outputs;
        let (mut bytes, mut steps, mut totals) = (Vec::with_capacity(weights.len()), Vec::new(), Vec::new());
        for row in weights.chunks_exact(inputs) {
            let largest = row.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
            let step = largest / 127.0;
            let to_steps = if step > 0.0 { 1.0 / step } else { 0.0 };
            let from = bytes.len();
            bytes.extend(row.iter().map(|weight| (weight * to_steps).round_ties_even().clamp(-127.0, 127.0) as i8));
            let total: i32 = bytes[from..].iter().map(|&byte| i32::from(byte)).sum();
            steps.push(step);
            totals.push(total as f32 * step);
        }
        steps.resize(outputs.next_multiple_of(MAX_LANES), 0.0);
        totals.resize(outputs.next_multiple_of(MAX_LANES), 0.0);
        Self { weights: pack(&bytes, inputs), steps, totals, inputs, outputs }
    }

    /// Width of a row of input.
    pub(super) fn inputs(&self) -> usize {
        self.inputs
    }

    /// Width of a row of output.
    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Multiplies the rows of `x` (`[rows, inputs]`) and writes what becomes of them to `out` (`[rows, outputs]`).
    pub(super) fn run<W: With>(&self, x: &[f32], out: &mut [f32], finish: Then<'_, W>) {
        thread_local!(static SCRATCH: RefCell<Scratch> = RefCell::default());
        SCRATCH.with_borrow_mut(|scratch| {
            for (x, out) in x.chunks(ROWS * self.inputs).zip(out.chunks_mut(ROWS * self.outputs)) {
                let Scratch { kernel, bytes, scales, sums, floats } = scratch;
                let (bytes, sums) = (sized(bytes, x.len()), sized(sums, out.len()));
                let scales = sized(scales, x.len() / self.inputs);
                Round { x, width: self.inputs, bytes, scales }.dispatch();
                match &self.weights {
                    Weights::Bytes(packed) => self.sum_bytes(packed, kernel, bytes, sums),
                    Weights::Floats(parts) => self.sum_floats(parts, floats, bytes, sums),
                }
                Worth { of: self, sums, scales, out, finish }.dispatch();
            }
        });
    }

    fn sum_bytes(
        &self,
        packed: &PackedBMatrix<i8>,
        kernel: &GemmExecutor<u8, i8, i32>,
        bytes: &[u8],
        sums: &mut [i32],
    ) {
        let left = GemmInputA::Unpacked(Matrix::from_data([bytes.len() / self.inputs, self.inputs], bytes));
        kernel
            .gemm(sums, left, GemmInputB::Packed(packed), GemmOptions::default())
            .expect("the sizes of a layer's buffers come from its weights");
    }

    fn sum_floats(&self, parts: &[Panels], (left, products): &mut Floats, bytes: &[u8], sums: &mut [i32]) {
        left.clear();
        left.extend(bytes.iter().map(|&byte| f32::from(byte)));
        let products = sized(products, sums.len());
        sums.fill(0);
        for (panels, first) in parts.iter().zip((0..).step_by(EXACT)) {
            let left = Rows { values: &left[first..], stride: self.inputs, count: bytes.len() / self.inputs };
            let out = Out { values: &mut *products, stride: self.outputs };
            Product { left, right: panels, out, finish: Keep }.dispatch();
            sums.iter_mut().zip(&*products).for_each(|(sum, &product)| *sum += product as i32);
        }
    }
}

/// Rounds rows to whole numbers.
struct Round<'a> {
    /// `[rows, width]`.
    x: &'a [f32],
    width: usize,
    bytes: &'a mut [u8],
    /// `[rows]`.
    scales: &'a mut [(f32, f32)],
}

impl SimdOp for Round<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let rows = self.x.chunks_exact(self.width).zip(self.bytes.chunks_exact_mut(self.width));
        for ((row, bytes), scale) in rows.zip(self.scales) {
            let (low, high) = ends(isa, row);
            let step = (high - low) / 255.0;
            round(isa, row, (low, if step > 0.0 { 1.0 / step } else { 0.0 }), bytes);
            *scale = (low, step);
        }
    }
}

/// The smallest and the largest value of a row.
#[inline(always)]
fn ends<I: Isa>(isa: I, row: &[f32]) -> (f32, f32) {
    let ops = isa.f32();
    let (mut low, mut high) = (ops.splat(f32::INFINITY), ops.splat(f32::NEG_INFINITY));
    let mut chunks = row.chunks_exact(ops.len());
    for chunk in &mut chunks {
        let x = ops.load(chunk);
        (low, high) = (ops.min(low, x), ops.max(high, x));
    }
    let mut whole = [[f32::INFINITY; MAX_LANES], [f32::NEG_INFINITY; MAX_LANES]];
    ops.store(low, &mut whole[0][..ops.len()]);
    ops.store(high, &mut whole[1][..ops.len()]);
    let with_rest = |lanes: [f32; MAX_LANES]| lanes.into_iter().chain(chunks.remainder().iter().copied());
    (with_rest(whole[0]).fold(f32::INFINITY, f32::min), with_rest(whole[1]).fold(f32::NEG_INFINITY, f32::max))
}

/// How many steps each value of a row stands above the lowest one.
#[inline(always)]
fn round<I: Isa>(isa: I, row: &[f32], (low, to_steps): (f32, f32), bytes: &mut [u8]) {
    let (ops, ints, shorts) = (isa.f32(), isa.i32(), isa.i16());
    let lanes = ops.len();
    let (lows, slope) = (ops.splat(low), ops.splat(to_steps));
    let (mut chunks, mut out) = (row.chunks_exact(4 * lanes), bytes.chunks_exact_mut(4 * lanes));
    for (chunk, out) in (&mut chunks).zip(&mut out) {
        let values: [I::F32; 4] = ops.load_many(chunk);
        let whole = values.map(|x| ops.to_int_round(ops.mul(ops.sub(x, lows), slope)));
        let halves = [ints.narrow_saturate(whole[0], whole[1]), ints.narrow_saturate(whole[2], whole[3])];
        isa.u8().store(shorts.narrow_saturate(halves[0], halves[1]), out);
    }
    for (x, byte) in chunks.remainder().iter().zip(out.into_remainder()) {
        *byte = ((x - low) * to_steps).round_ties_even() as u8;
    }
}

/// From whole sums to what they are worth, and to what becomes of them.
struct Worth<'a, W> {
    of: &'a Int8,
    /// `[rows, outputs]`.
    sums: &'a [i32],
    /// `[rows]`.
    scales: &'a [(f32, f32)],
    /// `[rows, outputs]`.
    out: &'a mut [f32],
    finish: Then<'a, W>,
}

impl<W: With> SimdOp for Worth<'_, W> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let (ops, ints) = (isa.f32(), isa.i32());
        let (lanes, outputs) = (ops.len(), self.of.outputs);
        let rows = self.sums.chunks_exact(outputs).zip(self.out.chunks_exact_mut(outputs));
        for (row, ((sums, out), &(low, step))) in rows.zip(self.scales).enumerate() {
            let (low, step) = (ops.splat(low), ops.splat(step));
            for (column, (sums, out)) in (0..).step_by(lanes).zip(sums.chunks(lanes).zip(out.chunks_mut(lanes))) {
                let sums = if sums.len() == lanes { ints.load(sums) } else { ints.load_pad(sums).0 };
                let steps = ops.mul(step, ops.load(&self.of.steps[column..]));
                let lows = ops.mul(low, ops.load(&self.of.totals[column..]));
                let worth = ops.mul_add(ints.to_float(sums), steps, lows);
                if out.len() == lanes {
                    self.finish.finish(isa, worth, (row, column), out);
                } else {
                    let mut whole = [0.0; MAX_LANES];
                    whole[..out.len()].copy_from_slice(out);
                    self.finish.finish(isa, worth, (row, column), &mut whole[..lanes]);
                    out.copy_from_slice(&whole[..out.len()]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::native::linear::Biased;

    /// Numbers that are neither small nor even, with the largest that there are among them.
    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 500.0 - 2.0).collect()
    }

    fn run(layer: &Int8, x: &[f32], bias: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len() / layer.inputs * layer.outputs];
        layer.run(x, &mut out, Then { bias, with: Biased });
        out
    }

    #[test]
    fn layers_are_right_to_their_steps_and_the_same_however_they_are_summed() {
        for (rows, inputs, outputs) in [(1, 5, 3), (9, 32, 48), (70, 600, 37), (3, 1536, 64)] {
            let (x, weights) = (numbers(rows * inputs, 1), numbers(outputs * inputs, 2));
            let mut bias = numbers(outputs, 3);
            bias.resize(outputs.next_multiple_of(MAX_LANES), 0.0);
            let floats = run(&Int8::of_floats(&weights, outputs), &x, &bias);
            assert_eq!(run(&Int8::new(&weights, outputs), &x, &bias), floats, "{rows}x{inputs}x{outputs}");
            // Half a step of the input times all weights, and half a step of the weights times all input.
            let bound = inputs as f32 * (0.5 * 4.0 / 255.0 * 2.0 + 0.5 * 2.0 / 127.0 * 2.0);
            let mut worst: f32 = 0.0;
            for (row, out) in x.chunks(inputs).zip(floats.chunks(outputs)) {
                for ((weights, out), bias) in weights.chunks(inputs).zip(out).zip(&bias) {
                    let exact = row.iter().zip(weights).map(|(x, w)| f64::from(*x) * f64::from(*w)).sum::<f64>();
                    worst = worst.max((f64::from(*out) - exact - f64::from(*bias)).abs() as f32);
                }
            }
            assert!(worst < bound / 4.0, "{rows}x{inputs}x{outputs}: {worst}, at most {bound}");
        }
    }

    #[test]
    fn largest_numbers_are_summed_without_being_cut_off() {
        let (x, weights) = ([vec![1.0; 1023], vec![0.0]].concat(), vec![-1.0; 1024]);
        let bias = [0.0; MAX_LANES];
        for layer in [Int8::new(&weights, 1), Int8::of_floats(&weights, 1)] {
            let out = run(&layer, &x, &bias)[0];
            assert!((out + 1023.0).abs() < 0.01, "{out}");
        }
    }

    #[test]
    fn rows_and_weights_of_one_value_have_no_step_to_divide_by() {
        let bias = [0.5; MAX_LANES];
        assert_eq!(run(&Int8::new(&[0.0; 8], 2), &[3.0; 4], &bias), [0.5; 2]);
        let out = run(&Int8::new(&[1.0; 8], 2), &[3.0; 4], &bias);
        assert!(out.iter().all(|out| (out - 12.5).abs() < 1e-5), "{out:?}");
    }
}
