//! A bench: tables for a terminal and for Markdown, and JSON.

use super::compare::Style;
use super::{Grid, headline, number};
use crate::bench::{Bench, Limits, NotRun, Rows, Stopped};
use crate::run::Circumstances;
use crate::table::{BenchRow, PASS_PHASES};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A bench with what is to be said about it.
#[derive(Debug, Clone, Copy)]
pub struct BenchReport<'a> {
    /// The suite's name, or the model's.
    pub name: &'a str,
    /// When and where.
    pub circumstances: &'a Circumstances,
    /// Only the first so many documents of each corpus were taken; None: all.
    pub limit: Option<usize>,
    /// When passes were enough.
    pub limits: &'a Limits,
    /// The price of an hour of this machine; None: costs are left out.
    pub price_per_hour: Option<f64>,
    /// What was measured.
    pub bench: &'a Bench,
    /// The same as rows.
    pub rows: &'a Rows,
}

/// What the columns are.
const NOTES: &str = "\
Tokens are real ones that were computed, special tokens included, no padding: sequences that are the same go forward once. tokens/s, windows/s and sequences/s are of the forward phase, documents/s of all \
phases one after the other. Rates are medians over passes; the interval reaches from the d-th smallest to the d-th greatest pass, with d by the \
binomial distribution. Latency is of one document at a time on one thread, from text to answer; percentiles are interpolated between \
neighbours (Hyndman and Fan's definition 7). Memory is the most that a process of its own held while it loaded the model and answered all \
documents once, the documents and the program included. The pass that is scored is the warm-up; every timed pass was held against its logits.";

