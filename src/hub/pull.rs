//! A repository at a revision, into the cache.

use super::cache::{entries, find, home, snapshot};
use super::digest::Digest;
use super::download::Download;
use super::files::{INDEX, choose, shards};
use super::remote::{Description, Remote};
use super::{HubError, Place, RepoName};
use crate::base::file::write_whole;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What was pulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The repository at the commit.
    pub name: RepoName,
    /// The folder of the snapshot.
    pub folder: PathBuf,
    /// The files in it that karat asked for, in the order that they came.
    pub files: Vec<PulledFile>,
    /// Why the network was not used; None where it was.
    pub offline: Option<String>,
}

/// A file of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledFile {
    /// Its name.
    pub name: String,
    /// Its size.
    pub size_bytes: u64,
    /// `sha256:` or `git:` and digits, as the hub names it and as it was found; None where the cache does not say it and the hub
    /// was not asked.
    pub digest: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a file came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was in the cache.
    Cached,
    /// A part of it was.
    Resumed,
    /// The hub.
    Downloaded,
}

/// What happens while a repository is pulled.
#[derive(Debug)]
pub enum Event<'a> {
    /// The hub has said what the revision is.
    Resolved {
        /// What was asked for.
        name: &'a RepoName,
        /// The commit.
        commit: &'a str,
    },
    /// A file is received from a byte on; again where a connection broke.
    Started {
        /// Its name.
        file: &'a str,
        /// Its size.
        size_bytes: u64,
        /// What has come already.
        at: u64,
    },
    /// More of it came.
    Received {
        /// So many bytes.
        bytes: u64,
    },
    /// All of it came.
    Finished,
    /// A file that was there is digested.
    Checking {
        /// Its name.
        file: &'a str,
    },
    /// What was there had not the digest that the hub names, and is downloaded anew.
    Discarded {
        /// Its name.
        file: &'a str,
    },
}

/// Who is told of events.
pub trait Observer {
    /// Takes notice of an event.
    fn notice(&self, event: &Event<'_>);
}

/// Brings the files of a repository that a model is loaded from into the cache, and checks the digest of each, also of those
/// that are there. `refs/` and links say nothing before that.
///
/// # Errors
/// [`HubError`]; what has come is kept and taken up by the next pull.
pub fn pull(place: &Place, name: &RepoName, observer: &dyn Observer) -> Result<Pulled, HubError> {
    if place.offline {
        return offline(place, name, ("HF_HUB_OFFLINE is set".to_owned(), true), observer);
    }
    let description = match Remote::new(place, name, name)?.describe()? {
        Ok(description) => description,
        Err(reason) => return offline(place, name, (reason, false), observer),
    };
    let Description { commit, files, class } = description;
    observer.notice(&Event::Resolved { name, commit: &commit });
    let fixed = name.at(&commit);
    let remote = Remote::new(place, name, &fixed)?;
    let mut wanted = Vec::new();
    for file in choose(name, &files, class.as_deref())? {
        wanted.push(remote.file(&file)?);
    }
    let home = home(&place.cache, name);
    let mut pulled =
        Pulled { folder: snapshot(&place.cache, name, &commit), files: Vec::new(), offline: None, name: fixed };
    let blobs = home.join("blobs");
    let mut left = VecDeque::from(wanted);
    while let Some(file) = left.pop_front() {
        let origin = Download { remote: &remote, name, file: &file, observer }.bring(&blobs)?;
        let blob = blobs.join(file.digest.digits());
        if file.name == INDEX {
            let index = std::fs::read(&blob).map_err(|source| failed(&blob, "read", source))?;
            let wrong = |what| HubError::Index { name: name.clone(), what };
            for shard in shards(&index).map_err(wrong)? {
                if !files.contains(&shard) {
                    return Err(wrong(format!("names `{shard}`, which the repository does not have")));
                }
                left.push_back(remote.file(&shard)?);
            }
        }
        link(&blob, &pulled.folder.join(&file.name))?;
        let digest = Some(file.digest.written());
        pulled.files.push(PulledFile { name: file.name, size_bytes: file.size_bytes, digest, origin });
    }
    if name.revision() != commit {
        // What a branch or a tag is, is said last: it is there, and whole.
        let path = home.join("refs").join(name.revision());
        write_whole(&path, commit.as_bytes()).map_err(|source| failed(&path, "written", source))?;
    }
    Ok(pulled)
}

fn failed(path: &Path, what: &'static str, source: io::Error) -> HubError {
    HubError::Io { path: path.to_owned(), what, source }
}

/// Makes a file of a snapshot a link to its content, as it is in the hub's own layout.
fn link(blob: &Path, pointer: &Path) -> Result<(), HubError> {
    let folder = pointer.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|source| failed(folder, "made", source))?;
    let target = Path::new("../../blobs").join(blob.file_name().unwrap_or_default());
    if std::fs::read_link(pointer).is_ok_and(|there| there == target) {
        return Ok(());
    }
    let removed = match std::fs::remove_file(pointer) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    removed.and_then(|()| linked(&target, blob, pointer)).map_err(|source| failed(pointer, "written", source))
}

#[cfg(unix)]
fn linked(target: &Path, _: &Path, pointer: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, pointer)
}

/// Where links need rights, the content has a second name.
#[cfg(not(unix))]
fn linked(_: &Path, blob: &Path, pointer: &Path) -> io::Result<()> {
    std::fs::hard_link(blob, pointer)
}

/// What the cache has of a revision, where it is whole and undamaged.
fn offline(
    place: &Place,
    name: &RepoName,
    (reason, forbidden): (String, bool),
    observer: &dyn Observer,
) -> Result<Pulled, HubError> {
    let snapshot = find(&place.cache, name).map_err(|error| match error {
        HubError::NotCached { name, cache, lacking } => {
            HubError::Offline { name, reason: reason.clone(), forbidden, cache, lacking }
        }
        other => other,
    })?;
    let mut files = Vec::new();
    for path in entries(&snapshot.folder)?.into_iter().filter(|path| path.is_file()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        observer.notice(&Event::Checking { file: &name });
        let target = std::fs::read_link(&path).ok();
        let named =
            target.as_deref().and_then(Path::file_name).and_then(|name| Digest::of_etag(&name.to_string_lossy()));
        if let Some(digest) = &named
            && !digest.fits(&path)?
        {
            return Err(HubError::Damaged { path, expected: digest.written() });
        }
        let size_bytes = std::fs::metadata(&path).map_err(|source| failed(&path, "read", source))?.len();
        files.push(PulledFile {
            name,
            size_bytes,
            digest: named.map(|digest| digest.written()),
            origin: Origin::Cached,
        });
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Pulled { name: snapshot.name, folder: snapshot.folder, files, offline: Some(reason) })
}
