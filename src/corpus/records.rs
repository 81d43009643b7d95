//! Documents one after the other, so that a corpus may be larger than memory: the lines of a JSONL file, or the `.txt` files of a
//! folder. What is wrong with them is found before the first one is asked about, by a pass that keeps no text.

use super::documents::{DOCUMENT, Document, unusable};
use super::problem::{CorpusError, Place, Problem, json_fault};
use crate::base::digest::{self, Running};
use crate::base::file::{TextError, read_text};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The longest line that is read, in bytes: that of the longest document, each character escaped, and metadata beside it.
const MAX_LINE_BYTES: u64 = 64 << 20;

/// Where a document stands, and what it is, or why it is none.
#[derive(Debug)]
pub struct Entry {
    /// The file.
    pub path: Arc<Path>,
    /// The place in it; None: the file is the document.
    pub place: Option<Place>,
    /// The document, or what is wrong with what stands there.
    pub document: Result<Document, String>,
}

impl Entry {
    fn problem(&self, what: String) -> Problem {
        Problem { path: self.path.to_path_buf(), place: self.place, what }
    }
}

/// Documents in their order; an error where nothing more can be read.
pub type Entries<'a> = Box<dyn Iterator<Item = Result<Entry, CorpusError>> + Send + 'a>;

/// What documents are read from, as often as is asked.
pub trait Records: Sync {
    /// The place that is named where there is no document at all, and what is said of it.
    fn empty(&self) -> Problem;

    /// The documents from the first one on.
    ///
    /// # Errors
    /// [`CorpusError`] when nothing can be read.
    fn entries(&self) -> Result<Entries<'_>, CorpusError>;

    /// SHA-256 of all that is read.
    ///
    /// # Errors
    /// What the system says.
    fn digest(&self) -> io::Result<String>;
}

/// How much there is to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Survey {
    /// Documents.
    pub documents: usize,
    /// Bytes of their texts.
    pub bytes: usize,
}

/// Reads everything once and keeps no text: finds every line that is no document, every text that is blank or too long, and every
/// id that stands twice. Of each document 8 bytes are kept until the end. `told` is called with the number of documents so far.
///
/// # Errors
/// [`CorpusError`] with all that was found, in its order.
pub fn survey(records: &dyn Records, mut told: impl FnMut(usize)) -> Result<Survey, CorpusError> {
    let mut pass = Pass::default();
    pass.read(records, &mut told)?;
    pass.hashes.sort_unstable();
    let twice = pass.hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
    let suspects: BTreeSet<u64> = twice.collect();
    if !suspects.is_empty() {
        // Whether it is the id, and where it stood first, is seen by reading once more.
        pass = Pass { suspects, ..Pass::default() };
        pass.read(records, &mut told)?;
    }
    if pass.survey.documents == 0 && pass.problems.is_empty() {
        pass.problems.push(records.empty());
    }
    if pass.problems.is_empty() { Ok(pass.survey) } else { Err(CorpusError::Problems(pass.problems)) }
}

#[derive(Default)]
struct Pass {
    survey: Survey,
    problems: Vec<Problem>,
    hashes: Vec<u64>,
    /// Hashes of ids that may stand twice.
    suspects: BTreeSet<u64>,
    /// Where their ids stand first.
    first_seen: BTreeMap<String, Option<Place>>,
}

impl Pass {
    fn read(&mut self, records: &dyn Records, told: &mut impl FnMut(usize)) -> Result<(), CorpusError> {
        for entry in records.entries()? {
            self.look_at(&entry?);
            if self.survey.documents.is_multiple_of(1000) {
                told(self.survey.documents);
            }
        }
        Ok(())
    }

    fn look_at(&mut self, entry: &Entry) {
        let document = match &entry.document {
            Ok(document) => document,
            Err(what) => return self.problems.push(entry.problem(what.clone())),
        };
        let hash = hash(&document.id);
        if self.suspects.contains(&hash) {
            match self.first_seen.get(&document.id) {
                None => {
                    self.first_seen.insert(document.id.clone(), entry.place);
                }
                Some(first) => {
                    let first = first.map(|first| format!(" in {first}")).unwrap_or_default();
                    let what = format!("document `{}` stands already{first}", document.id);
                    self.problems.push(entry.problem(what));
                }
            }
        } else if self.suspects.is_empty() {
            self.hashes.push(hash);
        }
        self.problems.extend(unusable(document).map(|what| entry.problem(what)));
        self.survey.documents += 1;
        self.survey.bytes += document.text.len();
    }
}

/// The same for the same id in every pass.
fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

/// Documents of a pass after [`survey`] has found nothing wrong.
///
/// # Errors
/// [`CorpusError`] where the files are no longer what they were.
pub fn sound(
    records: &dyn Records,
) -> Result<impl Iterator<Item = Result<Document, CorpusError>> + Send + '_, CorpusError> {
    Ok(records.entries()?.map(|entry| {
        let Entry { path, place, document } = entry?;
        let fault = |what| CorpusError::Problems(vec![Problem { path: path.to_path_buf(), place, what }]);
        let document = document.map_err(fault)?;
        unusable(&document).map_or(Ok(document), |what| Err(fault(what)))
    }))
}

/// A JSONL file, `{"id","text", …}` a line.
#[derive(Debug)]
pub struct Lines {
    path: Arc<Path>,
    /// What a pipe gave, which can be read once only.
    copy: Option<File>,
}

