//! Documents from a Parquet file, a slice of its rows at a time.

use crate::corpus::{CorpusError, Document, Entries, Entry, Place, Problem, Records};
use polars::io::parquet::read::{FileMetadata, ParallelStrategy};
use polars::prelude::*;
use std::fs::File;
use std::path::Path;

/// Bytes of uncompressed columns that a slice should have.
const SLICE_BYTES: usize = 4 << 20;

/// The rows of a Parquet file with the columns `id` and `text`; others are not read.
#[derive(Debug)]
pub struct DocumentRows {
    path: std::sync::Arc<Path>,
    metadata: Arc<FileMetadata>,
    /// Rows that are read at once.
    slice: usize,
}

impl DocumentRows {
    /// Opens a file and looks at its columns.
    ///
    /// # Errors
    /// [`CorpusError`] when it cannot be read as Parquet, or lacks a column.
    pub fn open(path: &Path) -> Result<Self, CorpusError> {
        let metadata = reader(path).and_then(|mut reader| reader.get_metadata().cloned().map_err(said));
        let metadata = metadata.map_err(|reason| no_table(path, reason))?;
        let bytes: usize = metadata.row_groups.iter().fold(0, |sum, group| sum + group.total_byte_size());
        let slice = (SLICE_BYTES / (bytes / metadata.num_rows.max(1)).max(1)).clamp(16, 1 << 14);
        let rows = Self { path: path.into(), metadata, slice };
        rows.look_at_columns()?;
        Ok(rows)
    }

    fn look_at_columns(&self) -> Result<(), CorpusError> {
        let frame = reader(&self.path).and_then(|reader| reader.with_slice(Some((0, 0))).finish().map_err(said));
        let frame = frame.map_err(|reason| no_table(&self.path, reason))?;
        let fault = |name: &str| match frame.column(name) {
            Err(_) => Some(format!("there is no column `{name}`; documents are in columns `id` and `text`")),
            Ok(column) if column.dtype() != &DataType::String => {
                Some(format!("column `{name}` is of type {}, not of text", column.dtype()))
            }
            Ok(_) => None,
        };
        let problem = |what| Problem { path: self.path.to_path_buf(), place: None, what };
        let faults: Vec<Problem> = ["id", "text"].into_iter().filter_map(fault).map(problem).collect();
        if faults.is_empty() { Ok(()) } else { Err(CorpusError::Problems(faults)) }
    }

    /// The documents of a slice that begins with row `from`.
    fn slice(&self, from: usize) -> Result<Vec<Entry>, CorpusError> {
        let read = || {
            let mut reader = reader(&self.path)?;
            reader.set_metadata(Arc::clone(&self.metadata));
            let columns = Some(["id", "text"].map(str::to_owned).into());
            // Of the ways to read, this is the one that leaves out row groups before the slice.
            let reader = reader.with_columns(columns).read_parallel(ParallelStrategy::RowGroups);
            reader.with_slice(Some((from, self.slice))).finish().map_err(said)
        };
        let frame = read().map_err(|reason| no_table(&self.path, reason))?;
        let column = |name| frame.column(name).and_then(|column| column.str()).map_err(said);
        let columns = column("id").and_then(|ids| Ok((ids, column("text")?)));
        let (ids, texts) = columns.map_err(|reason| no_table(&self.path, reason))?;
        let entry = |(at, (id, text)): (usize, (Option<&str>, Option<&str>))| Entry {
            path: std::sync::Arc::clone(&self.path),
            place: Some(Place::Row(from + at + 1)),
            document: match (id, text) {
                (None, _) => Err("its `id` is null".to_owned()),
                (Some(id), None) => Err(format!("the `text` of document `{id}` is null")),
                (Some(id), Some(text)) => Ok(Document { id: id.to_owned(), text: text.to_owned() }),
            },
        };
        Ok(ids.iter().zip(texts.iter()).enumerate().map(entry).collect())
    }
}

impl Records for DocumentRows {
    fn empty(&self) -> Problem {
        Problem { path: self.path.to_path_buf(), place: None, what: "there is no row in this file".to_owned() }
    }

    fn entries(&self) -> Result<Entries<'_>, CorpusError> {
        let starts = (0..self.metadata.num_rows).step_by(self.slice);
        Ok(Box::new(starts.flat_map(|from| match self.slice(from) {
            Ok(entries) => entries.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        })))
    }
}

fn reader(path: &Path) -> Result<ParquetReader<File>, String> {
    File::open(path).map(ParquetReader::new).map_err(|error| error.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn said(error: PolarsError) -> String {
    error.to_string()
}

fn no_table(path: &Path, reason: String) -> CorpusError {
    CorpusError::NoTable { path: path.to_owned(), reason }
}
