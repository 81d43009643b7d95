//! A metric over the points of a history: steps, and the decline that no single step shows.

use super::changes::{Change, changes};
use crate::run::{Counted, Point};
use crate::stats::{Contrast, Contrasts, Verdict};
use crate::table::{CellKey, MetricRow};
use crate::task::TaskName;
use std::f64::consts::PI;

/// A metric of one model over a history.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Which cell.
    pub key: CellKey,
    /// The metric's id.
    pub id: String,
    /// Where it was measured, in order.
    pub moments: Vec<Moment>,
    /// The last point against the first that it can be compared with; None where there is none.
    pub drift: Option<Drift>,
}

/// A metric at a point.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// The point's number.
    pub point: usize,
    /// The run's folder, by its last name.
    pub run: String,
    /// When the run began, RFC 3339, UTC.
    pub started: String,
    /// SHA-256 of its `run.json`.
    pub digest: String,
    /// The metric there.
    pub metric: MetricRow,
    /// What went in that differs from the moment before; empty at the first.
    pub changes: Vec<Change>,
    /// Against the nearest moment before that it can be compared with.
    pub step: Step,
}

/// What can be said of two neighbouring moments.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// There is none before.
    First,
    /// The difference, this one minus the earlier one.
    Measured(Contrast),
    /// All before were measured on other gold, other documents or by another definition.
    Apart,
    /// A value is undefined.
    Undefined,
}

/// The last point against the first, with the confidence that repeated looks leave.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// The first point that the last can be compared with.
    pub since: usize,
    /// Last minus first; its interval has the confidence below.
    pub contrast: Contrast,
    /// Comparisons with the first point until now, this one included.
    pub looks: usize,
    /// Of this look: 1 − α·6/(π²k²) at look k, so that the chance of any false alarm over all looks, however many there
    /// will be, stays below α.
    pub confidence: f64,
    /// True where the last is worse by more than the margin, and no step alone was.
    pub slow: bool,
}

/// The series of a history: of `metric`, or of each task's deciding metric.
pub fn series(points: &[Point], metric: Option<&str>, how: &Contrasts) -> Vec<Series> {
    let mut names: Vec<(CellKey, String)> = Vec::new();
    for row in points.iter().flat_map(|point| &point.metrics) {
        let deciding = TaskName::named(&row.key.task).map(|task| task.headline().0);
        if metric.or(deciding) == Some(&row.id) && !names.iter().any(|(key, id)| (key, id) == (&row.key, &row.id)) {
            names.push((row.key.clone(), row.id.clone()));
        }
    }
    names.into_iter().map(|(key, id)| follow(points, key, id, how)).collect()
}

fn follow(points: &[Point], key: CellKey, id: String, how: &Contrasts) -> Series {
    let of = |point: &Point| point.metrics.iter().find(|row| row.key == key && row.id == id).cloned();
    let measured: Vec<(&Point, MetricRow)> = points.iter().filter_map(|point| Some((point, of(point)?))).collect();
    let same_ground = |a: usize, b: usize| ground(measured[a].0, &key, &id) == ground(measured[b].0, &key, &id);
    let mut moments: Vec<Moment> = Vec::new();
    for (at, (point, metric)) in measured.iter().enumerate() {
        let changes = at.checked_sub(1).map(|before| changes(&point.facts[&key], &measured[before].0.facts[&key]));
        let step = match (0..at).rev().find(|&before| same_ground(at, before)) {
            Some(before) => step_between((point, measured[before].0), (&key, &id), how),
            None if at == 0 => Step::First,
            None => Step::Apart,
        };
        moments.push(Moment {
            point: point.number,
            run: point.run.clone(),
            started: point.started.clone(),
            digest: point.digest.clone(),
            metric: metric.clone(),
            changes: changes.unwrap_or_default(),
            step,
        });
    }
    // All that can be compared with the last one, itself included.
    let last = measured.len() - 1;
    let stretch: Vec<usize> = (0..=last).filter(|&at| same_ground(at, last)).collect();
    let looks = stretch.len() - 1;
    let drift = (looks > 0).then(|| {
        let alpha = (1.0 - how.bootstrap.confidence) * 6.0 / (PI * looks as f64).powi(2);
        let mut careful = *how;
        careful.bootstrap.confidence = 1.0 - alpha;
        let (last, since) = (measured[last].0, measured[stretch[0]].0);
        let Step::Measured(contrast) = step_between((last, since), (&key, &id), &careful) else { return None };
        let fell =
            |at: &usize| matches!(&moments[*at].step, Step::Measured(step) if step.verdict == Verdict::Regressed);
        let slow = contrast.verdict == Verdict::Regressed && !stretch[1..].iter().any(fell);
        Some(Drift { since: since.number, contrast, looks, confidence: careful.bootstrap.confidence, slow })
    });
    Series { key, id, moments, drift: drift.flatten() }
}

/// What two points must share to be compared: the metric's definition, the gold, and which documents were scored.
fn ground<'a>(point: &'a Point, key: &CellKey, id: &str) -> (Option<&'a str>, Vec<(&'a str, &'a str)>) {
    let row = point.metrics.iter().find(|row| row.key == *key && row.id == id);
    let decides = |name: &str| name == "gold" || name == "suite: split" || name.starts_with("documents");
    let facts = point.facts.get(key).into_iter().flatten().filter(|(name, _)| decides(name));
    (row.map(|row| row.signature.as_str()), facts.map(|(name, value)| (name.as_str(), value.as_str())).collect())
}

/// The difference of a metric between two points, the first minus the second.
fn step_between((new, old): (&Point, &Point), (key, id): (&CellKey, &str), how: &Contrasts) -> Step {
    let rule = new.facts.get(key).and_then(|facts| facts.get("rule")).cloned().unwrap_or_default();
    let has = |counted: &&Counted| counted.family.definitions().iter().any(|definition| definition.id == id);
    let (theirs, ours) = (new.counted(key), old.counted(key));
    let both = theirs.iter().find(has).zip(ours.iter().find(has));
    let Some((theirs, ours)) = both.filter(|(theirs, ours)| theirs.documents == ours.documents) else {
        return Step::Apart;
    };
    let Some((theirs, ours)) = theirs.with_common_columns(ours, &rule) else { return Step::Apart };
    let row = theirs.minus(&ours, how).into_iter().find(|row| row.id == id);
    row.and_then(|row| row.contrast).map_or(Step::Undefined, Step::Measured)
}
