//! A checkpoint's tensors under the names of the crate's variables.

use super::blueprint::{Blueprint, Of};
use crate::engine::checkpoint::Checkpoint;
use crate::engine::{Head, LoadError};
use std::collections::BTreeMap;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

/// Weights as the variables of one struct after another share them: nothing is copied.
pub(super) struct Weights(BTreeMap<String, Tensor>);

impl Weights {
    /// Reads a tensor for each variable.
    ///
    /// # Errors
    /// [`LoadError`] as [`Checkpoint::values`] says.
    pub(super) fn read(
        checkpoint: &Checkpoint,
        blueprint: &Blueprint,
        variables: &VarStore,
        (kind, device): (Kind, Device),
    ) -> Result<Self, LoadError> {
        let mut weights = BTreeMap::new();
        let variables: BTreeMap<String, Tensor> = variables.variables().into_iter().collect();
        for (name, variable) in variables {
            let sizes = variable.size();
            let shape: Vec<usize> = sizes.iter().map(|&size| size as usize).collect();
            let values = if is_read(&name, blueprint) {
                checkpoint.values(&stored_name(checkpoint, blueprint.prefix, &name), &shape)?
            } else {
                vec![0.0; shape.iter().product()]
            };
            let tensor = Tensor::from_slice(&values).view(sizes.as_slice());
            let tensor = match blueprint.scale.map(|scale| factor(&name, blueprint.head, scale)) {
                Some(factor) if factor != 1.0 => tensor * factor,
                _ => tensor,
            };
            weights.insert(name, tensor.to_kind(kind).to_device(device));
        }
        Ok(Self(weights))
    }

    /// Makes the variables of a struct these weights.
    pub(super) fn give(&self, variables: &VarStore) {
        for (name, mut variable) in variables.variables() {
            variable.set_data(&self.0[&name]);
        }
    }
}

/// False for variables that the crate has and the head does not read: ALBERT's pooler, for tokens.
fn is_read(name: &str, blueprint: &Blueprint) -> bool {
    !(matches!(blueprint.of, Of::Albert(_)) && blueprint.head == Head::Token && name.starts_with("albert.pooler."))
}

/// The name that a checkpoint has for a variable; where it has none, the one that is usual.
fn stored_name(checkpoint: &Checkpoint, prefix: &str, name: &str) -> String {
    let bare = !checkpoint.has_any(prefix) && checkpoint.has_any("embeddings.");
    let name = name.strip_prefix(prefix).filter(|_| bare).unwrap_or(name);
    // Checkpoints converted from TensorFlow; BART's one table of words, which has three names.
    let old = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
    let [of_encoder, of_decoder] =
        ["encoder.embed_tokens.", "decoder.embed_tokens."].map(|own| name.replace("shared.", own));
    let names = [name.to_owned(), old, of_encoder, of_decoder];
    names.iter().find(|name| checkpoint.has(name)).unwrap_or(&names[0]).clone()
}

/// By what a variable is multiplied so that all states are `scale` times as large: what writes them is made so much smaller, and what
/// reads them so much larger, so that nothing else changes.
fn factor(name: &str, head: Head, scale: f64) -> f64 {
    const READ: [&str; 6] = [
        ".query.weight",
        ".key.weight",
        ".value.weight",
        ".intermediate.dense.weight",
        ".pooler.dense.weight",
        "classifier.dense.weight",
    ];
    const WRITE: [&str; 3] = ["embeddings.", ".output.dense.", ".output.LayerNorm."];
    if READ.iter().any(|end| name.ends_with(end)) || head == Head::Token && name == "classifier.weight" {
        1.0 / scale
    } else if WRITE.iter().any(|part| name.contains(part)) {
        scale
    } else {
        1.0
    }
}
