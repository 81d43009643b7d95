//! Metrics and statistics against pinned reference packages (`golden`), in general (`properties`), and intervals
//! against a known truth (`coverage`).

mod coverage;
mod golden;
mod properties;
mod statistics;
