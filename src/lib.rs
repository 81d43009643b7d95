//! **karat**: how pure is the model against gold?

pub mod base;
pub mod corpus;
pub mod engine;
pub mod metrics;
pub mod stats;
pub mod table;
pub mod task;
pub mod text;
