//! What classes mean: by their names, or by an explicit map in the suite or on the command line.

use super::desk::Desk;
use serde_json::{Value, json};
use snapbox::str;

const PREDICT: &str = "--input corpus/documents.jsonl --output";

#[test]
fn a_map_gives_numbered_classes_the_meaning_that_names_give() {
    let desk = Desk::small();
    desk.succeeds("run suite.toml --out named");
    let numbered = ["LABEL_0", "LABEL_1", "LABEL_2"];
    desk.tiny_model("models/tagger", "token", numbered);
    desk.tiny_model("models/judge", "sequence", numbered);
    let map = |model: &str, labels: &str| {
        let path = format!("path = \"models/{model}\"\n");
        desk.edit("suite.toml", &path, &format!("{path}labels = {{ {labels} }}\n"));
    };
    map("tagger", "LABEL_0 = \"O\", LABEL_1 = \"B-PER\", LABEL_2 = \"I-PER\"");
    map("judge", "LABEL_0 = \"contradiction\", LABEL_1 = \"neutral\", LABEL_2 = \"entailment\"");
    desk.succeeds("run suite.toml --out mapped");
    let (named, mapped) = (desk.files("named"), desk.files("mapped"));
    for table in ["tables/metrics.parquet", "tables/errors.parquet", "predictions/stance.small.judge.parquet"] {
        assert!(named[table] == mapped[table], "{table} differs");
    }
    let record: serde_json::Value = serde_json::from_slice(&mapped["run.json"]).unwrap();
    assert_eq!(record["suite"]["models"]["judge"]["labels"]["LABEL_2"], "entailment");

    desk.succeeds(&format!("predict --task ner --model models/tagger --label LABEL_0=O --label LABEL_1=B-PER --label LABEL_2=I-PER {PREDICT} a.jsonl"));
    desk.tiny_model("models/tagger", "token", ["O", "B-PER", "I-PER"]);
    desk.succeeds(&format!("predict --task ner --model models/tagger {PREDICT} b.jsonl"));
    assert_eq!(desk.read("a.jsonl"), desk.read("b.jsonl"));
}

#[test]
fn a_type_is_renamed_or_left_out() {
    let desk = Desk::small();
    let predict = |options: &str| {
        desk.succeeds(&format!("predict --task ner --model models/tagger {options} {PREDICT} out.jsonl"));
        desk.read("out.jsonl")
    };
    desk.tiny_model("models/tagger", "token", ["O", "B-PER", "B-LOC"]);
    let plain = predict("");
    assert!(plain.contains("\"PER\"") && plain.contains("\"LOC\""), "{plain}");
    assert_eq!(predict("--label PER=PERSON"), plain.replace("\"PER\"", "\"PERSON\""));
    let left: String = predict("--label LOC=O");
    assert!(left.contains("\"PER\"") && !left.contains("\"LOC\""), "{left}");
}

#[test]
fn every_dialect_gives_the_same_entities() {
    let desk = Desk::small();
    let predict = |labels: [&str; 3]| {
        desk.tiny_model("models/tagger", "token", labels);
        desk.succeeds(&format!("predict --task ner --model models/tagger {PREDICT} out.jsonl"));
        desk.read("out.jsonl")
    };
    let plain = predict(["O", "B-PER", "I-PER"]);
    assert!(plain.contains("\"PER\""), "{plain}");
    for labels in [["O", "B_PER", "I_PER"], ["O", "PER-B", "PER-I"], ["o", "b-PER", "i-PER"], ["O", "PER_B", "PER_M"]] {
        assert_eq!(predict(labels), plain, "{labels:?}");
    }
    assert_ne!(predict(["O", "B-PER", "E-PER"]), plain);
}

#[test]
fn a_check_shows_what_each_class_is_taken_for() {
    let desk = Desk::small();
    desk.tiny_model("models/tagger", "token", ["O", "PERSON", "GPE"]);
    let check = desk.karat("check suite.toml --no-probes").assert().success();
    let check = check.stderr_eq(str![[r#"
warning: model `tagger` on corpus `small`: no class gives the gold labels LOC (2), ORG (1), PER (2), which can only be missed; the gold never has its types GPE, PERSON, which can only be spurious
hint: `GPE` is probably `LOC`, `PERSON` is probably `PER`: write `labels = { GPE = "LOC", PERSON = "PER" }` under the model in the suite

"#]]);
    let text = String::from_utf8(check.get_output().stdout.clone()).unwrap();
    let (_, text) = text.split_once("label map\n").unwrap();
    let (table, _) = text.split_once("\n of ").unwrap();
    snapbox::assert_data_eq!(
        table,
        str![[r#"
 model   class  name in id2label  taken for
 judge   0      contradiction     contradiction
 judge   1      neutral           neutral
 judge   2      entailment        entailment
 tagger  0      O                 O
 tagger  1      PERSON            I-PERSON
 tagger  2      GPE               I-GPE

 model   corpus  dialect                      probes     gold that no class gives   types that gold never has
 tagger  small   plain types, as in `PERSON`  not asked  LOC (2), ORG (1), PER (2)  GPE, PERSON
 judge   small   –                            not asked  –                          –

"#]]
    );
    let json: Value = serde_json::from_str(&desk.succeeds("check suite.toml --format json")).unwrap();
    let unmatched = &json["cells"][0]["unmatched"];
    assert_eq!(unmatched["gold"], json!({ "LOC": 2, "ORG": 1, "PER": 2 }));
    assert_eq!(
        (&unmatched["types"], &unmatched["likely"]),
        (&json!(["GPE", "PERSON"]), &json!({ "GPE": "LOC", "PERSON": "PER" }))
    );
    assert_eq!(json["models"]["tagger"]["labels"]["classes"][1], json!({ "name": "PERSON", "meaning": "I-PERSON" }));
}

#[test]
fn a_report_counts_what_found_no_partner_and_a_map_mends_it() {
    let desk = Desk::small();
    desk.tiny_model("models/tagger", "token", ["O", "PERSON", "GPE"]);
    desk.succeeds("run suite.toml --out before");
    let results = karat::run::open(&desk.path("before")).unwrap();
    let predicted = |label: &str| -> u64 {
        let rows = results.confusion.iter().filter(|row| row.key.model == "tagger" && row.confused.predicted == label);
        rows.map(|row| row.confused.count).sum()
    };
    assert!(predicted("GPE") + predicted("PERSON") > 0);
    let types = format!("GPE ({} predicted), PERSON ({} predicted)", predicted("GPE"), predicted("PERSON"));
    let report = desk.read("before/report.md");
    assert!(report.contains(&format!("| LOC (2 in gold), ORG (1 in gold), PER (2 in gold) | {types} |")), "{report}");
    desk.edit(
        "suite.toml",
        "path = \"models/tagger\"\n",
        "path = \"models/tagger\"\nlabels = { GPE = \"LOC\", PERSON = \"PER\" }\n",
    );
    desk.succeeds("run suite.toml --out after");
    assert!(desk.read("after/report.md").contains("| ORG (1 in gold) | – |"));
    // Another map is named among what differs.
    let compared = desk.succeeds("compare before after");
    assert!(compared.contains("label map"), "{compared}");
    // Logits do not depend on the map: another run's can be read with another one.
    desk.succeeds("run suite.toml --out anew --from before");
    let metrics = |run: &str| desk.files(run).remove("tables/metrics.parquet").unwrap();
    assert!(metrics("anew") == metrics("after"));
}
