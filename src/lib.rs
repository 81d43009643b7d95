//! **karat**: how pure is the model against gold?
//!
//! A batch evaluation harness for transformer models: named-entity recognition and zero-shot stance. The straight line:
//!
//! 1. [`suite`] reads a TOML file into a checked [`suite::Suite`]: which models do which task on which corpus.
//! 2. [`run`] loads corpora ([`corpus`]) and models, and makes a plan of cells, model × corpus × task.
//! 3. In a cell, [`text`] cuts documents into windows, a [`task`] asks its questions, an [`engine`] returns logits for
//!    packed batches, and the task decodes them into one answer a document.
//! 4. Answers and logits are saved ([`table`]) before anything is scored.
//! 5. [`metrics`] turn gold and answers into integer counts a document, and counts into values; [`stats`] resamples the
//!    documents for intervals.
//! 6. [`report`] renders the tables; [`cli`] prints.
//!
//! Imports point up this list, never down: [`base`] ← [`metrics`], [`stats`], [`corpus`], [`engine`], [`hub`] ← [`text`] ←
//! [`task`] ← [`suite`], [`table`] ← [`run`] ← [`compare`], [`mod@bench`] ← [`report`] ← [`cli`].

pub mod base;
pub mod bench;
pub mod cli;
pub mod compare;
pub mod corpus;
pub mod engine;
pub mod hub;
pub mod metrics;
pub mod report;
pub mod run;
pub mod stats;
pub mod suite;
pub mod table;
pub mod task;
pub mod text;
