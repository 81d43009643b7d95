//! `karat predict`.

use super::arguments::{PredictOptions, SHARD_DOCUMENTS, TextOrJson};
use super::progress::{Bars, threads};
use super::{emit, say};
use crate::corpus::read_targets;
use crate::report::number;
use crate::run::{Output, PredictError, Predicted, Request, ShardFolder, predict};
use crate::suite::{ModelEntry, TaskOptions};
use crate::table::CellKey;
use crate::task::ner::NerOptions;
use crate::task::stance::StanceOptions;
use crate::task::{LabelMap, TaskName, WindowOptions};
use anyhow::Context;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::path::Path;

pub(super) fn run(options: &PredictOptions) -> anyhow::Result<()> {
    let task = TaskName::from(options.task);
    let task_options = task_options(options)?;
    let sharded = sharded(options)?;
    if sharded.is_none() {
        for path in [Some(&options.output), options.logits.as_ref()].into_iter().flatten() {
            check_place(path).with_context(|| unwritten(path))?;
        }
    }
    check_apart(options)?;
    let targets = options.targets.as_deref().map(read_targets).transpose()?.unwrap_or_default();
    let name = options.model.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let labels = label_map(options)?;
    let mut model = ModelEntry { labels, ..ModelEntry::of_folder(&options.model) };
    options.compute.runtime.choose(&mut model.runtime);
    let request = Request {
        key: CellKey { task: task.to_string(), corpus: options.input.display().to_string(), model: name },
        model: &model,
        options: &task_options,
        documents: &[],
        gold: &[],
        targets: &targets,
        asked: BTreeMap::new(),
        stored: None,
        threads: threads(&options.compute),
    };
    let to_stdout = options.output.as_os_str() == "-";
    let mut stdout = std::io::stdout();
    let output = match sharded {
        Some(folder) => Output::Shards(folder),
        None => Output::Lines {
            file: Some(options.output.as_path()).filter(|_| !to_stdout),
            stream: &mut stdout,
            logits: options.logits.as_deref(),
        },
    };
    let bars = Bars::new();
    let predicted = predict(&request, &options.input, output, &bars).inspect_err(|_| bars.clear());
    let predicted = predicted.map_err(|error| match error {
        // A reader of stdout that has seen enough is no failure.
        PredictError::Write { path, source } if to_stdout && path == options.output => anyhow::Error::from(source),
        other => other.into(),
    })?;
    match options.format {
        TextOrJson::Json => emit(&json(task, &predicted)),
        TextOrJson::Text => {
            say(&told(&predicted, &options.output));
            Ok(())
        }
    }
}

/// How many documents, how fast, and where to.
fn told(predicted: &Predicted, output: &Path) -> String {
    let counted = |documents: usize| {
        let s = if documents == 1 { "" } else { "s" };
        format!("{} document{s}", number(documents))
    };
    let kept = match predicted.kept {
        0 => String::new(),
        kept => format!(" beside {} that were there already", counted(kept)),
    };
    let rate = predicted.throughput.tokens_per_second();
    let rate = rate.map(|rate| format!(", {} tokens/s", number(rate.round() as usize))).unwrap_or_default();
    format!("{}{kept}{rate}: {}", counted(predicted.counts.documents), output.display())
}

/// Options that say of one output that it is a folder, and of another that it is a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unlike {
    #[error("`--{0}` is for predictions that go to a folder, and `{1}` is the name of a file")]
    NoFolder(&'static str, String),
    #[error("predictions go to the {0} `{1}`, and logits to the {2} `{3}`")]
    Logits(&'static str, String, &'static str, String),
}

/// The folder that predictions go to; None where they go to a file. A name that ends in `/` is that of a folder.
fn sharded(options: &PredictOptions) -> Result<Option<ShardFolder<'_>>, Unlike> {
    let is_folder = |path: &Path| path.as_os_str().to_string_lossy().ends_with(std::path::is_separator);
    let shown = |path: &Path| path.display().to_string();
    let folder = is_folder(&options.output);
    if let Some(logits) = options.logits.as_deref().filter(|logits| is_folder(logits) != folder) {
        let kind = |folder| if folder { "folder" } else { "file" };
        return Err(Unlike::Logits(kind(folder), shown(&options.output), kind(!folder), shown(logits)));
    }
    let given = [("resume", options.resume), ("shard-documents", options.shard_documents.is_some())];
    match given.iter().find(|(_, given)| *given) {
        Some((option, _)) if !folder => Err(Unlike::NoFolder(option, shown(&options.output))),
        _ => Ok(folder.then(|| ShardFolder {
            folder: &options.output,
            logits: options.logits.as_deref(),
            documents: options.shard_documents.map_or(SHARD_DOCUMENTS, NonZeroUsize::get),
            resume: options.resume,
        })),
    }
}

/// An option that says nothing about the task.
#[derive(Debug, thiserror::Error)]
#[error("`--{option}` belongs to task `{owner}`, but `--task {asked}` is asked for")]
pub(super) struct Foreign {
    pub(super) option: &'static str,
    pub(super) owner: TaskName,
    pub(super) asked: TaskName,
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

/// Counts and times, with the names that other programs rely on.
fn json(task: TaskName, predicted: &Predicted) -> String {
    let Predicted { throughput: row, counts, kept, check, spent, wall } = predicted;
    let json = serde_json::json!({
        "version": 1, "task": task, "documents": counts.documents, "kept": kept, "windows": counts.windows,
        "sequences": counts.sequences, "repeated": counts.repeated, "tokens": counts.tokens,
        "threads": row.threads, "engine": row.engine, "precision": row.precision,
        "seconds": {
            "load": row.seconds[0], "check": check, "read": spent.read, "tokenize": spent.tokenize,
            "forward": spent.forward, "decode": spent.decode, "write": spent.write, "wait": spent.wait, "wall": wall,
        },
        "tokens_per_second": row.tokens_per_second(),
    });
    format!("{json}\n")
}
