//! The ledger: what was left out, and what no token can reach.

use super::{CellKey, Stored, Table, TableError};
use crate::text::Reach;

/// One cell's ledger. Zeros are shown too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Which cell.
    pub key: CellKey,
    /// Documents that were answered and scored.
    pub documents: usize,
    /// Documents of the corpus that are not in the split, left out.
    pub outside_split: usize,
    /// Documents of the corpus without gold for the task, left out.
    pub without_gold: usize,
    /// Documents that needed more than one window.
    pub split: usize,
    /// Documents in which the tokenizer found nothing, so that the model was not asked.
    pub without_tokens: usize,
    /// Sequences that were asked, also those that are the same; zero for a floor.
    pub sequences: usize,
    /// What tokens reach; zeros for a floor, which reads characters.
    pub reach: Reach,
    /// Regions of the documents that are marked as not annotated.
    pub unannotated: usize,
    /// Entities predicted there, which are not scored.
    pub predicted_there: usize,
}

impl LedgerRow {
    /// The table.
    pub fn table(rows: &[Self]) -> Table {
        let reach = |get: fn(&Reach) -> usize| rows.iter().map(move |row| Some(get(&row.reach)));
        Table::keyed(rows.iter().map(|row| &row.key))
            .count("documents", rows.iter().map(|row| Some(row.documents)))
            .count("outside_split", rows.iter().map(|row| Some(row.outside_split)))
            .count("without_gold", rows.iter().map(|row| Some(row.without_gold)))
            .count("split", rows.iter().map(|row| Some(row.split)))
            .count("without_tokens", rows.iter().map(|row| Some(row.without_tokens)))
            .count("sequences", rows.iter().map(|row| Some(row.sequences)))
            .count("characters", reach(|r| r.characters))
            .count("uncovered", reach(|r| r.uncovered))
            .count("tokens", reach(|r| r.tokens))
            .count("unknown_tokens", reach(|r| r.unknown))
            .count("gold_spans", reach(|r| r.gold_spans))
            .count("unreachable_gold_spans", reach(|r| r.unreachable))
            .count("unannotated_regions", rows.iter().map(|row| Some(row.unannotated)))
            .count("predicted_in_unannotated", rows.iter().map(|row| Some(row.predicted_there)))
    }

    /// The rows again.
    ///
    /// # Errors
    /// [`TableError`] when a column is missing.
    pub fn read(stored: &Stored) -> Result<Vec<Self>, TableError> {
        let names = [
            "documents",
            "without_gold",
            "split",
            "sequences",
            "characters",
            "uncovered",
            "tokens",
            "unknown_tokens",
            "gold_spans",
            "unreachable_gold_spans",
            "outside_split",
            "unannotated_regions",
            "predicted_in_unannotated",
        ];
        let columns = names.map(|name| stored.count(name));
        let mut counts: Vec<Vec<Option<usize>>> = Vec::with_capacity(columns.len());
        for column in columns {
            counts.push(column?);
        }
        // Runs of an earlier karat do not say it.
        let without_tokens = stored.count("without_tokens").unwrap_or_default();
        let row = |(at, key): (usize, CellKey)| {
            let count = |column: usize| counts[column][at].unwrap_or_default();
            Self {
                key,
                documents: count(0),
                without_gold: count(1),
                split: count(2),
                without_tokens: without_tokens.get(at).copied().flatten().unwrap_or_default(),
                sequences: count(3),
                outside_split: count(10),
                unannotated: count(11),
                predicted_there: count(12),
                reach: Reach {
                    characters: count(4),
                    uncovered: count(5),
                    tokens: count(6),
                    unknown: count(7),
                    gold_spans: count(8),
                    unreachable: count(9),
                },
            }
        };
        Ok(stored.keys()?.into_iter().enumerate().map(row).collect())
    }
}
