//! The command line from outside: exit codes, both streams, and the files that are left.

mod desk;
mod faults;
