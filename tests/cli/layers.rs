//! The layers of the library hold: imports point down, each outside crate has one door, and no file is too long.

use super::desk::repository;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Modules from the lowest to the highest. A module may use itself and the rows before its own, not its neighbours.
const LAYERS: [&[&str]; 9] = [
    &["base"],
    &["metrics", "stats", "corpus", "engine", "hub"],
    &["text"],
    &["task"],
    &["suite", "table"],
    &["run"],
    &["compare", "bench"],
    &["report"],
    &["cli"],
];

/// Outside crates and what prints, with the one folder under src/ where each may stand.
const DOORS: [(&str, &str); 22] = [
    ("anyhow::", "cli/"),
    ("chrono::", "cli/"),
    ("clap::", "cli/"),
    ("indicatif::", "cli/"),
    ("println!", "cli/"),
    ("print!", "cli/"),
    ("eprintln!", "cli/"),
    ("eprint!", "cli/"),
    ("dbg!", "cli/"),
    ("io::stdout", "cli/"),
    ("io::stderr", "cli/"),
    ("comfy_table::", "report/"),
    ("pulldown_cmark::", "report/"),
    ("plotters::", "report/"),
    ("polars::", "table/"),
    ("hf_hub::", "hub/"),
    ("safetensors::", "engine/"),
    ("sha1::", "hub/"),
    ("tch::", "engine/rust_bert/"),
    ("use rust_bert::", "engine/rust_bert/"),
    ("statrs::", "stats/"),
    ("tokenizers::", "text/"),
];

/// Rust files under a folder, in order.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The lines of src/ that are no comment, each with its file's place in src/.
fn code() -> Vec<(String, String)> {
    let src = repository("src");
    let mut lines = Vec::new();
    for path in sources(&src) {
        let name = path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
        let text = std::fs::read_to_string(&path).unwrap();
        let kept = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.extend(kept.map(|line| (name.clone(), line.to_owned())));
    }
    lines
}

/// Where a word stands that is not the end of a longer name.
fn places<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    let of_a_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .filter(move |(at, _)| !line[..*at].ends_with(of_a_name))
        .map(|(at, _)| &line[at + word.len()..])
}

/// Which module uses which.
fn imports() -> BTreeSet<(String, String)> {
    let mut imports = BTreeSet::new();
    for (file, line) in code() {
        let Some((module, _)) = file.split_once('/') else { continue };
        for rest in places(&line, "crate::") {
            let name: String = rest.chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect();
            assert!(!name.is_empty(), "src/{file}: `use crate::{{…}}` hides a layer: one line a module");
            imports.insert((module.to_owned(), name));
        }
    }
    imports
}

#[test]
fn imports_point_down() {
    let layer = |module: &str| {
        let found = LAYERS.iter().position(|row| row.contains(&module));
        found.unwrap_or_else(|| panic!("module `{module}` has no place in LAYERS"))
    };
    let imports = imports();
    for (module, used) in &imports {
        let down = layer(used) < layer(module);
        assert!(down || module == used, "src/{module} uses crate::{used}, which is no lower layer");
    }
    // The reading itself works: these are there, the last one without a `use`.
    for known in [("run", "task"), ("cli", "report"), ("corpus", "base"), ("text", "engine")] {
        assert!(imports.contains(&(known.0.to_owned(), known.1.to_owned())), "{known:?}");
    }
}

#[test]
fn every_module_has_a_layer() {
    let modules = code().into_iter().filter_map(|(file, line)| {
        let name = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')).map(str::to_owned);
        name.filter(|_| file == "lib.rs")
    });
    let modules: BTreeSet<String> = modules.collect();
    assert_eq!(modules, LAYERS.concat().into_iter().map(str::to_owned).collect());
}

#[test]
fn outside_crates_and_printing_have_one_door() {
    let mut seen = BTreeSet::new();
    for (file, line) in code() {
        for (word, door) in DOORS {
            if places(&line, word).next().is_some() {
                assert!(file.starts_with(door), "src/{file} has `{word}`, which belongs to src/{door}: {line}");
                seen.insert(word);
            }
        }
    }
    for (word, _) in DOORS {
        // Of what prints, only these two are in use.
        let used = word.ends_with("::") || word.starts_with("io::");
        assert_eq!(seen.contains(word), used, "`{word}`");
    }
}

#[test]
fn no_file_is_too_long() {
    for folder in ["src", "tests", "benches"] {
        for path in sources(&repository(folder)) {
            let lines = std::fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 500, "{} has {lines} lines; split it by step", path.display());
        }
    }
}
