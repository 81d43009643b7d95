//! One snapshot for each bad input: exit code 2, nothing on stdout, the whole message on stderr, no file left behind.

mod arguments;
mod corpus;
mod fit;
mod folder;
mod gold;
mod model;
mod score;
mod suite;
