//! What a bench times: the documents of a cell, and the steps from them to answers one by one, as [`super::answer`] takes them.

use super::cell::CellError;
use super::engines::changed;
use super::forward::{ForwardFault, forward_in};
use super::model::Model;
use super::observer::Observer;
use super::parallel::in_order;
use super::plan::{Labelled, Plan, PlanError, bind};
use crate::base::Span;
use crate::corpus::{Document, Target};
use crate::engine::{Batch, Engine, Logits, Runtime, Sequence};
use crate::suite::{ModelEntry, Suite, TaskOptions};
use crate::table::{CellKey, Table, entity_rows, stance_rows};
use crate::task::{Answer, Prepared, Task, TaskError, TaskName};
use crate::text::Tokenizer;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// A model and what it is asked.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Its names.
    pub key: CellKey,
    /// The model's folder, and what is said about it.
    pub model: ModelEntry,
    /// The task and how its answers are decoded.
    pub options: TaskOptions,
    /// The documents.
    pub material: Arc<Material>,
}

/// Documents and what is known about them.
#[derive(Debug, Clone)]
pub struct Material {
    /// The file or folder that they are read from; it may hold others too.
    pub source: PathBuf,
    /// The documents that are asked about.
    pub documents: Vec<Document>,
    /// The gold of each, where it has one.
    pub gold: Vec<Option<Answer>>,
    /// Regions of each that nobody labelled.
    pub regions: Vec<Vec<Span>>,
    /// What stances are about.
    pub targets: Vec<Target>,
    /// The targets asked of single documents; of others, all.
    pub asked: BTreeMap<String, Vec<String>>,
    /// The labels that the corpus declares.
    pub labels: Vec<String>,
}

/// The workloads of a suite, in the order of its cells, with the first `limit` documents of each corpus. Where an evaluation is tuned,
/// its documents are those that are reported, and its options the untuned ones.
///
/// # Errors
/// [`PlanError`] when a corpus, a model or their fit to the task is at fault.
pub fn workloads(suite: &Suite, limit: Option<usize>) -> Result<Vec<Workload>, PlanError> {
    let plan = Plan::make(suite, limit)?;
    let material = |labelled: &Labelled| {
        let folder = &suite.corpora[&labelled.evaluation.corpus];
        let lines = folder.join("documents.jsonl");
        Arc::new(Material {
            source: if lines.is_file() { lines } else { folder.join("documents") },
            documents: labelled.documents().into_iter().cloned().collect(),
            gold: labelled.gold.iter().cloned().map(Some).collect(),
            regions: labelled.regions().map(<[_]>::to_vec).collect(),
            targets: labelled.corpus.targets.clone(),
            asked: labelled.asked(),
            labels: labelled.corpus.manifest.labels.clone(),
        })
    };
    let material: Vec<Arc<Material>> = plan.evaluations.iter().map(material).collect();
    let workload = |cell: &super::Cell| Workload {
        key: cell.key.clone(),
        model: cell.model.clone(),
        options: cell.options.clone(),
        material: Arc::clone(&material[cell.evaluation]),
    };
    Ok(plan.cells.iter().map(workload).collect())
}

/// A workload's model in one runtime.
pub struct Loaded {
    engine: Box<dyn Engine>,
    tokenizer: Box<Tokenizer>,
    task: Box<dyn Task>,
    folder: PathBuf,
}

impl Workload {
    /// Loads the model; None for a floor, which has no forward pass.
    ///
    /// # Errors
    /// [`CellError`] when the model cannot be loaded, or not be run so, or does not fit the task.
    pub fn load(&self, runtime: Runtime) -> Result<Option<Loaded>, CellError> {
        let folder = self.model.path.clone();
        let Model::Neural { engine, tokenizer } = Model::load(&folder, self.options.task(), runtime)? else {
            return Ok(None);
        };
        let Material { targets, asked, .. } = &*self.material;
        let task = bind(&self.options, (engine.config(), &self.model.labels), targets, asked.clone());
        let task = task.map_err(|source| CellError::Task { model: folder.clone(), source })?;
        Ok(Some(Loaded { engine, tokenizer, task, folder }))
    }

    /// The table of predictions that a run would write.
    pub fn predictions(&self, answers: &[Answer]) -> Table {
        let documents: Vec<&Document> = self.material.documents.iter().collect();
        match self.options.task() {
            TaskName::Ner => entity_rows(&documents, answers),
            TaskName::Stance => stance_rows(answers),
        }
    }
}

impl Loaded {
    /// The tokens of a batch at which the engine is fastest.
    pub fn batch_tokens(&self) -> usize {
        self.engine.batch_tokens()
    }

    /// Operations of the matrix products of sequences, which do not depend on how they are batched; None where the engine does not
    /// know them.
    ///
    /// # Panics
    /// Never: every sequence has its special tokens.
    pub fn operations(&self, sequences: &[&Sequence]) -> Option<u64> {
        let of = |sequence: &Sequence| Batch::pack([sequence]).expect("every sequence has its special tokens");
        sequences.iter().map(|sequence| self.engine.operations(&of(sequence))).sum()
    }

    /// Documents to windows and sequences.
    ///
    /// # Errors
    /// [`CellError::Task`] when the tokenizer refuses a text or a window has no room.
    pub fn prepare(&self, documents: &[&Document], threads: usize) -> Result<Vec<Prepared>, CellError> {
        let prepare = |(): &mut (), at: usize| self.task.prepare(documents[at], &self.tokenizer, &[]);
        let refused = |source: TaskError| CellError::Task { model: self.folder.clone(), source };
        in_order(documents.len(), threads, || (), prepare).map_err(refused)
    }

    /// Sequences to logits, `[document][sequence]`, in batches of at most `batch_tokens` tokens.
    ///
    /// # Errors
    /// [`CellError::Forward`] with the document at which the engine refused a batch.
    pub fn forward(
        &self,
        documents: &[&Document],
        prepared: &[Prepared],
        (threads, batch_tokens): (usize, usize),
        observer: &dyn Observer,
    ) -> Result<Vec<Vec<Logits>>, CellError> {
        let sequences: Vec<&[Sequence]> = prepared.iter().map(|prepared| prepared.sequences.as_slice()).collect();
        let failed = |fault: ForwardFault| {
            let (model, document) = (self.folder.clone(), documents[fault.document].id.clone());
            CellError::Forward { model, document, source: fault.error }
        };
        forward_in(&*self.engine, &sequences, (threads, batch_tokens), observer).map_err(failed)
    }

    /// Logits to answers.
    ///
    /// # Panics
    /// Never: decoding cannot fail.
    pub fn decode(
        &self,
        documents: &[&Document],
        (prepared, logits): (&[Prepared], &[Vec<Logits>]),
        threads: usize,
    ) -> Vec<Answer> {
        let decode =
            |(): &mut (), at: usize| Ok::<_, CellError>(self.task.decode(documents[at], &prepared[at], &logits[at]));
        in_order(documents.len(), threads, || (), decode).expect("decoding does not fail")
    }
}

/// The sequences that [`Loaded::forward`] computes: of those that are the same, the first one.
pub fn different(prepared: &[Prepared]) -> Vec<&Sequence> {
    let mut known = HashSet::new();
    let all = prepared.iter().flat_map(|prepared| &prepared.sequences);
    all.filter(|sequence| known.insert((&sequence.ids, &sequence.type_ids))).collect()
}

/// Entities that only one of two answers has, or stances that differ, for each document.
pub fn flips(one: &[Answer], other: &[Answer]) -> Vec<usize> {
    one.iter().zip(other).map(|(one, other)| changed(one, other)).collect()
}
