//! A history: a folder to which each run adds three Parquet files, and in which nothing is ever changed.

use super::counted::Counted;
use super::folder::{FolderError, open};
use crate::base::digest;
use crate::base::file::write_together;
use crate::table::{CellKey, CountRow, FactRow, MetricRow, PointRow, Stored, TableError};
use crate::task::ANNOTATORS;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A run in a history.
#[derive(Debug, Clone)]
pub struct Point {
    /// Its number, from 1.
    pub number: usize,
    /// The run's folder, by its last name.
    pub run: String,
    /// The suite's name.
    pub suite: String,
    /// When the run began, RFC 3339, UTC.
    pub started: String,
    /// SHA-256 of its `run.json`.
    pub digest: String,
    /// Its metrics.
    pub metrics: Vec<MetricRow>,
    /// What each cell's numbers depend on.
    pub facts: BTreeMap<CellKey, BTreeMap<String, String>>,
    counts: Vec<CountRow>,
}

/// Why a history cannot be read or added to.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// There is none.
    #[error("there is no history in `{}`", .0.display())]
    None(PathBuf),
    /// The run is there.
    #[error("run `{run}` stands in the history already, as point {point}")]
    There {
        /// The run.
        run: String,
        /// Its point.
        point: usize,
    },
    /// A run, a table or the system is at fault.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

impl Point {
    /// A cell's counts, a family each.
    pub fn counted(&self, key: &CellKey) -> Vec<Counted> {
        let rule = self.facts.get(key).and_then(|facts| facts.get("rule")).map_or("", String::as_str);
        Counted::of_rows(key, self.counts.iter().filter(|row| &row.key == key), rule)
    }
}

fn file(folder: &Path, number: usize, what: &str) -> PathBuf {
    folder.join(format!("{number:06}.{what}.parquet"))
}

/// Reads every point of a history, in order.
///
/// # Errors
/// [`HistoryError`] where there is none, or a table is damaged.
pub fn history(folder: &Path) -> Result<Vec<Point>, HistoryError> {
    let mut points = Vec::new();
    while file(folder, points.len() + 1, "metrics").is_file() {
        points.push(read(folder, points.len() + 1).map_err(FolderError::Table)?);
    }
    if points.is_empty() { Err(HistoryError::None(folder.to_owned())) } else { Ok(points) }
}

fn read(folder: &Path, number: usize) -> Result<Point, TableError> {
    let stored = |what: &str| Stored::open(&file(folder, number, what));
    let rows = PointRow::read(&stored("metrics")?)?;
    let mut facts: BTreeMap<CellKey, BTreeMap<String, String>> = BTreeMap::new();
    for row in FactRow::read(&stored("facts")?)? {
        facts.entry(row.key).or_default().insert(row.fact, row.value);
    }
    let of_first = |of: fn(&PointRow) -> &String| rows.first().map(of).cloned().unwrap_or_default();
    Ok(Point {
        number,
        run: of_first(|row| &row.run),
        suite: of_first(|row| &row.suite),
        started: of_first(|row| &row.started),
        digest: of_first(|row| &row.digest),
        facts,
        counts: CountRow::read(&stored("counts")?)?,
        metrics: rows.into_iter().map(|row| row.metric).collect(),
    })
}

/// Adds a finished run as the next point and gives its number. The annotators are no series, and stay out.
///
/// # Errors
/// [`HistoryError`] when the run cannot be read or is there already, or the system refuses; nothing is changed then.
pub fn append(folder: &Path, run: &Path) -> Result<usize, HistoryError> {
    let results = open(run)?;
    let path = run.join("run.json");
    let digest = digest::of_file(&path).map_err(|source| FolderError::Io { path, what: "read", source })?;
    let before = match history(folder) {
        Err(HistoryError::None(_)) => Vec::new(),
        points => points?,
    };
    let name = run.file_name().unwrap_or(run.as_os_str()).to_string_lossy().into_owned();
    if let Some(there) = before.iter().find(|point| point.digest == digest) {
        return Err(HistoryError::There { run: name, point: there.number });
    }
    let number = before.len() + 1;
    let models = |key: &CellKey| key.model != ANNOTATORS;
    let row = |metric: &MetricRow| PointRow {
        point: number,
        run: name.clone(),
        suite: results.record.name.clone(),
        started: results.record.circumstances.started.clone(),
        digest: digest.clone(),
        metric: metric.clone(),
    };
    let metrics: Vec<PointRow> = results.metrics.iter().filter(|row| models(&row.key)).map(row).collect();
    let counts: Vec<CountRow> = results.counts.iter().filter(|row| models(&row.key)).cloned().collect();
    let mut keys: Vec<&CellKey> = metrics.iter().map(|row| &row.metric.key).collect();
    keys.dedup();
    let facts: Vec<FactRow> = keys
        .into_iter()
        .flat_map(|key| {
            let facts = results.record.facts(key).into_iter();
            facts.map(move |(fact, value)| FactRow { key: key.clone(), fact, value })
        })
        .collect();
    let tables = [
        (file(folder, number, "facts"), FactRow::table(&facts).into_parquet()),
        (file(folder, number, "counts"), CountRow::table(&counts).into_parquet()),
        (file(folder, number, "metrics"), PointRow::table(&metrics).into_parquet()),
    ];
    let files: Vec<(&Path, &[u8])> = tables.iter().map(|(path, bytes)| (path.as_path(), bytes.as_slice())).collect();
    write_together(&files).map_err(|source| FolderError::Io { path: folder.to_owned(), what: "written", source })?;
    Ok(number)
}
