//! Reading text with its place in the error, and writing files beside their place and renaming them.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};
use tempfile::{NamedTempFile, TempPath};

/// Why a text file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The system refused.
    #[error("`{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The bytes are not UTF-8.
    #[error("`{}` line {line}: byte {byte} of the file is not valid UTF-8", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Line of the first bad byte, from 1.
        line: usize,
        /// Position of the first bad byte, from 0.
        byte: usize,
    },
}

/// Reads a whole file as UTF-8.
///
/// # Errors
/// [`TextError`] with the file and, for bad bytes, the line.
pub fn read_text(path: &Path) -> Result<String, TextError> {
    let bytes = std::fs::read(path).map_err(|source| TextError::Read { path: path.to_owned(), source })?;
    String::from_utf8(bytes).map_err(|error| {
        let byte = error.utf8_error().valid_up_to();
        let line = 1 + String::from_utf8_lossy(&error.as_bytes()[..byte]).matches('\n').count();
        TextError::NotUtf8 { path: path.to_owned(), line, byte }
    })
}

/// How the name of a file begins that is being written.
pub const UNFINISHED: &str = ".karat-";

/// Writes a file beside its place and renames it, so that it is there whole or not at all. What is there and is no plain
/// file (a device, a pipe) is written to and stays what it is.
///
/// # Errors
/// What the system says; nothing is left behind then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_together(&[(path, bytes)])
}

/// A file that is written beside its place while its content comes. It stands there whole when it is kept; else nothing is left of
/// it. What is there and is no plain file is written to as it is.
pub struct Beside {
    place: PathBuf,
    file: Target,
}

enum Target {
    New(NamedTempFile),
    Device(File),
}

impl Beside {
    /// Begins a file.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(place: &Path) -> io::Result<Self> {
        Self::begin(place, |folder| tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder))
    }

    /// Begins a file that grows for long: as [`partial`], where it can be seen, and where the next call finds what a killed one left.
    ///
    /// # Errors
    /// What the system says; [`ErrorKind::ResourceBusy`] where another process writes the same file.
    pub fn growing(place: &Path) -> io::Result<Self> {
        Self::begin(place, |_| claim(&partial(place)))
    }

    fn begin(place: &Path, new: impl FnOnce(&Path) -> io::Result<NamedTempFile>) -> io::Result<Self> {
        let device = std::fs::metadata(place).is_ok_and(|there| !there.is_file() && !there.is_dir());
        let file = if device {
            Target::Device(OpenOptions::new().write(true).open(place)?)
        } else {
            let folder = folder_of(place);
            std::fs::create_dir_all(folder)?;
            Target::New(new(folder)?)
        };
        Ok(Self { place: place.to_owned(), file })
    }

    /// Where the content goes.
    ///
    /// # Errors
    /// What the system says.
    pub fn handle(&self) -> io::Result<File> {
        match &self.file {
            Target::New(file) => file.as_file().try_clone(),
            Target::Device(file) => file.try_clone(),
        }
    }

    /// Gives the file its name, when all content is written.
    ///
    /// # Errors
    /// What the system says.
    pub fn keep(self) -> io::Result<()> {
        let Target::New(file) = self.file else { return Ok(()) };
        let file = file.persist(&self.place).map_err(|error| error.error)?;
        // A temporary file is made for its owner only; a result is for whoever may read the folder.
        let mut permissions = file.metadata()?.permissions();
        relax(&mut permissions, 0o644);
        file.set_permissions(permissions)
    }
}

/// How a file or folder is called while it grows.
pub fn partial(place: &Path) -> PathBuf {
    let mut name = place.to_owned().into_os_string();
    name.push(".partial");
    name.into()
}

/// An empty file that one process has at a time, until it is dropped and removed. What a killed process left is taken over.
///
/// # Errors
/// What the system says; [`ErrorKind::ResourceBusy`] where another process has it.
pub fn claim(path: &Path) -> io::Result<NamedTempFile> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    // Where a file system has no locks, nobody is kept out. A file that is gone by now was another's until just before.
    if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) || !path.exists() {
        return Err(io::Error::new(ErrorKind::ResourceBusy, "another process is writing it"));
    }
    file.set_len(0)?;
    Ok(NamedTempFile::from_parts(file, TempPath::try_from_path(path)?))
}

/// Where a path leads, however it is written, whether or not something is there.
pub fn place(path: &Path) -> PathBuf {
    let mut place = std::env::current_dir().unwrap_or_default();
    for part in path.components() {
        if part == Component::ParentDir {
            place.pop();
        } else {
            place.push(part);
        }
        place = place.canonicalize().unwrap_or(place);
    }
    place
}

/// Writes several files beside their places, and renames them when all of them are written, so that a full disk changes
/// none of them.
///
/// # Errors
/// What the system says.
pub fn write_together(files: &[(&Path, &[u8])]) -> io::Result<()> {
    let mut written = Vec::new();
    for (path, bytes) in files {
        let beside = Beside::create(path)?;
        beside.handle()?.write_all(bytes)?;
        written.push(beside);
    }
    written.into_iter().try_for_each(Beside::keep)
}

