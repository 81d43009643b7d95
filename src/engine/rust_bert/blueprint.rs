//! What the crate's structs are built from: its own configurations, filled from a checked `config.json`.

use crate::engine::config::Activation;
use crate::engine::settings::Settings;
use crate::engine::{Architecture, Config, Head, LoadError};
use rust_bert::albert::AlbertConfig;
use rust_bert::bart::BartConfig;
use rust_bert::bert::BertConfig;
use rust_bert::distilbert::DistilBertConfig;
use rust_bert::electra::ElectraConfig;
use std::collections::HashMap;

/// What the crate adds to a variance in BERT's layers, whatever a configuration says.
const CRATE_EPSILON: f64 = 1e-12;

/// A model's configuration in the crate's terms.
pub(super) struct Blueprint {
    pub(super) head: Head,
    pub(super) of: Of,
    /// The crate's name of the encoder, which checkpoints may leave out.
    pub(super) prefix: &'static str,
    /// By what states are multiplied so that the crate's ε acts as the model's own; None where it is the model's.
    pub(super) scale: Option<f64>,
    /// The token behind the end of a shorter sequence; what it is changes nothing.
    pub(super) padding: i64,
}

/// The crate's configuration of a family.
pub(super) enum Of {
    Albert(AlbertConfig),
    Bart(BartConfig),
    Bert(BertConfig),
    DistilBert(DistilBertConfig),
    Electra(ElectraConfig),
    Roberta(BertConfig),
}

/// The classes that the crate runs with the model's own numbers. It places `DeBERTa` v2's relative positions wrongly, and has no sequence
/// head for ELECTRA and nothing for `MPNet` and `ModernBERT`.
const CLASSES: [&str; 14] = [
    "AlbertForTokenClassification",
    "AlbertForSequenceClassification",
    "BartForSequenceClassification",
    "BertForTokenClassification",
    "BertForSequenceClassification",
    "CamembertForTokenClassification",
    "CamembertForSequenceClassification",
    "DistilBertForTokenClassification",
    "DistilBertForSequenceClassification",
    "ElectraForTokenClassification",
    "RobertaForTokenClassification",
    "RobertaForSequenceClassification",
    "XLMRobertaForTokenClassification",
    "XLMRobertaForSequenceClassification",
];

impl Blueprint {
    /// Reads what the struct of a model needs.
    ///
    /// # Errors
    /// [`LoadError`] when a size is missing, or the crate has no struct that would give the model's own numbers.
    pub(super) fn read(config: &Config) -> Result<Self, LoadError> {
        let settings = &config.settings;
        let class = config.class();
        if !CLASSES.contains(&class.as_str()) {
            return Err(settings.unsupported("architecture", &class, &CLASSES.join(", ")));
        }
        settings.only("position_embedding_type", "absolute")?;
        settings.only("is_decoder", false)?;
        let of = Of::read(config)?;
        let padding = settings.count("pad_token_id")?.unwrap_or(usize::from(matches!(of, Of::Roberta(_))));
        if padding >= config.vocabulary {
            return Err(settings.malformed(format!("`pad_token_id` {padding} is outside the vocabulary")));
        }
        let mut blueprint =
            Self { head: config.head, of, prefix: prefix(config.architecture), scale: None, padding: padding as i64 };
        if let Of::Bert(_) | Of::Roberta(_) = blueprint.of {
            blueprint.scale = scale(settings)?;
        }
        if let Of::Bart(bart) = &blueprint.of {
            // Padding that ends a text would be read for its end.
            blueprint.padding = i64::from(bart.eos_token_id == Some(0));
        }
        Ok(blueprint)
    }
}

