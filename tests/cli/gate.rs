//! `karat bless` and `karat gate`: exit codes, the four renderings of a judgement, and what is never a pass.

use super::desk::Desk;
use super::rolls::{list, rolls};
use serde_json::Value;

/// A corpus of `documents`, whose first run is blessed.
fn blessed(documents: usize) -> Desk {
    let desk = rolls(documents);
    desk.succeeds("run suite.toml --out first");
    desk.succeeds("bless first --reason trial");
    desk
}

/// Runs anew and returns the gate's exit code and its JSON.
fn gate(desk: &Desk, run: &str) -> (i32, Value) {
    desk.succeeds(&format!("run suite.toml --out {run}"));
    let output = desk.karat(&format!("gate {run} --format json")).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{stderr}")))
}

#[test]
fn the_same_model_passes_and_a_damaged_one_fails() {
    let desk = blessed(40);
    let (code, judged) = gate(&desk, "same");
    assert_eq!((code, judged["outcome"].as_str()), (0, Some("passed")));
    assert_eq!(judged["checks"][0]["verdict"], "equivalent");
    list(&desk, "names", 40, |at| at % 3 > 0);
    let (code, judged) = gate(&desk, "damaged");
    assert_eq!((code, judged["outcome"].as_str()), (1, Some("failed")));
    assert_eq!(judged["checks"][0]["verdict"], "regressed");
    assert_eq!(judged["changes"][0]["changes"][0]["what"], "names.tsv");
}

#[test]
fn what_is_better_passes() {
    let desk = rolls(40);
    list(&desk, "names", 40, |at| at % 3 > 0);
    desk.succeeds("run suite.toml --out first");
    desk.succeeds("bless first");
    list(&desk, "names", 40, |_| true);
    let (code, judged) = gate(&desk, "better");
    assert_eq!((code, judged["checks"][0]["verdict"].as_str()), (0, Some("improved")));
}

#[test]
fn few_documents_stop_warn_pass_or_fail_as_the_policy_says() {
    for (policy, code, outcome) in
        [("stop", 3, "stopped"), ("warn", 0, "warned"), ("pass", 0, "passed"), ("fail", 1, "failed")]
    {
        let desk = rolls(12);
        desk.edit("suite.toml", "inconclusive = \"stop\"", &format!("inconclusive = \"{policy}\""));
        desk.succeeds("run suite.toml --out first");
        desk.succeeds("bless first");
        list(&desk, "names", 12, |at| at != 5);
        let (found, judged) = gate(&desk, "next");
        assert_eq!((found, judged["outcome"].as_str()), (code, Some(outcome)), "{policy}");
        let why = judged["checks"][0]["why"].as_str().unwrap();
        assert!(why.contains(" is open. With 12 such documents a difference of 0."), "{why}");
    }
}

#[test]
fn a_value_below_the_floor_fails_whatever_the_baseline_has() {
    let desk = rolls(40);
    list(&desk, "names", 40, |at| at % 3 > 0);
    desk.edit("suite.toml", "model = \"names\"\n", "model = \"names\"\nfloor = 0.97\n");
    desk.succeeds("run suite.toml --out first");
    desk.succeeds("bless first");
    let (code, judged) = gate(&desk, "same");
    assert_eq!((code, judged["checks"][0]["verdict"].as_str()), (1, Some("equivalent")));
    assert_eq!(judged["checks"][0]["why"], "f1 of names: 0.954 is below the floor of 0.97");
}

#[test]
fn one_judgement_stands_behind_text_markdown_and_junit() {
    let desk = blessed(40);
    list(&desk, "names", 40, |at| at % 3 > 0);
    desk.succeeds("run suite.toml --out next");
    let files = "gate next --junit out/junit.xml --comment out/comment.md --json out/gate.json";
    let output = desk.karat(files).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("Gate failed: next against baseline main\n"), "{text}");
    assert!(text.contains("- FAIL f1 of names: worse by more than the margin of 0.01\n"), "{text}");
    let xml = desk.read("out/junit.xml");
    assert!(
        xml.contains("<testsuite name=\"karat gate against main\" tests=\"1\" failures=\"1\" errors=\"0\">"),
        "{xml}"
    );
    assert!(
        xml.contains("<testcase classname=\"ner.rolls.names\" name=\"f1\"><failure message=\"f1 of names: worse"),
        "{xml}"
    );
    assert!(desk.read("out/comment.md").starts_with("## Gate failed: next against baseline main\n\n|  | what |"));
    let judged: Value = serde_json::from_str(&desk.read("out/gate.json")).unwrap();
    assert_eq!((judged["version"].as_u64(), judged["outcome"].as_str()), (Some(1), Some("failed")));
}

