//! Answers as a folder of Parquet files of so many documents each, which can be stopped and taken up.
//!
//! `predict.json` says what was asked and which shards are whole: it is written after each of them, so that a process that is
//! killed loses one shard at most.

use super::source::Plan;
use super::{Made, PredictError};
use crate::base::digest;
use crate::base::file::{Beside, sweep, write_whole};
use crate::corpus::{Records, Survey};
use crate::run::ask::Counts;
use crate::run::cell::Request;
use crate::run::model::{Model, digests};
use crate::table::GrowingTable;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The version of `predict.json`.
pub(super) const VERSION: u64 = 1;
const MANIFEST: &str = "predict.json";

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
pub(super) fn identity(
    request: &Request<'_>,
    model: &Model,
    (records, all): (&dyn Records, Survey),
) -> io::Result<Identity> {
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
        ("input", json!({ "documents": all.documents, "bytes": all.bytes, "digest": records.digest()? })),
    ];
    Ok(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
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
        identity.insert("logits".to_owned(), json!(place.logits.is_some()));
        identity.insert("shard_documents".to_owned(), json!(place.documents));
        let path = place.folder.join(MANIFEST);
        let manifest = if path.exists() {
            if !place.resume {
                return Err(PredictError::Taken(place.folder.to_owned()));
            }
            Some(read(&path)?)
        } else {
            let empty = std::fs::read_dir(place.folder).map_or(true, |mut entries| entries.next().is_none());
            if !empty {
                return Err(PredictError::Occupied(place.folder.to_owned()));
            }
            None
        };
        let mut shards = match manifest {
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
        for folder in [Some(place.predictions()), place.logits.map(Path::to_owned)].into_iter().flatten() {
            let ready = std::fs::create_dir_all(&folder).and_then(|()| sweep(&folder));
            ready.map_err(PredictError::write(&folder))?;
        }
        shards.retain(|name, shard| place.holds(name, shard));
        let manifest =
            Manifest { version: VERSION, complete: false, asked: identity, counts: Counts::default(), shards };
        let begun = Self { place, manifest, documents, growing: None };
        begun.save()?;
        Ok(begun)
    }

    pub(super) fn plan(&self) -> Plan {
        let (documents, shard) = (self.documents, self.place.documents);
        let kept = (0..documents.div_ceil(shard)).map(|number| self.manifest.shards.contains_key(&name(number)));
        Plan { documents, shard, kept: kept.collect() }
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

/// Shards are in the order of their names.
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
