//! `adjudication.jsonl`: what was decided where two annotators disagreed, and why.

use super::documents::numbered;
use super::problem::{CorpusError, Problems, json_fault};
use super::{Corpus, Pass, Regions};
use crate::base::file::read_text;
use crate::base::{Entity, Span};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const FILE: &str = "adjudication.jsonl";
/// What a line holds.
const LINE: &str = r#"{"id": "…", "task": "ner", "start": …, "end": …, "first": […], "second": […], "gold": […], "reason": "…"} or {"id": "…", "task": "stance", "target": "…", "first": …, "second": …, "gold": …, "reason": "…"}"#;

/// How the disagreements of a corpus's first two passes were settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Adjudication {
    /// Disagreements about entities; what overlaps is one.
    pub entities: usize,
    /// Disagreements about stances.
    pub stances: usize,
    /// Decisions for the first annotator, for the second, and for neither.
    pub decided: [usize; 3],
}

#[derive(Deserialize)]
#[serde(tag = "task", rename_all = "lowercase", deny_unknown_fields)]
enum Line {
    Ner {
        id: String,
        start: usize,
        end: usize,
        first: Vec<Mention>,
        second: Vec<Mention>,
        gold: Vec<Mention>,
        reason: String,
    },
    Stance {
        id: String,
        target: String,
        first: Option<String>,
        second: Option<String>,
        gold: Option<String>,
        reason: String,
    },
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord, Clone)]
#[serde(deny_unknown_fields)]
struct Mention {
    start: usize,
    end: usize,
    label: String,
    #[serde(default, rename = "text")]
    _text: Option<String>,
}

type Key = (usize, usize, String);
type Entities<'a> = BTreeMap<&'a str, BTreeSet<Key>>;
type Stances = BTreeMap<(String, String), String>;

impl Adjudication {
    /// Reads a corpus's `adjudication.jsonl` and holds the gold against it: where the first two passes agree, the gold is what
    /// both say; where they do not, a line says what the gold is and why. None where there is no such file.
    ///
    /// # Errors
    /// [`CorpusError`] for lines that are malformed, have no reason or misquote a pass, for disagreements without a line, and
    /// for gold that is neither agreed nor decided.
    pub fn of(corpus: &Corpus, folder: &Path) -> Result<Option<Self>, CorpusError> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let mut problems = Problems::of(&path);
        let [first, second] = &corpus.passes[..corpus.passes.len().min(2)] else {
            problems.whole("there are no two passes of annotation that it could decide between");
            return Err(problems.into_error());
        };
        let text = read_text(&path)?;
        let mut found = Self::default();
        let mut entities = Decided::new(
            keyed(first.entities.as_ref(), &corpus.unannotated),
            keyed(second.entities.as_ref(), &corpus.unannotated),
            keyed(corpus.entities.as_ref(), &corpus.unannotated),
        );
        let mut stances = DecidedStances::new(first, second, corpus);
        for (number, line) in numbered(&text) {
            match serde_json::from_str::<Line>(line) {
                Err(error) => problems.at(number, json_fault(LINE, &error)),
                Ok(Line::Ner { reason, .. } | Line::Stance { reason, .. }) if reason.trim().is_empty() => {
                    problems.at(number, "a decision needs its reason");
                }
                Ok(Line::Ner { id, start, end, first, second, gold, .. }) => {
                    found.entities += 1;
                    let side = entities.settle(&id, Span::new(start, end), [&first, &second, &gold]);
                    note(side, number, &mut found, &mut problems);
                }
                Ok(Line::Stance { id, target, first, second, gold, .. }) => {
                    found.stances += 1;
                    let side = stances.settle(&id, &target, &[first, second, gold]);
                    note(side, number, &mut found, &mut problems);
                }
            }
        }
        for what in entities.left().into_iter().chain(stances.left()) {
            problems.whole(what);
        }
        problems.or(Some(found))
    }
}

fn note(side: Result<usize, String>, number: usize, found: &mut Adjudication, problems: &mut Problems<'_>) {
    match side {
        Ok(side) => found.decided[side] += 1,
        Err(what) => problems.at(number, what),
    }
}

/// Which annotator a decision follows: 0, 1, or 2 for neither.
fn follows<T: PartialEq>([first, second, gold]: [&T; 3]) -> usize {
    if gold == first {
        0
    } else if gold == second {
        1
    } else {
        2
    }
}

fn key(entity: &Entity) -> Key {
    (entity.span.start, entity.span.end, entity.label.clone())
}

/// Entities by document, but for those in regions that are marked as not annotated.
fn keyed<'a>(entities: Option<&'a BTreeMap<String, Vec<Entity>>>, regions: &Regions) -> Entities<'a> {
    let counts = |id: &str, entity: &&Entity| !regions.get(id).is_some_and(|regions| entity.span.overlaps_any(regions));
    let of = |(id, entities): (&'a String, &'a Vec<Entity>)| {
        (id.as_str(), entities.iter().filter(|entity| counts(id, entity)).map(key).collect())
    };
    entities.into_iter().flatten().map(of).collect()
}

