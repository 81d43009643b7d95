//! A first pass over documents, which keeps no text: what is wrong with them is found before the first one is asked about.

use super::documents::{Document, unusable};
use super::problem::{CorpusError, Place, Problem, SHOWN};
use super::records::{Entry, Records};
use crate::base::digest::Running;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

/// The most ids that stand twice of which it is told where.
const TWICE: usize = 1000;

/// What there is to read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    /// Documents.
    pub documents: usize,
    /// Bytes of their texts.
    pub bytes: usize,
    /// SHA-256 of all ids and texts so far, after every so many documents and after the last one.
    pub marks: Vec<String>,
}

/// What has gone by of documents that come one after the other.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Documents.
    pub documents: usize,
    bytes: usize,
    digest: Running,
}

impl Tally {
    /// Another document.
    pub fn add(&mut self, document: &Document) {
        self.documents += 1;
        self.bytes += document.text.len();
        for part in [&document.id, &document.text] {
            self.digest.add(&(part.len() as u64).to_le_bytes());
            self.digest.add(part.as_bytes());
        }
    }

    /// SHA-256 of the ids and texts so far.
    pub fn mark(&self) -> String {
        format!("sha256:{}", self.digest.clone().digits())
    }
}

/// Reads everything once and keeps no text: finds every line that is no document, every text that is blank or too long, and every
/// id that stands twice. Of each document 8 bytes are kept until the end, and a mark after each `every` documents. `told` is called
/// with the number of documents so far.
///
/// # Errors
/// [`CorpusError`] with what was found, in its order.
pub fn survey(records: &dyn Records, every: usize, mut told: impl FnMut(usize)) -> Result<Survey, CorpusError> {
    let mut pass = Pass::default();
    pass.read(records, every, &mut told)?;
    pass.hashes.sort_unstable();
    let (mut suspects, mut more) = (BTreeSet::new(), 0);
    for same in pass.hashes.chunk_by(|one, other| one == other).filter(|same| same.len() > 1) {
        if suspects.len() < TWICE {
            suspects.insert(same[0]);
        } else {
            more += same.len() - 1;
        }
    }
    if !suspects.is_empty() {
        // Whether it is the id, and where it stood first, is seen by reading once more.
        pass = Pass { suspects, ..Pass::default() };
        pass.read(records, every, &mut told)?;
        pass.more += more;
    }
    if pass.tally.documents == 0 && pass.problems.is_empty() {
        pass.problems.push(records.empty());
    }
    let Pass { tally, marks, problems, more, .. } = pass;
    match (problems.is_empty(), more) {
        (true, _) => Ok(Survey { documents: tally.documents, bytes: tally.bytes, marks }),
        (false, 0) => Err(CorpusError::Problems(problems)),
        (false, more) => Err(CorpusError::Many { first: problems, more }),
    }
}

#[derive(Default)]
struct Pass {
    tally: Tally,
    marks: Vec<String>,
    /// As many as are shown.
    problems: Vec<Problem>,
    /// How many others there are.
    more: usize,
    hashes: Vec<u64>,
    /// Hashes of ids that may stand twice.
    suspects: BTreeSet<u64>,
    /// Where their ids stand first.
    first_seen: BTreeMap<String, Option<Place>>,
}

impl Pass {
    fn read(&mut self, records: &dyn Records, every: usize, told: &mut impl FnMut(usize)) -> Result<(), CorpusError> {
        for entry in records.entries()? {
            let entry = entry?;
            match &entry.document {
                Err(what) => self.note(&entry, what.clone()),
                Ok(document) => {
                    self.look_at(&entry, document);
                    if self.tally.documents.is_multiple_of(every) {
                        self.marks.push(self.tally.mark());
                    }
                    if self.tally.documents.is_multiple_of(1000) {
                        told(self.tally.documents);
                    }
                }
            }
        }
        if !self.tally.documents.is_multiple_of(every) {
            self.marks.push(self.tally.mark());
        }
        Ok(())
    }

    fn note(&mut self, entry: &Entry, what: String) {
        if self.problems.len() < SHOWN {
            self.problems.push(entry.problem(what));
        } else {
            self.more += 1;
        }
    }

    fn look_at(&mut self, entry: &Entry, document: &Document) {
        let hash = hash(&document.id);
        if self.suspects.contains(&hash) {
            match self.first_seen.get(&document.id) {
                None => {
                    self.first_seen.insert(document.id.clone(), entry.place);
                }
                Some(first) => {
                    let first = first.map(|first| format!(" in {first}")).unwrap_or_default();
                    self.note(entry, format!("document `{}` stands already{first}", document.id));
                }
            }
        } else if self.suspects.is_empty() {
            self.hashes.push(hash);
        }
        if let Some(what) = unusable(document) {
            self.note(entry, what);
        }
        self.tally.add(document);
    }
}

/// The same for the same id in every pass.
fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::records::{Lines, MAX_LINE_BYTES};
    use super::*;

    /// What is found in the lines of a file: those that are shown, how many others there are, and how often it was told.
    fn found(lines: &[u8]) -> (Vec<String>, usize, usize) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), lines).expect("written");
        let mut told = 0;
        let found = survey(&Lines::open(file.path()).expect("there"), usize::MAX, |_| told += 1);
        let (problems, more) = match found.expect_err("problems") {
            CorpusError::Problems(problems) => (problems, 0),
            CorpusError::Many { first, more } => (first, more),
            other => panic!("another error: {other}"),
        };
        let shown = |problem: Problem| format!("{}: {}", problem.place.expect("a line"), problem.what);
        (problems.into_iter().map(shown).collect(), more, told)
    }

    fn line(id: usize) -> String {
        format!("{{\"id\":\"{id}\",\"text\":\"x\"}}\n")
    }

    #[test]
    fn of_many_problems_a_few_are_kept_and_all_are_counted() {
        let (shown, more, told) = found("x\n".repeat(5000).as_bytes());
        assert_eq!((shown.len(), more), (SHOWN, 5000 - SHOWN));
        assert_eq!(told, 0, "no document, no progress");
        let (shown, more, told) = found(line(7).repeat(3000).as_bytes());
        assert_eq!((shown.len(), more, told), (SHOWN, 2999 - SHOWN, 6));
        assert_eq!(shown[0], "line 2: document `7` stands already in line 1");
        let twice: String = (0..6000).map(|at| line(at % 3000)).collect();
        let (shown, more, _) = found(twice.as_bytes());
        assert_eq!((shown.len(), more), (SHOWN, 3000 - SHOWN));
        assert!(shown.iter().all(|shown| shown.contains("stands already in line")), "{shown:?}");
    }

    #[test]
    fn what_cannot_be_read_hides_nothing_beside_it() {
        let long = vec![b'x'; MAX_LINE_BYTES as usize + 1];
        let (shown, ..) = found(&[b"1\n\xFF\n", long.as_slice(), b"\n{\"id\":\"\xFF\"}\n2\n"].concat());
        let expected =
            ["line 1", "line 2: byte 2 of", "line 3: the line is longer", "line 4: byte 67108877 of", "line 5"];
        assert_eq!(shown.len(), expected.len(), "{shown:?}");
        assert!(shown.iter().zip(expected).all(|(shown, expected)| shown.starts_with(expected)), "{shown:?}");
    }
}
