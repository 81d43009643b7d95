//! The engine `rust-bert`: the model's own numbers from the crate's structs, or a refusal.

use super::golden::{agrees, bundled};
use super::{distance, faults, forward, sequence, tiny};
use karat::engine::{Device, Engine, EngineName, ForwardError, LoadError, Logits, Precision, Runtime, Sequence, load};
use ndarray::{Axis, Slice};
use std::path::Path;

/// The tiny checkpoints that the crate has structs for.
const CHECKPOINTS: [&str; 27] = [
    "albert-one-group-sequence",
    "albert-one-group-token",
    "bart-sequence",
    "bert-epsilon-sequence",
    "bert-epsilon-token",
    "camembert-sequence",
    "camembert-token",
    "distilbert-sequence",
    "distilbert-token",
    "electra-token",
    "roberta-epsilon-sequence",
    "roberta-epsilon-token",
    "roberta-sequence",
    "roberta-token",
    "sequence",
    "sequence-f16",
    "token",
    "token-bf16",
    "token-f16",
    "token-gelu-new",
    "token-odd-sizes",
    "token-old-names",
    "token-pooler",
    "token-relu",
    "token-sharded",
    "xlm-roberta-sequence",
    "xlm-roberta-token",
];

fn runtime(precision: Precision, device: Device) -> Runtime {
    Runtime { engine: EngineName::RustBert, precision, device }
}

fn loaded(folder: &Path, precision: Precision) -> Result<Box<dyn Engine>, LoadError> {
    load(folder, runtime(precision, Device::Cpu))
}

fn in_f32(name: &str) -> Box<dyn Engine> {
    loaded(&tiny(name), Precision::F32).unwrap()
}

/// An engine for each checkpoint, for the contract.
pub(super) fn engines() -> Vec<Box<dyn Engine>> {
    CHECKPOINTS.into_iter().map(in_f32).collect()
}

fn refusal(name: &str, precision: Precision) -> String {
    let error = loaded(&tiny(name), precision).err().unwrap_or_else(|| panic!("{name} is refused"));
    error.to_string().replace(tiny(name).to_str().unwrap(), "MODEL")
}

#[test]
fn every_struct_gives_the_reference_logits() {
    for name in CHECKPOINTS {
        agrees(&*in_f32(name), &tiny(name).join("expected.json"), 1e-5);
    }
}

#[test]
fn the_bundled_models_give_the_reference_logits() {
    for name in ["ner", "nli"] {
        let (model, numbers) = bundled(name);
        agrees(&*loaded(&model, Precision::F32).unwrap(), &numbers, 1e-4);
    }
}

/// A hundred and fifty sequences of all lengths up to the longest; their last token is one that ends a text.
fn many() -> Vec<Sequence> {
    let length = |at: u32| 1 + (at * at * 7 + at * 3) % 40;
    let id = |at: u32, i: u32| if i + 1 == length(at) { 2 } else { 3 + (i * 31 + at * 17 + i * i * at) % 94 };
    (0..150).map(|at| sequence((0..length(at)).map(|i| id(at, i)).collect())).collect()
}

#[test]
fn masks_and_places_are_right_behind_the_first_batch_of_the_crates_pipelines() {
    let all = many();
    for name in CHECKPOINTS {
        let engine = in_f32(name);
        let together = forward(&*engine, &all).unwrap();
        let mut row = 0;
        for (at, one) in all.iter().enumerate() {
            let alone = forward(&*engine, std::slice::from_ref(one)).unwrap();
            let rows = Slice::from(row..row + alone.nrows());
            let apart = distance(&alone, &together.slice_axis(Axis(0), rows).to_owned());
            assert!(apart <= 1e-5, "{name}, sequence {at}: {apart:e}");
            row += alone.nrows();
        }
        assert_eq!(row, together.nrows());
    }
}

#[test]
fn half_precision_is_near_and_not_equal() {
    let all = many();
    let run = |name: &str, precision| -> Logits { forward(&*loaded(&tiny(name), precision).unwrap(), &all).unwrap() };
    for (name, precision, bound) in [
        ("token", Precision::Bf16, 0.15),
        ("token", Precision::F16, 0.02),
        ("bart-sequence", Precision::F16, 0.02),
        ("roberta-epsilon-token", Precision::Bf16, 0.15),
        ("electra-token", Precision::Bf16, 0.15),
        ("distilbert-sequence", Precision::F16, 0.02),
    ] {
        let apart = distance(&run(name, Precision::F32), &run(name, precision));
        assert!(apart > 1e-5 && apart < bound, "{name} in {precision}: {apart:e}");
    }
}

