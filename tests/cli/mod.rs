//! The command line from outside: exit codes, both streams, and the files that are left.

pub(crate) mod annotators;
mod bench;
mod calibration;
mod columns;
mod compare;
mod data;
mod decoding;
pub(crate) mod desk;
#[cfg(feature = "rust-bert")]
mod engines;
mod faults;
mod from;
mod gate;
mod gold;
mod help;
mod history;
mod hub;
mod killed;
mod labels;
mod layers;
mod noise;
mod patch;
mod predict;
mod probes;
mod recompute;
mod resume;
mod rolls;
mod run;
mod score;
mod stream;
mod suspects;
mod tune;
