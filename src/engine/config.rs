//! What every engine must know of a model: its architecture, its head, its labels and the limits of its tables.

use super::settings::Settings;
use super::{Batch, ForwardError, LoadError};
use serde_json::Value;
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

impl Head {
    const ALL: [Self; 2] = [Self::Token, Self::Sequence];

    /// The end of a class's name.
    fn class(self) -> &'static str {
        match self {
            Self::Token => "ForTokenClassification",
            Self::Sequence => "ForSequenceClassification",
        }
    }
}

/// The activation between two dense layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// x·Φ(x), by the error function.
    Gelu,
    /// The tanh approximation of it.
    GeluTanh,
    /// max(x, 0).
    Relu,
    /// The hyperbolic tangent.
    Tanh,
}

impl Activation {
    /// The names by which models ask for one.
    pub const NAMES: [&'static str; 7] =
        ["gelu", "gelu_python", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "relu", "tanh"];

    /// An activation by its name in Hugging Face transformers; None for one that is not known.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "gelu" | "gelu_python" => Some(Self::Gelu),
            "gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" => Some(Self::GeluTanh),
            "relu" => Some(Self::Relu),
            "tanh" => Some(Self::Tanh),
            _ => None,
        }
    }
}

/// A family of models that share the shape of their encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Architecture {
    /// Layers that share their weights, and narrow embeddings.
    Albert,
    /// An encoder and a decoder; the decoder's last token is classified.
    Bart,
    /// The first of them.
    Bert,
    /// RoBERTa for French.
    Camembert,
    /// Disentangled attention; DeBERTa v3 is of this architecture too.
    DebertaV2,
    /// Six layers, no token types, no pooler.
    DistilBert,
    /// BERT with embeddings of a width of their own.
    Electra,
    /// Rotary positions, local attention, normalisation before each block.
    ModernBert,
    /// BERT with attention that knows distances.
    MpNet,
    /// BERT with positions that begin behind the padding's.
    Roberta,
    /// RoBERTa for a hundred languages.
    XlmRoberta,
}

impl Architecture {
    /// Every architecture, in order of name.
    pub const ALL: [Self; 11] = [
        Self::Albert,
        Self::Bart,
        Self::Bert,
        Self::Camembert,
        Self::DebertaV2,
        Self::DistilBert,
        Self::Electra,
        Self::ModernBert,
        Self::MpNet,
        Self::Roberta,
        Self::XlmRoberta,
    ];

    /// The name that begins its classes in Hugging Face transformers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Albert => "Albert",
            Self::Bart => "Bart",
            Self::Bert => "Bert",
            Self::Camembert => "Camembert",
            Self::DebertaV2 => "DebertaV2",
            Self::DistilBert => "DistilBert",
            Self::Electra => "Electra",
            Self::ModernBert => "ModernBert",
            Self::MpNet => "MPNet",
            Self::Roberta => "Roberta",
            Self::XlmRoberta => "XLMRoberta",
        }
    }

    /// The heads that it has: BART's decoder has none for tokens.
    pub fn heads(self) -> &'static [Head] {
        match self {
            Self::Bart => &[Head::Sequence],
            _ => &Head::ALL,
        }
    }

    /// A class's architecture and head, such as those of `BertForTokenClassification`; None for one that is not known.
    pub fn of_class(class: &str) -> Option<(Self, Head)> {
        Self::classes().find(|(architecture, head)| class_name(*architecture, *head) == class)
    }

    fn classes() -> impl Iterator<Item = (Self, Head)> {
        Self::ALL
            .into_iter()
            .flat_map(|architecture| architecture.heads().iter().map(move |&head| (architecture, head)))
    }

    /// Every class that is known, for messages.
    pub fn supported() -> String {
        Self::classes().map(|(architecture, head)| class_name(architecture, head)).collect::<Vec<_>>().join(", ")
    }

    /// Rows of the token type table that a tokenizer's type ids choose from; 0 where the model does not read them.
    fn token_types(self, settings: &Settings) -> Result<usize, LoadError> {
        let default = match self {
            Self::Albert | Self::Bert | Self::Electra => 2,
            Self::DebertaV2 => 0,
            _ => return Ok(0),
        };
        match settings.count("type_vocab_size")?.unwrap_or(default) {
            0 if default > 0 => Err(settings.malformed("`type_vocab_size` is missing or zero".to_owned())),
            types => Ok(types),
        }
    }

    /// The longest sequence that the position table has rows for.
    fn max_tokens(self, settings: &Settings) -> Result<usize, LoadError> {
        let rows = settings.size("max_position_embeddings")?;
        let before_first = match self {
            // The first token stands behind the padding token's row.
            Self::Camembert | Self::Roberta | Self::XlmRoberta => 1 + settings.count("pad_token_id")?.unwrap_or(1),
            Self::MpNet => 2,
            _ => 0,
        };
        let rows = rows.checked_sub(before_first).filter(|&rows| rows > 0);
        rows.ok_or_else(|| settings.malformed("`max_position_embeddings` leaves no room for a token".to_owned()))
    }
}

