//! Broken model folders: each is refused with an error that names what is wrong.

use super::{forward, sequence, tiny};
use karat::engine::native::Native;
use karat::engine::{ForwardError, LoadError, Precision};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

/// A tensor as stored: type, shape, bytes.
pub(crate) type Stored = (Dtype, Vec<usize>, Vec<u8>);

/// A copy of a tiny checkpoint whose tensors have been changed.
fn changed(name: &str, change: impl FnOnce(&mut BTreeMap<String, Stored>)) -> TempDir {
    let folder = copied(name);
    rewrite(&folder.path().join("model.safetensors"), change);
    folder
}

/// Changes the tensors of a file of weights.
pub(crate) fn rewrite(path: &Path, change: impl FnOnce(&mut BTreeMap<String, Stored>)) {
    let bytes = std::fs::read(path).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap().tensors();
    let mut tensors =
        tensors.into_iter().map(|(name, t)| (name, (t.dtype(), t.shape().to_vec(), t.data().to_vec()))).collect();
    change(&mut tensors);
    let views = tensors
        .iter()
        .map(|(name, (dtype, shape, data))| (name.as_str(), TensorView::new(*dtype, shape.clone(), data).unwrap()));
    std::fs::write(path, serialize(views, None).unwrap()).unwrap();
}

fn copied(name: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors"] {
        std::fs::copy(tiny(name).join(file), folder.path().join(file)).unwrap();
    }
    folder
}

/// The error of loading a folder, its path shortened.
fn refusal(folder: &Path) -> String {
    let error = Native::load(folder, Precision::F32).err().expect("a broken model is refused");
    error.to_string().replace(folder.to_str().unwrap(), "MODEL")
}

const QUERY: &str = "bert.encoder.layer.1.attention.self.query.weight";

#[test]
fn a_missing_file_is_named() {
    let folder = copied("token");
    std::fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    assert_eq!(refusal(folder.path()), "model file `MODEL/model.safetensors` cannot be read");
}

#[test]
fn a_truncated_file_is_said_to_be_truncated() {
    let folder = copied("token");
    let path = folder.path().join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    for (kept, words) in
        [(bytes.len() - 1, "may be truncated"), (500, "may be truncated"), (5, "ends before its header")]
    {
        std::fs::write(&path, &bytes[..kept]).unwrap();
        let refusal = refusal(folder.path());
        assert!(refusal.starts_with("model file `MODEL/model.safetensors` is not valid: "), "{refusal}");
        assert!(refusal.contains(words), "{refusal}");
    }
}

#[test]
fn a_file_of_another_kind_is_refused() {
    let folder = copied("token");
    std::fs::write(folder.path().join("model.safetensors"), b"version https://git-lfs.github.com/spec/v1\n").unwrap();
    assert!(refusal(folder.path()).starts_with("model file `MODEL/model.safetensors` is not valid: "));
}

#[test]
fn a_missing_tensor_is_named() {
    let folder = changed("token", |tensors| drop(tensors.remove(QUERY)));
    assert_eq!(refusal(folder.path()), format!("model file `MODEL/model.safetensors` has no tensor `{QUERY}`"));
}

#[test]
fn a_sequence_head_without_its_pooler_is_refused() {
    let folder = changed("sequence", |tensors| drop(tensors.remove("bert.pooler.dense.weight")));
    assert_eq!(refusal(folder.path()), "model file `MODEL/model.safetensors` has no tensor `bert.pooler.dense.weight`");
}

#[test]
fn a_tensor_of_another_shape_is_named_with_both_shapes() {
    let folder = changed("token", |tensors| tensors.get_mut(QUERY).unwrap().1 = vec![16, 64]);
    let words = format!("tensor `{QUERY}` has shape [16, 64], but config.json asks for [32, 32]");
    assert_eq!(refusal(folder.path()), format!("model file `MODEL/model.safetensors`: {words}"));
}

#[test]
fn a_classifier_for_other_labels_is_refused() {
    let folder = copied("token");
    let path = folder.path().join("config.json");
    let config = std::fs::read_to_string(&path).unwrap().replace(",\n    \"2\": \"LABEL_2\"", "");
    std::fs::write(&path, config).unwrap();
    let refusal = refusal(folder.path());
    assert!(
        refusal.ends_with("tensor `classifier.weight` has shape [3, 32], but config.json asks for [2, 32]"),
        "{refusal}"
    );
}

#[test]
fn a_tensor_of_an_unknown_type_is_named() {
    let folder = changed("token", |tensors| tensors.get_mut(QUERY).unwrap().0 = Dtype::I32);
    let words = format!("tensor `{QUERY}` is stored as I32; F32, F16 and BF16 can be read");
    assert_eq!(refusal(folder.path()), format!("model file `MODEL/model.safetensors`: {words}"));
}

#[test]
fn a_weight_that_is_not_a_number_is_found() {
    for bad in [f32::NAN, f32::INFINITY] {
        let folder = changed("token", |tensors| {
            tensors.get_mut(QUERY).unwrap().2[4 * 37..4 * 38].copy_from_slice(&bad.to_le_bytes());
        });
        let error = Native::load(folder.path(), Precision::F32).err().unwrap();
        assert!(matches!(error, LoadError::NotFinite { name, index: 37, .. } if name == QUERY));
    }
}

#[test]
fn a_logit_that_is_not_a_number_is_refused_with_its_sequence() {
    // The largest finite weights overflow once they are added up.
    let folder = changed("token", |tensors| {
        let weights = &mut tensors.get_mut("classifier.weight").unwrap().2;
        weights.chunks_mut(4).for_each(|weight| weight.copy_from_slice(&f32::MAX.to_le_bytes()));
    });
    let bert = Native::load(folder.path(), Precision::F32).unwrap();
    let refused = forward(&bert, &[sequence(vec![1, 2, 3])]);
    assert!(matches!(refused, Err(ForwardError::NotFinite { sequence: 0 })), "{refused:?}");
}
