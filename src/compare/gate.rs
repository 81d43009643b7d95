//! A run held against a baseline under a policy.

use super::sides::{Side, comparable};
use super::{Change, CompareError, MetricPair, Named, contrast};
use crate::run::{Baseline, Results};
use crate::stats::{Contrasts, Verdict, holm};
use crate::suite::{Inconclusive, Policy, Requirement};
use crate::table::CellKey;
use crate::task::TaskName;
use std::collections::BTreeSet;

/// What a gate says of a run: one value behind the text, JSON, JUnit and Markdown.
#[derive(Debug)]
pub struct Judgement {
    /// The run's name as given.
    pub run: String,
    /// The baseline's name.
    pub baseline: String,
    /// When the baseline was blessed.
    pub blessed: String,
    /// What was held, in the order of the policy and the suite.
    pub checks: Vec<Check>,
    /// Why a pass may not be one: it passes with a warning then.
    pub warnings: Vec<String>,
    /// What else a person should know.
    pub notes: Vec<String>,
    /// What differs between run and baseline, by model.
    pub changes: Vec<(CellKey, Vec<Change>)>,
    /// How metrics were compared; the margin is each check's own.
    pub how: Contrasts,
}

/// One metric of one model.
#[derive(Debug)]
pub struct Check {
    /// Which cell.
    pub key: CellKey,
    /// Documents behind it.
    pub documents: usize,
    /// Both values and their difference; the margin of the verdict is the requirement's.
    pub pair: MetricPair,
    /// What was asked.
    pub requirement: Requirement,
    /// What follows.
    pub outcome: Outcome,
}

/// What follows from a check, or from all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is met.
    Passed,
    /// It is met, and a person should look.
    Warned,
    /// The documents do not tell, and the policy stops there.
    Stopped,
    /// It is not met.
    Failed,
}

/// Why a run cannot be judged. That is never a pass.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// Run and baseline cannot be compared.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// The policy asks for what the run has not.
    #[error("the gate asks for metric `{metric}`{of}, which the run has not ({known})")]
    NoMetric {
        /// What it asks for.
        metric: String,
        /// Of which task, corpus and model.
        of: String,
        /// What there is.
        known: String,
    },
    /// The policy names a cell that the run has not.
    #[error("the gate asks for metric `{metric}`{of}, and no model of the run is of that kind")]
    NoCell {
        /// What it asks for.
        metric: String,
        /// Of which task, corpus and model.
        of: String,
    },
    /// The value cannot be compared.
    #[error(
        "{task} on {corpus}, model `{model}`: metric `{metric}` is undefined in run or baseline, so nothing can be said"
    )]
    Undefined {
        /// The task.
        task: String,
        /// The corpus.
        corpus: String,
        /// The model.
        model: String,
        /// The metric.
        metric: String,
    },
    /// The baseline has a model that the run has not.
    #[error("{task} on {corpus}: baseline `{baseline}` has the model `{model}`, and the run has not")]
    Gone {
        /// The task.
        task: String,
        /// The corpus.
        corpus: String,
        /// The baseline.
        baseline: String,
        /// The model.
        model: String,
    },
    /// The baseline lacks a model that is to be held.
    #[error("{task} on {corpus}: the run has the model `{model}`, and baseline `{baseline}` has not")]
    New {
        /// The task.
        task: String,
        /// The corpus.
        corpus: String,
        /// The baseline.
        baseline: String,
        /// The model.
        model: String,
    },
}

impl Judgement {
    /// The worst outcome of its checks; a pass with warnings is one with a warning.
    pub fn outcome(&self) -> Outcome {
        let least = if self.warnings.is_empty() { Outcome::Passed } else { Outcome::Warned };
        self.checks.iter().map(|check| check.outcome).max().unwrap_or(least).max(least)
    }
}