/// The name of a class in Hugging Face transformers.
fn class_name(architecture: Architecture, head: Head) -> String {
    format!("{}{}", architecture.name(), head.class())
}

/// A model's architecture, labels and limits. What only its own architecture has stands in `settings`.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The shape of the encoder.
    pub architecture: Architecture,
    /// What the last layer says.
    pub head: Head,
    /// Label names; the position is the class in logits.
    pub labels: Vec<String>,
    /// Longest sequence, special tokens included.
    pub max_tokens: usize,
    /// Rows of the token embedding table.
    pub vocabulary: usize,
    /// Rows of the token type table; 0 for a model that reads no types, whatever its tokenizer gives.
    pub token_types: usize,
    /// All fields of the file.
    pub settings: Settings,
}

impl Config {
    /// Reads `config.json` of a model folder.
    ///
    /// # Errors
    /// [`LoadError`] when the file is missing, not JSON, lacks a size, names an architecture that is not supported, or
    /// its labels are not numbered 0, 1, 2, …
    pub fn read(folder: &Path) -> Result<Self, LoadError> {
        let settings = Settings::read(folder)?;
        let class = match settings.words("architectures")?.and_then(|classes| classes.into_iter().next()) {
            Some(class) => class,
            None => settings
                .text("model_type")?
                .ok_or_else(|| settings.malformed("it names no `architectures`".to_owned()))?
                .to_owned(),
        };
        let (architecture, head) = Architecture::of_class(&class)
            .ok_or_else(|| settings.unsupported("architecture", &class, &Architecture::supported()))?;
        let labels = settings.field("id2label", "an object of labels", |value| match value {
            Value::Object(labels) => {
                labels.iter().map(|(class, label)| Some((class.clone(), label.as_str()?.to_owned()))).collect()
            }
            _ => None,
        })?;
        Ok(Self {
            architecture,
            head,
            labels: self::labels(labels).map_err(|reason| settings.malformed(reason))?,
            max_tokens: architecture.max_tokens(&settings)?,
            vocabulary: settings.size("vocab_size")?,
            token_types: architecture.token_types(&settings)?,
            settings,
        })
    }

    /// The class's name in Hugging Face transformers, such as `BertForTokenClassification`.
    pub fn class(&self) -> String {
        class_name(self.architecture, self.head)
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
        if let Some(&id) = batch.type_ids().iter().find(|&&id| types > 0 && id as usize >= types) {
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
        assert_eq!((config.architecture, config.head), (Architecture::Bert, Head::Token));
        assert_eq!((config.token_types, config.max_tokens), (2, 40));
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
        let other = read("BertForTokenClassification", "LukeForTokenClassification").expect_err("another architecture");
        let words = "asks for architecture `LukeForTokenClassification`, which this engine cannot run; it runs: Albert";
        assert!(other.starts_with(&format!("model file `M/config.json` {words}")), "{other}");
        for class in ["BartForTokenClassification", "BertForMaskedLM"] {
            let refused = read("BertForTokenClassification", class).expect_err("another head");
            assert!(refused.contains(&format!("architecture `{class}`, which")), "{refused}");
        }
        let unnamed = read(r#""architectures": ["BertForTokenClassification"], "#, "").expect_err("no class");
        assert!(unnamed.contains("asks for architecture `bert`"), "{unnamed}");
    }

    #[test]
    fn positions_and_types_are_those_of_the_architecture() {
        let limits =
            |class| read("BertForTokenClassification", class).map(|config| (config.max_tokens, config.token_types));
        assert_eq!(limits("RobertaForTokenClassification"), Ok((38, 0)));
        assert_eq!(limits("MPNetForTokenClassification"), Ok((38, 0)));
        assert_eq!(limits("ElectraForTokenClassification"), Ok((40, 2)));
        assert_eq!(limits("DebertaV2ForTokenClassification"), Ok((40, 0)));
        let config = GOOD.replace("BertFor", "RobertaFor").replace(r#""unread": [1, {}]"#, r#""pad_token_id": 39"#);
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("config.json"), config).expect("written");
        let refused = Config::read(folder.path()).expect_err("no row is left").to_string();
        assert!(refused.ends_with("`max_position_embeddings` leaves no room for a token"), "{refused}");
    }

    #[test]
    fn sizes_that_do_not_fit_are_named() {
        let zero =
            read(r#""max_position_embeddings": 40"#, r#""max_position_embeddings": 0"#).expect_err("no position");
        assert!(zero.ends_with("`max_position_embeddings` is missing or zero"), "{zero}");
        let missing = read(r#""vocab_size": 97,"#, "").expect_err("no vocabulary");
        assert!(missing.ends_with("`vocab_size` is missing or zero"), "{missing}");
        let text = read(r#""vocab_size": 97,"#, r#""vocab_size": "97","#).expect_err("no number");
        assert!(text.ends_with(r#"`vocab_size` is "97", not a whole number of at least 0"#), "{text}");
        let broken = read("}", "").expect_err("not JSON");
        assert!(broken.starts_with("model file `M/config.json` is not valid: "), "{broken}");
    }
}
