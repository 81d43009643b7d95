//! `karat predict`.

use super::arguments::{PredictOptions, SHARD_DOCUMENTS, TextOrJson};
use super::progress::{Bars, threads};
use super::{emit, say};
use crate::base::file::{partial, place};
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
use std::path::{Path, PathBuf};

pub(super) fn run(options: &PredictOptions) -> anyhow::Result<()> {
    let task = TaskName::from(options.task);
    let task_options = task_options(options)?;
    if to_stdout(options) && options.format == TextOrJson::Json {
        return Err(BothToStdout.into());
    }
    let sharded = sharded(options)?;
    for path in [Some(&options.output), options.logits.as_ref()].into_iter().flatten() {
        check_place(path, sharded.is_some()).with_context(|| unwritten(path))?;
    }
    check_apart(options, sharded.is_some())?;
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
    let to_stdout = to_stdout(options);
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
        // A reader of stdout that has seen enough is no failure, where nothing else was to come of it.
        PredictError::Write { path, source } if to_stdout && options.logits.is_none() && path == options.output => {
            anyhow::Error::from(source)
        }
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
    let none = match predicted.counts.without_tokens {
        0 => String::new(),
        none => format!(", {} of them without a token", number(none)),
    };
    format!("{}{none}{kept}{rate}: {}", counted(predicted.counts.documents), output.display())
}

fn to_stdout(options: &PredictOptions) -> bool {
    options.output.as_os_str() == "-"
}

/// Predictions and counts would both go to stdout.
#[derive(Debug, thiserror::Error)]
#[error("`--output -` and `--format json` both write to stdout")]
pub(super) struct BothToStdout;

/// Options that say of one output that it is a folder, and of another, or of what is there, that it is a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unlike {
    #[error("`--{0} {1}` names a file, but that is a folder")]
    Folder(&'static str, String),
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
    for (option, path) in [("output", Some(&options.output)), ("logits", options.logits.as_ref())] {
        if let Some(path) = path.filter(|path| !is_folder(path) && path.is_dir()) {
            return Err(Unlike::Folder(option, shown(path)));
        }
    }
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

/// Two options name one file or folder, of which one would be lost.
#[derive(Debug, thiserror::Error)]
#[error("`--{0}` and `--{1}` lead to the same place `{2}`")]
pub(super) struct SameFile(&'static str, &'static str, String);

/// No file or folder that is written is one that is read, or another one that is written.
fn check_apart(options: &PredictOptions, sharded: bool) -> Result<(), SameFile> {
    let read = [("input", Some(&options.input)), ("targets", options.targets.as_ref())];
    let read = read.into_iter().filter_map(|(option, path)| Some((option, path?.clone())));
    let mut places: Vec<(&str, PathBuf)> = read.collect();
    for (option, path) in [("logits", options.logits.as_ref()), ("output", Some(&options.output))] {
        let Some(path) = path else { continue };
        // Beside its own place, what is written takes up another one.
        let beside = match (option, sharded) {
            (_, false) => vec![partial(path)],
            ("output", true) => vec![path.join("predictions")],
            _ => Vec::new(),
        };
        for path in std::iter::once(path.clone()).chain(beside) {
            let same = |(other, there): &&(&str, PathBuf)| *other != option && place(there) == place(&path);
            if let Some((other, _)) = places.iter().find(same) {
                return Err(SameFile(other, option, path.display().to_string()));
            }
            places.push((option, path));
        }
    }
    Ok(())
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

/// Refuses a place that no file, or no folder, can stand in, before the model is asked for long.
fn check_place(path: &Path, as_folder: bool) -> std::io::Result<()> {
    // Without the `/` at the end, behind which no file can be seen.
    let path: PathBuf = path.components().collect();
    let there = path.ancestors().skip(usize::from(!as_folder)).find(|folder| folder.exists());
    if there.is_some_and(|folder| !folder.is_dir()) { Err(ErrorKind::NotADirectory.into()) } else { Ok(()) }
}

fn unwritten(path: &Path) -> String {
    format!("`{}` cannot be written", path.display())
}

/// Counts and times, with the names that other programs rely on.
fn json(task: TaskName, predicted: &Predicted) -> String {
    let Predicted { throughput: row, counts, kept, check, spent, wall } = predicted;
    let json = serde_json::json!({
        "version": 1, "task": task, "documents": counts.documents, "kept": kept,
        "without_tokens": counts.without_tokens, "windows": counts.windows, "sequences": counts.sequences, "repeated": counts.repeated, "tokens": counts.tokens,
        "threads": row.threads, "engine": row.engine, "precision": row.precision,
        "seconds": {
            "load": row.seconds[0], "check": check, "read": spent.read, "tokenize": spent.tokenize,
            "forward": spent.forward, "decode": spent.decode, "write": spent.write, "wait": spent.wait, "wall": wall,
        },
        "tokens_per_second": row.tokens_per_second(),
    });
    format!("{json}\n")
}
