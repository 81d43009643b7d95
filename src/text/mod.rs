//! The only door to tokenizers: documents become tokens with character offsets, and tokens become windows.
//!
//! Owns: [`Tokenizer`], [`Token`], the split into overlapping [`Window`]s, the ledger of text that no window reaches.
//! In: raw text and a model's `tokenizer.json`. Out: sequences as a model reads them, and where each token stands.
//! Must not: know labels, logits or scores.

mod reach;
mod template;
mod tokenizer;
mod window;

pub use reach::Reach;
pub use tokenizer::{Frames, Token, Tokenizer, TokenizerError};
pub use window::{Window, WindowSize, split};