impl Of {
    fn read(config: &Config) -> Result<Self, LoadError> {
        Ok(match config.architecture {
            Architecture::Albert => Self::Albert(albert(config)?),
            Architecture::Bart => Self::Bart(bart(config)?),
            Architecture::DistilBert => Self::DistilBert(distilbert(config)?),
            Architecture::Electra => Self::Electra(electra(config)?),
            Architecture::Camembert | Architecture::Roberta | Architecture::XlmRoberta => {
                let (settings, bert) = (&config.settings, bert(config)?);
                let type_vocab_size = settings.count("type_vocab_size")?.unwrap_or(2) as i64;
                let first = 1 + settings.count("pad_token_id")?.unwrap_or(1) as i64;
                let max_position_embeddings = bert.max_position_embeddings + first;
                Self::Roberta(BertConfig { type_vocab_size, max_position_embeddings, ..bert })
            }
            _ => Self::Bert(bert(config)?),
        })
    }
}

/// How the crate calls the encoder.
fn prefix(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Albert => "albert.",
        Architecture::Bart => "model.",
        Architecture::DistilBert => "distilbert.",
        Architecture::Electra => "electra.",
        Architecture::Camembert | Architecture::Roberta | Architecture::XlmRoberta => "roberta.",
        _ => "bert.",
    }
}

/// Layer normalisation with the crate's ε is that of the model for states times c = √(crate's ε / model's ε), for
/// (c·x − c·μ) / √(c²·σ² + c²·ε) = (x − μ) / √(σ² + ε).
fn scale(settings: &Settings) -> Result<Option<f64>, LoadError> {
    let epsilon = settings.number("layer_norm_eps")?.unwrap_or(CRATE_EPSILON);
    if epsilon <= 0.0 {
        return Err(settings.unsupported("layer_norm_eps", &epsilon.to_string(), "values above 0"));
    }
    Ok((epsilon.to_bits() != CRATE_EPSILON.to_bits()).then(|| (CRATE_EPSILON / epsilon).sqrt()))
}

/// Numbers that every encoder has.
struct Sizes {
    hidden: i64,
    layers: i64,
    heads: i64,
    intermediate: i64,
    activation: rust_bert::Activation,
}

impl Sizes {
    /// Reads them by these names: hidden size, layers, heads, the size between two dense layers, their activation.
    fn read(settings: &Settings, names: [&str; 5], activation: Activation) -> Result<Self, LoadError> {
        let [hidden, layers, heads, intermediate, act] = names;
        let size = |name| settings.size(name).map(|size| size as i64);
        let sizes = Self {
            hidden: size(hidden)?,
            layers: size(layers)?,
            heads: size(heads)?,
            intermediate: size(intermediate)?,
            activation: match settings.activation(act, activation)? {
                Activation::Gelu => rust_bert::Activation::gelu,
                Activation::GeluTanh => rust_bert::Activation::gelu_new,
                Activation::Relu => rust_bert::Activation::relu,
                Activation::Tanh => rust_bert::Activation::tanh,
            },
        };
        if sizes.hidden % sizes.heads != 0 {
            let (a, b) = (sizes.heads, sizes.hidden);
            return Err(settings.malformed(format!("`{heads}` {a} does not divide `{hidden}` {b}")));
        }
        Ok(sizes)
    }
}

const NAMES: [&str; 5] = ["hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act"];

/// The crate counts labels by their names.
fn id2label(config: &Config) -> HashMap<i64, String> {
    (0..).zip(config.labels.iter().cloned()).collect()
}

fn bert(config: &Config) -> Result<BertConfig, LoadError> {
    let sizes = Sizes::read(&config.settings, NAMES, Activation::Gelu)?;
    Ok(BertConfig {
        hidden_act: sizes.activation,
        hidden_size: sizes.hidden,
        intermediate_size: sizes.intermediate,
        max_position_embeddings: config.max_tokens as i64,
        num_attention_heads: sizes.heads,
        num_hidden_layers: sizes.layers,
        type_vocab_size: config.token_types as i64,
        vocab_size: config.vocabulary as i64,
        id2label: Some(id2label(config)),
        ..BertConfig::default()
    })
}

