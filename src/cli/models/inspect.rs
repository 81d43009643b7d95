//! `karat models inspect`.

use super::arguments::InspectOptions;
use super::bytes;
use crate::cli::arguments::TextOrJson;
use crate::cli::emit;
use crate::hub::{Place, RepoName, SCHEME, find};
use crate::report::{Grid, number};
use crate::run::{Depth, Inspection, ModelError, inspect, is_model, model_digests};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

pub(super) fn run(options: &InspectOptions) -> anyhow::Result<()> {
    let (folder, commit) = located(options)?;
    if !is_model(&folder) {
        return Err(ModelError::NoFolder(folder).into());
    }
    let found = inspect(&folder, if options.load { Depth::Weights } else { Depth::Tokenizer });
    let digests = model_digests(&folder);
    match options.format {
        TextOrJson::Text => {
            emit(&text(&folder.display().to_string(), commit.as_deref(), (&found, options.load), &digests))
        }
        TextOrJson::Json => {
            let mut json = json!(found);
            json["version"] = json!(1);
            json["folder"] = json!(folder);
            json["commit"] = json!(commit);
            json["weights_loaded"] = json!(options.load);
            json["digests"] = json!(digests);
            emit(&format!("{json}\n"))
        }
    }
}

/// The folder, and the commit of a model of the cache.
fn located(options: &InspectOptions) -> anyhow::Result<(PathBuf, Option<String>)> {
    let typed = options.model.to_string_lossy();
    let in_cache = typed.starts_with(SCHEME);
    if !in_cache && options.model.is_dir() {
        return Ok((options.model.clone(), None));
    }
    let Some(name) = RepoName::parse(&typed).map(Some).or_else(|error| if in_cache { Err(error) } else { Ok(None) })?
    else {
        return Err(ModelError::NoFolder(options.model.clone()).into());
    };
    let place = Place::from_environment(options.cache.as_deref(), None)?;
    let snapshot = find(&place.cache, &name)?;
    Ok((snapshot.folder, Some(snapshot.name.revision().to_owned())))
}

fn text(
    folder: &str,
    commit: Option<&str>,
    (found, loaded): (&Inspection, bool),
    digests: &BTreeMap<String, String>,
) -> String {
    let mut rows = Grid::new(["model", folder]).left(2);
    let mut row = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            rows.row([name.to_owned(), value]);
        }
    };
    row("commit", commit.map(str::to_owned));
    row("what it is", found.class.clone());
    let engines = found.engines.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let engines = if engines.is_empty() { "none".to_owned() } else { engines };
    row("engines", (!found.floor).then_some(engines));
    row("task", Some(found.task.map_or("none".to_owned(), |task| task.to_string())));
    row("head", found.head.map(|head| format!("a row of logits for each {head}")));
    row("labels", (!found.labels.is_empty()).then(|| labels(&found.labels)));
    row("max tokens", found.max_tokens.map(number));
    row("vocabulary", found.vocabulary.map(number));
    if let Some(tokenizer) = &found.tokenizer {
        row("tokenizer", Some(format!("{}, {} tokens", tokenizer.kind, number(tokenizer.tokens))));
        row("one text", Some(tokenizer.frames.single.clone()));
        row("a pair", Some(tokenizer.frames.pair.clone().unwrap_or_else(|| "not framed".to_owned())));
    }
    if let Some(weights) = &found.weights {
        let types = weights.types.iter().map(|(name, count)| format!("{name} {}", number(*count as usize)));
        row(
            "parameters",
            Some(format!("{} in {} tensors", number(weights.parameters as usize), number(weights.tensors))),
        );
        row("stored as", Some(types.collect::<Vec<_>>().join(", ")));
        row(
            "in memory",
            Some(format!("{} in f32: 4 bytes a parameter, and what batches need", bytes(weights.f32_bytes))),
        );
    }
    row("on disk", Some(bytes(found.size_bytes)));
    for (file, digest) in digests {
        row(file, Some(digest.clone()));
    }
    let mut out = rows.terminal();
    if found.problems.is_empty() {
        let seen =
            if found.floor || loaded { "" } else { " (weights: their headers only; --load looks at all of them)" };
        let _ = writeln!(out, "\nno problem found{seen}");
    }
    for problem in &found.problems {
        let _ = writeln!(out, "\nproblem: {problem}");
    }
    out
}

/// `0 O, 1 B-PER, …`.
fn labels(labels: &[String]) -> String {
    let numbered = labels.iter().enumerate().map(|(class, label)| format!("{class} {label}"));
    format!("{}: {}", labels.len(), numbered.collect::<Vec<_>>().join(", "))
}
