//! `karat predict`.

use super::arguments::{PredictOptions, TextOrJson};
use super::progress::{Bars, threads};
use super::{emit, say};
use crate::base::file::write_whole;
use crate::corpus::{Document, Regions, read_documents, read_targets, write_entities, write_stances};
use crate::report::number;
use crate::run::{Answered, Request, answer};
use crate::suite::{ModelEntry, TaskOptions};
use crate::table::{CellKey, ThroughputRow};
use crate::task::ner::NerOptions;
use crate::task::stance::StanceOptions;
use crate::task::{Answer, LabelMap, TaskName, WindowOptions};
use anyhow::Context;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Instant;

pub(super) fn run(options: &PredictOptions) -> anyhow::Result<()> {
    let task = TaskName::from(options.task);
    let task_options = task_options(options)?;
    for path in [Some(&options.output), options.logits.as_ref()].into_iter().flatten() {
        check_place(path).with_context(|| unwritten(path))?;
    }
    check_apart(options)?;
    let all = read_documents(&options.input)?;
    let documents: Vec<&Document> = all.iter().collect();
    let targets = options.targets.as_deref().map(read_targets).transpose()?.unwrap_or_default();
    let name = options.model.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let labels = label_map(options)?;
    let mut model = ModelEntry { labels, ..ModelEntry::of_folder(&options.model) };
    options.compute.runtime.choose(&mut model.runtime);
    let request = Request {
        key: CellKey { task: task.to_string(), corpus: options.input.display().to_string(), model: name },
        model: &model,
        options: &task_options,
        documents: &documents,
        gold: &[],
        targets: &targets,
        asked: BTreeMap::new(),
        stored: None,
        threads: threads(&options.compute),
    };
    let bars = Bars::new();
    let answered = answer(&request, &bars).inspect_err(|_| bars.clear())?;
    let begun = Instant::now();
    if let Some(path) = &options.logits {
        let table = answered.logits_table(task, &documents);
        let table = table.ok_or_else(|| NoLogits(options.model.display().to_string()))?;
        write(path, &table.into_parquet())?;
    }
    let to_stdout = options.output.as_os_str() == "-";
    let lines = lines(&all, &answered);
    if to_stdout {
        emit(&lines)?;
    } else {
        write(&options.output, lines.as_bytes())?;
    }
    let written = begun.elapsed().as_secs_f64();
    let row = &answered.throughput;
    let windows: usize = answered.prepared.iter().map(|prepared| prepared.windows.len()).sum();
    match options.format {
        TextOrJson::Json => emit(&json(task, row, windows, written)),
        TextOrJson::Text => {
            let rate = row.tokens_per_second().map(|rate| format!(", {} tokens/s", number(rate.round() as usize)));
            say(&format!(
                "{} documents{}: {}",
                number(row.documents),
                rate.unwrap_or_default(),
                options.output.display()
            ));
            Ok(())
        }
    }
}

/// An option that says nothing about the task.
#[derive(Debug, thiserror::Error)]
#[error("`--{option}` belongs to task `{owner}`, but `--task {asked}` is asked for")]
pub(super) struct Foreign {
    option: &'static str,
    owner: TaskName,
    asked: TaskName,
}

/// Two options name one file, of which one would be lost.
#[derive(Debug, thiserror::Error)]
#[error("`--{0}` and `--{1}` name the same file `{2}`")]
pub(super) struct SameFile(&'static str, &'static str, String);

/// No file that is written is a file that is read, or the other one that is written.
fn check_apart(options: &PredictOptions) -> Result<(), SameFile> {
    let named = [
        ("input", Some(&options.input)),
        ("targets", options.targets.as_ref()),
        ("logits", options.logits.as_ref()),
        ("output", Some(&options.output)),
    ];
    // A file that is not there yet is compared as it is written.
    let place = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let named: Vec<_> = named.into_iter().filter_map(|(option, path)| Some((option, place(path?)))).collect();
    for (at, (option, path)) in named.iter().enumerate() {
        let written = |other: &str| matches!(other, "logits" | "output");
        if let Some((other, _)) = named[at + 1..].iter().find(|(other, there)| written(other) && there == path) {
            return Err(SameFile(option, other, written_as(options, other).display().to_string()));
        }
    }
    Ok(())
}

