//! What a bench measured: a row a setting, a row a pass, a row a document that was asked alone.

use super::{CellKey, Table};
use serde::Serialize;

/// Names of the phases of a pass, in the order of their seconds: documents from their file; windows and sequences; logits; answers; the
/// Parquet table of predictions.
pub const PASS_PHASES: [&str; 5] = ["read", "tokenize", "forward", "decode", "write"];

/// A setting of a cell. Rates and seconds are medians over its passes; the ends of intervals are called `low` and `high`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchRow {
    /// Its number, from 1; the other tables name it.
    pub setting: usize,
    /// Which cell.
    #[serde(flatten)]
    pub key: CellKey,
    /// What ran it.
    pub engine: String,
    /// Where.
    pub device: String,
    /// In which precision.
    pub precision: String,
    /// Worker threads.
    pub threads: usize,
    /// Most tokens of a batch; a longer sequence is a batch of its own.
    pub batch_tokens: usize,
    /// Documents of a pass.
    pub documents: usize,
    /// Windows of them.
    pub windows: usize,
    /// Sequences that the engine read: windows times hypotheses, each different one once.
    pub sequences: usize,
    /// Sequences that are the same as another one, and were not computed again.
    pub repeated: usize,
    /// Real tokens in them, special tokens included, no padding.
    pub tokens: usize,
    /// Timed passes.
    pub passes: usize,
    /// Seconds by phase: read, tokenize, forward, decode, write.
    #[serde(skip)]
    pub seconds: [f64; 5],
    /// Tokens a second of the forward phase.
    pub tokens_per_second: f64,
    /// Its interval's lower end.
    pub tokens_per_second_low: f64,
    /// Its interval's upper end.
    pub tokens_per_second_high: f64,
    /// How often such an interval holds the true median, at least, had the number of passes been fixed before the first one.
    pub coverage: f64,
    /// Tokens a second of passes outside Tukey's fences; they count all the same.
    pub outliers: Vec<f64>,
    /// Windows a second of the forward phase.
    pub windows_per_second: f64,
    /// Sequences a second of the forward phase.
    pub sequences_per_second: f64,
    /// Documents a second over all phases, one after the other.
    pub documents_per_second: f64,
    /// Its interval's lower end.
    pub documents_per_second_low: f64,
    /// Its interval's upper end.
    pub documents_per_second_high: f64,
    /// Documents that were asked alone.
    pub latency_documents: usize,
    /// Half of them took at most so many seconds; None where none was asked.
    pub latency_p50_s: Option<f64>,
    /// 95 of 100.
    pub latency_p95_s: Option<f64>,
    /// 99 of 100.
    pub latency_p99_s: Option<f64>,
    /// The most bytes that a process of its own held; None where that is not known.
    pub peak_bytes: Option<u64>,
    /// Operations of a pass's matrix products; None where the engine does not know them.
    pub operations: Option<u64>,
    /// The same a second of the forward phase.
    pub operations_per_second: Option<f64>,
    /// The most f32 operations a second that so many threads did in registers.
    pub peak_operations_per_second: f64,
    /// The share of that; of the f32 peak in every precision.
    pub share_of_peak: Option<f64>,
    /// What a million documents cost at the price that was given; None without one.
    pub cost_per_million_documents: Option<f64>,
    /// The deciding metric; None where nothing was scored.
    pub metric: Option<String>,
    /// Its definition.
    pub signature: Option<String>,
    /// Documents with gold.
    pub scored_documents: usize,
    /// The metric's value.
    pub accuracy: Option<f64>,
    /// Its interval's lower end.
    pub accuracy_low: Option<f64>,
    /// Its interval's upper end.
    pub accuracy_high: Option<f64>,
    /// The number of the setting that this one is held against; None for that one itself.
    pub against: Option<usize>,
    /// Answers of that one.
    pub answers: Option<usize>,
    /// Entities that only one of the two has, or stances that differ.
    pub flips: Option<usize>,
    /// Documents that they are in.
    pub flipped_documents: Option<usize>,
    /// The metric minus that one's.
    pub difference: Option<f64>,
    /// Its paired interval's lower end.
    pub difference_low: Option<f64>,
    /// Its paired interval's upper end.
    pub difference_high: Option<f64>,
    /// SHA-256 of the logits that were scored.
    pub digest: String,
    /// The most documents of a timed pass whose logits had other bits than those that were scored.
    pub other_bits: usize,
    /// The most entities or stances of a timed pass that were not those that were scored.
    pub pass_flips: usize,
}

/// A timed pass.
#[derive(Debug, Clone, PartialEq)]
pub struct PassRow {
    /// The setting's number.
    pub setting: usize,
    /// The round, from 1.
    pub round: usize,
    /// The pass's place in its round, from 1.
    pub place: usize,
    /// Seconds by phase.
    pub seconds: [f64; 5],
    /// Documents.
    pub documents: usize,
    /// Windows.
    pub windows: usize,
    /// Sequences.
    pub sequences: usize,
    /// Real tokens.
    pub tokens: usize,
    /// True outside Tukey's fences of the setting's tokens a second.
    pub outlier: bool,
    /// SHA-256 of all logits.
    pub digest: String,
    /// Documents whose logits have other bits than those that were scored.
    pub other_bits: usize,
    /// Entities or stances that are not those that were scored.
    pub flips: usize,
}

