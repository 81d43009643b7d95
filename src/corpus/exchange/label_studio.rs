//! Label Studio: a JSON list of tasks, each with the annotations of people.
//!
//! A result of type `labels` is a mention; one of type `choices` whose choice is a stance is the stance towards the target
//! that its control is called after, `stance-TARGET` or `TARGET`. `data` holds text, id and metadata.
//!
//! Offsets: Label Studio counts Unicode code points, as karat does, since late 2021 (its pull request 1559), and counted
//! UTF-16 code units before (its issue 1347). Texts beyond the Basic Multilingual Plane (emoji) tell which: the reader takes the unit
//! under which every mention reads as its `value.text` says.

use super::loss::Losses;
use super::mentions::{Mention, entities};
use super::{CorpusError, Documents, Export, Files, GoldSet, Import, Labelled, Metadata, Problems};
use crate::base::file::read_text;
use crate::base::{CharText, Span, Stance};
use crate::corpus::problem::json_fault;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// What the file is.
const TASKS: &str = r#"a list of tasks, [{"data": {"text": "…"}, "annotations": [{"result": […]}]}, …]"#;
/// How a control of stances is called.
const CONTROL: &str = "stance-";

#[derive(Deserialize)]
struct Task {
    #[serde(default)]
    id: Value,
    data: Metadata,
    annotations: Option<Vec<Annotation>>,
    #[serde(default)]
    predictions: Vec<Value>,
}

#[derive(Deserialize)]
struct Annotation {
    result: Vec<Outcome>,
    #[serde(default)]
    was_cancelled: bool,
}

#[derive(Deserialize)]
struct Outcome {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    from_name: String,
    #[serde(default)]
    value: Chosen,
}

#[derive(Deserialize, Default)]
struct Chosen {
    start: Option<usize>,
    end: Option<usize>,
    text: Option<Value>,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    choices: Vec<String>,
}

