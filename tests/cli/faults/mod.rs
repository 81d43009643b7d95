//! One snapshot for each bad input: exit code 2, nothing on stdout, the whole message on stderr, no file left behind.
#![expect(clippy::needless_raw_string_hashes, reason = "snapbox writes its snapshots so")]

mod arguments;
mod bench;
mod checkpoint;
mod columns;
mod corpus;
mod decoding;
mod engine;
mod exchange;
mod fit;
mod folder;
mod from;
mod gold;
mod hub;
mod labels;
mod model;
mod passes;
mod patch;
mod score;
mod stream;
mod suite;
mod tune;
