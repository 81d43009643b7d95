//! The documents of a file or folder as chunks, without those that were answered before.

use super::super::ask::Chunk;
use super::super::observer::{Event, Observer};
use super::super::stream::chunk;
use super::PredictError;
use crate::corpus::{CorpusError, Document, Lines, Records, Texts, sound};
use crate::table::DocumentRows;
use std::borrow::Cow;
use std::path::Path;

/// A JSONL file, a Parquet file (`*.parquet`), or a folder of `.txt` files.
pub(in crate::run) fn open(input: &Path) -> Result<Box<dyn Records>, CorpusError> {
    Ok(if input.is_dir() {
        Box::new(Texts::open(input)?)
    } else if input.extension().is_some_and(|ending| ending == "parquet") {
        Box::new(DocumentRows::open(input)?)
    } else {
        Box::new(Lines::open(input)?)
    })
}

/// Which documents are to be answered.
pub(super) struct Plan {
    /// How many there are.
    pub(super) documents: usize,
    /// How many a shard has; no chunk lies in two.
    pub(super) shard: usize,
    /// By shard, whether it is there already; those that are not listed are not.
    pub(super) kept: Vec<bool>,
}

/// Documents on their way into chunks.
pub(super) struct Source<'a, I> {
    documents: I,
    input: &'a Path,
    plan: &'a Plan,
    /// Position of the next one.
    at: usize,
}

impl<'a> Source<'a, ()> {
    pub(super) fn new(
        records: &'a dyn Records,
        input: &'a Path,
        plan: &'a Plan,
    ) -> Result<Source<'a, impl Iterator<Item = Result<Document, CorpusError>> + Send>, CorpusError> {
        Ok(Source { documents: sound(records)?, input, plan, at: 0 })
    }
}

impl<'a, I: Iterator<Item = Result<Document, CorpusError>> + Send> Source<'a, I> {
    pub(super) fn chunks(
        mut self,
        observer: &'a dyn Observer,
    ) -> impl Iterator<Item = Result<Chunk<'static>, PredictError>> + Send + use<'a, I> {
        std::iter::from_fn(move || self.next(observer).transpose())
    }

    fn next(&mut self, observer: &dyn Observer) -> Result<Option<Chunk<'static>>, PredictError> {
        let Plan { documents: all, shard, kept } = self.plan;
        while self.at < *all && kept.get(self.at / shard).is_some_and(|kept| *kept) {
            let document = self.documents.next().ok_or_else(|| self.changed())??;
            self.at += 1;
            observer.notice(&Event::Batch { tokens: 0, work: document.text.len() });
            observer.notice(&Event::Answered { documents: 1 });
        }
        if self.at == *all {
            return if self.documents.next().is_none() { Ok(None) } else { Err(self.changed()) };
        }
        let most = (shard - self.at % shard).min(all - self.at);
        let mut documents = self.documents.by_ref().map(|document| document.map(Cow::Owned));
        let chunk = chunk(&mut documents, self.at, most).transpose()?.ok_or_else(|| self.changed())?;
        self.at += chunk.documents.len();
        Ok(Some(chunk))
    }

    fn changed(&self) -> PredictError {
        PredictError::Changed(self.input.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::observer::Silent;

    /// The documents of each chunk of five that are there, by a plan of which `kept` are not asked.
    fn chunks(documents: usize, kept: Vec<bool>) -> Result<Vec<Vec<String>>, PredictError> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let lines = ["0", "1", "2", "3", "4"].map(|id| format!("{{\"id\":\"{id}\",\"text\":\"x\"}}\n"));
        std::fs::write(file.path(), lines.concat()).expect("written");
        let records = open(file.path()).expect("there");
        let plan = Plan { documents, shard: 2, kept };
        let source = Source::new(records.as_ref(), file.path(), &plan).expect("it can be read");
        let ids = |chunk: Chunk<'_>| chunk.documents.iter().map(|document| document.id.clone()).collect();
        source.chunks(&Silent).map(|chunk| chunk.map(ids)).collect()
    }

    #[test]
    fn a_chunk_lies_in_one_shard_and_shards_that_are_there_are_left_out() {
        assert_eq!(chunks(5, Vec::new()).expect("five"), [vec!["0", "1"], vec!["2", "3"], vec!["4"]]);
        assert_eq!(chunks(5, vec![true, false, true]).expect("five"), [["2", "3"]]);
        assert!(chunks(5, vec![true, true, true]).expect("five").is_empty());
    }

    #[test]
    fn a_file_with_more_or_fewer_documents_than_before_was_changed() {
        assert!(matches!(chunks(4, Vec::new()), Err(PredictError::Changed(_))));
        assert!(matches!(chunks(6, Vec::new()), Err(PredictError::Changed(_))));
        assert!(matches!(chunks(6, vec![true, true, true]), Err(PredictError::Changed(_))));
    }
}
