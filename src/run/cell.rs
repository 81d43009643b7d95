//! One cell: its documents go through [`super::stream`], and their answers, logits and ledger are kept.

use super::Work;
use super::ask::{Asked, Counts, Done};
use super::folder::Saved;
use super::model::{Model, ModelError};
use super::observer::{Event, Observer};
use super::plan::{Cell, Labelled, Plan};
use super::stored::{StoredCell, StoredError};
use super::stream::{Spent, chunk, stream};
use super::tune;
use crate::base::CharText;
use crate::corpus::{Document, Target};
use crate::engine::{Config, Logits};
use crate::suite::{ModelEntry, TaskOptions};
use crate::table::{CellKey, LedgerRow, Table, ThroughputRow, entity_rows, sequence_logits, stance_rows, token_logits};
use crate::task::{Answer, Prepared, TaskError, TaskName};
use crate::text::Reach;
use std::borrow::Cow;
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
    /// The documents; none where they come one after the other, as in [`super::predict`].
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
    pub(super) fn refused(&self, source: TaskError) -> CellError {
        CellError::Task { model: self.model.path.clone(), source }
    }

    /// The work and the time that answers took, `load` seconds apart.
    pub(super) fn throughput(&self, is_run: bool, counts: Counts, (load, spent): (f64, &Spent)) -> ThroughputRow {
        let runtime = self.model.runtime;
        let engine = || self.stored.map_or_else(|| runtime.place(), |_| ThroughputRow::STORED.to_owned());
        ThroughputRow {
            key: self.key.clone(),
            engine: if is_run { engine() } else { "none".to_owned() },
            precision: if is_run { runtime.precision.to_string() } else { "none".to_owned() },
            threads: self.threads,
            documents: counts.documents,
            sequences: counts.sequences,
            repeated: counts.repeated,
            tokens: counts.tokens,
            seconds: [load, spent.tokenize, spent.forward, spent.decode],
            wall: spent.wall,
        }
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
    let model = Model::load(&request.model.path, request.options.task(), request.model.runtime)?;
    let asked = Asked::bind(request, &model)?;
    let load = begun.elapsed().as_secs_f64();
    let work = request.documents.iter().map(|document| document.text.len()).sum();
    observer.notice(&Event::CellStarted { key: &request.key, documents: request.documents.len(), work });
    let mut documents = request.documents.iter().map(|document| Ok(Cow::Borrowed(*document)));
    let mut first = 0;
    let chunks = std::iter::from_fn(|| {
        let chunk = chunk(&mut documents, first, usize::MAX)?;
        first += chunk.as_ref().map_or(0, |chunk| chunk.documents.len());
        Some(chunk)
    });
    let (mut answers, mut prepared, mut logits) = (Vec::new(), Vec::new(), Vec::new());
    let keep = |mut done: Done<'_>| {
        answers.append(&mut done.answers);
        prepared.append(&mut done.prepared);
        logits.append(&mut done.logits);
        Ok::<_, CellError>(())
    };
    let (counts, spent) = stream((&asked, request.threads), chunks, (|done| done, keep), observer)?;
    observer.notice(&Event::CellFinished { key: &request.key });
    let config = asked.config().cloned();
    let throughput = request.throughput(config.is_some(), counts, (load, &spent));
    Ok(Answered { answers, prepared, logits, config, throughput })
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
        let seconds = begun.elapsed().as_secs_f64();
        answered.throughput.seconds[3] += seconds;
        answered.throughput.wall += seconds;
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
        without_tokens: prepared.iter().filter(|prepared| prepared.windows.is_empty()).count(),
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
