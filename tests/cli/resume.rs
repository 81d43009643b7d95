//! A run that was killed is taken up where it was, and comes out as if nothing had happened.

use super::desk::Desk;
use super::run::{assert_same, lengthen, results, take_bundled_models};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Starts a run and kills it as soon as `file` is there.
fn interrupt(desk: &Desk, file: &str) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_karat"))
        .args(["run", "suite.toml", "--out", "out"])
        .current_dir(desk.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !desk.path(file).exists() {
        assert!(child.try_wait().unwrap().is_none(), "the run ended before {file} was there");
        assert!(begun.elapsed() < Duration::from_mins(1), "{file} never came");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success(), "the run was faster than its end");
}

#[test]
fn a_killed_run_is_taken_up_where_it_was() {
    let desk = Desk::small();
    lengthen(&desk, 10);
    // The names are quick, the stances take long enough to be killed in.
    take_bundled_models(&desk);
    interrupt(&desk, "out.partial/cells/ner.small.gazetteer.ledger.parquet");
    assert!(!desk.path("out").exists());
    assert!(!desk.path("out.partial/cells/stance.small.judge.ledger.parquet").exists());
    let saved = desk.path("out.partial/predictions/ner.small.tagger.parquet");
    // A file that was being written when the end came.
    desk.write("out.partial/predictions/.karat-a1b2c3", "half");
    let written = saved.metadata().unwrap().modified().unwrap();

    desk.karat("run suite.toml --out out").assert().code(2).stdout_eq("");
    let taken = "ner tagger: taken from the interrupted run\nner gazetteer: taken from the interrupted run\n";
    let resumed = desk.karat("run suite.toml --out out --resume").assert();
    resumed.success().stderr_eq(format!("{taken}report: out/report.md\n"));
    assert!(!desk.path("out.partial").exists());
    let kept = desk.path("out/predictions/ner.small.tagger.parquet").metadata().unwrap().modified().unwrap();
    assert_eq!(kept, written, "the saved cell was run again");

    desk.succeeds("run suite.toml --out whole");
    assert_same(&results(&desk, "out"), &results(&desk, "whole"));
}

#[test]
fn a_run_of_other_files_is_not_taken_up() {
    let desk = Desk::small();
    lengthen(&desk, 10);
    take_bundled_models(&desk);
    let line = r#"{"id": "b", "task": "ner", "start": 3, "end": 7, "label": "ORG", "reason": "its government"}"#;
    desk.write("fix.jsonl", line);
    desk.edit("suite.toml", "path = \"corpus\"\n", "path = \"corpus\"\npatch = \"fix.jsonl\"\n");
    interrupt(&desk, "out.partial/cells/ner.small.gazetteer.ledger.parquet");
    let before = desk.files("out.partial");
    let refused = || {
        let assert = desk.karat("run suite.toml --out out --resume").assert();
        assert.code(2).stdout_eq("").stderr_eq(
            "error: the interrupted run in `out.partial` was made from another suite, other files or another karat\n\
             hint: remove the folder and run anew, or go back to what it was made from\n",
        );
        assert!(before == desk.files("out.partial"));
    };
    desk.edit("fix.jsonl", "its government", "the government");
    refused();
    desk.write("fix.jsonl", line);
    let suite = desk.read("suite.toml");
    desk.edit("suite.toml", "path = \"models/tagger\"\n", "path = \"models/tagger\"\nlabels = { MISC = \"O\" }\n");
    refused();
    desk.write("suite.toml", suite);
    desk.edit("corpus/gold/stance.jsonl", "\"against\"", "\"neutral\"");
    refused();
}

#[test]
fn the_newest_interrupted_run_of_the_suite_is_found_by_itself() {
    let desk = Desk::small();
    lengthen(&desk, 10);
    take_bundled_models(&desk);
    // What an interrupted run leaves that has saved nothing yet.
    interrupt(&desk, "out.partial/identity");
    let identity = desk.read("out.partial/identity");
    for name in ["reports/other-20990101-000000", "reports/small-20250101-000000", "reports/small-20250301-000000"] {
        desk.write(&format!("{name}.partial/identity"), &identity);
    }
    desk.succeeds("run suite.toml --resume");
    assert!(desk.path("reports/small-20250301-000000/run.json").exists());
    assert!(desk.path("reports/small-20250101-000000.partial").exists());
}

#[test]
fn with_nothing_to_take_up_a_run_begins_anew() {
    let desk = Desk::small();
    let run = desk.karat("run suite.toml --out out --resume").assert().success();
    assert!(String::from_utf8_lossy(&run.get_output().stderr).ends_with("report: out/report.md\n"));
    assert!(desk.path("out/run.json").exists());
}
