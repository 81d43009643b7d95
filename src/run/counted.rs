//! The counts of a cell, and what two cells' counts say about the difference of their models.

use super::record::Results;
use crate::metrics::{self, Family, total};
use crate::stats::{Contrasts, Pair, holm};
use crate::table::{CellKey, CountRow, DifferenceRow};
use crate::task::TaskName;
use ndarray::Array2;
use std::collections::BTreeMap;

/// One family's counts of one cell.
pub struct Counted {
    /// Which cell.
    pub key: CellKey,
    /// What the counts are of.
    pub family: Box<dyn Family>,
    /// The documents' ids, in the order of the rows.
    pub documents: Vec<String>,
    /// `[documents, columns]`, columns as the family names them.
    pub counts: Array2<u32>,
}

impl Counted {
    /// A cell's counts from the rows of a run's table, a family each; what corrects annotators for chance is no model's and is
    /// left out. `rule` is the rule that decided the cell's answers.
    pub fn of_rows<'a>(key: &CellKey, rows: impl IntoIterator<Item = &'a CountRow>, rule: &str) -> Vec<Self> {
        let mut families: Vec<(&str, Rows<'_>)> = Vec::new();
        for row in rows {
            let at = families.iter().position(|(name, _)| *name == row.family).unwrap_or_else(|| {
                families.push((&row.family, Rows::default()));
                families.len() - 1
            });
            families[at].1.add(row);
        }
        let counted = |(name, rows): (&str, Rows<'_>)| {
            let family = metrics::rebuild(name, &rows.columns, rule)?;
            let counts = rows.table(family.columns());
            let documents = rows.documents.into_iter().map(str::to_owned).collect();
            Some(Self { key: key.clone(), family, documents, counts })
        };
        families.into_iter().filter_map(counted).collect()
    }

    /// Both with the columns of both, so that a label that only one has is zero in the other. None where they are of
    /// different families.
    pub fn with_common_columns(&self, other: &Self, rule: &str) -> Option<(Self, Self)> {
        let all: Vec<&str> = self.family.columns().iter().chain(other.family.columns()).map(String::as_str).collect();
        let widened = |one: &Self| {
            let family = metrics::rebuild(self.family.name(), &all, rule)?;
            let mut counts = Array2::zeros((one.documents.len(), family.columns().len()));
            for (column, from) in one.family.columns().iter().zip(one.counts.columns()) {
                let to = family.columns().iter().position(|name| name == column)?;
                counts.column_mut(to).assign(&from);
            }
            Some(Self { key: one.key.clone(), family, documents: one.documents.clone(), counts })
        };
        (self.family.name() == other.family.name()).then_some(())?;
        widened(self).zip(widened(other))
    }

    /// How each metric differs, this one minus the other, on the same documents and with the same columns; p-values are not
    /// adjusted yet.
    ///
    /// # Panics
    /// When documents or columns differ.
    pub fn minus(&self, other: &Self, how: &Contrasts) -> Vec<DifferenceRow> {
        assert_eq!((self.family.columns(), &self.documents), (other.family.columns(), &other.documents));
        let definitions = self.family.definitions();
        let pair = Pair::new(&self.counts, &other.counts).expect("documents and columns are the same");
        let contrasts = how.of(pair, definitions.len(), |sums, values| self.family.values(sums, values));
        let row = |(definition, contrast): (&metrics::Definition, _)| DifferenceRow {
            key: self.key.clone(),
            second: other.key.model.clone(),
            family: self.family.name().to_owned(),
            id: definition.id.clone(),
            signature: definition.signature.clone(),
            contrast,
            p_holm: None,
        };
        definitions.iter().zip(contrasts).map(row).collect()
    }

    /// A metric's value on all documents; None where it is undefined or of another family.
    pub fn value(&self, id: &str) -> Option<f64> {
        self.family.metrics(&total(&self.counts)).into_iter().find(|metric| metric.id == id)?.value
    }
}

/// The places of a table's rows.
#[derive(Default)]
struct Rows<'a> {
    documents: Vec<&'a str>,
    columns: Vec<&'a str>,
    places: BTreeMap<&'a str, usize>,
    cells: Vec<(usize, &'a str, u32)>,
}

impl<'a> Rows<'a> {
    fn add(&mut self, row: &'a CountRow) {
        let next = self.documents.len();
        let document = *self.places.entry(&row.document).or_insert(next);
        if document == next {
            self.documents.push(&row.document);
        }
        if document == 0 {
            self.columns.push(&row.column);
        }
        self.cells.push((document, &row.column, row.count as u32));
    }