/// The tables of a bench.
pub fn bench_tables(report: &BenchReport<'_>, style: Style) -> String {
    let BenchReport { bench, rows, limits, circumstances: here, .. } = *report;
    let mut out = match style {
        Style::Markdown => format!("# {}: throughput of what is scored\n\n", report.name),
        Style::Terminal => format!("bench of {}\n", report.name),
    };
    let _ = writeln!(out, "{} ({} cores), {}. {}", here.machine, here.cores, here.started, ended(bench, limits));
    if let Some(limit) = report.limit {
        let _ = writeln!(out, "Only the first {limit} documents of each corpus were taken.");
    }
    for peak in &bench.peaks {
        let (before, after) = (peak.before / 1e9, peak.after / 1e9);
        let threads = if peak.threads == 1 { "thread" } else { "threads" };
        let _ = writeln!(
            out,
            "Multiply-adds in registers, f32, {} {threads}: {before:.0} GFLOP/s before, {after:.0} after.",
            peak.threads
        );
    }
    let mut groups: Vec<Vec<&BenchRow>> = Vec::new();
    for row in &rows.settings {
        let same =
            |group: &Vec<&BenchRow>| (&group[0].key.task, &group[0].key.corpus) == (&row.key.task, &row.key.corpus);
        match groups.iter_mut().find(|group| same(group)) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    for group in groups {
        let first = group[0];
        let title = format!("{} on {}: {} documents", first.key.task, first.key.corpus, number(first.documents));
        let _ = match style {
            Style::Markdown => write!(out, "\n## {title}\n\n"),
            Style::Terminal => writeln!(out, "\n{title}"),
        };
        out.push_str(&style.grid(&speeds(report, &group)));
        out.push('\n');
        out.push_str(&style.grid(&phases(&group)));
    }
    out.push('\n');
    for line in not_run(&bench.not_run) {
        let _ = writeln!(out, "{line}");
    }
    for row in rows.settings.iter().filter(|row| row.other_bits > 0) {
        let _ = writeln!(
            out,
            "setting {}: up to {} documents of a timed pass had other bits than the pass that was scored, and up to {} answers were others",
            row.setting,
            number(row.other_bits),
            number(row.pass_flips),
        );
    }
    if style == Style::Markdown {
        let _ = writeln!(out, "\n{NOTES}");
    }
    out
}

/// How the bench came to its end.
fn ended(bench: &Bench, limits: &Limits) -> String {
    let rounds = format!("{} {}", bench.rounds, if bench.rounds == 1 { "round" } else { "rounds" });
    let width = format!("{:.1} %", 100.0 * limits.width);
    match bench.stopped {
        Stopped::Narrow => format!("{rounds}: every interval of tokens/s is narrower than {width}."),
        Stopped::Rounds => {
            format!("{rounds}, as many as were allowed; not every interval of tokens/s is narrower than {width}.")
        }
        Stopped::Time => format!(
            "{rounds} in the {:.1} minutes that were allowed; not every interval of tokens/s is narrower than {width}.",
            limits.time.as_secs_f64() / 60.0
        ),
    }
}

fn setting(row: &BenchRow) -> String {
    let device = if row.device == "cpu" { String::new() } else { format!(" ({})", row.device) };
    format!("{}{device} {}", row.engine, row.precision)
}

fn speeds(report: &BenchReport<'_>, rows: &[&BenchRow]) -> Grid {
    let (_, metric) = headline(&rows[0].key.task);
    let header =
        ["#", "model", "run by", "threads", "batch", "tokens/s", "documents/s", "p50 ms", "p95 ms", "p99 ms", "MiB"];
    let mut header: Vec<String> = header.map(str::to_owned).into();
    let scored = rows.iter().any(|row| row.accuracy.is_some());
    if report.price_per_hour.is_some() {
        header.push("cost of 1M documents".to_owned());
    }
    if scored {
        header.push(metric.to_owned());
    }
    let held = rows.iter().any(|row| row.against.is_some());
    if held {
        header.extend(["flips".to_owned(), "against".to_owned()]);
    }
    if held && scored {
        header.push(format!("Δ {metric}"));
    }
    let mut grid = Grid::new(header).left(3);
    let rate = |rate: f64| number(rate.round() as usize);
    let milliseconds =
        |seconds: Option<f64>| seconds.map_or("–".to_owned(), |seconds| format!("{:.1}", 1e3 * seconds));
    for row in rows {
        let tokens = [row.tokens_per_second, row.tokens_per_second_low, row.tokens_per_second_high].map(rate);
        let mut cells = vec![
            row.setting.to_string(),
            row.key.model.clone(),
            setting(row),
            row.threads.to_string(),
            number(row.batch_tokens),
            format!("{} [{}, {}]", tokens[0], tokens[1], tokens[2]),
            format!("{:.1}", row.documents_per_second),
            milliseconds(row.latency_p50_s),
            milliseconds(row.latency_p95_s),
            milliseconds(row.latency_p99_s),
            row.peak_bytes.map_or("not known".to_owned(), |bytes| number((bytes >> 20) as usize)),
        ];
        if report.price_per_hour.is_some() {
            cells.push(row.cost_per_million_documents.map_or("–".to_owned(), |cost| format!("{cost:.2}")));
        }
        if scored {
            cells.push(with_ends([row.accuracy, row.accuracy_low, row.accuracy_high], ""));
        }
        if held {
            let flips = row.flips.zip(row.answers);
            cells.push(flips.map_or("–".to_owned(), |(flips, of)| format!("{} of {}", number(flips), number(of))));
            cells.push(row.against.map_or("–".to_owned(), |against| format!("#{against}")));
        }
        if held && scored {
            cells.push(with_ends([row.difference, row.difference_low, row.difference_high], "+"));
        }
        grid.row(cells);
    }
    grid
}

/// `0.713 [0.680, 0.744]`, with the sign `+` where a number is a difference.
fn with_ends(numbers: [Option<f64>; 3], sign: &str) -> String {
    let [Some(value), Some(low), Some(high)] = numbers else { return "–".to_owned() };
    let told = |number: f64| if sign.is_empty() { format!("{number:.3}") } else { format!("{number:+.3}") };
    format!("{} [{}, {}]", told(value), told(low), told(high))
}

fn phases(rows: &[&BenchRow]) -> Grid {
    let known = rows.iter().any(|row| row.share_of_peak.is_some());
    let header = ["#", "passes", "outliers", "coverage", "windows/s", "sequences/s"].map(str::to_owned);
    let mut header: Vec<String> = header.into_iter().chain(PASS_PHASES.map(|phase| format!("{phase} ms"))).collect();
    if known {
        header.extend(["GFLOP/s", "of the f32 peak"].map(str::to_owned));
    }
    let mut grid = Grid::new(header);
    for row in rows {
        let counts = [
            row.setting.to_string(),
            number(row.passes),
            number(row.outliers.len()),
            format!("{:.1} %", 100.0 * row.coverage),
            format!("{:.1}", row.windows_per_second),
            format!("{:.1}", row.sequences_per_second),
        ];
        let mut cells: Vec<String> =
            counts.into_iter().chain(row.seconds.map(|seconds| format!("{:.1}", 1e3 * seconds))).collect();
        if known {
            cells.push(row.operations_per_second.map_or("–".to_owned(), |rate| format!("{:.0}", rate / 1e9)));
            cells.push(row.share_of_peak.map_or("–".to_owned(), |share| format!("{:.0} %", 100.0 * share)));
        }
        grid.row(cells);
    }
    grid
}

/// A line for each reason, with what it kept from being run.
fn not_run(all: &[NotRun]) -> Vec<String> {
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for one in all {
        let setting = one.setting.map(|setting| format!(" ({setting})")).unwrap_or_default();
        reasons.entry(&one.reason).or_default().push(format!("{}{setting}", one.key.model));
    }
    reasons.into_iter().map(|(reason, what)| format!("not run: {}: {reason}", what.join("; "))).collect()
}

/// The bench as JSON, with a line break at its end.
///
/// # Panics
/// Never: rows are plain data.
pub fn bench_json(report: &BenchReport<'_>) -> String {
    let BenchReport { bench, rows, limits, .. } = *report;
    let setting = |row: &BenchRow| {
        let mut json = serde_json::to_value(row).expect("a row is plain data");
        json["seconds"] = PASS_PHASES.iter().zip(row.seconds).map(|(phase, seconds)| (*phase, seconds)).collect();
        json
    };
    let not_run = |one: &NotRun| {
        let mut json = serde_json::to_value(&one.key).expect("a key is plain data");
        if let Some(setting) = one.setting {
            let runtime = setting.runtime;
            json["engine"] = runtime.engine.to_string().into();
            json["device"] = runtime.device.to_string().into();
            json["precision"] = runtime.precision.to_string().into();
            json["threads"] = setting.threads.into();
            json["batch_tokens"] = setting.batch_tokens.into();
        }
        json["reason"] = one.reason.clone().into();
        json
    };
    let peaks = bench.peaks.iter().map(|peak| {
        json!({ "threads": peak.threads, "f32_operations_per_second": { "before": peak.before, "after": peak.after } })
    });
    let stopped = match bench.stopped {
        Stopped::Narrow => "narrow",
        Stopped::Rounds => "rounds",
        Stopped::Time => "time",
    };
    let json = json!({
        "version": 1,
        "karat": env!("CARGO_PKG_VERSION"),
        "name": report.name,
        "circumstances": report.circumstances,
        "limit": report.limit,
        "width": limits.width,
        "confidence": limits.confidence,
        "most_rounds": limits.rounds,
        "most_minutes": limits.time.as_secs_f64() / 60.0,
        "rounds": bench.rounds,
        "stopped": stopped,
        "price_per_hour": report.price_per_hour,
        "peaks": peaks.collect::<Vec<Value>>(),
        "settings": rows.settings.iter().map(setting).collect::<Vec<Value>>(),
        "not_run": bench.not_run.iter().map(not_run).collect::<Vec<Value>>(),
    });
    format!("{json}\n")
}
