//! A history: a folder to which each run adds a folder of three Parquet files, and in which nothing is ever changed.

use super::counted::Counted;
use super::folder::{FolderError, open};
use super::record::Results;
use crate::base::digest;
use crate::base::file::write_folder;
use crate::table::{CellKey, CountRow, FactRow, MetricRow, PointRow, Stored};
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
    /// A point is missing between others.
    #[error("the history in `{}` has no point {missing}, and later ones", folder.display())]
    Gap {
        /// The history.
        folder: PathBuf,
        /// The point.
        missing: usize,
    },
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

/// The three tables of a point.
const TABLES: [&str; 3] = ["counts", "facts", "metrics"];

/// The digests of a point's tables, a line each.
const DIGESTS: &str = "digests.txt";

/// The folder of a point.
fn place(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("{number:06}"))
}

/// The numbers of the points that are there.
fn numbers(folder: &Path) -> Vec<usize> {
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut numbers: Vec<usize> = names.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

/// Reads every point of a history, in order.
///
/// # Errors
/// [`HistoryError`] where there is none, a point is missing between others, or a table is not the one that was added.
pub fn history(folder: &Path) -> Result<Vec<Point>, HistoryError> {
    let numbers = numbers(folder);
    if numbers.is_empty() {
        return Err(HistoryError::None(folder.to_owned()));
    }
    let mut points = Vec::with_capacity(numbers.len());
    for (at, number) in numbers.into_iter().enumerate() {
        if number != at + 1 {
            return Err(HistoryError::Gap { folder: folder.to_owned(), missing: at + 1 });
        }
        points.push(read(&place(folder, number), number)?);
    }
    Ok(points)
}

fn read(folder: &Path, number: usize) -> Result<Point, FolderError> {
    let path = folder.join(DIGESTS);
    let noted = std::fs::read_to_string(&path).map_err(|source| FolderError::Io { path, what: "read", source })?;
    for line in noted.lines() {
        let path = folder.join(line.split_once(' ').map_or(line, |(_, file)| file));
        let found = digest::of_file(&path).ok();
        if line.split_once(' ').map(|(digest, _)| digest) != found.as_deref() {
            return Err(FolderError::Changed(path));
        }
    }
    let stored = |what: &str| Stored::open(&folder.join(format!("{what}.parquet")));
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
    // Two that are added at once may want one number: the later one takes the next.
    let mut number = before.len() + 1;
    loop {
        match write_folder(&place(folder, number), &tables(&results, number, (&name, &digest))) {
            Ok(()) => return Ok(number),
            Err(_) if place(folder, number).exists() => number += 1,
            Err(source) => {
                return Err(FolderError::Io { path: folder.to_owned(), what: "written", source }.into());
            }
        }
    }
}

/// The files of a point.
fn tables(results: &Results, number: usize, (name, digest): (&str, &str)) -> BTreeMap<String, Vec<u8>> {
    let models = |key: &CellKey| key.model != ANNOTATORS;
    let row = |metric: &MetricRow| PointRow {
        point: number,
        run: name.to_owned(),
        suite: results.record.name.clone(),
        started: results.record.circumstances.started.clone(),
        digest: digest.to_owned(),
        metric: metric.clone(),
    };
    let metrics: Vec<PointRow> = results.metrics.iter().filter(|row| models(&row.key)).map(row).collect();
    let counts: Vec<CountRow> = results.counts.iter().filter(|row| models(&row.key)).cloned().collect();
    let mut keys: Vec<&CellKey> = metrics.iter().map(|row| &row.metric.key).collect();
    keys.dedup();
    let of_key = |key: &CellKey| -> Vec<FactRow> {
        let facts = results.record.facts(key).into_iter();
        facts.map(|(fact, value)| FactRow { key: key.clone(), fact, value }).collect()
    };
    let facts: Vec<FactRow> = keys.into_iter().flat_map(of_key).collect();
    let tables = [CountRow::table(&counts), FactRow::table(&facts), PointRow::table(&metrics)];
    let mut files = BTreeMap::new();
    let mut digests = String::new();
    for (what, table) in TABLES.into_iter().zip(tables) {
        let (file, bytes) = (format!("{what}.parquet"), table.into_parquet());
        digests.extend([digest::of_bytes(&bytes).as_str(), " ", &file, "\n"]);
        files.insert(file, bytes);
    }
    files.insert(DIGESTS.to_owned(), digests.into_bytes());
    files
}
