//! Tests across module boundaries: one binary, so that the library is linked once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cli;
mod engine;
mod exchange;
mod metrics;
