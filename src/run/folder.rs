//! The run folder: cells saved as they finish, then renamed as a whole.

use super::plan::Cell;
use super::record::{FORMAT, Record, Results};
use crate::base::file::{partial, sweep_all, write_whole};
use crate::corpus::Document;
use crate::table::{
    CalibrationRow, ConfusionRow, CountRow, DifferenceRow, EngineRow, ErrorRow, LedgerRow, MetricRow, ReliabilityRow,
    Stored, StoredLogits, SweepRow, Table, TableError, ThroughputRow,
};
use crate::task::{Answer, TaskName};
use std::io;
use std::path::{Path, PathBuf};

/// What a cell leaves behind.
pub(super) struct Saved {
    pub(super) predictions: Vec<u8>,
    pub(super) logits: Option<Vec<u8>>,
    pub(super) ledger: LedgerRow,
    pub(super) sweep: Vec<SweepRow>,
    /// Calibration before a temperature was fitted.
    pub(super) unfitted: Vec<CalibrationRow>,
    pub(super) throughput: ThroughputRow,
}

/// A run folder in the making: everything goes to `<folder>.partial`, which is renamed when all is there.
#[derive(Debug)]
pub struct RunFolder {
    target: PathBuf,
    partial: PathBuf,
    resume: bool,
}

/// Why a run folder cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// There is something already.
    #[error("`{}` exists already, and a run overwrites nothing", .0.display())]
    Exists(PathBuf),
    /// An earlier run was interrupted.
    #[error("an interrupted run stands in `{}`", .0.display())]
    Interrupted(PathBuf),
    /// The interrupted run was another one.
    #[error("the interrupted run in `{}` was made from another suite, other files or another karat", .0.display())]
    Other(PathBuf),
    /// The system refused.
    #[error("`{}` cannot be {what}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: `read`, `written`, …
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// `run.json` is missing.
    #[error("`{}` is no run: it has no `run.json`", .0.display())]
    NoRun(PathBuf),
    /// `run.json` is not what it should be.
    #[error("`{}` is not valid: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The run was made by a newer karat.
    #[error("`{}` has format {found}, but this karat reads {FORMAT}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
    },
    /// The run was made by an older karat, whose tables hold too little.
    #[error("`{}` has format {found}, which this karat no longer reads", path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
    },
    /// A baseline is no run.
    #[error("`{}` is a baseline already", .0.display())]
    Blessed(PathBuf),
    /// A baseline stands under that name.
    #[error("there is a baseline `{}` already", .0.display())]
    Taken(PathBuf),
    /// A file is not the one that was blessed or added.
    #[error("`{}` is not the file that it was", .0.display())]
    Changed(PathBuf),
    /// A table cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
}

impl RunFolder {
    /// A run that will stand in `target`. With `resume`, cells that an interrupted run has saved are not run again.
    pub fn new(target: PathBuf, resume: bool) -> Self {
        Self { partial: partial(&target), target, resume }
    }

    /// Where the run will stand.
    pub fn path(&self) -> &Path {
        &self.target
    }

    /// Makes the partial folder, or takes it up when it belongs to the same run.
    pub(super) fn begin(&self, identity: &str) -> Result<(), FolderError> {
        if self.target.exists() {
            return Err(FolderError::Exists(self.target.clone()));
        }
        let note = self.partial.join("identity");
        if self.partial.exists() {
            if !self.resume {
                return Err(FolderError::Interrupted(self.partial.clone()));
            }
            let found = std::fs::read_to_string(&note).unwrap_or_default();
            if found != identity {
                return Err(FolderError::Other(self.partial.clone()));
            }
            let failed = |source| FolderError::Io { path: self.partial.clone(), what: "tidied", source };
            return sweep_all(&self.partial).map_err(failed);
        }
        self.write("identity", identity.as_bytes())
    }

