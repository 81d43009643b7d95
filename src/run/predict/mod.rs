//! A model over documents of any number: read one after the other, answered as a cell's are, written as they come.
//!
//! What is in memory does not depend on how many documents there are.

mod folder;
mod lines;
pub(super) mod source;

pub use folder::ShardFolder;

use super::ask::{Asked, Counts, Done};
use super::cell::{CellError, Request};
use super::model::Model;
use super::observer::{Event, Observer};
use super::stream::{Spent, stream};
use crate::corpus::{CorpusError, Document, survey};
use crate::table::{Table, ThroughputRow, entity_rows, sequence_logits, stance_rows, token_logits};
use crate::task::TaskName;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Where answers go.
pub enum Output<'a> {
    /// One JSONL file, or what else takes bytes; and one Parquet file for logits.
    Lines {
        /// The file; None: `stream`.
        file: Option<&'a Path>,
        /// What takes the lines where they go to no file.
        stream: &'a mut (dyn io::Write + Send),
        /// Where the logits go, as Parquet; None: nowhere.
        logits: Option<&'a Path>,
    },
    /// Parquet files of so many documents each.
    Shards(ShardFolder<'a>),
}

/// Why documents were not answered.
#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    /// The documents cannot be used.
    #[error(transparent)]
    Input(#[from] CorpusError),
    /// They are not those that were looked at first.
    #[error("`{}` was changed while it was read", .0.display())]
    Changed(PathBuf),
    /// The model does not answer.
    #[error(transparent)]
    Cell(#[from] CellError),
    /// A floor was asked for logits.
    #[error("model `{}` is a floor, which has no logits", .0.display())]
    NoLogits(PathBuf),
    /// The system refused.
    #[error("`{}` cannot be written", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder has answers already.
    #[error("there are predictions in `{}` already", .0.display())]
    Taken(PathBuf),
    /// The folder has something else in it.
    #[error("`{}` is not empty, and holds no predictions that could be taken up", .0.display())]
    Occupied(PathBuf),
    /// The folder's answers are of something else.
    #[error("the predictions in `{}` were begun with another {}", folder.display(), differing.join(", another "))]
    Other {
        /// The folder.
        folder: PathBuf,
        /// What differs.
        differing: Vec<&'static str>,
    },
    /// A folder would have more shards than names.
    #[error("there would be {shards} files of predictions, and a folder has at most {}", folder::MOST)]
    Shards {
        /// How many there would be.
        shards: usize,
    },
    /// `predict.json` is not what it should be.
    #[error("`{}` is not valid: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The answers were written by a newer karat.
    #[error("`{}` has version {found}, but this karat reads {}", path.display(), folder::VERSION)]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
}

impl PredictError {
    fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Write { path: path.to_owned(), source }
    }
}

/// What was done, and how long it took.
#[derive(Debug)]
pub struct Predicted {
    /// Work and time, as of a cell.
    pub throughput: ThroughputRow,
    /// What was done now.
    pub counts: Counts,
    /// Documents that an earlier, interrupted call had answered.
    pub kept: usize,
    /// Seconds in which the documents were looked at first.
    pub check: f64,
    /// Seconds of each step after that.
    pub spent: Spent,
    /// Seconds from the beginning to the end.
    pub wall: f64,
}

/// What is written of a chunk.
struct Made {
    /// The number of its shard.
    shard: usize,
    /// Lines, where lines are written.
    lines: String,
    /// Answers, where tables are written.
    answers: Option<Table>,
    /// What the engine returned, where it is asked for.
    logits: Option<Table>,
    counts: Counts,
}

