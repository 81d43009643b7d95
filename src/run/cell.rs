//! One cell: documents → windows → logits → answers. `run` and `predict` share this line.

use super::Work;
use super::folder::Saved;
use super::forward::{ForwardFault, forward};
use super::model::{Model, ModelError};
use super::observer::{Event, Observer};
use super::parallel::in_order;
use super::plan::{Cell, Labelled, Plan, bind};
use super::stored::{StoredCell, StoredError};
use super::tune;
use crate::base::CharText;
use crate::corpus::{Document, Target};
use crate::engine::{Config, Engine, Logits, Sequence};
use crate::suite::{ModelEntry, TaskOptions};
use crate::table::{CellKey, LedgerRow, Table, ThroughputRow, entity_rows, sequence_logits, stance_rows, token_logits};
use crate::task::{Answer, Prepared, Task, TaskError, TaskName};
use crate::text::{Reach, Tokenizer};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

/// Why a model did not answer.
#[derive(Debug, thiserror::Error)]
pub enum CellError {
    /// The model cannot be loaded.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The task cannot be asked.
    #[error("model `{}`", model.display())]
    Task {
        /// The model's folder.
        model: PathBuf,
        /// Why.
        source: TaskError,
    },
    /// The floor cannot answer.
    #[error(transparent)]
    Floor(#[from] crate::task::floor::FloorError),
    /// The logits of another run do not fit.
    #[error(transparent)]
    Stored(#[from] StoredError),
    /// The engine refused a batch.
    #[error("model `{}` on document `{document}`", model.display())]
    Forward {
        /// The model's folder.
        model: PathBuf,
        /// The document.
        document: String,
        /// What the engine said.
        source: crate::engine::ForwardError,
    },
}

/// What is asked of a model.
#[derive(Debug)]
pub struct Request<'a> {
    /// The names of the cell, for progress and throughput.
    pub key: CellKey,
    /// The model's folder, and what is said about it.
    pub model: &'a ModelEntry,
    /// The task and how its answers are decoded.
    pub options: &'a TaskOptions,
    /// The documents.
    pub documents: &'a [&'a Document],
    /// Their gold, where there is any; only the majority floor looks at it.
    pub gold: &'a [&'a Answer],
    /// What stances are about.
    pub targets: &'a [Target],
    /// The targets asked of single documents; of others, all.
    pub asked: BTreeMap<String, Vec<String>>,
    /// What the model's engine returned in another run; None: it goes forward.
    pub stored: Option<&'a StoredCell>,
    /// Worker threads.
    pub threads: usize,
}

impl Request<'_> {
    fn refused(&self, source: TaskError) -> CellError {
        CellError::Task { model: self.model.path.clone(), source }
    }
}

/// What a model answered, and how it came to it.
pub struct Answered {
    /// An answer a document.
    pub answers: Vec<Answer>,
    /// What was asked, a document each; empty for a floor.
    pub prepared: Vec<Prepared>,
    /// What the engine returned, `[document][sequence]`; empty for a floor.
    pub logits: Vec<Vec<Logits>>,
    /// The model's configuration; None for a floor.
    pub config: Option<Config>,
    /// Work and time.
    pub throughput: ThroughputRow,
}

impl Answered {
    /// The table of logits; None for a floor.
    pub fn logits_table(&self, task: TaskName, documents: &[&Document]) -> Option<Table> {
        if self.logits.is_empty() {
            return None;
        }
        Some(match task {
            TaskName::Ner => token_logits(documents, &self.prepared, &self.logits),
            TaskName::Stance => sequence_logits(documents, &self.prepared, &self.logits),
        })
    }
}

