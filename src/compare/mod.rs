//! Runs against runs, and models of one run against each other.
//!
//! Owns: which cells can be compared ([`CompareError`] says why not), what differs between them ([`Compared`]), which items
//! flipped ([`Flips`]), whether a ranking survives other scorings ([`Multiverse`]), and what a gate says of a run against a
//! baseline ([`Judgement`]). In: finished runs. Out: values that `report` renders. Must not: read files, print, run a model.

mod changes;
mod drift;
mod flips;
mod gate;
mod multiverse;
mod sides;

pub use changes::{Change, changes};
pub use drift::{Drift, Moment, Series, Step, series};
pub use flips::{Flip, Flips};
pub use gate::{Check, GateError, Judgement, Outcome, judge};
pub use multiverse::{Multiverse, Scoring};
pub use sides::{CompareError, Side, pair};

use crate::run::{Counted, Results, adjust};
use crate::stats::{Contrasts, holm, mcnemar};
use crate::table::{CellKey, DifferenceRow};

/// A finished run and what it is called.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// As given by the user, such as a folder.
    pub name: &'a str,
    /// The run.
    pub results: &'a Results,
}

/// A candidate's cell against a baseline's on the same documents.
#[derive(Debug)]
pub struct Compared {
    /// What is judged.
    pub candidate: Side,
    /// What it is judged against.
    pub baseline: Side,
    /// Documents that both answered.
    pub documents: usize,
    /// Gold items in them.
    pub items: usize,
    /// Every metric, candidate minus baseline, in the order of the families.
    pub metrics: Vec<MetricPair>,
    /// Items that one has right and the other has not.
    pub flips: Flips,
    /// The exact McNemar p-value over the flipped items.
    pub mcnemar: f64,
    /// What went in that differs.
    pub changes: Vec<Change>,
}

/// A metric of both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricPair {
    /// The candidate's value.
    pub candidate: Option<f64>,
    /// The baseline's value.
    pub baseline: Option<f64>,
    /// Candidate minus baseline.
    pub difference: DifferenceRow,
}

/// Every pair of cells that can be compared, and how rankings bear other scorings.
#[derive(Debug)]
pub struct Comparison {
    /// Candidate against baseline.
    pub pairs: Vec<Compared>,
    /// One for each pair, in their order.
    pub multiverses: Vec<Multiverse>,
    /// Cells that have no counterpart, in words.
    pub left_out: Vec<String>,
    /// How the sides were compared.
    pub how: Contrasts,
}

impl Compared {
    /// The metric that decides.
    pub fn headline(&self) -> Option<&MetricPair> {
        let id = crate::task::TaskName::named(&self.candidate.key.task)?.headline().0;
        self.metrics.iter().find(|pair| pair.difference.id == id)
    }
}

/// Compares runs with the first of them, cell by cell; of a single run, its models with each other.
///
/// # Errors
/// [`CompareError`] where no cells match, or cells that match were scored against other gold, on other documents or by other
/// definitions.
pub fn compare(runs: &[Named<'_>], how: Contrasts) -> Result<Comparison, CompareError> {
    let mut pairs = Vec::new();
    let mut multiverses = Vec::new();
    for (candidate, baseline) in pair(runs)? {
        let (compared, counted) = contrast(runs, candidate, baseline, &how)?;
        multiverses.push(Multiverse::of(&compared.metrics, &counted, &how));
        pairs.push(compared);
    }
    adjust_all(&mut pairs);
    let left_out = sides::left_out(runs, &pairs);
    Ok(Comparison { pairs, multiverses, left_out, how })
}

/// Adjusts p-values: the metrics of a pair as [`adjust`] does, and the deciding metrics of all pairs as one family.
fn adjust_all(pairs: &mut [Compared]) {
    for compared in pairs.iter_mut() {
        let mut rows: Vec<DifferenceRow> = compared.metrics.iter().map(|pair| pair.difference.clone()).collect();
        adjust(&mut rows);
        for (pair, row) in compared.metrics.iter_mut().zip(rows) {
            pair.difference.p_holm = row.p_holm;
        }
    }
    let deciding = |compared: &Compared| compared.headline()?.difference.contrast.map(|contrast| contrast.p);
    let p_values: Vec<f64> = pairs.iter().filter_map(deciding).collect();
    let mut adjusted = holm(&p_values).into_iter();
    for compared in pairs.iter_mut().filter(|compared| deciding(compared).is_some()) {
        let at = compared.headline().map(|pair| pair.difference.id.clone());
        let headline = compared.metrics.iter_mut().find(|pair| Some(&pair.difference.id) == at.as_ref());
        if let Some(pair) = headline {
            pair.difference.p_holm = adjusted.next();
        }
    }
}

/// Counts of both sides over the same columns, a family each.
type Both = Vec<(Counted, Counted)>;

/// Compares two cells that are about the same documents.
fn contrast(
    runs: &[Named<'_>],
    candidate: Side,
    baseline: Side,
    how: &Contrasts,
) -> Result<(Compared, Both), CompareError> {
    let (new, old) = (runs[candidate.run].results, runs[baseline.run].results);
    for side in [&candidate, &baseline] {
        sides::consistent(runs[side.run].name, runs[side.run].results, &side.key)?;
    }
    let evaluation = sides::comparable((new, &candidate.key), (old, &baseline.key))?;
    let both = sides::counts((new, &candidate.key), (old, &baseline.key))?;
    let mut metrics = Vec::new();
    for (new, old) in &both {
        for difference in new.minus(old, how) {
            let (candidate, baseline) = (new.value(&difference.id), old.value(&difference.id));
            metrics.push(MetricPair { candidate, baseline, difference });
        }
    }
    let flips = Flips::between((new, &candidate.key), (old, &baseline.key), evaluation.items);
    let compared = Compared {
        documents: evaluation.documents,
        items: evaluation.items,
        metrics,
        mcnemar: mcnemar(flips.gained() as u64, flips.lost() as u64),
        flips,
        changes: changes(&new.record.facts(&candidate.key), &old.record.facts(&baseline.key)),
        candidate,
        baseline,
    };
    Ok((compared, both))
}

/// The name under which one side of a pair is shown: the model, and the run where that is another one.
pub fn label(side: &Side, other: &Side, runs: &[Named<'_>]) -> String {
    if side.run == other.run { side.key.model.clone() } else { format!("{} ({})", side.key.model, runs[side.run].name) }
}

/// A cell's evaluation in a run's record.
fn evaluation<'a>(results: &'a Results, key: &CellKey) -> Option<&'a crate::run::EvaluationRecord> {
    results.record.evaluations.iter().find(|e| e.task == key.task && e.corpus == key.corpus)
}