/// Answers all documents of `input` as `request` says, whose own documents are none.
///
/// # Errors
/// [`PredictError`]. A file stands in its place whole or not at all; of shards those that are whole stay.
pub fn predict(
    request: &Request<'_>,
    input: &Path,
    output: Output<'_>,
    observer: &dyn Observer,
) -> Result<Predicted, PredictError> {
    let begun = Instant::now();
    if let Output::Shards(folder) = &output {
        folder.look()?;
    }
    let task = request.options.task();
    let model = Model::load(&request.model.path, task, request.model.runtime).map_err(CellError::from)?;
    let asked = Asked::bind(request, &model)?;
    let with_logits = match &output {
        Output::Lines { logits, .. } => logits.is_some(),
        Output::Shards(folder) => folder.logits.is_some(),
    };
    if with_logits && asked.config().is_none() {
        return Err(PredictError::NoLogits(request.model.path.clone()));
    }
    let load = begun.elapsed().as_secs_f64();
    let records = source::open(input)?;
    let shard = match &output {
        Output::Lines { .. } => usize::MAX,
        Output::Shards(folder) => folder.documents,
    };
    let all = survey(records.as_ref(), shard, |documents| observer.notice(&Event::Checked { documents }))?;
    let check = begun.elapsed().as_secs_f64() - load;
    let mut sink = match output {
        Output::Lines { file, stream, logits } => Sink::Lines(Box::new(lines::Lines::begin((file, logits), stream)?)),
        Output::Shards(folder) => {
            let identity = folder::identity(request, &model, &all);
            Sink::Shards(Box::new(folder::Shards::begin(folder, identity, all.documents)?))
        }
    };
    observer.notice(&Event::CellStarted { key: &request.key, documents: all.documents, work: all.bytes });
    let plan = source::Plan { kept: sink.kept(), all, shard };
    let documents = source::Source::new(records.as_ref(), input, &plan)?;
    let chunks = documents.chunks(observer);
    let as_tables = matches!(sink, Sink::Shards(_));
    let make = |done: Done<'_>| made(&done, (task, shard), (as_tables, with_logits));
    let (counts, spent) = stream((&asked, request.threads), chunks, (make, |made| sink.take(made)), observer)?;
    let finishing = Instant::now();
    sink.finish()?;
    let spent = Spent { write: spent.write + finishing.elapsed().as_secs_f64(), ..spent };
    observer.notice(&Event::CellFinished { key: &request.key });
    let throughput = request.throughput(asked.config().is_some(), counts, (load, &spent));
    let (kept, wall) = (plan.all.documents - counts.documents, begun.elapsed().as_secs_f64());
    Ok(Predicted { throughput, counts, kept, check, spent, wall })
}

/// Renders a chunk on the thread that answered it.
fn made(done: &Done<'_>, (task, shard): (TaskName, usize), (as_tables, with_logits): (bool, bool)) -> Made {
    let documents: Vec<&Document> = done.documents.iter().map(AsRef::as_ref).collect();
    let logits = with_logits.then(|| match task {
        TaskName::Ner => token_logits(&documents, &done.prepared, &done.logits),
        TaskName::Stance => sequence_logits(&documents, &done.prepared, &done.logits),
    });
    let answers = as_tables.then(|| match task {
        TaskName::Ner => entity_rows(&documents, &done.answers),
        TaskName::Stance => stance_rows(&done.answers),
    });
    let lines = if as_tables { String::new() } else { lines::lines(&documents, &done.answers) };
    Made { shard: done.first / shard, lines, answers, logits, counts: done.counts }
}

/// What takes chunks in their order.
enum Sink<'a> {
    Lines(Box<lines::Lines<'a>>),
    Shards(Box<folder::Shards<'a>>),
}

impl Sink<'_> {
    /// By shard, whether it is there already.
    fn kept(&self) -> Vec<bool> {
        match self {
            Self::Lines(_) => Vec::new(),
            Self::Shards(shards) => shards.kept(),
        }
    }

    fn take(&mut self, made: Made) -> Result<(), PredictError> {
        match self {
            Self::Lines(lines) => lines.take(made),
            Self::Shards(shards) => shards.take(made),
        }
    }

    fn finish(self) -> Result<(), PredictError> {
        match self {
            Self::Lines(lines) => lines.finish(),
            Self::Shards(shards) => shards.finish(),
        }
    }
}
