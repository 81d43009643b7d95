//! `karat models`: list, inspect and pull models.

mod arguments;
mod inspect;
mod list;
mod pull;

pub(super) use arguments::{EXAMPLES, ModelsCommand};
pub(super) use list::NoModels;

use indicatif::DecimalBytes;

pub(super) fn run(command: &ModelsCommand) -> anyhow::Result<()> {
    match command {
        ModelsCommand::List(options) => list::run(options),
        ModelsCommand::Inspect(options) => inspect::run(options),
        ModelsCommand::Pull(options) => pull::run(options),
    }
}

/// A size as people read it: `45.15 MB`.
fn bytes(size: u64) -> String {
    DecimalBytes(size).to_string()
}
