//! A dense layer over any number of rows.

use super::aligned::LINE;
use super::curves::ExactGelu;
use super::int8::Int8;
use super::product::{Finish, Out, Panels, Product, Rows};
use crate::engine::config::Activation;
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_vecmath::{ApproxGelu, Tanh};

/// `x · Wᵀ + b`, with the weights packed once.
pub(super) struct Linear {
    weights: Weights,
    /// `[outputs]`, and zeros up to a whole register.
    bias: Vec<f32>,
}

/// `[inputs, outputs]`.
enum Weights {
    F32(Panels),
    Int8(Int8),
}

impl Linear {
    /// From row-major weights `[outputs, inputs]`, as checkpoints store them, and a bias `[outputs]`.
    pub(super) fn new(weights: &[f32], bias: Vec<f32>) -> Self {
        let outputs = bias.len();
        let inputs = weights.len() / outputs;
        let mut panels = Panels::default();
        panels.pack_columns(weights, inputs, (inputs, outputs));
        Self { weights: Weights::F32(panels), bias: padded(bias) }
    }

    /// As `new`, with weights and inputs rounded to 8 bits.
    pub(super) fn int8(weights: &[f32], bias: Vec<f32>) -> Self {
        Self { weights: Weights::Int8(Int8::new(weights, bias.len())), bias: padded(bias) }
    }

    /// Width of a row of input.
    pub(super) fn inputs(&self) -> usize {
        match &self.weights {
            Weights::F32(panels) => panels.depth(),
            Weights::Int8(layer) => layer.inputs(),
        }
    }

    /// Width of a row of output.
    pub(super) fn outputs(&self) -> usize {
        match &self.weights {
            Weights::F32(panels) => panels.columns(),
            Weights::Int8(layer) => layer.outputs(),
        }
    }

    /// Additions and multiplications for a row.
    pub(super) fn operations(&self) -> u64 {
        2 * (self.inputs() * self.outputs()) as u64
    }

    /// Writes `x · Wᵀ + b` for the rows of `x` (`[rows, inputs]`) to `out` (`[rows, outputs]`).
    pub(super) fn run(&self, x: &[f32], out: &mut [f32]) {
        self.product(x, out, Then { bias: &self.bias, with: Biased });
    }

    /// Writes `activation(x · Wᵀ + b)` to `out`.
    pub(super) fn run_activated(&self, x: &[f32], out: &mut [f32], activation: Activation) {
        let bias = &self.bias[..];
        match activation {
            Activation::Gelu => self.product(x, out, Then { bias, with: Activate(&ExactGelu) }),
            Activation::GeluTanh => self.product(x, out, Then { bias, with: Activate(&ApproxGelu {}) }),
            Activation::Relu => self.product(x, out, Then { bias, with: Activate(&Relu) }),
            Activation::Tanh => self.product(x, out, Then { bias, with: Activate(&Tanh {}) }),
        }
    }

    /// Multiplies `out` by `x · Wᵀ + b`.
    pub(super) fn run_multiplied(&self, x: &[f32], out: &mut [f32]) {
        self.product(x, out, Then { bias: &self.bias, with: Multiply });
    }

    /// Adds `x · Wᵀ + b` to `out`.
    pub(super) fn run_added(&self, x: &[f32], out: &mut [f32]) {
        self.product(x, out, Then { bias: &self.bias, with: Add });
    }

    fn product<W: With>(&self, x: &[f32], out: &mut [f32], finish: Then<'_, W>) {
        let (inputs, outputs) = (self.inputs(), self.outputs());
        debug_assert_eq!(x.len() / inputs, out.len() / outputs);
        match &self.weights {
            Weights::F32(right) => {
                let left = Rows { values: x, stride: inputs, count: x.len() / inputs };
                Product { left, right, out: Out { values: out, stride: outputs }, finish }.dispatch();
            }
            Weights::Int8(layer) => layer.run(x, out, finish),
        }
    }
}

/// A bias with zeros up to a whole register.
fn padded(mut bias: Vec<f32>) -> Vec<f32> {
    bias.resize(bias.len().next_multiple_of(LINE), 0.0);
    bias
}

/// Adds the bias to a sum, then does something with it.
#[derive(Clone, Copy)]
pub(super) struct Then<'a, W> {
    /// `[outputs]`, up to a whole register.
    pub(super) bias: &'a [f32],
    pub(super) with: W,
}

/// What is written for a biased sum, given what was there.
pub(super) trait With: Copy {
    /// What becomes of a register of sums, where `before` was.
    fn with<I: Isa>(self, isa: I, sums: I::F32, before: &[f32]) -> I::F32;
}

impl<W: With> Finish for Then<'_, W> {
    #[inline(always)]
    fn finish<I: Isa>(self, isa: I, sums: I::F32, (_, column): (usize, usize), out: &mut [f32]) {
        let ops = isa.f32();
        let sums = ops.add(sums, ops.load(&self.bias[column..]));
        ops.store(self.with.with(isa, sums, out), out);
    }
}

/// Nothing more.
#[derive(Clone, Copy)]
pub(super) struct Biased;

impl With for Biased {
    #[inline(always)]
    fn with<I: Isa>(self, _: I, sums: I::F32, _: &[f32]) -> I::F32 {
        sums
    }
}

#[derive(Clone, Copy)]
struct Add;

impl With for Add {
    #[inline(always)]
    fn with<I: Isa>(self, isa: I, sums: I::F32, before: &[f32]) -> I::F32 {
        let ops = isa.f32();
        ops.add(sums, ops.load(before))
    }
}

#[derive(Clone, Copy)]
struct Multiply;

impl With for Multiply {
    #[inline(always)]
    fn with<I: Isa>(self, isa: I, sums: I::F32, before: &[f32]) -> I::F32 {
        let ops = isa.f32();
        ops.mul(sums, ops.load(before))
    }
}

struct Activate<'a, A>(&'a A);

impl<A> Clone for Activate<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Activate<'_, A> {}

impl<A: SimdUnaryOp<f32>> With for Activate<'_, A> {
    #[inline(always)]
    fn with<I: Isa>(self, isa: I, sums: I::F32, _: &[f32]) -> I::F32 {
        self.0.eval(isa, sums)
    }
}

/// max(x, 0).
struct Relu;

impl SimdUnaryOp<f32> for Relu {
    #[inline(always)]
    fn eval<I: Isa>(&self, isa: I, x: I::F32) -> I::F32 {
        let ops = isa.f32();
        ops.max(x, ops.zero())
    }
}
