//! Passes, adjudication, splits and regions that are refused.

use crate::cli::annotators::passes;
use crate::cli::desk::Desk;
use snapbox::{IntoData, str};

const CHECK: &str = "gold check corpus";

/// A check of the small corpus with passes after one replacement in a file.
fn changed(file: &str, from: &str, to: &str, message: impl IntoData) {
    let desk = passes();
    desk.edit(file, from, to);
    desk.refuses(CHECK, message);
}

#[test]
fn no_passes_to_compare() {
    Desk::small().refuses(
        "gold agree corpus",
        str![[r#"
error: corpus `corpus` has no two passes to compare (there is no folder `passes`)
hint: put each annotator's labels into `passes/NAME/ner.jsonl` or `passes/NAME/stance.jsonl` of the corpus

"#]],
    );
}

#[test]
fn a_pass_that_is_not_there() {
    passes().refuses(
        "gold agree corpus --passes first third",
        str![[r#"
error: corpus `corpus` has no two passes to compare (there is no pass `third`, but `first`, `second`)
hint: put each annotator's labels into `passes/NAME/ner.jsonl` or `passes/NAME/stance.jsonl` of the corpus

"#]],
    );
}

#[test]
fn a_pass_with_another_surface() {
    changed(
        "corpus/passes/first/ner.jsonl",
        "\"text\": \"Zoë Ruiz\"",
        "\"text\": \"Zoe Ruiz\"",
        str![[r#"
error: `corpus/passes/first/ner.jsonl` line 1: document `a`: span 0..8 should read `Zoe Ruiz`, but the text has `Zoë Ruiz` there; offsets count characters, not bytes
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_disagreement_that_nobody_decided() {
    let desk = passes();
    let lines = desk.read("corpus/adjudication.jsonl");
    desk.write("corpus/adjudication.jsonl", lines.lines().next().unwrap());
    desk.refuses(
        CHECK,
        str![[r#"
error: `corpus/adjudication.jsonl`: document `b`: `LOC` 60..64 of the first pass is neither agreed nor decided
`corpus/adjudication.jsonl`: document `b`: `ORG` 60..64 of the second pass is neither agreed nor decided
`corpus/adjudication.jsonl`: document `b`: `ORG` 60..64 of the gold is neither agreed nor decided
`corpus/adjudication.jsonl`: document `b`: the stance towards `deal` is neither agreed nor decided
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_decision_without_a_reason() {
    changed(
        "corpus/adjudication.jsonl",
        "She says so.",
        " ",
        str![[r#"
error: `corpus/adjudication.jsonl` line 3: a decision needs its reason
`corpus/adjudication.jsonl`: document `b`: the stance towards `deal` is neither agreed nor decided
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_decision_that_misquotes_a_pass() {
    changed(
        "corpus/adjudication.jsonl",
        "\"second\": \"neutral\"",
        "\"second\": \"favor\"",
        str![[r#"
error: `corpus/adjudication.jsonl` line 3: document `b`: the second pass has another stance towards `deal` than it is quoted with
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_decision_that_the_gold_does_not_follow() {
    changed(
        "corpus/gold/ner.jsonl",
        "\"label\": \"ORG\"",
        "\"label\": \"LOC\"",
        str![[r#"
error: `corpus/adjudication.jsonl` line 2: document `b`: the gold has other entities in 60..64 than it is quoted with
`corpus/adjudication.jsonl`: document `b`: `LOC` 60..64 of the gold is neither agreed nor decided
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn an_agreement_that_the_gold_does_not_follow() {
    changed(
        "corpus/gold/stance.jsonl",
        "\"target\": \"talks\", \"stance\": \"neutral\"",
        "\"target\": \"talks\", \"stance\": \"favor\"",
        str![[r#"
error: `corpus/adjudication.jsonl`: document `c`: the stance towards `talks` is neither agreed nor decided
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_malformed_decision() {
    changed(
        "corpus/adjudication.jsonl",
        "\"task\": \"stance\"",
        "\"task\": \"opinion\"",
        str![[r#"
error: `corpus/adjudication.jsonl` line 3: expected {"id": "…", "task": "ner", "start": …, "end": …, "first": […], "second": […], "gold": […], "reason": "…"} or {"id": "…", "task": "stance", "target": "…", "first": …, "second": …, "gold": …, "reason": "…"}, but at column 29: unknown variant `opinion`, expected `ner` or `stance`
`corpus/adjudication.jsonl`: document `b`: the stance towards `deal` is neither agreed nor decided
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_split_with_a_document_that_is_not_there_and_one_twice() {
    changed(
        "corpus/corpus.toml",
        "version = \"1\"\n",
        "version = \"1\"\nsplits = { dev = [\"a\", \"z\"], test = [\"a\"] }\n",
        str![[r#"
error: `corpus/corpus.toml`: split `dev` names document `z`, which is not in the corpus
`corpus/corpus.toml`: document `a` is in split `test` and already in `dev`
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_split_that_the_corpus_does_not_have() {
    let desk = Desk::small();
    let suite = desk.read("suite.toml").replacen("corpus = \"small\"\n", "corpus = \"small\"\nsplit = \"test\"\n", 1);
    desk.write("suite.toml", suite);
    desk.refuses(
        "run suite.toml --out out",
        str![[r#"
error: corpus `small` has no split `test` (its `corpus.toml` names none)
hint: name a split of [splits] in the corpus's `corpus.toml`, or leave `split` out

"#]],
    );
}

#[test]
fn an_unknown_kind_of_annotator() {
    changed(
        "corpus/corpus.toml",
        "version = \"1\"\n",
        "version = \"1\"\npasses.first = { by = \"crowd\", how = \"x\" }\n",
        str![[r#"
error: `corpus/corpus.toml` line 3: unknown variant `crowd`, expected `person` or `language-model`
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn an_entity_in_a_region_that_nobody_labelled() {
    changed(
        "corpus/gold/ner.jsonl",
        "\"id\": \"b\", ",
        "\"id\": \"b\", \"unannotated\": [{\"start\": 0, \"end\": 5}, {\"start\": 70, \"end\": 99}], ",
        str![[r#"
error: `corpus/gold/ner.jsonl` line 2: document `b`: span 3..7 lies in the region 0..5, which is marked as not annotated
`corpus/gold/ner.jsonl` line 2: document `b`: the unannotated region 70..99 is empty or lies outside the text
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_model_that_is_called_as_the_annotators_are() {
    let desk = Desk::small();
    let suite = desk.read("suite.toml").replace("tagger", "annotators");
    desk.write("suite.toml", suite);
    desk.refuses(
        "check suite.toml",
        str![[r#"
error: suite `suite.toml` line 10: model `annotators`: there is no folder `models/annotators`
suite `suite.toml` line 24: `annotators` is what tables call the annotators; name the model otherwise
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn a_task_that_no_two_passes_did() {
    let desk = passes();
    std::fs::remove_file(desk.path("corpus/passes/second/stance.jsonl")).unwrap();
    desk.refuses(
        "gold agree corpus --task stance",
        str![[r#"
error: corpus `corpus` has no two passes to compare (no two of `first`, `second` did the task on the same documents)
hint: put each annotator's labels into `passes/NAME/ner.jsonl` or `passes/NAME/stance.jsonl` of the corpus

"#]],
    );
}
