//! The only door to Polars: rows in columns, to and from Parquet.
//!
//! Owns: [`Table`], and one file a kind of table with its row type, which is its schema. In: rows. Out: bytes of a
//! Parquet file, or rows again. Must not: compute scores, choose file names, render.

mod answers;
mod bench;
mod calibration;
mod differences;
mod documents;
mod engines;
mod growing;
mod history;
mod ledger;
mod logits;
mod scores;
mod sweep;
mod throughput;

pub use answers::{entity_rows, stance_rows};
pub use bench::{BenchRow, LatencyRow, PASS_PHASES, PassRow};
pub use calibration::{CalibrationRow, Fit, ReliabilityRow};
pub use differences::DifferenceRow;
pub use documents::DocumentRows;
pub use engines::EngineRow;
pub use growing::GrowingTable;
pub use history::{FactRow, PointRow};
pub use ledger::LedgerRow;
pub use logits::{Misfit, StoredLogits, sequence_logits, token_logits};
pub use scores::{ConfusionRow, CountRow, ErrorRow, MetricRow};
pub use sweep::{Role, SweepRow};
pub use throughput::ThroughputRow;

use polars::chunked_array::builder::ListPrimitiveChunkedBuilder;
use polars::prelude::*;
use serde::Serialize;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// Which model did which task on which corpus: the first columns of every table of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CellKey {
    /// `ner` or `stance`.
    pub task: String,
    /// The corpus's name in the suite.
    pub corpus: String,
    /// The model's name in the suite.
    pub model: String,
}

/// Why a table could not be read back.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file cannot be read as Parquet.
    #[error("table `{}` cannot be read: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What Polars or the system said.
        reason: String,
    },
    /// A column is missing or has another type.
    #[error("table `{}` has no column `{column}` of {kind}", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// What it should hold.
        kind: &'static str,
    },
}

/// Columns of equal length on their way to a Parquet file.
#[derive(Debug, Default)]
pub struct Table {
    columns: Vec<Column>,
}

impl Table {
    /// The first columns of a run's table.
    pub fn keyed<'a>(keys: impl Iterator<Item = &'a CellKey> + Clone) -> Self {
        Self::default()
            .text("task", keys.clone().map(|key| Some(key.task.as_str())))
            .text("corpus", keys.clone().map(|key| Some(key.corpus.as_str())))
            .text("model", keys.map(|key| Some(key.model.as_str())))
    }

    /// Adds a column of strings.
    #[must_use]
    pub fn text<'a>(self, name: &str, values: impl Iterator<Item = Option<&'a str>>) -> Self {
        self.push(Series::new(name.into(), values.collect::<Vec<_>>()))
    }

    /// Adds a column of f64.
    #[must_use]
    pub fn number(self, name: &str, values: impl Iterator<Item = Option<f64>>) -> Self {
        self.push(Series::new(name.into(), values.collect::<Vec<_>>()))
    }

    /// Adds a column of counts or positions, as i64 (which every reader knows).
    #[must_use]
    pub fn count(self, name: &str, values: impl Iterator<Item = Option<usize>>) -> Self {
        let values = values.map(|value| value.map(|count| count as i64));
        self.push(Series::new(name.into(), values.collect::<Vec<_>>()))
    }

    /// Adds a column of truth values.
    #[must_use]
    pub fn flag(self, name: &str, values: impl Iterator<Item = bool>) -> Self {
        self.push(Series::new(name.into(), values.collect::<Vec<_>>()))
    }

    /// Adds a column of lists of f32, `width` values each.
    #[must_use]
    pub fn vectors<'a>(self, name: &str, width: usize, values: impl ExactSizeIterator<Item = &'a [f32]>) -> Self {
        let rows = values.len();
        let mut builder =
            ListPrimitiveChunkedBuilder::<Float32Type>::new(name.into(), rows, rows * width, DataType::Float32);
        for value in values {
            builder.append_slice(value);
        }
        self.push(builder.finish().into_series())
    }

    fn push(mut self, series: Series) -> Self {
        self.columns.push(series.into_column());
        self
    }

    /// The bytes of a Parquet file; equal rows give equal bytes.
    ///
    /// # Panics
    /// When the columns have different lengths, which is a fault of the code that filled them.
    pub fn into_parquet(self) -> Vec<u8> {
        let mut frame = self.into_frame();
        let mut bytes = Cursor::new(Vec::new());
        ParquetWriter::new(&mut bytes).finish(&mut frame).expect("plain columns are always written to memory");
        bytes.into_inner()
    }

    fn into_frame(self) -> DataFrame {
        DataFrame::new_infer_height(self.columns).expect("every column has one value a row")
    }
}

