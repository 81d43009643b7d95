//! Seeded resampling: how sure a number is, given how few documents there are.
//!
//! Owns: the document bootstrap ([`Bootstrap`]), its intervals and paired differences, quantiles, unbiased draws.
//! In: per-document integer counts and a function from summed counts to values. Out: intervals and shares.
//! Must not: know metrics, models or files. The same seed and input give the same bytes, for any number of threads: a
//! replicate's draws depend on (seed, replicate) alone.

mod bootstrap;
mod draw;
mod quantile;

pub use bootstrap::{Bootstrap, Difference, Interval, Pair, UnequalCounts};
pub use draw::below;
pub use quantile::quantile;
