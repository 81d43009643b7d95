//! Annotated articles with inline brackets that people read and edit, `[PER Steve Witkoff]`.
//!
//! A file is an article; its name without ending is the id. It begins with a TOML header between `+++` lines: metadata, and
//! stances by target in a table `stance`. Then comes the text; `\[`, `\]`, `\\`, `\r` and `\u{…}` are escapes.

use super::loss::{Labels, Losses, file_name, note_ids};
use super::mentions::trimmed;
use super::{
    CorpusError, Export, Files, GoldSet, Import, Labelled, Metadata, Problem, Problems, id_of, keep, listed, unusable,
};
use crate::base::file::read_text;
use crate::base::{CharText, Entity, Span, Stance};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The table of a header that holds stances.
const STANCE: &str = "stance";

/// Reads every `.txt` file of a folder, in the order of names.
pub(super) fn read(folder: &Path) -> Result<Import, CorpusError> {
    let mut found: Vec<Problem> = Vec::new();
    let mut documents = Vec::new();
    for path in listed(folder, "txt")? {
        documents.extend(keep(parse(&path, &read_text(&path)?), &mut found)?);
    }
    if !found.is_empty() {
        return Err(CorpusError::Problems(found));
    }
    let mut problems = Problems::of(folder);
    if documents.is_empty() {
        problems.whole("there is no `.txt` source in this folder");
    }
    let gold = GoldSet { documents, ..GoldSet::default() }.with_targets_of_stances();
    problems.or(Import { gold, losses: Vec::new(), remarks: Vec::new() })
}

/// Parses one article.
fn parse(path: &Path, content: &str) -> Result<Labelled, CorpusError> {
    let mut problems = Problems::of(path);
    let parts = content.strip_prefix("+++\n").and_then(|rest| rest.split_once("\n+++\n"));
    let Some((head, body)) = parts else {
        problems.at(1, "a source begins with a header between two `+++` lines");
        return Err(problems.into_error());
    };
    let table = match toml::from_str::<toml::Table>(head) {
        Ok(table) => table,
        Err(error) => {
            let line = error.span().map_or(2, |span| 2 + head[..span.start].matches('\n').count());
            problems.at(line, error.message().to_owned());
            return Err(problems.into_error());
        }
    };
    let (metadata, stances) = header(head, table, &mut problems);
    let first_line = 4 + head.matches('\n').count();
    let body = body.strip_suffix('\n').unwrap_or(body);
    let mut reader =
        Reader { rest: body, line: first_line, text: String::new(), characters: 0, open: None, entities: Vec::new() };
    while let Some(character) = reader.take() {
        if let Err(what) = reader.step(character) {
            problems.at(reader.line, what);
        }
    }
    if let Some((start, label)) = &reader.open {
        let line = first_line + reader.text.chars().take(*start).filter(|&c| c == '\n').count();
        problems.at(line, format!("the bracket of `{label}` at character {start} is not closed"));
    }
    let mut labelled = Labelled::bare(id_of(path), reader.text);
    if let Some(what) = unusable(&labelled.document).filter(|_| problems.is_empty()) {
        problems.whole(what);
    }
    labelled.entities = Some(reader.entities);
    (labelled.metadata, labelled.stances) = (metadata, stances);
    problems.or(labelled)
}

/// Metadata and stances of a header.
fn header(head: &str, table: toml::Table, problems: &mut Problems<'_>) -> (Metadata, BTreeMap<String, Stance>) {
    let (mut metadata, mut stances) = (Metadata::new(), BTreeMap::new());
    // The header begins in line 2; a table's own line has a bracket in front.
    let line_of = |key: &str| {
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
        let names = |line: &str| line.trim_start_matches(['[', '"', ' ']).strip_prefix(key).is_some_and(ends);
        2 + head.lines().position(names).unwrap_or(0)
    };
    for (key, value) in table {
        match (key.as_str(), value) {
            (STANCE, toml::Value::Table(words)) => {
                for (target, word) in words {
                    let word = word.as_str().map_or_else(|| word.to_string(), str::to_owned);
                    match word.parse::<Stance>() {
                        Ok(stance) => drop(stances.insert(target, stance)),
                        Err(error) => problems.at(line_of(&target), format!("target `{target}`: {error}")),
                    }
                }
            }
            (STANCE, _) => problems.at(line_of(STANCE), "`stance` is a table of stances by target"),
            ("id" | "text", _) => {
                problems.at(line_of(&key), format!("`{key}` is no field of a header: the file itself says it"));
            }
            (_, value) => match json(value) {
                Some(value) => drop(metadata.insert(key, value)),
                None => problems.at(line_of(&key), format!("`{key}` holds a number that is not finite")),
            },
        }
    }
    (metadata, stances)
}

