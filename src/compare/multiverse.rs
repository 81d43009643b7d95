//! Does the ranking survive the other defensible scorings?

use crate::metrics::{Definition, total};
use crate::run::Counted;
use crate::stats::{Contrast, Contrasts, Pair};

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
    /// Scores counts, a family each, by every overall metric, and the deciding one without each label in turn.
    pub(super) fn of(both: &[(Counted, Counted)], how: &Contrasts) -> Self {
        let mut scorings = Vec::new();
        for (new, old) in both {
            let overall: Vec<usize> = positions(new.family.definitions());
            let pair = Pair::new(&new.counts, &old.counts).expect("the columns are common");
            let definitions = new.family.definitions();
            let contrasts = how.of(pair, definitions.len(), |sums, values| new.family.values(sums, values));
            for at in overall {
                let id = &definitions[at].id;
                let (candidate, baseline) = (new.value(id), old.value(id));
                scorings.push(Scoring { name: id.clone(), candidate, baseline, contrast: contrasts[at] });
            }
            scorings.extend(without_labels(new, old, how));
        }
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

/// The metrics over all labels that rank models: those of single labels are parts of them, and precision and recall alone
/// are no ranking. F1 first.
fn positions(definitions: &[Definition]) -> Vec<usize> {
    let ranks = |definition: &Definition| {
        let id = definition.id.as_str();
        let last = id.rsplit('.').next().unwrap_or(id);
        let whole = definition.signature.contains("|micro|")
            || definition.signature.contains("|macro=")
            || definition.signature.contains("|pooled|");
        let single = definition.signature.contains("|label=") || definition.signature.contains("|class=");
        // The strict measure of SemEval-2013 is exact F1 under another name.
        whole && !single && !matches!(last, "precision" | "recall") && id != "semeval2013.strict.f1"
    };
    let mut places: Vec<usize> = (0..definitions.len()).filter(|&at| ranks(&definitions[at])).collect();
    places.sort_by_key(|&at| !matches!(definitions[at].id.as_str(), "f1" | "macro_f1"));
    places
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
