//! Arguments of `compare`, `bless`, `gate` and `history`.

use crate::stats::Method;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(in super::super) struct CompareOptions {
    /// Finished runs or baselines; the first is the baseline of the others. One alone: its models with each other
    #[arg(required = true, value_name = "RUN")]
    pub(in super::super) runs: Vec<PathBuf>,
    /// Differences of at most this size do not matter [default: the first run's, 0.01 unless its suite says otherwise]
    #[arg(long, value_name = "M", value_parser = margin)]
    pub(in super::super) margin: Option<f64>,
    /// Resamples of the documents [default: the first run's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(100..))]
    pub(in super::super) replicates: Option<u32>,
    /// Names the random streams [default: the first run's]
    #[arg(long)]
    pub(in super::super) seed: Option<u64>,
    /// How intervals are read off the resamples [default: the first run's]
    #[arg(long, value_enum)]
    pub(in super::super) interval: Option<IntervalArgument>,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = PageFormat::Table)]
    pub(in super::super) format: PageFormat,
}

fn margin(written: &str) -> Result<f64, String> {
    let margin: f64 = written.parse().map_err(|_| "it is no number".to_owned())?;
    if (0.0..1.0).contains(&margin) { Ok(margin) } else { Err("it must be at least 0 and less than 1".to_owned()) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum IntervalArgument {
    /// Quantiles of the resamples
    Percentile,
    /// Quantiles corrected for bias and skewness
    Bca,
}

impl From<IntervalArgument> for Method {
    fn from(argument: IntervalArgument) -> Self {
        match argument {
            IntervalArgument::Percentile => Self::Percentile,
            IntervalArgument::Bca => Self::Bca,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum PageFormat {
    /// For people, in a terminal
    Table,
    /// For people, as Markdown
    Md,
    /// For programs; stable and versioned
    Json,
}

#[derive(Debug, Args)]
pub(in super::super) struct BlessOptions {
    /// The run's folder
    pub(in super::super) run: PathBuf,
    /// The baseline's name
    #[arg(long, value_name = "NAME", default_value = "main", value_parser = file_name)]
    pub(in super::super) name: String,
    /// Why this run is what later ones are held against; kept in the baseline
    #[arg(long, value_name = "TEXT")]
    pub(in super::super) reason: Option<String>,
    /// Replace the baseline of that name
    #[arg(long)]
    pub(in super::super) replace: bool,
    /// The folder of all baselines; commit it
    #[arg(long, value_name = "DIR", default_value = "baselines")]
    pub(in super::super) into: PathBuf,
}

/// A name that can be a folder's.
fn file_name(name: &str) -> Result<String, String> {
    let usable = !name.is_empty()
        && !name.starts_with('.')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if usable { Ok(name.to_owned()) } else { Err("use letters, digits, `-`, `_`, `.`".to_owned()) }
}

#[derive(Debug, Args)]
pub(in super::super) struct GateOptions {
    /// The run's folder
    pub(in super::super) run: PathBuf,
    /// A baseline by its name or folder; another run's folder will do
    #[arg(long, value_name = "B", default_value = "main")]
    pub(in super::super) baseline: PathBuf,
    /// Where baselines are looked up by name
    #[arg(long, value_name = "DIR", default_value = "baselines")]
    pub(in super::super) from: PathBuf,
    /// A suite whose [gate] stands in for that of the run's own
    #[arg(long, value_name = "SUITE")]
    pub(in super::super) policy: Option<PathBuf>,
    /// Also write the verdicts as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(in super::super) junit: Option<PathBuf>,
    /// Also write them as Markdown, for a comment on a pull request
    #[arg(long, value_name = "FILE")]
    pub(in super::super) comment: Option<PathBuf>,
    /// Also write them as JSON
    #[arg(long, value_name = "FILE")]
    pub(in super::super) json: Option<PathBuf>,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = GateFormat::Text)]
    pub(in super::super) format: GateFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum GateFormat {
    /// For people, in a terminal
    Text,
    /// For people, as Markdown
    Md,
    /// For programs; stable and versioned
    Json,
    /// For CI systems
    Junit,
}

#[derive(Debug, Args)]
pub(in super::super) struct HistoryOptions {
    /// Add a finished run as the next point; may be given again
    #[arg(long, value_name = "RUN")]
    pub(in super::super) add: Vec<PathBuf>,
    /// The folder of the history; files are only ever added to it
    #[arg(long, value_name = "DIR", default_value = "history")]
    pub(in super::super) series: PathBuf,
    /// The metric that is shown [default: each task's deciding one]
    #[arg(long, value_name = "ID")]
    pub(in super::super) metric: Option<String>,
    /// What differs between two points
    #[arg(long, num_args = 2, value_names = ["POINT", "POINT"], conflicts_with = "metric")]
    pub(in super::super) between: Vec<usize>,
    /// Differences of at most this size do not matter
    #[arg(long, value_name = "M", default_value = "0.01", value_parser = margin)]
    pub(in super::super) margin: f64,
    /// Resamples of the documents
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..))]
    pub(in super::super) replicates: u32,
    /// Names the random streams
    #[arg(long, default_value_t = 0)]
    pub(in super::super) seed: u64,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = HistoryFormat::Text)]
    pub(in super::super) format: HistoryFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum HistoryFormat {
    /// For people, in a terminal, with sparklines
    Text,
    /// For people, as Markdown
    Md,
    /// For programs; stable and versioned
    Json,
    /// A plot
    Svg,
}
