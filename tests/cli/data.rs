//! What the repository holds is what it says it is.

use super::desk::repository;
use snapbox::cmd::Command;

fn karat(line: &str) -> Command {
    Command::new(env!("CARGO_BIN_EXE_karat")).args(line.split_whitespace()).current_dir(repository(""))
}

#[test]
fn the_bundled_corpus_is_what_its_annotated_sources_give() {
    karat("gold import data/envoy/source --into data/envoy --check").assert().success().stdout_eq("");
}

#[test]
fn every_suite_passes_its_check() {
    let mut suites = 0;
    for entry in std::fs::read_dir(repository("suites")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if std::path::Path::new(&name).extension().is_some_and(|ending| ending == "toml") {
            karat(&format!("check suites/{name}")).assert().success().stderr_eq("");
            suites += 1;
        }
    }
    assert!(suites > 0);
}
