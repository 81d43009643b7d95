//! A baseline: a run that was named as what later runs are held against. It keeps the record and the tables, not the predictions
//! and logits.

use super::folder::{FolderError, open};
use super::record::Results;
use crate::base::digest;
use crate::base::file::copy_whole;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The newest format of `baseline.json`.
const VERSION: u32 = 1;

/// The file that makes a folder a baseline.
const NOTE: &str = "baseline.json";

/// `baseline.json`: what was blessed, when, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blessing {
    /// Version of the format.
    pub version: u32,
    /// The baseline's name.
    pub name: String,
    /// The run's folder, by its last name.
    pub run: String,
    /// When it was blessed, RFC 3339, UTC.
    pub blessed: String,
    /// Why, in the words of who blessed it.
    pub reason: Option<String>,
    /// SHA-256 of each file that was copied.
    #[serde(default)]
    pub digests: BTreeMap<String, String>,
}

/// A baseline as it was read.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// What it is.
    pub blessing: Blessing,
    /// The run.
    pub results: Results,
}

impl Blessing {
    /// The blessing of a run's folder under a name.
    pub fn new(name: &str, run: &Path, blessed: String, reason: Option<String>) -> Self {
        let run = run.file_name().unwrap_or(run.as_os_str()).to_string_lossy().into_owned();
        Self { version: VERSION, name: name.to_owned(), run, blessed, reason, digests: BTreeMap::new() }
    }
}

/// Makes a finished run the baseline in `target`: its record and tables are copied there with the blessing, whole or not at
/// all. With `replace`, a baseline that is there makes way.
///
/// # Errors
/// [`FolderError`] when the run cannot be read, when `target` is there without `replace` or is no baseline, or when the system
/// refuses.
///
/// # Panics
/// Never: a blessing is plain data, which is always JSON.
pub fn bless(run: &Path, target: &Path, blessing: &Blessing, replace: bool) -> Result<Results, FolderError> {
    let results = open(run)?;
    if target.exists() && !(replace && target.join(NOTE).is_file()) {
        return Err(FolderError::Taken(target.to_owned()));
    }
    if run.join(NOTE).is_file() {
        return Err(FolderError::Blessed(run.to_owned()));
    }
    let mut files = vec![PathBuf::from("run.json")];
    let tables = run.join("tables");
    let failed = |source| FolderError::Io { path: tables.clone(), what: "read", source };
    for entry in std::fs::read_dir(&tables).map_err(failed)? {
        files.push(Path::new("tables").join(entry.map_err(failed)?.file_name()));
    }
    files.sort();
    let mut blessing = blessing.clone();
    for file in &files {
        let path = run.join(file);
        let digest = digest::of_file(&path).map_err(|source| FolderError::Io { path, what: "read", source })?;
        blessing.digests.insert(file.to_string_lossy().replace('\\', "/"), digest);
    }
    let mut json = serde_json::to_vec_pretty(&blessing).expect("a blessing is plain data");
    json.push(b'\n');
    copy_whole(run, &files, (Path::new(NOTE), &json), target).map_err(|source| FolderError::Io {
        path: target.to_owned(),
        what: "written",
        source,
    })?;
    Ok(results)
}

/// Reads a baseline, or a run that stands for one.
///
/// # Errors
/// [`FolderError`] as for a run, and when `baseline.json` is damaged or of a newer format.
pub fn open_baseline(folder: &Path) -> Result<Baseline, FolderError> {
    let results = open(folder)?;
    let path = folder.join(NOTE);
    let blessing = if path.is_file() {
        let bytes =
            std::fs::read(&path).map_err(|source| FolderError::Io { path: path.clone(), what: "read", source })?;
        let malformed =
            |error: serde_json::Error| FolderError::Malformed { path: path.clone(), reason: error.to_string() };
        let json: serde_json::Value = serde_json::from_slice(&bytes).map_err(malformed)?;
        if let Some(found) = json["version"].as_u64().filter(|&version| version > u64::from(VERSION)) {
            return Err(FolderError::Newer { path, found });
        }
        let blessing: Blessing = serde_json::from_slice(&bytes).map_err(malformed)?;
        for (file, digest) in &blessing.digests {
            let path = folder.join(file);
            if digest::of_file(&path).ok().as_ref() != Some(digest) {
                return Err(FolderError::Changed(path));
            }
        }
        blessing
    } else {
        let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
        Blessing::new(&name, folder, results.record.circumstances.started.clone(), None)
    };
    Ok(Baseline { blessing, results })
}
