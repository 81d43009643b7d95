//! Which files of a repository are taken.

use super::{HubError, RepoName};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What the model is.
const CONFIG: &str = "config.json";

/// How text becomes tokens.
const TOKENIZER: &str = "tokenizer.json";

/// Taken where they are there: what transformers wants beside them, and the card with its licence.
const WELCOME: [&str; 2] = ["tokenizer_config.json", "README.md"];

/// The weights in one file.
const WEIGHTS: &str = "model.safetensors";

/// Which file of several has which tensor.
pub(super) const INDEX: &str = "model.safetensors.index.json";

/// Endings of weights that run code when they are opened.
const PICKLES: [&str; 4] = [".bin", ".pt", ".pth", ".ckpt"];

/// How files with such an ending begin that a training leaves beside its weights.
const OF_TRAINING: [&str; 5] = ["training_args", "optimizer", "scheduler", "scaler", "rng_state"];

/// The files to take, of those that a repository has. Of a sharded model, the index stands for the shards that it names.
///
/// # Errors
/// [`HubError`] where no model could be loaded from them.
pub(super) fn choose(name: &RepoName, there: &[String], class: Option<&str>) -> Result<Vec<String>, HubError> {
    let has = |file: &str| there.iter().any(|known| known == file);
    let class = class.filter(|class| !class.is_empty() && class.chars().all(|c| c.is_ascii_alphanumeric()));
    let class = || class.unwrap_or("AutoModelForTokenClassification").to_owned();
    if !has(CONFIG) {
        return Err(HubError::NoConfig { name: name.clone() });
    }
    let weights = [WEIGHTS, INDEX].into_iter().find(|file| has(file)).ok_or_else(|| {
        let pickle = |file: &&String| {
            let weights = PICKLES.iter().any(|ending| file.ends_with(ending));
            weights && !file.contains('/') && !OF_TRAINING.iter().any(|name| file.starts_with(name))
        };
        let files: Vec<String> = there.iter().filter(pickle).cloned().collect();
        if files.is_empty() {
            return HubError::NoWeights { name: name.clone() };
        }
        HubError::Pickled { name: name.clone(), files, class: class() }
    })?;
    if !has(TOKENIZER) {
        return Err(HubError::NoTokenizer { name: name.clone(), class: class() });
    }
    let welcome = WELCOME.into_iter().filter(|file| has(file));
    Ok([CONFIG, TOKENIZER].into_iter().chain(welcome).chain([weights]).map(str::to_owned).collect())
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The shards that an index names, each once.
///
/// # Errors
/// What is wrong with it, after its name.
pub(super) fn shards(index: &[u8]) -> Result<Vec<String>, String> {
    let index: Index = serde_json::from_slice(index).map_err(|error| format!("cannot be read: {error}"))?;
    let shards: BTreeSet<String> = index.weight_map.into_values().collect();
    let plain =
        |shard: &String| !shard.is_empty() && !shard.starts_with('.') && !shard.contains(['/', '\\', '%', '?', '#']);
    match shards.iter().find(|shard| !plain(shard)) {
        Some(shard) => Err(format!("names a shard `{shard}`, which is no file beside it")),
        None if shards.is_empty() => Err("names no shard".to_owned()),
        None => Ok(shards.into_iter().collect()),
    }
}

/// The files without which a model's folder is not whole and that it lacks.
pub fn lacking(folder: &Path) -> Vec<String> {
    let absent = |file: &str| !folder.join(file).is_file();
    let mut lacking: Vec<String> =
        [CONFIG, TOKENIZER].into_iter().filter(|file| absent(file)).map(str::to_owned).collect();
    if absent(WEIGHTS) {
        match std::fs::read(folder.join(INDEX)).map_err(|_| ()).and_then(|index| shards(&index).map_err(|_| ())) {
            Ok(shards) => lacking.extend(shards.into_iter().filter(|shard| absent(shard))),
            Err(()) => lacking.push(WEIGHTS.to_owned()),
        }
    }
    lacking
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(there: &[&str]) -> Result<Vec<String>, HubError> {
        let there: Vec<String> = there.iter().map(|&file| file.to_owned()).collect();
        choose(&RepoName::parse("o/n").expect("a name"), &there, Some("X; import os"))
    }

    #[test]
    fn one_file_of_weights_is_taken_before_shards_and_pickles() {
        let all = [
            "README.md",
            "config.json",
            "model.safetensors",
            INDEX,
            "pytorch_model.bin",
            "tokenizer.json",
            "vocab.txt",
        ];
        assert_eq!(chosen(&all).expect("a model"), ["config.json", "tokenizer.json", "README.md", "model.safetensors"]);
        assert_eq!(chosen(&["config.json", INDEX, "tokenizer.json"]).expect("a model")[2], INDEX);
    }

    #[test]
    fn what_could_not_be_loaded_is_refused() {
        assert!(matches!(chosen(&["model.safetensors"]), Err(HubError::NoConfig { .. })));
        let bare = ["config.json", "model.safetensors"];
        assert!(matches!(chosen(&bare), Err(HubError::NoTokenizer { .. })));
        let onnx =
            ["config.json", "onnx/model.onnx", "runs/old/pytorch_model.bin", "tokenizer.json", "training_args.bin"];
        assert!(matches!(chosen(&onnx), Err(HubError::NoWeights { .. })));
        match chosen(&["config.json", "pytorch_model.bin", "tokenizer.json"]) {
            Err(HubError::Pickled { files, class, .. }) => {
                assert_eq!(
                    (files, class.as_str()),
                    (vec!["pytorch_model.bin".to_owned()], "AutoModelForTokenClassification")
                );
            }
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    #[test]
    fn shards_are_files_beside_their_index() {
        let index = |map: &str| shards(format!(r#"{{"metadata": {{}}, "weight_map": {map}}}"#).as_bytes());
        assert_eq!(
            index(r#"{"a": "2.safetensors", "b": "1.safetensors", "c": "2.safetensors"}"#).expect("good").len(),
            2
        );
        for bad in [r#"{"a": "../x"}"#, r#"{"a": "/etc/x"}"#, r#"{"a": ".x"}"#, r#"{"a": ""}"#, "{}", "[]"] {
            assert!(index(bad).is_err(), "{bad}");
        }
    }
}
