//! What a model folder is, from its files' headers: nothing of the weights is loaded.

use super::model::{digests, named};
use crate::engine::checkpoint::Checkpoint;
use crate::engine::settings::Settings;
use crate::engine::{self, Config, EngineName, Head, LoadError, Runtime};
use crate::task::floor::{Floor, FloorError};
use crate::task::ner::{Ner, NerOptions};
use crate::task::stance::{StanceOptions, StanceTask};
use crate::task::{LabelMap, TaskName};
use crate::text::{Frames, Tokenizer};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A model folder, looked at from outside.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// The class that config.json names, or `floor: …`.
    pub class: Option<String>,
    /// True for a floor.
    pub floor: bool,
    /// `token` or `sequence`; None for a floor, and for a class that is not known.
    pub head: Option<&'static str>,
    /// The task that it can do.
    pub task: Option<TaskName>,
    /// Label names; the position is the class in logits.
    pub labels: Vec<String>,
    /// Longest sequence, special tokens included.
    pub max_tokens: Option<usize>,
    /// Rows of the token embedding table.
    pub vocabulary: Option<usize>,
    /// The weights.
    pub weights: Option<WeightsFound>,
    /// The tokenizer.
    pub tokenizer: Option<TokenizerFound>,
    /// Bytes of all files of the folder.
    pub size_bytes: u64,
    /// The engines that run it, as far as it was looked at: without its weights, `native` alone can be told.
    pub engines: Vec<EngineName>,
    /// What keeps it from being used, in the words of who would refuse it.
    pub problems: Vec<String>,
}

/// What the headers of weights say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WeightsFound {
    /// The files, by name.
    pub files: Vec<String>,
    /// Tensors of all files.
    pub tensors: usize,
    /// Numbers in all tensors.
    pub parameters: u64,
    /// How many of them are stored in which type.
    pub types: BTreeMap<String, u64>,
    /// Memory of the weights in f32: four bytes a parameter.
    pub f32_bytes: u64,
}

/// What tokenizer.json says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenizerFound {
    /// `WordPiece`, `BPE`, `Unigram` or `WordLevel`.
    pub kind: &'static str,
    /// Its tokens, those added to its vocabulary included.
    pub tokens: usize,
    /// The special tokens around a text and around a pair.
    #[serde(flatten)]
    pub frames: Frames,
}

/// How much of a model is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The headers of weights, and config.json.
    Headers,
    /// The tokenizer too.
    Tokenizer,
    /// All weights, as every engine of this build loads them.
    Weights,
}

/// Looks at a model folder. Whatever is wrong is a part of what was found, and none of it an error.
pub fn inspect(folder: &Path, depth: Depth) -> Inspection {
    let mut found = Inspection {
        class: None,
        floor: false,
        head: None,
        task: None,
        labels: Vec::new(),
        max_tokens: None,
        vocabulary: None,
        weights: None,
        tokenizer: None,
        size_bytes: size_bytes(folder),
        engines: Vec::new(),
        problems: Vec::new(),
    };
    if Floor::is_at(folder) {
        floor(folder, &mut found);
        return found;
    }
    match Checkpoint::open(folder) {
        Ok(checkpoint) => found.weights = Some(weights(&checkpoint)),
        Err(error) => found.problems.push(chain(&error)),
    }
    match Config::read(folder) {
        Ok(config) => configured(folder, &config, depth, &mut found),
        Err(error) => {
            found.problems.push(match error {
                // What else can be run would be said of every model of a list.
                LoadError::Unsupported { found, .. } => format!("no engine runs {found}"),
                error => chain(&error),
            });
            let classes =
                Settings::read(folder).ok().and_then(|settings| settings.words("architectures").ok().flatten());
            found.class = classes.and_then(|classes| classes.into_iter().next());
        }
    }
    found
}

/// SHA-256 of the files that decide a model's answers, by name.
pub fn model_digests(folder: &Path) -> BTreeMap<String, String> {
    digests(folder)
}

fn floor(folder: &Path, found: &mut Inspection) {
    found.floor = true;
    let floor = match Floor::load(folder, TaskName::Ner) {
        Err(FloorError::Task { answers, .. }) => Floor::load(folder, answers).map(|floor| (answers, floor)),
        floor => floor.map(|floor| (TaskName::Ner, floor)),
    };
    match floor {
        Ok((task, floor)) => (found.task, found.class) = (Some(task), Some(named(&floor).to_owned())),
        Err(error) => found.problems.push(chain(&error)),
    }
}

fn weights(checkpoint: &Checkpoint) -> WeightsFound {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut types = BTreeMap::new();
    let mut tensors = 0;
    for tensor in checkpoint.tensors() {
        let parameters: u64 = tensor.shape.iter().map(|&size| size as u64).product();
        *types.entry(tensor.dtype).or_default() += parameters;
        tensors += 1;
    }
    let parameters = types.values().sum();
    WeightsFound {
        files: checkpoint.files().map(name).collect(),
        tensors,
        parameters,
        types,
        f32_bytes: 4 * parameters,
    }
}

/// What follows from a configuration that can be read.
fn configured(folder: &Path, config: &Config, depth: Depth, found: &mut Inspection) {
    found.class = Some(config.class());
    found.labels.clone_from(&config.labels);
    (found.max_tokens, found.vocabulary) = (Some(config.max_tokens), Some(config.vocabulary));
    let (head, task, bound) = match config.head {
        Head::Token => {
            ("token", TaskName::Ner, Ner::new(config, &LabelMap::default(), NerOptions::default()).map(drop))
        }
        Head::Sequence => {
            let bound = StanceTask::new((config, &LabelMap::default()), StanceOptions::default(), &[], BTreeMap::new())
                .map(drop);
            ("sequence", TaskName::Stance, bound)
        }
    };
    found.head = Some(head);
    match bound {
        Ok(()) => found.task = Some(task),
        Err(error) => found.problems.push(chain(&error)),
    }
    let mut runs = found.weights.is_some();
    if depth != Depth::Headers {
        match Tokenizer::load(folder, config.vocabulary) {
            Ok(tokenizer) => {
                let (kind, tokens, frames) = (tokenizer.kind(), tokenizer.size(), tokenizer.frames());
                found.tokenizer = Some(TokenizerFound { kind, tokens, frames });
            }
            Err(error) => {
                found.problems.push(chain(&error));
                runs = false;
            }
        }
    }
    if depth == Depth::Weights && found.weights.is_some() {
        load(folder, runs, found);
    } else if runs {
        // It runs whatever has a configuration that can be read.
        found.engines.push(EngineName::Native);
    }
}

/// Loads a model into each engine. A second engine that is not a part of this build, or does not run this architecture, says
/// nothing about the model.
fn load(folder: &Path, runs: bool, found: &mut Inspection) {
    for engine in [EngineName::Native, EngineName::RustBert] {
        match engine::load(folder, Runtime { engine, ..Runtime::default() }) {
            Ok(_) if runs => found.engines.push(engine),
            Ok(_) | Err(LoadError::NotBuilt(_) | LoadError::Runtime { .. }) => {}
            Err(LoadError::Unsupported { .. }) if engine != EngineName::Native => {}
            // Of what is wrong with a file, the first engine has said it.
            Err(error) if found.problems.contains(&chain(&error)) => {}
            Err(error) => found.problems.push(chain(&error)),
        }
    }
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Bytes of the files of a folder, of those behind links too.
fn size_bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.filter_map(|entry| std::fs::metadata(entry.path()).ok()).filter(std::fs::Metadata::is_file);
    sizes.map(|metadata| metadata.len()).sum()
}