/// A task before the unit of its offsets is known.
struct Read {
    line: usize,
    labelled: Labelled,
    mentions: Option<Vec<Mention>>,
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Import, CorpusError> {
    let content = read_text(path)?;
    let mut problems = Problems::of(path);
    let tasks = match serde_json::from_str::<Vec<Value>>(&content) {
        Ok(tasks) => tasks,
        Err(error) => {
            problems.at(error.line(), json_fault(TASKS, &error));
            return Err(problems.into_error());
        }
    };
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    let mut read = Vec::new();
    for (index, (value, line)) in tasks.into_iter().zip(lines_of_elements(&content)).enumerate() {
        let nth = index + 1;
        let task = serde_json::from_value::<Task>(value)
            .map_err(|error| vec![format!("expected {TASKS}, but of task {nth}: {error}")]);
        match task.and_then(|task| document(task, &format!("doc-{nth}"), line, &mut others)) {
            Ok(task) => read.push(task),
            Err(faults) => faults.into_iter().for_each(|what| problems.at(line, what)),
        }
    }
    let mut remarks = Vec::new();
    if !read.iter().flat_map(|task| &task.mentions).any(|mentions| !mentions.is_empty())
        && read.iter().any(|task| !task.labelled.stances.is_empty())
    {
        // A project of stances alone says nothing of names.
        for task in &mut read {
            task.mentions = None;
        }
    }
    remarks.extend(settle_unit(&mut read));
    let mut documents = Documents::default();
    for Read { line, mut labelled, mentions } in read {
        if let Some(mentions) = mentions {
            match entities(&CharText::new(&labelled.document.text), mentions, same) {
                Ok(entities) => labelled.entities = Some(entities),
                Err(faults) => {
                    let id = &labelled.document.id;
                    for (line, what) in faults {
                        problems.at(line, format!("document `{id}`: {what}"));
                    }
                }
            }
        }
        documents.add(&mut problems, line, labelled);
    }
    let gold = documents.finish(problems)?.with_targets_of_stances();
    let mut losses = Losses::default();
    losses.note_each(others);
    Ok(Import { gold, losses: losses.into_vec(), remarks })
}

fn document(task: Task, next_id: &str, line: usize, others: &mut BTreeMap<String, usize>) -> Result<Read, Vec<String>> {
    let mut left_out = |count: usize, what: String| {
        if count > 0 {
            *others.entry(what).or_default() += count;
        }
    };
    let mut data = task.data;
    let Some(Value::String(text)) = data.remove("text") else {
        return Err(vec!["the task has no `data.text`".to_owned()]);
    };
    let id = data.remove("id").unwrap_or(task.id);
    let id =
        id.as_str().map_or_else(|| if id.is_number() { id.to_string() } else { next_id.to_owned() }, str::to_owned);
    let mut labelled = Labelled::bare(id, text);
    labelled.metadata = data;
    left_out(task.predictions.len(), "predictions of models".to_owned());
    let written = task.annotations.unwrap_or_default();
    let given = written.len();
    let mut kept = written.into_iter().filter(|annotation| !annotation.was_cancelled);
    let first = kept.next();
    let more = kept.count();
    left_out(more, "annotations beyond the first of their task".to_owned());
    left_out(given - more - usize::from(first.is_some()), "annotations that were cancelled".to_owned());
    let mut faults = Vec::new();
    let mentions = first.map(|annotation| {
        let mut mentions = Vec::new();
        for outcome in annotation.result {
            match outcome.kind.as_str() {
                "labels" => match mention(&outcome.value, line) {
                    Ok(mention) => mentions.push(mention),
                    Err(what) => faults.push(format!("document `{}`: {what}", labelled.document.id)),
                },
                "choices" => match stance(&outcome) {
                    Some((target, stance)) => {
                        if labelled.stances.insert(target.clone(), stance).is_some() {
                            let id = &labelled.document.id;
                            faults.push(format!("document `{id}` has more than one stance towards `{target}`"));
                        }
                    }
                    None => left_out(1, format!("choices of `{}` that are no stance", outcome.from_name)),
                },
                kind => left_out(1, format!("results of type `{kind}`")),
            }
        }
        mentions
    });
    if faults.is_empty() { Ok(Read { line, labelled, mentions }) } else { Err(faults) }
}

fn mention(value: &Chosen, line: usize) -> Result<Mention, String> {
    let (Some(start), Some(end)) = (value.start, value.end) else {
        return Err("a result of type `labels` has no `start` and `end`".to_owned());
    };
    let [label] = value.labels.as_slice() else {
        return Err(format!("span {start}..{end} has {} labels; a mention has one", value.labels.len()));
    };
    let surface = value.text.as_ref().and_then(Value::as_str).map(str::to_owned);
    Ok(Mention { span: Span::new(start, end), label: label.clone(), surface, line })
}

fn stance(outcome: &Outcome) -> Option<(String, Stance)> {
    let [choice] = outcome.value.choices.as_slice() else { return None };
    let target = outcome.from_name.strip_prefix(CONTROL).unwrap_or(&outcome.from_name);
    Some((target.to_owned(), choice.parse().ok()?))
}

/// Label Studio writes the line breaks of a surface as a backslash and an `n`.
fn same(written: &str, found: &str) -> bool {
    written == found || written == found.replace(['\n', '\r'], "\\n")
}

/// Turns offsets in UTF-16 code units into characters, where the file's are such; says so, or that nothing told.
fn settle_unit(tasks: &mut [Read]) -> Option<String> {
    let mut differ = 0;
    let (mut characters_fit, mut units_fit) = (true, true);
    for Read { labelled, mentions, .. } in tasks.iter() {
        let text = CharText::new(&labelled.document.text);
        let units = CodeUnits::of(&labelled.document.text);
        for mention in mentions.iter().flatten() {
            let other = units.characters(mention.span);
            differ += usize::from(other != Some(mention.span));
            characters_fit &= mention.fits(&text, same);
            units_fit &= other.is_some_and(|span| {
                let (label, surface) = (mention.label.clone(), mention.surface.clone());
                Mention { span, label, surface, line: mention.line }.fits(&text, same)
            });
        }
    }
    if differ == 0 || !units_fit {
        return None;
    }
    if characters_fit {
        return Some(format!(
            "offsets are taken for characters, as Label Studio writes them today; {differ} mentions would lie elsewhere \
             if they were UTF-16 code units, and no `value.text` tells"
        ));
    }
    for Read { labelled, mentions, .. } in tasks {
        let units = CodeUnits::of(&labelled.document.text);
        for mention in mentions.iter_mut().flatten() {
            mention.span = units.characters(mention.span).unwrap_or(mention.span);
        }
    }
    Some("offsets are UTF-16 code units, as Label Studio wrote them before late 2021".to_owned())
}

/// Where the characters of a text begin in UTF-16 code units.
struct CodeUnits(Vec<usize>);

impl CodeUnits {
    fn of(text: &str) -> Self {
        let mut at = 0;
        let mut starts = vec![0];
        starts.extend(text.chars().map(|character| {
            at += character.len_utf16();
            at
        }));
        Self(starts)
    }