#[test]
fn a_stale_baseline_and_another_policy_are_told() {
    let desk = blessed(40);
    let note: Value = serde_json::from_str(&desk.read("baselines/main/baseline.json")).unwrap();
    let blessed = note["blessed"].as_str().unwrap();
    assert_eq!((note["run"].as_str(), note["reason"].as_str()), (Some("first"), Some("trial")));
    desk.edit("baselines/main/baseline.json", blessed, "2020-02-29T12:00:00Z");
    desk.edit("suite.toml", "metric = \"f1\"\n", "metric = \"f1\"\nmargin = 0.05\n");
    let (code, judged) = gate(&desk, "same");
    assert_eq!(code, 0);
    assert_eq!(judged["outcome"], "warned");
    let warnings = judged["warnings"].as_array().unwrap();
    assert!(warnings[0].as_str().unwrap().starts_with("baseline `main` is stale: it was blessed "), "{warnings:?}");
    assert_eq!(warnings[1], "the policy is not the one that stood in the suite when `main` was blessed");
}

#[test]
fn a_baseline_keeps_the_tables_and_not_the_predictions() {
    let desk = blessed(8);
    let files: Vec<String> = desk.files("baselines/main").into_keys().collect();
    assert!(files.contains(&"tables/counts.parquet".to_owned()) && files.contains(&"run.json".to_owned()), "{files:?}");
    assert!(files.iter().all(|file| !file.starts_with("predictions") && !file.starts_with("logits")), "{files:?}");
    desk.succeeds("bless first --replace --reason again");
    assert!(desk.read("baselines/main/baseline.json").contains("again"));
    assert_eq!(desk.files("baselines").keys().filter(|file| file.ends_with("baseline.json")).count(), 1);
    desk.succeeds("gate first --baseline first");
}

#[test]
fn what_cannot_be_compared_is_never_a_pass() {
    let desk = blessed(8);
    desk.refuses(
        "bless first",
        "error: there is a baseline `baselines/main` already
hint: choose another --name, or give --replace
",
    );
    desk.refuses(
        "gate first --baseline other",
        "error: there is no baseline `baselines/other`
hint: `karat bless RUN --name NAME` makes one; a run's folder will do too
",
    );
    let run = |desk: &Desk, name: &str| drop(desk.succeeds(&format!("run suite.toml --out {name}")));
    desk.edit("suite.toml", "metric = \"f1\"", "metric = \"f2\"");
    run(&desk, "unknown");
    desk.refuses(
        "gate unknown",
        "error: the gate asks for metric `f2` of model `names`, which the run has not (precision, recall, f1, f1.macro, precision.LOC, [..])
hint: mend [gate] in the suite; nothing was passed
",
    );
    desk.edit("suite.toml", "metric = \"f2\"", "metric = \"f1\"");
    desk.edit("suite.toml", "models = [\"names\", \"other\"]", "models = [\"names\"]");
    run(&desk, "fewer");
    desk.refuses(
        "gate fewer",
        "error: ner on rolls: baseline `main` has the model `other`, and the run has not
hint: bless a run with the same models; nothing was passed
",
    );
    desk.edit("suite.toml", "models = [\"names\"]", "models = [\"names\", \"other\"]");
    let gold = desk.read("corpus/gold/ner.jsonl");
    desk.write("corpus/gold/ner.jsonl", gold.replacen("\"LOC\"", "\"PER\"", 1));
    run(&desk, "relabelled");
    desk.refuses(
        "gate relabelled",
        "error: ner on rolls: the gold files differ, so the numbers cannot be compared: `gold/ner.jsonl` is sha256:[..] against sha256:[..]
hint: run both on the same files with the same suite; for a gate, bless a run made on these
",
    );
    desk.write("corpus/gold/ner.jsonl", gold);
    desk.succeeds("run suite.toml --limit 7 --out limited");
    desk.refuses(
        "gate limited",
        "error: ner on rolls: the numbers of documents differ, so the numbers cannot be compared: 7 against 8
hint: run both on the same files with the same suite; for a gate, bless a run made on these
",
    );
}

