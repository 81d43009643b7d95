//! Calibration: measures of it, and the bins of a reliability diagram.

use super::{CellKey, Stored, Table, TableError};

/// Which temperature a measure was taken at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// That of the answers that are reported.
    Reported,
    /// That before one was fitted, on the same documents.
    Unfitted,
}

impl Fit {
    const ALL: [Self; 2] = [Self::Reported, Self::Unfitted];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Unfitted => "unfitted",
        }
    }
}

/// A measure of a cell's calibration.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationRow {
    /// Which cell.
    pub key: CellKey,
    /// Before or after a temperature was fitted.
    pub fit: Fit,
    /// `ece.width15`, `ece.mass10`, `brier` or `log_loss`.
    pub id: String,
    /// Its definition in full.
    pub signature: String,
    /// None where undefined.
    pub value: Option<f64>,
    /// Why it is undefined.
    pub reason: Option<String>,
    /// Answers that it is over; None for a floor, whose scores are no confidences.
    pub items: Option<usize>,
}

impl CalibrationRow {
    /// The table.
    pub fn table(rows: &[Self]) -> Table {
        Table::keyed(rows.iter().map(|row| &row.key))
            .text("fit", rows.iter().map(|row| Some(row.fit.name())))
            .text("id", rows.iter().map(|row| Some(row.id.as_str())))
            .text("signature", rows.iter().map(|row| Some(row.signature.as_str())))
            .number("value", rows.iter().map(|row| row.value))
            .text("reason", rows.iter().map(|row| row.reason.as_deref()))
            .count("items", rows.iter().map(|row| row.items))
    }

    /// The rows again.
    ///
    /// # Errors
    /// [`TableError`] when a column is missing.
    pub fn read(stored: &Stored) -> Result<Vec<Self>, TableError> {
        let (fits, ids, signatures) = (stored.text("fit")?, stored.text("id")?, stored.text("signature")?);
        let (values, reasons, items) = (stored.number("value")?, stored.text("reason")?, stored.count("items")?);
        let mut rows = Vec::with_capacity(stored.rows());
        for (at, key) in stored.keys()?.into_iter().enumerate() {
            let fit = Fit::ALL.into_iter().find(|fit| fits[at].as_deref() == Some(fit.name()));
            rows.push(Self {
                key,
                fit: fit.ok_or_else(|| stored.lacks("fit", "`reported` and `unfitted`"))?,
                id: ids[at].clone().unwrap_or_default(),
                signature: signatures[at].clone().unwrap_or_default(),
                value: values[at],
                reason: reasons[at].clone(),
                items: items[at],
            });
        }
        Ok(rows)
    }
}

/// A bin of a cell's reliability diagram.
#[derive(Debug, Clone, PartialEq)]
pub struct ReliabilityRow {
    /// Which cell.
    pub key: CellKey,
    /// How bins are made: `width15` or `mass10`.
    pub bins: String,
    /// Which of them, from 0.
    pub bin: usize,
    /// Lower edge, which is out of the bin but for the first one's.
    pub low: f64,
    /// Upper edge, which is in.
    pub high: f64,
    /// Answers in it.
    pub count: usize,
    /// Their mean confidence; None where there is none.
    pub confidence: Option<f64>,
    /// The share of them that was right; None where there is none.
    pub accuracy: Option<f64>,
}

impl ReliabilityRow {
    /// The table.
    pub fn table(rows: &[Self]) -> Table {
        Table::keyed(rows.iter().map(|row| &row.key))
            .text("bins", rows.iter().map(|row| Some(row.bins.as_str())))
            .count("bin", rows.iter().map(|row| Some(row.bin)))
            .number("low", rows.iter().map(|row| Some(row.low)))
            .number("high", rows.iter().map(|row| Some(row.high)))
            .count("count", rows.iter().map(|row| Some(row.count)))
            .number("confidence", rows.iter().map(|row| row.confidence))
            .number("accuracy", rows.iter().map(|row| row.accuracy))
    }

    /// The rows again.
    ///
    /// # Errors
    /// [`TableError`] when a column is missing.
    pub fn read(stored: &Stored) -> Result<Vec<Self>, TableError> {
        let (names, bins, counts) = (stored.text("bins")?, stored.count("bin")?, stored.count("count")?);
        let (lows, highs) = (stored.number("low")?, stored.number("high")?);
        let (confidences, accuracies) = (stored.number("confidence")?, stored.number("accuracy")?);
        let row = |(at, key): (usize, CellKey)| Self {
            key,
            bins: names[at].clone().unwrap_or_default(),
            bin: bins[at].unwrap_or_default(),
            low: lows[at].unwrap_or_default(),
            high: highs[at].unwrap_or_default(),
            count: counts[at].unwrap_or_default(),
            confidence: confidences[at],
            accuracy: accuracies[at],
        };
        Ok(stored.keys()?.into_iter().enumerate().map(row).collect())
    }
}