/// A document that was asked alone.
#[derive(Debug, Clone, PartialEq)]
pub struct LatencyRow {
    /// The setting's number.
    pub setting: usize,
    /// The document's id.
    pub document: String,
    /// Seconds from its text to its answer.
    pub seconds: f64,
}

impl BenchRow {
    /// The table.
    pub fn table(rows: &[Self]) -> Table {
        let count = |of: fn(&Self) -> usize| rows.iter().map(move |row| Some(of(row)));
        let number = |of: fn(&Self) -> Option<f64>| rows.iter().map(of);
        let text = |of: fn(&Self) -> Option<&str>| rows.iter().map(of);
        let table = Table::keyed(rows.iter().map(|row| &row.key))
            .count("setting", count(|row| row.setting))
            .text("engine", text(|row| Some(&row.engine)))
            .text("device", text(|row| Some(&row.device)))
            .text("precision", text(|row| Some(&row.precision)))
            .count("threads", count(|row| row.threads))
            .count("batch_tokens", count(|row| row.batch_tokens))
            .count("documents", count(|row| row.documents))
            .count("windows", count(|row| row.windows))
            .count("sequences", count(|row| row.sequences))
            .count("repeated", count(|row| row.repeated))
            .count("tokens", count(|row| row.tokens))
            .count("passes", count(|row| row.passes));
        phases(table, || rows.iter().map(|row| row.seconds))
            .number("tokens_per_second", number(|row| Some(row.tokens_per_second)))
            .number("tokens_per_second_low", number(|row| Some(row.tokens_per_second_low)))
            .number("tokens_per_second_high", number(|row| Some(row.tokens_per_second_high)))
            .number("coverage", number(|row| Some(row.coverage)))
            .count("outliers", count(|row| row.outliers.len()))
            .number("windows_per_second", number(|row| Some(row.windows_per_second)))
            .number("sequences_per_second", number(|row| Some(row.sequences_per_second)))
            .number("documents_per_second", number(|row| Some(row.documents_per_second)))
            .number("documents_per_second_low", number(|row| Some(row.documents_per_second_low)))
            .number("documents_per_second_high", number(|row| Some(row.documents_per_second_high)))
            .count("latency_documents", count(|row| row.latency_documents))
            .number("latency_p50_s", number(|row| row.latency_p50_s))
            .number("latency_p95_s", number(|row| row.latency_p95_s))
            .number("latency_p99_s", number(|row| row.latency_p99_s))
            .count("peak_bytes", rows.iter().map(|row| row.peak_bytes.map(|bytes| bytes as usize)))
            .count("operations", rows.iter().map(|row| row.operations.map(|count| count as usize)))
            .number("operations_per_second", number(|row| row.operations_per_second))
            .number("peak_operations_per_second", number(|row| Some(row.peak_operations_per_second)))
            .number("share_of_peak", number(|row| row.share_of_peak))
            .number("cost_per_million_documents", number(|row| row.cost_per_million_documents))
            .text("metric", text(|row| row.metric.as_deref()))
            .text("signature", text(|row| row.signature.as_deref()))
            .count("scored_documents", count(|row| row.scored_documents))
            .number("accuracy", number(|row| row.accuracy))
            .number("accuracy_low", number(|row| row.accuracy_low))
            .number("accuracy_high", number(|row| row.accuracy_high))
            .count("against", rows.iter().map(|row| row.against))
            .count("answers", rows.iter().map(|row| row.answers))
            .count("flips", rows.iter().map(|row| row.flips))
            .count("flipped_documents", rows.iter().map(|row| row.flipped_documents))
            .number("difference", number(|row| row.difference))
            .number("difference_low", number(|row| row.difference_low))
            .number("difference_high", number(|row| row.difference_high))
            .text("digest", text(|row| Some(&row.digest)))
            .count("other_bits", count(|row| row.other_bits))
            .count("pass_flips", count(|row| row.pass_flips))
    }
}

impl PassRow {
    /// The table.
    pub fn table(rows: &[Self]) -> Table {
        let count = |of: fn(&Self) -> usize| rows.iter().map(move |row| Some(of(row)));
        let table = Table::default()
            .count("setting", count(|row| row.setting))
            .count("round", count(|row| row.round))
            .count("place", count(|row| row.place));
        phases(table, || rows.iter().map(|row| row.seconds))
            .count("documents", count(|row| row.documents))
            .count("windows", count(|row| row.windows))
            .count("sequences", count(|row| row.sequences))
            .count("tokens", count(|row| row.tokens))
            .flag("outlier", rows.iter().map(|row| row.outlier))
            .text("digest", rows.iter().map(|row| Some(row.digest.as_str())))
            .count("other_bits", count(|row| row.other_bits))
            .count("flips", count(|row| row.flips))
    }
}

impl LatencyRow {
    /// The table.
    pub fn table(rows: &[Self]) -> Table {
        Table::default()
            .count("setting", rows.iter().map(|row| Some(row.setting)))
            .text("document", rows.iter().map(|row| Some(row.document.as_str())))
            .number("seconds", rows.iter().map(|row| Some(row.seconds)))
    }
}

/// Adds the seconds of each phase.
fn phases<I: Iterator<Item = [f64; 5]>>(table: Table, seconds: impl Fn() -> I) -> Table {
    let add = |table: Table, (at, name): (usize, &&str)| {
        table.number(&format!("{name}_s"), seconds().map(|seconds| Some(seconds[at])))
    };
    PASS_PHASES.iter().enumerate().fold(table, add)
}
