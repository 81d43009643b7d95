//! The command line: arguments, progress, messages, exit codes. All that prints is here.
//!
//! stdout carries data, stderr everything else. Exit codes: 0 done; 2 could not run (arguments, suite, data, model,
//! disk).

mod arguments;
mod check;
mod gold;
mod hint;
mod machine;
mod metrics;
mod predict;
mod progress;
mod report;
mod run;
mod score;

use arguments::{Arguments, Command};
use clap::Parser;
use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

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
        Command::Run(options) => run::run(&options),
        Command::Predict(options) => predict::run(&options),
        Command::Score(options) => score::run(&options),
        Command::Report(options) => report::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Gold(command) => gold::run(&command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
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

/// Writes a message to stderr; there is nowhere to say that it failed.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