    /// Takes a partial folder away in which no cell was saved, or none that is dear: there is nothing to take up.
    pub(super) fn abandon(&self, cheap: bool) {
        if cheap || !self.partial.join("cells").exists() {
            // The error that led here is the one to tell.
            let _ = std::fs::remove_dir_all(&self.partial);
        }
    }

    /// True when an interrupted run has saved the cell.
    pub(super) fn holds(&self, cell: &Cell) -> bool {
        self.partial.join(format!("cells/{}.ledger.parquet", stem(cell))).is_file()
    }

    /// Saves a cell; the ledger comes last, and says that the cell is whole.
    pub(super) fn save(&self, cell: &Cell, saved: Saved) -> Result<(), FolderError> {
        let stem = stem(cell);
        self.write(&format!("predictions/{stem}.parquet"), &saved.predictions)?;
        if let Some(logits) = &saved.logits {
            self.write(&format!("logits/{stem}.parquet"), logits)?;
        }
        let throughput = ThroughputRow::table(&[saved.throughput]).into_parquet();
        self.write(&format!("cells/{stem}.throughput.parquet"), &throughput)?;
        self.write(&format!("cells/{stem}.sweep.parquet"), &SweepRow::table(&saved.sweep).into_parquet())?;
        let unfitted = CalibrationRow::table(&saved.unfitted).into_parquet();
        self.write(&format!("cells/{stem}.unfitted.parquet"), &unfitted)?;
        self.write(&format!("cells/{stem}.ledger.parquet"), &LedgerRow::table(&[saved.ledger]).into_parquet())
    }

    /// A saved cell's answers, one for each of `documents`.
    pub(super) fn answers(&self, cell: &Cell, documents: &[&Document]) -> Result<Vec<Answer>, FolderError> {
        let stored = self.stored(&format!("predictions/{}.parquet", stem(cell)))?;
        Ok(match cell.options.task() {
            TaskName::Ner => stored.entities(documents)?,
            TaskName::Stance => stored.stances(documents)?,
        })
    }

    /// A saved cell's ledger and throughput.
    pub(super) fn notes(&self, cell: &Cell) -> Result<(Vec<LedgerRow>, Vec<ThroughputRow>), FolderError> {
        let stem = stem(cell);
        let ledger = LedgerRow::read(&self.stored(&format!("cells/{stem}.ledger.parquet"))?)?;
        let throughput = ThroughputRow::read(&self.stored(&format!("cells/{stem}.throughput.parquet"))?)?;
        Ok((ledger, throughput))
    }

    /// What the engine of a saved cell returned.
    pub(super) fn logits(&self, cell: &Cell) -> Result<StoredLogits, FolderError> {
        let stored = self.stored(&format!("logits/{}.parquet", stem(cell)))?;
        Ok(StoredLogits::read(&stored, cell.options.task())?)
    }

    /// The settings that a saved cell tried.
    pub(super) fn sweep(&self, cell: &Cell) -> Result<Vec<SweepRow>, FolderError> {
        Ok(SweepRow::read(&self.stored(&format!("cells/{}.sweep.parquet", stem(cell)))?)?)
    }

    /// The calibration of a saved cell before a temperature was fitted.
    pub(super) fn unfitted(&self, cell: &Cell) -> Result<Vec<CalibrationRow>, FolderError> {
        Ok(CalibrationRow::read(&self.stored(&format!("cells/{}.unfitted.parquet", stem(cell)))?)?)
    }

