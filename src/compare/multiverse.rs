//! Does the ranking survive the other defensible scorings?

use super::MetricPair;
use crate::metrics::total;
use crate::run::Counted;
use crate::stats::{Contrast, Contrasts, Pair};
use crate::table::DifferenceRow;

/// One way to score both models.
#[derive(Debug, Clone, PartialEq)]
pub struct Scoring {
    /// What it is, such as `f1.macro` or `f1 without MISC`.
    pub name: String,
    /// The candidate's value.
    pub candidate: Option<f64>,
    /// The baseline's value.
    pub baseline: Option<f64>,
    /// Candidate minus baseline.
    pub contrast: Option<Contrast>,
}

/// Two models by every scoring that could be defended.
#[derive(Debug, Clone, PartialEq)]
pub struct Multiverse {
    /// The deciding one first.
    pub scorings: Vec<Scoring>,
}

impl Multiverse {
    /// The scorings of two models: every metric that was compared and ranks models, and the deciding one without each label
    /// in turn.
    pub(super) fn of(metrics: &[MetricPair], both: &[(Counted, Counted)], how: &Contrasts) -> Self {
        let mut ranking: Vec<&MetricPair> = metrics.iter().filter(|pair| ranks(&pair.difference)).collect();
        ranking.sort_by_key(|pair| !matches!(pair.difference.id.as_str(), "f1" | "macro_f1"));
        let scoring = |pair: &&MetricPair| Scoring {
            name: pair.difference.id.clone(),
            candidate: pair.candidate,
            baseline: pair.baseline,
            contrast: pair.difference.contrast,
        };
        let mut scorings: Vec<Scoring> = ranking.iter().map(scoring).collect();
        scorings.extend(both.iter().flat_map(|(new, old)| without_labels(new, old, how)));
        Self { scorings }
    }

    /// Scorings that put the same model first as the deciding one does, and all that put one first. A tie puts none first.
    pub fn survived(&self) -> [usize; 2] {
        let ahead = |scoring: &Scoring| match scoring.contrast.map(|contrast| contrast.value) {
            Some(value) if value > 0.0 => 1,
            Some(value) if value < 0.0 => -1,
            _ => 0,
        };
        let decided: Vec<i32> = self.scorings.iter().map(ahead).collect();
        let first = decided.first().copied().unwrap_or(0);
        let others = decided.iter().skip(1).filter(|&&side| side != 0);
        [others.clone().filter(|&&side| side == first).count(), others.count()]
    }
}

/// True for a metric over all labels that ranks models: those of single labels are parts of it, and precision and recall
/// alone are no ranking.
fn ranks(row: &DifferenceRow) -> bool {
    let last = row.id.rsplit('.').next().unwrap_or(&row.id);
    let has = |term: &str| row.signature.contains(term);
    let whole = has("|micro|") || has("|macro=") || has("|pooled|");
    // The strict measure of SemEval-2013 is exact F1 under another name.
    let another_name = row.id == "semeval2013.strict.f1";
    whole
        && !has("|label=")
        && !has("|class=")
        && !has("|target=")
        && !matches!(last, "precision" | "recall")
        && !another_name
}

/// Micro-F1 over the entities of all labels but one.
fn without_labels(new: &Counted, old: &Counted, how: &Contrasts) -> Vec<Scoring> {
    if new.family.name() != "exact" {
        return Vec::new();
    }
    let columns = new.family.columns();
    let labels: Vec<&str> = columns.iter().filter_map(|column| column.strip_suffix(".tp")).collect();
    let scoring = |label: &&str| {
        let prefix = format!("{label}.");
        let emptied = |one: &Counted| {
            let mut counts = one.counts.clone();
            for (at, _) in columns.iter().enumerate().filter(|(_, column)| column.starts_with(&prefix)) {
                counts.column_mut(at).fill(0);
            }
            counts
        };
        let (theirs, ours) = (emptied(new), emptied(old));
        let place = new.family.definitions().iter().position(|definition| definition.id == "f1")?;
        let value = |counts| new.family.metrics(&total(counts))[place].value;
        let all = new.family.definitions().len();
        let pair = Pair::new(&theirs, &ours).expect("the columns are common");
        let contrast = how.of(pair, all, |sums, values| new.family.values(sums, values))[place];
        let name = format!("f1 without {label}");
        Some(Scoring { name, candidate: value(&theirs), baseline: value(&ours), contrast })
    };
    if labels.len() < 2 { Vec::new() } else { labels.iter().filter_map(scoring).collect() }
}
