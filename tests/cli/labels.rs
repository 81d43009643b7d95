//! What classes mean: by their names, or by an explicit map in the suite or on the command line.

use super::desk::Desk;

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
