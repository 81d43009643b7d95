//! The documents of a file or folder as chunks, without those that were answered before.

use super::super::ask::Chunk;
use super::super::observer::{Event, Observer};
use super::super::stream::chunk;
use super::PredictError;
use crate::corpus::{CorpusError, Document, Lines, Records, Survey, Tally, Texts, sound};
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
    /// What was found when they were looked at first, with a mark after each shard.
    pub(super) all: Survey,
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
    /// What has gone by.
    tally: Tally,
}

impl<'a> Source<'a, ()> {
    pub(super) fn new(
        records: &'a dyn Records,
        input: &'a Path,
        plan: &'a Plan,
    ) -> Result<Source<'a, impl Iterator<Item = Result<Document, CorpusError>> + Send>, CorpusError> {
        Ok(Source { documents: sound(records)?, input, plan, tally: Tally::default() })
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
        let (all, shard) = (self.plan.all.documents, self.plan.shard);
        while self.tally.documents < all && self.plan.kept.get(self.tally.documents / shard).is_some_and(|kept| *kept) {
            let document = self.document().ok_or_else(|| self.changed())??;
            observer.notice(&Event::Batch { tokens: 0, work: document.text.len() });
            observer.notice(&Event::Answered { documents: 1 });
        }
        let first = self.tally.documents;
        if first == all {
            return Ok(None);
        }
        let most = (shard - first % shard).min(all - first);
        let mut documents = std::iter::from_fn(|| self.document().map(|document| document.map(Cow::Owned)));
        Ok(Some(chunk(&mut documents, first, most).transpose()?.ok_or_else(|| self.changed())?))
    }

    /// The next document. The last one of a shard is given only where the shard is what it was, so that no other one becomes whole.
    fn document(&mut self) -> Option<Result<Document, PredictError>> {
        let document = match self.documents.next()? {
            // Nothing was wrong with it when it was looked at first.
            Err(CorpusError::Problems(_)) => return Some(Err(self.changed())),
            Err(error) => return Some(Err(error.into())),
            Ok(document) => document,
        };
        self.tally.add(&document);
        let (Plan { all, shard, .. }, number) = (self.plan, self.tally.documents);
        let last = number == all.documents;
        let ends = last || number.is_multiple_of(*shard);
        let same = !ends || all.marks.get((number - 1) / shard) == Some(&self.tally.mark());
        let whole = !last || self.documents.next().is_none();
        Some(if same && whole { Ok(document) } else { Err(self.changed()) })
    }

    fn changed(&self) -> PredictError {
        PredictError::Changed(self.input.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::survey;
    use crate::run::observer::Silent;

    /// A line of each word, by its place.
    fn lines(words: &[&str]) -> String {
        let line = |(at, word)| format!("{{\"id\":\"{at}\",\"text\":\"{word}\"}}\n");
        words.iter().enumerate().map(line).collect()
    }

    /// The documents of each chunk that came before an error, and whether it was that the file was changed: shards of two, of which
    /// `kept` are not asked, when lines are no longer those that were looked at.
    fn changed(before: &str, now: &str, kept: Vec<bool>) -> (Vec<Vec<String>>, bool) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), before).expect("written");
        let records = open(file.path()).expect("there");
        let plan = Plan { all: survey(records.as_ref(), 2, |_| ()).expect("sound"), shard: 2, kept };
        std::fs::write(file.path(), now).expect("written");
        let source = Source::new(records.as_ref(), file.path(), &plan).expect("it can be read");
        let (mut chunks, mut changed) = (Vec::new(), false);
        for chunk in source.chunks(&Silent) {
            match chunk {
                Ok(chunk) => chunks.push(chunk.documents.iter().map(|document| document.id.clone()).collect()),
                Err(PredictError::Changed(_)) => changed = true,
                Err(other) => panic!("another error: {other}"),
            }
            if changed {
                break;
            }
        }
        (chunks, changed)
    }

    const FIVE: [&str; 5] = ["a", "b", "c", "d", "e"];

    #[test]
    fn a_chunk_lies_in_one_shard_and_shards_that_are_there_are_left_out() {
        let chunks = |kept| changed(&lines(&FIVE), &lines(&FIVE), kept);
        let ids = |chunks: &[&[&str]]| {
            chunks.iter().map(|ids| ids.iter().map(ToString::to_string).collect()).collect::<Vec<Vec<_>>>()
        };
        assert_eq!(chunks(Vec::new()), (ids(&[&["0", "1"], &["2", "3"], &["4"]]), false));
        assert_eq!(chunks(vec![true, false, true]), (ids(&[&["2", "3"]]), false));
        assert_eq!(chunks(vec![true, true, true]), (ids(&[]), false));
    }

    #[test]
    fn a_file_that_is_no_longer_what_was_looked_at_ends_no_shard() {
        let five = lines(&FIVE);
        // Fewer documents, more, another text, another id, a line that is none: chunks before the shard that differs come.
        for (now, before) in [
            (lines(&FIVE[..4]), 2),
            (lines(&["a", "b", "c", "d", "e", "f"]), 2),
            (lines(&["a", "b", "c", "d", "x"]), 2),
            (lines(&["a", "b", "x", "d", "e"]), 1),
            (five.replace("\"0\"", "\"9\""), 0),
            (five.replace("{\"id\":\"3\"", "{"), 1),
            (five.replace("\"d\"", "\" \""), 1),
        ] {
            let (chunks, is_changed) = changed(&five, &now, Vec::new());
            assert_eq!((chunks.len(), is_changed), (before, true), "{now}");
            let (chunks, is_changed) = changed(&five, &now, vec![true, true, true]);
            assert_eq!((chunks.len(), is_changed), (0, true), "{now}");
        }
    }
}