    /// Writes the tables, the record and the rendered reports, and renames the folder to its place.
    ///
    /// # Errors
    /// [`FolderError`] when the system refuses; the partial folder stays then.
    ///
    /// # Panics
    /// Never: a record is plain data, which is always JSON.
    pub fn finish(&self, results: &Results, reports: &[(&str, String)]) -> Result<(), FolderError> {
        let tables: [(&str, Table); 11] = [
            ("metrics", MetricRow::table(&results.metrics)),
            ("patched", MetricRow::table(&results.patched)),
            ("counts", CountRow::table(&results.counts)),
            ("confusion", ConfusionRow::table(&results.confusion)),
            ("errors", ErrorRow::table(&results.errors)),
            ("differences", DifferenceRow::table(&results.differences)),
            ("ledger", LedgerRow::table(&results.ledger)),
            ("sweep", SweepRow::table(&results.sweep)),
            ("calibration", CalibrationRow::table(&results.calibration)),
            ("reliability", ReliabilityRow::table(&results.reliability)),
            ("throughput", ThroughputRow::table(&results.throughput)),
        ];
        let engines = results.record.compares_engines().then(|| ("engines", EngineRow::table(&results.engines)));
        for (name, table) in tables.into_iter().chain(engines) {
            self.write(&format!("tables/{name}.parquet"), &table.into_parquet())?;
        }
        for (name, text) in reports {
            self.write(name, text.as_bytes())?;
        }
        let mut json = serde_json::to_vec_pretty(&results.record).expect("a record is plain data");
        json.push(b'\n');
        self.write("run.json", &json)?;
        let remove = |source| FolderError::Io { path: self.partial.clone(), what: "tidied", source };
        std::fs::remove_dir_all(self.partial.join("cells")).map_err(remove)?;
        std::fs::remove_file(self.partial.join("identity")).map_err(remove)?;
        let rename = |source| FolderError::Io { path: self.target.clone(), what: "written", source };
        std::fs::rename(&self.partial, &self.target).map_err(rename)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let path = self.partial.join(name);
        write_whole(&path, bytes).map_err(|source| FolderError::Io { path, what: "written", source })
    }

    fn stored(&self, name: &str) -> Result<Stored, TableError> {
        Stored::open(&self.partial.join(name))
    }
}

fn stem(cell: &Cell) -> String {
    format!("{}.{}.{}", cell.key.task, cell.key.corpus, cell.key.model)
}

/// A finished run's `run.json`.
pub(super) fn read_record(folder: &Path) -> Result<Record, FolderError> {
    let path = folder.join("run.json");
    if !path.is_file() {
        return Err(FolderError::NoRun(folder.to_owned()));
    }
    let bytes = std::fs::read(&path).map_err(|source| FolderError::Io { path: path.clone(), what: "read", source })?;
    let malformed = |error: serde_json::Error| FolderError::Malformed { path: path.clone(), reason: error.to_string() };
    let json: serde_json::Value = serde_json::from_slice(&bytes).map_err(malformed)?;
    match json["format"].as_u64() {
        Some(found) if found > u64::from(FORMAT) => return Err(FolderError::Newer { path, found }),
        Some(found) if found < u64::from(FORMAT) => return Err(FolderError::Older { path, found }),
        _ => {}
    }
    serde_json::from_slice(&bytes).map_err(malformed)
}

pub(super) fn open(folder: &Path) -> Result<Results, FolderError> {
    let record = read_record(folder)?;
    let stored = |name: &str| Stored::open(&folder.join(format!("tables/{name}.parquet")));
    let engines = if record.compares_engines() { EngineRow::read(&stored("engines")?)? } else { Vec::new() };
    Ok(Results {
        record,
        engines,
        metrics: MetricRow::read(&stored("metrics")?)?,
        patched: MetricRow::read(&stored("patched")?)?,
        counts: CountRow::read(&stored("counts")?)?,
        confusion: ConfusionRow::read(&stored("confusion")?)?,
        errors: ErrorRow::read(&stored("errors")?)?,
        differences: DifferenceRow::read(&stored("differences")?)?,
        ledger: LedgerRow::read(&stored("ledger")?)?,
        sweep: SweepRow::read(&stored("sweep")?)?,
        calibration: CalibrationRow::read(&stored("calibration")?)?,
        reliability: ReliabilityRow::read(&stored("reliability")?)?,
        throughput: ThroughputRow::read(&stored("throughput")?)?,
    })
}