/// A date becomes a string.
fn json(value: toml::Value) -> Option<Value> {
    Some(match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => Value::Number(serde_json::Number::from_f64(number)?),
        toml::Value::Boolean(truth) => Value::Bool(truth),
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(values) => Value::Array(values.into_iter().map(json).collect::<Option<_>>()?),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(key, value)| Some((key, json(value)?))).collect::<Option<_>>()?)
        }
    })
}

/// A value on one line of TOML; None where TOML has none, as for null.
fn inline(value: &Value) -> Option<String> {
    let joined = |parts: Option<Vec<String>>| Some(parts?.join(", "));
    Some(match value {
        Value::Null => return None,
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => {
            let float = || number.as_f64().filter(|_| number.is_f64());
            number.as_i64().map(|n| n.to_string()).or_else(|| Some(format!("{:?}", float()?)))?
        }
        Value::String(text) => quoted(text),
        Value::Array(values) => format!("[{}]", joined(values.iter().map(inline).collect())?),
        Value::Object(fields) => {
            let pair = |(key, value): (&String, &Value)| Some(format!("{} = {}", quoted(key), inline(value)?));
            format!("{{ {} }}", joined(fields.iter().map(pair).collect())?)
        }
    })
}

/// A basic string of TOML: that of JSON, and DEL escaped too.
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string().replace('\u{7F}', "\\u007F")
}

fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { name.to_owned() } else { quoted(name) }
}

/// A folder of articles.
pub(super) fn write(gold: &GoldSet) -> Export {
    let mut losses = Losses::default();
    let (mut labels, mut edges, mut blank, mut fields) = (Labels::default(), 0, 0, 0);
    let mut files = BTreeMap::new();
    for labelled in &gold.documents {
        let mut head = Vec::new();
        for (name, value) in &labelled.metadata {
            match inline(value).filter(|_| name != STANCE) {
                Some(value) => head.push(format!("{} = {value}", key(name))),
                None => fields += 1,
            }
        }
        if !labelled.stances.is_empty() {
            head.push(format!("[{STANCE}]"));
            head.extend(labelled.stances.iter().map(|(target, stance)| format!("{} = \"{stance}\"", key(target))));
        }
        let text = CharText::new(&labelled.document.text);
        let mut mentions = Vec::new();
        for entity in labelled.entities.iter().flatten() {
            let Some(span) = trimmed(&text, entity.span, char::is_whitespace) else {
                blank += 1;
                continue;
            };
            edges += usize::from(span != entity.span);
            mentions.push((span, fitted(&mut labels, &entity.label)));
        }
        let content = format!("+++\n{}\n+++\n{}\n", head.join("\n"), body(text.as_str(), &mentions));
        files.insert(format!("{}.txt", file_name(&labelled.document.id)), content);
    }
    losses
        .note(fields, "metadata fields that no TOML header can hold (null, numbers beyond 64 bits, or named `stance`)");
    losses.phrases(gold);
    losses.unlabelled(&gold.documents);
    losses.note(edges, "mentions with white space at an edge, which lose it");
    losses.note(blank, "mentions of nothing but white space");
    labels.note(&mut losses);
    note_ids(&mut losses, gold, file_name);
    Export { files: Files::Folder(files), losses: losses.into_vec() }
}

/// A label in capital letters, digits, `-` and `_`, with a letter in front.
fn fitted(labels: &mut Labels, label: &str) -> String {
    let mut first = true;
    labels.fit(label, |c| {
        let c = c.to_ascii_uppercase();
        let good = c.is_ascii_uppercase() || !first && in_label(c);
        let other = if first { 'X' } else { '_' };
        first = false;
        if good { c } else { other }
    })
}

fn in_label(character: char) -> bool {
    character.is_ascii_uppercase() || character.is_ascii_digit() || character == '-' || character == '_'
}

fn body(text: &str, mentions: &[(Span, String)]) -> String {
    let mut out = String::with_capacity(text.len() + 8 * mentions.len());
    let mut coming = mentions.iter().peekable();
    let mut end = None;
    for (at, character) in text.chars().enumerate() {
        if end == Some(at) {
            out.push(']');
        }
        if let Some((span, label)) = coming.next_if(|(span, _)| span.start == at) {
            out.extend(["[", label, " "]);
            end = Some(span.end);
        }
        match character {
            '[' | ']' | '\\' => out.extend(['\\', character]),
            '\r' => out.push_str("\\r"),
            unseen if is_unseen(unseen) => {
                write!(out, "\\u{{{:X}}}", u32::from(unseen)).expect("writing to a string cannot fail");
            }
            plain => out.push(plain),
        }
    }
    if end == Some(text.chars().count()) {
        out.push(']');
    }
    out
}

