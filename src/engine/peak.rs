//! The most multiply-adds a second that this machine's cores do in f32: what a matrix product could reach at best.
//!
//! Owns: [`peak`]. In: a number of threads. Out: operations a second. Must not: touch memory, which is what separates a product from it.

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::{Barrier, Mutex};
use std::time::Instant;

/// Steps of a burst: some milliseconds on a core of today, which is longer than threads differ in waking up.
const STEPS: usize = 1 << 19;
/// Bursts, of which the best counts: the clock of a machine rises and falls, and other processes take their share.
const BURSTS: usize = 25;
/// Values in the widest register that there is.
const MAX_LANES: usize = 16;

/// f32 operations a second of `threads` threads at once, or of as many as there are cores, a multiply-add counted as two; the best of 25 bursts of some milliseconds each.
///
/// Each step multiplies and adds in registers alone: 24 sums that do not wait for one another (12 where there are sixteen
/// registers), in the widest instructions that the engine `native` uses too. No product of matrices in these instructions is faster;
/// a burst in which a thread is interrupted counts for less, so that on a busy machine this is a lower bound.
///
/// # Panics
/// Never: the threads do arithmetic and nothing else.
pub fn peak(threads: usize) -> f64 {
    // More threads than cores would do no more, and wait for one another.
    let threads = threads.min(std::thread::available_parallelism().map_or(1, NonZeroUsize::get));
    let start = Barrier::new(threads);
    let spent = Mutex::new(vec![0.0_f64; BURSTS]);
    let operations = Mutex::new(0);
    let run = || {
        for burst in 0..BURSTS {
            start.wait();
            let begun = Instant::now();
            let (count, sum) = black_box(Burst { factor: 0.5, addend: 0.5 }).dispatch();
            let seconds = begun.elapsed().as_secs_f64();
            black_box(sum);
            let mut spent = spent.lock().expect("no thread panics while it notes a time");
            spent[burst] = spent[burst].max(seconds);
            *operations.lock().expect("no thread panics while it notes a count") = count;
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(run);
        }
        run();
    });
    let operations: u64 = operations.into_inner().expect("no thread panicked");
    let shortest = spent.into_inner().expect("no thread panicked").into_iter().fold(f64::INFINITY, f64::min);
    operations as f64 * threads as f64 / shortest
}

/// One thread's work; the values come from outside, so that nothing is known when it is compiled.
struct Burst {
    factor: f32,
    addend: f32,
}

impl SimdOp for Burst {
    /// Operations, and the sums, so that they are needed.
    type Output = (u64, f32);

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> (u64, f32) {
        if isa.f32().len() == MAX_LANES || cfg!(target_arch = "aarch64") {
            self.run::<I, 24>(isa)
        } else {
            self.run::<I, 12>(isa)
        }
    }
}

impl Burst {
    #[inline(always)]
    fn run<I: Isa, const SUMS: usize>(self, isa: I) -> (u64, f32) {
        let ops = isa.f32();
        let lanes = ops.len();
        let (factor, addend) = (ops.splat(self.factor), ops.splat(self.addend));
        // No two sums begin alike, or they would be one.
        let mut sums = [addend; SUMS];
        for (at, sum) in sums.iter_mut().enumerate() {
            *sum = ops.splat(self.addend + at as f32);
        }
        for _ in 0..STEPS {
            for sum in &mut sums {
                *sum = ops.mul_add(*sum, factor, addend);
            }
        }
        let mut values = [0.0; MAX_LANES];
        let mut all = 0.0;
        for sum in sums {
            ops.store(sum, &mut values[..lanes]);
            all += values[..lanes].iter().sum::<f32>();
        }
        ((2 * STEPS * SUMS * lanes) as u64, all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sum_is_computed() {
        // x → x/2 + 1/2 goes to 1, from wherever it starts.
        let (operations, sum) = Burst { factor: 0.5, addend: 0.5 }.dispatch();
        let sums = operations as f32 / (2 * STEPS) as f32;
        assert!((sum - sums).abs() < 1e-3, "{sum} of {sums}");
    }

    #[test]
    fn a_peak_is_a_rate() {
        let peak = peak(1);
        assert!(peak.is_finite() && peak > 1e8, "{peak}");
    }
}
