//! What `karat gold` is told.

use crate::cli::arguments::{TableOrJson, TaskArgument, TextOrJson};
use crate::corpus::exchange::Scheme;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum GoldCommand {
    /// Look a corpus over: counts, splits, passes, and labels that look like slips
    Check(GoldCheckOptions),
    /// Score two annotators' passes against each other, and show where they disagree
    Agree(AgreeOptions),
    /// Queue the places where every confident model of a finished run contradicts the gold, for a person to look at
    Suspects(SuspectsOptions),
    /// Write the digests of a corpus's files into its corpus.toml; `karat check` and `karat run` then refuse a changed file
    Seal {
        /// The corpus's folder
        corpus: PathBuf,
    },
    /// Make documents.jsonl and gold/*.jsonl of a corpus from labels in another format
    Import(ImportOptions),
    /// Write a corpus's documents and gold in another format, and say what it cannot carry
    Export(ExportOptions),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct GoldCheckOptions {
    /// The corpus's folder
    pub(in crate::cli) corpus: PathBuf,
    /// Suspicions of each kind that are shown; json has all
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(in crate::cli) limit: usize,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(in crate::cli) format: TextOrJson,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AgreeOptions {
    /// The corpus's folder, with the annotators' files in passes/NAME/ner.jsonl and passes/NAME/stance.jsonl
    pub(in crate::cli) corpus: PathBuf,
    /// The two passes [default: the first two by name]
    #[arg(long, value_name = "NAME", num_args = 2)]
    pub(in crate::cli) passes: Vec<String>,
    /// One task only [default: all that both passes did]
    #[arg(long, value_enum)]
    pub(in crate::cli) task: Option<TaskArgument>,
    /// Disagreements that are shown for each task; json has all
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(in crate::cli) limit: usize,
    /// Bootstrap resamples of the documents
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..))]
    pub(in crate::cli) replicates: u32,
    /// Names the random streams of the resampling
    #[arg(long, default_value_t = 0)]
    pub(in crate::cli) seed: u64,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = TableOrJson::Table)]
    pub(in crate::cli) format: TableOrJson,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SuspectsOptions {
    /// The run's folder
    pub(in crate::cli) run: PathBuf,
    /// One task only [default: all of the run]
    #[arg(long, value_enum)]
    pub(in crate::cli) task: Option<TaskArgument>,
    /// One corpus only, by its name in the suite [default: all of the run]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) corpus: Option<String>,
    /// How sure every model must be that gives confidences, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.9, value_parser = share)]
    pub(in crate::cli) confidence: f64,
    /// Suspects that are shown of each task and corpus; json and patch have all
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(in crate::cli) limit: usize,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = SuspectsFormat::Table)]
    pub(in crate::cli) format: SuspectsFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SuspectsFormat {
    /// For people
    Table,
    /// For programs; stable and versioned
    Json,
    /// The lines of a patch, to be gone through and named as `patch` of the corpus in a suite
    Patch,
}

fn share(typed: &str) -> Result<f64, String> {
    let value = typed.parse().ok().filter(|value| (0.0..=1.0).contains(value));
    value.ok_or_else(|| "expected a number from 0 to 1".to_owned())
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportOptions {
    /// The file or folder with the labels
    pub(in crate::cli) input: PathBuf,
    /// The corpus's folder; it is made where there is none
    #[arg(long, value_name = "CORPUS")]
    pub(in crate::cli) into: PathBuf,
    /// What the input is
    #[arg(long, value_enum, default_value_t = FormatArgument::Brackets)]
    pub(in crate::cli) from: FormatArgument,
    /// The tags of a conll file [default: found out from the tags]
    #[arg(long, value_enum)]
    pub(in crate::cli) scheme: Option<SchemeArgument>,
    /// Write nothing; fail when a file is not what the input gives
    #[arg(long, conflicts_with = "force")]
    pub(in crate::cli) check: bool,
    /// Write over files that are there and differ
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ExportOptions {
    /// The corpus's folder
    pub(in crate::cli) corpus: PathBuf,
    /// What the output is to be
    #[arg(long, value_enum)]
    pub(in crate::cli) to: FormatArgument,
    /// Where it goes, a file or a folder that must not exist yet; `-` for stdout
    #[arg(long, value_name = "PATH")]
    pub(in crate::cli) output: PathBuf,
    /// The tags of a conll file [default: iob2]
    #[arg(long, value_enum)]
    pub(in crate::cli) scheme: Option<SchemeArgument>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FormatArgument {
    /// A folder of .txt files with inline brackets and a TOML header
    Brackets,
    /// Columns of token and tag, a blank line between sentences
    Conll,
    /// brat stand-off: a folder of .txt and .ann files
    Brat,
    /// Label Studio: a JSON list of tasks
    LabelStudio,
    /// spaCy and Prodigy: JSONL with `text` and `spans`
    Spacy,
    /// SemEval-2016 Task 6: tab-separated ID, Target, Tweet, Stance
    Semeval,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SchemeArgument {
    /// I- everywhere, B- between mentions of one label that touch
    Iob1,
    /// B- begins every mention
    Iob2,
    /// IOB2 with E- for the last token and S- for a single one
    Iobes,
    /// IOB2 with L- for the last token and U- for a single one
    Bilou,
}

impl From<SchemeArgument> for Scheme {
    fn from(argument: SchemeArgument) -> Self {
        match argument {
            SchemeArgument::Iob1 => Self::Iob1,
            SchemeArgument::Iob2 => Self::Iob2,
            SchemeArgument::Iobes => Self::Iobes,
            SchemeArgument::Bilou => Self::Bilou,
        }
    }
}
