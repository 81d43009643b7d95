//! A suite's corpora and models, loaded and checked, and the cells that follow: model × corpus × task.

use super::model::{Model, ModelError};
use super::patched::Patched;
use super::preflight::{Fault, Swapped, inspect, unmatched_labels};
use super::record::{CorpusRecord, LogitsRecord, ModelRecord};
use crate::base::{Span, digest};
use crate::corpus::{Corpus, CorpusError, Document, Patch, Place, Problem, Target};
use crate::engine::{Config, ForwardError};
use crate::suite::{Evaluation, ModelEntry, Suite, TaskOptions};
use crate::table::CellKey;
use crate::task::ner::Ner;
use crate::task::stance::StanceTask;
use crate::task::{Annotators, Answer, LabelError, LabelMap, Labels, MapFault, Task, TaskError, TaskName, Unmatched};
use std::collections::BTreeMap;

/// What will be executed.
#[derive(Debug)]
pub struct Plan {
    /// The evaluations with their labelled documents.
    pub(super) evaluations: Vec<Labelled>,
    /// What is run, in order.
    pub cells: Vec<Cell>,
    /// Each corpus.
    pub corpora: BTreeMap<String, CorpusRecord>,
    /// Each model.
    pub models: BTreeMap<String, ModelRecord>,
    suite: serde_json::Value,
}

/// An evaluation with the documents that have gold for its task.
#[derive(Debug)]
pub(super) struct Labelled {
    pub(super) evaluation: Evaluation,
    pub(super) corpus: Corpus,
    /// The labelled documents, by position in the corpus.
    pub(super) places: Vec<usize>,
    /// Their gold, in the same order.
    pub(super) gold: Vec<Answer>,
    /// The gold as the corpus's patch corrects it; None where it has no patch.
    pub(super) patched: Option<Patched>,
    /// Documents of the corpus that are in another split, or in none.
    pub(super) outside_split: usize,
    /// The documents of another split on which decoding is tuned; None where nothing is.
    pub(super) tuning: Option<Box<Labelled>>,
}

/// One model on one corpus for one task.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Its names.
    pub key: CellKey,
    /// The model's folder, and what is said about it.
    pub model: ModelEntry,
    /// The task and how its answers are decoded.
    pub options: TaskOptions,
    /// The rule that decides its answers; where decoding is tuned, known when the cell has run.
    pub(super) decided_by: String,
    /// Position of its evaluation.
    pub(super) evaluation: usize,
    /// Labels of the gold and types of the model that find no partner; None where all do.
    pub unmatched: Option<Unmatched>,
}

/// Why a suite cannot be executed.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A corpus is at fault.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// A corpus has no gold for a task.
    #[error("corpus `{corpus}` has no gold for task `{task}` (`{file}` in its folder)")]
    NoGold {
        /// The corpus.
        corpus: String,
        /// The task.
        task: TaskName,
        /// Where gold would be.
        file: &'static str,
    },
    /// Gold begins after the documents that are taken.
    #[error("of the first {limit} documents of corpus `{corpus}` none has gold for task `{task}`")]
    NoneTaken {
        /// The corpus.
        corpus: String,
        /// The task.
        task: TaskName,
        /// Documents that are taken.
        limit: usize,
    },
    /// The corpus has no such split.
    #[error("corpus `{corpus}` has no split `{split}` ({})", if known.is_empty() { "its `corpus.toml` names none".to_owned() } else { known.join(", ") })]
    NoSplit {
        /// The corpus.
        corpus: String,
        /// What the suite asks for.
        split: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A model is at fault.
    #[error("model `{name}`")]
    Model {
        /// The model's name in the suite.
        name: String,
        /// What is wrong.
        source: ModelError,
    },
    /// More than one model is at fault.
    #[error("{}", .0.iter().map(told).collect::<Vec<_>>().join("\n"))]
    Several(Vec<PlanError>),
    /// A model's label map says what is not so.
    #[error("{}", .0.iter().map(|problem| format!("suite {problem}")).collect::<Vec<_>>().join("\n"))]
    Map(Vec<Problem>),
    /// The engine refused a probe.
    #[error("model `{name}` on a probe")]
    Probe {
        /// The model's name in the suite.
        name: String,
        /// What the engine said.
        source: ForwardError,
    },
    /// The names of a model's classes stand at other classes.
    #[error(
        "model `{name}` answers {} of {} probes right, but would answer {} {}",
        swapped.right,
        swapped.asked,
        swapped.better.right,
        swapped.better.told()
    )]
    Swapped {
        /// The model's name in the suite.
        name: String,
        /// What the probes say.
        swapped: Box<Swapped>,
    },
    /// A model does not fit a task.
    #[error("model `{name}`")]
    Task {
        /// The model's name in the suite.
        name: String,
        /// What is wrong.
        source: TaskError,
    },
}

