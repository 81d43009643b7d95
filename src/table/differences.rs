//! The table of differences between models.

use super::{CellKey, Stored, Table, TableError};
use crate::stats::{Contrast, Interval, Verdict};

/// How a metric differs between two models on the same documents.
#[derive(Debug, Clone, PartialEq)]
pub struct DifferenceRow {
    /// The cell of the first model.
    pub key: CellKey,
    /// The second model.
    pub second: String,
    /// The family of metrics, such as `exact`.
    pub family: String,
    /// The metric's id.
    pub id: String,
    /// The metric's definition, the same of both.
    pub signature: String,
    /// First minus second; None where a model's value is undefined.
    pub contrast: Option<Contrast>,
    /// The p-value adjusted by Holm's method within its family: the deciding metrics of all pairs of the run, or the other metrics
    /// of this pair and family.
    pub p_holm: Option<f64>,
}

impl DifferenceRow {
    /// The table. `low`, `high` are the paired interval; `p` is of approximate randomisation.
    pub fn table(rows: &[Self]) -> Table {
        let number = |of: fn(&Contrast) -> f64| rows.iter().map(move |row| row.contrast.as_ref().map(of));
        let count = |of: fn(&Contrast) -> Option<usize>| rows.iter().map(move |row| row.contrast.as_ref().and_then(of));
        Table::keyed(rows.iter().map(|row| &row.key))
            .text("second", rows.iter().map(|row| Some(row.second.as_str())))
            .text("family", rows.iter().map(|row| Some(row.family.as_str())))
            .text("id", rows.iter().map(|row| Some(row.id.as_str())))
            .text("signature", rows.iter().map(|row| Some(row.signature.as_str())))
            .number("value", number(|contrast| contrast.value))
            .number("low", number(|contrast| contrast.interval.low))
            .number("high", number(|contrast| contrast.interval.high))
            .count("undefined_replicates", count(|contrast| Some(contrast.interval.undefined_replicates as usize)))
            .number("first_better", number(|contrast| contrast.first_better))
            .number("p", number(|contrast| contrast.p))
            .number("p_holm", rows.iter().map(|row| row.p_holm))
            .text("verdict", rows.iter().map(|row| row.contrast.as_ref().map(|contrast| contrast.verdict.name())))
            .number("detectable", rows.iter().map(|row| row.contrast.and_then(|contrast| contrast.detectable)))
            .count("documents_needed", count(|contrast| contrast.documents_needed.map(|needed| needed as usize)))
    }

    /// The rows again.
    ///
    /// # Errors
    /// [`TableError`] when a column is missing.
    pub fn read(stored: &Stored) -> Result<Vec<Self>, TableError> {
        let (seconds, families) = (stored.text("second")?, stored.text("family")?);
        let (ids, signatures) = (stored.text("id")?, stored.text("signature")?);
        let (values, lows, highs) = (stored.number("value")?, stored.number("low")?, stored.number("high")?);
        let (undefined, first_better) = (stored.count("undefined_replicates")?, stored.number("first_better")?);
        let (p_values, adjusted, verdicts) = (stored.number("p")?, stored.number("p_holm")?, stored.text("verdict")?);
        let (detectable, needed) = (stored.number("detectable")?, stored.count("documents_needed")?);
        let contrast = |at: usize| {
            let undefined_replicates = undefined[at]? as u32;
            Some(Contrast {
                value: values[at]?,
                interval: Interval { low: lows[at]?, high: highs[at]?, undefined_replicates },
                first_better: first_better[at]?,
                p: p_values[at]?,
                verdict: Verdict::ALL.into_iter().find(|verdict| Some(verdict.name()) == verdicts[at].as_deref())?,
                detectable: detectable[at],
                documents_needed: needed[at].map(|needed| needed as u64),
            })
        };
        let row = |(at, key): (usize, CellKey)| Self {
            key,
            second: seconds[at].clone().unwrap_or_default(),
            family: families[at].clone().unwrap_or_default(),
            id: ids[at].clone().unwrap_or_default(),
            signature: signatures[at].clone().unwrap_or_default(),
            contrast: contrast(at),
            p_holm: adjusted[at],
        };
        Ok(stored.keys()?.into_iter().enumerate().map(row).collect())
    }
}
