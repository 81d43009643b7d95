//! `karat score`: answers in files, no model, no run folder.

mod arguments;
mod conll;
mod families;
mod jsonl;
mod output;

pub(super) use arguments::ScoreOptions;
pub(super) use jsonl::Unanswered;

use self::arguments::{FormatArgument, UnitArgument};
use super::arguments::TableOrJson;
use super::metrics::Measured;
use super::{emit, say, say_if_few};
use crate::base::{Entity, Stance};
use crate::metrics::{Ambiguous, Family, Scheme, TaggedText, total};
use crate::report::number;
use crate::stats::Bootstrap;
use crate::task::TaskName;
use ndarray::Array2;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Options that do not go together, or files that do not.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScoreError {
    /// A family of another task.
    #[error("metrics `{family}` are not of task `{task}`")]
    OtherTask { family: &'static str, task: TaskName },
    /// A family of tags for files of spans.
    #[error("metrics `{family}` are of token tags, and `{}` holds spans", path.display())]
    NoTags { family: &'static str, path: PathBuf },
    /// Files of two formats.
    #[error("`{}` and `{}` are not of one format", gold.display(), pred.display())]
    TwoFormats { gold: PathBuf, pred: PathBuf },
    /// Columns of token tags for a task that has none.
    #[error("columns of token tags hold no stances")]
    NoStances,
    /// An option of columns for spans, or the other way round.
    #[error("`{option}` belongs to {of}")]
    Foreign { option: &'static str, of: &'static str },
    /// A table has no room for each document.
    #[error("`--per-document` is for JSON")]
    NoTable,
    /// Predictions for other tokens.
    #[error("{0}")]
    OtherToken(conll::OtherToken),
    /// Tags that are of no one scheme.
    #[error(transparent)]
    Ambiguous(#[from] Ambiguous),
    /// Predicted tags that gold's scheme does not have.
    #[error("predicted tag `{tag}` is not of {scheme}, as which the tags of gold are read")]
    OtherScheme { tag: String, scheme: Scheme },
}

impl ScoreError {
    /// What to do about it.
    pub(super) fn cure(&self) -> &'static str {
        match self {
            Self::OtherTask { .. } => {
                "of ner: exact, seqeval, seqeval-strict, semeval2013, nervaluate; of stance: classes, targets; of both: all"
            }
            Self::NoTags { .. } => {
                "give gold and predictions as CoNLL columns, or choose exact, semeval2013 or nervaluate"
            }
            Self::TwoFormats { .. } => "give both in one format; --from names it where the files' endings do not",
            Self::NoStances => "give stances as JSONL",
            Self::Foreign { .. } => "leave the option out",
            Self::NoTable => "add --format json",
            Self::OtherToken(_) => "gold and predictions need the same tokens in the same sentences, in the same order",
            Self::Ambiguous(_) | Self::OtherScheme { .. } => "name the scheme with --scheme",
        }
    }
}

/// Gold and predictions of one document.
type Sides<T> = (T, T);

/// What is scored, a document each.
enum Material<'a> {
    Entities(Vec<Sides<Vec<Entity>>>),
    Tags(Vec<Sides<TaggedText<'a>>>),
    /// Target, gold and predicted stance of each item.
    Stances(Vec<Vec<(String, Stance, Stance)>>),
}

/// The documents that are scored, and what was left out.
struct Documents<'a> {
    names: Vec<String>,
    material: Material<'a>,
    /// Predicted documents or stances without gold.
    ignored: usize,
    /// Predicted entities where the gold is marked as not annotated.
    unannotated: usize,
}

/// One family of metrics on the documents.
struct Scored {
    name: &'static str,
    family: Box<dyn Family>,
    /// `[documents, columns]`
    counts: Array2<u32>,
    metrics: Vec<Measured>,
}

pub(super) fn run(options: &ScoreOptions) -> anyhow::Result<()> {
    if options.per_document && options.format == TableOrJson::Table {
        return Err(ScoreError::NoTable.into());
    }
    let mut clock = Clock::start();
    let format = format(options)?;
    let names = families::named(options, format)?;
    let files = match format {
        FormatArgument::Conll => conll::Files::read(options)?,
        FormatArgument::Jsonl => conll::Files::default(),
    };
    let documents = match format {
        FormatArgument::Conll => conll::documents(&files, options)?,
        FormatArgument::Jsonl => jsonl::documents(options)?,
    };
    let read = clock.lap();
    let (seed, replicates, method) = (options.seed, options.replicates, options.interval.into());
    let bootstrap = Bootstrap { seed, replicates, confidence: 0.95, method };
    let counted = families::count(&names, &documents.material, options)?;
    let count = clock.lap();
    let mut scored = Vec::new();
    for (name, family, counts) in counted {
        let metrics = family.metrics(&total(&counts));
        let intervals = bootstrap.intervals(&counts, metrics.len(), |sums, values| family.values(sums, values));
        let metrics = metrics.into_iter().zip(intervals).collect();
        scored.push(Scored { name, family, counts, metrics });
    }
    let task = TaskName::from(options.task);
    tell(&documents, task);
    if options.timings {
        say(&format!("read in {read:.4} s, counted in {count:.4} s, resampled in {:.4} s", clock.lap()));
    }
    match options.format {
        TableOrJson::Table => emit(&output::table(&documents, &scored)),
        TableOrJson::Json => emit(&output::json(&documents, &scored, options)),
    }
}

/// Seconds of wall time since the lap before.
struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn lap(&mut self) -> f64 {
        let before = std::mem::replace(&mut self.0, Instant::now());
        (self.0 - before).as_secs_f64()
    }
}

/// The format that the options name, or the endings of the files.
fn format(options: &ScoreOptions) -> Result<FormatArgument, ScoreError> {
    let of = |path: &Path| options.from.unwrap_or(FormatArgument::of(path));
    let (gold, pred) = (options.gold.as_deref(), options.pred.as_deref());
    let format = match (gold, pred) {
        (Some(gold), Some(pred)) if of(gold) == of(pred) => of(gold),
        (Some(gold), Some(pred)) => {
            return Err(ScoreError::TwoFormats { gold: gold.to_owned(), pred: pred.to_owned() });
        }
        // One file with both tags.
        _ => FormatArgument::Conll,
    };
    let foreign = match format {
        FormatArgument::Conll if TaskName::from(options.task) == TaskName::Stance => return Err(ScoreError::NoStances),
        FormatArgument::Conll => (options.documents.is_some(), "--documents", "JSONL"),
        FormatArgument::Jsonl if options.scheme.is_some() => (true, "--scheme", "CoNLL columns"),
        FormatArgument::Jsonl => (options.unit != UnitArgument::Document, "--unit", "CoNLL columns"),
    };
    match foreign {
        (true, option, of) => Err(ScoreError::Foreign { option, of }),
        (false, ..) => Ok(format),
    }
}

fn tell(documents: &Documents<'_>, task: TaskName) {
    if documents.ignored > 0 {
        say(&format!("{} predicted {} have no gold and were left out", number(documents.ignored), jsonl::noun(task)));
    }
    if documents.unannotated > 0 {
        say(&format!(
            "{} predicted entities lie where the gold is marked as not annotated, and were left out",
            number(documents.unannotated)
        ));
    }
    say_if_few(documents.names.len());
}