/// Characters that nobody can see, or tell from others.
fn is_unseen(c: char) -> bool {
    let space = c.is_whitespace() && c != ' ' && c != '\n';
    space
        || c.is_control() && c != '\n'
        || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2011}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}

/// The text so far, and the bracket that is open.
struct Reader<'a> {
    rest: &'a str,
    line: usize,
    text: String,
    characters: usize,
    open: Option<(usize, String)>,
    entities: Vec<Entity>,
}

impl Reader<'_> {
    fn take(&mut self) -> Option<char> {
        let character = self.rest.chars().next()?;
        self.rest = &self.rest[character.len_utf8()..];
        Some(character)
    }

    fn push(&mut self, character: char) {
        self.line += usize::from(character == '\n');
        self.text.push(character);
        self.characters += 1;
    }

    fn step(&mut self, character: char) -> Result<(), String> {
        match character {
            '[' => self.open(),
            ']' => self.close(),
            '\\' => {
                let escaped = self.escape()?;
                self.push(escaped);
                Ok(())
            }
            other => {
                self.push(other);
                Ok(())
            }
        }
    }

    fn open(&mut self) -> Result<(), String> {
        let label: String = self.rest.chars().take_while(|&c| in_label(c)).collect();
        let after = &self.rest[label.len()..];
        if !label.starts_with(|c: char| c.is_ascii_uppercase()) || !after.starts_with(' ') {
            let near: String = self.rest.chars().take(20).collect();
            return Err(format!("`[{near}` opens no mention; write `[LABEL name]`, or `\\[` for the character itself"));
        }
        if let Some((_, outer)) = &self.open {
            return Err(format!("`[{label}` stands inside the bracket of `{outer}`; mentions do not nest"));
        }
        self.rest = &after[1..];
        self.open = Some((self.characters, label));
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let (start, label) = self.open.take().ok_or("`]` closes nothing; write `\\]` for the character itself")?;
        let span = Span::new(start, self.characters);
        let surface: String = self.text.chars().skip(start).collect();
        if surface.trim() != surface || surface.is_empty() {
            return Err(format!("the mention `{surface}` is empty or has white space at its edge"));
        }
        self.entities.push(Entity { span, label, score: None });
        Ok(())
    }

    fn escape(&mut self) -> Result<char, String> {
        let unknown = "a backslash stands before `[`, `]`, `\\`, `r` or `u{…}` only";
        match self.take() {
            Some(character @ ('[' | ']' | '\\')) => Ok(character),
            Some('r') => Ok('\r'),
            Some('u') => {
                let (digits, rest) = self.rest.strip_prefix('{').and_then(|r| r.split_once('}')).ok_or(unknown)?;
                let character = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                let character = character.ok_or_else(|| format!("`\\u{{{digits}}}` is no character"))?;
                self.rest = rest;
                Ok(character)
            }
            _ => Err(unknown.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Place;

    fn source(body: &str) -> Result<Labelled, CorpusError> {
        let head = "+++\ntitle = \"T\"\nvoice = \"v\"\ndate = 2025-10-19\n[stance]\ndeal = \"favor\"\n+++\n";
        parse(Path::new("x/one.txt"), &format!("{head}{body}\n"))
    }

    #[test]
    fn brackets_become_spans_of_the_text_without_them() {
        let source = source("[PER Zoë]’s \\[sic\\]\\u{A0}[LOC Gaza]\\r\nend").expect("a good source");
        assert_eq!(source.document.text, "Zoë’s [sic]\u{A0}Gaza\r\nend");
        let entities = source.entities.expect("labelled");
        let spans: Vec<_> = entities.iter().map(|e| (e.span.start, e.span.end, e.label.as_str())).collect();
        assert_eq!(spans, [(0, 3, "PER"), (12, 16, "LOC")]);
        assert_eq!(source.stances["deal"], Stance::Favor);
        assert_eq!(source.metadata["date"], "2025-10-19");
        assert_eq!(source.document.id, "one");
    }

    #[test]
    fn a_fault_is_named_by_its_line() {
        for (body, line, part) in [
            ("one\ntwo ] three", 9, "closes nothing"),
            ("[PER a [LOC b]]", 8, "do not nest"),
            ("[per a]", 8, "opens no mention"),
            ("[PER a ]", 8, "white space at its edge"),
            ("a\n\\q", 9, "a backslash"),
        ] {
            let error = source(body).expect_err("a fault");
            let CorpusError::Problems(problems) = error else { panic!("another error: {error}") };
            assert_eq!(problems[0].place, Some(Place::Line(line)), "{body}");
            assert!(problems[0].what.contains(part), "{}", problems[0].what);
        }
    }
}
