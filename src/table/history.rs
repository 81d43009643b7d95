//! Tables of a history: a point's metrics, and what they depend on.

use super::{CellKey, MetricRow, Stored, Table, TableError};

/// A metric at a point of a history.
#[derive(Debug, Clone, PartialEq)]
pub struct PointRow {
    /// Number of the point, from 1.
    pub point: usize,
    /// The run's folder, by its last name.
    pub run: String,
    /// The suite's name.
    pub suite: String,
    /// When the run began, RFC 3339, UTC.
    pub started: String,
    /// SHA-256 of the run's `run.json`.
    pub digest: String,
    /// The metric.
    pub metric: MetricRow,
}

impl PointRow {
    /// The table.
    pub fn table(rows: &[Self]) -> Table {
        let metrics: Vec<MetricRow> = rows.iter().map(|row| row.metric.clone()).collect();
        MetricRow::table(&metrics)
            .count("point", rows.iter().map(|row| Some(row.point)))
            .text("run", rows.iter().map(|row| Some(row.run.as_str())))
            .text("suite", rows.iter().map(|row| Some(row.suite.as_str())))
            .text("started", rows.iter().map(|row| Some(row.started.as_str())))
            .text("digest", rows.iter().map(|row| Some(row.digest.as_str())))
    }

    /// The rows again.
    ///
    /// # Errors
    /// [`TableError`] when a column is missing.
    pub fn read(stored: &Stored) -> Result<Vec<Self>, TableError> {
        let (points, runs, suites) = (stored.count("point")?, stored.text("run")?, stored.text("suite")?);
        let (started, digests) = (stored.text("started")?, stored.text("digest")?);
        let row = |(at, metric): (usize, MetricRow)| Self {
            point: points[at].unwrap_or_default(),
            run: runs[at].clone().unwrap_or_default(),
            suite: suites[at].clone().unwrap_or_default(),
            started: started[at].clone().unwrap_or_default(),
            digest: digests[at].clone().unwrap_or_default(),
            metric,
        };
        Ok(MetricRow::read(stored)?.into_iter().enumerate().map(row).collect())
    }
}

/// Something that a cell's numbers depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactRow {
    /// Which cell.
    pub key: CellKey,
    /// What, such as `weights`.
    pub fact: String,
    /// What it is, such as a digest.
    pub value: String,
}

impl FactRow {
    /// The table.
    pub fn table(rows: &[Self]) -> Table {
        Table::keyed(rows.iter().map(|row| &row.key))
            .text("fact", rows.iter().map(|row| Some(row.fact.as_str())))
            .text("value", rows.iter().map(|row| Some(row.value.as_str())))
    }

    /// The rows again.
    ///
    /// # Errors
    /// [`TableError`] when a column is missing.
    pub fn read(stored: &Stored) -> Result<Vec<Self>, TableError> {
        let (facts, values) = (stored.text("fact")?, stored.text("value")?);
        let row = |(at, key): (usize, CellKey)| Self {
            key,
            fact: facts[at].clone().unwrap_or_default(),
            value: values[at].clone().unwrap_or_default(),
        };
        Ok(stored.keys()?.into_iter().enumerate().map(row).collect())
    }
}