    /// The span in characters; None where it ends outside the text or inside a character.
    fn characters(&self, span: Span) -> Option<Span> {
        let character = |unit| self.0.binary_search(&unit).ok();
        Some(Span::new(character(span.start)?, character(span.end)?))
    }
}

/// The line on which each element of a JSON list begins.
fn lines_of_elements(content: &str) -> Vec<usize> {
    let (mut line, mut depth, mut in_string, mut escaped, mut expecting) = (1, 0_usize, false, false, false);
    let mut lines = Vec::new();
    for character in content.chars() {
        if expecting && !character.is_whitespace() && character != ']' {
            lines.push(line);
            expecting = false;
        }
        match character {
            '\n' => line += 1,
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ if in_string => {}
            '[' | '{' => {
                depth += 1;
                expecting = depth == 1;
            }
            ']' | '}' => depth = depth.saturating_sub(1),
            ',' => expecting = depth == 1,
            _ => {}
        }
    }
    lines
}

/// A file that Label Studio imports, offsets in characters.
pub(super) fn write(gold: &GoldSet) -> Export {
    let mut losses = Losses::default();
    let tasks: Vec<Value> =
        gold.documents.iter().enumerate().map(|(index, labelled)| task(index + 1, labelled)).collect();
    let stances_alone = gold.entities() == 0 && gold.stances() > 0;
    let annotated = |labelled: &&Labelled| labelled.entities.is_some() || !labelled.stances.is_empty();
    if stances_alone {
        losses.labelled_empty(&gold.documents);
    } else {
        losses.unlabelled(gold.documents.iter().filter(annotated));
    }
    losses.phrases(gold);
    let lines: Vec<String> = tasks.iter().map(Value::to_string).collect();
    Export { files: Files::One(format!("[\n{}\n]\n", lines.join(",\n"))), losses: losses.into_vec() }
}

fn task(number: usize, labelled: &Labelled) -> Value {
    let text = CharText::new(&labelled.document.text);
    let mut data = labelled.metadata.clone();
    data.insert("id".to_owned(), labelled.document.id.clone().into());
    data.insert("text".to_owned(), labelled.document.text.clone().into());
    let mut result = Vec::new();
    for (index, entity) in labelled.entities.iter().flatten().enumerate() {
        result.push(json!({
            "id": format!("m{index}"), "from_name": "label", "to_name": "text", "type": "labels",
            "value": {
                "start": entity.span.start, "end": entity.span.end, "labels": [entity.label],
                "text": text.get(entity.span),
            },
        }));
    }
    for (target, stance) in &labelled.stances {
        result.push(json!({
            "id": format!("s-{target}"), "from_name": format!("{CONTROL}{target}"), "to_name": "text", "type": "choices",
            "value": { "choices": [stance] },
        }));
    }
    if labelled.entities.is_none() && labelled.stances.is_empty() {
        return json!({ "id": number, "data": data });
    }
    json!({ "id": number, "data": data, "annotations": [{ "result": result }] })
}
