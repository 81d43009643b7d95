//! The suite as people write it.

use super::decoding::{self, WrittenDecoding, WrittenWindowRule};
use super::model::{WrittenModel, models};
use super::policy::{WrittenPolicy, margin};
use super::tune::{WrittenTune, tune};
use super::{Evaluation, Statistics, Suite};
use crate::base::file::{TextError, read_text};
use crate::corpus::{Place, Problem};
use crate::stats::Method;
use crate::task::ANNOTATORS;
use crate::task::ner::Aggregation;
use crate::task::stance::{Hypotheses, Rule, TemplateWeights};
use crate::task::{TaskName, WindowOptions};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// Differences of at most this size do not matter, unless a suite says otherwise.
const MARGIN: f64 = 0.01;

/// The newest version of the format.
const VERSION: u32 = 1;

/// Why a suite was refused.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// The file cannot be read.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The file was written for a newer karat.
    #[error("suite `{}` has format version {found}, but this karat reads {VERSION}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The file holds what cannot be used.
    #[error("{}", .0.iter().map(|problem| format!("suite {problem}")).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<Problem>),
}

#[derive(Deserialize)]
struct Versioned {
    version: Spanned<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "version")]
    _version: u32,
    name: Spanned<String>,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    statistics: WrittenStatistics,
    #[serde(default)]
    gate: WrittenPolicy,
    corpora: BTreeMap<String, WrittenCorpus>,
    models: BTreeMap<String, WrittenModel>,
    evaluations: Spanned<Vec<WrittenEvaluation>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct WrittenStatistics {
    replicates: Option<Spanned<u32>>,
    confidence: Option<Spanned<f64>>,
    #[serde(default)]
    interval: Method,
    margin: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCorpus {
    path: Spanned<PathBuf>,
    patch: Option<Spanned<PathBuf>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEvaluation {
    task: Spanned<TaskName>,
    corpus: Spanned<String>,
    split: Option<String>,
    models: Vec<Spanned<String>>,
    windows: Option<Spanned<WindowOptions>>,
    aggregation: Option<Spanned<Aggregation>>,
    hypotheses: Option<Spanned<Hypotheses>>,
    template_weights: Option<Spanned<TemplateWeights>>,
    rule: Option<Spanned<Rule>>,
    window_rule: Option<Spanned<WrittenWindowRule>>,
    temperature: Option<Spanned<f64>>,
    threshold: Option<Spanned<f64>>,
    tune: Option<Spanned<WrittenTune>>,
}

impl WrittenEvaluation {
    fn decoding(&self) -> WrittenDecoding<'_> {
        WrittenDecoding {
            task: *self.task.get_ref(),
            windows: self.windows.as_ref(),
            aggregation: self.aggregation.as_ref(),
            hypotheses: self.hypotheses.as_ref(),
            template_weights: self.template_weights.as_ref(),
            rule: self.rule.as_ref(),
            window_rule: self.window_rule.as_ref(),
            temperature: self.temperature.as_ref(),
            threshold: self.threshold.as_ref(),
        }
    }
}

/// Notes problems with the line that a byte range stands on.
pub(super) struct Notes<'a> {
    path: &'a Path,
    text: &'a str,
    found: Vec<Problem>,
}

impl Notes<'_> {
    /// A path as written, from the suite's own folder.
    fn beside(&self, path: &Path) -> PathBuf {
        tidy(&self.path.parent().unwrap_or(Path::new("")).join(path))
    }

    /// The line, from 1, on which a byte range begins.
    pub(super) fn line(&self, place: Range<usize>) -> usize {
        1 + self.text[..place.start.min(self.text.len())].matches('\n').count()
    }

    pub(super) fn add(&mut self, place: Range<usize>, what: impl Into<String>) {
        let place = Some(Place::Line(self.line(place)));
        self.found.push(Problem { path: self.path.to_owned(), place, what: what.into() });
    }

    /// A folder under a name that becomes a part of file names; `also` are the characters that it may have besides letters and
    /// digits.
    pub(super) fn folder(&mut self, (name, folder): (&str, &Spanned<PathBuf>), (what, also): (&str, &str)) -> PathBuf {
        let path = self.beside(folder.get_ref());
        if !can_name_a_file(name, also) {
            let also = also.chars().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ");
            let what = format!("{what} `{name}`: the name becomes a part of file names: use letters, digits, {also}");
            self.add(folder.span(), what);
        }
        if let Some(found) = crate::hub::resolved(folder.get_ref()).filter(|_| what == "model") {
            return found.unwrap_or_else(|error| {
                self.add(folder.span(), format!("{what} `{name}`: {error}; {}", error.cure()));
                path
            });
        }
        if !path.is_dir() {
            self.add(folder.span(), format!("{what} `{name}`: there is no folder `{}`", path.display()));
        }
        path
    }
}

