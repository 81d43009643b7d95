//! `karat models`: pull models.

mod arguments;
mod pull;

pub(super) use arguments::ModelsCommand;

use indicatif::DecimalBytes;

pub(super) fn run(command: &ModelsCommand) -> anyhow::Result<()> {
    match command {
        ModelsCommand::Pull(options) => pull::run(options),
    }
}

/// A size as people read it: `45.15 MB`.
fn bytes(size: u64) -> String {
    DecimalBytes(size).to_string()
}
