//! Engines, precisions and devices that are not there.

use crate::cli::desk::Desk;
use snapbox::str;

const PREDICT: &str = "predict --task ner --model models/tagger --input corpus/documents.jsonl --output out.jsonl";

/// The small suite whose tagger is run otherwise.
fn tagger_by(line: &str) -> Desk {
    let desk = Desk::small();
    desk.edit("suite.toml", "[models.tagger]", &format!("[models.tagger]\n{line}"));
    desk
}

#[cfg(not(feature = "rust-bert"))]
#[test]
fn an_engine_that_was_left_out_of_the_build() {
    tagger_by("engine = \"rust-bert\"").refuses("run suite.toml --out out", str![[r#"
error: model `tagger`: this karat was built without the engine `rust-bert`
hint: `just libtorch` brings what it needs, `cargo build --release --features rust-bert` builds it in; or choose `engine = "native"`

"#]]);
    Desk::small().refuses(&format!("{PREDICT} --engine rust-bert"), str![[r#"
error: this karat was built without the engine `rust-bert`
hint: `just libtorch` brings what it needs, `cargo build --release --features rust-bert` builds it in; or choose `engine = "native"`

"#]]);
}

#[test]
fn a_precision_that_an_engine_has_not() {
    tagger_by("precision = \"bf16\"").refuses(
        "run suite.toml --out out",
        str![[r#"
error: model `tagger`: engine `native` does not run models in bf16 on cpu; it does in f32, int8 on cpu
hint: choose one of these, or leave `precision` and `device` out

"#]],
    );
}

#[test]
fn a_device_that_an_engine_has_not() {
    Desk::small().refuses(
        &format!("{PREDICT} --device cuda"),
        str![[r#"
error: engine `native` does not run models in f32 on cuda; it does in f32, int8 on cpu
hint: choose one of these, or leave `precision` and `device` out

"#]],
    );
}

#[test]
fn an_engine_that_nobody_knows() {
    tagger_by("engine = \"onnx\"").refuses(
        "check suite.toml",
        str![[r#"
error: suite `suite.toml` line 10: unknown variant `onnx`, expected `native` or `rust-bert`
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[cfg(feature = "rust-bert")]
#[test]
fn a_device_that_the_machine_has_not() {
    if std::path::Path::new("/dev/nvidia0").exists() {
        return;
    }
    Desk::small().refuses(
        &format!("{PREDICT} --engine rust-bert --device cuda"),
        str![[r#"
error: there is no device `cuda`: [..]
hint: for a GPU, build with `just libtorch cuda` where its driver is; or choose `device = "cpu"`

"#]],
    );
}

#[cfg(feature = "rust-bert")]
#[test]
fn an_architecture_that_an_engine_has_not() {
    let desk = Desk::small();
    desk.tiny_model("models/deberta", "deberta-v3-token", ["O", "B-PER", "I-PER"]);
    desk.refuses(
        "predict --task ner --model models/deberta --engine rust-bert --input corpus/documents.jsonl --output out.jsonl",
        str![[r#"
error: model file `models/deberta/config.json` asks for architecture `DebertaV2ForTokenClassification`, which this engine cannot run; it runs: AlbertForTokenClassification, AlbertForSequenceClassification, BartForSequenceClassification, BertForTokenClassification, BertForSequenceClassification, CamembertForTokenClassification, CamembertForSequenceClassification, DistilBertForTokenClassification, DistilBertForSequenceClassification, ElectraForTokenClassification, RobertaForTokenClassification, RobertaForSequenceClassification, XLMRobertaForTokenClassification, XLMRobertaForSequenceClassification
hint: choose a checkpoint that asks for one of these

"#]],
    );
}
