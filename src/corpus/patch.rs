//! A patch: corrections that are laid over gold, which itself stays as it is.

use super::answers::{span_fault, unknown_label, unknown_target};
use super::documents::numbered;
use super::problem::{CorpusError, Problems, json_fault};
use super::{Corpus, StanceLine};
use crate::base::file::read_text;
use crate::base::{CharText, Entity, Span, Stance, digest};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What a line holds.
const LINE: &str = r#"{"id": "…", "task": "ner", "start": …, "end": …, "label": …, "reason": "…"} or {"id": "…", "task": "stance", "target": "…", "stance": …, "reason": "…"}"#;

/// Corrections that fit a corpus and each other; every one of them changes the gold.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// In the order of lines.
    corrections: Vec<Correction>,
    /// SHA-256 of the file.
    pub digest: String,
}

/// One correction and why it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The document's id.
    pub document: String,
    /// What the gold is to be.
    pub change: Change,
    /// Why.
    pub reason: String,
}

/// What a correction makes of the gold of its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// One entity in the place of every entity that overlaps it.
    Entity {
        /// Where, in characters of the text.
        span: Span,
        /// The entity's label; None only takes away what overlaps.
        label: Option<String>,
        /// The surface, as the file has it.
        text: Option<String>,
    },
    /// One stance in the place of the stance towards its target, or beside the others.
    Stance {
        /// The target's id.
        target: String,
        /// The stance; None only takes away what is there.
        stance: Option<Stance>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "lowercase", deny_unknown_fields)]
enum Line {
    Ner {
        id: String,
        start: usize,
        end: usize,
        #[serde(deserialize_with = "said")]
        label: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        #[serde(default)]
        reason: String,
    },
    Stance {
        id: String,
        target: String,
        #[serde(deserialize_with = "said")]
        stance: Option<String>,
        #[serde(default)]
        reason: String,
    },
}

/// A value or a null, but never a field that was left out: null takes gold away, and that must be meant.
fn said<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(value)
}

impl Patch {
    /// Reads the lines of a patch and holds them against the corpus that they correct.
    ///
    /// # Errors
    /// [`CorpusError`] with every line that is malformed, has no reason, does not fit the corpus (an unknown document, label,
    /// target or stance, a span outside the text or with another surface, a document without gold for the task), meets
    /// another line, or changes nothing.
    pub fn read(path: &Path, corpus: &Corpus) -> Result<Self, CorpusError> {
        let text = read_text(path)?;
        let mut problems = Problems::of(path);
        let mut read: Vec<(usize, Correction)> = Vec::new();
        for (number, line) in numbered(&text) {
            let correction = match serde_json::from_str::<Line>(line) {
                Err(error) => Err(vec![json_fault(LINE, &error)]),
                Ok(line) => Correction::of(line, corpus),
            };
            match correction {
                Err(faults) => faults.into_iter().for_each(|what| problems.at(number, what)),
                Ok(correction) => {
                    if let Some((first, what)) =
                        read.iter().find_map(|(at, other)| Some((at, correction.meets(other)?)))
                    {
                        problems.at(number, format!("document `{}`: {what} line {first}", correction.document));
                    }
                    read.push((number, correction));
                }
            }
        }
        if read.is_empty() && problems.is_empty() {
            problems.whole("there is no correction in this file");
        }
        let corrections = read.into_iter().map(|(_, correction)| correction).collect();
        problems.or(Self { corrections, digest: digest::of_bytes(text.as_bytes()) })
    }

    /// The corrections, in the order of lines.
    pub fn corrections(&self) -> &[Correction] {
        &self.corrections
    }

    /// The entities of a document as they are to be, by position.
    pub fn entities(&self, document: &str, gold: &[Entity]) -> Vec<Entity> {
        let mut entities = gold.to_vec();
        let mut added = Vec::new();
        for change in self.changes(document) {
            if let Change::Entity { span, label, .. } = change {
                entities.retain(|entity| !entity.span.overlaps(*span));
                added.extend(label.iter().map(|label| Entity { span: *span, label: label.clone(), score: None }));
            }
        }
        entities.extend(added);
        entities.sort_by_key(|entity| entity.span);
        entities
    }

    /// The stances of a document as they are to be, by target.
    pub fn stances(&self, document: &str, gold: &[StanceLine]) -> Vec<StanceLine> {
        let mut stances: BTreeMap<String, StanceLine> =
            gold.iter().map(|line| (line.target.clone(), line.clone())).collect();
        for change in self.changes(document) {
            if let Change::Stance { target, stance } = change {
                stances.remove(target);
                stances.extend(stance.map(|stance| {
                    let (document, target) = (document.to_owned(), target.clone());
                    (target.clone(), StanceLine { document, target, stance, scores: None })
                }));
            }
        }
        stances.into_values().collect()
    }

