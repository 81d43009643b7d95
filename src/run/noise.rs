//! The noise floor: what changes when nothing does. The same models are asked the same in other batches, in another order, on other
//! threads, in other precisions and by other engines.

use super::cell::CellError;
use super::engines::changed;
use super::evaluation::{judge, scorer};
use super::forward::{ForwardFault, forward_in};
use super::model::{Model, ModelError};
use super::observer::{Event, Observer};
use super::plan::{Cell, Labelled, Plan, PlanError, bind};
use crate::engine::{Engine, LoadError, Logits, Runtime, Sequence};
use crate::metrics::total;
use crate::suite::{ModelEntry, Policy, Requirement, Suite};
use crate::table::CellKey;
use crate::task::{Answer, Prepared, Task, TaskName};
use serde::Serialize;
use std::collections::BTreeMap;

/// What was found.
#[derive(Debug, Serialize)]
pub struct Noise {
    /// Documents of each evaluation that were asked, by `task corpus`.
    pub documents: BTreeMap<String, usize>,
    /// A row for each model that is run and each variation.
    pub rows: Vec<NoiseRow>,
    /// Runtimes that this build or this machine lacks, or that a model cannot be run by; with the reason.
    pub left_out: BTreeMap<String, String>,
    /// Margins of the suite's gate that noise alone can pass.
    pub below: Vec<BelowNoise>,
}

/// One model asked the same in another way, against the way in which a run asks it on one thread.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NoiseRow {
    /// The cell.
    #[serde(flatten)]
    pub key: CellKey,
    /// What was done otherwise.
    pub variation: String,
    /// True for another precision, engine or device, which a run does not change by itself.
    pub other_runtime: bool,
    /// Logits that were compared.
    pub logits: usize,
    /// Those whose bits differ.
    pub other_bits: usize,
    /// The largest absolute difference of two logits.
    pub largest: f64,
    /// The mean absolute difference.
    pub mean: f64,
    /// Answers of the usual way: entities, or stances.
    pub answers: usize,
    /// Entities that only one way gives, or stances that differ.
    pub changed: usize,
    /// What became of them.
    pub stability: Stability,
    /// How far metrics moved, by id; those that did not move or are undefined are left out.
    pub shifts: BTreeMap<String, f64>,
}

/// What a variation leaves as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stability {
    /// Every bit of every logit.
    BitStable,
    /// Every answer, though not every bit.
    LabelStable,
    /// Not every answer.
    Unstable,
}

impl Stability {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::BitStable => "bit-stable",
            Self::LabelStable => "label-stable",
            Self::Unstable => "unstable",
        }
    }
}

/// A margin of a gate that is smaller than what noise does to its metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BelowNoise {
    /// The cell.
    #[serde(flatten)]
    pub key: CellKey,
    /// The metric's id.
    pub metric: String,
    /// The gate's margin.
    pub margin: f64,
    /// The largest shift on the sample.
    pub floor: f64,
    /// What caused it.
    pub variation: String,
}

/// Why noise could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum NoiseError {
    /// The suite cannot be used.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A model failed.
    #[error(transparent)]
    Cell(#[from] CellError),
}

/// A way of asking.
enum Variation {
    Again,
    Alone,
    Larger,
    Reversed,
    Threads(usize),
    Runtime(Runtime),
}

impl Variation {
    fn name(&self) -> String {
        match self {
            Self::Again => "once more".to_owned(),
            Self::Alone => "one sequence a batch".to_owned(),
            Self::Larger => "batches four times as large".to_owned(),
            Self::Reversed => "the other way round".to_owned(),
            Self::Threads(threads) => format!("{threads} threads"),
            Self::Runtime(runtime) => runtime.to_string(),
        }
    }
}

