//! `karat score` on small files whose scores were worked out by hand.

use super::desk::Desk;
use serde_json::Value;
use std::collections::BTreeMap;

const NER: &str = "score --task ner --gold gold.jsonl --pred pred.jsonl";
const STANCE: &str = "score --task stance --gold gold.jsonl --pred pred.jsonl";

/// One exact entity, one with another end; a document without gold that gets one all the same; one exact entity.
fn entities() -> Desk {
    let desk = Desk::new();
    desk.write(
        "gold.jsonl",
        r#"{"id": "a", "entities": [{"start": 0, "end": 3, "label": "PER"}, {"start": 5, "end": 8, "label": "LOC"}]}
{"id": "b", "entities": []}
{"id": "c", "entities": [{"start": 1, "end": 2, "label": "ORG"}]}
"#,
    );
    desk.write(
        "pred.jsonl",
        r#"{"id": "d", "entities": [{"start": 0, "end": 1, "label": "MISC"}]}
{"id": "c", "entities": [{"start": 1, "end": 2, "label": "ORG", "score": 0.25}]}
{"id": "b", "entities": [{"start": 0, "end": 1, "label": "PER"}]}
{"id": "a", "entities": [{"start": 0, "end": 3, "label": "PER"}, {"start": 5, "end": 9, "label": "LOC"}]}
"#,
    );
    desk
}

/// Right, against taken for favor, right, favor taken for neutral; and an answer without gold.
fn stances() -> Desk {
    let desk = Desk::new();
    let line = |id: &str, target: &str, stance: &str| {
        format!("{{\"id\": \"{id}\", \"target\": \"{target}\", \"stance\": \"{stance}\"}}\n")
    };
    let gold = [("a", "x", "favor"), ("a", "y", "against"), ("b", "x", "neutral"), ("b", "y", "favor")];
    let pred =
        [("c", "x", "favor"), ("b", "y", "neutral"), ("a", "x", "favor"), ("a", "y", "favor"), ("b", "x", "neutral")];
    desk.write("gold.jsonl", gold.map(|(id, target, stance)| line(id, target, stance)).concat());
    desk.write("pred.jsonl", pred.map(|(id, target, stance)| line(id, target, stance)).concat());
    desk
}

fn json(desk: &Desk, line: &str) -> Value {
    serde_json::from_str(&desk.succeeds(&format!("{line} --format json"))).unwrap()
}

/// Metrics by id.
fn metrics(json: &Value) -> BTreeMap<String, Value> {
    let metrics = json["metrics"].as_array().unwrap();
    metrics.iter().map(|metric| (metric["id"].as_str().unwrap().to_owned(), metric.clone())).collect()
}

fn assert_values(json: &Value, expected: &[(&str, f64)]) {
    let metrics = metrics(json);
    for (id, expected) in expected {
        let metric = &metrics[*id];
        let value = metric["value"].as_f64().unwrap();
        assert!((value - expected).abs() < 1e-12, "{id}: {value}, expected {expected}");
        let (low, high) = (metric["low"].as_f64().unwrap(), metric["high"].as_f64().unwrap());
        assert!((0.0..=1.0).contains(&low) && low <= high && high <= 1.0, "{id}: {low} to {high}");
        assert!(metric["signature"].as_str().is_some_and(|signature| signature.ends_with("|v1")), "{metric}");
        assert!(metric.get("reason").is_none(), "{metric}");
    }
}

#[test]
fn entities_have_the_scores_that_were_worked_out_by_hand() {
    let json = json(&entities(), NER);
    assert_eq!((json["version"].as_u64(), json["task"].as_str()), (Some(1), Some("ner")));
    assert_eq!((json["documents"].as_u64(), json["ignored"].as_u64()), (Some(3), Some(1)));
    // Two right, two spurious, one missed; PER 1/1/0, LOC 0/1/1, ORG 1/0/0.
    assert_values(
        &json,
        &[
            ("precision", 2.0 / 4.0),
            ("recall", 2.0 / 3.0),
            ("f1", 4.0 / 7.0),
            ("f1.macro", (2.0 / 3.0 + 0.0 + 1.0) / 3.0),
            ("f1.PER", 2.0 / 3.0),
            ("f1.LOC", 0.0),
            ("f1.ORG", 1.0),
        ],
    );
    assert!(!metrics(&json).contains_key("f1.MISC"), "the label of an ignored document is no label");
}

