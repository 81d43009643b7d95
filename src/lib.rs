//! **karat**: how pure is the model against gold?

pub mod base;
pub mod cli;
pub mod corpus;
pub mod engine;
pub mod metrics;
pub mod report;
pub mod run;
pub mod stats;
pub mod suite;
pub mod table;
pub mod task;
pub mod text;