/// Holds a run against a baseline. `age_days` is the baseline's.
///
/// # Errors
/// [`GateError`] where the two cannot be compared, or the policy asks for what is not there.
pub fn judge(
    (name, run): (&str, &Results),
    baseline: &Baseline,
    policy: &Policy,
    age_days: i64,
) -> Result<Judgement, GateError> {
    let runs = [Named { name: &baseline.blessing.name, results: &baseline.results }, Named { name, results: run }];
    let cells = shared(run, baseline)?;
    let asked = if policy.requirements.is_empty() { deciding(run, policy) } else { policy.requirements.clone() };
    let how = run.record.contrasts();
    let mut checks = Vec::new();
    let mut changes = Vec::new();
    for requirement in asked {
        let here: Vec<&CellKey> = cells.iter().filter(|key| applies(&requirement, key, run)).collect();
        if here.is_empty() {
            return Err(GateError::NoCell { of: of(&requirement), metric: requirement.metric });
        }
        for key in here {
            let [candidate, ours] = [1, 0].map(|run| Side { run, key: key.clone() });
            let margins = Contrasts { margin: requirement.margin, ..how };
            let (compared, _) = contrast(&runs, candidate, ours, &margins)?;
            let ids: Vec<&str> = compared.metrics.iter().map(|pair| pair.difference.id.as_str()).collect();
            let Some(at) = ids.iter().position(|id| *id == requirement.metric) else {
                let (metric, known) = (requirement.metric.clone(), ids.join(", "));
                return Err(GateError::NoMetric { metric, of: of(&requirement), known });
            };
            let pair = compared.metrics[at].clone();
            let outcome = outcome(&pair, &requirement).ok_or_else(|| GateError::Undefined {
                task: key.task.clone(),
                corpus: key.corpus.clone(),
                model: key.model.clone(),
                metric: requirement.metric.clone(),
            })?;
            if !changes.iter().any(|(known, _)| known == key) {
                changes.push((key.clone(), compared.changes));
            }
            let requirement = requirement.clone();
            checks.push(Check { key: key.clone(), documents: compared.documents, pair, requirement, outcome });
        }
    }
    adjust(&mut checks);
    let warnings = warnings((name, run), policy, baseline, age_days);
    let notes = blind_spots(&checks);
    Ok(Judgement {
        run: name.to_owned(),
        baseline: baseline.blessing.name.clone(),
        blessed: baseline.blessing.blessed.clone(),
        checks,
        warnings,
        notes,
        changes,
        how,
    })
}

/// The cells of the run, which are the baseline's too: a model that is new or gone is no pass.
fn shared(run: &Results, baseline: &Baseline) -> Result<Vec<CellKey>, GateError> {
    let keys = |results: &Results| -> BTreeSet<CellKey> {
        let cells = results.record.evaluations.iter().flat_map(|evaluation| {
            evaluation.models.iter().map(|model| CellKey {
                task: evaluation.task.clone(),
                corpus: evaluation.corpus.clone(),
                model: model.clone(),
            })
        });
        cells.collect()
    };
    let (theirs, ours) = (keys(run), keys(&baseline.results));
    let name = || baseline.blessing.name.clone();
    if let Some(CellKey { task, corpus, model }) = ours.difference(&theirs).next().cloned() {
        return Err(GateError::Gone { task, corpus, baseline: name(), model });
    }
    if let Some(CellKey { task, corpus, model }) = theirs.difference(&ours).next().cloned() {
        return Err(GateError::New { task, corpus, baseline: name(), model });
    }
    for key in &theirs {
        comparable((run, key), (&baseline.results, key))?;
    }
    Ok(theirs.into_iter().collect())
}

/// What is held where a policy names nothing: the deciding metric of each task.
fn deciding(run: &Results, policy: &Policy) -> Vec<Requirement> {
    let tasks: BTreeSet<TaskName> = run.record.evaluations.iter().filter_map(|e| TaskName::named(&e.task)).collect();
    let requirement = |task: TaskName| Requirement {
        metric: task.headline().0.to_owned(),
        task: Some(task),
        corpus: None,
        model: None,
        margin: policy.margin,
        floor: None,
        inconclusive: policy.inconclusive,
    };
    tasks.into_iter().map(requirement).collect()
}