pub(super) fn load(path: &Path) -> Result<Suite, SuiteError> {
    let text = read_text(path)?;
    let mut notes = Notes { path, text: &text, found: Vec::new() };
    // Another version may have other keys: it is looked at before them.
    if let Ok(Versioned { version }) = toml::from_str(&text) {
        let found = *version.get_ref();
        if found > VERSION {
            return Err(SuiteError::Newer { path: path.to_owned(), found });
        }
        if found < VERSION {
            notes.add(version.span(), format!("there is no version {found} of the format; use {VERSION}"));
        }
    }
    let written: Written = match toml::from_str(&text) {
        Ok(written) => written,
        Err(error) => {
            notes.add(error.span().unwrap_or(0..0), error.message().trim());
            return Err(SuiteError::Problems(notes.found));
        }
    };
    let name = written.name.get_ref();
    if !can_name_a_file(name, "-_.") {
        notes.add(
            written.name.span(),
            format!("the name `{name}` becomes a folder's name: use letters, digits, `-`, `_`, `.`"),
        );
    }
    let statistics = statistics(&written.statistics, &mut notes);
    let suite = Suite {
        file: path.to_owned(),
        name: name.clone(),
        seed: written.seed,
        statistics,
        gate: written.gate.checked(statistics, &written.corpora, &written.models, &mut notes),
        corpora: corpora(&written.corpora, &mut notes),
        patches: patches(&written.corpora, &mut notes),
        models: models(&written.models, &mut notes),
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
    let margin = margin(written.margin.as_ref(), MARGIN, notes);
    Statistics { replicates, confidence, interval: written.interval, margin }
}

/// True for a name of ASCII letters, digits and the characters of `also`.
fn can_name_a_file(name: &str, also: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
}

/// Folders of corpora by name. A name is a part of file names, `task.corpus.model`: no corpus may have a dot, for two cells
/// would share a file.
fn corpora(written: &BTreeMap<String, WrittenCorpus>, notes: &mut Notes<'_>) -> BTreeMap<String, PathBuf> {
    let folder = |(name, corpus): (&String, &WrittenCorpus)| {
        (name.clone(), notes.folder((name, &corpus.path), ("corpus", "-_")))
    };
    written.iter().map(folder).collect()
}

/// The patch files of the corpora that have one.
fn patches(written: &BTreeMap<String, WrittenCorpus>, notes: &mut Notes<'_>) -> BTreeMap<String, PathBuf> {
    let mut patches = BTreeMap::new();
    for (name, patch) in written.iter().filter_map(|(name, corpus)| Some((name, corpus.patch.as_ref()?))) {
        let path = notes.beside(patch.get_ref());
        if !path.is_file() {
            notes.add(patch.span(), format!("corpus `{name}`: there is no patch file `{}`", path.display()));
        }
        patches.insert(name.clone(), path);
    }
    patches
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
        if model.get_ref() == ANNOTATORS {
            notes.add(
                model.span(),
                format!("`{ANNOTATORS}` is what tables call the annotators; name the model otherwise"),
            );
        }
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
    let split = written.split.clone();
    let options = decoding::options(&written.decoding(), notes);
    let tune = written.tune.as_ref().map(|written| tune(written, (&options, split.as_deref()), notes));
    Evaluation { corpus: corpus.clone(), split, models, options, tune }
}

pub(super) fn names<T>(map: &BTreeMap<String, T>) -> String {
    map.keys().cloned().collect::<Vec<_>>().join(", ")
}
