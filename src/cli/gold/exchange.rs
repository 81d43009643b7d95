//! `karat gold import` and `karat gold export`.

use super::arguments::{ExportOptions, FormatArgument, ImportOptions, SchemeArgument};
use crate::base::file::{read_text, write_folder, write_together, write_whole};
use crate::cli::{emit, say};
use crate::corpus::exchange::{self, Files, Format, Loss};
use crate::report::number;
use anyhow::Context;
use std::path::Path;

/// A file of a corpus differs from what the import gives.
#[derive(Debug, thiserror::Error)]
#[error("`{file}` is not what `{input}` gives")]
pub(in crate::cli) struct Stale {
    file: String,
    input: String,
}

/// A file is there already.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Occupied {
    /// A file of a corpus would change.
    #[error("`{0}` is there and would change")]
    Corpus(String),
    /// An export would go over something.
    #[error("`{0}` is there already")]
    Output(String),
}

/// A scheme for a format that has no tags.
#[derive(Debug, thiserror::Error)]
#[error("`--scheme` belongs to format `conll`")]
pub(in crate::cli) struct Schemeless;

/// A folder of files for stdout.
#[derive(Debug, thiserror::Error)]
#[error("this format is a folder of files, which stdout cannot carry")]
pub(in crate::cli) struct NoFolder;

pub(super) fn import(options: &ImportOptions) -> anyhow::Result<()> {
    let read = exchange::read(&options.input, format(options.from, options.scheme)?)?;
    let (documents, entities, stances) = (read.gold.documents.len(), read.gold.entities(), read.gold.stances());
    let placed = exchange::place(read.gold, &options.input, &options.into)?;
    let mut changed = Vec::new();
    for (name, content) in &placed.files {
        let path = options.into.join(name);
        let there = path.exists();
        if there && read_text(&path)? == *content {
            continue;
        }
        if options.check {
            let (file, input) = (path.display().to_string(), options.input.display().to_string());
            return Err(Stale { file, input }.into());
        }
        if there && !options.force {
            return Err(Occupied::Corpus(path.display().to_string()).into());
        }
        changed.push((path, content));
    }
    let texts = options.into.join("documents");
    if texts.is_dir() && !options.into.join("documents.jsonl").exists() && !options.force && !options.check {
        return Err(Occupied::Corpus(texts.display().to_string()).into());
    }
    let files: Vec<(&Path, &[u8])> =
        changed.iter().map(|(path, content)| (path.as_path(), content.as_bytes())).collect();
    write_together(&files).with_context(|| format!("`{}` cannot be written", options.into.display()))?;
    tell("left out", &read.losses);
    tell("gone", &placed.losses);
    for remark in read.remarks.iter().chain(&placed.remarks) {
        say(&format!("note: {remark}"));
    }
    let counts = [(documents, "documents"), (entities, "entities"), (stances, "stances")];
    say(&counts.map(|(count, what)| format!("{} {what}", number(count))).join(", "));
    Ok(())
}

pub(super) fn export(options: &ExportOptions) -> anyhow::Result<()> {
    let format = format(options.to, options.scheme)?;
    let gold = exchange::load(&options.corpus)?;
    let export = exchange::write(&gold, format);
    let output = &options.output;
    let to_stdout = output.as_os_str() == "-";
    let shown = output.display().to_string();
    if !to_stdout && is_taken(output) {
        return Err(Occupied::Output(shown).into());
    }
    match &export.files {
        Files::One(content) if to_stdout => emit(content)?,
        Files::Folder(_) if to_stdout => return Err(NoFolder.into()),
        Files::One(content) => {
            write_whole(output, content.as_bytes()).with_context(|| format!("`{shown}` cannot be written"))?;
        }
        Files::Folder(files) => {
            write_folder(output, files).with_context(|| format!("`{shown}` cannot be written"))?;
        }
    }
    tell("lost", &export.losses);
    say(&format!("{} documents", number(gold.documents.len())));
    Ok(())
}

/// True where a file or a folder with something in it is there. What is no plain file, such as a pipe, may be written to.
fn is_taken(path: &Path) -> bool {
    match std::fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => path.is_file(),
    }
}

fn tell(how: &str, losses: &[Loss]) {
    for Loss { count, what } in losses {
        say(&format!("{how}: {} {what}", number(*count)));
    }
}

fn format(argument: FormatArgument, scheme: Option<SchemeArgument>) -> Result<Format, Schemeless> {
    match argument {
        FormatArgument::Conll => Ok(Format::Conll(scheme.map(Into::into))),
        _ if scheme.is_some() => Err(Schemeless),
        FormatArgument::Brackets => Ok(Format::Brackets),
        FormatArgument::Brat => Ok(Format::Brat),
        FormatArgument::LabelStudio => Ok(Format::LabelStudio),
        FormatArgument::Spacy => Ok(Format::Spacy),
        FormatArgument::Semeval => Ok(Format::Semeval),
    }
}
