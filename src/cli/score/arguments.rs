//! The options of `karat score`.

use crate::cli::arguments::{IntervalArgument, TableOrJson, TaskArgument};
use crate::metrics::Scheme;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(in crate::cli) struct ScoreOptions {
    /// What was asked
    #[arg(long, value_enum)]
    pub(super) task: TaskArgument,
    /// The hand-made labels, as JSONL or CoNLL columns
    #[arg(long, value_name = "FILE", required_unless_present = "both")]
    pub(super) gold: Option<PathBuf>,
    /// The predictions, as JSONL or CoNLL columns
    #[arg(long, value_name = "FILE", required_unless_present = "both")]
    pub(super) pred: Option<PathBuf>,
    /// CoNLL columns whose last two are the gold and the predicted tag, as conlleval reads them
    #[arg(long, value_name = "FILE", conflicts_with_all = ["gold", "pred", "from"])]
    pub(super) both: Option<PathBuf>,
    /// Format of both files [default: by ending; .conll, .bio, .iob2, .tsv and .txt are CoNLL]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) from: Option<FormatArgument>,
    /// Metrics, separated by commas [default: exact for ner, classes for stance]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FAMILY")]
    pub(super) metrics: Vec<FamilyArgument>,
    /// Tagging scheme of CoNLL columns; bears on seqeval-strict [default: found out from gold]
    #[arg(long, value_enum)]
    pub(super) scheme: Option<SchemeArgument>,
    /// What CoNLL columns are cut into, and what is resampled
    #[arg(long, value_enum, default_value_t = UnitArgument::Document)]
    pub(super) unit: UnitArgument,
    /// The documents, to check that spans lie inside them and have the surface that is written beside them
    #[arg(long, value_name = "FILE|DIR")]
    pub(super) documents: Option<PathBuf>,
    /// Every document's own values too, in JSON
    #[arg(long)]
    pub(super) per_document: bool,
    /// Bootstrap resamples of the documents
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..))]
    pub(super) replicates: u32,
    /// How intervals are read off the resamples
    #[arg(long, value_enum, default_value_t = IntervalArgument::Percentile)]
    pub(super) interval: IntervalArgument,
    /// Say on stderr how long reading, counting and resampling took
    #[arg(long)]
    pub(super) timings: bool,
    /// Names the random streams of the resampling
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = TableOrJson::Table)]
    pub(super) format: TableOrJson,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatArgument {
    /// Spans or stances, a document a line
    Jsonl,
    /// Tags, a token a line
    Conll,
}

impl FormatArgument {
    /// The format that a file's ending says.
    pub(super) fn of(path: &Path) -> Self {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if ["conll", "bio", "iob2", "tsv", "txt"].contains(&ending) { Self::Conll } else { Self::Jsonl }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FamilyArgument {
    /// Entities with the same span and label
    Exact,
    /// Chunks of tags, as seqeval 1.2.2 and conlleval count them
    Seqeval,
    /// Chunks of a scheme's tags, as seqeval 1.2.2 counts them in mode strict
    SeqevalStrict,
    /// Strict, exact, partial and type of SemEval-2013 9.1, by the best matching
    Semeval2013,
    /// The same by nervaluate 1.2.1's matching
    Nervaluate,
    /// Stances by class
    Classes,
    /// Stances target by target
    Targets,
    /// All that the task and the files allow
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemeArgument {
    /// I- everywhere, B- between mentions of one label that touch
    Iob1,
    /// B- begins every mention
    Iob2,
    /// I- everywhere, E- between mentions of one label that touch
    Ioe1,
    /// E- ends every mention
    Ioe2,
    /// B- begins, E- ends, S- stands alone
    Iobes,
    /// B- begins, L- ends, U- stands alone
    Bilou,
}

impl From<SchemeArgument> for Scheme {
    fn from(argument: SchemeArgument) -> Self {
        match argument {
            SchemeArgument::Iob1 => Self::Iob1,
            SchemeArgument::Iob2 => Self::Iob2,
            SchemeArgument::Ioe1 => Self::Ioe1,
            SchemeArgument::Ioe2 => Self::Ioe2,
            SchemeArgument::Iobes => Self::Iobes,
            SchemeArgument::Bilou => Self::Bilou,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum UnitArgument {
    /// From one -DOCSTART- to the next; without one the whole file
    Document,
    /// Each sentence
    Sentence,
}