    fn table(&self, columns: &[String]) -> Array2<u32> {
        let places: BTreeMap<&str, usize> = columns.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
        let mut table = Array2::zeros((self.documents.len(), columns.len()));
        for (document, column, count) in &self.cells {
            if let Some(&column) = places.get(column) {
                table[[*document, column]] = *count;
            }
        }
        table
    }
}

impl Results {
    /// A cell's counts, a family each.
    pub fn counted(&self, key: &CellKey) -> Vec<Counted> {
        let evaluation = self.record.evaluations.iter().find(|e| e.task == key.task && e.corpus == key.corpus);
        let rule = evaluation.map_or("", |evaluation| evaluation.rule.as_str());
        Counted::of_rows(key, self.counts.iter().filter(|row| &row.key == key), rule)
    }
}

/// Adjusts p-values by Holm's method: those of the deciding metrics as one family, those of all others as a family for each
/// pair of models and family of metrics.
pub fn adjust(rows: &mut [DifferenceRow]) {
    let deciding = |row: &DifferenceRow| TaskName::named(&row.key.task).is_some_and(|task| task.headline().0 == row.id);
    let mut families: BTreeMap<Option<(CellKey, String, String)>, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.contrast.is_some()) {
        let family = (!deciding(row)).then(|| (row.key.clone(), row.second.clone(), row.family.clone()));
        families.entry(family).or_default().push(at);
    }
    for places in families.values() {
        let p_values: Vec<f64> = places.iter().filter_map(|&at| rows[at].contrast.map(|contrast| contrast.p)).collect();
        for (&at, adjusted) in places.iter().zip(holm(&p_values)) {
            rows[at].p_holm = Some(adjusted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::ExactSpans;
    use crate::stats::{Bootstrap, Method};
    use ndarray::array;

    fn counted(model: &str, labels: [&str; 1], counts: Array2<u32>) -> Counted {
        let key = CellKey { task: "ner".to_owned(), corpus: "c".to_owned(), model: model.to_owned() };
        let documents = (0..counts.nrows()).map(|at| format!("d{at}")).collect();
        Counted { key, family: Box::new(ExactSpans::new(labels)), documents, counts }
    }

    #[test]
    fn a_label_that_one_model_never_gives_is_zero_there() {
        let (per, loc) = (counted("a", ["PER"], array![[2, 0, 1]]), counted("b", ["LOC"], array![[1, 1, 0]]));
        let (per, loc) = per.with_common_columns(&loc, "").expect("one family");
        assert_eq!(per.counts, array![[0, 0, 0, 2, 0, 1]]);
        assert_eq!(loc.counts, array![[1, 1, 0, 0, 0, 0]]);
    }

    #[test]
    fn counts_come_back_from_their_rows() {
        let counted = counted("a", ["PER"], array![[2, 0, 1], [0, 3, 0]]);
        let mut rows = Vec::new();
        for (document, counts) in counted.documents.iter().zip(counted.counts.rows()) {
            for (column, &count) in counted.family.columns().iter().zip(counts) {
                let (key, family) = (counted.key.clone(), counted.family.name().to_owned());
                let (document, column) = (document.clone(), column.clone());
                rows.push(CountRow { key, document, family, column, count: count as usize });
            }
        }
        let again = Counted::of_rows(&counted.key, &rows, "");
        assert_eq!((&again[0].counts, &again[0].documents), (&counted.counts, &counted.documents));
    }

    #[test]
    fn deciding_metrics_are_a_family_of_their_own() {
        let bootstrap = Bootstrap { seed: 1, replicates: 200, confidence: 0.95, method: Method::Percentile };
        let how = Contrasts { bootstrap, margin: 0.0 };
        let first = counted("a", ["PER"], array![[9, 0, 1], [8, 1, 2], [7, 0, 0], [6, 1, 1], [9, 2, 0]]);
        let second = counted("b", ["PER"], array![[5, 3, 5], [4, 4, 6], [4, 2, 3], [3, 3, 4], [4, 5, 5]]);
        let mut rows = first.minus(&second, &how);
        adjust(&mut rows);
        let f1 = rows.iter().find(|row| row.id == "f1").expect("there is an F1");
        assert_eq!(f1.p_holm, f1.contrast.map(|contrast| contrast.p));
        let precision = rows.iter().find(|row| row.id == "precision").expect("there is a precision");
        assert!(precision.p_holm > precision.contrast.map(|contrast| contrast.p));
    }
}
