//! Items that one model has right and the other has not.

use crate::run::Results;
use crate::table::{CellKey, ErrorRow};
use crate::task::Mark;
use std::collections::{BTreeMap, BTreeSet};

/// A gold item whose answer went from right to wrong, or the other way.
#[derive(Debug, Clone, PartialEq)]
pub struct Flip {
    /// The document's id.
    pub document: String,
    /// What is right.
    pub gold: Mark,
    /// The wrong answer, where there is one.
    pub wrong: Option<Mark>,
    /// The kind of the mistake, such as `missed`.
    pub kind: &'static str,
    /// The text around it.
    pub context: [String; 3],
    /// True where the candidate has it right, false where the baseline has.
    pub gained: bool,
}

/// All flips between two models.
#[derive(Debug, Clone, PartialEq)]
pub struct Flips {
    /// In the order of documents and positions, those gained first.
    pub flips: Vec<Flip>,
    /// Gold items.
    pub items: usize,
    /// Spurious answers that only the candidate gives.
    pub newly_spurious: usize,
    /// Spurious answers that only the baseline gave.
    pub no_longer_spurious: usize,
}

/// What identifies an item in its document: a span with its label, or a target.
type Item<'a> = (&'a str, Option<crate::base::Span>, &'a str, &'a str);

impl Flips {
    /// The flips between a candidate's cell and a baseline's, from their tables of errors, which hold every wrong answer.
    pub(super) fn between(
        (new, new_key): (&Results, &CellKey),
        (old, old_key): (&Results, &CellKey),
        items: usize,
    ) -> Self {
        let (after, before) = (wrong(new, new_key), wrong(old, old_key));
        let only = |these: &BTreeMap<Item<'_>, &ErrorRow>, others: &BTreeMap<Item<'_>, &ErrorRow>, gained| {
            let rows = these.iter().filter(|(item, _)| !others.contains_key(*item));
            rows.filter_map(|(_, row)| Flip::of(row, gained)).collect::<Vec<_>>()
        };
        let mut flips = only(&before, &after, true);
        flips.append(&mut only(&after, &before, false));
        let (theirs, ours) = (spurious(new, new_key), spurious(old, old_key));
        Self {
            flips,
            items,
            newly_spurious: theirs.difference(&ours).count(),
            no_longer_spurious: ours.difference(&theirs).count(),
        }
    }

    /// Items that only the candidate has right.
    pub fn gained(&self) -> usize {
        self.flips.iter().filter(|flip| flip.gained).count()
    }

    /// Items that only the baseline has right.
    pub fn lost(&self) -> usize {
        self.flips.len() - self.gained()
    }

    /// The negative-flip rate: lost items of all gold items, in 0..=1 (Yan et al. 2021, *Positive-Congruent Training*, section
    /// 3). None where there is no item.
    pub fn negative_rate(&self) -> Option<f64> {
        (self.items > 0).then(|| self.lost() as f64 / self.items as f64)
    }

    /// Documents with items gained and lost, most flips first, then by name.
    pub fn by_document(&self) -> Vec<(&str, [usize; 2])> {
        let mut documents: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
        for flip in &self.flips {
            documents.entry(&flip.document).or_default()[usize::from(!flip.gained)] += 1;
        }
        let mut documents: Vec<_> = documents.into_iter().collect();
        documents.sort_by_key(|(document, counts)| (std::cmp::Reverse(counts.iter().sum::<usize>()), *document));
        documents
    }
}

impl Flip {
    fn of(row: &ErrorRow, gained: bool) -> Option<Self> {
        let mistake = &row.mistake;
        Some(Self {
            document: mistake.document.clone(),
            gold: mistake.gold.clone()?,
            wrong: mistake.predicted.clone(),
            kind: mistake.kind,
            context: [&mistake.before, &mistake.middle, &mistake.after].map(String::clone),
            gained,
        })
    }
}

/// A cell's gold items that are answered wrongly. A stance is identified by its target, an entity by span and label.
fn wrong<'a>(results: &'a Results, key: &CellKey) -> BTreeMap<Item<'a>, &'a ErrorRow> {
    let rows = results.errors.iter().filter(|row| &row.key == key);
    rows.filter_map(|row| Some((item(row, row.mistake.gold.as_ref()?), row))).collect()
}

/// A cell's predicted items that stand for no gold.
fn spurious<'a>(results: &'a Results, key: &CellKey) -> BTreeSet<Item<'a>> {
    let rows = results.errors.iter().filter(|row| &row.key == key && row.mistake.gold.is_none());
    rows.filter_map(|row| Some(item(row, row.mistake.predicted.as_ref()?))).collect()
}

fn item<'a>(row: &'a ErrorRow, mark: &'a Mark) -> Item<'a> {
    (row.mistake.document.as_str(), mark.span, mark.label.as_str(), mark.text.as_str())
}
