//! Models from a hub: a server on the loopback device that speaks its protocol, and the cache in its layout.

mod models;
mod network;
mod pull;
pub(crate) mod server;

use super::desk::Desk;
use server::{Hub, Repository};
use std::collections::BTreeMap;

/// The files of a tiny tagger, as a repository has them.
pub(crate) fn tagger() -> BTreeMap<String, Vec<u8>> {
    let desk = Desk::new();
    desk.tiny_model("model", "token", ["O", "B-PER", "I-PER"]);
    let mut files = desk.files("model");
    files.insert("README.md".to_owned(), b"# A tiny tagger\n".to_vec());
    files.insert("training_args.bin".to_owned(), b"pickled".to_vec());
    files.insert("onnx/model.onnx".to_owned(), b"other".to_vec());
    files
}

/// A hub with the tiny tagger.
pub(crate) fn hub() -> Hub {
    Hub::serve(Repository { files: tagger(), ..Repository::default() })
}

/// The same weights in two files with an index.
pub(crate) fn sharded(files: &mut BTreeMap<String, Vec<u8>>) {
    let whole = files.remove("model.safetensors").unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&whole).unwrap().tensors();
    let (first, second) = tensors.split_at(tensors.len() / 2);
    let mut map = BTreeMap::new();
    for (at, part) in [first, second].into_iter().enumerate() {
        let name = format!("model-0000{}-of-00002.safetensors", at + 1);
        map.extend(part.iter().map(|(tensor, _)| (tensor.clone(), name.clone())));
        let views = part.iter().map(|(name, view)| (name.as_str(), view));
        files.insert(name, safetensors::serialize(views, None).unwrap());
    }
    let index = serde_json::json!({ "metadata": { "total_size": 1 }, "weight_map": map });
    files.insert("model.safetensors.index.json".to_owned(), index.to_string().into_bytes());
}

/// Pulls the tiny tagger from a hub.
pub(crate) fn line(hub: &Hub) -> String {
    format!("models pull org/tiny --endpoint {}", hub.url())
}
