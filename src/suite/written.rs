//! The suite as people write it.

use super::{Evaluation, Statistics, Suite, TaskOptions};
use crate::base::file::{TextError, read_text};
use crate::corpus::Problem;
use crate::task::ner::Aggregation;
use crate::task::stance::{Hypotheses, Rule, WindowRule};
use crate::task::{TaskName, WindowOptions};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// The newest version of the format.
const VERSION: u32 = 1;

/// Why a suite was refused.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// The file cannot be read.
    #[error("suite {0}")]
    Text(#[from] TextError),
    /// The file holds what cannot be used.
    #[error("{}", .0.iter().map(|problem| format!("suite {problem}")).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<Problem>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: Spanned<u32>,
    name: Spanned<String>,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    statistics: WrittenStatistics,
    corpora: BTreeMap<String, WrittenFolder>,
    models: BTreeMap<String, WrittenFolder>,
    evaluations: Spanned<Vec<WrittenEvaluation>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct WrittenStatistics {
    replicates: Option<Spanned<u32>>,
    confidence: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFolder {
    path: Spanned<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEvaluation {
    task: Spanned<TaskName>,
    corpus: Spanned<String>,
    models: Vec<Spanned<String>>,
    #[serde(default)]
    windows: WindowOptions,
    aggregation: Option<Spanned<Aggregation>>,
    hypotheses: Option<Spanned<Hypotheses>>,
    rule: Option<Spanned<Rule>>,
    window_rule: Option<Spanned<WindowRule>>,
}

/// Notes problems with the line that a byte range stands on.
struct Notes<'a> {
    path: &'a Path,
    text: &'a str,
    found: Vec<Problem>,
}

impl Notes<'_> {
    fn add(&mut self, place: Range<usize>, what: impl Into<String>) {
        let line = 1 + self.text[..place.start.min(self.text.len())].matches('\n').count();
        self.found.push(Problem { path: self.path.to_owned(), line: Some(line), what: what.into() });
    }
}

pub(super) fn load(path: &Path) -> Result<Suite, SuiteError> {
    let text = read_text(path)?;
    let mut notes = Notes { path, text: &text, found: Vec::new() };
    let written: Written = match toml::from_str(&text) {
        Ok(written) => written,
        Err(error) => {
            notes.add(error.span().unwrap_or(0..0), error.message().trim());
            return Err(SuiteError::Problems(notes.found));
        }
    };
    match *written.version.get_ref() {
        VERSION => {}
        newer if newer > VERSION => notes.add(
            written.version.span(),
            format!("the suite's format has version {newer}, this karat reads {VERSION}: upgrade karat"),
        ),
        other => notes.add(written.version.span(), format!("there is no version {other} of the format; use {VERSION}")),
    }
    let name = written.name.get_ref();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        notes.add(
            written.name.span(),
            format!("the name `{name}` becomes a folder's name: use letters, digits, `-`, `_`, `.`"),
        );
    }
    let suite = Suite {
        name: name.clone(),
        seed: written.seed,
        statistics: statistics(&written.statistics, &mut notes),
        corpora: folders(&written.corpora, "corpus", &mut notes),
        models: folders(&written.models, "model", &mut notes),
        evaluations: written.evaluations.get_ref().iter().map(|e| evaluation(e, &written, &mut notes)).collect(),
    };
    if suite.evaluations.is_empty() {
        notes.add(written.evaluations.span(), "the suite has no evaluation");
    }
    let mut seen = BTreeSet::new();
    for (written, evaluation) in written.evaluations.get_ref().iter().zip(&suite.evaluations) {
        let key = (evaluation.options.task(), evaluation.corpus.clone());
        if !seen.insert(key) {
            let what =
                format!("task `{}` on corpus `{}` is evaluated twice", written.task.get_ref(), evaluation.corpus);
            notes.add(written.task.span(), what);
        }
    }
    if notes.found.is_empty() { Ok(suite) } else { Err(SuiteError::Problems(notes.found)) }
}

