//! Documents one after the other, so that a corpus may be larger than memory: the lines of a JSONL file, or the `.txt` files of a
//! folder.

use super::documents::{DOCUMENT, Document, unusable};
use super::problem::{CorpusError, Place, Problem, json_fault};
use crate::base::file::{TextError, read_text};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The longest line that is read, in bytes: that of the longest document, each character escaped, and metadata beside it.
pub(super) const MAX_LINE_BYTES: u64 = 64 << 20;

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
    pub(super) fn problem(&self, what: String) -> Problem {
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
}

/// Documents of a pass after [`survey`](super::survey()) has found nothing wrong.
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
        let copy = if again { None } else { Some(copied(&mut file, path)?) };
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

fn copied(from: &mut File, path: &Path) -> Result<File, CorpusError> {
    let kept = |source| CorpusError::Copy { path: path.to_owned(), source };
    let mut copy = tempfile::tempfile().map_err(kept)?;
    let mut from = BufReader::with_capacity(1 << 16, from);
    loop {
        let bytes = from.fill_buf().map_err(|source| TextError::Read { path: path.to_owned(), source })?;
        let length = bytes.len();
        if length == 0 {
            return Ok(copy);
        }
        copy.write_all(bytes).map_err(kept)?;
        from.consume(length);
    }
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
    /// The document of the next line that is not blank, or what is wrong with that line; None at the end.
    fn line(&mut self) -> io::Result<Option<Result<Document, String>>> {
        loop {
            self.before += self.bytes.len();
            self.bytes.clear();
            self.number += 1;
            let read = (&mut self.file).take(MAX_LINE_BYTES).read_until(b'\n', &mut self.bytes)?;
            if read == 0 {
                return Ok(None);
            }
            if read as u64 == MAX_LINE_BYTES && self.bytes.last() != Some(&b'\n') {
                self.before += self.file.skip_until(b'\n')?;
                return Ok(Some(Err(format!("the line is longer than {} MiB", MAX_LINE_BYTES >> 20))));
            }
            let line = match std::str::from_utf8(&self.bytes) {
                Err(error) => return Ok(Some(Err(not_utf8(self.before + error.valid_up_to())))),
                // Some editors begin a file with a byte order mark, which means nothing in UTF-8.
                Ok(line) if self.number == 1 => line.trim_start_matches('\u{FEFF}'),
                Ok(line) => line,
            };
            if !line.trim().is_empty() {
                let line = line.lines().next().unwrap_or_default();
                return Ok(Some(serde_json::from_str(line).map_err(|error| json_fault(DOCUMENT, &error))));
            }
        }
    }
}

fn not_utf8(byte: usize) -> String {
    format!("byte {byte} of the file is not valid UTF-8")
}

impl Iterator for LineEntries {
    type Item = Result<Entry, CorpusError>;

    fn next(&mut self) -> Option<Self::Item> {
        let document = match self.line().transpose()? {
            Err(source) => return Some(Err(TextError::Read { path: self.path.to_path_buf(), source }.into())),
            Ok(document) => document,
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

    fn entry(&self, name: &std::ffi::OsStr) -> Entry {
        let path = self.folder.join(name);
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (place, document) = match read_text(&path) {
            Ok(text) => (None, Ok(Document { id, text })),
            Err(TextError::NotUtf8 { line, byte, .. }) => (Some(Place::Line(line)), Err(not_utf8(byte))),
            Err(TextError::Read { source, .. }) => (None, Err(format!("it cannot be read: {source}"))),
        };
        Entry { path: path.into(), place, document }
    }
}

impl Records for Texts {
    fn empty(&self) -> Problem {
        let what = "there is no `.txt` file in this folder; of a folder, these are the documents";
        Problem { path: self.folder.clone(), place: None, what: what.to_owned() }
    }

    fn entries(&self) -> Result<Entries<'_>, CorpusError> {
        Ok(Box::new(self.names.iter().map(|name| Ok(self.entry(name)))))
    }
}