/// The path of an option that is written, as it was given.
fn written_as<'a>(options: &'a PredictOptions, option: &str) -> &'a Path {
    options.logits.as_deref().filter(|_| option == "logits").unwrap_or(&options.output)
}

/// A floor was asked for logits.
#[derive(Debug, thiserror::Error)]
#[error("model `{0}` is a floor, which has no logits")]
pub(super) struct NoLogits(String);

/// A name that two options give a meaning.
#[derive(Debug, thiserror::Error)]
#[error("`--label` gives `{0}` two meanings")]
pub(super) struct TwoMeanings(String);

fn label_map(options: &PredictOptions) -> Result<LabelMap, TwoMeanings> {
    let mut meanings = BTreeMap::new();
    for (name, meaning) in &options.labels {
        if meanings.insert(name.clone(), meaning.clone()).is_some() {
            return Err(TwoMeanings(name.clone()));
        }
    }
    Ok(LabelMap::new(meanings))
}

fn task_options(options: &PredictOptions) -> Result<TaskOptions, Foreign> {
    let asked = TaskName::from(options.task);
    let given = [
        ("aggregation", TaskName::Ner, options.aggregation.is_some()),
        ("targets", TaskName::Stance, options.targets.is_some()),
        ("rule", TaskName::Stance, options.rule.is_some()),
        ("window-rule", TaskName::Stance, options.window_rule.is_some()),
    ];
    if let Some(&(option, owner, _)) = given.iter().find(|(_, owner, given)| *given && *owner != asked) {
        return Err(Foreign { option, owner, asked });
    }
    let windows = WindowOptions { max_tokens: options.max_tokens, overlap: options.overlap };
    Ok(match TaskOptions::defaults(asked) {
        TaskOptions::Ner(defaults) => {
            let aggregation = options.aggregation.map_or(defaults.aggregation, Into::into);
            TaskOptions::Ner(NerOptions { aggregation, windows, ..defaults })
        }
        TaskOptions::Stance(defaults) => {
            let rule = options.rule.map_or(defaults.rule, Into::into);
            let window_rule = options.window_rule.map_or(defaults.window_rule, Into::into);
            TaskOptions::Stance(StanceOptions { rule, window_rule, windows, ..defaults })
        }
    })
}

fn lines(documents: &[Document], answered: &Answered) -> String {
    let mut entities = BTreeMap::new();
    let mut stances = Vec::new();
    for (document, answer) in documents.iter().zip(&answered.answers) {
        match answer {
            Answer::Entities(found) => {
                entities.insert(document.id.clone(), found.clone());
            }
            Answer::Stances(lines) => stances.extend(lines.iter().cloned()),
        }
    }
    if entities.is_empty() { write_stances(&stances) } else { write_entities(documents, &entities, &Regions::new()) }
}

/// Refuses a place that no file can stand in, before the model is asked for long.
fn check_place(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    let above = path.ancestors().skip(1).find(|folder| folder.exists());
    if above.is_some_and(|folder| !folder.is_dir()) { Err(ErrorKind::NotADirectory.into()) } else { Ok(()) }
}

fn unwritten(path: &Path) -> String {
    format!("`{}` cannot be written", path.display())
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_whole(path, bytes).with_context(|| unwritten(path))
}

/// Counts and times, with the names that other programs rely on.
fn json(task: TaskName, row: &ThroughputRow, windows: usize, written: f64) -> String {
    let [load, tokenize, forward, decode] = row.seconds;
    let json = serde_json::json!({
        "version": 1, "task": task, "documents": row.documents, "windows": windows, "sequences": row.sequences,
        "tokens": row.tokens, "threads": row.threads, "engine": row.engine, "precision": row.precision,
        "seconds": { "load": load, "tokenize": tokenize, "forward": forward, "decode": decode, "write": written },
        "tokens_per_second": row.tokens_per_second(),
    });
    format!("{json}\n")
}
