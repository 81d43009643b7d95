//! Answers as a folder of Parquet files of so many documents each, which can be stopped and taken up.
//!
//! `predict.json` says what was asked and which shards are whole: it is written after each of them, so that a process that is
//! killed loses one shard at most.

use super::{Made, PredictError};
use crate::base::digest;
use crate::base::file::{Beside, UNFINISHED, claim, place, sweep, write_whole};
use crate::corpus::Survey;
use crate::run::ask::Counts;
use crate::run::cell::Request;
use crate::run::model::{Model, digests};
use crate::table::GrowingTable;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use tempfile::NamedTempFile;

/// The version of `predict.json`.
pub(super) const VERSION: u64 = 1;
const MANIFEST: &str = "predict.json";
/// Held while shards are on their way, so that no two processes write to one folder.
const LOCK: &str = "predict.lock";
/// The most shards: their names have five digits, and are in the shards' order.
pub(super) const MOST: usize = 100_000;

/// A folder that answers go to.
#[derive(Debug, Clone, Copy)]
pub struct ShardFolder<'a> {
    /// Predictions go to `predictions/` in it.
    pub folder: &'a Path,
    /// The folder that logits go to; None: nowhere.
    pub logits: Option<&'a Path>,
    /// Documents of a shard; the last one has fewer.
    pub documents: usize,
    /// Whether what an earlier call left is taken up.
    pub resume: bool,
}

/// `predict.json`. Nothing in it depends on threads or time.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: u64,
    /// Whether all shards are there.
    complete: bool,
    /// What was asked: with other values, answers would be others, or cut otherwise.
    asked: Identity,
    /// Of all shards.
    counts: Counts,
    /// Those that are whole, by their names.
    shards: BTreeMap<String, Shard>,
}

/// By what it is called, each thing that decides what stands in the folder.
type Identity = BTreeMap<String, Value>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shard {
    counts: Counts,
    /// SHA-256 of its file of predictions.
    predictions: String,
    /// SHA-256 of its file of logits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    logits: Option<String>,
}

