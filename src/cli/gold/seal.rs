//! `karat gold seal`.

use crate::base::file::{read_text, write_whole};
use crate::cli::say;
use crate::corpus::{Corpus, sealed};
use anyhow::Context;
use std::path::Path;

/// Writes the digests of a corpus's files into its `corpus.toml`.
pub(super) fn run(folder: &Path) -> anyhow::Result<()> {
    let corpus = Corpus::load(folder)?;
    let path = folder.join("corpus.toml");
    let before = if path.exists() { read_text(&path)? } else { String::new() };
    let after = sealed(&before, &corpus.digests);
    if let Err(changed) = corpus.verify(folder) {
        say(&format!("the seal was broken: {changed}"));
    }
    if after == before {
        say("the seal was up to date");
        return Ok(());
    }
    write_whole(&path, after.as_bytes()).with_context(|| format!("`{}` cannot be written", path.display()))?;
    say(&format!("sealed {} files in {}", corpus.digests.len(), path.display()));
    Ok(())
}