/// Loads a model and asks it about documents.
///
/// # Errors
/// [`CellError`] when the model cannot be loaded or does not fit the task, the tokenizer refuses a text, or the engine a
/// batch.
pub fn answer(request: &Request<'_>, observer: &dyn Observer) -> Result<Answered, CellError> {
    let begun = Instant::now();
    let runtime = request.model.runtime;
    let model = Model::load(&request.model.path, request.options.task(), runtime)?;
    let mut throughput = ThroughputRow {
        key: request.key.clone(),
        engine: "none".to_owned(),
        precision: "none".to_owned(),
        threads: request.threads,
        documents: request.documents.len(),
        sequences: 0,
        tokens: 0,
        seconds: [begun.elapsed().as_secs_f64(), 0.0, 0.0, 0.0],
    };
    let answered = match &model {
        Model::Floor(floor) => {
            request.model.labels.refuse_for_floor().map_err(|error| request.refused(error.into()))?;
            announce(request, 0, observer);
            let begun = Instant::now();
            let answers = floor.answer(request.documents, request.gold, &request.asked)?;
            throughput.seconds[3] = begun.elapsed().as_secs_f64();
            Answered { answers, prepared: Vec::new(), logits: Vec::new(), config: None, throughput }
        }
        Model::Neural { engine, tokenizer } => {
            let config = engine.config();
            let task = bind(request.options, (config, &request.model.labels), request.targets, request.asked.clone());
            let task = task.map_err(|source| request.refused(source))?;
            let stored = || ThroughputRow::STORED.to_owned();
            throughput.engine = request.stored.map_or_else(|| runtime.place(), |_| stored());
            throughput.precision = runtime.precision.to_string();
            ask(request, (task.as_ref(), engine.as_ref(), tokenizer), throughput, observer)?
        }
    };
    observer.notice(&Event::CellFinished { key: &request.key });
    Ok(answered)
}

fn announce(request: &Request<'_>, tokens: usize, observer: &dyn Observer) {
    observer.notice(&Event::CellStarted { key: &request.key, documents: request.documents.len(), tokens });
}

fn ask(
    request: &Request<'_>,
    (task, engine, tokenizer): (&dyn Task, &dyn Engine, &Tokenizer),
    mut throughput: ThroughputRow,
    observer: &dyn Observer,
) -> Result<Answered, CellError> {
    let (documents, threads) = (request.documents, request.threads);
    let begun = Instant::now();
    let beside = |document: &Document| request.stored.map(|stored| stored.beside(&document.id)).unwrap_or_default();
    let prepare = |(): &mut (), at: usize| task.prepare(documents[at], tokenizer, &beside(documents[at]));
    let prepared = in_order(documents.len(), threads, || (), prepare).map_err(|source| request.refused(source))?;
    throughput.seconds[1] = begun.elapsed().as_secs_f64();
    let logits = match request.stored {
        Some(stored) => {
            announce(request, 0, observer);
            let classes = engine.config().labels.len();
            let pairs = documents.iter().zip(&prepared);
            pairs.map(|(document, prepared)| stored.of(&document.id, prepared, classes)).collect::<Result<_, _>>()?
        }
        None => go_forward(request, engine, &prepared, (&mut throughput, observer))?,
    };
    let begun = Instant::now();
    let decode = |(): &mut (), at: usize| Ok::<_, CellError>(task.decode(documents[at], &prepared[at], &logits[at]));
    let answers = in_order(documents.len(), threads, || (), decode)?;
    throughput.seconds[3] = begun.elapsed().as_secs_f64();
    Ok(Answered { answers, prepared, logits, config: Some(engine.config().clone()), throughput })
}

/// The logits of everything that was prepared, with the work and the time that they took.
fn go_forward(
    request: &Request<'_>,
    engine: &dyn Engine,
    prepared: &[Prepared],
    (throughput, observer): (&mut ThroughputRow, &dyn Observer),
) -> Result<Vec<Vec<Logits>>, CellError> {
    let sequences: Vec<&[Sequence]> = prepared.iter().map(|prepared| prepared.sequences.as_slice()).collect();
    throughput.sequences = sequences.iter().map(|sequences| sequences.len()).sum();
    throughput.tokens = sequences.iter().flat_map(|sequences| sequences.iter()).map(|s| s.ids.len()).sum();
    announce(request, throughput.tokens, observer);
    let begun = Instant::now();
    let failed = |fault: ForwardFault| CellError::Forward {
        model: request.model.path.clone(),
        document: request.documents[fault.document].id.clone(),
        source: fault.error,
    };
    let logits = forward(engine, &sequences, request.threads, observer).map_err(failed)?;
    throughput.seconds[2] = begun.elapsed().as_secs_f64();
    Ok(logits)
}

