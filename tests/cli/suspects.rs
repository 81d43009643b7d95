//! `karat gold suspects`: the queue of a run, and its way back as a patch.

use super::desk::Desk;
use serde_json::{Value, json};
use snapbox::str;

/// Two documents whose names the bundled model knows, with one wrong label: Paris is no organisation.
fn slip() -> Desk {
    let desk = Desk::new();
    desk.write("corpus/corpus.toml", "version = \"1\"\nlabels = [\"LOC\", \"MISC\", \"ORG\", \"PER\"]\n");
    desk.write(
        "corpus/documents.jsonl",
        r#"{"id": "a", "text": "Angela Merkel met Emmanuel Macron in Paris on Monday, before flying home to Berlin."}
{"id": "b", "text": "The United Nations said that its envoy had left Cairo for Washington."}
"#,
    );
    desk.write(
        "corpus/gold/ner.jsonl",
        r#"{"id": "a", "entities": [{"start": 0, "end": 13, "label": "PER"}, {"start": 18, "end": 33, "label": "PER"}, {"start": 37, "end": 42, "label": "ORG", "text": "Paris"}, {"start": 76, "end": 82, "label": "LOC"}]}
{"id": "b", "entities": [{"start": 4, "end": 18, "label": "ORG"}, {"start": 48, "end": 53, "label": "LOC"}, {"start": 58, "end": 68, "label": "LOC"}]}
"#,
    );
    desk.write(
        "suite.toml",
        r#"version = 1
name = "slip"
statistics = { replicates = 200 }
corpora.small = { path = "corpus" }
models.tagger = { path = "tagger" }
models.twin = { path = "tagger" }
models.gazetteer = { path = "gazetteer" }

[[evaluations]]
task = "ner"
corpus = "small"
models = ["tagger", "gazetteer"]
"#,
    );
    desk.link("models/ner-minilm-l6", "tagger");
    desk.link("models/gazetteer", "gazetteer");
    desk
}

fn json(desk: &Desk, line: &str) -> Value {
    serde_json::from_str(&desk.succeeds(line)).unwrap()
}

#[test]
fn a_wrong_gold_label_is_first_in_the_queue_and_its_patch_is_taken_as_it_is() {
    let desk = slip();
    desk.succeeds("run suite.toml --out out");
    desk.karat("gold suspects out").assert().success().stdout_eq(str![[r#"
ner on small: 1 suspects, wrong by the gold and said with a confidence of 0.9 or more by tagger; 1 shown
  0.977  a 37..42: gold ORG “Paris”, predicted LOC “Paris” (tagger 0.977) — …Angela Merkel met Emmanuel Macron in [Paris] on Monday, before flying home to Berlin.…

"#]])
    .stderr_eq(str![[r#"
note: ner on small: `tagger` alone gives confidences, and one model's opinion is weak evidence

"#]]);
    let queue = json(&desk, "gold suspects out --format json");
    assert_eq!((queue["version"].as_u64(), queue["confidence"].as_f64()), (Some(1), Some(0.9)));
    let first = &queue["evaluations"][0]["suspects"][0];
    assert_eq!(first["gold"], json!([{ "start": 37, "end": 42, "label": "ORG", "text": "Paris" }]));
    assert_eq!(first["predicted"], json!({ "start": 37, "end": 42, "label": "LOC", "text": "Paris" }));
    assert_eq!(first["models"][0]["confidence"], first["confidence"]);

    desk.write("fix.jsonl", desk.succeeds("gold suspects out --format patch"));
    let line: Value = serde_json::from_str(desk.read("fix.jsonl").lines().next().unwrap()).unwrap();
    assert_eq!((&line["id"], &line["task"], &line["label"]), (&json!("a"), &json!("ner"), &json!("LOC")));
    desk.edit("suite.toml", "{ path = \"corpus\" }", "{ path = \"corpus\", patch = \"fix.jsonl\" }");
    desk.succeeds("check suite.toml");
    let summary = desk.succeeds("run suite.toml --out mended");
    let told = "With the patch (1 taken away, 1 entity new): micro-F1 tagger 0.857 → 1.000, gazetteer 0.857 → 1.000. No ranking changes.";
    assert!(summary.contains(told), "{summary}");
}

#[test]
fn every_model_with_confidences_must_say_so() {
    let desk = slip();
    desk.edit("suite.toml", "[\"tagger\", \"gazetteer\"]", "[\"tagger\", \"twin\", \"gazetteer\"]");
    desk.succeeds("run suite.toml --out out");
    desk.karat("gold suspects out --limit 0").assert().success().stderr_eq("").stdout_eq(str![[r#"
ner on small: 1 suspects, wrong by the gold and said with a confidence of 0.9 or more by tagger and by twin; 0 shown

"#]]);
    // A model that does not know Paris is of another opinion.
    desk.tiny_model("tiny", "token", ["O", "B-PER", "I-PER"]);
    desk.edit("suite.toml", "models.twin = { path = \"tagger\" }", "models.twin = { path = \"tiny\" }");
    desk.succeeds("run suite.toml --out other");
    let queue = json(&desk, "gold suspects other --format json --confidence 0");
    assert_eq!(queue["evaluations"][0]["models"], json!(["tagger", "twin"]));
    assert_eq!(queue["evaluations"][0]["suspects"], json!([]));
}

#[test]
fn every_queue_is_a_patch_that_the_suite_takes() {
    let desk = Desk::small();
    desk.succeeds("run suite.toml --out out");
    let lines = desk.succeeds("gold suspects out --confidence 0 --format patch");
    for task in ["ner", "stance"] {
        let only =
            desk.succeeds(&format!("gold suspects out --task {task} --corpus small --confidence 0 --format patch"));
        assert!(!only.is_empty() && lines.contains(&only), "{task}: {only}");
    }
    desk.write("fix.jsonl", &lines);
    desk.edit("suite.toml", "path = \"corpus\"\n", "path = \"corpus\"\npatch = \"fix.jsonl\"\n");
    desk.succeeds("run suite.toml --out again");
    // What every wrong answer became the gold for is right.
    let results = karat::run::open(&desk.path("again")).unwrap();
    let accuracy = results.patched.iter().find(|row| row.key.model == "judge" && row.id == "accuracy").unwrap();
    assert_eq!(accuracy.value, Some(1.0));
}

#[test]
fn a_label_that_the_corpus_has_not_is_left_out_of_the_patch() {
    let desk = slip();
    desk.edit("corpus/corpus.toml", "\"LOC\", \"MISC\", ", "");
    let gold = desk.read("corpus/gold/ner.jsonl").replace("\"LOC\"", "\"ORG\"");
    desk.write("corpus/gold/ner.jsonl", gold);
    desk.succeeds("run suite.toml --out out");
    desk.karat("gold suspects out --format patch").assert().success().stdout_eq("").stderr_eq(str![[r#"
note: ner on small: `tagger` alone gives confidences, and one model's opinion is weak evidence
left out: 4 suspects whose label is not in the corpus's label set
0 corrections proposed: go through them, and delete the lines that are not right

"#]]);
}
