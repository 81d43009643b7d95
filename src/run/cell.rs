//! One cell: documents → windows → logits → answers.

use super::folder::Saved;
use super::forward::{ForwardFault, forward};
use super::model::{Model, ModelError};
use super::observer::{Event, Observer};
use super::parallel::in_order;
use super::plan::{Cell, Plan, bind};
use crate::base::CharText;
use crate::corpus::Document;
use crate::engine::{Engine, Logits, Sequence};
use crate::table::{LedgerRow, ThroughputRow, entity_rows, sequence_logits, stance_rows, token_logits};
use crate::task::{Answer, Prepared, Task, TaskError, TaskName};
use crate::text::{Reach, Tokenizer};
use std::time::Instant;

/// Why a cell did not finish.
#[derive(Debug, thiserror::Error)]
pub enum CellError {
    /// The model cannot be loaded.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The task cannot be asked.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The floor cannot answer.
    #[error(transparent)]
    Floor(#[from] crate::task::floor::FloorError),
    /// The engine refused a batch.
    #[error("document `{document}`: {error}")]
    Forward {
        /// The document.
        document: String,
        /// What the engine said.
        error: crate::engine::ForwardError,
    },
}

/// What a neural model answered, and how it came to it.
pub struct Answered {
    /// An answer a document.
    pub answers: Vec<Answer>,
    /// What was asked, a document each.
    pub prepared: Vec<Prepared>,
    /// What the engine returned, `[document][sequence]`.
    pub logits: Vec<Vec<Logits>>,
    /// Seconds of wall time: tokenize, forward, decode.
    pub seconds: [f64; 3],
}

impl Answered {
    /// Sequences that went forward.
    pub fn sequences(&self) -> usize {
        self.prepared.iter().map(|prepared| prepared.sequences.len()).sum()
    }

    /// Tokens that went forward, special tokens and hypotheses included.
    pub fn tokens(&self) -> usize {
        tokens(&self.prepared)
    }
}

fn tokens(prepared: &[Prepared]) -> usize {
    prepared.iter().flat_map(|prepared| &prepared.sequences).map(|sequence| sequence.ids.len()).sum()
}

/// Asks a model about documents: the line that `run` and `predict` share. `started` is told the tokens that will go
/// forward.
///
/// # Errors
/// [`CellError`] when the tokenizer refuses a text or the engine a batch.
pub fn answer(
    (task, engine, tokenizer): (&dyn Task, &dyn Engine, &Tokenizer),
    documents: &[&Document],
    threads: usize,
    (observer, started): (&dyn Observer, &dyn Fn(usize)),
) -> Result<Answered, CellError> {
    let begun = Instant::now();
    let prepare = |(): &mut (), at: usize| task.prepare(documents[at], tokenizer);
    let prepared = in_order(documents.len(), threads, || (), prepare)?;
    let tokenized = begun.elapsed();
    started(tokens(&prepared));
    let sequences: Vec<&[Sequence]> = prepared.iter().map(|prepared| prepared.sequences.as_slice()).collect();
    let begun = Instant::now();
    let logits = forward(engine, &sequences, threads, observer).map_err(|fault: ForwardFault| {
        CellError::Forward { document: documents[fault.document].id.clone(), error: fault.error }
    })?;
    let forwarded = begun.elapsed();
    let begun = Instant::now();
    let decode = |(): &mut (), at: usize| Ok::<_, CellError>(task.decode(documents[at], &prepared[at], &logits[at]));
    let answers = in_order(documents.len(), threads, || (), decode)?;
    let seconds = [tokenized, forwarded, begun.elapsed()].map(|time| time.as_secs_f64());
    Ok(Answered { answers, prepared, logits, seconds })
}

/// Runs a cell of a plan and gives what is to be saved.
pub(super) fn run(plan: &Plan, cell: &Cell, threads: usize, observer: &dyn Observer) -> Result<Saved, CellError> {
    let labelled = &plan.evaluations[cell.evaluation];
    let documents = labelled.documents();
    let begun = Instant::now();
    let model = Model::load(&cell.model, cell.options.task())?;
    let load = begun.elapsed().as_secs_f64();
    let mut ledger = LedgerRow {
        key: cell.key.clone(),
        documents: documents.len(),
        without_gold: labelled.corpus.documents.len() - documents.len(),
        split: 0,
        sequences: 0,
        reach: Reach::default(),
    };
    let mut throughput = ThroughputRow {
        key: cell.key.clone(),
        engine: "none".to_owned(),
        precision: "none".to_owned(),
        threads: 1,
        documents: documents.len(),
        sequences: 0,
        tokens: 0,
        seconds: [load, 0.0, 0.0, 0.0],
    };
    let started = |tokens| observer.notice(&Event::CellStarted { cell, documents: documents.len(), tokens });
    let (answers, logits) = match &model {
        Model::Floor(floor) => {
            started(0);
            let begun = Instant::now();
            let answers = floor.answer(&documents, &labelled.gold.iter().collect::<Vec<_>>())?;
            throughput.seconds[3] = begun.elapsed().as_secs_f64();
            (answers, None)
        }
        Model::Neural { engine, tokenizer } => {
            let task = bind(&cell.options, engine.config(), &labelled.corpus, labelled.asked())?;
            let asked = (task.as_ref(), engine.as_ref(), tokenizer);
            let answered = answer(asked, &documents, threads, (observer, &started))?;
            for ((document, prepared), gold) in documents.iter().zip(&answered.prepared).zip(&labelled.gold) {
                ledger.reach += Reach::of_document(&CharText::new(&document.text), &prepared.tokens, gold.entities());
                ledger.split += usize::from(prepared.windows.len() > 1);
            }
            ledger.sequences = answered.sequences();
            throughput.sequences = answered.sequences();
            throughput.tokens = answered.tokens();
            throughput.threads = threads;
            (throughput.engine, throughput.precision) = ("native".to_owned(), "f32".to_owned());
            throughput.seconds[1..].copy_from_slice(&answered.seconds);
            let logits = match cell.options.task() {
                TaskName::Ner => token_logits(&documents, &answered.prepared, &answered.logits),
                TaskName::Stance => sequence_logits(&documents, &answered.prepared, &answered.logits),
            };
            (answered.answers, Some(logits.into_parquet()))
        }
    };
    let predictions = match cell.options.task() {
        TaskName::Ner => entity_rows(&documents, &answers),
        TaskName::Stance => stance_rows(&answers),
    };
    observer.notice(&Event::CellFinished { cell });
    Ok(Saved { predictions: predictions.into_parquet(), logits, ledger, throughput })
}
