//! SHA-256 digests of files and texts.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io;
use std::path::Path;

/// A digest of what has come so far.
#[derive(Debug, Clone, Default)]
pub struct Running(Sha256);

impl io::Write for Running {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Running {
    /// Takes in what comes next.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// 64 hexadecimal digits.
    pub fn digits(self) -> String {
        let mut digits = String::with_capacity(64);
        for byte in self.0.finalize() {
            write!(digits, "{byte:02x}").expect("writing to a string cannot fail");
        }
        digits
    }
}

/// `sha256:` and 64 hexadecimal digits.
pub fn of_bytes(bytes: &[u8]) -> String {
    format!("sha256:{}", Running(Sha256::new_with_prefix(bytes)).digits())
}

/// The digest of a file's bytes, which are never all in memory.
///
/// # Errors
/// What the system says when the file cannot be read.
pub fn of_file(path: &Path) -> std::io::Result<String> {
    let mut running = Running::default();
    io::copy(&mut std::fs::File::open(path)?, &mut running)?;
    Ok(format!("sha256:{}", running.digits()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn digests_are_plain_sha256() {
        // The test vector of FIPS 180-2, appendix B.1.
        assert_eq!(super::of_bytes(b"abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
