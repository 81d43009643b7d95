//! `karat models list` and `karat models inspect`.

use super::server::{COMMIT, Hub, Repository};
use super::{hub, line, sharded, tagger};
use crate::cli::desk::Desk;
use crate::engine::faults::rewrite;
use safetensors::SafeTensors;
use serde_json::{Value, json};
use snapbox::str;

const WEIGHTS: &str = "models/tagger/model.safetensors";

fn inspected(desk: &Desk, line: &str) -> Value {
    serde_json::from_str(&desk.succeeds(&format!("models inspect {line} --format json"))).unwrap()
}

/// The numbers in a file of weights.
fn parameters(bytes: &[u8]) -> usize {
    SafeTensors::deserialize(bytes)
        .unwrap()
        .tensors()
        .iter()
        .map(|(_, view)| view.shape().iter().product::<usize>())
        .sum()
}

#[test]
fn folders_and_the_cache_are_listed() {
    let desk = Desk::small();
    desk.succeeds(&line(&hub()));
    desk.karat("models list").assert().success().stderr_eq("").stdout_eq(str![[r#"
 model              what it is                     head      labels  parameters      size        commit
 models/gazetteer   floor: gazetteer               –              –           –      51 B             –
 models/judge       BertForSequenceClassification  sequence       3      22,755  98.21 kB             –
 models/majority    floor: majority                –              –           –      18 B             –
 models/tagger      BertForTokenClassification     token          3      21,699  93.79 kB             –
 hub:org/tiny@main  BertForTokenClassification     token          3      21,699  93.81 kB  0123456789ab

"#]]);
    let json: Value = serde_json::from_str(&desk.succeeds("models list --format json")).unwrap();
    let models = json["models"].as_array().unwrap();
    let paths: Vec<_> = models.iter().map(|model| model["path"].as_str().unwrap()).collect();
    let folders = ["models/gazetteer", "models/judge", "models/majority", "models/tagger"];
    assert_eq!(paths, [&folders[..], &["hub:org/tiny@main"]].concat());
    assert_eq!((&models[0]["floor"], &models[0]["task"]), (&json!(true), &json!("ner")));
    assert_eq!(models[3]["labels"], json!(["O", "B-PER", "I-PER"]));
    assert_eq!(models[3]["parameters"], parameters(&std::fs::read(desk.path(WEIGHTS)).unwrap()));
    assert_eq!((&models[4]["name"], &models[4]["commit"]), (&json!("org/tiny"), &json!(COMMIT)));
    // What is listed is what other commands take.
    for path in paths {
        inspected(&desk, path);
    }
}

#[test]
fn folders_that_are_named_are_listed_in_place_of_models() {
    let desk = Desk::small();
    desk.karat("models list models/judge").assert().success().stdout_eq(str![[r#"
 model         what it is                     head      labels  parameters      size  commit
 models/judge  BertForSequenceClassification  sequence       3      22,755  98.21 kB       –

"#]]);
    let own = Desk::new();
    own.succeeds(&format!("{} --cache here", line(&hub())));
    let listed = own.succeeds("models list --cache here");
    assert!(listed.contains(&format!("here/models--org--tiny/snapshots/{COMMIT}")), "{listed}");
    own.karat("models list").assert().success().stdout_eq("").stderr_eq(str![[r#"
no model in `models`, and none in the cache `hf/hub`

"#]]);
}

#[test]
fn what_cannot_be_used_is_listed_with_the_reason() {
    let desk = Desk::small();
    desk.succeeds(&line(&hub()));
    std::fs::remove_file(desk.path(&format!("hf/hub/models--org--tiny/snapshots/{COMMIT}/tokenizer.json"))).unwrap();
    desk.edit("models/judge/config.json", "BertForSequenceClassification", "GPT2LMHeadModel");
    std::fs::rename(desk.path(WEIGHTS), desk.path("models/tagger/pytorch_model.bin")).unwrap();
    std::fs::remove_file(desk.path("models/gazetteer/names.tsv")).unwrap();
    desk.karat("models list").assert().success().stderr_eq("").stdout_eq(str![[r#"
 model              what it is                  head   labels  parameters      size        commit
 models/gazetteer   –                           –           –           –      19 B             –
 models/judge       GPT2LMHeadModel             –           –      22,755  98.19 kB             –
 models/majority    floor: majority             –           –           –      18 B             –
 models/tagger      BertForTokenClassification  token       3           –  93.79 kB             –
 hub:org/tiny@main  BertForTokenClassification  token       3      21,699  91.78 kB  0123456789ab

models/gazetteer: `models/gazetteer/names.tsv` cannot be read: No such file or directory (os error 2)

models/judge: no engine runs architecture `GPT2LMHeadModel`

models/tagger: model file `models/tagger/pytorch_model.bin` holds pickled weights, which karat does not read

hub:org/tiny@main: the cache has it without tokenizer.json

"#]]);
}

#[test]
fn a_model_is_inspected_without_loading_it() {
    let desk = Desk::small();
    desk.karat("models inspect models/tagger").assert().success().stderr_eq("").stdout_eq(str![[r#"
 model              models/tagger
 what it is         BertForTokenClassification
 engines            native
 task               ner
 head               a row of logits for each token
 labels             3: 0 O, 1 B-PER, 2 I-PER
 max tokens         40
 vocabulary         97
 tokenizer          WordPiece, 81 tokens
 one text           [CLS] … [SEP]
 a pair             [CLS] … [SEP] … [SEP]
 parameters         21,699 in 39 tensors
 stored as          F32 21,699
 in memory          86.80 kB in f32: 4 bytes a parameter, and what batches need
 on disk            93.79 kB
 config.json        sha256:83a951f56ea22c4d9072dd9f0d588262ec5deb0248739c37ab4bfcd796bccb38
 model.safetensors  sha256:e1ad2a7759b496673ba8fe7c67396baf0375e3a475d0ef90868c30ad8cd43f64
 tokenizer.json     sha256:97a258ff6d4c9076fb305c8a6954fa2668b66fc43bdab4243594da46bde76215

no problem found (weights: their headers only; --load looks at all of them)

"#]]);
    desk.karat("models inspect models/majority").assert().success().stderr_eq("").stdout_eq(str![[r#"
 model       models/majority
 what it is  floor: majority
 task        stance
 on disk     18 B
 floor.toml  sha256:9b5f286e4cda2fab719475e203c2e0cab57f816b0ca5e87393b7517c4917ddce

no problem found

"#]]);
}

#[test]
fn a_model_of_the_cache_is_inspected_by_its_name() {
    let desk = Desk::new();
    desk.succeeds(&line(&hub()));
    let found = inspected(&desk, "org/tiny");
    assert_eq!(found["commit"], COMMIT);
    for name in [
        "hub:org/tiny".to_owned(),
        format!("org/tiny@{COMMIT}"),
        format!("hf/hub/models--org--tiny/snapshots/{COMMIT}"),
    ] {
        let again = inspected(&desk, &name);
        assert_eq!((&again["digests"], &again["weights"]), (&found["digests"], &found["weights"]), "{name}");
    }
}

#[test]
fn shards_count_together() {
    let mut files = tagger();
    let whole = parameters(&files["model.safetensors"]);
    sharded(&mut files);
    let (desk, hub) = (Desk::new(), Hub::serve(Repository { files, ..Repository::default() }));
    desk.succeeds(&line(&hub));
    let found = inspected(&desk, "org/tiny --load");
    assert_eq!((&found["weights"]["parameters"], &found["weights"]["f32_bytes"]), (&json!(whole), &json!(4 * whole)));
    assert_eq!(found["weights"]["files"].as_array().unwrap().len(), 2);
    assert_eq!((&found["engines"], &found["problems"]), (&json!(["native"]), &json!([])));
    assert_eq!(found["digests"].as_object().unwrap().len(), 5);
}

#[test]
fn stored_types_are_counted() {
    let desk = Desk::new();
    desk.tiny_model("half", "token-f16", ["O", "B-PER", "I-PER"]);
    let whole = parameters(&std::fs::read(desk.path("half/model.safetensors")).unwrap());
    assert_eq!(inspected(&desk, "half")["weights"]["types"], json!({ "F16": whole }));
}

#[test]
fn problems_are_a_part_of_what_is_found() {
    let desk = Desk::small();
    rewrite(&desk.path(WEIGHTS), |tensors| drop(tensors.remove("classifier.bias")));
    desk.edit("models/tagger/config.json", "\"O\"", "\"LABEL_0\"");
    desk.edit("models/tagger/tokenizer.json", "\"takes\":77", "\"takes\":97");
    desk.karat("models inspect models/tagger --load").assert().success().stdout_eq(str![[r#"
 model              models/tagger
 what it is         BertForTokenClassification
 engines            none
 task               none
 head               a row of logits for each token
 labels             3: 0 LABEL_0, 1 B-PER, 2 I-PER
 max tokens         40
 vocabulary         97
 parameters         21,696 in 38 tensors
 stored as          F32 21,696
 in memory          86.78 kB in f32: 4 bytes a parameter, and what batches need
 on disk            93.67 kB
 config.json        sha256:c44fb4e5c4d4bfc0e5d2b8209d50a34e46e33ba369c17bb7e77849457bccbb33
 model.safetensors  sha256:9dcc99fbf15406a267e6b23a80b42f5e332c7207632ff1bdccf5c00db310af61
 tokenizer.json     sha256:ba490dfb1b4a7d36f775a948f61c4eb2244eb071f722b7f39c6332773e751898

problem: the model's id2label names its classes LABEL_0, B-PER, I-PER, which says nothing about their meaning

problem: tokenizer `models/tagger/tokenizer.json` has token `takes` with id 97, but the model's vocabulary has 97 entries

problem: model file `models/tagger/model.safetensors` has no tensor `classifier.bias`

"#]]);
    // Headers alone do not say which tensors an architecture wants.
    desk.edit("models/tagger/tokenizer.json", "\"takes\":97", "\"takes\":77");
    assert_eq!(inspected(&desk, "models/tagger")["engines"], json!(["native"]));
    assert_eq!(inspected(&desk, "models/tagger --load")["engines"], json!([]));
    desk.edit("models/judge/config.json", "BertForSequenceClassification", "GPT2LMHeadModel");
    let other = inspected(&desk, "models/judge");
    assert_eq!((&other["class"], &other["engines"]), (&json!("GPT2LMHeadModel"), &json!([])));
}