impl Plan {
    pub(super) fn make(suite: &Suite, limit: Option<usize>) -> Result<Self, PlanError> {
        let mut corpora = BTreeMap::new();
        let mut models = BTreeMap::new();
        let mut evaluations = Vec::new();
        let mut cells = Vec::new();
        let mut faults: BTreeMap<&String, PlanError> = BTreeMap::new();
        for evaluation in &suite.evaluations {
            let folder = &suite.corpora[&evaluation.corpus];
            let mut corpus = Corpus::load(folder)?;
            corpus.verify(folder)?;
            let patch = suite.patches.get(&evaluation.corpus).map(|path| Patch::read(path, &corpus)).transpose()?;
            corpora.insert(evaluation.corpus.clone(), CorpusRecord::of(&corpus, patch.as_ref()));
            let tuning = tuning(&corpus, evaluation, limit)?;
            let outside = keep_split(&mut corpus, evaluation)?;
            corpus.documents.truncate(limit.unwrap_or(usize::MAX));
            for name in &evaluation.models {
                let entry = &suite.models[name];
                match looked_at(suite, name, (evaluation, &corpus), models.get(name)) {
                    Ok(record) => drop(models.insert(name.clone(), record)),
                    Err(fault) => {
                        faults.entry(name).or_insert(fault);
                        continue;
                    }
                }
                let key = CellKey {
                    task: evaluation.options.task().to_string(),
                    corpus: evaluation.corpus.clone(),
                    model: name.clone(),
                };
                let (model, options) = (entry.clone(), evaluation.options.clone());
                let (decided_by, evaluation) = (options.rule(), evaluations.len());
                cells.push(Cell { key, model, decided_by, options, evaluation, unmatched: None });
            }
            let mut labelled = Labelled::some_of(evaluation.clone(), corpus, outside)?;
            labelled.tuning = tuning;
            let (task, documents) = (evaluation.options.task(), labelled.documents());
            labelled.patched = patch.map(|patch| Patched::of(&patch, task, &documents, &labelled.gold));
            for cell in cells.iter_mut().filter(|cell: &&mut Cell| cell.evaluation == evaluations.len()) {
                cell.unmatched = unmatched_labels(&labelled, models[&cell.key.model].labels.as_ref());
            }
            evaluations.push(labelled);
        }
        let mut faults: Vec<PlanError> = faults.into_values().collect();
        match faults.len() {
            0 => {}
            1 => return Err(faults.remove(0)),
            _ => return Err(PlanError::Several(faults)),
        }
        let suite = serde_json::to_value(suite).expect("a suite is plain data");
        Ok(Self { evaluations, cells, corpora, models, suite })
    }

    /// A digest of everything that decides the run's answers: suite, documents, gold, weights, tokenizers, version,
    /// and the logits that are taken from another run. Probes decide none.
    pub(super) fn identity(&self, logits_from: Option<&LogitsRecord>) -> String {
        let taken = |labelled: &Labelled| labelled.places.len();
        let documents: Vec<(usize, Option<usize>)> =
            self.evaluations.iter().map(|labelled| (taken(labelled), labelled.tuning.as_deref().map(taken))).collect();
        let mut suite = self.suite.clone();
        for entry in suite["models"].as_object_mut().into_iter().flat_map(|models| models.values_mut()) {
            entry.as_object_mut().map(|entry| entry.remove("probes"));
        }
        let unprobed = |(name, model): (&String, &ModelRecord)| (name.clone(), model.clone().without_probes());
        let models: BTreeMap<String, ModelRecord> = self.models.iter().map(unprobed).collect();
        let parts = serde_json::json!({
            "karat": env!("CARGO_PKG_VERSION"),
            "suite": suite,
            "corpora": self.corpora,
            "models": models,
            "documents": documents,
            "logits_from": logits_from,
        });
        digest::of_bytes(parts.to_string().as_bytes())
    }
}