#[test]
fn a_run_held_against_itself_is_told() {
    let desk = blessed(40);
    let judged: Value = serde_json::from_str(&desk.succeeds("gate first --format json")).unwrap();
    assert_eq!(judged["warnings"][0], "`main` is this very run, which is always as good as itself");
}

#[test]
fn a_baseline_that_was_changed_is_never_a_pass() {
    let desk = blessed(40);
    list(&desk, "names", 40, |at| at % 3 > 0);
    desk.succeeds("run suite.toml --out worse");
    let counts = std::fs::read(desk.path("worse/tables/counts.parquet")).unwrap();
    desk.write("baselines/main/tables/counts.parquet", &counts);
    desk.refuses(
        "gate worse",
        "error: `baselines/main/tables/counts.parquet` is not the file that it was
hint: bring the file back from version control, or bless and add runs anew
",
    );
    // A run's folder has no digests; its metrics must follow from its counts.
    desk.write("first/tables/counts.parquet", &counts);
    desk.refuses(
        "gate worse --baseline first",
        "error: run `first`: `recall` of model `names` is 1.0000 in its metrics and 0.9125 by its counts
hint: the folder is damaged: make the run anew, or bless another
",
    );
    desk.refuses(
        "bless baselines/main --name again",
        "error: `baselines/main` is a baseline already
hint: bless the run that it was made from
",
    );
}

#[test]
fn a_gate_writes_nothing_into_what_it_judges_and_leaves_no_old_verdict() {
    let desk = blessed(40);
    desk.refuses(
        "gate first --json baselines/main/run.json",
        "error: `baselines/main/run.json` stands in `baselines/main`, which is judged
hint: name another file; nothing was written
",
    );
    desk.refuses(
        "gate first --json x --junit x",
        "error: `x` is asked for twice
hint: name another file; nothing was written
",
    );
    desk.succeeds("gate first --junit junit.xml --comment comment.md --json gate.json");
    let output = desk.karat("gate first --baseline gone --junit junit.xml --comment comment.md --json gate.json");
    output.assert().code(2);
    assert!(desk.read("junit.xml").contains("<error message=\"there is no baseline `baselines/gone`\"/>"));
    assert!(desk.read("comment.md").starts_with("## Gate could not judge first\n"));
    assert!(desk.read("gate.json").contains("\"outcome\":\"error\""));
}

#[test]
fn another_split_is_never_a_pass() {
    let desk = rolls(16);
    let ids = |from: usize| (from..from + 8).map(|at| format!("\"d{at:03}\"")).collect::<Vec<_>>().join(", ");
    let manifest = desk.read("corpus/corpus.toml");
    desk.write("corpus/corpus.toml", format!("{manifest}\n[splits]\ndev = [{}]\ntest = [{}]\n", ids(0), ids(8)));
    desk.edit("suite.toml", "corpus = \"rolls\"\n", "corpus = \"rolls\"\nsplit = \"test\"\n");
    desk.succeeds("run suite.toml --out first");
    desk.succeeds("bless first");
    desk.edit("suite.toml", "split = \"test\"", "split = \"dev\"");
    desk.succeeds("run suite.toml --out second");
    desk.refuses(
        "gate second",
        "error: ner on rolls: the splits differ, so the numbers cannot be compared: split `dev` against split `test`
hint: run both on the same files with the same suite; for a gate, bless a run made on these
",
    );
}

#[test]
fn a_gate_of_the_suite_is_checked_with_it() {
    let desk = rolls(8);
    desk.edit("suite.toml", "model = \"names\"\n", "model = \"nams\"\nfloor = 1.5\nmargin = -0.1\n");
    desk.refuses(
        "check suite.toml",
        "error: suite `suite.toml` line 13: model `nams` is not in [models] (names, other)
suite `suite.toml` line 14: `floor` must be a value that the metric can have, at most 1
suite `suite.toml` line 15: `margin` must be at least 0 and less than 1 (0.01 is usual)
hint: suites/demo.toml is an example that works
",
    );
}
