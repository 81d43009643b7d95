//! The arguments as typed.

mod bench;
mod compare;
mod runtime;

pub(super) use bench::BenchOptions;
pub(super) use compare::{
    BlessOptions, CompareOptions, GateFormat, GateOptions, HistoryFormat, HistoryOptions, IntervalArgument, PageFormat,
};

pub(super) use runtime::RuntimeOptions;

use super::gold::GoldCommand;
use super::models::{EXAMPLES as MODELS, ModelsCommand};
use super::score::ScoreOptions;
use crate::task::TaskName;
use crate::task::ner::Aggregation;
use crate::task::stance::{Rule, WindowRule};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// How pure is the model against gold? Applies transformer models (named-entity recognition, zero-shot stance) to a
/// corpus, scores them against hand-made labels, and says how sure the numbers are.
#[derive(Debug, Parser)]
#[command(name = "karat", version, max_term_width = 100, after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  karat run                                  the bundled models on the bundled corpus
  karat check suites/mine.toml               find every problem of a suite without running it
  karat run suites/mine.toml --from reports/mine   decode a run's logits anew, without inference
  karat predict --task ner --model models/ner-minilm-l6 --input articles/ --output names.jsonl
  karat score --task ner --gold gold.jsonl --pred names.jsonl
  karat report reports/demo-20251122-101500 --format html > report.html
  karat compare reports/before reports/after
  karat bless reports/after --reason first && karat gate reports/next
  karat bench --precision f32,bf16 --threads 1,2   what is faster, and what it costs in accuracy
  karat models pull facebook/bart-large-mnli   a model from the hub, into its cache

Exit codes:
  0  done and every gate met
  1  a gate says regressed
  2  could not run (arguments, suite, data, model, disk)
  3  a gate is not settled, and its policy stops there";

const GATE: &str = "\
The policy stands in the suite, under [gate]: `margin` (default: that of [statistics], 0.01), `inconclusive` (pass, warn,
stop or fail; default: warn), `max_age_days` (default: 90), and [[gate.metrics]] with `metric`, and where wanted `task`,
`corpus`, `model`, `margin`, `floor`, `inconclusive`. Without any, the deciding metric of every model is held.

Exit codes:
  0  every check is met
  1  one regressed or is below its floor
  2  the two cannot be compared: other gold, documents, split or definitions, a metric or model that is not there
  3  not settled, and the policy says `stop`";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a suite: predict, score, and write a run folder with tables and a report
    Run(RunOptions),
    /// Apply one model to your own documents
    Predict(PredictOptions),
    /// Score a file of predictions against a file of gold
    Score(ScoreOptions),
    /// Show the report of a finished run
    Report(ReportOptions),
    /// Compare runs, or the models of one run: differences, verdicts, flipped items
    Compare(CompareOptions),
    /// Make a run the baseline that later ones are held against
    Bless(BlessOptions),
    /// Hold a run against a baseline; the exit code says what came of it
    #[command(after_help = GATE)]
    Gate(GateOptions),
    /// Follow metrics over time: add runs to a series, show its trend and slow drift
    History(HistoryOptions),
    /// Measure throughput and latency of what a run scores, in one or many settings
    Bench(BenchOptions),
    /// Find every problem of a suite without running it
    Check(CheckOptions),
    /// Work with hand-made labels
    #[command(subcommand)]
    Gold(GoldCommand),
    /// List, inspect and download models
    #[command(subcommand, after_help = MODELS)]
    Models(ModelsCommand),
}

#[derive(Debug, Args)]
pub(super) struct RunOptions {
    /// The suite, a TOML file
    #[arg(default_value = "suites/demo.toml")]
    pub(super) suite: PathBuf,
    /// Where the run goes; it must not exist yet [default: reports/NAME-DATE-TIME]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Take up an interrupted run (of --out, or the suite's newest under reports/)
    #[arg(long)]
    pub(super) resume: bool,
    /// Decode the logits that the run in RUN holds, in place of forward passes: a suite that differs in decoding, split or
    /// documents only takes seconds
    #[arg(long, value_name = "RUN")]
    pub(super) from: Option<PathBuf>,
    /// Take only the first N documents of each corpus
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<NonZeroUsize>,
    /// Leave the built-in probes out; they are English
    #[arg(long)]
    pub(super) no_probes: bool,
    #[command(flatten)]
    pub(super) compute: ComputeOptions,
    /// What stdout carries: a summary, or the metrics as JSON
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(super) format: TextOrJson,
}

