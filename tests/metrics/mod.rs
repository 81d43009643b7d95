//! Metrics and statistics against pinned reference packages (`golden`, `calibration`), in general (`properties`), and intervals
//! against a known truth (`coverage`).

mod calibration;
mod coverage;
mod golden;
mod properties;
mod statistics;
