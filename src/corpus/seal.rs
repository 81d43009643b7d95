//! The seal: digests in `corpus.toml` that say which files the corpus was released with.

use super::{Corpus, CorpusError, Problem};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

const TABLE: &str = "[digests]";

impl Corpus {
    /// Compares the corpus with its seal; one that never was sealed passes.
    ///
    /// # Errors
    /// [`CorpusError::Unsealed`] with every file that changed, is new or is gone.
    pub fn verify(&self, folder: &Path) -> Result<(), CorpusError> {
        let sealed = &self.manifest.digests;
        if sealed.is_empty() {
            return Ok(());
        }
        let names: BTreeSet<&String> = sealed.keys().chain(self.digests.keys()).collect();
        let mut changed = Vec::new();
        for name in names {
            let what = match (sealed.get(name), self.digests.get(name)) {
                (Some(sealed), Some(found)) if sealed == found => continue,
                (Some(sealed), Some(found)) => {
                    format!("is not the file that was sealed: its SHA-256 is {found}, the seal says {sealed}")
                }
                (Some(_), None) => "was sealed and is gone".to_owned(),
                (None, _) => "came after the seal".to_owned(),
            };
            changed.push(Problem { path: folder.join(name), place: None, what });
        }
        if changed.is_empty() { Ok(()) } else { Err(CorpusError::Unsealed(changed)) }
    }
}

/// `corpus.toml` with these digests as its last table, in place of what was sealed before; all else stays.
pub fn sealed(manifest: &str, digests: &BTreeMap<String, String>) -> String {
    let mut kept = String::new();
    let mut in_seal = false;
    for line in manifest.lines() {
        if line.trim_start().starts_with('[') {
            in_seal = line.trim() == TABLE;
        }
        if !in_seal {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    let kept = kept.trim_end();
    let mut out = if kept.is_empty() { String::new() } else { format!("{kept}\n\n") };
    let _ = writeln!(out, "{TABLE}");
    for (name, digest) in digests {
        let _ = writeln!(out, "\"{name}\" = \"{digest}\"");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_seal_takes_the_place_of_the_old_one() {
        let digests = BTreeMap::from([("documents.jsonl".to_owned(), "ab".to_owned())]);
        let once = sealed("name = \"x\"\n", &digests);
        assert_eq!(once, "name = \"x\"\n\n[digests]\n\"documents.jsonl\" = \"ab\"\n");
        assert_eq!(sealed(&once, &digests), once);
        let between = "name = \"x\"\n[digests]\n\"old\" = \"1\"\n[splits]\ndev = [\"a\"]\n";
        assert_eq!(
            sealed(between, &digests),
            "name = \"x\"\n[splits]\ndev = [\"a\"]\n\n[digests]\n\"documents.jsonl\" = \"ab\"\n"
        );
        assert_eq!(sealed("", &digests), "[digests]\n\"documents.jsonl\" = \"ab\"\n");
    }
}
