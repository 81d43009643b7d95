//! `karat predict`.

use super::arguments::{PredictOptions, TextOrJson};
use super::progress::{Bars, threads};
use super::{emit, say};
use crate::base::file::write_whole;
use crate::corpus::{Document, read_documents, read_targets, write_entities, write_stances};
use crate::report::number;
use crate::run::{Answered, Request, answer};
use crate::suite::TaskOptions;
use crate::table::{CellKey, ThroughputRow};
use crate::task::{Answer, TaskName, WindowOptions};
use anyhow::Context;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

pub(super) fn run(options: &PredictOptions) -> anyhow::Result<()> {
    let task = TaskName::from(options.task);
    let task_options = task_options(options);
    let all = read_documents(&options.input)?;
    let documents: Vec<&Document> = all.iter().collect();
    let targets = options.targets.as_deref().map(read_targets).transpose()?.unwrap_or_default();
    let name = options.model.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let request = Request {
        key: CellKey { task: task.to_string(), corpus: options.input.display().to_string(), model: name },
        model: &options.model,
        options: &task_options,
        documents: &documents,
        gold: &[],
        targets: &targets,
        asked: BTreeMap::new(),
        threads: threads(&options.compute),
    };
    let bars = Bars::new();
    let answered = answer(&request, &bars).inspect_err(|_| bars.clear())?;
    let begun = Instant::now();
    if let Some(path) = &options.logits {
        let table = answered.logits_table(task, &documents);
        let table = table.context("a floor has no logits; leave --logits out")?;
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

fn task_options(options: &PredictOptions) -> TaskOptions {
    let windows = WindowOptions { max_tokens: options.max_tokens, overlap: options.overlap };
    match TaskOptions::defaults(options.task.into()).with_windows(windows) {
        TaskOptions::Ner { windows, .. } => TaskOptions::Ner { aggregation: options.aggregation.into(), windows },
        TaskOptions::Stance { hypotheses, windows, .. } => {
            let (rule, window_rule) = (options.rule.into(), options.window_rule.into());
            TaskOptions::Stance { hypotheses, rule, window_rule, windows }
        }
    }
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
    if entities.is_empty() { write_stances(&stances) } else { write_entities(documents, &entities) }
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_whole(path, bytes).with_context(|| format!("`{}` cannot be written", path.display()))
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
