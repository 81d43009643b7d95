//! Documents, gold and targets that are refused.

use crate::cli::desk::Desk;
use snapbox::{IntoData, str};

const RUN: &str = "run suite.toml --out out";
const DOCUMENTS: &str = "corpus/documents.jsonl";
const NER: &str = "corpus/gold/ner.jsonl";
const STANCE: &str = "corpus/gold/stance.jsonl";

/// A run of the small suite after one replacement in a file.
fn changed(file: &str, from: &str, to: &str, message: impl IntoData) {
    let desk = Desk::small();
    desk.edit(file, from, to);
    desk.refuses(RUN, message);
}

#[test]
fn a_folder_that_is_no_corpus() {
    let desk = Desk::small();
    std::fs::remove_file(desk.path(DOCUMENTS)).unwrap();
    desk.refuses(RUN, str![[r#"
error: `corpus` is no corpus: it holds neither `documents.jsonl` nor a folder `documents`
hint: data/envoy is an example of a corpus

"#]]);
}

#[test]
fn a_gold_file_that_cannot_be_read() {
    // A folder of that name: permissions do not stop every user.
    let desk = Desk::small();
    std::fs::remove_file(desk.path(NER)).unwrap();
    std::fs::create_dir(desk.path(NER)).unwrap();
    desk.refuses(RUN, str![[r#"
error: `corpus/gold/ner.jsonl` cannot be read: Is a directory (os error 21)
hint: check the path and its permissions

"#]]);
}

#[test]
fn no_gold_for_a_task() {
    let desk = Desk::small();
    std::fs::remove_file(desk.path(STANCE)).unwrap();
    desk.refuses(RUN, str![[r#"
error: corpus `small` has no gold for task `stance` (`gold/stance.jsonl` in its folder)
hint: label some documents, or take the evaluation out of the suite

"#]]);
}

#[test]
fn no_gold_within_the_limit() {
    let desk = Desk::small();
    let gold = desk.read(NER);
    desk.write(NER, gold.lines().last().unwrap());
    desk.refuses("run suite.toml --out out --limit 2", str![[r#"
error: of the first 2 documents of corpus `small` none has gold for task `ner`
hint: raise --limit, or leave it out

"#]]);
}

#[test]
fn stances_without_targets() {
    let desk = Desk::small();
    std::fs::remove_file(desk.path("corpus/targets.toml")).unwrap();
    desk.refuses(RUN, str![[r#"
error: `corpus/gold/stance.jsonl`: no `targets.toml` beside `documents.jsonl` says what the stances are about
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn targets_that_are_not_phrases() {
    changed("corpus/targets.toml", "talks = \"talks\"", "talks = 3", str![[r#"
error: `corpus/targets.toml` line 2: expected lines of `id = "phrase"`: invalid type: integer `3`, expected a string
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn a_manifest_with_an_unknown_key() {
    changed("corpus/corpus.toml", "labels =", "label =", str![[r#"
error: `corpus/corpus.toml` line 3: unknown field `label`, expected one of `name`, `version`, `licence`, `labels`
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn a_document_line_that_is_not_json() {
    changed(DOCUMENTS, "{\"id\": \"b\", \"text\": \"In Gaza", "{\"id\": \"b\", \"text\": In Gaza", str![[r#"
error: `corpus/documents.jsonl` line 2: expected {"id": "…", "text": "…"}, but at column 21: expected value
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn a_document_line_without_a_text() {
    changed(DOCUMENTS, "{\"id\": \"c\", \"text\":", "{\"id\": \"c\", \"body\":", str![[r#"
error: `corpus/documents.jsonl` line 3: expected {"id": "…", "text": "…"}, but at column 47: missing field `text`
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn a_document_that_stands_twice() {
    changed(DOCUMENTS, "\"id\": \"b\"", "\"id\": \"a\"", str![[r#"
error: `corpus/documents.jsonl` line 2: document `a` stands already in line 1
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn an_empty_document() {
    changed(DOCUMENTS, "This text takes no side.", "", str![[r#"
error: `corpus/documents.jsonl` line 3: document `c` has no text
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn a_blank_document() {
    changed(DOCUMENTS, "This text takes no side.", " \\n\u{A0}\\t", str![[r#"
error: `corpus/documents.jsonl` line 3: document `c` has no text
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn a_document_of_five_megabytes() {
    let desk = Desk::small();
    let long = "no side ".repeat((5 << 20) / 8);
    desk.edit(DOCUMENTS, "This text takes no side.", &long);
    desk.refuses(RUN, str![[r#"
error: `corpus/documents.jsonl` line 3: document `c` is 5.0 MiB long; a document may have 4 MiB, so split it
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn documents_that_are_not_utf8() {
    let desk = Desk::small();
    let bytes = desk.read(DOCUMENTS).replace("Ana", "An@").into_bytes();
    let bytes: Vec<u8> = bytes.into_iter().map(|byte| if byte == b'@' { 0xE1 } else { byte }).collect();
    desk.write(DOCUMENTS, bytes);
    desk.refuses(RUN, str![[r#"
error: `corpus/documents.jsonl` line 2: byte 136 of the file is not valid UTF-8
hint: convert the file to UTF-8

"#]]);
}

#[test]
fn no_document() {
    let desk = Desk::small();
    desk.write(DOCUMENTS, "\n");
    desk.refuses(RUN, str![[r#"
error: `corpus/documents.jsonl`: there is no document in this file
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn a_gold_span_outside_the_text() {
    changed(NER, "\"start\": 35, \"end\": 39", "\"start\": 53, \"end\": 93", str![[r#"
error: `corpus/gold/ner.jsonl` line 1: document `a`: span 53..93 lies outside the text of 55 characters
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn a_gold_span_with_another_surface() {
    // One too far, as byte offsets are after `ë`.
    changed(NER, "\"start\": 35, \"end\": 39", "\"start\": 36, \"end\": 40", str![[r#"
error: `corpus/gold/ner.jsonl` line 1: document `a`: span 36..40 should read `Doha`, but the text has `oha ` there; offsets count characters, not bytes
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn an_empty_gold_span() {
    changed(NER, "\"start\": 3, \"end\": 7", "\"start\": 7, \"end\": 3", str![[r#"
error: `corpus/gold/ner.jsonl` line 2: document `b`: span 7..3 is empty
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn overlapping_gold_spans() {
    changed(NER, "\"start\": 33, \"end\": 40", "\"start\": 5, \"end\": 12", str![[r#"
error: `corpus/gold/ner.jsonl` line 2: document `b`: spans 3..7 and 5..12 overlap
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn an_unknown_gold_label() {
    changed(NER, "\"label\": \"ORG\"", "\"label\": \"LOCATION\"", str![[r#"
error: `corpus/gold/ner.jsonl` line 2: document `b`: span 60..64: label `LOCATION` is not in the label set (LOC, ORG, PER)
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn entities_of_an_unknown_document() {
    changed(NER, "\"id\": \"c\"", "\"id\": \"d\"", str![[r#"
error: `corpus/gold/ner.jsonl` line 3: document `d` is not in the corpus
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn a_gold_line_that_stands_twice() {
    changed(NER, "\"id\": \"c\"", "\"id\": \"a\"", str![[r#"
error: `corpus/gold/ner.jsonl` line 3: document `a` has entities already in line 1
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn a_gold_line_with_a_misspelt_field() {
    changed(NER, "\"start\": 3, \"end\"", "\"begin\": 3, \"end\"", str![[r#"
error: `corpus/gold/ner.jsonl` line 2: expected {"id": "…", "entities": [{"start": …, "end": …, "label": "…"}, …]}, but at column 33: unknown field `begin`, expected one of `start`, `end`, `label`, `text`, `score`
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn an_unknown_stance() {
    changed(STANCE, "\"against\"", "\"opposed\"", str![[r#"
error: `corpus/gold/stance.jsonl` line 3: document `b`: stance `opposed` is not one of favor, against, neutral
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn an_unknown_target() {
    changed(STANCE, "\"c\", \"target\": \"talks\"", "\"c\", \"target\": \"walks\"", str![[r#"
error: `corpus/gold/stance.jsonl` line 4: document `c`: target `walks` is not in targets.toml (deal, talks)
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn a_stance_that_stands_twice() {
    changed(STANCE, "\"id\": \"c\"", "\"id\": \"a\"", str![[r#"
error: `corpus/gold/stance.jsonl` line 4: document `a` has a stance towards `talks` already in line 2
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn the_problems_of_all_files_are_told_at_once() {
    let desk = Desk::small();
    desk.edit(NER, "\"label\": \"ORG\"", "\"label\": \"LOCATION\"");
    desk.edit(NER, "\"start\": 3, \"end\": 7", "\"start\": 3, \"end\": 99");
    desk.edit(STANCE, "\"against\"", "\"opposed\"");
    desk.refuses("check suite.toml", str![[r#"
error: `corpus/gold/ner.jsonl` line 2: document `b`: span 3..99 lies outside the text of 76 characters
`corpus/gold/ner.jsonl` line 2: document `b`: span 60..64: label `LOCATION` is not in the label set (LOC, ORG, PER)
`corpus/gold/ner.jsonl` line 2: document `b`: spans 3..99 and 33..40 overlap
`corpus/gold/stance.jsonl` line 3: document `b`: stance `opposed` is not one of favor, against, neutral
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn sources_that_do_not_give_the_files() {
    let desk = Desk::new();
    let source = "+++\ntitle = \"T\"\nvoice = \"v\"\ndate = 2025-10-19\n[stance]\ndeal = \"favor\"\n+++\n[PER Zoë] left.\n";
    desk.write("corpus/source/one.txt", source);
    desk.succeeds("gold import corpus");
    desk.succeeds("gold import corpus --check");
    desk.edit("corpus/source/one.txt", "[PER Zoë]", "[ORG Zoë]");
    desk.refuses("gold import corpus --check", str![[r#"
error: `corpus/gold/ner.jsonl` is not what the annotated sources give
hint: run `karat gold import` without --check, and look at what changed

"#]]);
}

#[test]
fn a_source_with_brackets_that_do_not_match() {
    let desk = Desk::new();
    desk.write("corpus/source/one.txt", "+++\ntitle = \"T\"\nvoice = \"v\"\ndate = 2025-10-19\n+++\n[PER Zoë left.\n");
    desk.refuses("gold import corpus", str![[r#"
error: `corpus/source/one.txt`: the bracket of `PER` at character 0 is not closed
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn a_corpus_without_sources() {
    Desk::small().refuses("gold import corpus", str![[r#"
error: folder `corpus/source` cannot be listed: No such file or directory (os error 2)
hint: check the path and its permissions

"#]]);
}
