//! JSONL with spans, as Prodigy and spaCy's `Doc.to_json` write it: an object a line, offsets in characters.
//!
//! `spans`, `entities` or `ents` hold the mentions, as objects or as `[start, end, label]`; without any of them a document is
//! not labelled. `cats` holds stances as categories `target=stance`; `meta` holds the id and the metadata. Lines of spaCy 2,
//! `["text", {"entities": […]}]`, are read too.

use super::loss::Losses;
use super::mentions::{Mention, entities};
use super::{CorpusError, Documents, Export, Files, GoldSet, Import, Labelled, Metadata, Problems};
use crate::base::file::read_text;
use crate::base::{CharText, Span, Stance};
use crate::corpus::documents::numbered;
use crate::corpus::problem::json_fault;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Fields that hold mentions.
const MENTIONS: [&str; 3] = ["spans", "entities", "ents"];
/// Fields of the tools' own bookkeeping.
const BOOKKEEPING: [&str; 9] =
    ["tokens", "sents", "options", "accept", "config", "html", "priority", "underscore", "view_id"];
/// What a line holds.
const LINE: &str = r#"{"text": "…", "spans": [{"start": …, "end": …, "label": "…"}, …], "meta": {"id": "…"}}"#;

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Import, CorpusError> {
    let content = read_text(path)?;
    let mut problems = Problems::of(path);
    let mut documents = Documents::default();
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    for (number, line) in numbered(&content) {
        let fields = match fields_of(line) {
            Ok(fields) => fields,
            Err(what) => {
                problems.at(number, what);
                continue;
            }
        };
        if matches!(fields.get("answer").and_then(Value::as_str), Some("reject" | "ignore")) {
            *others.entry("examples that were rejected or ignored".to_owned()).or_default() += 1;
            continue;
        }
        match document(&fields, number, &documents.next_id(), &mut others) {
            Ok(labelled) => documents.add(&mut problems, number, labelled),
            Err(faults) => faults.into_iter().for_each(|what| problems.at(number, what)),
        }
    }
    let gold = documents.finish(problems)?.with_targets_of_stances();
    let mut losses = Losses::default();
    losses.note_each(others);
    Ok(Import { gold, losses: losses.into_vec(), remarks: Vec::new() })
}

/// The fields of a line; the text of spaCy 2's pairs is one of them.
fn fields_of(line: &str) -> Result<Metadata, String> {
    let pair = "expected `[\"text\", {\"entities\": […]}]`";
    match serde_json::from_str::<Value>(line).map_err(|error| json_fault(LINE, &error))? {
        Value::Object(fields) => Ok(fields),
        Value::Array(parts) => {
            let [Value::String(text), Value::Object(fields)] = parts.as_slice() else { return Err(pair.to_owned()) };
            let mut fields = fields.clone();
            fields.insert("text".to_owned(), text.clone().into());
            Ok(fields)
        }
        _ => Err(format!("expected {LINE}")),
    }
}

