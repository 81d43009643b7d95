//! What a bench times: the documents of a cell, and the steps from them to answers one by one, as [`super::answer`] takes them.

use super::cell::CellError;
use super::engines::changed;
use super::forward::{ForwardFault, Packing};
use super::model::Model;
use super::observer::{Event, Observer};
use super::parallel::in_order;
use super::plan::{Labelled, Plan, PlanError, bind};
use super::predict::source::open;
use super::stream::chunk;
use crate::base::Span;
use crate::corpus::{CorpusError, Document, Entries, Problem, Records, Target, sound, survey};
use crate::engine::{Batch, Engine, Logits, Runtime, Sequence, Worker};
use crate::suite::{ModelEntry, Suite, TaskOptions};
use crate::table::{CellKey, Table, entity_rows, stance_rows};
use crate::task::{Answer, Prepared, Task, TaskError, TaskName};
use crate::text::Tokenizer;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::convert::Infallible;
use std::ops::Range;
use std::path::{Path, PathBuf};
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
    /// How many are read from there until all that are asked about have been.
    pub leading: usize,
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
        let documents: Vec<Document> = labelled.documents().into_iter().cloned().collect();
        let last = |document: &Document| labelled.corpus.documents.iter().position(|other| other.id == document.id);
        Arc::new(Material {
            source: if lines.is_file() { lines } else { folder.join("documents") },
            leading: documents.last().and_then(last).map_or(0, |last| last + 1),
            documents,
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

/// The documents of a file or folder, in their order, as [`super::predict`] reads them.
///
/// # Errors
/// [`CorpusError`] with everything that is wrong with them.
pub fn read_input(input: &Path) -> Result<Vec<Document>, CorpusError> {
    read(open(input)?.as_ref())
}

fn read(records: &dyn Records) -> Result<Vec<Document>, CorpusError> {
    survey(records, usize::MAX, |_| ())?;
    sound(records)?.collect()
}

/// The first so many of other documents.
struct Leading(Box<dyn Records>, usize);

impl Records for Leading {
    fn empty(&self) -> Problem {
        self.0.empty()
    }

    fn entries(&self) -> Result<Entries<'_>, CorpusError> {
        Ok(Box::new(self.0.entries()?.take(self.1)))
    }
}

impl Material {
    /// Reads the documents once more, and no others than have to be read to come to them.
    ///
    /// # Errors
    /// [`CorpusError`] where they are not what they were.
    pub fn read(&self) -> Result<Vec<Document>, CorpusError> {
        read(&Leading(open(&self.source)?, self.leading))
    }
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

    /// Sequences to logits, `[document][sequence]`, in batches of at most `batch_tokens` tokens: the batches of a run.
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
        let of_chunk = |chunk: Range<usize>| (Packing::of(&sequences[chunk.clone()], batch_tokens), chunk);
        let chunks: Vec<(Packing, Range<usize>)> = chunks(documents).into_iter().map(of_chunk).collect();
        let batches = chunks.iter().flat_map(|chunk| (0..chunk.0.batches()).map(move |batch| (chunk, batch)));
        let batches: Vec<(&(Packing, Range<usize>), usize)> = batches.collect();
        let run = |worker: &mut Box<dyn Worker + '_>, at: usize| {
            let ((packing, chunk), batch) = batches[at];
            let ran = packing.run(&sequences[chunk.clone()], batch, (worker.as_mut(), self.engine.config().head));
            let (tokens, logits) = ran.map_err(|fault: ForwardFault| {
                let (model, document) = (self.folder.clone(), documents[chunk.start + fault.document].id.clone());
                CellError::Forward { model, document, source: fault.error }
            })?;
            observer.notice(&Event::Batch { tokens, work: tokens });
            Ok::<_, CellError>(logits)
        };
        let mut logits = in_order(batches.len(), threads, || self.engine.worker(), run)?.into_iter();
        let spread = |(packing, chunk): &(Packing, Range<usize>)| {
            let own = logits.by_ref().take(packing.batches()).collect();
            packing.spread(&sequences[chunk.clone()], own)
        };
        Ok(chunks.iter().flat_map(spread).collect())
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

/// The sequences that [`Loaded::forward`] computes: of those of a chunk that are the same, the first one.
pub fn different<'p>(documents: &[&Document], prepared: &'p [Prepared]) -> Vec<&'p Sequence> {
    let of_chunk = |chunk: Range<usize>| {
        let mut known = HashSet::new();
        let all = prepared[chunk].iter().flat_map(|prepared| &prepared.sequences);
        all.filter(move |sequence| known.insert((&sequence.ids, &sequence.type_ids)))
    };
    chunks(documents).into_iter().flat_map(of_chunk).collect()
}

/// The chunks in which a run asks about documents, by their positions.
fn chunks(documents: &[&Document]) -> Vec<Range<usize>> {
    let mut left = documents.iter().map(|&document| Ok::<_, Infallible>(Cow::Borrowed(document)));
    let mut first = 0;
    let next = || {
        let Ok(chunk) = chunk(&mut left, first, usize::MAX)?;
        let range = first..first + chunk.documents.len();
        first = range.end;
        Some(range)
    };
    std::iter::from_fn(next).collect()
}

/// Entities that only one of two answers has, or stances that differ, for each document.
pub fn flips(one: &[Answer], other: &[Answer]) -> Vec<usize> {
    one.iter().zip(other).map(|(one, other)| changed(one, other)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_read_than_has_to_be() {
        let folder = tempfile::tempdir().expect("a folder");
        let source = folder.path().join("in.jsonl");
        std::fs::write(&source, "{\"id\":\"a\",\"text\":\"x\"}\n{\"id\":\"b\",\"text\":\"y\"}\nno line\n")
            .expect("written");
        let material = |leading| Material {
            source: source.clone(),
            leading,
            documents: Vec::new(),
            gold: Vec::new(),
            regions: Vec::new(),
            targets: Vec::new(),
            asked: BTreeMap::new(),
            labels: Vec::new(),
        };
        let ids = |documents: Vec<Document>| documents.into_iter().map(|document| document.id).collect::<Vec<_>>();
        assert_eq!(ids(material(2).read().expect("two are sound")), ["a", "b"]);
        assert!(material(3).read().is_err());
    }
}