#[test]
fn a_precision_in_which_a_model_loses_its_meaning_is_refused() {
    let words = "engine `rust-bert` does not run `RobertaForTokenClassification` in f16 on cpu; it does in f32, bf16 on cpu; f32, bf16 on cuda";
    assert_eq!(refusal("roberta-epsilon-token", Precision::F16), words);
    let words = "engine `rust-bert` does not run `BartForSequenceClassification` in bf16 on cpu; it does in f32, f16 on cpu; f32, f16 on cuda";
    assert_eq!(refusal("bart-sequence", Precision::Bf16), words);
}

#[test]
fn what_the_crate_has_no_right_struct_for_is_refused() {
    for (name, what) in [
        ("deberta-v2-token", "architecture `DebertaV2ForTokenClassification`"),
        ("deberta-v3-sequence", "architecture `DebertaV2ForSequenceClassification`"),
        ("electra-sequence", "architecture `ElectraForSequenceClassification`"),
        ("mpnet-token", "architecture `MPNetForTokenClassification`"),
        ("modernbert-token", "architecture `ModernBertForTokenClassification`"),
        ("albert-token", "num_hidden_groups `2`"),
    ] {
        let refusal = refusal(name, Precision::F32);
        let words = format!("model file `MODEL/config.json` asks for {what}, which this engine cannot run; it runs: ");
        assert!(refusal.starts_with(&words), "{refusal}");
    }
}

#[test]
fn a_gpu_is_used_or_said_to_be_missing() {
    match load(&tiny("token"), runtime(Precision::F32, Device::Cuda)) {
        Ok(gpu) => {
            assert!(distance(&forward(&*gpu, &many()).unwrap(), &forward(&*in_f32("token"), &many()).unwrap()) <= 1e-4);
        }
        Err(error) => assert!(error.to_string().starts_with("there is no device `cuda`: "), "{error}"),
    }
}

#[test]
fn a_text_that_never_ends_is_refused_where_its_end_is_read() {
    let refused = forward(&*in_f32("bart-sequence"), &[sequence(vec![5, 2]), sequence(vec![5, 6])]);
    assert!(matches!(refused, Err(ForwardError::NoEnd { id: 2, sequence: 1 })), "{refused:?}");
}

#[test]
fn broken_weights_are_refused_as_by_the_other_engine() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors"] {
        std::fs::copy(tiny("token").join(file), folder.path().join(file)).unwrap();
    }
    let path = folder.path().join("model.safetensors");
    let refused = || loaded(folder.path(), Precision::F32).err().expect("broken weights are refused");
    let query = "bert.encoder.layer.1.attention.self.query.weight";
    faults::rewrite(&path, |tensors| {
        tensors.get_mut(query).unwrap().2[4 * 37..4 * 38].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    assert!(matches!(refused(), LoadError::NotFinite { name, index: 37, .. } if name == query));
    faults::rewrite(&path, |tensors| tensors.get_mut(query).unwrap().1 = vec![16, 64]);
    assert!(matches!(refused(), LoadError::WrongShape { name, .. } if name == query));
    faults::rewrite(&path, |tensors| drop(tensors.remove(query)));
    assert!(matches!(refused(), LoadError::MissingTensor { name, .. } if name == query));
}

#[test]
fn a_logit_that_is_not_a_number_is_refused_with_its_sequence() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors"] {
        std::fs::copy(tiny("token").join(file), folder.path().join(file)).unwrap();
    }
    faults::rewrite(&folder.path().join("model.safetensors"), |tensors| {
        let weights = &mut tensors.get_mut("classifier.weight").unwrap().2;
        weights.chunks_mut(4).for_each(|weight| weight.copy_from_slice(&f32::MAX.to_le_bytes()));
    });
    let refused = forward(&*loaded(folder.path(), Precision::F32).unwrap(), &[sequence(vec![1, 2, 3])]);
    assert!(matches!(refused, Err(ForwardError::NotFinite { sequence: 0 })), "{refused:?}");
}
