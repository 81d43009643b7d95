//! `karat bench`.

use super::arguments::{BenchOptions, TextOrJson};
use super::predict::Foreign;
use super::progress::Bars;
use super::{emit, machine, say};
use crate::base::file::write_folder;
use crate::bench::{Limits, Scoring, Sweep, alone, measure, trials};
use crate::corpus::{Answers, Document, read_gold_entities, read_stances, read_targets};
use crate::report::{BenchReport, Style, bench_json, bench_plot, bench_tables};
use crate::run::{Material, Workload, read_input, workloads};
use crate::stats::{Bootstrap, Contrasts, Method};
use crate::suite::{ModelEntry, Statistics, Suite, TaskOptions};
use crate::table::{BenchRow, CellKey, LatencyRow, PassRow};
use crate::task::{Labels, TaskName};
use anyhow::Context;
use chrono::Utc;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// The coverage of intervals of throughput.
const CONFIDENCE: f64 = 0.95;
/// How answers are scored where no suite says it: the defaults of a suite.
const SCORING: Scoring = Contrasts {
    bootstrap: Bootstrap { seed: 0, replicates: 10_000, confidence: 0.95, method: Method::Percentile },
    margin: 0.01,
};

/// A folder that cannot be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unwritable {
    /// There is something already.
    #[error("`{}` exists already, and a bench overwrites nothing", .0.display())]
    Exists(PathBuf),
    /// It would stand in a file.
    #[error("`{}` cannot be written: `{}` is no folder", .0.display(), .1.display())]
    InFile(PathBuf, PathBuf),
    /// Nothing can be written above it.
    #[error("`{}` cannot be written", .0.display())]
    Above(PathBuf, #[source] std::io::Error),
}

/// Documents that can be read once only, while every pass reads them.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is neither a file nor a folder, and every pass of a bench reads its documents anew", .0.display())]
pub(super) struct ReadOnce(PathBuf);

/// A setting that is not there.
#[derive(Debug, thiserror::Error)]
#[error("there is no setting {0}")]
struct NoSetting(usize);

pub(super) fn run(options: &BenchOptions) -> anyhow::Result<()> {
    options.out.as_deref().map(check_place).transpose()?;
    let now = Utc::now();
    let limit = options.limit.map(NonZeroUsize::get);
    let (name, scoring, workloads) = match &options.model {
        Some(model) => (name_of(model), SCORING, vec![one_model(options, model, limit)?]),
        None => of_suite(&options.suite, limit)?,
    };
    let trials = trials(&workloads, &sweep(options));
    if let Some(at) = options.memory_of {
        let trial = *trials.get(at).ok_or(NoSetting(at))?;
        return emit(&format!("{}\n", serde_json::json!({ "peak_bytes": alone(&workloads, trial)? })));
    }
    let limits = Limits {
        width: options.width,
        confidence: CONFIDENCE,
        rounds: options.rounds.into(),
        time: Duration::try_from_secs_f64(60.0 * options.minutes).unwrap_or(Duration::MAX),
        latencies: options.latency,
    };
    let bars = Bars::new();
    let bench = measure(&workloads, &trials, (&limits, &scoring), (&memory_of, &bars)).inspect_err(|_| bars.clear())?;
    let rows = bench.rows(CONFIDENCE, options.price_per_hour);
    let threads = trials.iter().map(|trial| trial.setting.threads).max().unwrap_or(1);
    let report = BenchReport {
        name: &name,
        circumstances: &machine::circumstances(now, threads),
        limit,
        limits: &limits,
        price_per_hour: options.price_per_hour,
        bench: &bench,
        rows: &rows,
    };
    // What was measured took long: stdout has it whatever becomes of the folder, and the folder whatever becomes of stdout.
    let told = match options.format {
        TextOrJson::Text => emit(&bench_tables(&report, Style::Terminal)),
        TextOrJson::Json => emit(&bench_json(&report)),
    };
    if let Some(out) = &options.out {
        write(out, &report, &workloads).with_context(|| format!("`{}` cannot be written", out.display()))?;
        say(&format!("bench: {}", out.join("bench.md").display()));
    }
    told
}

/// Refuses a place that no folder can stand in, before anything is measured.
fn check_place(out: &Path) -> Result<(), Unwritable> {
    if out.exists() {
        return Err(Unwritable::Exists(out.to_owned()));
    }
    let named = out.ancestors().skip(1).find(|folder| folder.exists());
    let above = named.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !above.is_dir() {
        return Err(Unwritable::InFile(out.to_owned(), above.to_owned()));
    }
    // It goes as soon as it is made.
    tempfile::tempdir_in(above).map(drop).map_err(|source| Unwritable::Above(out.to_owned(), source))
}

/// A suite's name, how it scores, and its workloads.
fn of_suite(path: &Path, limit: Option<usize>) -> anyhow::Result<(String, Scoring, Vec<Workload>)> {
    let suite = Suite::load(path)?.without_probes();
    let Statistics { replicates, confidence, interval: method, margin } = suite.statistics;
    let bootstrap = Bootstrap { seed: suite.seed, replicates, confidence, method };
    let workloads = workloads(&suite, limit)?;
    Ok((suite.name, Contrasts { bootstrap, margin }, workloads))
}

