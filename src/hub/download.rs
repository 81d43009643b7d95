//! A file's content into the cache: received beside its place, digested as it comes, and given its name when it is whole.

use super::digest::{Digest, Hashing};
use super::pull::{Event, Observer, Origin};
use super::remote::{Remote, RemoteFile};
use super::{HubError, RepoName};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a broken connection is made anew without a single byte that came.
const RETRIES: u32 = 3;

/// The wait before the first of them; each takes as much longer.
const WAIT: Duration = Duration::from_millis(300);

/// How much is received at a time.
const PIECE_BYTES: usize = 1 << 16;

/// What is downloaded, and who is told.
pub(super) struct Download<'a> {
    pub(super) remote: &'a Remote,
    pub(super) name: &'a RepoName,
    pub(super) file: &'a RemoteFile,
    pub(super) observer: &'a dyn Observer,
}

/// What has come so far.
struct Partial {
    path: PathBuf,
    file: File,
    at: u64,
    hashing: Hashing,
}

impl Download<'_> {
    /// The file's content under its digest in the folder `blobs`, whether it was there or came now.
    pub(super) fn bring(&self, blobs: &Path) -> Result<Origin, HubError> {
        let blob = blobs.join(self.file.digest.digits());
        std::fs::create_dir_all(blobs).map_err(|source| io_error(blobs, "made", source))?;
        // The client crate locks the same file; it stays, as one that is removed could be locked twice.
        let path = blob.with_extension("lock");
        let lock = File::create(&path).map_err(|source| io_error(&path, "written", source))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(HubError::Busy { name: self.name.clone(), file: self.file.name.clone() });
            }
            Err(TryLockError::Error(source)) => return Err(io_error(&path, "locked", source)),
        }
        if blob.is_file() {
            self.tell(&Event::Checking { file: &self.file.name });
            if self.file.digest.fits(&blob)? {
                return Ok(Origin::Cached);
            }
            self.tell(&Event::Discarded { file: &self.file.name });
            std::fs::remove_file(&blob).map_err(|source| io_error(&blob, "removed", source))?;
        }
        let mut partial = self.open(blob.with_extension("part"))?;
        let resumed = partial.at > 0;
        self.receive(&mut partial)?;
        let Partial { path, file, mut hashing, .. } = partial;
        let mut found = self.end(&mut hashing);
        let mut file = file;
        if found != self.file.digest && resumed {
            // What was kept may be what is wrong: once more from the beginning.
            self.tell(&Event::Discarded { file: &self.file.name });
            let mut anew = Partial { path: path.clone(), file, at: 0, hashing };
            self.restart(&mut anew)?;
            self.receive(&mut anew)?;
            found = self.end(&mut anew.hashing);
            file = anew.file;
        }
        if found != self.file.digest {
            std::fs::remove_file(&path).map_err(|source| io_error(&path, "removed", source))?;
            return Err(HubError::Digest {
                name: self.name.clone(),
                file: self.file.name.clone(),
                found: found.written(),
                expected: self.file.digest.written(),
            });
        }
        file.sync_all().map_err(|source| io_error(&path, "written", source))?;
        std::fs::rename(&path, &blob).map_err(|source| io_error(&blob, "written", source))?;
        Ok(if resumed { Origin::Resumed } else { Origin::Downloaded })
    }

    fn tell(&self, event: &Event<'_>) {
        self.observer.notice(event);
    }

    /// The digest of what has come; the state begins anew.
    fn end(&self, hashing: &mut Hashing) -> Digest {
        std::mem::replace(hashing, self.file.digest.begin(self.file.size_bytes)).end()
    }

    /// What an earlier download has left, or nothing.
    fn open(&self, path: PathBuf) -> Result<Partial, HubError> {
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.map_err(|source| io_error(&path, "written", source))?;
        let mut hashing = self.file.digest.begin(self.file.size_bytes);
        let at = io::copy(&mut file, &mut hashing).map_err(|source| io_error(&path, "read", source))?;
        let mut partial = Partial { path, file, at, hashing };
        if at > self.file.size_bytes {
            self.restart(&mut partial)?;
        }
        Ok(partial)
    }

    /// Forgets what has come.
    fn restart(&self, partial: &mut Partial) -> Result<(), HubError> {
        let emptied = partial.file.set_len(0).and_then(|()| partial.file.rewind());
        emptied.map_err(|source| io_error(&partial.path, "written", source))?;
        partial.at = 0;
        partial.hashing = self.file.digest.begin(self.file.size_bytes);
        Ok(())
    }

    /// Receives what is left. A connection that breaks is made anew, as long as something comes.
    fn receive(&self, partial: &mut Partial) -> Result<(), HubError> {
        let RemoteFile { name, size_bytes, .. } = self.file;
        self.tell(&Event::Started { file: name, size_bytes: *size_bytes, at: partial.at });
        let mut idle = 0;
        while partial.at < *size_bytes {
            let before = partial.at;
            let Some(source) = self.connection(partial)? else { break };
            idle = if partial.at > before { 0 } else { idle + 1 };
            if idle > RETRIES {
                return Err(HubError::Broken {
                    name: self.name.clone(),
                    file: name.clone(),
                    at: partial.at,
                    size_bytes: *size_bytes,
                    source,
                });
            }
            std::thread::sleep(WAIT * idle);
            self.tell(&Event::Started { file: name, size_bytes: *size_bytes, at: partial.at });
        }
        self.tell(&Event::Finished);
        Ok(())
    }

    /// Receives from one connection; what broke it, where it did not bring the end.
    fn connection(&self, partial: &mut Partial) -> Result<Option<io::Error>, HubError> {
        let mut response = match self.remote.content(self.file, partial.at) {
            Ok(response) => response,
            Err(broken) => return Ok(Some(broken)),
        };
        let goes_on = response.status == 206 && response.range().is_some_and(|(first, _)| first == Some(partial.at));
        match response.status {
            206 if goes_on => {}
            // Whoever knows no ranges sends the whole.
            200 => self.restart(partial)?,
            206 | 416 if partial.at > 0 => {
                self.restart(partial)?;
                return Ok(Some(io::Error::other("the hub does not go on where the download stopped")));
            }
            _ => return Err(self.remote.refusal(&response, Some(&self.file.name))),
        }
        let mut piece = vec![0; PIECE_BYTES];
        while partial.at < self.file.size_bytes {
            let most = (self.file.size_bytes - partial.at).min(PIECE_BYTES as u64) as usize;
            let bytes = match response.body.read(&mut piece[..most]) {
                Ok(0) => return Ok(Some(ErrorKind::UnexpectedEof.into())),
                Ok(bytes) => bytes,
                Err(broken) if broken.kind() == ErrorKind::Interrupted => continue,
                Err(broken) => return Ok(Some(broken)),
            };
            let written =
                partial.file.write_all(&piece[..bytes]).and_then(|()| partial.hashing.write_all(&piece[..bytes]));
            written.map_err(|source| io_error(&partial.path, "written", source))?;
            partial.at += bytes as u64;
            self.tell(&Event::Received { bytes: bytes as u64 });
        }
        Ok(None)
    }
}

fn io_error(path: &Path, what: &'static str, source: io::Error) -> HubError {
    HubError::Io { path: path.to_owned(), what, source }
}
