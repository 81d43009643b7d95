//! Throughput and latency of what is scored.
//!
//! Owns: which settings are tried ([`Sweep`]), a pass over a workload and its phases, when passes are enough ([`measure`]), and the proof that
//! every timed pass returned what was scored. In: workloads, a sweep, limits. Out: [`Bench`], with every pass and every latency.
//! Must not: print, render, write anything but predictions into a temporary folder.

mod accuracy;
mod latency;
mod memory;
mod pass;
mod rounds;
mod rows;
mod sweep;
mod trial;

pub use accuracy::{Accuracy, Against, Scoring, Value};
pub use latency::Latency;
pub use pass::Pass;
pub use rounds::{Bench, Limits, MachinePeak, Measured, Stopped, measure};
pub use rows::Rows;
pub use sweep::{NotRun, Setting, Sweep};
pub use trial::{BenchError, Trial, Work, alone, trials};