/// What is varied, as typed.
fn sweep(options: &BenchOptions) -> Sweep {
    let numbers = |all: &[NonZeroUsize]| all.iter().map(|number| number.get()).collect::<Vec<_>>();
    let threads = if options.threads.is_empty() { vec![machine::cores()] } else { numbers(&options.threads) };
    Sweep {
        engines: options.engine.iter().map(|&engine| engine.into()).collect(),
        devices: options.device.iter().map(|&device| device.into()).collect(),
        precisions: options.precision.iter().map(|&precision| precision.into()).collect(),
        threads,
        batch_tokens: numbers(&options.batch_tokens),
    }
}

/// The most bytes of the trial of that position: this program once more, in a process of its own; None where it does not tell.
fn memory_of(trial: usize) -> Option<u64> {
    let mut again = Command::new(std::env::current_exe().ok()?);
    // Behind the word `bench`: what is typed may end with `--` and a suite.
    let mut typed = std::env::args_os().skip(1);
    again.args(typed.by_ref().take(1)).arg("--memory-of").arg(trial.to_string()).args(typed);
    let output = again.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    json["peak_bytes"].as_u64()
}

fn name_of(model: &Path) -> String {
    model.file_name().unwrap_or(model.as_os_str()).to_string_lossy().into_owned()
}

/// The workload of `--model`.
fn one_model(options: &BenchOptions, model: &Path, limit: Option<usize>) -> anyhow::Result<Workload> {
    let (Some(task), Some(input)) = (options.task.map(TaskName::from), options.input.as_deref()) else {
        unreachable!("the arguments require a task and an input beside a model");
    };
    if options.targets.is_some() && task != TaskName::Stance {
        return Err(Foreign { option: "targets", owner: TaskName::Stance, asked: task }.into());
    }
    if input.exists() && !input.is_file() && !input.is_dir() {
        return Err(ReadOnce(input.to_owned()).into());
    }
    let all = read_input(input)?;
    let targets = options.targets.as_deref().map(read_targets).transpose()?.unwrap_or_default();
    let ids: Vec<String> = targets.iter().map(|target| target.id.clone()).collect();
    let fit = Answers { documents: &all, targets: &ids, flat: true, as_written: true, ..Answers::default() };
    let (mut entities, mut regions, mut stances) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    match (options.gold.as_deref(), task) {
        (Some(gold), TaskName::Ner) => (entities, regions) = read_gold_entities(gold, fit)?,
        (Some(gold), TaskName::Stance) => stances = read_stances(gold, fit)?,
        (None, _) => {}
    }
    let labels = match task {
        TaskName::Ner => Labels::Entities(&entities),
        TaskName::Stance => Labels::Stances(&stances),
    };
    let documents: Vec<Document> = all.iter().take(limit.unwrap_or(usize::MAX)).cloned().collect();
    let mut asked: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in &stances {
        asked.entry(line.document.clone()).or_default().push(line.target.clone());
    }
    let material = Material {
        source: input.to_owned(),
        leading: documents.len(),
        gold: documents.iter().map(|document| labels.of(document)).collect(),
        regions: documents.iter().map(|document| regions.remove(&document.id).unwrap_or_default()).collect(),
        documents,
        targets,
        asked,
        labels: Vec::new(),
    };
    Ok(Workload {
        key: CellKey { task: task.to_string(), corpus: input.display().to_string(), model: name_of(model) },
        model: ModelEntry::of_folder(model),
        options: TaskOptions::defaults(task),
        material: Arc::new(material),
    })
}

/// The folder of a bench: beside its place, then renamed.
fn write(folder: &Path, report: &BenchReport<'_>, workloads: &[Workload]) -> std::io::Result<()> {
    let rows = report.rows;
    let mut page = bench_tables(report, Style::Markdown);
    let plot = bench_plot(&rows.settings);
    if plot.is_some() {
        page.push_str("\n![accuracy against throughput](bench.svg)\n");
    }
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::from([
        ("bench.json".to_owned(), bench_json(report).into_bytes()),
        ("bench.md".to_owned(), page.into_bytes()),
        ("bench.parquet".to_owned(), BenchRow::table(&rows.settings).into_parquet()),
        ("rounds.parquet".to_owned(), PassRow::table(&rows.passes).into_parquet()),
        ("latencies.parquet".to_owned(), LatencyRow::table(&rows.latencies).into_parquet()),
    ]);
    files.extend(plot.map(|svg| ("bench.svg".to_owned(), svg.into_bytes())));
    files.extend((1..).zip(&report.bench.measured).map(|(setting, one)| {
        let predictions = workloads[one.workload].predictions(&one.answers);
        (format!("predictions-{setting}.parquet"), predictions.into_parquet())
    }));
    write_folder(folder, &files)
}