/// What is asked of which model about which documents.
pub(super) fn identity(request: &Request<'_>, model: &Model, all: &Survey) -> Identity {
    let runtime = matches!(model, Model::Neural { .. }).then_some(request.model.runtime);
    let targets: BTreeMap<&str, &str> =
        request.targets.iter().map(|target| (target.id.as_str(), target.phrase.as_str())).collect();
    let pairs = [
        ("karat", json!(env!("CARGO_PKG_VERSION"))),
        ("model", json!({ "architecture": model.architecture(), "digests": digests(&request.model.path) })),
        ("classes", json!(request.model.labels)),
        ("runtime", json!(runtime)),
        ("task", json!(request.options.task())),
        ("decoding", json!(request.options)),
        ("targets", json!(targets)),
        ("input", json!({ "documents": all.documents, "bytes": all.bytes, "digest": all.marks.last() })),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// How the parts of an identity are called in messages.
const CALLED: [(&str, &str); 10] = [
    ("karat", "version of karat"),
    ("model", "model"),
    ("classes", "`--label`"),
    ("runtime", "engine, precision or device"),
    ("task", "task"),
    ("decoding", "way of decoding"),
    ("targets", "`--targets`"),
    ("input", "input"),
    ("logits", "choice of logits"),
    ("shard_documents", "`--shard-documents`"),
];

/// Shards on their way.
pub(super) struct Shards<'a> {
    place: ShardFolder<'a>,
    manifest: Manifest,
    /// Documents of all shards.
    documents: usize,
    /// The shard that grows.
    growing: Option<Growing>,
    /// Keeps other processes out.
    _lock: NamedTempFile,
}

struct Growing {
    number: usize,
    counts: Counts,
    predictions: Part,
    logits: Option<Part>,
}

struct Part {
    path: PathBuf,
    beside: Beside,
    table: GrowingTable,
}

impl<'a> Shards<'a> {
    /// Begins a folder, or takes up one that was begun with the same identity.
    pub(super) fn begin(
        place: ShardFolder<'a>,
        mut identity: Identity,
        documents: usize,
    ) -> Result<Self, PredictError> {
        identity.insert("logits".to_owned(), json!(place.logits.map(|logits| way(place.folder, logits))));
        identity.insert("shard_documents".to_owned(), json!(place.documents));
        let shards = documents.div_ceil(place.documents);
        if shards > MOST {
            return Err(PredictError::Shards { shards });
        }
        let made = std::fs::create_dir_all(place.folder).and_then(|()| claim(&place.folder.join(LOCK)));
        let lock = made.map_err(PredictError::write(place.folder))?;
        let mut shards = match place.there()? {
            None => BTreeMap::new(),
            Some(manifest) => {
                let differs = |name: &str| manifest.asked.get(name) != identity.get(name);
                let differing: Vec<_> =
                    CALLED.iter().filter(|(name, _)| differs(name)).map(|(_, called)| *called).collect();
                if !differing.is_empty() {
                    return Err(PredictError::Other { folder: place.folder.to_owned(), differing });
                }
                manifest.shards
            }
        };
        shards.retain(|name, shard| place.holds(name, shard));
        let manifest =
            Manifest { version: VERSION, complete: false, asked: identity, counts: Counts::default(), shards };
        let begun = Self { place, manifest, documents, growing: None, _lock: lock };
        // The manifest comes before all else, so that whatever a killed process leaves can be taken up.
        begun.save()?;
        let (folder, predictions) = (Some(place.folder.to_owned()), Some(place.predictions()));
        for folder in [folder, predictions, place.logits.map(Path::to_owned)].into_iter().flatten() {
            let ready = std::fs::create_dir_all(&folder).and_then(|()| sweep(&folder));
            ready.map_err(PredictError::write(&folder))?;
        }
        Ok(begun)
    }

    /// By shard, whether it is there already.
    pub(super) fn kept(&self) -> Vec<bool> {
        let shards = self.documents.div_ceil(self.place.documents);
        (0..shards).map(|number| self.manifest.shards.contains_key(&name(number))).collect()
    }

    pub(super) fn take(&mut self, made: Made) -> Result<(), PredictError> {
        let mut growing = match self.growing.take() {
            Some(growing) => growing,
            None => self.place.grow(made.shard)?,
        };
        growing.counts += made.counts;
        for (part, table) in [(Some(&mut growing.predictions), made.answers), (growing.logits.as_mut(), made.logits)] {
            if let Some((part, table)) = part.zip(table) {
                part.table.push(table).map_err(PredictError::write(&part.path))?;
            }
        }
        let first = growing.number * self.place.documents;
        if growing.counts.documents < self.place.documents.min(self.documents - first) {
            self.growing = Some(growing);
            return Ok(());
        }
        // A shard is there when the manifest says so, which is last.
        let logits = growing.logits.map(Part::keep).transpose()?;
        let shard = Shard { counts: growing.counts, predictions: growing.predictions.keep()?, logits };
        self.manifest.shards.insert(name(growing.number), shard);
        self.save()
    }

    pub(super) fn finish(mut self) -> Result<(), PredictError> {
        self.manifest.complete = true;
        for shard in self.manifest.shards.values() {
            self.manifest.counts += shard.counts;
        }
        self.save()
    }

    fn save(&self) -> Result<(), PredictError> {
        let path = self.place.folder.join(MANIFEST);
        let json = serde_json::to_string_pretty(&self.manifest).expect("a manifest is plain data");
        write_whole(&path, format!("{json}\n").as_bytes()).map_err(PredictError::write(&path))
    }
}

impl ShardFolder<'_> {
    /// Refuses what cannot be begun or taken up, before anything is read for long.
    pub(super) fn look(&self) -> Result<(), PredictError> {
        let lock = self.folder.join(LOCK);
        if lock.exists() {
            claim(&lock).map_err(PredictError::write(self.folder))?;
        }
        self.there().map(|_| ())
    }

    /// What is to be taken up; None: the folders are free.
    fn there(&self) -> Result<Option<Manifest>, PredictError> {
        let path = self.folder.join(MANIFEST);
        if path.exists() {
            return if self.resume { read(&path).map(Some) } else { Err(PredictError::Taken(self.folder.to_owned())) };
        }
        // What a process leaves that was killed before it had written a manifest is nothing.
        let ours = |name: &str| name == LOCK || name.starts_with(UNFINISHED);
        if names(self.folder).iter().any(|name| !ours(name)) {
            return Err(PredictError::Occupied(self.folder.to_owned()));
        }
        if let Some(logits) = self.logits.filter(|logits| !names(logits).is_empty()) {
            return Err(PredictError::Occupied(logits.to_owned()));
        }
        Ok(None)
    }

    fn predictions(&self) -> PathBuf {
        self.folder.join("predictions")
    }

    /// Whether the files of a shard are there, as they were written.
    fn holds(&self, name: &str, shard: &Shard) -> bool {
        let same = |folder: &Path, digest: &str| digest::of_file(&folder.join(name)).is_ok_and(|there| there == digest);
        let logits = self.logits.zip(shard.logits.as_deref());
        same(&self.predictions(), &shard.predictions) && logits.is_none_or(|(folder, digest)| same(folder, digest))
    }

    fn grow(&self, number: usize) -> Result<Growing, PredictError> {
        let part = |folder: &Path| {
            let path = folder.join(name(number));
            let begun = Beside::create(&path).and_then(|beside| Ok((GrowingTable::new(beside.handle()?), beside)));
            let (table, beside) = begun.map_err(PredictError::write(&path))?;
            Ok::<_, PredictError>(Part { path, beside, table })
        };
        let logits = self.logits.map(part).transpose()?;
        Ok(Growing { number, counts: Counts::default(), predictions: part(&self.predictions())?, logits })
    }
}

impl Part {
    /// Gives the file its name. Returns its digest.
    fn keep(self) -> Result<String, PredictError> {
        let Self { path, beside, table } = self;
        let kept = table.finish().and_then(|()| beside.keep()).and_then(|()| digest::of_file(&path));
        kept.map_err(PredictError::write(&path))
    }
}

/// What stands in a folder; nothing where there is none.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// The way from one folder to another.
fn way(from: &Path, to: &Path) -> PathBuf {
    let (from, to) = (place(from), place(to));
    let shared = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

fn name(number: usize) -> String {
    format!("part-{number:05}.parquet")
}

fn read(path: &Path) -> Result<Manifest, PredictError> {
    let malformed = |reason: String| PredictError::Malformed { path: path.to_owned(), reason };
    let bytes = std::fs::read(path).map_err(|error| malformed(error.to_string()))?;
    let json: Value = serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
    match json["version"].as_u64() {
        Some(VERSION) => serde_json::from_value(json).map_err(|error| malformed(error.to_string())),
        Some(found) if found > VERSION => Err(PredictError::Newer { path: path.to_owned(), found }),
        _ => Err(malformed("it has no version".to_owned())),
    }
}
