//! A model folder, whatever is in it: weights for an engine, or a floor.

use crate::base::digest;
use crate::engine::checkpoint::{self, Checkpoint};
use crate::engine::{self, Config, Engine, LoadError, Runtime};
use crate::hub::{HubError, located};
use crate::task::TaskName;
use crate::task::floor::{Floor, FloorError};
use crate::text::{Tokenizer, TokenizerError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A loaded model.
pub enum Model {
    /// Weights and their tokenizer.
    Neural {
        /// What runs it.
        engine: Box<dyn Engine>,
        /// Its tokenizer.
        tokenizer: Box<Tokenizer>,
    },
    /// A floor.
    Floor(Floor),
}

/// Why a model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// There is no such folder.
    #[error("there is no model folder `{}`", .0.display())]
    NoFolder(PathBuf),
    /// The hub's cache does not have it.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// The weights or their configuration are at fault.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The tokenizer is at fault.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The floor is at fault.
    #[error(transparent)]
    Floor(#[from] FloorError),
}

impl Model {
    /// Loads a folder in Hugging Face layout to be run as is said, or a floor, which is not run. `hub:ORG/NAME@REVISION` is a
    /// folder of the hub's cache.
    ///
    /// # Errors
    /// [`ModelError`] naming the file and what is wrong with it.
    pub fn load(folder: &Path, task: TaskName, runtime: Runtime) -> Result<Self, ModelError> {
        let folder = &*located(folder)?;
        if !folder.is_dir() {
            return Err(ModelError::NoFolder(folder.to_owned()));
        }
        if Floor::is_at(folder) {
            return Ok(Self::Floor(Floor::load(folder, task)?));
        }
        let config = Config::read(folder)?;
        let tokenizer = Box::new(Tokenizer::load(folder, config.vocabulary)?);
        Ok(Self::Neural { engine: engine::load(folder, runtime)?, tokenizer })
    }

    /// What the model is, for records: an architecture or `floor`.
    pub fn architecture(&self) -> String {
        match self {
            Self::Neural { engine, .. } => engine.config().class(),
            Self::Floor(floor) => named(floor).to_owned(),
        }
    }
}

/// True for a folder that holds a model or a floor, whole or not.
pub fn is_model(folder: &Path) -> bool {
    folder.join("config.json").is_file() || Floor::is_at(folder)
}

/// What a floor is, for records.
pub(super) fn named(floor: &Floor) -> &'static str {
    match floor {
        Floor::Gazetteer(_) => "floor: gazetteer",
        Floor::Majority => "floor: majority",
    }
}

/// SHA-256 of the files of a model folder that decide its answers, by name.
pub(super) fn digests(folder: &Path) -> BTreeMap<String, String> {
    let Ok(folder) = located(folder) else { return BTreeMap::new() };
    let mut names: Vec<String> = ["config.json", "floor.toml", "names.tsv", "tokenizer.json"].map(str::to_owned).into();
    if let Ok(checkpoint) = Checkpoint::open(&folder) {
        let files = checkpoint.files().filter_map(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        names.extend(files);
        // Where shards are, which tensor is read from which of them.
        names.push(checkpoint::INDEX.to_owned());
    }
    let digest = |name: String| digest::of_file(&folder.join(&name)).ok().map(|digest| (name, digest));
    names.into_iter().filter_map(digest).collect()
}