fn statistics(written: &WrittenStatistics, notes: &mut Notes<'_>) -> Statistics {
    let replicates = written.replicates.as_ref().map_or(10_000, |spanned| {
        if *spanned.get_ref() < 100 {
            notes.add(spanned.span(), "`replicates` must be at least 100 (10000 is usual)");
        }
        *spanned.get_ref()
    });
    let confidence = written.confidence.as_ref().map_or(0.95, |spanned| {
        if !(0.5..1.0).contains(spanned.get_ref()) {
            notes.add(spanned.span(), "`confidence` must be at least 0.5 and less than 1 (0.95 is usual)");
        }
        *spanned.get_ref()
    });
    Statistics { replicates, confidence }
}

fn folders(written: &BTreeMap<String, WrittenFolder>, what: &str, notes: &mut Notes<'_>) -> BTreeMap<String, PathBuf> {
    let home = notes.path.parent().unwrap_or(Path::new("")).to_owned();
    let mut folders = BTreeMap::new();
    for (name, folder) in written {
        let path = tidy(&home.join(folder.path.get_ref()));
        if !path.is_dir() {
            notes.add(folder.path.span(), format!("{what} `{name}`: there is no folder `{}`", path.display()));
        }
        folders.insert(name.clone(), path);
    }
    folders
}

/// `suites/../models/x` as `models/x`: a folder and the step back out of it cancel.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        let named = matches!(tidy.components().next_back(), Some(std::path::Component::Normal(_)));
        if part == std::path::Component::ParentDir && named {
            tidy.pop();
        } else {
            tidy.push(part);
        }
    }
    tidy
}

fn evaluation(written: &WrittenEvaluation, suite: &Written, notes: &mut Notes<'_>) -> Evaluation {
    let corpus = written.corpus.get_ref();
    if !suite.corpora.contains_key(corpus) {
        notes.add(written.corpus.span(), format!("corpus `{corpus}` is not in [corpora] ({})", names(&suite.corpora)));
    }
    let mut models: Vec<String> = Vec::new();
    for model in &written.models {
        if !suite.models.contains_key(model.get_ref()) {
            let what = format!("model `{}` is not in [models] ({})", model.get_ref(), names(&suite.models));
            notes.add(model.span(), what);
        } else if models.contains(model.get_ref()) {
            notes.add(model.span(), format!("model `{}` stands twice in `models`", model.get_ref()));
        }
        models.push(model.get_ref().clone());
    }
    if models.is_empty() {
        notes.add(written.task.span(), "an evaluation needs at least one model");
    }
    Evaluation { corpus: corpus.clone(), models, options: options(written, notes) }
}

fn options(written: &WrittenEvaluation, notes: &mut Notes<'_>) -> TaskOptions {
    let mut foreign = |key: &str, place: Option<Range<usize>>, owner: &str| {
        if let Some(place) = place {
            notes.add(place, format!("`{key}` belongs to task `{owner}`"));
        }
    };
    let (task, windows) = (*written.task.get_ref(), written.windows);
    let options = match task {
        TaskName::Ner => {
            foreign("hypotheses", written.hypotheses.as_ref().map(Spanned::span), "stance");
            foreign("rule", written.rule.as_ref().map(Spanned::span), "stance");
            foreign("window_rule", written.window_rule.as_ref().map(Spanned::span), "stance");
            TaskOptions::Ner { aggregation: chosen(written.aggregation.as_ref()), windows }
        }
        TaskName::Stance => {
            foreign("aggregation", written.aggregation.as_ref().map(Spanned::span), "ner");
            TaskOptions::Stance {
                hypotheses: chosen(written.hypotheses.as_ref()),
                rule: chosen(written.rule.as_ref()),
                window_rule: chosen(written.window_rule.as_ref()),
                windows,
            }
        }
    };
    if let (Some(tokens), Some(overlap)) = (windows.max_tokens, windows.overlap)
        && overlap >= tokens
    {
        notes.add(written.task.span(), format!("windows of {tokens} tokens cannot overlap by {overlap}"));
    }
    options
}

fn chosen<T: Clone + Default>(written: Option<&Spanned<T>>) -> T {
    written.map_or_else(T::default, |spanned| spanned.get_ref().clone())
}

fn names<T>(map: &BTreeMap<String, T>) -> String {
    map.keys().cloned().collect::<Vec<_>>().join(", ")
}
