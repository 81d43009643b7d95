//! Whole runs: every file of the layout, the same bytes for any number of threads, the report and the JSON.

use super::desk::Desk;
use karat::table::{CellKey, ThroughputRow};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a run of the small suite leaves.
const LAYOUT: [&str; 20] = [
    "logits/ner.small.tagger.parquet",
    "logits/stance.small.judge.parquet",
    "predictions/ner.small.gazetteer.parquet",
    "predictions/ner.small.tagger.parquet",
    "predictions/stance.small.judge.parquet",
    "predictions/stance.small.majority.parquet",
    "report.html",
    "report.md",
    "run.json",
    "tables/calibration.parquet",
    "tables/confusion.parquet",
    "tables/counts.parquet",
    "tables/differences.parquet",
    "tables/errors.parquet",
    "tables/ledger.parquet",
    "tables/metrics.parquet",
    "tables/patched.parquet",
    "tables/reliability.parquet",
    "tables/sweep.parquet",
    "tables/throughput.parquet",
];

/// Documents of several batches and windows: each text again and again, gold at its beginning.
pub(super) fn lengthen(desk: &Desk, times: usize) {
    let documents = desk.read("corpus/documents.jsonl");
    let lines = documents.lines().map(|line| {
        let mut document: Value = serde_json::from_str(line).unwrap();
        let text = document["text"].as_str().unwrap();
        document["text"] = vec![text; times].join(" ").into();
        format!("{document}\n")
    });
    let lines: String = lines.collect();
    desk.write("corpus/documents.jsonl", lines);
}

/// The models with real weights in place of the tiny ones.
pub(super) fn take_bundled_models(desk: &Desk) {
    for name in ["tagger", "judge"] {
        std::fs::remove_dir_all(desk.path("models").join(name)).unwrap();
    }
    desk.edit("corpus/corpus.toml", "\"LOC\", ", "\"LOC\", \"MISC\", ");
    desk.link("models/ner-minilm-l6", "models/tagger");
    desk.link("models/nli-minilm-l6", "models/judge");
}

/// The files of a run but for what depends on when and where it was made.
pub(super) fn results(desk: &Desk, run: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = desk.files(run);
    files.remove("tables/throughput.parquet").unwrap();
    let mut record: Value = serde_json::from_slice(&files["run.json"]).unwrap();
    let circumstances = record.as_object_mut().unwrap().remove("circumstances").unwrap();
    assert_eq!(circumstances.as_object().unwrap().len(), 4, "{circumstances}");
    files.insert("run.json".to_owned(), record.to_string().into_bytes());
    for (name, from, to) in
        [("report.md", "\n## Throughput\n", "\n## "), ("report.html", "<h2>Throughput</h2>", "<h2>")]
    {
        let text = String::from_utf8(files[name].clone()).unwrap();
        let (before, section) = text.split_once(from).unwrap();
        let (_, after) = section.split_once(to).unwrap();
        files.insert(name.to_owned(), [before, after].concat().into_bytes());
    }
    files
}

/// Every file is the same; the first that differs is named.
pub(super) fn assert_same(one: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>) {
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (name, bytes) in one {
        assert!(bytes == &other[name], "{name} differs");
    }
}

#[test]
fn a_run_leaves_every_file_of_the_layout_and_no_other() {
    let desk = Desk::small();
    desk.succeeds("run suite.toml --out runs/first");
    let files = desk.files("runs/first");
    let names: Vec<&str> = files.keys().map(String::as_str).filter(|name| !name.ends_with('/')).collect();
    assert_eq!(names, LAYOUT);
    let beside: Vec<String> = desk.files("runs").into_keys().filter(|name| !name.starts_with("first/")).collect();
    assert!(beside.is_empty(), "{beside:?}");
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".parquet")) {
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"), "{name}");
    }
}

#[test]
fn the_number_of_threads_changes_no_byte_of_a_result() {
    let desk = Desk::small();
    lengthen(&desk, 30);
    desk.succeeds("run suite.toml --out one --threads 1");
    desk.succeeds("run suite.toml --out three --threads 3");
    assert_same(&results(&desk, "one"), &results(&desk, "three"));
    // Several windows and batches went forward: the threads had something to share.
    let key = |model: &str, task: &str| CellKey {
        task: task.to_owned(),
        corpus: "small".to_owned(),
        model: model.to_owned(),
    };
    let rows = karat::run::open(&desk.path("three")).unwrap().throughput;
    let row = |key: CellKey| rows.iter().find(|row| row.key == key).unwrap().clone();
    let (tagger, judge): (ThroughputRow, ThroughputRow) = (row(key("tagger", "ner")), row(key("judge", "stance")));
    // The texts say one thing many times, and windows that are the same go forward once.
    assert!(tagger.sequences > 30 && tagger.repeated > 30 && tagger.tokens > 1024, "{tagger:?}");
    assert!(judge.sequences > 60 && judge.repeated > 60 && judge.tokens > 1024, "{judge:?}");
    assert_eq!((tagger.threads, judge.engine.as_str()), (3, "native"));
}