#[test]
fn stances_have_the_scores_that_were_worked_out_by_hand() {
    let json = json(&stances(), STANCE);
    assert_eq!((json["version"].as_u64(), json["task"].as_str()), (Some(1), Some("stance")));
    assert_eq!((json["documents"].as_u64(), json["ignored"].as_u64()), (Some(2), Some(1)));
    assert_values(
        &json,
        &[
            ("accuracy", 0.5),
            ("f1.favor", 0.5),
            ("f1.against", 0.0),
            ("f1.neutral", 2.0 / 3.0),
            ("macro_f1", (0.5 + 0.0 + 2.0 / 3.0) / 3.0),
            ("f_avg", 0.25),
        ],
    );
}

#[test]
fn what_was_left_out_is_said_on_stderr() {
    let words = "1 predicted documents have no gold and were left out\nOnly 3 documents were scored: intervals from fewer than 20 documents are too narrow.\n";
    entities().karat(NER).assert().success().stderr_eq(words);
    let words = "1 predicted stances have no gold and were left out\nOnly [..] scored: intervals from fewer than 20 documents are too narrow.\n";
    stances().karat(STANCE).assert().success().stderr_eq(words);
}

#[test]
fn the_table_has_every_metric_of_the_json() {
    for (desk, line) in [(entities(), NER), (stances(), STANCE)] {
        let table = desk.succeeds(line);
        for (id, metric) in metrics(&json(&desk, line)) {
            let row = table.lines().find(|row| row.split_whitespace().next() == Some(&id));
            let value = format!("{:.4}", metric["value"].as_f64().unwrap());
            assert!(row.is_some_and(|row| row.contains(&value)), "{id} {value} in\n{table}");
        }
    }
}

#[test]
fn gold_without_any_entity_has_no_recall_and_says_why() {
    let desk = Desk::new();
    desk.write("gold.jsonl", "{\"id\": \"a\", \"entities\": []}\n{\"id\": \"b\", \"entities\": []}\n");
    desk.write("pred.jsonl", "{\"id\": \"a\", \"entities\": []}\n{\"id\": \"b\", \"entities\": []}\n");
    let json = json(&desk, NER);
    assert_eq!((json["documents"].as_u64(), json["ignored"].as_u64()), (Some(2), Some(0)));
    for (id, metric) in metrics(&json) {
        assert!(metric["value"].is_null() && metric["low"].is_null() && metric["high"].is_null(), "{id}: {metric}");
        assert!(metric["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{id}: {metric}");
    }
}

#[test]
fn intervals_depend_on_the_seed_and_on_nothing_else() {
    let desk = entities();
    let with_seed = |seed: u64| desk.succeeds(&format!("{NER} --format json --replicates 1000 --seed {seed}"));
    assert_eq!(with_seed(1), with_seed(1));
    let reversed: Vec<String> = desk.read("pred.jsonl").lines().rev().map(|line| format!("{line}\n")).collect();
    let before = with_seed(1);
    desk.write("pred.jsonl", reversed.concat());
    assert_eq!(before, with_seed(1));
}

#[test]
fn overlapping_predictions_are_counted_and_not_refused() {
    let desk = entities();
    desk.edit(
        "pred.jsonl",
        "{\"start\": 0, \"end\": 3, \"label\": \"PER\"}",
        "{\"start\": 0, \"end\": 3, \"label\": \"PER\"}, {\"start\": 0, \"end\": 4, \"label\": \"PER\"}",
    );
    assert_values(&json(&desk, NER), &[("precision", 2.0 / 5.0), ("recall", 2.0 / 3.0), ("f1.PER", 0.5)]);
}
