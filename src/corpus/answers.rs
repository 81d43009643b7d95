//! Answers in files: entity spans and stances, of gold and of predictions alike.

use super::Document;
use super::documents::numbered;
use super::problem::{CorpusError, Problems, json_fault};
use crate::base::file::read_text;
use crate::base::{CharText, Entity, Span, Stance};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What is known of where answers must fit. An empty part is not checked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answers<'a> {
    /// The documents that spans lie in.
    pub documents: &'a [Document],
    /// The entity labels that may be used.
    pub labels: &'a [String],
    /// The ids of the targets that may be used.
    pub targets: &'a [String],
    /// True where spans must not overlap, as in gold. A prediction may overlap another: scoring counts it as spurious.
    pub flat: bool,
    /// True where a document's entities stay in the order of the file, for measures on which it bears. False puts them in
    /// the order of their positions.
    pub as_written: bool,
}

/// A stance of one document towards one target.
#[derive(Debug, Clone, PartialEq)]
pub struct StanceLine {
    /// The document's id.
    pub document: String,
    /// The target's id.
    pub target: String,
    /// The answer.
    pub stance: Stance,
    /// Confidence by stance, in the order of [`Stance::ALL`]; None in gold.
    pub scores: Option<[f64; 3]>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntities {
    id: String,
    entities: Vec<WrittenEntity>,
    /// Regions that nobody labelled; what is predicted there is not scored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unannotated: Vec<Span>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntity {
    start: usize,
    end: usize,
    label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStance {
    id: String,
    target: String,
    stance: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scores: Option<WrittenScores>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenScores {
    favor: f64,
    against: f64,
    neutral: f64,
}

/// What a line of entities holds.
const ENTITIES: &str = r#"{"id": "…", "entities": [{"start": …, "end": …, "label": "…"}, …]}"#;
/// What a line of stances holds.
const STANCE: &str = r#"{"id": "…", "target": "…", "stance": "…"}"#;

/// Reads `{"id","entities":[{"start","end","label","text"?,"score"?}]}` lines. A labelled document without an entity has
/// an empty list; an unlabelled one has no entry in the result.
///
/// # Errors
/// [`CorpusError`] with every line that is malformed or repeats a document, and every span that is empty, lies outside
/// its text, differs from its surface, overlaps another span, or has an unknown label.
pub fn read_entities(path: &Path, fit: Answers<'_>) -> Result<BTreeMap<String, Vec<Entity>>, CorpusError> {
    Ok(read_gold_entities(path, fit)?.0)
}

/// Unannotated regions by document.
pub type Regions = BTreeMap<String, Vec<Span>>;

/// Reads the lines of [`read_entities`] with the regions of a text that nobody labelled, `"unannotated":[{"start","end"}]`;
/// only documents with such a region have an entry among the regions.
///
/// # Errors
/// [`CorpusError`] as [`read_entities`], and for regions that lie outside the text or hold a part of an entity.
pub fn read_gold_entities(
    path: &Path,
    fit: Answers<'_>,
) -> Result<(BTreeMap<String, Vec<Entity>>, Regions), CorpusError> {
    let text = read_text(path)?;
    let texts: BTreeMap<&str, CharText<'_>> =
        fit.documents.iter().map(|document| (document.id.as_str(), CharText::new(&document.text))).collect();
    let mut problems = Problems::of(path);
    let mut answers: BTreeMap<String, Vec<Entity>> = BTreeMap::new();
    let mut regions = Regions::new();
    let mut first_seen: BTreeMap<String, usize> = BTreeMap::new();
    for (number, line) in numbered(&text) {
        let written = match serde_json::from_str::<WrittenEntities>(line) {
            Ok(written) => written,
            Err(error) => {
                problems.at(number, json_fault(ENTITIES, &error));
                continue;
            }
        };
        let id = &written.id;
        if !texts.is_empty() && !texts.contains_key(id.as_str()) {
            problems.at(number, format!("document `{id}` is not in the corpus"));
        }
        for entity in &written.entities {
            for what in faults(entity, texts.get(id.as_str()), fit.labels) {
                problems.at(number, format!("document `{id}`: {what}"));
            }
        }
        let mut entities: Vec<Entity> = written.entities.into_iter().map(Entity::from).collect();
        let mut spans: Vec<Span> = entities.iter().map(|entity| entity.span).collect();
        spans.sort_unstable();
        if !fit.as_written {
            entities.sort_by_key(|entity| entity.span);
        }
        if fit.flat
            && let Some(&[a, b]) = spans.windows(2).find(|pair| pair[0].overlaps(pair[1]))
        {
            let what = format!("document `{id}`: spans {}..{} and {}..{} overlap", a.start, a.end, b.start, b.end);
            problems.at(number, what);
        }
        for what in region_faults(&written.unannotated, &entities, texts.get(id.as_str())) {
            problems.at(number, format!("document `{id}`: {what}"));
        }
        if !written.unannotated.is_empty() {
            regions.insert(written.id.clone(), written.unannotated);
        }
        if let Some(first) = first_seen.insert(written.id.clone(), number) {
            problems.at(number, format!("document `{}` has entities already in line {first}", written.id));
        }
        answers.insert(written.id, entities);
    }
    if answers.is_empty() && problems.is_empty() {
        problems.whole("there is no labelled document in this file");
    }
    problems.or((answers, regions))
}

impl From<WrittenEntity> for Entity {
    fn from(written: WrittenEntity) -> Self {
        Self { span: Span::new(written.start, written.end), label: written.label, score: written.score }
    }
}

fn region_faults(regions: &[Span], entities: &[Entity], text: Option<&CharText<'_>>) -> Vec<String> {
    let mut faults = Vec::new();
    for region in regions {
        let Span { start, end } = *region;
        if region.is_empty() || text.is_some_and(|text| end > text.len()) {
            faults.push(format!("the unannotated region {start}..{end} is empty or lies outside the text"));
        }
        if let Some(entity) = entities.iter().find(|entity| entity.span.overlaps(*region)) {
            let (from, to) = (entity.span.start, entity.span.end);
            faults
                .push(format!("span {from}..{to} lies in the region {start}..{end}, which is marked as not annotated"));
        }
    }
    faults
}

fn faults(entity: &WrittenEntity, text: Option<&CharText<'_>>, labels: &[String]) -> Vec<String> {
    let span = Span::new(entity.start, entity.end);
    let place = span_fault(span, text, entity.text.as_deref());
    place.into_iter().chain(unknown_label(span, &entity.label, labels)).collect()
}

/// A span that is empty, lies outside the text, or has another surface than the one that is written beside it.
pub(super) fn span_fault(span: Span, text: Option<&CharText<'_>>, surface: Option<&str>) -> Option<String> {
    let Span { start, end } = span;
    if span.is_empty() {
        return Some(format!("span {start}..{end} is empty"));
    }
    let text = text?;
    match (text.get(span), surface) {
        (None, _) => Some(format!("span {start}..{end} lies outside the text of {} characters", text.len())),
        (Some(found), Some(expected)) if found != expected => Some(format!(
            "span {start}..{end} should read `{expected}`, but the text has `{found}` there; offsets count characters, not bytes"
        )),
        _ => None,
    }
}

/// A label that is empty, or not among those that are known; where none is known, any will do.
pub(super) fn unknown_label(Span { start, end }: Span, label: &String, known: &[String]) -> Option<String> {
    if label.is_empty() {
        return Some(format!("span {start}..{end} has an empty label"));
    }
    let unknown = !known.is_empty() && !known.contains(label);
    unknown.then(|| format!("span {start}..{end}: label `{label}` is not in the label set ({})", known.join(", ")))
}

/// A target that is not among those that are known; where none is known, any will do.
pub(super) fn unknown_target(target: &String, known: &[String]) -> Option<String> {
    let unknown = !known.is_empty() && !known.contains(target);
    unknown.then(|| format!("target `{target}` is not in targets.toml ({})", known.join(", ")))
}

/// Reads `{"id","target","stance","scores"?}` lines, in the order of (document, target).
///
/// # Errors
/// [`CorpusError`] with every line that is malformed, repeats a (document, target), or names an unknown document, target
/// or stance.
pub fn read_stances(path: &Path, fit: Answers<'_>) -> Result<Vec<StanceLine>, CorpusError> {
    let text = read_text(path)?;
    let known: BTreeSet<&str> = fit.documents.iter().map(|document| document.id.as_str()).collect();
    let mut problems = Problems::of(path);
    let mut lines: BTreeMap<(String, String), StanceLine> = BTreeMap::new();
    let mut first_seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (number, line) in numbered(&text) {
        let written = match serde_json::from_str::<WrittenStance>(line) {
            Ok(written) => written,
            Err(error) => {
                problems.at(number, json_fault(STANCE, &error));
                continue;
            }
        };
        let WrittenStance { id, target, stance, scores } = written;
        if !known.is_empty() && !known.contains(id.as_str()) {
            problems.at(number, format!("document `{id}` is not in the corpus"));
        }
        if let Some(what) = unknown_target(&target, fit.targets) {
            problems.at(number, format!("document `{id}`: {what}"));
        }
        match stance.parse::<Stance>() {
            Err(error) => problems.at(number, format!("document `{id}`: {error}")),
            Ok(stance) => {
                let scores = scores.map(|s| [s.favor, s.against, s.neutral]);
                let line = StanceLine { document: id.clone(), target: target.clone(), stance, scores };
                if let Some(first) = first_seen.insert((id.clone(), target.clone()), number) {
                    let what = format!("document `{id}` has a stance towards `{target}` already in line {first}");
                    problems.at(number, what);
                }
                lines.insert((id, target), line);
            }
        }
    }
    if lines.is_empty() && problems.is_empty() {
        problems.whole("there is no stance in this file");
    }
    problems.or(lines.into_values().collect())
}

/// One JSONL line a document, with the surface of each span. Documents without an entry among the answers get no line.
pub fn write_entities(documents: &[Document], answers: &BTreeMap<String, Vec<Entity>>, regions: &Regions) -> String {
    let mut out = String::new();
    for document in documents {
        let Some(entities) = answers.get(&document.id) else { continue };
        let regions = regions.get(&document.id).map(Vec::as_slice).unwrap_or_default();
        out.push_str(&write_document(document, entities, regions));
    }
    out
}

/// The JSONL line of one document, with the surface of each span.
pub fn write_document(document: &Document, entities: &[Entity], regions: &[Span]) -> String {
    let text = CharText::new(&document.text);
    let entities = entities.iter().map(|entity| WrittenEntity {
        start: entity.span.start,
        end: entity.span.end,
        label: entity.label.clone(),
        text: text.get(entity.span).map(str::to_owned),
        score: entity.score,
    });
    let (entities, unannotated) = (entities.collect(), regions.to_vec());
    let mut out = String::new();
    push_line(&mut out, &WrittenEntities { id: document.id.clone(), entities, unannotated });
    out
}

/// One JSONL line a stance, in the order given.
pub fn write_stances(lines: &[StanceLine]) -> String {
    let mut out = String::new();
    for line in lines {
        let scores = line.scores.map(|[favor, against, neutral]| WrittenScores { favor, against, neutral });
        let (id, target) = (line.document.clone(), line.target.clone());
        push_line(&mut out, &WrittenStance { id, target, stance: line.stance.to_string(), scores });
    }
    out
}

fn push_line(out: &mut String, line: &impl Serialize) {
    out.push_str(&serde_json::to_string(line).expect("strings and finite numbers are always JSON"));
    out.push('\n');
}