/// Writes a new folder of files beside its place and renames it, so that it is there whole or not at all. An empty folder
/// that is there is replaced.
///
/// # Errors
/// What the system says, also where the folder is there and not empty; nothing is left behind then.
pub fn write_folder(folder: &Path, files: &BTreeMap<String, impl AsRef<[u8]>>) -> io::Result<()> {
    let home = folder_of(folder);
    std::fs::create_dir_all(home)?;
    let beside = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(home)?;
    for (name, content) in files {
        std::fs::write(beside.path().join(name), content)?;
    }
    let mut permissions = std::fs::metadata(beside.path())?.permissions();
    relax(&mut permissions, 0o755);
    std::fs::set_permissions(beside.path(), permissions)?;
    std::fs::rename(beside.path(), folder)?;
    // It is no temporary folder any more.
    let _ = beside.keep();
    Ok(())
}

/// Copies files of one folder, by their places in it, and one more beside them, to a new folder: it is there whole or not at
/// all. A folder that is there is replaced.
///
/// # Errors
/// What the system says.
pub fn copy_whole(from: &Path, files: &[PathBuf], (name, more): (&Path, &[u8]), folder: &Path) -> io::Result<()> {
    let home = folder_of(folder);
    std::fs::create_dir_all(home)?;
    let beside = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(home)?;
    let new = beside.path().join("new");
    for file in files {
        let to = new.join(file);
        std::fs::create_dir_all(folder_of(&to))?;
        std::fs::copy(from.join(file), to)?;
    }
    std::fs::create_dir_all(&new)?;
    std::fs::write(new.join(name), more)?;
    if folder.exists() {
        std::fs::rename(folder, beside.path().join("old"))?;
    }
    // What was there goes with the temporary folder.
    std::fs::rename(new, folder)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes, from a folder, the files that a killed process was writing.
///
/// # Errors
/// What the system says.
pub fn sweep(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) && !entry.file_type()?.is_dir() {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Does the same in the folders in it too.
///
/// # Errors
/// What the system says.
pub fn sweep_all(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sweep_all(&entry.path())?;
        }
    }
    sweep(folder)
}

#[cfg(unix)]
fn relax(permissions: &mut std::fs::Permissions, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    permissions.set_mode(mode);
}

#[cfg(not(unix))]
fn relax(_: &mut std::fs::Permissions, _: u32) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_byte_is_named_by_its_line() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.txt");
        std::fs::write(&path, b"good\nb\xFFd").expect("written");
        match read_text(&path) {
            Err(TextError::NotUtf8 { line: 2, byte: 6, .. }) => {}
            other => panic!("expected line 2, byte 6, got {other:?}"),
        }
    }

    #[test]
    fn a_file_that_grows_is_seen_and_belongs_to_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x");
        std::fs::write(partial(&path), "what was left").expect("written");
        let beside = Beside::growing(&path).expect("nobody has it");
        assert_eq!(Beside::growing(&path).err().map(|error| error.kind()), Some(ErrorKind::ResourceBusy));
        beside.handle().and_then(|mut file| file.write_all(b"one")).expect("written");
        beside.keep().expect("renamed");
        assert_eq!(std::fs::read(&path).expect("read"), b"one");
        drop(Beside::growing(&path).expect("nobody has it any more"));
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1, "only the file itself");
    }

    #[test]
    #[cfg(unix)]
    fn a_place_is_the_same_however_it_is_written() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = |path: &str| place(&folder.path().join(path));
        std::fs::create_dir_all(folder.path().join("there/deep")).expect("made");
        std::os::unix::fs::symlink("there/deep", folder.path().join("link")).expect("linked");
        assert_eq!(at("./there/new/../x"), at("there//x/"));
        assert_eq!(at("link/../x"), at("there/x"));
        assert_ne!(at("x"), at("there/x"));
        assert_eq!(place(Path::new("new.x")), place(Path::new("./new.x")));
    }

    #[test]
    #[cfg(unix)]
    fn a_device_is_written_to_and_not_replaced() {
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let link = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &link).expect("linked");
        write_whole(&link, b"gone").expect("written");
        assert!(std::fs::metadata(&link).expect("there").file_type().is_char_device());
    }

    #[test]
    fn a_folder_is_there_whole_or_not_at_all() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = home.path().join("new");
        let files = BTreeMap::from([("a.txt".to_owned(), "one".to_owned()), ("b.txt".to_owned(), "two".to_owned())]);
        write_folder(&folder, &files).expect("written");
        assert_eq!(std::fs::read_to_string(folder.join("b.txt")).expect("read"), "two");
        write_folder(&folder, &files).expect_err("it is not empty");
        let impossible =
            BTreeMap::from([("a.txt".to_owned(), String::new()), ("no/where.txt".to_owned(), String::new())]);
        write_folder(&home.path().join("other"), &impossible).expect_err("no such folder");
        assert_eq!(std::fs::read_dir(home.path()).expect("listed").count(), 1);
    }

    #[test]
    fn writing_replaces_the_file_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("new/x.txt");
        write_whole(&path, b"one").expect("written");
        write_whole(&path, b"two").expect("written again");
        assert_eq!(std::fs::read(&path).expect("read"), b"two");
        assert_eq!(std::fs::read_dir(folder.path().join("new")).expect("listed").count(), 1);
    }
}
