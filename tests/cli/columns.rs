//! `karat score` on CoNLL columns and with families of metrics by name; what was worked out by hand.

use super::desk::Desk;
use serde_json::Value;

const TAGS: &str = "score --task ner --gold gold.conll --pred pred.conll --format json";

/// Two documents; a prediction that IOB2 forbids and seqeval's default mode takes, and a shorter one.
fn columns() -> Desk {
    let desk = Desk::new();
    desk.write(
        "gold.conll",
        "-DOCSTART- O\n\nAnna B-PER\nsaw O\nNew B-LOC\nYork I-LOC\n\nit O\n\n-DOCSTART- O\n\nParis B-LOC\nwas O\n",
    );
    desk.write(
        "pred.conll",
        "-DOCSTART- O\n\nAnna I-PER\nsaw O\nNew B-LOC\nYork O\n\nit O\n\n-DOCSTART- O\n\nParis B-LOC\nwas O\n",
    );
    desk
}

fn json(desk: &Desk, line: &str) -> Value {
    serde_json::from_str(&desk.succeeds(line)).unwrap()
}

#[track_caller]
fn assert_value(json: &Value, id: &str, expected: f64) {
    let metrics = json["metrics"].as_array().unwrap();
    let metric = metrics.iter().find(|metric| metric["id"] == id).unwrap_or_else(|| panic!("no `{id}`"));
    assert!((metric["value"].as_f64().unwrap() - expected).abs() < 1e-12, "{metric}, expected {expected}");
}

#[test]
fn columns_have_the_scores_that_were_worked_out_by_hand() {
    let desk = columns();
    let json = json(&desk, &format!("{TAGS} --metrics all --scheme iob2"));
    assert_eq!((json["documents"].as_u64(), json["task"].as_str()), (Some(2), Some("ner")));
    // Three entities on each side; Anna and Paris are found, New York in part.
    for (id, expected) in [
        ("f1", 2.0 / 3.0),
        ("seqeval.f1", 2.0 / 3.0),
        ("seqeval.accuracy", 5.0 / 7.0),
        ("seqeval-strict.precision", 0.5),
        ("seqeval-strict.recall", 1.0 / 3.0),
        ("semeval2013.strict.f1", 2.0 / 3.0),
        ("semeval2013.partial.f1", 2.5 / 3.0),
        ("semeval2013.type.f1.LOC", 1.0),
        ("nervaluate.partial.recall", 2.5 / 3.0),
    ] {
        assert_value(&json, id, expected);
    }
    assert_eq!(json["counts"]["semeval2013"]["partial.PAR"], 1);
    assert_eq!(json["counts"]["seqeval"]["tokens"], 7);
    assert_eq!(json["counts"]["exact"]["LOC.missed"], 1);
    assert!(json.get("per_document").is_none());
}

#[test]
fn one_file_may_hold_both_tags() {
    let desk = columns();
    desk.write("both.tsv", "Anna\tB-PER\tI-PER\nsaw\tO\tO\n\nParis\tB-LOC\tO\n");
    let json = json(&desk, "score --task ner --both both.tsv --metrics seqeval --format json");
    assert_value(&json, "seqeval.recall", 0.5);
    assert_value(&json, "seqeval.precision", 1.0);
}

#[test]
fn each_document_has_its_own_values() {
    let desk = columns();
    let json = json(&desk, &format!("{TAGS} --metrics exact,seqeval --per-document"));
    let documents = json["per_document"].as_array().unwrap();
    assert_eq!(documents.iter().map(|d| d["id"].as_str().unwrap()).collect::<Vec<_>>(), ["doc-1", "doc-2"]);
    assert_eq!(
        (documents[0]["values"]["f1"].as_f64(), documents[1]["values"]["seqeval.f1"].as_f64()),
        (Some(0.5), Some(1.0))
    );
    assert!(documents[1]["values"]["f1.PER"].is_null(), "the second document has no such entity");
}

#[test]
fn what_was_found_out_and_what_is_resampled_is_said_on_stderr() {
    let desk = columns();
    // All but the warning that documents are few, which comes last.
    let said = |line: &str| {
        let stderr = String::from_utf8(desk.karat(line).output().unwrap().stderr).unwrap();
        let (words, few) = stderr.split_once("Only ").unwrap();
        assert!(few.ends_with("scored: intervals from fewer than 20 documents are too narrow.\n"), "{few}");
        words.to_owned()
    };
    assert_eq!(said(TAGS), "");
    assert_eq!(
        said(&format!("{TAGS} --metrics seqeval-strict")),
        "tags of gold are read as IOB2, because of `B-PER`\n"
    );
    assert_eq!(
        said(&format!("{TAGS} --unit sentence")),
        "each of 3 sentences is taken as a document; where errors of one text go together, intervals are too narrow\n"
    );
    desk.write("gold.conll", "a O\n\nb O\n");
    desk.write("pred.conll", "a O\n\nb O\n");
    let words = "there is no `-DOCSTART-`: the 2 sentences are one document, and intervals say nothing; --unit sentence takes each as one\n";
    assert_eq!(said(TAGS), words);
    desk.write("gold.conll", "a I-A\nb O\nc B-A\n");
    desk.write("pred.conll", "a I-A\nb O\nc B-A\n");
    let words = "seqeval-strict was left out: tags are of no one scheme: `I-A` is of IOB1, `B-A` of IOB2; name the scheme with --scheme\n";
    assert_eq!(said(&format!("{TAGS} --metrics all")), words);
}

#[test]
fn spans_have_partial_credit_in_any_order_and_by_nervaluate_in_that_of_the_file() {
    let desk = Desk::new();
    let spans = |spans: &str| format!("{{\"id\": \"a\", \"entities\": [{spans}]}}\n");
    let (long, right) = (r#"{"start": 1, "end": 4, "label": "A"}"#, r#"{"start": 0, "end": 4, "label": "A"}"#);
    desk.write("gold.jsonl", spans(right));
    let line = "score --task ner --gold gold.jsonl --pred pred.jsonl --metrics semeval2013,nervaluate --format json";
    for (order, nervaluate) in [([right, long], 0.5), ([long, right], 0.0)] {
        desk.write("pred.jsonl", spans(&order.join(", ")));
        let json = json(&desk, line);
        assert_value(&json, "semeval2013.strict.precision", 0.5);
        assert_value(&json, "nervaluate.strict.precision", nervaluate);
    }
}

#[test]
fn targets_are_a_family_of_stance() {
    let desk = Desk::new();
    let line =
        |target: &str, stance: &str| format!("{{\"id\": \"a\", \"target\": \"{target}\", \"stance\": \"{stance}\"}}\n");
    desk.write("gold.jsonl", [line("x", "favor"), line("y", "against")].concat());
    desk.write("pred.jsonl", [line("x", "favor"), line("y", "favor")].concat());
    let json = json(&desk, "score --task stance --gold gold.jsonl --pred pred.jsonl --metrics all --format json");
    assert_value(&json, "f_avg", 1.0 / 3.0);
    assert_value(&json, "f_avg.targets", 0.25);
    assert_value(&json, "f_avg.target.x", 0.5);
    assert_value(&json, "balanced_accuracy", 0.5);
    assert_value(&json, "mcc", 0.0);
}