/// The entities that are not settled yet: of the first pass, of the second, of the gold.
struct Decided<'a> {
    sides: [Entities<'a>; 3],
}

impl<'a> Decided<'a> {
    /// What the two passes share is settled where the gold has it too.
    fn new(first: Entities<'a>, second: Entities<'a>, gold: Entities<'a>) -> Self {
        let mut sides = [first, second, gold];
        let ids: Vec<&str> = sides[0].keys().filter(|id| sides[1].contains_key(*id)).copied().collect();
        for side in &mut sides {
            side.retain(|id, _| ids.contains(id));
        }
        for id in ids {
            let agreed: BTreeSet<Key> = sides[0][id].intersection(&sides[1][id]).cloned().collect();
            // What both say and the gold lacks stays on both sides, and is told as not settled.
            let settled: BTreeSet<Key> =
                agreed.into_iter().filter(|key| sides[2].get(id).is_some_and(|gold| gold.contains(key))).collect();
            for side in &mut sides {
                if let Some(left) = side.get_mut(id) {
                    left.retain(|key| !settled.contains(key));
                }
            }
        }
        Self { sides }
    }

    fn settle(&mut self, id: &str, region: Span, said: [&Vec<Mention>; 3]) -> Result<usize, String> {
        let names = ["the first pass", "the second pass", "the gold"];
        for ((side, said), name) in self.sides.iter_mut().zip(said).zip(names) {
            let written: BTreeSet<Key> = said.iter().map(|m| (m.start, m.end, m.label.clone())).collect();
            let Some(left) = side.get_mut(id) else { return Err(format!("document `{id}`: {name} did not label it")) };
            let inside = |key: &&Key| Span::new(key.0, key.1).overlaps(region);
            let there: BTreeSet<Key> = left.iter().filter(inside).cloned().collect();
            if there != written {
                let (start, end) = (region.start, region.end);
                return Err(format!(
                    "document `{id}`: {name} has other entities in {start}..{end} than it is quoted with"
                ));
            }
            left.retain(|key| !there.contains(key));
        }
        Ok(follows(said))
    }

    fn left(&self) -> Vec<String> {
        let names = ["the first pass", "the second pass", "the gold"];
        let mut left = Vec::new();
        for (side, name) in self.sides.iter().zip(names) {
            for (id, keys) in side {
                let told = |(start, end, label): &Key| {
                    format!("document `{id}`: `{label}` {start}..{end} of {name} is neither agreed nor decided")
                };
                left.extend(keys.iter().map(told));
            }
        }
        left
    }
}

/// The stances that are not settled yet.
struct DecidedStances {
    sides: [Stances; 3],
}

impl DecidedStances {
    fn new(first: &Pass, second: &Pass, corpus: &Corpus) -> Self {
        let of = |lines: Option<&Vec<super::StanceLine>>| -> Stances {
            let lines = lines.into_iter().flatten();
            lines.map(|line| ((line.document.clone(), line.target.clone()), line.stance.to_string())).collect()
        };
        let mut sides = [of(first.stances.as_ref()), of(second.stances.as_ref()), of(corpus.stances.as_ref())];
        if first.stances.is_none() || second.stances.is_none() {
            sides = [Stances::new(), Stances::new(), Stances::new()];
        }
        let settled: Vec<(String, String)> = sides[2]
            .iter()
            .filter(|(key, stance)| sides[0].get(*key) == Some(*stance) && sides[1].get(*key) == Some(*stance))
            .map(|(key, _)| key.clone())
            .collect();
        for side in &mut sides {
            side.retain(|key, _| !settled.contains(key));
        }
        Self { sides }
    }

    fn settle(&mut self, id: &str, target: &str, said: &[Option<String>; 3]) -> Result<usize, String> {
        let names = ["the first pass", "the second pass", "the gold"];
        let places: [Option<String>; 3] =
            std::array::from_fn(|side| self.sides[side].remove(&(id.to_owned(), target.to_owned())));
        for ((there, said), name) in places.iter().zip(said).zip(names) {
            if there != said {
                return Err(format!(
                    "document `{id}`: {name} has another stance towards `{target}` than it is quoted with"
                ));
            }
        }
        Ok(follows([&said[0], &said[1], &said[2]]))
    }

    fn left(&self) -> Vec<String> {
        let keys: BTreeSet<_> = self.sides.iter().flat_map(BTreeMap::keys).collect();
        let told = |(id, target): &(String, String)| {
            format!("document `{id}`: the stance towards `{target}` is neither agreed nor decided")
        };
        keys.into_iter().map(told).collect()
    }
}
