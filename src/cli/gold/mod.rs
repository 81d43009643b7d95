//! `karat gold`: work with hand-made labels.

mod agree;
mod arguments;
mod check;
mod exchange;
mod seal;
mod suspects;

pub(super) use agree::NoPasses;
pub(super) use arguments::GoldCommand;
pub(super) use exchange::{NoFolder, Occupied, Schemeless, Stale};
pub(super) use suspects::NoQueue;

pub(super) fn run(command: &GoldCommand) -> anyhow::Result<()> {
    match command {
        GoldCommand::Check(options) => check::run(options),
        GoldCommand::Agree(options) => agree::run(options),
        GoldCommand::Suspects(options) => suspects::run(options),
        GoldCommand::Seal { corpus } => seal::run(corpus),
        GoldCommand::Import(options) => exchange::import(options),
        GoldCommand::Export(options) => exchange::export(options),
    }
}
