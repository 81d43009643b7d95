//! What `karat models` is told.

use crate::cli::arguments::{TableOrJson, TextOrJson};
use clap::{Args, Subcommand};
use std::path::PathBuf;

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  karat models list                                      what stands in models/ and in the cache
  karat models pull facebook/bart-large-mnli             the newest commit of its branch main
  karat models pull ORG/NAME@v1.0 --cache /data/hub      a tag, into a cache of your own
  karat models inspect models/ner-minilm-l6              what it is, what it needs, what runs it
  karat models inspect hub:facebook/bart-large-mnli      the same of a model in the cache

Only `pull` uses the network.";

const PULL: &str = "\
Taken are config.json, tokenizer.json, tokenizer_config.json, README.md and model.safetensors, or all of its shards. They go into
a cache in the hub's own layout, which other tools of the hub share; every file is held against the digest that the hub names,
also those that are there already. A download that breaks off is taken up by the next pull. Without a connection, what is in the
cache is used, and that is said.

The model is then `hub:ORG/NAME@REVISION` wherever karat takes a model's folder: in a suite, and for --model.

Environment: HF_TOKEN (or the token that the hub's tools have stored) opens gated and private repositories; HF_HUB_CACHE, HF_HOME
and HF_ENDPOINT mean what they mean to other tools; HF_HUB_OFFLINE=1 forbids the network.

Examples:
  karat models pull facebook/bart-large-mnli
  karat models pull MoritzLaurer/deberta-v3-base-zeroshot-v2.0@main
  karat models pull ORG/NAME@refs/pr/3 --endpoint https://hub.example.org";

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ModelsCommand {
    /// List the models in folders and in the cache
    List(ListOptions),
    /// Show what a model is, what it needs and what runs it, without loading its weights
    Inspect(InspectOptions),
    /// Download a model from the hub into the cache, with its digests checked
    #[command(after_help = PULL)]
    Pull(PullOptions),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ListOptions {
    /// Folders of models, or models' folders [default: models, where it is there]
    #[arg(value_name = "FOLDER")]
    pub(in crate::cli) folders: Vec<PathBuf>,
    /// The cache [default: where the hub's own tools have it]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) cache: Option<PathBuf>,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = TableOrJson::Table)]
    pub(in crate::cli) format: TableOrJson,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct InspectOptions {
    /// A model's folder, or ORG/NAME[@REVISION] in the cache, with or without `hub:`; where both are there, the folder
    #[arg(value_name = "FOLDER|ORG/NAME[@REVISION]")]
    pub(in crate::cli) model: PathBuf,
    /// Also load the weights, and find what only that shows: tensors that are missing, of another shape, not finite
    #[arg(long)]
    pub(in crate::cli) load: bool,
    /// The cache [default: where the hub's own tools have it]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) cache: Option<PathBuf>,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(in crate::cli) format: TextOrJson,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PullOptions {
    /// The repository, and a branch, tag or commit of it [default: main]
    #[arg(value_name = "ORG/NAME[@REVISION]")]
    pub(in crate::cli) model: String,
    /// The cache [default: where the hub's own tools have it]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) cache: Option<PathBuf>,
    /// The hub, or a mirror of it [default: HF_ENDPOINT, or https://huggingface.co]
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) endpoint: Option<String>,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(in crate::cli) format: TextOrJson,
}
