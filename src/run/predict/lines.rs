//! Answers as one JSONL file, and logits as one Parquet file.

use super::{Made, PredictError};
use crate::base::file::Beside;
use crate::corpus::{Document, write_document, write_stances};
use crate::table::GrowingTable;
use crate::task::Answer;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// The JSONL lines of a chunk's answers.
pub(super) fn lines(documents: &[&Document], answers: &[Answer]) -> String {
    let line = |(document, answer): (&&Document, &Answer)| match answer {
        Answer::Entities(entities) => write_document(document, entities, &[]),
        Answer::Stances(lines) => write_stances(lines),
    };
    documents.iter().zip(answers).map(line).collect()
}

/// Files that grow with each chunk and get their names at the end.
pub(super) struct Lines<'a> {
    /// Named in errors.
    path: PathBuf,
    file: Option<Beside>,
    out: Box<dyn Write + Send + 'a>,
    logits: Option<(PathBuf, Beside, GrowingTable)>,
}

impl<'a> Lines<'a> {
    pub(super) fn begin(
        (file, logits): (Option<&Path>, Option<&Path>),
        stream: &'a mut (dyn Write + Send),
    ) -> Result<Self, PredictError> {
        let logits = match logits {
            None => None,
            Some(path) => {
                let beside = Beside::growing(path).map_err(PredictError::write(path))?;
                let table = GrowingTable::new(beside.handle().map_err(PredictError::write(path))?);
                Some((path.to_owned(), beside, table))
            }
        };
        let Some(path) = file else {
            return Ok(Self { path: PathBuf::from("-"), file: None, out: Box::new(stream), logits });
        };
        let beside = Beside::growing(path).map_err(PredictError::write(path))?;
        let out = BufWriter::with_capacity(1 << 16, beside.handle().map_err(PredictError::write(path))?);
        Ok(Self { path: path.to_owned(), file: Some(beside), out: Box::new(out), logits })
    }

    pub(super) fn take(&mut self, made: Made) -> Result<(), PredictError> {
        self.out.write_all(made.lines.as_bytes()).map_err(PredictError::write(&self.path))?;
        if let Some(((path, _, table), logits)) = self.logits.as_mut().zip(made.logits) {
            table.push(logits).map_err(PredictError::write(path))?;
        }
        Ok(())
    }

    /// Gives the files their names when all of them are written.
    pub(super) fn finish(mut self) -> Result<(), PredictError> {
        self.out.flush().map_err(PredictError::write(&self.path))?;
        if let Some((path, beside, table)) = self.logits {
            table.finish().and_then(|()| beside.keep()).map_err(PredictError::write(&path))?;
        }
        self.file.map_or(Ok(()), Beside::keep).map_err(PredictError::write(&self.path))
    }
}
