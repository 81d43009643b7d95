//! Models that are refused.

use crate::cli::desk::Desk;
use crate::engine::faults::{Stored, rewrite};
use snapbox::{IntoData, str};
use std::collections::BTreeMap;

const RUN: &str = "run suite.toml --out out";
const WEIGHTS: &str = "models/tagger/model.safetensors";
const CONFIG: &str = "models/tagger/config.json";
const QUERY: &str = "bert.encoder.layer.1.attention.self.query.weight";

/// A run of the small suite without one file.
fn without(file: &str, message: impl IntoData) {
    let desk = Desk::small();
    std::fs::remove_file(desk.path(file)).unwrap();
    desk.refuses(RUN, message);
}

/// A run of the small suite after one replacement in a file.
fn changed(file: &str, from: &str, to: &str, message: impl IntoData) {
    let desk = Desk::small();
    desk.edit(file, from, to);
    desk.refuses(RUN, message);
}

/// A run of the small suite with other tensors in the tagger.
fn rewritten(change: impl FnOnce(&mut BTreeMap<String, Stored>), message: impl IntoData) {
    let desk = Desk::small();
    rewrite(&desk.path(WEIGHTS), change);
    desk.refuses(RUN, message);
}

#[test]
fn a_missing_folder() {
    let desk = Desk::small();
    desk.refuses(
        "predict --task ner --model models/taggr --input corpus/documents.jsonl --output out.jsonl",
        str![[r#"
error: there is no model folder `models/taggr`
hint: a model is a folder with config.json, tokenizer.json and model.safetensors, such as models/ner-minilm-l6

"#]],
    );
}

#[test]
fn a_missing_configuration() {
    without(
        CONFIG,
        str![[r#"
error: model `tagger`: model file `models/tagger/config.json` cannot be read: No such file or directory (os error 2)
hint: a model is a folder with config.json, tokenizer.json and model.safetensors, such as models/ner-minilm-l6

"#]],
    );
}

#[test]
fn a_missing_tokenizer() {
    without(
        "models/tagger/tokenizer.json",
        str![[r#"
error: model `tagger`: tokenizer `models/tagger/tokenizer.json` cannot be read: No such file or directory (os error 2)
hint: a model is a folder with config.json, tokenizer.json and model.safetensors, such as models/ner-minilm-l6

"#]],
    );
}

#[test]
fn missing_weights() {
    without(
        WEIGHTS,
        str![[r#"
error: model `tagger`: model file `models/tagger/model.safetensors` cannot be read: No such file or directory (os error 2)
hint: a model is a folder with config.json, tokenizer.json and model.safetensors, such as models/ner-minilm-l6

"#]],
    );
}

#[test]
fn truncated_weights() {
    let desk = Desk::small();
    let bytes = std::fs::read(desk.path(WEIGHTS)).unwrap();
    desk.write(WEIGHTS, &bytes[..bytes.len() / 2]);
    desk.refuses(RUN, str![[r#"
error: model `tagger`: model file `models/tagger/model.safetensors` is not valid: its header describes another size than the 45470 bytes that it has; it may be truncated
hint: the file is damaged or incomplete: fetch it again from its source

"#]]);
}

#[test]
fn weights_that_are_a_pointer_to_another_place() {
    let desk = Desk::small();
    desk.write(WEIGHTS, "version https://git-lfs.github.com/spec/v1\n");
    desk.refuses(RUN, str![[r#"
error: model `tagger`: model file `models/tagger/model.safetensors` is not valid: it is a pointer that git-lfs left in place of the weights
hint: the file is damaged or incomplete: fetch it again from its source

"#]]);
}

#[test]
fn a_missing_tensor() {
    rewritten(
        |tensors| drop(tensors.remove(QUERY)),
        str![[r#"
error: model `tagger`: model file `models/tagger/model.safetensors` has no tensor `bert.encoder.layer.1.attention.self.query.weight`
hint: config.json and model.safetensors must come from the same checkpoint

"#]],
    );
}

#[test]
fn a_tensor_of_another_shape() {
    rewritten(
        |tensors| tensors.get_mut(QUERY).unwrap().1 = vec![16, 64],
        str![[r#"
error: model `tagger`: model file `models/tagger/model.safetensors`: tensor `bert.encoder.layer.1.attention.self.query.weight` has shape [16, 64], but config.json asks for [32, 32]
hint: config.json and model.safetensors must come from the same checkpoint

"#]],
    );
}

#[test]
fn a_weight_that_is_not_a_number() {
    let nan = |tensors: &mut BTreeMap<String, Stored>| {
        tensors.get_mut(QUERY).unwrap().2[4 * 37..4 * 38].copy_from_slice(&f32::NAN.to_le_bytes());
    };
    rewritten(
        nan,
        str![[r#"
error: model `tagger`: model file `models/tagger/model.safetensors`: tensor `bert.encoder.layer.1.attention.self.query.weight` holds a value that is not a finite number at element 37
hint: the weights are damaged or training diverged; compare their digest with their source

"#]],
    );
}

#[test]
fn a_configuration_that_is_not_json() {
    changed(
        CONFIG,
        "\"hidden_act\":\"gelu\"",
        "\"hidden_act\":gelu",
        str![[r#"
error: model `tagger`: model file `models/tagger/config.json` is not valid: expected value at line 1 column 251
hint: mend the file, or fetch it again from its source

"#]],
    );
}

#[test]
fn an_architecture_that_is_not_supported() {
    changed(
        CONFIG,
        "BertForTokenClassification",
        "LukeForTokenClassification",
        str![[r#"
error: model `tagger`: model file `models/tagger/config.json` asks for architecture `LukeForTokenClassification`, which this engine cannot run; it runs: AlbertForTokenClassification, AlbertForSequenceClassification, BartForSequenceClassification, BertForTokenClassification, BertForSequenceClassification, CamembertForTokenClassification, CamembertForSequenceClassification, DebertaV2ForTokenClassification, DebertaV2ForSequenceClassification, DistilBertForTokenClassification, DistilBertForSequenceClassification, ElectraForTokenClassification, ElectraForSequenceClassification, ModernBertForTokenClassification, ModernBertForSequenceClassification, MPNetForTokenClassification, MPNetForSequenceClassification, RobertaForTokenClassification, RobertaForSequenceClassification, XLMRobertaForTokenClassification, XLMRobertaForSequenceClassification
hint: choose a checkpoint that asks for one of these

"#]],
    );
}

#[test]
fn an_activation_that_is_not_supported() {
    changed(
        CONFIG,
        "\"hidden_act\":\"gelu\"",
        "\"hidden_act\":\"silu\"",
        str![[r#"
error: model `tagger`: model file `models/tagger/config.json` asks for hidden_act `silu`, which this engine cannot run; it runs: gelu, gelu_python, gelu_new, gelu_fast, gelu_pytorch_tanh, relu, tanh
hint: choose a checkpoint that asks for one of these

"#]],
    );
}

#[test]
fn labels_without_a_meaning() {
    let desk = Desk::small();
    desk.tiny_model("models/tagger", "token", ["LABEL_0", "LABEL_1", "LABEL_2"]);
    desk.refuses(RUN, str![[r#"
error: model `tagger`: the model's id2label names its classes LABEL_0, LABEL_1, LABEL_2, which says nothing about their meaning
hint: say what the classes mean: `labels = { LABEL_0 = "…" }` under the model in the suite, `--label LABEL_0=…` in predict

"#]]);
}

#[test]
fn labels_without_an_outside() {
    let desk = Desk::small();
    desk.tiny_model("models/tagger", "token", ["B-PER", "I-PER", "B-LOC"]);
    desk.refuses(
        RUN,
        str![[r#"
error: model `tagger`: exactly one class of the model must mean `O` (outside), but its classes are: B-PER, I-PER, B-LOC
hint: say what the classes mean: `labels = { LABEL_0 = "…" }` under the model in the suite, `--label LABEL_0=…` in predict

"#]],
    );
}

#[test]
fn labels_without_an_entailment() {
    let desk = Desk::small();
    desk.tiny_model("models/judge", "sequence", ["negative", "neutral", "positive"]);
    desk.refuses(
        RUN,
        str![[r#"
error: model `judge`: exactly one class of the model must mean entailment, but its classes are: negative, neutral, positive
hint: say what the classes mean: `labels = { LABEL_0 = "…" }` under the model in the suite, `--label LABEL_0=…` in predict

"#]],
    );
}

#[test]
fn a_tokenizer_that_is_not_one() {
    let desk = Desk::small();
    desk.write("models/tagger/tokenizer.json", "{}");
    desk.refuses(
        RUN,
        str![[r#"
error: model `tagger`: tokenizer `models/tagger/tokenizer.json` is not valid: Model missing. at line 1 column 2
hint: the file is damaged or incomplete: fetch it again from its source

"#]],
    );
}

#[test]
fn a_tokenizer_with_ids_beyond_the_vocabulary() {
    changed(
        "models/tagger/tokenizer.json",
        "\"takes\":77",
        "\"takes\":97",
        str![[r#"
error: model `tagger`: tokenizer `models/tagger/tokenizer.json` has token `takes` with id 97, but the model's vocabulary has 97 entries
hint: tokenizer.json and model.safetensors must come from the same checkpoint

"#]],
    );
}

#[test]
fn a_tokenizer_without_pairs_for_the_stance_task() {
    let desk = Desk::small();
    let json = desk.read("models/judge/tokenizer.json");
    let mut tokenizer: serde_json::Value = serde_json::from_str(&json).unwrap();
    tokenizer["post_processor"]["pair"] = tokenizer["post_processor"]["single"].clone();
    desk.write("models/judge/tokenizer.json", tokenizer.to_string());
    desk.refuses(
        RUN,
        str![[r#"
error: model `judge`: the tokenizer frames no pair of texts, which the task `stance` needs
hint: the tokenizer needs a post-processor with a template for pairs

"#]],
    );
}

#[test]
fn weights_whose_sums_overflow() {
    // The largest finite weights pass the check of the file; what they give is found when it is there.
    let desk = Desk::small();
    rewrite(&desk.path(WEIGHTS), |tensors| {
        let weights = &mut tensors.get_mut("classifier.weight").unwrap().2;
        weights.chunks_mut(4).for_each(|weight| weight.copy_from_slice(&f32::MAX.to_le_bytes()));
    });
    desk.refuses(
        RUN,
        str![[r#"
error: model `tagger` on a probe: the model returned a logit that is not a finite number
hint: the weights may be damaged; compare their digest with their source

"#]],
    );
    desk.refuses(
        "predict --task ner --model models/tagger --input corpus/documents.jsonl --output out.jsonl",
        str![[r#"
error: model `models/tagger` on document `a`: the model returned a logit that is not a finite number
hint: the weights may be damaged; compare their digest with their source

"#]],
    );
}
