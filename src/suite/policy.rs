//! What a gate asks of a run.

use super::Statistics;
use super::written::{Notes, names};
use crate::task::TaskName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Spanned;

/// Days after which a baseline is stale, unless a suite says otherwise.
const MAX_AGE_DAYS: u32 = 90;

/// When a run passes the gate against a baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// A baseline that is older is stale, and the gate warns.
    pub max_age_days: u32,
    /// What is held; without any, the deciding metric of every model that is no floor.
    pub requirements: Vec<Requirement>,
    /// For what no requirement says otherwise.
    pub margin: f64,
    /// For what no requirement says otherwise.
    pub inconclusive: Inconclusive,
}

/// A metric that a gate holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Requirement {
    /// The metric's id, such as `f1.PER`.
    pub metric: String,
    /// Of this task only.
    pub task: Option<TaskName>,
    /// On this corpus only.
    pub corpus: Option<String>,
    /// Of this model only; None: of every model that is no floor.
    pub model: Option<String>,
    /// Differences of at most this size, either way, do not matter.
    pub margin: f64,
    /// A value below it fails, whatever the baseline has.
    pub floor: Option<f64>,
    /// What an inconclusive comparison does.
    pub inconclusive: Inconclusive,
}

/// What a gate does where the documents do not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Inconclusive {
    /// It passes.
    Pass,
    /// It passes with a warning.
    #[default]
    Warn,
    /// Exit code 3.
    Stop,
    /// Exit code 1, as for a regression.
    Fail,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenPolicy {
    margin: Option<Spanned<f64>>,
    inconclusive: Option<Inconclusive>,
    max_age_days: Option<u32>,
    #[serde(default)]
    metrics: Vec<WrittenRequirement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRequirement {
    metric: Spanned<String>,
    task: Option<TaskName>,
    corpus: Option<Spanned<String>>,
    model: Option<Spanned<String>>,
    margin: Option<Spanned<f64>>,
    floor: Option<Spanned<f64>>,
    inconclusive: Option<Inconclusive>,
}

impl WrittenPolicy {
    /// Checks the policy against the corpora and models of its suite.
    pub(super) fn checked<C, M>(
        &self,
        statistics: Statistics,
        corpora: &BTreeMap<String, C>,
        models: &BTreeMap<String, M>,
        notes: &mut Notes<'_>,
    ) -> Policy {
        let margin = margin(self.margin.as_ref(), statistics.margin, notes);
        let inconclusive = self.inconclusive.unwrap_or_default();
        let requirements = self.metrics.iter().map(|asked| {
            if let Some(corpus) = asked.corpus.as_ref().filter(|corpus| !corpora.contains_key(corpus.get_ref())) {
                let what = format!("corpus `{}` is not in [corpora] ({})", corpus.get_ref(), names(corpora));
                notes.add(corpus.span(), what);
            }
            if let Some(model) = asked.model.as_ref().filter(|model| !models.contains_key(model.get_ref())) {
                let what = format!("model `{}` is not in [models] ({})", model.get_ref(), names(models));
                notes.add(model.span(), what);
            }
            if asked.metric.get_ref().is_empty() {
                notes.add(asked.metric.span(), "`metric` needs the id of a metric, such as `f1`");
            }
            if let Some(floor) = asked.floor.as_ref().filter(|floor| !(-1.0..=1.0).contains(floor.get_ref())) {
                notes.add(floor.span(), "`floor` must be a value that the metric can have, at most 1");
            }
            Requirement {
                metric: asked.metric.get_ref().clone(),
                task: asked.task,
                corpus: asked.corpus.as_ref().map(|corpus| corpus.get_ref().clone()),
                model: asked.model.as_ref().map(|model| model.get_ref().clone()),
                margin: self::margin(asked.margin.as_ref(), margin, notes),
                floor: asked.floor.as_ref().map(|floor| *floor.get_ref()),
                inconclusive: asked.inconclusive.unwrap_or(inconclusive),
            }
        });
        let requirements: Vec<Requirement> = requirements.collect();
        let asks = |one: &Requirement| (one.metric.clone(), one.task, one.corpus.clone(), one.model.clone());
        for (at, written) in self.metrics.iter().enumerate() {
            if requirements[..at].iter().any(|before| asks(before) == asks(&requirements[at])) {
                notes.add(written.metric.span(), format!("metric `{}` is asked for twice", written.metric.get_ref()));
            }
        }
        Policy { max_age_days: self.max_age_days.unwrap_or(MAX_AGE_DAYS), requirements, margin, inconclusive }
    }
}

/// A margin as written, or what stands where there is none.
pub(super) fn margin(written: Option<&Spanned<f64>>, otherwise: f64, notes: &mut Notes<'_>) -> f64 {
    let Some(written) = written else { return otherwise };
    if !(0.0..1.0).contains(written.get_ref()) {
        notes.add(written.span(), "`margin` must be at least 0 and less than 1 (0.01 is usual)");
    }
    *written.get_ref()
}
