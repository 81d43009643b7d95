//! brat's stand-off: a folder of `.txt` files, each with a `.ann` file of the same name.
//!
//! A line `T1<TAB>PER 0 5<TAB>Steve` is a mention; offsets count characters. brat writes a mention that a line break divides
//! as two fragments, `PER 0 5;6 13`; those are one mention here. A text without `.ann` file is not labelled.

use super::loss::{Labels, Losses, file_name, note_ids};
use super::mentions::{Mention, entities, trimmed};
use super::{CorpusError, Export, Files, GoldSet, Import, Labelled, Problem, Problems, id_of, keep, listed, unusable};
use crate::base::file::read_text;
use crate::base::{CharText, Entity, Span};
use std::collections::BTreeMap;
use std::path::Path;

/// Reads a folder, in the order of names.
pub(super) fn read(folder: &Path) -> Result<Import, CorpusError> {
    let mut found: Vec<Problem> = Vec::new();
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    let mut documents = Vec::new();
    for path in listed(folder, "txt")? {
        let mut labelled = Labelled::bare(id_of(&path), read_text(&path)?);
        let mut problems = Problems::of(&path);
        if let Some(what) = unusable(&labelled.document) {
            problems.whole(what);
        }
        keep(problems.or(()), &mut found)?;
        let beside = path.with_extension("ann");
        if beside.exists() {
            let mentions = parse(&beside, &read_text(&beside)?, &labelled.document.text, &mut others);
            labelled.entities = keep(mentions, &mut found)?;
        }
        documents.push(labelled);
    }
    for path in listed(folder, "ann")? {
        let mut problems = Problems::of(&path);
        if !path.with_extension("txt").exists() {
            problems.whole("there is no `.txt` file of the same name, in which its mentions lie");
        }
        keep(problems.or(()), &mut found)?;
    }
    let mut problems = Problems::of(folder);
    if documents.is_empty() && found.is_empty() {
        problems.whole("there is no `.txt` file in this folder");
    }
    keep(problems.or(()), &mut found)?;
    if !found.is_empty() {
        return Err(CorpusError::Problems(found));
    }
    let mut losses = Losses::default();
    losses.note_each(others);
    let gold = GoldSet { documents, ..GoldSet::default() };
    Ok(Import { gold, losses: losses.into_vec(), remarks: Vec::new() })
}

/// What else stands in an `.ann` file, by the first letter of its lines.
fn other(line: &str) -> Option<&'static str> {
    match line.chars().next()? {
        'R' | '*' => Some("relations"),
        'E' => Some("events"),
        'A' | 'M' => Some("attributes"),
        'N' => Some("normalizations"),
        '#' => Some("notes"),
        _ => None,
    }
}

fn parse(
    path: &Path,
    content: &str,
    text: &str,
    others: &mut BTreeMap<String, usize>,
) -> Result<Vec<Entity>, CorpusError> {
    let text = CharText::new(text);
    let mut problems = Problems::of(path);
    let mut mentions = Vec::new();
    for (index, line) in content.split('\n').enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = index + 1;
        if let Some(kind) = other(line) {
            *others.entry(kind.to_owned()).or_default() += 1;
        } else {
            match mention(line, number, &text) {
                Ok(mention) => mentions.push(mention),
                Err(what) => problems.at(number, what),
            }
        }
    }
    match entities(&text, mentions, |written, found| spaced(written) == spaced(found)) {
        Ok(entities) => problems.or(entities),
        Err(faults) => {
            for (line, what) in faults {
                problems.at(line, what);
            }
            Err(problems.into_error())
        }
    }
}

/// A surface as it can stand in a line. The end of a CRLF line may take a mention's own CR with it.
fn spaced(surface: &str) -> String {
    surface.replace(['\n', '\r', '\t'], " ").trim_end().to_owned()
}

fn mention(line: &str, number: usize, text: &CharText<'_>) -> Result<Mention, String> {
    let expected = || "expected `T1<TAB>LABEL START END<TAB>surface`".to_owned();
    let mut parts = line.splitn(3, '\t');
    let id = parts.next().unwrap_or_default();
    if !id.starts_with('T') || id.len() < 2 || id.contains(' ') {
        return Err(format!("{}, or a line of another kind (R, *, E, A, M, N, #)", expected()));
    }
    let (label, places) = parts.next().and_then(|place| place.split_once(' ')).ok_or_else(expected)?;
    let surface = parts.next().ok_or_else(expected)?;
    let mut span: Option<Span> = None;
    for place in places.trim_end().split(';') {
        let (start, end) = place.split_once(' ').ok_or_else(expected)?;
        let number = |digits: &str| digits.parse::<usize>().map_err(|_| expected());
        let fragment = Span::new(number(start)?, number(end)?);
        let whole = span.unwrap_or(fragment);
        let gap = Span::new(whole.end, fragment.start);
        let is_break = |gap: &str| gap.chars().all(|c| c == '\n' || c == '\r');
        if span.is_some() && !text.get(gap).is_some_and(is_break) {
            return Err(format!("mention `{id}` is discontinuous ({places}); a mention is one span"));
        }
        span = Some(Span::new(whole.start, fragment.end));
    }
    let span = span.ok_or_else(expected)?;
    Ok(Mention { span, label: label.to_owned(), surface: Some(surface.to_owned()), line: number })
}

/// A folder with `.txt` and `.ann` files.
pub(super) fn write(gold: &GoldSet) -> Export {
    let mut losses = Losses::default();
    let (mut labels, mut edges, mut blank) = (Labels::default(), 0, 0);
    let mut files = BTreeMap::new();
    for labelled in &gold.documents {
        let name = file_name(&labelled.document.id);
        let text = CharText::new(&labelled.document.text);
        if let Some(entities) = &labelled.entities {
            let mut lines = String::new();
            let mut number = 0;
            for entity in entities {
                let Some(span) = trimmed(&text, entity.span, |c| c == '\n' || c == '\r') else {
                    blank += 1;
                    continue;
                };
                edges += usize::from(span != entity.span);
                number += 1;
                let label = labels.fit(&entity.label, |c| if c.is_whitespace() { '_' } else { c });
                let surface = text.get(span).unwrap_or_default();
                let places = fragments(span.start, surface);
                let surface = surface.replace(['\n', '\r', '\t'], " ");
                lines.extend([format!("T{number}\t{label} {places}\t{surface}\n")]);
            }
            files.insert(format!("{name}.ann"), lines);
        }
        files.insert(format!("{name}.txt"), labelled.document.text.clone());
    }
    losses.metadata(gold);
    losses.stances(gold);
    losses.note(edges, "mentions with a line break at an edge, which lose it");
    losses.note(blank, "mentions of nothing but line breaks");
    labels.note(&mut losses);
    note_ids(&mut losses, gold, file_name);
    Export { files: Files::Folder(files), losses: losses.into_vec() }
}

/// The places of a surface, without the line feeds in it.
fn fragments(start: usize, surface: &str) -> String {
    let mut at = start;
    let mut places = Vec::new();
    for line in surface.split('\n') {
        let end = at + line.chars().count();
        if end > at {
            places.push(format!("{at} {end}"));
        }
        at = end + 1;
    }
    places.join(";")
}
