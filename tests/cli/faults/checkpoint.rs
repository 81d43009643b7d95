//! Checkpoints as they come from elsewhere: pickled, sharded, without a head, of another size.

use crate::cli::desk::Desk;
use crate::engine::faults::rewrite;
use crate::engine::tiny;
use snapbox::{IntoData, str};

const RUN: &str = "run suite.toml --out out";
const WEIGHTS: &str = "models/tagger/model.safetensors";
const CONFIG: &str = "models/tagger/config.json";
const INDEX: &str = "model.safetensors.index.json";

/// The small suite, whose tagger comes in two shards.
fn sharded() -> Desk {
    let desk = Desk::small();
    std::fs::remove_file(desk.path(WEIGHTS)).unwrap();
    for file in [INDEX, "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] {
        desk.write(&format!("models/tagger/{file}"), std::fs::read(tiny("token-sharded").join(file)).unwrap());
    }
    desk
}

fn refused(desk: &Desk, message: impl IntoData) {
    desk.refuses(RUN, message);
}

#[test]
fn shards_run_as_one_file_does() {
    let (one, two) = (Desk::small(), sharded());
    let predict = "predict --task ner --model models/tagger --input corpus/documents.jsonl --output -";
    assert_eq!(one.succeeds(predict), two.succeeds(predict));
    let checked = two.succeeds("check suite.toml");
    for file in [INDEX, "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] {
        assert!(checked.contains(file), "the digest of {file} is shown: {checked}");
    }
}

#[test]
fn pickled_weights() {
    let desk = Desk::small();
    std::fs::rename(desk.path(WEIGHTS), desk.path("models/tagger/pytorch_model.bin")).unwrap();
    refused(
        &desk,
        str![[r#"
error: model `tagger`: model file `models/tagger/pytorch_model.bin` holds pickled weights, which karat does not read
hint: convert it once, where transformers is installed: AutoModelForTokenClassification (or AutoModelForSequenceClassification) .from_pretrained(FOLDER).save_pretrained(FOLDER)

"#]],
    );
}

#[test]
fn a_missing_shard() {
    let desk = sharded();
    std::fs::remove_file(desk.path("models/tagger/model-00002-of-00002.safetensors")).unwrap();
    refused(
        &desk,
        str![[r#"
error: model `tagger`: model file `models/tagger/model-00002-of-00002.safetensors` cannot be read: No such file or directory (os error 2)
hint: a model is a folder with config.json, tokenizer.json and model.safetensors, such as models/ner-minilm-l6

"#]],
    );
}

#[test]
fn a_shard_without_a_tensor_of_the_index() {
    let desk = sharded();
    let shard = desk.path("models/tagger/model-00002-of-00002.safetensors");
    rewrite(&shard, |tensors| drop(tensors.remove("classifier.bias")));
    refused(
        &desk,
        str![[r#"
error: model `tagger`: model file `models/tagger/model-00002-of-00002.safetensors` has no tensor `classifier.bias`
hint: the checkpoint has no trained head for this; choose one that was fine-tuned for token or sequence classification

"#]],
    );
}

#[test]
fn an_index_that_leads_out_of_the_folder() {
    let desk = sharded();
    let index = format!("models/tagger/{INDEX}");
    desk.write(&index, desk.read(&index).replacen("\"model-00001", "\"../model-00001", 1));
    refused(
        &desk,
        str![[r#"
error: model `tagger`: model file `models/tagger/model.safetensors.index.json` is not valid: `../model-00001-of-00002.safetensors` is no name of a file beside it
hint: the file is damaged or incomplete: fetch it again from its source

"#]],
    );
}

#[test]
fn an_index_that_is_not_one() {
    let desk = sharded();
    desk.write(&format!("models/tagger/{INDEX}"), "{}");
    refused(
        &desk,
        str![[r#"
error: model `tagger`: model file `models/tagger/model.safetensors.index.json` is not valid: missing field `weight_map` at line 1 column 2
hint: the file is damaged or incomplete: fetch it again from its source

"#]],
    );
}

#[test]
fn a_model_that_was_only_pretrained() {
    let desk = Desk::small();
    rewrite(&desk.path(WEIGHTS), |tensors| tensors.retain(|name, _| !name.starts_with("classifier")));
    refused(
        &desk,
        str![[r#"
error: model `tagger`: model file `models/tagger/model.safetensors` has no tensor `classifier.weight`
hint: the checkpoint has no trained head for this; choose one that was fine-tuned for token or sequence classification

"#]],
    );
}

#[test]
fn another_hidden_size() {
    let desk = Desk::small();
    desk.edit(CONFIG, r#""hidden_size":32"#, r#""hidden_size":48"#);
    refused(
        &desk,
        str![[r#"
error: model `tagger`: model file `models/tagger/model.safetensors`: tensor `bert.embeddings.position_embeddings.weight` has shape [40, 32], but config.json asks for [40, 48]
hint: config.json and model.safetensors must come from the same checkpoint

"#]],
    );
}

#[test]
fn heads_that_do_not_divide_the_hidden_size() {
    let desk = Desk::small();
    desk.edit(CONFIG, r#""num_attention_heads":4"#, r#""num_attention_heads":5"#);
    refused(
        &desk,
        str![[r#"
error: model `tagger`: model file `models/tagger/config.json` is not valid: `num_attention_heads` 5 does not divide `hidden_size` 32
hint: mend the file, or fetch it again from its source

"#]],
    );
}

#[test]
fn a_size_that_is_no_number() {
    let desk = Desk::small();
    desk.edit(CONFIG, r#""num_hidden_layers":2"#, r#""num_hidden_layers":"two""#);
    refused(
        &desk,
        str![[r#"
error: model `tagger`: model file `models/tagger/config.json` is not valid: `num_hidden_layers` is "two", not a whole number of at least 0
hint: mend the file, or fetch it again from its source

"#]],
    );
}

#[test]
fn every_bad_model_is_named_at_once() {
    let desk = Desk::small();
    desk.edit(CONFIG, r#""num_attention_heads":4"#, r#""num_attention_heads":5"#);
    std::fs::remove_file(desk.path("models/judge/model.safetensors")).unwrap();
    refused(
        &desk,
        str![[r#"
error: model `judge`: model file `models/judge/model.safetensors` cannot be read: No such file or directory (os error 2)
model `tagger`: model file `models/tagger/config.json` is not valid: `num_attention_heads` 5 does not divide `hidden_size` 32
hint: for the first of these: a model is a folder with config.json, tokenizer.json and model.safetensors, such as models/ner-minilm-l6

"#]],
    );
}
