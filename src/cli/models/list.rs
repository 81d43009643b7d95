//! `karat models list`.

use super::arguments::ListOptions;
use super::bytes;
use crate::cli::arguments::TableOrJson;
use crate::cli::{emit, say};
use crate::hub::{Place, SCHEME, Snapshot, lacking, snapshots};
use crate::report::{Grid, number};
use crate::run::{Depth, Inspection, inspect, is_model};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Where models are looked for when no folder is named.
const MODELS: &str = "models";

/// A folder that holds no model, and is none.
#[derive(Debug, thiserror::Error)]
#[error("there is no model in `{}`", .0.display())]
pub(in crate::cli) struct NoModels(PathBuf);

/// A model and where it stands.
struct Listed {
    /// What a suite or `--model` calls it.
    path: String,
    name: String,
    /// The commit, of a model of the cache.
    commit: Option<String>,
    inspection: Inspection,
}

pub(super) fn run(options: &ListOptions) -> anyhow::Result<()> {
    let mut all = Vec::new();
    let default = [PathBuf::from(MODELS)];
    let named = !options.folders.is_empty();
    for folder in if named { &options.folders[..] } else { &default[..] } {
        let found = folders(folder)?;
        if named && found.is_empty() {
            return Err(NoModels(folder.clone()).into());
        }
        all.extend(found.iter().map(|folder| of_folder(folder)));
    }
    let place = Place::from_environment(options.cache.as_deref(), None)?;
    let snapshots = snapshots(&place.cache)?;
    all.extend(snapshots.iter().map(|snapshot| of_snapshot(snapshot, options.cache.is_some())));
    match options.format {
        TableOrJson::Table if all.is_empty() => {
            say(&format!("no model in `{MODELS}`, and none in the cache `{}`", place.cache.display()));
            Ok(())
        }
        TableOrJson::Table => emit(&table(&all)),
        TableOrJson::Json => {
            let models: Vec<Value> = all.iter().map(json_of).collect();
            emit(&format!("{}\n", json!({ "version": 1, "cache": place.cache, "models": models })))
        }
    }
}

/// The folder itself where it is a model's, or the models' folders in it, by name.
fn folders(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if is_model(folder) {
        return Ok(vec![folder.to_owned()]);
    }
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if is_model(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn of_folder(folder: &Path) -> Listed {
    let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
    Listed { path: folder.display().to_string(), name, commit: None, inspection: inspect(folder, Depth::Headers) }
}

fn of_snapshot(snapshot: &Snapshot, own_cache: bool) -> Listed {
    let commit = snapshot.name.revision().to_owned();
    let revision = snapshot.refs.first().unwrap_or(&commit);
    let path = if own_cache {
        snapshot.folder.display().to_string()
    } else {
        format!("{SCHEME}{}", snapshot.name.at(revision).typed())
    };
    let mut inspection = inspect(&snapshot.folder, Depth::Headers);
    let lacking = lacking(&snapshot.folder);
    if !lacking.is_empty() {
        inspection.engines.clear();
        inspection.problems = vec![format!("the cache has it without {}", lacking.join(", "))];
    }
    Listed { path, name: snapshot.name.repository().to_owned(), commit: Some(commit), inspection }
}

fn table(all: &[Listed]) -> String {
    let mut grid = Grid::new(["model", "what it is", "head", "labels", "parameters", "size", "commit"]).left(3);
    let none = || "–".to_owned();
    for model in all {
        let found = &model.inspection;
        grid.row([
            model.path.clone(),
            found.class.clone().unwrap_or_else(none),
            found.head.map_or_else(none, str::to_owned),
            if found.labels.is_empty() { none() } else { number(found.labels.len()) },
            found.weights.as_ref().map_or_else(none, |weights| number(weights.parameters as usize)),
            bytes(found.size_bytes),
            model.commit.as_ref().map_or_else(none, |commit| commit.chars().take(12).collect()),
        ]);
    }
    let mut out = grid.terminal();
    for model in all.iter().filter(|model| !model.inspection.problems.is_empty()) {
        out.push_str(&format!("\n{}: {}\n", model.path, model.inspection.problems.join("\n")));
    }
    out
}

fn json_of(model: &Listed) -> Value {
    let found = &model.inspection;
    json!({
        "name": model.name, "path": model.path, "commit": model.commit, "floor": found.floor, "class": found.class,
        "task": found.task, "head": found.head, "labels": found.labels, "size_bytes": found.size_bytes,
        "parameters": found.weights.as_ref().map(|weights| weights.parameters), "engines": found.engines,
        "problems": found.problems,
    })
}