fn document(
    fields: &Metadata,
    line: usize,
    next_id: &str,
    others: &mut BTreeMap<String, usize>,
) -> Result<Labelled, Vec<String>> {
    let Some(text) = fields.get("text").and_then(Value::as_str) else {
        return Err(vec![format!("expected {LINE}, but there is no `text`")]);
    };
    let mut labelled = Labelled::bare(next_id.to_owned(), text.to_owned());
    let mut faults = Vec::new();
    let mut left_out = |what: String| *others.entry(what).or_default() += 1;
    let held = MENTIONS.iter().find_map(|name| fields.get(*name)?.as_array());
    if let Some(held) = held {
        let text = CharText::new(text);
        let mentions: Result<Vec<Mention>, String> = held.iter().map(|value| mention(value, line)).collect();
        match mentions.map(|mentions| entities(&text, mentions, |written, found| written == found)) {
            Ok(Ok(entities)) => labelled.entities = Some(entities),
            Ok(Err(more)) => faults.extend(more.into_iter().map(|(_, what)| what)),
            Err(what) => faults.push(what),
        }
    }
    for (name, value) in fields.iter().filter(|(name, _)| MENTIONS.contains(&name.as_str())) {
        if !held.is_some_and(|held| value.as_array().is_some_and(|array| std::ptr::eq(array, held))) {
            left_out(format!("fields `{name}` beside the one that mentions are taken from"));
        }
    }
    for (name, value) in fields.get("cats").and_then(Value::as_object).into_iter().flatten() {
        let stance = name.rsplit_once('=').and_then(|(target, word)| Some((target, word.parse::<Stance>().ok()?)));
        match stance {
            Some((target, stance)) if value.as_f64().is_some_and(|weight| weight >= 0.5) => {
                if labelled.stances.insert(target.to_owned(), stance).is_some() {
                    faults.push(format!("`cats` gives more than one stance towards `{target}`"));
                }
            }
            Some(_) => {}
            None => left_out("categories that are no stance (`target=stance`)".to_owned()),
        }
    }
    let meta = fields.get("meta").and_then(Value::as_object);
    if meta.is_none() && fields.contains_key("meta") || meta.is_some_and(|meta| meta.contains_key("text")) {
        faults.push("`meta` is an object of metadata, with no `text` in it".to_owned());
    }
    let meta = meta.into_iter().flatten();
    for (name, value) in meta.chain(fields) {
        match name.as_str() {
            "id" => match value {
                Value::String(id) => labelled.document.id.clone_from(id),
                Value::Number(id) => labelled.document.id = id.to_string(),
                _ => faults.push("the document's `id` is neither text nor a number".to_owned()),
            },
            "text" | "meta" | "cats" | "answer" => {}
            name if MENTIONS.contains(&name) => {}
            name if name.starts_with('_') || BOOKKEEPING.contains(&name) => left_out(format!("fields `{name}`")),
            name => {
                if labelled.metadata.insert(name.to_owned(), value.clone()).is_some() {
                    faults.push(format!("`{name}` stands both in `meta` and beside it"));
                }
            }
        }
    }
    if faults.is_empty() { Ok(labelled) } else { Err(faults) }
}

fn mention(value: &Value, line: usize) -> Result<Mention, String> {
    let place = |name: &str, at: usize| value.get(name).or_else(|| value.get(at));
    let number = |name, at| place(name, at).and_then(Value::as_u64).map(|n| n as usize);
    let label = place("label", 2).and_then(Value::as_str);
    let (Some(start), Some(end), Some(label)) = (number("start", 0), number("end", 1), label) else {
        return Err(format!("a mention is {{\"start\", \"end\", \"label\"}} or [start, end, label], not `{value}`"));
    };
    let surface = value.get("text").and_then(Value::as_str).map(str::to_owned);
    Ok(Mention { span: Span::new(start, end), label: label.to_owned(), surface, line })
}

/// A file in Prodigy's shape.
pub(super) fn write(gold: &GoldSet) -> Export {
    let mut losses = Losses::default();
    let mut out = String::new();
    let mut fields = 0;
    for labelled in &gold.documents {
        let mut meta = labelled.metadata.clone();
        fields += meta.len();
        // What the reader takes for the tools' own stays out.
        meta.retain(|name, _| !is_taken(name));
        fields -= meta.len();
        meta.insert("id".to_owned(), labelled.document.id.clone().into());
        let mut line = json!({ "text": labelled.document.text, "meta": meta });
        if let Some(entities) = &labelled.entities {
            let span = |entity: &crate::base::Entity| json!({ "start": entity.span.start, "end": entity.span.end, "label": entity.label });
            line["spans"] = entities.iter().map(span).collect();
        }
        if !labelled.stances.is_empty() {
            let category = |(target, stance)| (format!("{target}={stance}"), json!(1.0));
            line["cats"] = labelled.stances.iter().map(category).collect();
        }
        out.push_str(&line.to_string());
        out.push('\n');
    }
    losses.note(fields, "metadata fields whose names spaCy and Prodigy use themselves");
    losses.phrases(gold);
    Export { files: Files::One(out), losses: losses.into_vec() }
}

fn is_taken(name: &str) -> bool {
    let own = ["meta", "cats", "answer"];
    name.starts_with('_') || own.contains(&name) || BOOKKEEPING.contains(&name) || MENTIONS.contains(&name)
}
