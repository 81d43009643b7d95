//! `config.json` of a model folder, read into a shape that engines can trust.

use super::{Batch, ForwardError, LoadError};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What a model's last layer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// A row of logits for each token.
    Token,
    /// A row of logits for each sequence.
    Sequence,
}

/// The activation between the two dense layers of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// x·Φ(x), by the error function.
    Gelu,
    /// The tanh approximation (`gelu_new`, `gelu_pytorch_tanh`).
    GeluTanh,
    /// max(x, 0).
    Relu,
}

/// A model's architecture, sizes and label names.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The class named by `architectures`, such as `BertForTokenClassification`.
    pub architecture: String,
    /// What the last layer says.
    pub head: Head,
    /// Label names; the position is the class in logits.
    pub labels: Vec<String>,
    /// Longest sequence, special tokens included.
    pub max_tokens: usize,
    /// Rows of the token embedding table.
    pub vocabulary: usize,
    /// Rows of the token type table.
    pub token_types: usize,
    /// Width of a token's vector.
    pub hidden: usize,
    /// Encoder layers.
    pub layers: usize,
    /// Attention heads; they divide `hidden`.
    pub heads: usize,
    /// Width between the two dense layers of a block.
    pub intermediate: usize,
    /// Added to the variance in layer normalisation.
    pub layer_norm_eps: f32,
    /// Between the two dense layers of a block.
    pub activation: Activation,
}

/// The fields that are read; a hub's config.json has many more.
#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    architectures: Vec<String>,
    model_type: Option<String>,
    id2label: Option<BTreeMap<String, String>>,
    max_position_embeddings: Option<usize>,
    vocab_size: Option<usize>,
    #[serde(default = "two")]
    type_vocab_size: usize,
    hidden_size: Option<usize>,
    num_hidden_layers: Option<usize>,
    num_attention_heads: Option<usize>,
    intermediate_size: Option<usize>,
    #[serde(default = "bert_eps")]
    layer_norm_eps: f32,
    #[serde(default = "gelu")]
    hidden_act: String,
    position_embedding_type: Option<String>,
}

fn two() -> usize {
    2
}
fn bert_eps() -> f32 {
    1e-12
}
fn gelu() -> String {
    "gelu".to_owned()
}

/// The architectures that `native` runs, for messages.
pub const SUPPORTED: [(&str, Head); 2] =
    [("BertForTokenClassification", Head::Token), ("BertForSequenceClassification", Head::Sequence)];

impl Config {
    /// Reads `config.json` of a model folder.
    ///
    /// # Errors
    /// [`LoadError`] when the file is missing, not JSON, lacks a size, names an architecture that is not supported, or
    /// its labels are not numbered 0, 1, 2, …
    pub fn read(folder: &Path) -> Result<Self, LoadError> {
        let path = folder.join("config.json");
        let bytes = std::fs::read(&path).map_err(|source| LoadError::Read { path: path.clone(), source })?;
        let malformed = |reason: String| LoadError::Malformed { path: path.clone(), reason };
        let written: Written = serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
        let unsupported = |found: String| LoadError::Unsupported {
            path: folder.to_owned(),
            found,
            supported: SUPPORTED.map(|(name, _)| name).join(", "),
        };
        let architecture = written.architectures.first().or(written.model_type.as_ref()).cloned();
        let architecture = architecture.ok_or_else(|| malformed("it names no `architectures`".to_owned()))?;
        let head = SUPPORTED.iter().find(|(name, _)| *name == architecture).map(|(_, head)| *head);
        let head = head.ok_or_else(|| unsupported(architecture.clone()))?;
        if let Some(kind) = written.position_embedding_type.filter(|kind| kind != "absolute") {
            return Err(unsupported(format!("{architecture} with position_embedding_type `{kind}`")));
        }
        let activation = match written.hidden_act.as_str() {
            "gelu" => Activation::Gelu,
            "gelu_new" | "gelu_pytorch_tanh" => Activation::GeluTanh,
            "relu" => Activation::Relu,
            other => return Err(unsupported(format!("{architecture} with hidden_act `{other}`"))),
        };
        let size = |name: &str, value: Option<usize>| {
            value.filter(|&n| n > 0).ok_or_else(|| malformed(format!("`{name}` is missing or zero")))
        };
        let config = Self {
            labels: labels(written.id2label).map_err(malformed)?,
            max_tokens: size("max_position_embeddings", written.max_position_embeddings)?,
            vocabulary: size("vocab_size", written.vocab_size)?,
            token_types: size("type_vocab_size", Some(written.type_vocab_size))?,
            hidden: size("hidden_size", written.hidden_size)?,
            layers: size("num_hidden_layers", written.num_hidden_layers)?,
            heads: size("num_attention_heads", written.num_attention_heads)?,
            intermediate: size("intermediate_size", written.intermediate_size)?,
            layer_norm_eps: written.layer_norm_eps,
            architecture,
            head,
            activation,
        };
        if !config.hidden.is_multiple_of(config.heads) {
            return Err(malformed(format!(
                "`num_attention_heads` {} does not divide `hidden_size` {}",
                config.heads, config.hidden
            )));
        }
        Ok(config)
    }

    /// Lets a batch in that the model's tables have rows for: every engine asks this first.
    ///
    /// # Errors
    /// [`ForwardError`] that names the first token id, type id or length outside the model.
    pub fn admit(&self, batch: &Batch) -> Result<(), ForwardError> {
        let Self { vocabulary, token_types: types, max_tokens: limit, .. } = *self;
        if let Some(&id) = batch.ids().iter().find(|&&id| id as usize >= vocabulary) {
            return Err(ForwardError::UnknownToken { id, vocabulary });
        }
        if let Some(&id) = batch.type_ids().iter().find(|&&id| id as usize >= types) {
            return Err(ForwardError::UnknownType { id, types });
        }
        match batch.ranges().map(|range| range.len()).find(|&tokens| tokens > limit) {
            Some(tokens) => Err(ForwardError::TooLong { tokens, limit }),
            None => Ok(()),
        }
    }
}

/// Labels in class order. Hugging Face gives two unnamed classes to a config without `id2label`.
fn labels(written: Option<BTreeMap<String, String>>) -> Result<Vec<String>, String> {
    let written = written.unwrap_or_else(|| (0..2).map(|i| (i.to_string(), format!("LABEL_{i}"))).collect());
    let mut labels = vec![None; written.len()];
    for (index, label) in written {
        let slot = index.parse::<usize>().ok().and_then(|i| labels.get_mut(i));
        *slot.ok_or_else(|| format!("`id2label` has the key `{index}`; keys are 0, 1, 2, … without a gap"))? =
            Some(label);
    }
    labels
        .into_iter()
        .collect::<Option<Vec<_>>>()
        .filter(|l| !l.is_empty())
        .ok_or_else(|| "`id2label` is empty".to_owned())
}