/// True for a cell that a requirement is about; floors only where it names them.
fn applies(requirement: &Requirement, key: &CellKey, run: &Results) -> bool {
    let floor = run.record.models.get(&key.model).is_some_and(crate::run::ModelRecord::is_floor);
    requirement.task.is_none_or(|task| task.name() == key.task)
        && requirement.corpus.as_ref().is_none_or(|corpus| *corpus == key.corpus)
        && requirement.model.as_ref().map_or(!floor, |model| *model == key.model)
}

fn of(requirement: &Requirement) -> String {
    let task = requirement.task.map(|task| format!(" of task `{task}`"));
    let corpus = requirement.corpus.as_ref().map(|corpus| format!(" on corpus `{corpus}`"));
    let model = requirement.model.as_ref().map(|model| format!(" of model `{model}`"));
    [task, corpus, model].into_iter().flatten().collect()
}

/// What a comparison means under a requirement; None where a value is undefined.
fn outcome(pair: &MetricPair, requirement: &Requirement) -> Option<Outcome> {
    let (candidate, contrast) = (pair.candidate?, pair.difference.contrast?);
    if requirement.floor.is_some_and(|floor| candidate < floor) {
        return Some(Outcome::Failed);
    }
    Some(match (contrast.verdict, requirement.inconclusive) {
        (Verdict::Improved | Verdict::Equivalent, _) | (Verdict::Inconclusive, Inconclusive::Pass) => Outcome::Passed,
        (Verdict::Inconclusive, Inconclusive::Warn) => Outcome::Warned,
        (Verdict::Inconclusive, Inconclusive::Stop) => Outcome::Stopped,
        (Verdict::Regressed, _) | (Verdict::Inconclusive, Inconclusive::Fail) => Outcome::Failed,
    })
}

/// All checks of a gate are one family of tests.
fn adjust(checks: &mut [Check]) {
    let p_values: Vec<f64> =
        checks.iter().filter_map(|check| check.pair.difference.contrast.map(|contrast| contrast.p)).collect();
    for (check, adjusted) in checks.iter_mut().zip(holm(&p_values)) {
        check.pair.difference.p_holm = Some(adjusted);
    }
}

fn warnings((called, run): (&str, &Results), policy: &Policy, baseline: &Baseline, age_days: i64) -> Vec<String> {
    let mut warnings = Vec::new();
    let name = &baseline.blessing.name;
    if age_days > i64::from(policy.max_age_days) {
        warnings.push(format!(
            "baseline `{name}` is stale: it was blessed {age_days} days ago, and the policy takes it for {} days",
            policy.max_age_days
        ));
    }
    if age_days < 0 {
        warnings.push(format!("baseline `{name}` was blessed in the future: a clock is wrong"));
    }
    if run.record.suite["gate"] != baseline.results.record.suite["gate"] {
        warnings.push(format!("the policy is not the one that stood in the suite when `{name}` was blessed"));
    }
    let folder = std::path::Path::new(called).file_name().map(std::ffi::OsStr::to_string_lossy);
    if run.record == baseline.results.record && folder.as_deref() == Some(baseline.blessing.run.as_str()) {
        warnings.push(format!("`{name}` is this very run, which is always as good as itself"));
    }
    warnings
}

/// What passed, and could have regressed by much more than its margin without being seen.
fn blind_spots(checks: &[Check]) -> Vec<String> {
    let mut notes = Vec::new();
    for check in checks.iter().filter(|check| check.outcome == Outcome::Passed) {
        let margin = check.requirement.margin;
        let detectable = check.pair.difference.contrast.and_then(|contrast| contrast.detectable);
        if let Some(detectable) = detectable.filter(|detectable| *detectable > 3.0 * margin.max(0.005)) {
            notes.push(format!(
                "{} of `{}`: {} documents find a difference of {detectable:.3} four times in five, and the margin is {margin}; smaller \
                 regressions pass unseen",
                check.pair.difference.id, check.key.model, check.documents
            ));
        }
    }
    notes
}
