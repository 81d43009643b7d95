//! SHA-256 digests of files and texts.

use sha2::{Digest, Sha256};
use std::path::Path;

/// `sha256:` and 64 hexadecimal digits.
pub fn of_bytes(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut digest = String::from("sha256:");
    for byte in Sha256::digest(bytes) {
        write!(digest, "{byte:02x}").expect("writing to a string cannot fail");
    }
    digest
}

/// The digest of a file's bytes.
///
/// # Errors
/// What the system says when the file cannot be read.
pub fn of_file(path: &Path) -> std::io::Result<String> {
    std::fs::read(path).map(|bytes| of_bytes(&bytes))
}

#[cfg(test)]
mod tests {
    #[test]
    fn digests_are_plain_sha256() {
        // The test vector of FIPS 180-2, appendix B.1.
        assert_eq!(super::of_bytes(b"abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
