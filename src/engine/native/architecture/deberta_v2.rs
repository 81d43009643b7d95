//! DeBERTa v2 and v3: scores are sums of products between contents and relative positions, and v2's larger models look at
//! a token's neighbours once.

use super::{LayerNames, Model, SIZES, Sizes, activated, head};
use crate::engine::config::Activation;
use crate::engine::native::block::{Block, Convolution, Norm, Work};
use crate::engine::native::embeddings::{Embeddings, Positions};
use crate::engine::native::linear::Linear;
use crate::engine::native::product::Panels;
use crate::engine::native::relation::{Disentangled, Places, Relation};
use crate::engine::native::source::Source;
use crate::engine::native::stack::Stack;
use crate::engine::native::step::Step;
use crate::engine::settings::Settings;
use crate::engine::{Config, LoadError};
use std::sync::Arc;

const LAYER: LayerNames = LayerNames {
    query: "attention.self.query_proj",
    key: "attention.self.key_proj",
    value: "attention.self.value_proj",
    ..super::LAYER
};

pub(super) fn load(source: &Source<'_>, config: &Config) -> Result<Model, LoadError> {
    let settings = &config.settings;
    let sizes = Sizes::read(settings, &SIZES, 1e-7)?;
    let hidden = sizes.hidden;
    settings.only("attention_head_size", sizes.width())?;
    settings.only("pooler_hidden_size", hidden)?;
    let deberta = source.encoder("deberta");
    let embeddings = embeddings(&deberta, config, &sizes)?;
    let relative = Relative::read(&deberta, config, &sizes)?;
    let mut blocks = Vec::new();
    for index in 0..sizes.layers {
        let layer = deberta.at(&format!("encoder.layer.{index}"));
        let relation = relative.as_ref().map_or(Ok(Relation::None), |relative| relative.of_layer(&layer, &sizes))?;
        blocks.extend(LAYER.load(&layer, &sizes, &relation)?.map(Arc::new));
        if index == 0 && settings.count("conv_kernel_size")?.unwrap_or(0) > 0 {
            blocks.push(Arc::new(convolution(&deberta.at("encoder.conv"), settings, &sizes)?));
        }
    }
    let pooling = settings.activation("pooler_hidden_act", Activation::Gelu)?;
    let pooler = || Ok((activated(source, "pooler.dense", hidden, pooling)?, "classifier"));
    let head = head(source, config, hidden, pooler)?;
    Ok(Model { encoder: Stack { embeddings, blocks, norm: None, hidden }, decoder: None, head })
}

fn embeddings(deberta: &Source<'_>, config: &Config, sizes: &Sizes) -> Result<Embeddings, LoadError> {
    let settings = &config.settings;
    let width = settings.count("embedding_size")?.unwrap_or(sizes.hidden);
    let table = |name: &str, rows| deberta.table(&format!("embeddings.{name}_embeddings"), rows, width);
    let positions = if settings.flag("position_biased_input", true)? {
        Some(Positions { table: table("position", config.max_tokens)?, first: 0, padding: None })
    } else {
        None
    };
    let types = if config.token_types > 0 { Some(table("token_type", config.token_types)?) } else { None };
    let mut then = Vec::new();
    if width != sizes.hidden {
        then.push(Step::Dense(deberta.linear_without_bias("embeddings.embed_proj", sizes.hidden, width)?));
    }
    then.push(Step::Norm(sizes.norm(deberta, "embeddings.LayerNorm")?));
    Ok(Embeddings { words: table("word", config.vocabulary)?, positions, types, width, then })
}

/// Embeddings of relative positions, which every layer projects with weights of its own.
struct Relative {
    /// `[positions, hidden]`.
    embeddings: Vec<f32>,
    places: Arc<Places>,
    content_to_position: bool,
    position_to_content: bool,
    /// True where a layer projects them as it projects contents.
    shared: bool,
}

impl Relative {
    /// None for a model without relative attention.
    fn read(deberta: &Source<'_>, config: &Config, sizes: &Sizes) -> Result<Option<Self>, LoadError> {
        let settings = &config.settings;
        if !settings.flag("relative_attention", false)? {
            return Ok(None);
        }
        let some = |name| Ok(settings.number(name)?.filter(|&size| size >= 1.0).map(|size| size as usize));
        let furthest = some("max_relative_positions")?.unwrap_or(config.max_tokens);
        let places = Places::new(config.max_tokens, some("position_buckets")?, furthest);
        let mut embeddings = deberta.table("encoder.rel_embeddings", places.count, sizes.hidden)?;
        if settings.text("norm_rel_ebd")?.is_some_and(|norms| norms.to_lowercase().contains("layer_norm")) {
            sizes.norm(deberta, "encoder.LayerNorm")?.run(&mut embeddings);
        }
        let terms = settings.words("pos_att_type")?.unwrap_or_default();
        let has = |term: &str| terms.iter().any(|word| word.eq_ignore_ascii_case(term));
        Ok(Some(Self {
            embeddings,
            places: Arc::new(places),
            content_to_position: has("c2p"),
            position_to_content: has("p2c"),
            shared: settings.flag("share_att_key", false)?,
        }))
    }

    fn of_layer(&self, layer: &Source<'_>, sizes: &Sizes) -> Result<Relation, LoadError> {
        let project = |wanted: bool, shared: &str, own: &str| {
            let name = if self.shared { shared } else { own };
            let dense = || layer.linear(name, sizes.hidden, sizes.hidden);
            if wanted { dense().map(|dense| Some(self.by_head(&dense, sizes))) } else { Ok(None) }
        };
        Ok(Relation::Disentangled(Arc::new(Disentangled {
            keys: project(self.content_to_position, LAYER.key, "attention.self.pos_key_proj")?,
            queries: project(self.position_to_content, LAYER.query, "attention.self.pos_query_proj")?,
            places: self.places.clone(),
        })))
    }

    /// Projected positions, for each head `[width, positions]`.
    fn by_head(&self, dense: &Linear, sizes: &Sizes) -> Vec<Panels> {
        let mut projected = vec![0.0; self.embeddings.len()];
        dense.run(&self.embeddings, &mut projected);
        let of_head = |head: usize| {
            let mut panels = Panels::default();
            panels.pack_columns(&projected[head * sizes.width()..], sizes.hidden, (sizes.width(), self.places.count));
            panels
        };
        (0..sizes.heads).map(of_head).collect()
    }
}

fn convolution(conv: &Source<'_>, settings: &Settings, sizes: &Sizes) -> Result<Block, LoadError> {
    settings.only("conv_groups", 1)?;
    let (hidden, width) = (sizes.hidden, settings.size("conv_kernel_size")?);
    if width.is_multiple_of(2) {
        return Err(settings.unsupported("conv_kernel_size", &width.to_string(), "odd widths"));
    }
    // Stored as [out, in, place]; read as one row of `width` tokens side by side.
    let stored = conv.tensor("conv.weight", &[hidden, hidden, width])?;
    let place = |out: usize, token: usize, input: usize| stored[(out * hidden + input) * width + token];
    let row = |out| (0..width).flat_map(move |token| (0..hidden).map(move |input| (out, token, input)));
    let weights: Vec<f32> = (0..hidden).flat_map(row).map(|(out, token, input)| place(out, token, input)).collect();
    let dense = conv.dense_of(&weights, conv.tensor("conv.bias", &[hidden])?);
    let activation = settings.activation("conv_act", Activation::Tanh)?;
    let work = Work::Convolution(Convolution { dense, activation, width });
    Ok(Block { norm: Norm::After(sizes.norm(conv, "LayerNorm")?), work })
}
