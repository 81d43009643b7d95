//! The command line from outside: exit codes, both streams, and the files that are left.

pub(crate) mod annotators;
mod calibration;
mod data;
mod decoding;
pub(crate) mod desk;
mod faults;
mod from;
mod gold;
mod help;
mod layers;
mod patch;
mod predict;
mod recompute;
mod resume;
mod run;
mod score;
mod suspects;
mod tune;