/// Runs a cell of a plan and gives what is to be saved.
pub(super) fn run(plan: &Plan, cell: &Cell, work: &Work, observer: &dyn Observer) -> Result<Saved, CellError> {
    let begun = Instant::now();
    let stored = work.stored.as_ref().map(|run| run.cell(cell)).transpose()?.flatten();
    let read = begun.elapsed().as_secs_f64();
    let labelled = &plan.evaluations[cell.evaluation];
    let own = labelled.documents();
    // A floor has nothing to tune, and the majority is that of the documents that are scored.
    let tuning = labelled.tuning.as_deref().filter(|_| !plan.models[&cell.key.model].is_floor());
    let mut documents = own.clone();
    let mut gold: Vec<&Answer> = labelled.gold.iter().collect();
    let mut asked = labelled.asked();
    if let Some(tuning) = tuning {
        documents.extend(tuning.documents());
        gold.extend(&tuning.gold);
        asked.extend(tuning.asked());
    }
    let request = Request {
        key: cell.key.clone(),
        model: &cell.model,
        options: &cell.options,
        documents: &documents,
        gold: &gold,
        targets: &labelled.corpus.targets,
        asked,
        stored: stored.as_ref(),
        threads: work.threads,
    };
    let mut answered = answer(&request, observer)?;
    answered.throughput.seconds[0] += read;
    let (mut sweep, mut unfitted) = (Vec::new(), Vec::new());
    if let Some((tuning, tune)) = tuning.zip(labelled.evaluation.tune.as_ref()) {
        let begun = Instant::now();
        if let Some(tuned) = tune::choose((&request, &answered), (labelled, tuning), tune, observer) {
            (answered.answers, sweep, unfitted) = (tuned.answers, tuned.rows, tuned.unfitted);
        }
        answered.throughput.seconds[3] += begun.elapsed().as_secs_f64();
    }
    let task = cell.options.task();
    let predictions = match task {
        TaskName::Ner => entity_rows(&own, &answered.answers),
        TaskName::Stance => stance_rows(&answered.answers),
    };
    Ok(Saved {
        predictions: predictions.into_parquet(),
        logits: answered.logits_table(task, &documents).map(Table::into_parquet),
        ledger: ledger(cell, labelled, &answered),
        sweep,
        unfitted,
        throughput: answered.throughput,
    })
}

/// What the evaluation's documents left out, and what no token of them reaches.
fn ledger(cell: &Cell, labelled: &Labelled, answered: &Answered) -> LedgerRow {
    let documents = labelled.documents();
    let prepared = &answered.prepared[..answered.prepared.len().min(documents.len())];
    let mut ledger = LedgerRow {
        key: cell.key.clone(),
        documents: documents.len(),
        outside_split: labelled.outside_split,
        without_gold: labelled.corpus.documents.len() - documents.len(),
        split: 0,
        sequences: prepared.iter().map(|prepared| prepared.sequences.len()).sum(),
        reach: Reach::default(),
        unannotated: labelled.regions().map(<[_]>::len).sum(),
        predicted_there: answered.answers.iter().zip(labelled.regions()).map(|(a, regions)| a.within(regions)).sum(),
    };
    for ((document, prepared), gold) in documents.iter().zip(prepared).zip(&labelled.gold) {
        ledger.reach += Reach::of_document(&CharText::new(&document.text), &prepared.tokens, gold.entities());
        ledger.split += usize::from(prepared.windows.len() > 1);
    }
    ledger
}
