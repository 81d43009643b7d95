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
    #[serde(default)]
    is_decoder: bool,
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
            path: path.clone(),
            found,
            supported: SUPPORTED.map(|(name, _)| name).join(", "),
        };
        let architecture = written.architectures.first().or(written.model_type.as_ref()).cloned();
        let architecture = architecture.ok_or_else(|| malformed("it names no `architectures`".to_owned()))?;
        let head = SUPPORTED.iter().find(|(name, _)| *name == architecture).map(|(_, head)| *head);
        let head = head.ok_or_else(|| unsupported(format!("architecture `{architecture}`")))?;
        if let Some(kind) = written.position_embedding_type.filter(|kind| kind != "absolute") {
            return Err(unsupported(format!("`{architecture}` with position_embedding_type `{kind}`")));
        }
        if written.is_decoder {
            return Err(unsupported(format!("`{architecture}` with is_decoder")));
        }
        if written.layer_norm_eps < 0.0 {
            return Err(malformed(format!("`layer_norm_eps` is {}, which is negative", written.layer_norm_eps)));
        }
        let activation = match written.hidden_act.as_str() {
            "gelu" | "gelu_python" => Activation::Gelu,
            "gelu_new" | "gelu_pytorch_tanh" => Activation::GeluTanh,
            "relu" => Activation::Relu,
            other => return Err(unsupported(format!("`{architecture}` with hidden_act `{other}`"))),
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
    if written.is_empty() {
        return Err("`id2label` is empty".to_owned());
    }
    // The classes are 0, 1, 2, …: as many keys as labels, each one there. Written otherwise (`01`), a key is not a class.
    let label = |class: usize| {
        let missing =
            || format!("`id2label` has {} labels but none for class {class}; classes are 0, 1, 2, …", written.len());
        written.get(&class.to_string()).cloned().ok_or_else(missing)
    };
    let labels = (0..written.len()).map(label).collect::<Result<Vec<_>, _>>()?;
    match labels.iter().enumerate().find(|(class, label)| labels[..*class].contains(label)) {
        Some((class, label)) => Err(format!("`id2label` gives class {class} the label `{label}` of another class")),
        None => Ok(labels),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"architectures": ["BertForTokenClassification"], "model_type": "bert", "hidden_act": "gelu_new",
        "id2label": {"0": "O", "1": "B-PER"}, "max_position_embeddings": 40, "vocab_size": 97, "hidden_size": 32,
        "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64, "unread": [1, {}]}"#;

    /// Reads a configuration after one replacement; an error comes as text, without the folder's name.
    fn read(from: &str, to: &str) -> Result<Config, String> {
        assert!(GOOD.contains(from));
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("config.json"), GOOD.replace(from, to)).expect("written");
        let shown = folder.path().display().to_string();
        Config::read(folder.path()).map_err(|error| error.to_string().replace(&shown, "M"))
    }

    #[test]
    fn what_a_file_does_not_say_has_the_defaults_of_bert() {
        let config = read("", "").expect("a good file");
        assert_eq!(config.labels, ["O", "B-PER"]);
        assert_eq!((config.head, config.activation), (Head::Token, Activation::GeluTanh));
        assert_eq!((config.token_types, config.layer_norm_eps), (2, 1e-12));
        let unnamed = read(r#""id2label": {"0": "O", "1": "B-PER"},"#, "").expect("labels may be left out");
        assert_eq!(unnamed.labels, ["LABEL_0", "LABEL_1"]);
    }

    #[test]
    fn ten_labels_and_more_are_in_order_of_number() {
        let many: Vec<_> = (0..12).map(|i| format!(r#""{i}": "L{i}""#)).collect();
        let config = read(r#""0": "O", "1": "B-PER""#, &many.join(",")).expect("a good file");
        assert_eq!(config.labels[9..], ["L9", "L10", "L11"]);
    }

    #[test]
    fn labels_must_be_numbered_without_a_gap() {
        let gap = read(r#""1": "B-PER""#, r#""2": "B-PER""#).expect_err("a gap");
        let words = "`id2label` has 2 labels but none for class 1; classes are 0, 1, 2, …";
        assert_eq!(gap, format!("model file `M/config.json` is not valid: {words}"));
        assert!(read(r#""1": "B-PER""#, r#""01": "B-PER""#).is_err());
        let twice = read("B-PER", "O").expect_err("one label for two classes");
        assert!(twice.ends_with("`id2label` gives class 1 the label `O` of another class"), "{twice}");
        let none = read(r#""0": "O", "1": "B-PER""#, "").expect_err("no label");
        assert!(none.ends_with("`id2label` is empty"), "{none}");
    }

    #[test]
    fn what_cannot_be_run_is_named_with_what_can() {
        let supported = "it runs: BertForTokenClassification, BertForSequenceClassification";
        let other =
            read("BertForTokenClassification", "RobertaForTokenClassification").expect_err("another architecture");
        let words = "asks for architecture `RobertaForTokenClassification`, which this engine cannot run";
        assert_eq!(other, format!("model file `M/config.json` {words}; {supported}"));
        let act = read("gelu_new", "swish").expect_err("another activation");
        assert!(act.contains("`BertForTokenClassification` with hidden_act `swish`"), "{act}");
        for setting in [r#""position_embedding_type": "relative_key""#, r#""is_decoder": true"#] {
            let refused = read(r#""unread": [1, {}]"#, setting).expect_err("another kind of attention");
            assert!(refused.contains("which this engine cannot run"), "{refused}");
        }
    }

    #[test]
    fn sizes_that_do_not_fit_are_named() {
        let heads =
            read(r#""num_attention_heads": 4"#, r#""num_attention_heads": 5"#).expect_err("heads do not divide");
        assert!(heads.ends_with("`num_attention_heads` 5 does not divide `hidden_size` 32"), "{heads}");
        let zero = read(r#""num_hidden_layers": 2"#, r#""num_hidden_layers": 0"#).expect_err("no layer");
        assert!(zero.ends_with("`num_hidden_layers` is missing or zero"), "{zero}");
        let missing = read(r#""vocab_size": 97,"#, "").expect_err("no vocabulary");
        assert!(missing.ends_with("`vocab_size` is missing or zero"), "{missing}");
        let eps = read(r#""unread": [1, {}]"#, r#""layer_norm_eps": -1"#).expect_err("a negative epsilon");
        assert!(eps.ends_with("`layer_norm_eps` is -1, which is negative"), "{eps}");
        let broken = read("}", "").expect_err("not JSON");
        assert!(broken.starts_with("model file `M/config.json` is not valid: "), "{broken}");
    }
}
