//! The digests by which a hub names its files.

use super::HubError;
use crate::base::digest::Running;
use sha1::{Digest as _, Sha1};
use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::path::Path;

/// What the bytes of a file must give, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Digest {
    /// SHA-256 of the content: files that git keeps elsewhere.
    Sha256(String),
    /// SHA-1 of git's blob, which is the word `blob`, the size, a zero byte and the content: every other file.
    Git(String),
}

impl Digest {
    /// The digest that an `ETag` is, whatever quotes and weakness are written around it; None where it is another thing.
    pub(super) fn of_etag(etag: &str) -> Option<Self> {
        let bare = etag.trim().trim_start_matches("W/").trim_matches('"');
        if !bare.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')) {
            return None;
        }
        match bare.len() {
            64 => Some(Self::Sha256(bare.to_owned())),
            40 => Some(Self::Git(bare.to_owned())),
            _ => None,
        }
    }

    /// The digits: the blob's name in the cache.
    pub(super) fn digits(&self) -> &str {
        match self {
            Self::Sha256(digits) | Self::Git(digits) => digits,
        }
    }

    /// The kind and the digits.
    pub(super) fn written(&self) -> String {
        match self {
            Self::Sha256(digits) => format!("sha256:{digits}"),
            Self::Git(digits) => format!("git:{digits}"),
        }
    }

    /// Begins to digest a content of `size_bytes`.
    pub(super) fn begin(&self, size_bytes: u64) -> Hashing {
        match self {
            Self::Sha256(_) => Hashing::Sha256(Box::default()),
            Self::Git(_) => {
                let mut sha = Sha1::new();
                sha.update(format!("blob {size_bytes}\0"));
                Hashing::Git(sha)
            }
        }
    }

    /// True where a file has this digest.
    pub(super) fn fits(&self, path: &Path) -> Result<bool, HubError> {
        let failed = |source| HubError::Io { path: path.to_owned(), what: "read", source };
        let mut file = File::open(path).map_err(failed)?;
        let mut hashing = self.begin(file.metadata().map_err(failed)?.len());
        io::copy(&mut file, &mut hashing).map_err(failed)?;
        Ok(hashing.end() == *self)
    }
}

/// A digest of what has come so far.
pub(super) enum Hashing {
    Sha256(Box<Running>),
    Git(Sha1),
}

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Sha256(running) => return running.write(bytes),
            Self::Git(sha) => sha.update(bytes),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Hashing {
    pub(super) fn end(self) -> Digest {
        match self {
            Self::Sha256(running) => Digest::Sha256(running.digits()),
            Self::Git(sha) => {
                let mut digits = String::new();
                for byte in sha.finalize() {
                    write!(digits, "{byte:02x}").expect("writing to a string cannot fail");
                }
                Digest::Git(digits)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn digest(known: &Digest, content: &[u8]) -> Digest {
        let mut hashing = known.begin(content.len() as u64);
        content.chunks(3).for_each(|piece| hashing.write_all(piece).expect("a digest takes all"));
        hashing.end()
    }

    #[test]
    fn an_etag_is_one_of_two_digests() {
        // `git hash-object` of a file with these five bytes.
        let git = Digest::of_etag("\"b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0\"").expect("forty digits");
        assert_eq!(digest(&git, b"hello"), git);
        let sha = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let lfs = Digest::of_etag(&format!("W/\"{sha}\"")).expect("sixty-four digits");
        assert_eq!(digest(&lfs, b"hello"), lfs);
        assert_eq!((lfs.digits(), lfs.written()), (sha, format!("sha256:{sha}")));
        for other in ["", "\"5d41402abc4b2a76b9719d911017c592\"", "../../x", &"g".repeat(40)] {
            assert_eq!(Digest::of_etag(other), None);
        }
    }

    #[test]
    fn a_files_digest_is_that_of_its_content() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x");
        std::fs::write(&path, "hello").expect("written");
        let git = Digest::of_etag("b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0").expect("forty digits");
        assert!(git.fits(&path).expect("read"));
        std::fs::write(&path, "hellp").expect("written");
        assert!(!git.fits(&path).expect("read"));
    }
}