/// A table that was read from a file.
pub struct Stored {
    path: PathBuf,
    frame: DataFrame,
}

impl Stored {
    /// Reads a Parquet file.
    ///
    /// # Errors
    /// [`TableError::Read`] when the file is missing or not Parquet.
    pub fn open(path: &Path) -> Result<Self, TableError> {
        let failed = |reason: String| TableError::Read { path: path.to_owned(), reason };
        let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        let frame = ParquetReader::new(Cursor::new(bytes)).finish().map_err(|error| failed(error.to_string()))?;
        Ok(Self { path: path.to_owned(), frame })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.frame.height()
    }

    /// A column of strings.
    ///
    /// # Errors
    /// [`TableError::Column`] when there is none of that name and type.
    pub fn text(&self, name: &str) -> Result<Vec<Option<String>>, TableError> {
        let column = self.column(name, "text")?.str().map_err(|_| self.lacks(name, "text"))?;
        Ok(column.iter().map(|value| value.map(str::to_owned)).collect())
    }

    /// A column of f64.
    ///
    /// # Errors
    /// [`TableError::Column`] when there is none of that name and type.
    pub fn number(&self, name: &str) -> Result<Vec<Option<f64>>, TableError> {
        let column = self.column(name, "numbers")?.f64().map_err(|_| self.lacks(name, "numbers"))?;
        Ok(column.iter().collect())
    }

    /// A column of counts.
    ///
    /// # Errors
    /// [`TableError::Column`] when there is none of that name and type.
    pub fn count(&self, name: &str) -> Result<Vec<Option<usize>>, TableError> {
        let column = self.column(name, "counts")?.i64().map_err(|_| self.lacks(name, "counts"))?;
        Ok(column.iter().map(|value| value.map(|count| count as usize)).collect())
    }

    /// A column of truth values.
    ///
    /// # Errors
    /// [`TableError::Column`] when there is none of that name and type.
    pub fn flag(&self, name: &str) -> Result<Vec<bool>, TableError> {
        let column = self.column(name, "truth values")?.bool().map_err(|_| self.lacks(name, "truth values"))?;
        Ok(column.iter().map(Option::unwrap_or_default).collect())
    }

    /// A column of lists of f32: how many values each has, and the values, row after row.
    ///
    /// # Errors
    /// [`TableError::Column`] when there is none of that name and type, or its lists differ in length.
    pub fn vectors(&self, name: &str) -> Result<(usize, Vec<f32>), TableError> {
        const KIND: &str = "lists of numbers, all of one length";
        let lists = self.column(name, KIND)?.list().map_err(|_| self.lacks(name, KIND))?;
        let lengths: Vec<usize> = lists.downcast_iter().flat_map(|chunk| chunk.offsets().lengths()).collect();
        let width = lengths.first().copied().unwrap_or(0);
        let values = lists.get_inner();
        let values: Option<Vec<f32>> = values.f32().map_err(|_| self.lacks(name, KIND))?.iter().collect();
        let whole = values.filter(|values| {
            lengths.iter().all(|&length| length == width)
                && values.len() == width * self.rows()
                && lengths.len() == self.rows()
        });
        Ok((width, whole.ok_or_else(|| self.lacks(name, KIND))?))
    }

    /// The first columns of a run's table.
    ///
    /// # Errors
    /// [`TableError::Column`] when one is missing.
    pub fn keys(&self) -> Result<Vec<CellKey>, TableError> {
        let (tasks, corpora, models) = (self.text("task")?, self.text("corpus")?, self.text("model")?);
        let rows = tasks.into_iter().zip(corpora).zip(models);
        let key = |((task, corpus), model): ((Option<String>, Option<String>), Option<String>)| CellKey {
            task: task.unwrap_or_default(),
            corpus: corpus.unwrap_or_default(),
            model: model.unwrap_or_default(),
        };
        Ok(rows.map(key).collect())
    }

    fn column(&self, name: &str, kind: &'static str) -> Result<&Column, TableError> {
        self.frame.column(name).map_err(|_| self.lacks(name, kind))
    }

    fn lacks(&self, column: &str, kind: &'static str) -> TableError {
        TableError::Column { path: self.path.clone(), column: column.to_owned(), kind }
    }
}
