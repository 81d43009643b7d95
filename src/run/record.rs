//! `run.json`, and everything that a finished run holds.

use super::model::{Model, digests};
use super::preflight::Inspected;
use super::{Plan, Settings};
use crate::corpus::{Corpus, Manifest, Patch};
use crate::engine::Runtime;
use crate::stats::{Bootstrap, Contrasts, Method};
use crate::suite::{ModelEntry, Suite};
use crate::table::{
    CalibrationRow, ConfusionRow, CountRow, DifferenceRow, EngineRow, ErrorRow, LedgerRow, MetricRow, ReliabilityRow,
    SweepRow, ThroughputRow,
};
use crate::task::probe::Probed;
use crate::task::{LabelReading, Unmatched};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The newest format of a run folder.
pub(super) const FORMAT: u32 = 2;

/// `run.json`: what was run, on what, with what. Everything but `circumstances` is the same for the same suite and files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of the run folder's format.
    pub format: u32,
    /// Version of karat.
    pub karat: String,
    /// The suite's name.
    pub name: String,
    /// Names the random streams of resampling.
    pub seed: u64,
    /// Bootstrap resamples.
    pub replicates: u32,
    /// Nominal coverage of intervals.
    pub confidence: f64,
    /// How an interval is read off the resampled documents.
    pub interval: Method,
    /// Differences of at most this size, either way, do not matter.
    pub margin: f64,
    /// What ran the models' forward passes; where models differ, all of them, with commas between.
    pub engine: String,
    /// Precision of the arithmetic; where models differ, all of them.
    pub precision: String,
    /// Only the first so many documents of each corpus were taken; null: all.
    pub limit: Option<usize>,
    /// What was evaluated, in order.
    pub evaluations: Vec<EvaluationRecord>,
    /// Each corpus.
    pub corpora: BTreeMap<String, CorpusRecord>,
    /// Each model.
    pub models: BTreeMap<String, ModelRecord>,
    /// The suite with all defaults filled in.
    pub suite: serde_json::Value,
    /// The run whose logits were decoded anew; null: the models went forward.
    #[serde(default)]
    pub logits_from: Option<LogitsRecord>,
    /// When and where; no result depends on it.
    pub circumstances: Circumstances,
}

/// One evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvaluationRecord {
    /// The task.
    pub task: String,
    /// The corpus.
    pub corpus: String,
    /// The split whose documents were scored; null: all documents.
    #[serde(default)]
    pub split: Option<String>,
    /// The models, in order.
    pub models: Vec<String>,
    /// The passes of annotation that were scored against each other, the first one standing as gold; null: there are none.
    #[serde(default)]
    pub annotators: Option<[String; 2]>,
    /// Labels of the gold and types of a model that find no partner, by the model's name; none where all do.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unmatched: BTreeMap<String, Unmatched>,
    /// The rule that decides answers; with `tune`, the untuned one.
    pub rule: String,
    /// What was chosen on another split; null: nothing.
    #[serde(default)]
    pub tune: Option<TuneRecord>,
    /// Documents that were scored.
    pub documents: usize,
    /// Gold entities or stances in them.
    pub items: usize,
    /// What the corpus's patch does to them; null: the corpus has no patch.
    #[serde(default)]
    pub patched: Option<PatchedRecord>,
}

/// On what, and among how many settings, an evaluation's decoding was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TuneRecord {
    /// The split whose documents decided.
    pub split: String,
    /// Its documents with gold.
    pub documents: usize,
    /// Gold entities or stances in them.
    pub items: usize,
    /// Settings that were tried for each model.
    pub settings: usize,
    /// Whether a temperature was fitted for the best of them.
    #[serde(default)]
    pub fit_temperature: bool,
    /// The rule that was chosen for each model; floors have none.
    pub chosen: BTreeMap<String, String>,
}

/// What a patch does to the gold of the documents that an evaluation scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PatchedRecord {
    /// Lines of the patch that are about these documents and the task.
    pub corrections: usize,
    /// Documents that they are about.
    pub documents: usize,
    /// Gold entities or stances that are no longer there.
    pub taken: usize,
    /// Entities or stances that are new.
    pub added: usize,
}

/// A corpus: what it says of itself, its size, its digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorpusRecord {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Documents.
    pub documents: usize,
    /// Words, by white space.
    pub words: usize,
    /// Gold entities; null where it has none.
    pub entities: Option<usize>,
    /// Gold stances; null where it has none.
    pub stances: Option<usize>,
    /// SHA-256 of each file.
    pub digests: BTreeMap<String, String>,
    /// SHA-256 of the patch that the suite lays over its gold; null: there is none.
    #[serde(default)]
    pub patch: Option<String>,
}

impl CorpusRecord {
    pub(super) fn of(corpus: &Corpus, patch: Option<&Patch>) -> Self {
        Self {
            manifest: corpus.manifest.clone(),
            documents: corpus.documents.len(),
            words: corpus.documents.iter().map(|document| document.text.split_whitespace().count()).sum(),
            entities: corpus.entities.as_ref().map(|all| all.values().map(Vec::len).sum()),
            stances: corpus.stances.as_ref().map(Vec::len),
            digests: corpus.digests.clone(),
            patch: patch.map(|patch| patch.digest.clone()),
        }
    }
}

/// A model: what it is, and its digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// The architecture, or `floor: …`.
    pub architecture: String,
    /// What ran it, how and where; null for a floor, and for models of runs before there was a choice.
    #[serde(default)]
    pub runtime: Option<Runtime>,
    /// SHA-256 of each file that decides its answers.
    pub digests: BTreeMap<String, String>,
    /// What its classes are taken for; null for a floor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelReading>,
    /// What came of the probes; null where they were not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probes: Option<Probed>,
}