/// Measures the noise of a suite's models on the first `sample` labelled documents of each evaluation.
///
/// # Errors
/// [`NoiseError`] when the suite's corpora or models cannot be used, or a model fails on a document.
pub fn noise(suite: &Suite, (sample, threads): (usize, usize), observer: &dyn Observer) -> Result<Noise, NoiseError> {
    let plan = Plan::make(suite, Some(sample))?;
    let mut noise =
        Noise { documents: BTreeMap::new(), rows: Vec::new(), left_out: BTreeMap::new(), below: Vec::new() };
    for cell in &plan.cells {
        let labelled = &plan.evaluations[cell.evaluation];
        noise.documents.insert(format!("{} {}", cell.key.task, cell.key.corpus), labelled.places.len());
        of_cell(cell, labelled, threads, (&mut noise, observer))?;
    }
    noise.below = below(&suite.gate, &noise.rows);
    Ok(noise)
}

/// A cell's documents as they go forward.
struct Asked<'a> {
    cell: &'a Cell,
    labelled: &'a Labelled,
    prepared: Vec<Prepared>,
}

fn of_cell(
    cell: &Cell,
    labelled: &Labelled,
    threads: usize,
    (noise, observer): (&mut Noise, &dyn Observer),
) -> Result<(), CellError> {
    let ModelEntry { path, runtime, labels, .. } = &cell.model;
    let Model::Neural { engine, tokenizer } = Model::load(path, cell.options.task(), *runtime)? else {
        return Ok(());
    };
    let refused = |source| CellError::Task { model: path.clone(), source };
    let targets = &labelled.corpus.targets;
    let task = bind(&cell.options, (engine.config(), labels), targets, labelled.asked()).map_err(refused)?;
    let documents = labelled.documents().into_iter();
    let prepared = documents.map(|document| task.prepare(document, &tokenizer, &[])).collect::<Result<_, _>>();
    let asked = Asked { cell, labelled, prepared: prepared.map_err(refused)? };
    let usual = asked.forward((&*engine, &Variation::Again), observer)?;
    let before = asked.decode(&*task, &usual);
    let own = [
        Variation::Again,
        Variation::Alone,
        Variation::Larger,
        Variation::Reversed,
        Variation::Threads(threads.max(2)),
    ];
    for variation in own {
        let logits = asked.forward((&*engine, &variation), observer)?;
        noise.rows.push(asked.compare(&variation, (&usual, &before), (&logits, &asked.decode(&*task, &logits))));
    }
    for other in Runtime::all().filter(|other| other != runtime) {
        let engine = match Model::load(path, cell.options.task(), other) {
            Ok(Model::Neural { engine, .. }) => engine,
            Ok(Model::Floor(_)) => unreachable!("the model was none before"),
            Err(ModelError::Load(error)) => {
                noise.left_out.insert(other.to_string(), why(&error));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let variation = Variation::Runtime(other);
        let logits = asked.forward((&*engine, &variation), observer)?;
        noise.rows.push(asked.compare(&variation, (&usual, &before), (&logits, &asked.decode(&*task, &logits))));
    }
    Ok(())
}

/// Why a model is not run in one way, in words that are the same for every way that fails alike.
fn why(error: &LoadError) -> String {
    if let LoadError::Runtime { asked, what, instead } = error {
        return format!("engine `{}` runs {what} in {instead}", asked.engine);
    }
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

impl Asked<'_> {
    /// The logits of all documents, `[document][sequence]`, asked in one way.
    fn forward(
        &self,
        (engine, variation): (&dyn Engine, &Variation),
        observer: &dyn Observer,
    ) -> Result<Vec<Vec<Logits>>, CellError> {
        let mut sequences: Vec<Vec<Sequence>> = self.prepared.iter().map(|one| one.sequences.clone()).collect();
        let tokens = sequences.iter().flatten().map(|sequence| sequence.ids.len()).sum();
        let key = CellKey { model: format!("{}: {}", self.cell.key.model, variation.name()), ..self.cell.key.clone() };
        observer.notice(&Event::CellStarted { key: &key, documents: sequences.len(), work: tokens });
        let usual = engine.batch_tokens();
        let how = match variation {
            Variation::Alone => (1, 1),
            Variation::Larger => (1, 4 * usual),
            Variation::Threads(threads) => (*threads, usual),
            Variation::Again | Variation::Reversed | Variation::Runtime(_) => (1, usual),
        };
        let reversed = matches!(variation, Variation::Reversed);
        if reversed {
            reverse(&mut sequences);
        }
        let slices: Vec<&[Sequence]> = sequences.iter().map(Vec::as_slice).collect();
        let documents = self.labelled.documents();
        let failed = |fault: ForwardFault| {
            let at = if reversed { documents.len() - 1 - fault.document } else { fault.document };
            let (model, document) = (self.cell.model.path.clone(), documents[at].id.clone());
            CellError::Forward { model, document, source: fault.error }
        };
        let mut logits = forward_in(engine, &slices, how, observer).map_err(failed)?;
        if reversed {
            reverse(&mut logits);
        }
        observer.notice(&Event::CellFinished { key: &key });
        Ok(logits)
    }

    fn decode(&self, task: &dyn Task, logits: &[Vec<Logits>]) -> Vec<Answer> {
        let documents = self.labelled.documents().into_iter();
        let all = documents.zip(&self.prepared).zip(logits).zip(self.labelled.regions());
        all.map(|(((document, prepared), logits), regions)| task.decode(document, prepared, logits).outside(regions))
            .collect()
    }

    fn compare(
        &self,
        variation: &Variation,
        (usual, before): (&[Vec<Logits>], &[Answer]),
        (logits, after): (&[Vec<Logits>], &[Answer]),
    ) -> NoiseRow {
        let pairs = usual.iter().flatten().flatten().zip(logits.iter().flatten().flatten());
        let (mut count, mut other_bits, mut largest, mut sum) = (0, 0, 0.0_f64, 0.0);
        for (a, b) in pairs {
            let apart = f64::from((a - b).abs());
            count += 1;
            other_bits += usize::from(a.to_bits() != b.to_bits());
            largest = largest.max(apart);
            sum += apart;
        }
        let changed = before.iter().zip(after).map(|(a, b)| changed(a, b)).sum();
        let stability = match (other_bits, changed) {
            (0, 0) => Stability::BitStable,
            (_, 0) => Stability::LabelStable,
            _ => Stability::Unstable,
        };
        NoiseRow {
            key: self.cell.key.clone(),
            variation: variation.name(),
            other_runtime: matches!(variation, Variation::Runtime(_)),
            logits: count,
            other_bits,
            largest,
            mean: if count == 0 { 0.0 } else { sum / count as f64 },
            answers: before.iter().map(|answer| answer.entities().len() + answer.stances().len()).sum(),
            changed,
            stability,
            shifts: self.shifts(before, after),
        }
    }

    /// How far each metric moved; a metric that is undefined on either side is left out.
    fn shifts(&self, before: &[Answer], after: &[Answer]) -> BTreeMap<String, f64> {
        let scorer = scorer(self.labelled, before.iter().chain(after).chain(&self.labelled.gold));
        let metrics = |answers| {
            let judged = judge(self.labelled, &self.labelled.gold, answers);
            let counts = scorer.counts(&judged).expect("the scorer knows every label of these answers");
            scorer.family().metrics(&total(&counts))
        };
        let pairs = metrics(before).into_iter().zip(metrics(after));
        let shift = pairs.filter_map(|(a, b)| Some((a.id, (a.value? - b.value?).abs())));
        shift.filter(|(_, shift)| *shift > 0.0).collect()
    }
}

/// The other way round, documents and the sequences of each.
fn reverse<T>(documents: &mut [Vec<T>]) {
    documents.reverse();
    for sequences in documents {
        sequences.reverse();
    }
}

/// The margins of a gate that a run's own noise passes: other runtimes are a choice, and no noise of a run.
fn below(policy: &Policy, rows: &[NoiseRow]) -> Vec<BelowNoise> {
    let mut worst: BTreeMap<(CellKey, String), BelowNoise> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.other_runtime) {
        for (metric, &floor) in &row.shifts {
            let Some(margin) = margin(policy, &row.key, metric).filter(|margin| *margin < floor) else { continue };
            let (key, metric, variation) = (row.key.clone(), metric.clone(), row.variation.clone());
            let found = BelowNoise { key, metric, margin, floor, variation };
            let place = worst.entry((found.key.clone(), found.metric.clone())).or_insert_with(|| found.clone());
            if found.floor > place.floor {
                *place = found;
            }
        }
    }
    worst.into_values().collect()
}

/// The margin that a gate gives to a cell's metric; None where it does not hold it.
fn margin(policy: &Policy, key: &CellKey, metric: &str) -> Option<f64> {
    if policy.requirements.is_empty() {
        let deciding = TaskName::named(&key.task).is_some_and(|task| task.headline().0 == metric);
        return deciding.then_some(policy.margin);
    }
    let is = |asked: Option<&str>, name: &str| asked.is_none_or(|asked| asked == name);
    let holds = |asked: &&Requirement| {
        asked.metric == metric
            && is(asked.task.map(TaskName::name), &key.task)
            && is(asked.corpus.as_deref(), &key.corpus)
            && is(asked.model.as_deref(), &key.model)
    };
    policy.requirements.iter().filter(holds).map(|asked| asked.margin).reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Inconclusive;

    fn row(variation: &str, other_runtime: bool, f1: f64) -> NoiseRow {
        NoiseRow {
            key: CellKey { task: "ner".to_owned(), corpus: "c".to_owned(), model: "m".to_owned() },
            variation: variation.to_owned(),
            other_runtime,
            logits: 1,
            other_bits: 1,
            largest: 0.1,
            mean: 0.1,
            answers: 1,
            changed: 1,
            stability: Stability::Unstable,
            shifts: BTreeMap::from([("f1".to_owned(), f1), ("recall".to_owned(), 0.5)]),
        }
    }

    #[test]
    fn a_margin_is_held_against_the_largest_shift_that_is_no_choice() {
        let policy =
            Policy { max_age_days: 1, requirements: Vec::new(), margin: 0.01, inconclusive: Inconclusive::Warn };
        let rows = [row("a", false, 0.02), row("b", false, 0.03), row("c", true, 0.9), row("d", false, 0.005)];
        let found = below(&policy, &rows);
        assert_eq!(found.len(), 1, "recall does not decide: {found:?}");
        assert_eq!((found[0].metric.as_str(), found[0].variation.as_str(), found[0].floor), ("f1", "b", 0.03));
        assert!(below(&Policy { margin: 0.03, ..policy.clone() }, &rows).is_empty());
        let asked = Requirement {
            metric: "recall".to_owned(),
            task: None,
            corpus: None,
            model: Some("m".to_owned()),
            margin: 0.1,
            floor: None,
            inconclusive: Inconclusive::Warn,
        };
        let others = Requirement { model: Some("another".to_owned()), margin: 0.0, ..asked.clone() };
        let found = below(&Policy { requirements: vec![asked, others], ..policy }, &rows);
        assert_eq!(found.iter().map(|below| below.metric.as_str()).collect::<Vec<_>>(), ["recall"]);
    }

    #[test]
    fn what_is_turned_round_twice_is_as_it_was() {
        let mut documents = vec![vec![1, 2], vec![3], vec![4, 5, 6]];
        reverse(&mut documents);
        assert_eq!(documents, [vec![6, 5, 4], vec![3], vec![2, 1]]);
        reverse(&mut documents);
        assert_eq!(documents, [vec![1, 2], vec![3], vec![4, 5, 6]]);
    }
}
