//! A Parquet file that is written while its rows come, so that it may be larger than memory.

use super::Table;
use polars::io::parquet::write::BatchedWriter;
use polars::prelude::*;
use std::fs::File;
use std::io;

/// Rows of a row group at least: it is what is kept in memory.
const ROWS: usize = 1 << 14;

/// Tables of the same columns, one below the other. Equal tables in the same order give equal bytes.
pub struct GrowingTable {
    /// Begun with the first table, whose columns it takes.
    writer: Option<BatchedWriter<File>>,
    file: File,
    /// Rows that wait for their row group.
    waiting: DataFrame,
}

impl GrowingTable {
    /// A table that goes to a file.
    pub fn new(file: File) -> Self {
        Self { writer: None, file, waiting: DataFrame::default() }
    }

    /// Adds the rows of a table.
    ///
    /// # Errors
    /// What the system says when they cannot be written.
    ///
    /// # Panics
    /// When the table has other columns than the first one, which is a fault of the code that made it.
    pub fn push(&mut self, table: Table) -> io::Result<()> {
        let frame = table.into_frame();
        if self.writer.is_none() {
            let file = self.file.try_clone()?;
            let writer = ParquetWriter::new(file).set_parallel(false).batched(frame.schema());
            (self.writer, self.waiting) = (Some(writer.map_err(failed)?), frame);
        } else {
            self.waiting.vstack_mut_owned(frame).expect("tables of one kind have the same columns");
        }
        if self.waiting.height() < ROWS { Ok(()) } else { self.write() }
    }

    /// Writes what waits, as one row group.
    fn write(&mut self) -> io::Result<()> {
        let rest = self.waiting.clear();
        let mut group = std::mem::replace(&mut self.waiting, rest);
        group.rechunk_mut();
        self.writer.as_mut().map_or(Ok(()), |writer| writer.write_batch(&group)).map_err(failed)
    }

    /// Writes what is left, and the end of the file.
    ///
    /// # Errors
    /// What the system says when it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.write()?;
        self.writer.map_or(Ok(0), |writer| writer.finish()).map(|_| ()).map_err(failed)
    }
}

fn failed(error: PolarsError) -> io::Error {
    match error {
        PolarsError::IO { error, .. } => io::Error::new(error.kind(), error.to_string()),
        other => io::Error::other(other.to_string()),
    }
}
