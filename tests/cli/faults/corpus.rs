//! Corpus folders, documents, targets and annotated sources that are refused.

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
    desk.refuses(
        RUN,
        str![[r#"
error: `corpus` is no corpus: it holds neither `documents.jsonl` nor a folder `documents`
hint: data/envoy is an example of a corpus

"#]],
    );
}

#[test]
fn a_gold_file_that_cannot_be_read() {
    // A folder of that name: permissions do not stop every user.
    let desk = Desk::small();
    std::fs::remove_file(desk.path(NER)).unwrap();
    std::fs::create_dir(desk.path(NER)).unwrap();
    desk.refuses(
        RUN,
        str![[r#"
error: `corpus/gold/ner.jsonl` cannot be read: Is a directory (os error 21)
hint: check the path and its permissions

"#]],
    );
}

#[test]
fn no_gold_for_a_task() {
    let desk = Desk::small();
    std::fs::remove_file(desk.path(STANCE)).unwrap();
    desk.refuses(
        RUN,
        str![[r#"
error: corpus `small` has no gold for task `stance` (`gold/stance.jsonl` in its folder)
hint: label some documents, or take the evaluation out of the suite

"#]],
    );
}

#[test]
fn no_gold_within_the_limit() {
    let desk = Desk::small();
    let gold = desk.read(NER);
    desk.write(NER, gold.lines().last().unwrap());
    desk.refuses(
        "run suite.toml --out out --limit 2",
        str![[r#"
error: of the first 2 documents of corpus `small` none has gold for task `ner`
hint: raise --limit, or leave it out

"#]],
    );
}

#[test]
fn stances_without_targets() {
    let desk = Desk::small();
    std::fs::remove_file(desk.path("corpus/targets.toml")).unwrap();
    desk.refuses(
        RUN,
        str![[r#"
error: `corpus/gold/stance.jsonl`: no `targets.toml` beside `documents.jsonl` says what the stances are about
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn targets_that_are_not_phrases() {
    changed(
        "corpus/targets.toml",
        "talks = \"talks\"",
        "talks = 3",
        str![[r#"
error: `corpus/targets.toml` line 2: expected lines of `id = "phrase"`: invalid type: integer `3`, expected a string
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_manifest_with_an_unknown_key() {
    changed(
        "corpus/corpus.toml",
        "labels =",
        "label =",
        str![[r#"
error: `corpus/corpus.toml` line 3: unknown field `label`, expected one of `name`, `version`, `licence`, `labels`, `splits`, `digests`, `passes`
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_document_line_that_is_not_json() {
    changed(
        DOCUMENTS,
        "{\"id\": \"b\", \"text\": \"In Gaza",
        "{\"id\": \"b\", \"text\": In Gaza",
        str![[r#"
error: `corpus/documents.jsonl` line 2: expected {"id": "…", "text": "…"}, but at column 21: expected value
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_document_line_without_a_text() {
    changed(
        DOCUMENTS,
        "{\"id\": \"c\", \"text\":",
        "{\"id\": \"c\", \"body\":",
        str![[r#"
error: `corpus/documents.jsonl` line 3: expected {"id": "…", "text": "…"}, but at column 47: missing field `text`
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_document_that_stands_twice() {
    changed(
        DOCUMENTS,
        "\"id\": \"b\"",
        "\"id\": \"a\"",
        str![[r#"
error: `corpus/documents.jsonl` line 2: document `a` stands already in line 1
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn an_empty_document() {
    changed(
        DOCUMENTS,
        "This text takes no side.",
        "",
        str![[r#"
error: `corpus/documents.jsonl` line 3: document `c` has no text
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_blank_document() {
    changed(
        DOCUMENTS,
        "This text takes no side.",
        " \\n\u{A0}\\t",
        str![[r#"
error: `corpus/documents.jsonl` line 3: document `c` has no text
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_document_of_five_megabytes() {
    let desk = Desk::small();
    let long = "no side ".repeat((5 << 20) / 8);
    desk.edit(DOCUMENTS, "This text takes no side.", &long);
    desk.refuses(
        RUN,
        str![[r#"
error: `corpus/documents.jsonl` line 3: document `c` is 5.0 MiB long; a document may have 4 MiB, so split it
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn documents_that_are_not_utf8() {
    let desk = Desk::small();
    let bytes = desk.read(DOCUMENTS).replace("Ana", "An@").into_bytes();
    let bytes: Vec<u8> = bytes.into_iter().map(|byte| if byte == b'@' { 0xE1 } else { byte }).collect();
    desk.write(DOCUMENTS, bytes);
    desk.refuses(
        RUN,
        str![[r#"
error: `corpus/documents.jsonl` line 2: byte 136 of the file is not valid UTF-8
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn no_document() {
    let desk = Desk::small();
    desk.write(DOCUMENTS, "\n");
    desk.refuses(
        RUN,
        str![[r#"
error: `corpus/documents.jsonl`: there is no document in this file
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn sources_that_do_not_give_the_files() {
    let desk = Desk::new();
    let source =
        "+++\ntitle = \"T\"\nvoice = \"v\"\ndate = 2025-10-19\n[stance]\ndeal = \"favor\"\n+++\n[PER Zoë] left.\n";
    desk.write("corpus/source/one.txt", source);
    desk.succeeds("gold import corpus/source --into corpus");
    desk.succeeds("gold import corpus/source --into corpus --check");
    desk.edit("corpus/source/one.txt", "[PER Zoë]", "[ORG Zoë]");
    desk.refuses(
        "gold import corpus/source --into corpus --check",
        str![[r#"
error: `corpus/gold/ner.jsonl` is not what `corpus/source` gives
hint: run `karat gold import` with --force in place of --check, and look at what changed

"#]],
    );
}

#[test]
fn a_source_with_brackets_that_do_not_match() {
    let desk = Desk::new();
    desk.write("corpus/source/one.txt", "+++\ntitle = \"T\"\nvoice = \"v\"\ndate = 2025-10-19\n+++\n[PER Zoë left.\n");
    desk.refuses(
        "gold import corpus/source --into corpus",
        str![[r#"
error: `corpus/source/one.txt` line 6: the bracket of `PER` at character 0 is not closed
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_corpus_without_sources() {
    Desk::small().refuses(
        "gold import corpus/source --into corpus",
        str![[r#"
error: folder `corpus/source` cannot be listed: No such file or directory (os error 2)
hint: check the path and its permissions

"#]],
    );
}