/// The labelled documents on which an evaluation's decoding is tuned; None where nothing is.
fn tuning(corpus: &Corpus, evaluation: &Evaluation, limit: Option<usize>) -> Result<Option<Box<Labelled>>, PlanError> {
    let Some(tune) = &evaluation.tune else { return Ok(None) };
    let evaluation = Evaluation { split: Some(tune.split.clone()), tune: None, ..evaluation.clone() };
    let mut corpus = corpus.clone();
    let outside = keep_split(&mut corpus, &evaluation)?;
    corpus.documents.truncate(limit.unwrap_or(usize::MAX));
    Ok(Some(Box::new(Labelled::some_of(evaluation, corpus, outside)?)))
}

/// Leaves the documents of the evaluation's split, and says how many others there were.
fn keep_split(corpus: &mut Corpus, evaluation: &Evaluation) -> Result<usize, PlanError> {
    let Some(split) = &evaluation.split else { return Ok(0) };
    let splits = &corpus.manifest.splits;
    let ids = splits.get(split).ok_or_else(|| PlanError::NoSplit {
        corpus: evaluation.corpus.clone(),
        split: split.clone(),
        known: splits.keys().cloned().collect(),
    })?;
    let before = corpus.documents.len();
    corpus.documents.retain(|document| ids.contains(&document.id));
    Ok(before - corpus.documents.len())
}

/// An error with what caused it, in one line.
fn told(error: &PlanError) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A model's record after a look at it. Its classes and probes do not depend on the corpus: `known` is what an earlier evaluation found.
fn looked_at(
    suite: &Suite,
    name: &str,
    (evaluation, corpus): (&Evaluation, &Corpus),
    known: Option<&ModelRecord>,
) -> Result<ModelRecord, PlanError> {
    let model = check_model(suite, name, evaluation, corpus)?;
    if let Some(known) = known {
        return Ok(known.clone());
    }
    let entry = &suite.models[name];
    let inspected = inspect(&model, entry, evaluation.options.task());
    let inspected = inspected.map_err(|fault| PlanError::fault(name, fault))?;
    Ok(ModelRecord::of(&model, entry, inspected))
}

/// Loads a model once to see that it can be used, so that no cell fails after others have run.
fn check_model(suite: &Suite, name: &str, evaluation: &Evaluation, corpus: &Corpus) -> Result<Model, PlanError> {
    let entry = &suite.models[name];
    let model = Model::load(&entry.path, evaluation.options.task(), entry.runtime)
        .map_err(|source| PlanError::Model { name: name.to_owned(), source })?;
    let fits = match &model {
        Model::Floor(_) => entry.labels.refuse_for_floor().map_err(TaskError::from),
        Model::Neural { engine, tokenizer } => {
            let task = bind(&evaluation.options, (engine.config(), &entry.labels), &corpus.targets, BTreeMap::new());
            let probe = Document { id: "a probe".to_owned(), text: "a".to_owned() };
            task.and_then(|task| task.prepare(&probe, tokenizer, &[])).map(drop)
        }
    };
    fits.map_err(|source| match source {
        TaskError::Label(LabelError::Map(faults)) => PlanError::map(suite, name, &faults),
        source => PlanError::Task { name: name.to_owned(), source },
    })?;
    Ok(model)
}

impl PlanError {
    /// What a look at a model found.
    fn fault(name: &str, fault: Fault) -> Self {
        let name = name.to_owned();
        match fault {
            Fault::Task(source) => Self::Task { name, source },
            Fault::Forward(source) => Self::Probe { name, source },
            Fault::Swapped(swapped) => Self::Swapped { name, swapped },
        }
    }

