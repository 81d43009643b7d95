//! Words that every layer shares: spans, answers, digests, seeds, files written whole.
//!
//! Owns: half-open character spans, the answer types that gold and predictions share, SHA-256 digests, counter-based
//! random streams, reading text and writing files beside their place. Must not: know models, metrics or tables.

mod answer;
pub mod digest;
pub mod file;
mod seed;
mod span;

pub use answer::{Entity, Stance, UnknownStance};
pub use seed::stream;
pub use span::{CharText, Span};
