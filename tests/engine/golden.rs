//! Logits against Hugging Face transformers in f32. `tests/golden/make_engine_golden.py` made the numbers.

use super::faults::rewrite;
use super::{checkpoints, forward, tiny};
use karat::engine::native::Native;
use karat::engine::{Architecture, Batch, Config, Engine, Head, Logits, Precision, Sequence};
use safetensors::tensor::Dtype;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Expected {
    ids: Vec<u32>,
    type_ids: Vec<u32>,
    /// Which rows of logits are listed: all of them, or a sample of a long sequence's tokens.
    rows: Vec<usize>,
    logits: Vec<Vec<f32>>,
}

fn expected(path: &Path) -> Vec<Expected> {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn largest_difference(logits: &Logits, first_row: usize, expected: &Expected) -> f32 {
    let listed = expected.rows.iter().zip(&expected.logits);
    let differences = listed.flat_map(|(&row, numbers)| {
        let row = logits.row(first_row + row);
        assert_eq!(row.len(), numbers.len());
        row.iter().zip(numbers).map(|(a, b)| (a - b).abs()).collect::<Vec<_>>()
    });
    differences.fold(0.0, f32::max)
}

/// Each sequence alone, then all of them in one batch.
pub(super) fn agrees(engine: &dyn Engine, numbers: &Path, tolerance: f32) {
    let expected = expected(numbers);
    let sequence = |e: &Expected| Sequence { ids: e.ids.clone(), type_ids: e.type_ids.clone() };
    for one in &expected {
        let alone = forward(engine, &[sequence(one)]).unwrap();
        let difference = largest_difference(&alone, 0, one);
        assert!(difference <= tolerance, "{}, {} tokens: {difference:e}", numbers.display(), one.ids.len());
    }
    let together = forward(engine, &expected.iter().map(sequence).collect::<Vec<_>>()).unwrap();
    let mut row = 0;
    for one in &expected {
        let difference = largest_difference(&together, row, one);
        assert!(difference <= tolerance, "{}, {} tokens in a batch: {difference:e}", numbers.display(), one.ids.len());
        row += match engine.config().head {
            Head::Token => one.ids.len(),
            Head::Sequence => 1,
        };
    }
    assert_eq!(row, together.nrows());
}

fn tiny_agrees(name: &str) {
    agrees(&Native::load(&tiny(name), Precision::F32).unwrap(), &tiny(name).join("expected.json"), 1e-5);
}

/// A bundled model's folder, and its numbers.
pub(super) fn bundled(name: &str) -> (PathBuf, PathBuf) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    (root.join(format!("models/{name}-minilm-l6")), root.join(format!("tests/golden/bundled/{name}.json")))
}

fn bundled_agrees(name: &str) {
    let (model, numbers) = bundled(name);
    agrees(&Native::load(&model, Precision::F32).unwrap(), &numbers, 1e-4);
}

#[test]
fn the_bundled_ner_model_gives_the_reference_logits() {
    bundled_agrees("ner");
}

#[test]
fn the_bundled_nli_model_gives_the_reference_logits() {
    bundled_agrees("nli");
}

#[test]
fn eight_bits_stay_near_the_reference_logits() {
    for name in ["ner", "nli"] {
        let (model, numbers) = bundled(name);
        agrees(&Native::load(&model, Precision::Int8).unwrap(), &numbers, 0.3);
    }
}

#[test]
fn operations_are_those_of_every_product() {
    let ner = Native::load(&bundled("ner").0, Precision::F32).unwrap();
    let of = |lengths: &[usize]| {
        let sequence = |&n: &usize| Sequence { ids: vec![1000; n], type_ids: vec![0; n] };
        ner.operations(&Batch::pack(&lengths.iter().map(sequence).collect::<Vec<_>>()).unwrap()).unwrap()
    };
    // 6 layers of four 384 x 384 matrices and two of 384 x 1536, and a classifier of 9 rows; two for each weight and token.
    let (layers, hidden) = (6_u64, 384_u64);
    let dense = 2 * (layers * (4 * hidden * hidden + 8 * hidden * hidden) + 9 * hidden);
    // Each pair of tokens of a sequence costs a product of 384 for its score and one for its share of the sum.
    let pair = layers * 4 * hidden;
    assert_eq!(of(&[100]), 100 * dense + 100 * 100 * pair);
    assert_eq!(of(&[100, 7]), of(&[100]) + of(&[7]));
}

#[test]
fn token_heads_give_the_reference_logits() {
    tiny_agrees("token");
}

#[test]
fn sequence_heads_give_the_reference_logits() {
    tiny_agrees("sequence");
    tiny_agrees("sequence-f16");
}

#[test]
fn weights_stored_in_half_precision_are_widened() {
    tiny_agrees("token-f16");
    tiny_agrees("token-bf16");
}

#[test]
fn a_pooler_that_a_token_head_does_not_read_is_ignored() {
    tiny_agrees("token-pooler");
}

#[test]
fn names_without_prefix_and_of_old_layer_norms_are_known() {
    tiny_agrees("token-old-names");
}

#[test]
fn each_activation_is_the_one_that_the_model_names() {
    tiny_agrees("token-gelu-new");
    tiny_agrees("token-relu");
}

#[test]
fn sizes_that_fill_no_register_are_right() {
    tiny_agrees("token-odd-sizes");
}

#[test]
fn every_class_has_a_checkpoint_and_each_gives_the_reference_logits() {
    let mut classes = BTreeSet::new();
    for name in checkpoints() {
        tiny_agrees(&name);
        classes.insert(Config::read(&tiny(&name)).unwrap().class());
    }
    let supported = Architecture::supported();
    assert_eq!(classes.iter().map(String::as_str).collect::<BTreeSet<_>>(), supported.split(", ").collect());
}

#[test]
fn a_table_that_two_parts_share_is_found_under_any_of_its_names() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "expected.json", "model.safetensors"] {
        std::fs::copy(tiny("bart-sequence").join(file), folder.path().join(file)).unwrap();
    }
    rewrite(&folder.path().join("model.safetensors"), |tensors| {
        let shared = tensors.remove("model.shared.weight").unwrap();
        tensors.insert("model.decoder.embed_tokens.weight".to_owned(), shared);
        // A head of another task changes nothing.
        tensors.insert("lm_head.weight".to_owned(), (Dtype::F32, vec![1], vec![0; 4]));
    });
    agrees(&Native::load(folder.path(), Precision::F32).unwrap(), &folder.path().join("expected.json"), 1e-5);
}
