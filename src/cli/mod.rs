//! The command line: arguments, progress, messages, exit codes. All that prints is here.
//!
//! stdout carries data, stderr everything else. Exit codes: 0 done; 1 a gate says regressed; 2 could not run (arguments, suite,
//! data, model, disk); 3 a gate's documents do not tell, where its policy stops there.

mod arguments;
mod bench;
mod check;
mod compare;
mod gate;
mod gold;
mod hint;
mod history;
mod machine;
mod metrics;
mod models;
mod noise;
mod predict;
mod progress;
mod report;
mod run;
mod score;

use crate::run::Warning;
use arguments::{Arguments, Command};
use clap::Parser;
use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// Done, and every gate met.
const DONE: u8 = 0;
/// Could not run.
const FAILED: u8 = 2;

/// Runs the command that the arguments name and returns the process's exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no failures, and clap knows which stream is theirs.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(FAILED) } else { ExitCode::SUCCESS };
        }
    };
    let result = match arguments.command {
        Command::Run(options) => run::run(&options).map(|()| DONE),
        Command::Predict(options) => predict::run(&options).map(|()| DONE),
        Command::Score(options) => score::run(&options).map(|()| DONE),
        Command::Report(options) => report::run(&options).map(|()| DONE),
        Command::Compare(options) => compare::run(&options).map(|()| DONE),
        Command::Bless(options) => gate::bless_run(&options).map(|()| DONE),
        Command::Gate(options) => gate::run(&options),
        Command::History(options) => history::run(&options).map(|()| DONE),
        Command::Bench(options) => bench::run(&options).map(|()| DONE),
        Command::Check(options) => check::run(&options).map(|()| DONE),
        Command::Gold(command) => gold::run(&command).map(|()| DONE),
        Command::Models(command) => models::run(&command).map(|()| DONE),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            if let Some(hint) = hint::of(&error) {
                say(&format!("hint: {hint}"));
            }
            ExitCode::from(FAILED)
        }
    }
}

/// A reader such as `head` that has seen enough is no failure.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// Writes data to stdout.
fn emit(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Says on stderr that so few documents carry no firm interval.
fn say_if_few(documents: usize) {
    if let Some(warning) = crate::report::few(documents) {
        say(&warning);
    }
}

/// Says a warning on stderr, with its cure where there is one.
fn warn(warning: &Warning) {
    say(&format!("warning: {warning}"));
    if let Some(hint) = hint::of_warning(warning) {
        say(&format!("hint: {hint}"));
    }
}

/// Writes a message to stderr; there is nowhere to say that it failed.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