impl ModelRecord {
    pub(super) fn of(model: &Model, entry: &ModelEntry, inspected: Inspected) -> Self {
        let Inspected { labels, probes } = inspected;
        let runtime = matches!(model, Model::Neural { .. }).then_some(entry.runtime);
        Self { architecture: model.architecture(), runtime, digests: digests(&entry.path), labels, probes }
    }

    pub(super) fn without_probes(self) -> Self {
        Self { probes: None, ..self }
    }

    /// True for a floor, whose confidences mean nothing.
    pub fn is_floor(&self) -> bool {
        self.architecture.starts_with("floor: ")
    }
}

/// A run whose logits were decoded anew. Its place is not kept: what was taken is known by its digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogitsRecord {
    /// The version of karat that made it.
    pub karat: String,
    /// What ran its forward passes.
    pub engine: String,
    /// Precision of their arithmetic.
    pub precision: String,
    /// SHA-256 of each file of logits that was taken, by its place in that run's folder.
    pub digests: BTreeMap<String, String>,
}

/// When and where a run was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// Processor and operating system.
    pub machine: String,
    /// Cores that the system offers.
    pub cores: usize,
    /// Worker threads.
    pub threads: usize,
}

impl Record {
    /// How intervals are made.
    pub fn bootstrap(&self) -> Bootstrap {
        let (seed, replicates, confidence) = (self.seed, self.replicates, self.confidence);
        Bootstrap { seed, replicates, confidence, method: self.interval }
    }

    /// How models are compared.
    pub fn contrasts(&self) -> Contrasts {
        Contrasts { bootstrap: self.bootstrap(), margin: self.margin }
    }

    pub(super) fn of(suite: &Suite, settings: &Settings, plan: &Plan) -> Self {
        let unmatched = |at: usize| {
            let cells = plan.cells.iter().filter(|cell| cell.evaluation == at);
            cells.filter_map(|cell| Some((cell.key.model.clone(), cell.unmatched.clone()?))).collect()
        };
        let evaluations = plan.evaluations.iter().enumerate().map(|(at, labelled)| EvaluationRecord {
            unmatched: unmatched(at),
            task: labelled.evaluation.options.task().to_string(),
            corpus: labelled.evaluation.corpus.clone(),
            split: labelled.evaluation.split.clone(),
            models: labelled.evaluation.models.clone(),
            annotators: labelled.annotators().map(|annotators| annotators.names.map(str::to_owned)),
            rule: labelled.evaluation.options.rule(),
            tune: labelled.evaluation.tune.as_ref().zip(labelled.tuning.as_ref()).map(|(tune, tuning)| TuneRecord {
                split: tune.split.clone(),
                documents: tuning.places.len(),
                items: tuning.items(),
                fit_temperature: tune.fit_temperature,
                settings: tune.grid.iter().map(Vec::len).product(),
                chosen: BTreeMap::new(),
            }),
            documents: labelled.places.len(),
            items: labelled.items(),
            patched: labelled.patched.as_ref().map(|patched| patched.record),
        });
        Self {
            format: FORMAT,
            karat: env!("CARGO_PKG_VERSION").to_owned(),
            name: suite.name.clone(),
            seed: suite.seed,
            replicates: suite.statistics.replicates,
            confidence: suite.statistics.confidence,
            interval: suite.statistics.interval,
            margin: suite.statistics.margin,
            engine: of_models(&plan.models, Runtime::place),
            precision: of_models(&plan.models, |runtime| runtime.precision.to_string()),
            limit: settings.limit,
            evaluations: evaluations.collect(),
            corpora: plan.corpora.clone(),
            models: plan.models.clone(),
            suite: serde_json::to_value(suite).expect("a suite is plain data"),
            logits_from: None,
            circumstances: settings.circumstances.clone(),
        }
    }
}

/// What is said of each runtime, each thing once; that of the default where nothing is run.
fn of_models(models: &BTreeMap<String, ModelRecord>, of: impl Fn(Runtime) -> String) -> String {
    let said: BTreeSet<String> = models.values().filter_map(|model| model.runtime).map(&of).collect();
    if said.is_empty() { of(Runtime::default()) } else { said.into_iter().collect::<Vec<_>>().join(", ") }
}

/// A finished run: its record and its tables.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// `run.json`.
    pub record: Record,
    /// `tables/metrics.parquet`.
    pub metrics: Vec<MetricRow>,
    /// `tables/patched.parquet`: the metrics against the gold as patches correct it; none where no corpus has a patch.
    pub patched: Vec<MetricRow>,
    /// `tables/counts.parquet`.
    pub counts: Vec<CountRow>,
    /// `tables/confusion.parquet`.
    pub confusion: Vec<ConfusionRow>,
    /// `tables/errors.parquet`.
    pub errors: Vec<ErrorRow>,
    /// `tables/differences.parquet`.
    pub differences: Vec<DifferenceRow>,
    /// `tables/ledger.parquet`.
    pub ledger: Vec<LedgerRow>,
    /// `tables/sweep.parquet`: settings that were tried; none where nothing was tuned.
    pub sweep: Vec<SweepRow>,
    /// `tables/calibration.parquet`.
    pub calibration: Vec<CalibrationRow>,
    /// `tables/reliability.parquet`.
    pub reliability: Vec<ReliabilityRow>,
    /// `tables/engines.parquet`: what it does to run the same weights otherwise; the file is there where a model was.
    pub engines: Vec<EngineRow>,
    /// `tables/throughput.parquet`.
    pub throughput: Vec<ThroughputRow>,
}