    fn changes(&self, document: &str) -> impl Iterator<Item = &Change> {
        self.corrections.iter().filter(move |line| line.document == document).map(|line| &line.change)
    }
}

/// One JSONL line a correction, in the order given.
///
/// # Panics
/// Never: strings and counts are always JSON.
pub fn write_patch(corrections: &[Correction]) -> String {
    let mut out = String::new();
    for Correction { document, change, reason } in corrections {
        let (id, reason) = (document.clone(), reason.clone());
        let line = match change.clone() {
            Change::Entity { span, label, text } => {
                Line::Ner { id, start: span.start, end: span.end, label, text, reason }
            }
            Change::Stance { target, stance } => {
                Line::Stance { id, target, stance: stance.map(|stance| stance.to_string()), reason }
            }
        };
        out.push_str(&serde_json::to_string(&line).expect("strings and counts are always JSON"));
        out.push('\n');
    }
    out
}

impl Correction {
    /// A line that fits the corpus, or what is wrong with it.
    fn of(line: Line, corpus: &Corpus) -> Result<Self, Vec<String>> {
        let (Line::Ner { id, reason, .. } | Line::Stance { id, reason, .. }) = &line;
        let mut faults = Vec::new();
        if reason.trim().is_empty() {
            faults.push(format!("document `{id}`: a correction needs its reason"));
        }
        let Some(document) = corpus.documents.iter().find(|document| document.id == *id) else {
            faults.push(format!("document `{id}` is not in the corpus"));
            return Err(faults);
        };
        let (id, reason) = (id.clone(), reason.clone());
        let change = match line {
            Line::Ner { start, end, label, text, .. } => {
                entity(corpus, &id, &CharText::new(&document.text), (Span::new(start, end), label, text))
            }
            Line::Stance { target, stance, .. } => towards(corpus, &id, target, stance.as_deref()),
        };
        match change {
            Ok(change) if faults.is_empty() => Ok(Self { document: id, change, reason }),
            Ok(_) => Err(faults),
            Err(more) => {
                faults.extend(more.into_iter().map(|what| format!("document `{id}`: {what}")));
                Err(faults)
            }
        }
    }

    /// How two corrections speak of the same place, up to the number of the other's line.
    fn meets(&self, other: &Self) -> Option<String> {
        if self.document != other.document {
            return None;
        }
        match (&self.change, &other.change) {
            (Change::Entity { span: one, .. }, Change::Entity { span: two, .. }) if one.overlaps(*two) => {
                let (one, two) = (shown(*one), shown(*two));
                Some(format!("span {one} overlaps {two}, which is corrected already in"))
            }
            (Change::Stance { target: one, .. }, Change::Stance { target: two, .. }) if one == two => {
                Some(format!("the stance towards `{one}` is corrected already in"))
            }
            _ => None,
        }
    }
}

fn shown(span: Span) -> String {
    format!("{}..{}", span.start, span.end)
}

fn entity(
    corpus: &Corpus,
    id: &str,
    text: &CharText<'_>,
    (span, label, surface): (Span, Option<String>, Option<String>),
) -> Result<Change, Vec<String>> {
    let place = shown(span);
    let mut faults: Vec<String> = span_fault(span, Some(text), surface.as_deref()).into_iter().collect();
    faults.extend(label.as_ref().and_then(|label| unknown_label(span, label, &corpus.manifest.labels)));
    let regions = corpus.unannotated.get(id).map_or(&[][..], Vec::as_slice);
    if let Some(region) = regions.iter().find(|region| region.overlaps(span)) {
        let region = shown(*region);
        faults.push(format!("span {place} lies in the region {region}, which is marked as not annotated"));
    }
    match corpus.entities.as_ref().and_then(|entities| entities.get(id)) {
        None => faults.push("nobody labelled its entities; a patch corrects gold that is there".to_owned()),
        Some(_) if !faults.is_empty() => {}
        Some(gold) => {
            let there: Vec<&Entity> = gold.iter().filter(|entity| entity.span.overlaps(span)).collect();
            match (there.as_slice(), &label) {
                ([], None) => {
                    faults.push(format!("this changes nothing: no entity of the gold overlaps {place}"));
                }
                ([one], Some(label)) if one.span == span && one.label == *label => {
                    faults.push(format!("this changes nothing: `{label}` {place} is in the gold already"));
                }
                _ => {}
            }
        }
    }
    if faults.is_empty() { Ok(Change::Entity { span, label, text: surface }) } else { Err(faults) }
}