#[derive(Debug, Args)]
pub(super) struct ComputeOptions {
    /// Worker threads [default: one a core]
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(super) runtime: RuntimeOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TextOrJson {
    /// For people
    Text,
    /// For programs; stable and versioned
    Json,
}

/// Documents of a Parquet file of predictions, where nothing else is asked for.
pub(super) const SHARD_DOCUMENTS: usize = 2000;

#[derive(Debug, Args)]
pub(super) struct PredictOptions {
    /// What is asked of the model
    #[arg(long, value_enum)]
    pub(super) task: TaskArgument,
    /// The model's folder: config.json, tokenizer.json, model.safetensors
    #[arg(long, value_name = "DIR")]
    pub(super) model: PathBuf,
    /// The documents: a JSONL file with `id` and `text`, a Parquet file (*.parquet) with these columns, or a folder of .txt
    /// files
    #[arg(long, value_name = "FILE|DIR")]
    pub(super) input: PathBuf,
    /// Where the predictions go: a JSONL file, which is called FILE.partial until it is whole; `-` for stdout, without --format json;
    /// or a name that ends in `/` for a folder of Parquet files, which can be stopped and resumed:
    /// DIR/predictions/part-00000.parquet … and DIR/predict.json
    #[arg(long, value_name = "FILE|DIR/")]
    pub(super) output: PathBuf,
    /// With --output DIR/: documents of each Parquet file [default: 2000]
    #[arg(long, value_name = "N")]
    pub(super) shard_documents: Option<NonZeroUsize>,
    /// With --output DIR/: take up what was stopped; files that are whole are kept
    #[arg(long)]
    pub(super) resume: bool,
    /// What stances are about: a TOML file of `id = "phrase"` lines (task stance)
    #[arg(long, value_name = "FILE", required_if_eq("task", "stance"))]
    pub(super) targets: Option<PathBuf>,
    /// Also write the logits, as Parquet: a file, or with --output DIR/ a folder (a name that ends in `/`) of files, which is new or
    /// empty
    #[arg(long, value_name = "FILE|DIR/")]
    pub(super) logits: Option<PathBuf>,
    /// What a class of the model means, where its name in config.json does not say it, or an entity type as gold calls it:
    /// `LABEL_1=B-PER`, `PERSON=PER`, `DATE=O`, `LABEL_2=entailment`; once for each
    #[arg(long = "label", value_name = "NAME=MEANING", value_parser = label)]
    pub(super) labels: Vec<(String, String)>,
    /// How tokens become entities (task ner) [default: first]
    #[arg(long, value_enum)]
    pub(super) aggregation: Option<AggregationArgument>,
    /// How entailment decides a stance (task stance) [default: argmax-hypotheses]
    #[arg(long, value_enum)]
    pub(super) rule: Option<RuleArgument>,
    /// How the windows of a long document are combined (task stance) [default: mean]
    #[arg(long, value_enum)]
    pub(super) window_rule: Option<WindowRuleArgument>,
    /// Longest sequence in tokens, special tokens and hypothesis included [default: the model's limit]
    #[arg(long, value_name = "N")]
    pub(super) max_tokens: Option<usize>,
    /// Tokens that neighbouring windows share [default: an eighth of --max-tokens]
    #[arg(long, value_name = "N")]
    pub(super) overlap: Option<usize>,
    #[command(flatten)]
    pub(super) compute: ComputeOptions,
    /// What stdout carries: nothing, or counts and times as JSON
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(super) format: TextOrJson,
}

/// `NAME=MEANING`.
fn label(text: &str) -> Result<(String, String), String> {
    let (name, meaning) = text.split_once('=').ok_or("it is not of the form NAME=MEANING")?;
    Ok((name.to_owned(), meaning.to_owned()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TableOrJson {
    /// For people
    Table,
    /// For programs; stable and versioned
    Json,
}

#[derive(Debug, Args)]
pub(super) struct ReportOptions {
    /// The run's folder
    pub(super) run: PathBuf,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = ReportFormat::Md)]
    pub(super) format: ReportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// Markdown
    Md,
    /// One page that stands alone
    Html,
}

#[derive(Debug, Args)]
pub(super) struct CheckOptions {
    /// The suite, a TOML file
    #[arg(default_value = "suites/demo.toml")]
    pub(super) suite: PathBuf,
    /// Leave the built-in probes out; they are English
    #[arg(long)]
    pub(super) no_probes: bool,
    /// Also measure the noise floor: ask the models the same in other batches, another order, on more threads and by every
    /// engine and precision that there is, and say what that changes
    #[arg(long)]
    pub(super) noise: bool,
    /// With --noise: the first N labelled documents of each evaluation are asked
    #[arg(long, value_name = "N", default_value = "8", requires = "noise")]
    pub(super) sample: NonZeroUsize,
    /// With --noise: worker threads of the variation that has several [default: one a core, at least 2]
    #[arg(long, value_name = "N", requires = "noise")]
    pub(super) threads: Option<NonZeroUsize>,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(super) format: TextOrJson,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TaskArgument {
    /// Named-entity recognition
    Ner,
    /// Zero-shot stance
    Stance,
}

impl From<TaskArgument> for TaskName {
    fn from(argument: TaskArgument) -> Self {
        match argument {
            TaskArgument::Ner => Self::Ner,
            TaskArgument::Stance => Self::Stance,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AggregationArgument {
    /// Every token that is not O is an entity
    None,
    /// Neighbouring tokens of one type are one entity
    Simple,
    /// Whole words, by their first token
    First,
    /// Whole words, by the mean over their tokens
    Average,
    /// Whole words, by their most certain token
    Max,
}

impl From<AggregationArgument> for Aggregation {
    fn from(argument: AggregationArgument) -> Self {
        match argument {
            AggregationArgument::None => Self::None,
            AggregationArgument::Simple => Self::Simple,
            AggregationArgument::First => Self::First,
            AggregationArgument::Average => Self::Average,
            AggregationArgument::Max => Self::Max,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RuleArgument {
    /// Entailment among all classes
    ArgmaxHypotheses,
    /// Entailment against contradiction alone
    EntailVsContradict,
}

impl From<RuleArgument> for Rule {
    fn from(argument: RuleArgument) -> Self {
        match argument {
            RuleArgument::ArgmaxHypotheses => Self::ArgmaxHypotheses,
            RuleArgument::EntailVsContradict => Self::EntailVsContradict,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum WindowRuleArgument {
    /// The mean, weighted by tokens
    Mean,
    /// The greatest score
    Max,
}

impl From<WindowRuleArgument> for WindowRule {
    fn from(argument: WindowRuleArgument) -> Self {
        match argument {
            WindowRuleArgument::Mean => Self::Mean,
            WindowRuleArgument::Max => Self::Max,
        }
    }
}