    /// What is wrong with a model's label map, line by line.
    fn map(suite: &Suite, name: &str, faults: &[MapFault]) -> Self {
        let problem = |fault: &MapFault| Problem {
            path: suite.file.clone(),
            place: suite.models[name].lines.get(&fault.name).copied().map(Place::Line),
            what: format!("model `{name}`: label `{}` {}", fault.name, fault.what),
        };
        Self::Map(faults.iter().map(problem).collect())
    }
}

/// The task bound to a model and what is said of its classes; `asked` narrows a stance task's targets by document.
pub(super) fn bind(
    options: &TaskOptions,
    (model, labels): (&Config, &LabelMap),
    targets: &[Target],
    asked: BTreeMap<String, Vec<String>>,
) -> Result<Box<dyn Task>, TaskError> {
    Ok(match options {
        TaskOptions::Ner(options) => Box::new(Ner::new(model, labels, options.clone())?),
        TaskOptions::Stance(options) => Box::new(StanceTask::new((model, labels), options.clone(), targets, asked)?),
    })
}

fn gold_file(task: TaskName) -> &'static str {
    match task {
        TaskName::Ner => "gold/ner.jsonl",
        TaskName::Stance => "gold/stance.jsonl",
    }
}

impl Labelled {
    fn of(evaluation: Evaluation, corpus: Corpus, outside_split: usize) -> Result<Self, PlanError> {
        let task = evaluation.options.task();
        let missing = || PlanError::NoGold { corpus: evaluation.corpus.clone(), task, file: gold_file(task) };
        let source = Labels::of_gold(&corpus, task).ok_or_else(missing)?;
        let labelled = corpus.documents.iter().enumerate();
        let (places, gold) = labelled.filter_map(|(place, document)| Some((place, source.of(document)?))).unzip();
        Ok(Self { evaluation, corpus, places, gold, patched: None, outside_split, tuning: None })
    }

    /// As `of`; documents without any gold among them are refused.
    fn some_of(evaluation: Evaluation, corpus: Corpus, outside_split: usize) -> Result<Self, PlanError> {
        let labelled = Self::of(evaluation, corpus, outside_split)?;
        if labelled.places.is_empty() {
            let (corpus, task) = (labelled.evaluation.corpus.clone(), labelled.evaluation.options.task());
            return Err(PlanError::NoneTaken { corpus, task, limit: labelled.corpus.documents.len() });
        }
        Ok(labelled)
    }

    /// Gold entities or stances.
    pub(super) fn items(&self) -> usize {
        self.gold.iter().map(|gold| gold.entities().len() + gold.stances().len()).sum()
    }

    /// The first two passes' answers to the documents that are scored; None where no two passes did the task.
    pub(super) fn annotators(&self) -> Option<Annotators<'_>> {
        Annotators::of(&self.corpus, self.documents(), self.evaluation.options.task(), None)
    }

    /// Regions of each labelled document that nobody labelled.
    pub(super) fn regions(&self) -> impl Iterator<Item = &[Span]> {
        let entities = self.evaluation.options.task() == TaskName::Ner;
        let of = move |id: &str| self.corpus.unannotated.get(id).filter(|_| entities).map_or(&[][..], Vec::as_slice);
        self.places.iter().map(move |&place| of(&self.corpus.documents[place].id))
    }

    /// The labelled documents.
    pub(super) fn documents(&self) -> Vec<&Document> {
        self.places.iter().map(|&place| &self.corpus.documents[place]).collect()
    }

    /// The targets that gold has or a patch adds to it, by document.
    pub(super) fn asked(&self) -> BTreeMap<String, Vec<String>> {
        let mut asked: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let patched = self.patched.iter().flat_map(|patched| &patched.gold);
        let documents = self.documents();
        for (document, gold) in documents.iter().zip(&self.gold).chain(documents.iter().zip(patched)) {
            let targets = asked.entry(document.id.clone()).or_default();
            for line in gold.stances() {
                if !targets.contains(&line.target) {
                    targets.push(line.target.clone());
                }
            }
        }
        asked
    }
}
