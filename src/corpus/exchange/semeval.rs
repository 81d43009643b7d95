//! The tab-separated file of SemEval-2016 Task 6: `ID<TAB>Target<TAB>Tweet<TAB>Stance` with FAVOR, AGAINST and NONE, no quotes.
//!
//! A line is the stance of one text towards one target; a text with several has several lines of one id. The target is
//! written as its phrase. NONE is neutral; UNKNOWN, which the shared task's test data has, is no label.

use super::loss::{Losses, field, note_ids};
use super::{CorpusError, Documents, Export, Files, GoldSet, Import, Labelled, Problems, Target};
use crate::base::Stance;
use crate::base::file::read_text;
use crate::corpus::documents::numbered;
use std::collections::BTreeMap;
use std::path::Path;

/// The columns.
const COLUMNS: [&str; 4] = ["ID", "Target", "Tweet", "Stance"];

/// Reads a file. Targets get ids from their phrases: `Hillary Clinton` is `hillary-clinton`.
pub(super) fn read(path: &Path) -> Result<Import, CorpusError> {
    let content = read_text(path)?;
    let mut problems = Problems::of(path);
    let mut lines = numbered(&content);
    let header: Vec<&str> = lines.next().map_or_else(Vec::new, |(_, line)| line.split('\t').map(str::trim).collect());
    let place =
        |name: &str| header.iter().position(|found| found.trim_start_matches('\u{FEFF}').eq_ignore_ascii_case(name));
    let places: Vec<usize> = COLUMNS.iter().filter_map(|name| place(name)).collect();
    let &[id_at, target_at, text_at, stance_at] = places.as_slice() else {
        problems.at(1, format!("expected a header with the columns {}, separated by tabs", COLUMNS.join(", ")));
        return Err(problems.into_error());
    };
    let mut documents = Documents::default();
    let mut by_id: BTreeMap<String, usize> = BTreeMap::new();
    let mut targets: BTreeMap<String, String> = BTreeMap::new();
    let mut losses = Losses::default();
    let mut unknown = 0;
    for (number, line) in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        if fields.len() != header.len() {
            let what = format!("{} fields where the header has {}; a text holds no tab", fields.len(), header.len());
            problems.at(number, what);
            continue;
        }
        let (id, text) = (fields[id_at].trim(), fields[text_at]);
        let at = *by_id.entry(id.to_owned()).or_insert_with(|| {
            documents.add(&mut problems, number, Labelled::bare(id.to_owned(), text.to_owned()));
            documents.found.len() - 1
        });
        let labelled = &mut documents.found[at];
        if labelled.document.text != text {
            problems.at(number, format!("document `{id}` had another text before"));
        }
        let phrase = fields[target_at].trim();
        let target = name(phrase);
        if phrase.is_empty() {
            problems.at(number, "the target is empty");
        }
        match targets.get(&target) {
            Some(other) if other != phrase => {
                problems.at(number, format!("targets `{other}` and `{phrase}` would share the id `{target}`"));
            }
            _ => drop(targets.insert(target.clone(), phrase.to_owned())),
        }
        match stance(fields[stance_at].trim()) {
            Ok(None) => unknown += 1,
            Ok(Some(stance)) => {
                if labelled.stances.insert(target, stance).is_some() {
                    problems.at(number, format!("document `{id}` has a stance towards `{phrase}` already"));
                }
            }
            Err(what) => problems.at(number, what),
        }
    }
    let mut gold = documents.finish(problems)?;
    gold.targets = targets.into_iter().map(|(id, phrase)| Target { id, phrase }).collect();
    losses.note(unknown, "stances UNKNOWN");
    let taken = [id_at, target_at, text_at, stance_at];
    let columns: Vec<&str> =
        header.iter().enumerate().filter(|(at, _)| !taken.contains(at)).map(|(_, name)| *name).collect();
    losses.note(columns.len(), format!("columns ({})", columns.join(", ")));
    Ok(Import { gold, losses: losses.into_vec(), remarks: Vec::new() })
}

fn stance(word: &str) -> Result<Option<Stance>, String> {
    match word {
        "FAVOR" => Ok(Some(Stance::Favor)),
        "AGAINST" => Ok(Some(Stance::Against)),
        "NONE" => Ok(Some(Stance::Neutral)),
        "UNKNOWN" => Ok(None),
        other => Err(format!("stance `{other}` is not one of FAVOR, AGAINST, NONE")),
    }
}

/// A target's id: the words of its phrase in small letters, with hyphens between.
fn name(phrase: &str) -> String {
    let words = phrase.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_lowercase).collect();
    words.join("-")
}

/// A file with one line a stance.
pub(super) fn write(gold: &GoldSet) -> Export {
    let mut losses = Losses::default();
    let phrases: BTreeMap<&str, &str> =
        gold.targets.iter().map(|target| (target.id.as_str(), target.phrase.as_str())).collect();
    let mut out = format!("{}\n", COLUMNS.join("\t"));
    let (mut without, mut broken) = (0, 0);
    for labelled in &gold.documents {
        if labelled.stances.is_empty() {
            without += 1;
            continue;
        }
        let text = labelled.document.text.replace(is_break, " ");
        broken += labelled.document.text.chars().filter(|&c| is_break(c)).count();
        for (target, stance) in &labelled.stances {
            let phrase = phrases.get(target.as_str()).unwrap_or(&target.as_str()).replace(is_break, " ");
            let stance = match stance {
                Stance::Favor => "FAVOR",
                Stance::Against => "AGAINST",
                Stance::Neutral => "NONE",
            };
            let line = [&field(&labelled.document.id), &phrase, &text, stance].join("\t");
            out.push_str(&line);
            out.push('\n');
        }
    }
    losses.note(without, "documents without a stance");
    losses.note(broken, "tabs and line breaks in texts, each of which becomes a space");
    losses.metadata(gold);
    losses.note(gold.entities(), "entities");
    losses.labelled_empty(gold.documents.iter().filter(|labelled| !labelled.stances.is_empty()));
    let renamed = gold.targets.iter().filter(|target| name(&target.phrase) != target.id).count();
    losses.note(renamed, "ids of targets (the phrases are kept)");
    note_ids(&mut losses, gold, field);
    Export { files: Files::One(out), losses: losses.into_vec() }
}

/// What cannot stand in a field.
fn is_break(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r')
}
