//! A patch over gold: what it changes stands beside the scores against the gold, which stay as they are.

use super::desk::Desk;
use super::run::{assert_same, results};
use karat::run::open;
use serde_json::Value;

/// The small suite with a second list of names, which is better by the gold and worse by [`PATCH`].
fn two_lists() -> Desk {
    let desk = Desk::small();
    desk.write("models/other/floor.toml", "kind = \"gazetteer\"\n");
    desk.write("models/other/names.tsv", "PER\tZoë Ruiz\nPER\tAna Sol\nORG\tDoha\n");
    desk.edit("suite.toml", "[models.judge]", "[models.other]\npath = \"models/other\"\n\n[models.judge]");
    desk.edit("suite.toml", "[\"tagger\", \"gazetteer\"]", "[\"other\", \"gazetteer\"]");
    desk
}

fn lay(desk: &Desk, patch: &str) {
    desk.write("fix.jsonl", patch);
    desk.edit("suite.toml", "path = \"corpus\"\n", "path = \"corpus\"\npatch = \"fix.jsonl\"\n");
}

const PATCH: &str = r#"{"id": "b", "task": "ner", "start": 60, "end": 64, "label": "LOC", "text": "Doha", "reason": "the city"}
{"id": "b", "task": "ner", "start": 3, "end": 7, "label": "ORG", "reason": "its government"}
{"id": "b", "task": "stance", "target": "talks", "stance": "neutral", "reason": "it says nothing of them"}
{"id": "b", "task": "stance", "target": "deal", "stance": "neutral", "reason": "it is told, not said"}
{"id": "a", "task": "stance", "target": "talks", "stance": null, "reason": "they are not what it is about"}
"#;

#[test]
fn a_patch_that_changes_a_ranking_is_told_everywhere() {
    let desk = two_lists();
    lay(&desk, PATCH);
    let summary = desk.succeeds("run suite.toml --out out");
    let line = "  With the patch (2 taken away, 2 entities new): micro-F1 other 0.667 → 0.444, gazetteer 0.444 → 0.889. \
        The ranking changes: other > gazetteer by the gold, gazetteer > other by the patched gold.\n";
    assert!(summary.contains(line), "{summary}");
    let report = desk.read("out/report.md");
    for words in [
        "\n## Against the patched gold\n",
        "The patch makes 2 corrections in 1 of 3 documents: of 5 gold entities it takes 2 away, and 2 are new.\n",
        "| model | micro-F1, gold | micro-F1, patched gold |\n",
        "\n**The ranking changes: `other` > `gazetteer` by the gold, `gazetteer` > `other` by the patched gold.**\n",
        "The patch makes 3 corrections in 2 of 3 documents: of 4 gold stances it takes 2 away, and 2 are new.\n",
        "| its patch | `sha256:",
    ] {
        assert!(report.contains(words), "no `{words}` in {report}");
    }
    assert!(desk.read("out/report.html").contains("<h2>Against the patched gold</h2>"));
    let record: Value = serde_json::from_str(&desk.read("out/run.json")).unwrap();
    assert!(record["corpora"]["small"]["patch"].as_str().unwrap().starts_with("sha256:"), "{record}");
    assert_eq!(record["evaluations"][1]["patched"]["corrections"].as_u64(), Some(3));
    assert_eq!(desk.succeeds("report out"), report);
    assert!(desk.succeeds("check suite.toml").contains("its patch"));
}

#[test]
fn the_scores_against_the_gold_stay_as_they_are() {
    let desk = Desk::small();
    desk.succeeds("run suite.toml --out without");
    lay(&desk, PATCH);
    desk.succeeds("run suite.toml --out with");
    let (without, with) = (open(&desk.path("without")).unwrap(), open(&desk.path("with")).unwrap());
    assert_eq!(without.metrics, with.metrics);
    assert_eq!(without.counts, with.counts);
    assert_eq!(without.differences, with.differences);
    assert!(without.patched.is_empty());
    assert_eq!(with.patched.len(), with.metrics.len());
    assert!(!desk.read("without/report.md").contains("patch"));
}

#[test]
fn the_patched_scores_are_those_of_a_gold_that_was_mended_by_hand() {
    let desk = Desk::small();
    lay(&desk, PATCH);
    desk.succeeds("run suite.toml --out patched");
    desk.edit("suite.toml", "patch = \"fix.jsonl\"\n", "");
    desk.edit("corpus/gold/ner.jsonl", "\"end\": 64, \"label\": \"ORG\"", "\"end\": 64, \"label\": \"LOC\"");
    desk.edit("corpus/gold/ner.jsonl", "\"end\": 7, \"label\": \"LOC\"", "\"end\": 7, \"label\": \"ORG\"");
    let stances = desk.read("corpus/gold/stance.jsonl").replace("against", "neutral");
    let kept = stances.lines().filter(|line| !line.contains("\"a\", \"target\": \"talks\""));
    let mended = kept.chain(["{\"id\": \"b\", \"target\": \"talks\", \"stance\": \"neutral\"}"]);
    desk.write("corpus/gold/stance.jsonl", mended.collect::<Vec<_>>().join("\n"));
    desk.succeeds("run suite.toml --out mended");
    let (patched, mended) = (open(&desk.path("patched")).unwrap(), open(&desk.path("mended")).unwrap());
    // The majority is that of the gold, and is another one in the mended gold.
    let judged = |model: &str| model != "majority";
    let one: Vec<_> = patched.patched.iter().filter(|row| judged(&row.key.model)).collect();
    let other: Vec<_> = mended.metrics.iter().filter(|row| judged(&row.key.model)).collect();
    assert_eq!(one, other);
    assert!(one.len() > 20, "{}", one.len());
}

#[test]
fn corrections_of_documents_that_are_not_scored_are_none() {
    let desk = two_lists();
    lay(&desk, PATCH);
    let summary = desk.succeeds("run suite.toml --out out --limit 1");
    assert!(summary.contains("  With the patch: it corrects nothing in these documents.\n"), "{summary}");
    let words = "The patch corrects nothing in the documents that were scored.\n";
    assert!(desk.read("out/report.md").contains(words));
}

#[test]
fn the_json_of_a_run_has_the_patched_metrics_where_there_is_a_patch() {
    let desk = Desk::small();
    let json = |out: &str| -> Value {
        serde_json::from_str(&desk.succeeds(&format!("run suite.toml --out {out} --format json"))).unwrap()
    };
    assert!(json("without").get("patched").is_none());
    lay(&desk, PATCH);
    let with = json("with");
    assert_eq!(with["patched"].as_array().unwrap().len(), with["metrics"].as_array().unwrap().len());
}

#[test]
fn the_number_of_threads_changes_no_byte_of_a_patched_run() {
    let desk = Desk::small();
    lay(&desk, PATCH);
    desk.succeeds("run suite.toml --out one --threads 1");
    desk.succeeds("run suite.toml --out three --threads 3");
    assert_same(&results(&desk, "one"), &results(&desk, "three"));
}