#[test]
fn the_bundled_models_give_the_same_bytes_for_any_number_of_threads() {
    let desk = Desk::small();
    lengthen(&desk, 10);
    take_bundled_models(&desk);
    desk.edit("suite.toml", "max_tokens = 32, overlap = 8", "max_tokens = 128");
    desk.succeeds("run suite.toml --out one --threads 1");
    desk.succeeds("run suite.toml --out three --threads 3");
    assert_same(&results(&desk, "one"), &results(&desk, "three"));
}

#[test]
fn the_report_of_a_run_is_its_report_file() {
    let desk = Desk::small();
    let summary = desk.succeeds("run suite.toml --out out");
    assert_eq!(desk.succeeds("report out"), desk.read("out/report.md"));
    assert_eq!(desk.succeeds("report out --format md"), desk.read("out/report.md"));
    assert_eq!(desk.succeeds("report out --format html"), desk.read("out/report.html"));
    for words in ["ner on small: 3 documents, 5 gold entities", "stance on small: 3 documents, 4 gold stances"] {
        assert!(summary.contains(words), "{summary}");
    }
}

#[test]
fn a_finished_run_can_be_moved() {
    let desk = Desk::small();
    desk.succeeds("run suite.toml --out out");
    let report = desk.read("out/report.md");
    std::fs::rename(desk.path("out"), desk.path("elsewhere")).unwrap();
    assert_eq!(desk.succeeds("report elsewhere"), report);
}

#[test]
fn the_json_of_a_run_has_the_fields_of_the_contract() {
    let desk = Desk::small();
    let json: Value = serde_json::from_str(&desk.succeeds("run suite.toml --out out --format json")).unwrap();
    assert_eq!((json["version"].as_u64(), json["run"].as_str()), (Some(1), Some("out")));
    let stored = karat::run::open(&desk.path("out")).unwrap().metrics;
    let metrics = json["metrics"].as_array().unwrap();
    assert_eq!(metrics.len(), stored.len());
    for (metric, row) in metrics.iter().zip(&stored) {
        assert_eq!(metric["task"].as_str(), Some(row.key.task.as_str()));
        assert_eq!(metric["corpus"].as_str(), Some("small"));
        assert_eq!(metric["model"].as_str(), Some(row.key.model.as_str()));
        assert_eq!(metric["id"].as_str(), Some(row.id.as_str()));
        assert_eq!(metric["signature"].as_str(), Some(row.signature.as_str()));
        for (name, stored) in [("value", row.value), ("low", row.low), ("high", row.high)] {
            let same = match (metric[name].as_f64(), stored) {
                (Some(shown), Some(stored)) => (shown - stored).abs() < 1e-15,
                (shown, stored) => shown == stored,
            };
            assert!(same, "{metric}: {stored:?}");
        }
        assert_eq!(metric["reason"].as_str(), row.reason.as_deref());
        assert_eq!(row.value.is_none(), row.reason.is_some());
    }
}

#[test]
fn the_json_of_a_check_names_cells_corpora_and_models() {
    let desk = Desk::small();
    let before = desk.files("");
    let json: Value = serde_json::from_str(&desk.succeeds("check suite.toml --format json")).unwrap();
    assert_eq!((json["version"].as_u64(), json["suite"].as_str()), (Some(1), Some("small")));
    let cells: Vec<_> = json["cells"].as_array().unwrap().iter().map(|cell| cell["model"].as_str().unwrap()).collect();
    assert_eq!(cells, ["tagger", "gazetteer", "judge", "majority"]);
    assert_eq!(json["corpora"]["small"]["entities"].as_u64(), Some(5));
    assert_eq!(json["models"]["tagger"]["architecture"].as_str(), Some("BertForTokenClassification"));
    assert!(before == desk.files(""), "a check writes nothing");
}

#[test]
fn a_limit_takes_the_first_documents_and_says_so() {
    let desk = Desk::small();
    desk.succeeds("run suite.toml --out all");
    desk.succeeds("run suite.toml --out two --limit 2");
    let results = karat::run::open(&desk.path("two")).unwrap();
    assert_eq!(results.record.limit, Some(2));
    for evaluation in &results.record.evaluations {
        assert_eq!(evaluation.documents, 2);
    }
    let mut documents: Vec<&str> = results.counts.iter().map(|row| row.document.as_str()).collect();
    documents.sort_unstable();
    documents.dedup();
    assert_eq!(documents, ["a", "b"]);
    assert!(desk.read("two/report.md").contains("**Only the first 2 documents of each corpus were taken.**"));
    assert!(!desk.read("all/report.md").contains("Only the first"));
}

#[test]
fn a_run_without_a_name_stands_under_reports() {
    let desk = Desk::small();
    desk.succeeds("run suite.toml --limit 1");
    let files = desk.files("reports");
    let record = files.keys().find(|name| name.ends_with("/run.json")).unwrap();
    assert!(record.starts_with("small-20"), "{record}");
}
