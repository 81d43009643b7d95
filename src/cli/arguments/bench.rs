//! The arguments of `karat bench`.

use super::runtime::{DeviceArgument, EngineArgument, PrecisionArgument};
use super::{TaskArgument, TextOrJson};
use clap::Args;
use std::num::NonZeroUsize;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(in crate::cli) struct BenchOptions {
    /// The suite, a TOML file; every model of it that is no floor is measured on its own corpus
    #[arg(default_value = "suites/demo.toml", conflicts_with = "model")]
    pub(in crate::cli) suite: PathBuf,
    /// Measure one model instead: what is asked of it
    #[arg(long, value_enum, requires = "model")]
    pub(in crate::cli) task: Option<TaskArgument>,
    /// Measure one model instead: its folder
    #[arg(long, value_name = "DIR", requires_all = ["task", "input"])]
    pub(in crate::cli) model: Option<PathBuf>,
    /// With --model: the documents, a JSONL or .parquet file with `id` and `text`, or a folder of .txt files
    #[arg(long, value_name = "FILE|DIR", requires = "model")]
    pub(in crate::cli) input: Option<PathBuf>,
    /// With --model: what stances are about, a TOML file of `id = "phrase"` lines (task stance)
    #[arg(long, value_name = "FILE", requires = "model", required_if_eq("task", "stance"))]
    pub(in crate::cli) targets: Option<PathBuf>,
    /// With --model: gold, as `gold/ner.jsonl` or `gold/stance.jsonl` of a corpus; without it there is no accuracy
    #[arg(long, value_name = "FILE", requires = "model")]
    pub(in crate::cli) gold: Option<PathBuf>,
    /// Take only the first N documents of each corpus
    #[arg(long, value_name = "N")]
    pub(in crate::cli) limit: Option<NonZeroUsize>,
    /// Numbers of worker threads to try, such as 1,2 [default: one a core]
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    pub(in crate::cli) threads: Vec<NonZeroUsize>,
    /// Most tokens of a batch to try, such as 256,512,1024 [default: what the engine likes best]
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    pub(in crate::cli) batch_tokens: Vec<NonZeroUsize>,
    /// Engines to try [default: what a suite says of the model, or native]
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(in crate::cli) engine: Vec<EngineArgument>,
    /// Precisions to try; f32 always is, beside what costs accuracy [default: what a suite says of the model, or f32]
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(in crate::cli) precision: Vec<PrecisionArgument>,
    /// Devices to try [default: what a suite says of the model, or cpu]
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(in crate::cli) device: Vec<DeviceArgument>,
    /// Stop when every 95 % interval of tokens a second is narrower than this share of the median; intervals of a bench that stops so
    /// cover somewhat less than they say
    #[arg(long, value_name = "SHARE", default_value = "0.05", value_parser = above_zero)]
    pub(in crate::cli) width: f64,
    /// Most rounds; a round is one pass of every setting
    #[arg(long, value_name = "N", default_value = "30", value_parser = clap::value_parser!(u16).range(1..))]
    pub(in crate::cli) rounds: u16,
    /// Begin no round after so many minutes of them
    #[arg(long, value_name = "MINUTES", default_value = "10", value_parser = above_zero)]
    pub(in crate::cli) minutes: f64,
    /// Documents that are asked alone for their latency, spread evenly over the corpus; 0: none
    #[arg(long, value_name = "N", default_value = "200")]
    pub(in crate::cli) latency: usize,
    /// The price of an hour of this machine, in whatever currency: adds the cost of a million documents
    #[arg(long, value_name = "PRICE", value_parser = above_zero)]
    pub(in crate::cli) price_per_hour: Option<f64>,
    /// Also leave a folder with tables, JSON, Markdown and a plot; it must not exist yet
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// What stdout carries: tables, or everything as JSON
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(in crate::cli) format: TextOrJson,
    // How a bench asks for the memory of one setting: itself once more, in a process of its own, with the setting's number.
    /// Print the most bytes that setting N needs, as JSON
    #[arg(long, value_name = "N", hide = true)]
    pub(in crate::cli) memory_of: Option<usize>,
}

fn above_zero(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "it is no number".to_owned())?;
    if number.is_finite() && number > 0.0 { Ok(number) } else { Err("it must be above 0".to_owned()) }
}