fn electra(config: &Config) -> Result<ElectraConfig, LoadError> {
    let settings = &config.settings;
    settings.only("layer_norm_eps", CRATE_EPSILON)?;
    let sizes = Sizes::read(settings, NAMES, Activation::Gelu)?;
    Ok(ElectraConfig {
        hidden_act: sizes.activation,
        embedding_size: settings.count("embedding_size")?.unwrap_or(128) as i64,
        hidden_size: sizes.hidden,
        intermediate_size: sizes.intermediate,
        max_position_embeddings: config.max_tokens as i64,
        num_attention_heads: sizes.heads,
        num_hidden_layers: sizes.layers,
        type_vocab_size: config.token_types as i64,
        vocab_size: config.vocabulary as i64,
        id2label: Some(id2label(config)),
        ..ElectraConfig::default()
    })
}

fn albert(config: &Config) -> Result<AlbertConfig, LoadError> {
    let settings = &config.settings;
    // The crate makes as many groups as a group has layers.
    settings.only("num_hidden_groups", 1)?;
    settings.only("inner_group_num", 1)?;
    let sizes = Sizes::read(settings, NAMES, Activation::GeluTanh)?;
    Ok(AlbertConfig {
        hidden_act: sizes.activation,
        embedding_size: settings.count("embedding_size")?.unwrap_or(128) as i64,
        hidden_size: sizes.hidden,
        intermediate_size: sizes.intermediate,
        layer_norm_eps: Some(f64::from(settings.epsilon("layer_norm_eps", 1e-12)?)),
        max_position_embeddings: config.max_tokens as i64,
        num_attention_heads: sizes.heads,
        num_hidden_layers: sizes.layers,
        type_vocab_size: config.token_types as i64,
        vocab_size: config.vocabulary as i64,
        id2label: Some(id2label(config)),
        ..AlbertConfig::default()
    })
}

fn distilbert(config: &Config) -> Result<DistilBertConfig, LoadError> {
    let names = ["dim", "n_layers", "n_heads", "hidden_dim", "activation"];
    let sizes = Sizes::read(&config.settings, names, Activation::Gelu)?;
    Ok(DistilBertConfig {
        activation: sizes.activation,
        dim: sizes.hidden,
        hidden_dim: sizes.intermediate,
        max_position_embeddings: config.max_tokens as i64,
        n_heads: sizes.heads,
        n_layers: sizes.layers,
        vocab_size: config.vocabulary as i64,
        id2label: Some(id2label(config)),
        ..DistilBertConfig::default()
    })
}

fn bart(config: &Config) -> Result<BartConfig, LoadError> {
    let settings = &config.settings;
    settings.only("normalize_before", false)?;
    settings.only("add_final_layer_norm", false)?;
    let of_side = |layers, heads, intermediate| {
        Sizes::read(settings, ["d_model", layers, heads, intermediate, "activation_function"], Activation::Gelu)
    };
    let encoder = of_side("encoder_layers", "encoder_attention_heads", "encoder_ffn_dim")?;
    let decoder = of_side("decoder_layers", "decoder_attention_heads", "decoder_ffn_dim")?;
    let token = |name, default| Ok(Some(settings.count(name)?.unwrap_or(default) as i64));
    Ok(BartConfig {
        activation_function: Some(encoder.activation),
        d_model: encoder.hidden,
        decoder_attention_heads: decoder.heads,
        decoder_ffn_dim: decoder.intermediate,
        decoder_layers: decoder.layers,
        decoder_start_token_id: token("decoder_start_token_id", 2)?,
        encoder_attention_heads: encoder.heads,
        encoder_ffn_dim: encoder.intermediate,
        encoder_layers: encoder.layers,
        eos_token_id: token("eos_token_id", 2)?,
        id2label: Some(id2label(config)),
        max_position_embeddings: config.max_tokens as i64,
        // Keys and values of a text that goes on are not needed.
        output_past: Some(false),
        scale_embedding: Some(settings.flag("scale_embedding", false)?),
        vocab_size: config.vocabulary as i64,
        ..BartConfig::default()
    })
}
