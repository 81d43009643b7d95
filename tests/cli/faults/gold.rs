//! Gold that is refused.

use crate::cli::desk::Desk;
use snapbox::{IntoData, str};

const RUN: &str = "run suite.toml --out out";
const NER: &str = "corpus/gold/ner.jsonl";
const STANCE: &str = "corpus/gold/stance.jsonl";

/// A run of the small suite after one replacement in a file.
fn changed(file: &str, from: &str, to: &str, message: impl IntoData) {
    let desk = Desk::small();
    desk.edit(file, from, to);
    desk.refuses(RUN, message);
}

#[test]
fn a_gold_span_outside_the_text() {
    changed(
        NER,
        "\"start\": 35, \"end\": 39",
        "\"start\": 53, \"end\": 93",
        str![[r#"
error: `corpus/gold/ner.jsonl` line 1: document `a`: span 53..93 lies outside the text of 55 characters
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_gold_span_with_another_surface() {
    // One too far, as byte offsets are after `ë`.
    changed(
        NER,
        "\"start\": 35, \"end\": 39",
        "\"start\": 36, \"end\": 40",
        str![[r#"
error: `corpus/gold/ner.jsonl` line 1: document `a`: span 36..40 should read `Doha`, but the text has `oha ` there; offsets count characters, not bytes
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn an_empty_gold_span() {
    changed(
        NER,
        "\"start\": 3, \"end\": 7",
        "\"start\": 7, \"end\": 3",
        str![[r#"
error: `corpus/gold/ner.jsonl` line 2: document `b`: span 7..3 is empty
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn overlapping_gold_spans() {
    changed(
        NER,
        "\"start\": 33, \"end\": 40",
        "\"start\": 5, \"end\": 12",
        str![[r#"
error: `corpus/gold/ner.jsonl` line 2: document `b`: spans 3..7 and 5..12 overlap
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn an_unknown_gold_label() {
    changed(
        NER,
        "\"label\": \"ORG\"",
        "\"label\": \"LOCATION\"",
        str![[r#"
error: `corpus/gold/ner.jsonl` line 2: document `b`: span 60..64: label `LOCATION` is not in the label set (LOC, ORG, PER)
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn entities_of_an_unknown_document() {
    changed(
        NER,
        "\"id\": \"c\"",
        "\"id\": \"d\"",
        str![[r#"
error: `corpus/gold/ner.jsonl` line 3: document `d` is not in the corpus
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_gold_line_that_stands_twice() {
    changed(
        NER,
        "\"id\": \"c\"",
        "\"id\": \"a\"",
        str![[r#"
error: `corpus/gold/ner.jsonl` line 3: document `a` has entities already in line 1
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_gold_line_with_a_misspelt_field() {
    changed(
        NER,
        "\"start\": 3, \"end\"",
        "\"begin\": 3, \"end\"",
        str![[r#"
error: `corpus/gold/ner.jsonl` line 2: expected {"id": "…", "entities": [{"start": …, "end": …, "label": "…"}, …]}, but at column 33: unknown field `begin`, expected one of `start`, `end`, `label`, `text`, `score`
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn an_unknown_stance() {
    changed(
        STANCE,
        "\"against\"",
        "\"opposed\"",
        str![[r#"
error: `corpus/gold/stance.jsonl` line 3: document `b`: stance `opposed` is not one of favor, against, neutral
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn an_unknown_target() {
    changed(
        STANCE,
        "\"c\", \"target\": \"talks\"",
        "\"c\", \"target\": \"walks\"",
        str![[r#"
error: `corpus/gold/stance.jsonl` line 4: document `c`: target `walks` is not in targets.toml (deal, talks)
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_stance_that_stands_twice() {
    changed(
        STANCE,
        "\"id\": \"c\"",
        "\"id\": \"a\"",
        str![[r#"
error: `corpus/gold/stance.jsonl` line 4: document `a` has a stance towards `talks` already in line 2
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn the_problems_of_all_files_are_told_at_once() {
    let desk = Desk::small();
    desk.edit(NER, "\"label\": \"ORG\"", "\"label\": \"LOCATION\"");
    desk.edit(NER, "\"start\": 3, \"end\": 7", "\"start\": 3, \"end\": 99");
    desk.edit(STANCE, "\"against\"", "\"opposed\"");
    desk.refuses(
        "check suite.toml",
        str![[r#"
error: `corpus/gold/ner.jsonl` line 2: document `b`: span 3..99 lies outside the text of 76 characters
`corpus/gold/ner.jsonl` line 2: document `b`: span 60..64: label `LOCATION` is not in the label set (LOC, ORG, PER)
`corpus/gold/ner.jsonl` line 2: document `b`: spans 3..99 and 33..40 overlap
`corpus/gold/stance.jsonl` line 3: document `b`: stance `opposed` is not one of favor, against, neutral
hint: mend what is named above and try again; nothing was written

"#]],
    );
}
