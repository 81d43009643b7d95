//! Seeded resampling: how sure a number is, given how few documents there are.
//!
//! Owns: the document bootstrap ([`Bootstrap`]) with its intervals and paired differences, approximate randomisation
//! ([`Randomisation`]), tests on items ([`mcnemar`]) and on many tests at once ([`holm`]), and verdicts ([`Contrasts`]).
//! In: per-document integer counts and a function from summed counts to values. Out: intervals, p-values, verdicts.
//! Must not: know metrics, models or files. The same seed and input give the same bytes, for any number of threads: a
//! replicate's draws depend on (seed, replicate) alone.

mod bootstrap;
mod contrast;
mod draw;
mod interval;
mod items;
mod median;
mod normal;
mod parts;
mod quantile;
mod randomisation;
mod sums;

pub use bootstrap::{Bootstrap, Difference, Pair, UnequalCounts};
pub use contrast::{Contrast, Contrasts, POWER, Plan, Verdict, fewest_documents};
pub use draw::below;
pub use interval::{Interval, Method};
pub use items::{holm, mcnemar};
pub use median::{Median, median, outliers};
pub use quantile::quantile;
pub use randomisation::Randomisation;