impl Lines {
    /// Opens a file, or takes down what a pipe gives.
    ///
    /// # Errors
    /// [`CorpusError::Text`] when it cannot be read.
    pub fn open(path: &Path) -> Result<Self, CorpusError> {
        let failed = |source| TextError::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(failed)?;
        let again = file.metadata().map_err(failed)?.is_file();
        let copy = if again { None } else { Some(copied(&mut file).map_err(failed)?) };
        Ok(Self { path: path.into(), copy })
    }

    /// The file from its beginning. A copy has one place at which it is read, so that it is read by one reader at a time.
    fn file(&self) -> io::Result<File> {
        match &self.copy {
            None => File::open(&self.path),
            Some(copy) => {
                let mut file = copy.try_clone()?;
                file.rewind()?;
                Ok(file)
            }
        }
    }
}

fn copied(from: &mut File) -> io::Result<File> {
    let mut copy = tempfile::tempfile()?;
    io::copy(from, &mut copy)?;
    Ok(copy)
}

impl Records for Lines {
    fn empty(&self) -> Problem {
        let what = "there is no document in this file".to_owned();
        Problem { path: self.path.to_path_buf(), place: None, what }
    }

    fn entries(&self) -> Result<Entries<'_>, CorpusError> {
        let failed = |source| TextError::Read { path: self.path.to_path_buf(), source };
        let file = BufReader::with_capacity(1 << 16, self.file().map_err(failed)?);
        Ok(Box::new(LineEntries { path: Arc::clone(&self.path), file, bytes: Vec::new(), number: 0, before: 0 }))
    }

    fn digest(&self) -> io::Result<String> {
        digest::of_reader(&mut self.file()?)
    }
}

struct LineEntries {
    path: Arc<Path>,
    file: BufReader<File>,
    bytes: Vec<u8>,
    /// Of the line that was read last, from 1.
    number: usize,
    /// Bytes of the file before that line.
    before: usize,
}

impl LineEntries {
    /// The next line that is not blank; None at the end.
    fn line(&mut self) -> Result<Option<&str>, CorpusError> {
        loop {
            self.before += self.bytes.len();
            self.bytes.clear();
            self.number += 1;
            let failed = |source| TextError::Read { path: self.path.to_path_buf(), source };
            let read = (&mut self.file).take(MAX_LINE_BYTES).read_until(b'\n', &mut self.bytes).map_err(failed)?;
            if read == 0 {
                return Ok(None);
            }
            if read as u64 == MAX_LINE_BYTES && self.bytes.last() != Some(&b'\n') {
                let what = format!("the line is longer than {} MiB", MAX_LINE_BYTES >> 20);
                let place = Some(Place::Line(self.number));
                return Err(CorpusError::Problems(vec![Problem { path: self.path.to_path_buf(), place, what }]));
            }
            match std::str::from_utf8(&self.bytes) {
                Err(error) => {
                    let byte = self.before + error.valid_up_to();
                    return Err(TextError::NotUtf8 { path: self.path.to_path_buf(), line: self.number, byte }.into());
                }
                Ok(line) if !line.trim().is_empty() => break,
                Ok(_) => {}
            }
        }
        Ok(std::str::from_utf8(&self.bytes).expect("it was looked at").lines().next())
    }
}

impl Iterator for LineEntries {
    type Item = Result<Entry, CorpusError>;

    fn next(&mut self) -> Option<Self::Item> {
        let document = match self.line() {
            Err(error) => return Some(Err(error)),
            Ok(None) => return None,
            Ok(Some(line)) => serde_json::from_str(line).map_err(|error| json_fault(DOCUMENT, &error)),
        };
        Some(Ok(Entry { path: Arc::clone(&self.path), place: Some(Place::Line(self.number)), document }))
    }
}

/// The `.txt` files of a folder, in the order of their names; the id is the name without its ending. Of each file the name is kept.
#[derive(Debug)]
pub struct Texts {
    folder: PathBuf,
    names: Vec<Box<std::ffi::OsStr>>,
}

impl Texts {
    /// Lists a folder.
    ///
    /// # Errors
    /// [`CorpusError::List`] when it cannot be listed.
    pub fn open(folder: &Path) -> Result<Self, CorpusError> {
        let listed = |source| CorpusError::List { path: folder.to_owned(), source };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(listed)? {
            let name = entry.map_err(listed)?.file_name();
            if Path::new(&name).extension().is_some_and(|ending| ending == "txt") {
                names.push(name.into_boxed_os_str());
            }
        }
        names.sort();
        Ok(Self { folder: folder.to_owned(), names })
    }

    fn entry(&self, name: &std::ffi::OsStr) -> Result<Entry, CorpusError> {
        let path = self.folder.join(name);
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = read_text(&path)?;
        Ok(Entry { path: path.into(), place: None, document: Ok(Document { id, text }) })
    }
}

impl Records for Texts {
    fn empty(&self) -> Problem {
        let what = "there is no `.txt` file in this folder; of a folder, these are the documents";
        Problem { path: self.folder.clone(), place: None, what: what.to_owned() }
    }

    fn entries(&self) -> Result<Entries<'_>, CorpusError> {
        Ok(Box::new(self.names.iter().map(|name| self.entry(name))))
    }

    /// Of each file its name, its length and its bytes.
    fn digest(&self) -> io::Result<String> {
        use std::io::Write;
        let mut running = Running::default();
        for name in &self.names {
            let mut file = File::open(self.folder.join(name.as_ref()))?;
            writeln!(running, "{} {}", name.to_string_lossy(), file.metadata()?.len())?;
            io::copy(&mut file, &mut running)?;
        }
        Ok(format!("sha256:{}", running.digits()))
    }
}