fn towards(corpus: &Corpus, id: &str, target: String, stance: Option<&str>) -> Result<Change, Vec<String>> {
    let targets: Vec<String> = corpus.targets.iter().map(|target| target.id.clone()).collect();
    let mut faults: Vec<String> = unknown_target(&target, &targets).into_iter().collect();
    let stance = stance.map(str::parse::<Stance>).transpose().unwrap_or_else(|error| {
        faults.push(error.to_string());
        None
    });
    let gold: Vec<&StanceLine> = corpus.stances.iter().flatten().filter(|line| line.document == id).collect();
    let there = gold.iter().find(|line| line.target == target).map(|line| line.stance);
    if gold.is_empty() {
        faults.push("nobody labelled its stances; a patch corrects gold that is there".to_owned());
    } else if faults.is_empty() && there == stance {
        faults.push(match stance {
            None => format!("this changes nothing: the gold has no stance towards `{target}`"),
            Some(stance) => format!("this changes nothing: `{stance}` towards `{target}` is in the gold already"),
        });
    }
    if faults.is_empty() { Ok(Change::Stance { target, stance }) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(start: usize, end: usize, label: &str) -> Entity {
        Entity { span: Span::new(start, end), label: label.to_owned(), score: None }
    }

    fn patch(changes: Vec<Change>) -> Patch {
        let line = |change| Correction { document: "a".to_owned(), change, reason: "because".to_owned() };
        Patch { corrections: changes.into_iter().map(line).collect(), digest: String::new() }
    }

    fn at(start: usize, end: usize, label: Option<&str>) -> Change {
        Change::Entity { span: Span::new(start, end), label: label.map(str::to_owned), text: None }
    }

    #[test]
    fn an_entity_takes_the_place_of_all_that_it_overlaps() {
        let gold = [entity(0, 4, "PER"), entity(5, 9, "PER"), entity(9, 12, "LOC")];
        let merged = patch(vec![at(0, 9, Some("ORG"))]).entities("a", &gold);
        assert_eq!(merged, [entity(0, 9, "ORG"), entity(9, 12, "LOC")]);
        assert_eq!(patch(vec![at(8, 9, None)]).entities("a", &gold), [entity(0, 4, "PER"), entity(9, 12, "LOC")]);
        assert_eq!(patch(vec![at(20, 22, Some("LOC"))]).entities("a", &gold).len(), 4);
        assert_eq!(patch(vec![at(0, 9, None)]).entities("b", &gold), gold);
    }

    #[test]
    fn two_lines_may_part_one_entity() {
        let both = [at(7, 9, Some("LOC")), at(0, 3, Some("PER"))];
        let parted = [entity(0, 3, "PER"), entity(7, 9, "LOC")];
        let gold = [entity(0, 9, "ORG")];
        assert_eq!(patch(both.to_vec()).entities("a", &gold), parted);
        assert_eq!(patch(both.into_iter().rev().collect()).entities("a", &gold), parted);
    }

    #[test]
    fn a_stance_is_replaced_added_or_removed() {
        let line = |target: &str, stance| StanceLine {
            document: "a".to_owned(),
            target: target.to_owned(),
            stance,
            scores: None,
        };
        let towards = |target: &str, stance| Change::Stance { target: target.to_owned(), stance };
        let gold = [line("deal", Stance::Favor), line("talks", Stance::Neutral)];
        let changed = patch(vec![
            towards("talks", None),
            towards("war", Some(Stance::Against)),
            towards("deal", Some(Stance::Against)),
        ]);
        assert_eq!(changed.stances("a", &gold), [line("deal", Stance::Against), line("war", Stance::Against)]);
        assert_eq!(changed.stances("b", &gold), gold);
    }

    #[test]
    fn what_is_written_says_a_null_and_leaves_out_what_is_not_known() {
        let lines = write_patch(&patch(vec![at(0, 3, None)]).corrections);
        assert_eq!(
            lines,
            "{\"task\":\"ner\",\"id\":\"a\",\"start\":0,\"end\":3,\"label\":null,\"reason\":\"because\"}\n"
        );
        assert!(serde_json::from_str::<Line>(&lines).is_ok());
        assert!(serde_json::from_str::<Line>(&lines.replace("\"label\":null,", "")).is_err());
    }
}
