//! **karat**: how pure is the model against gold?

pub mod base;
pub mod engine;
pub mod metrics;
pub mod stats;
