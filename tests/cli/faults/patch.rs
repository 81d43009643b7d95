//! Patches and queues of suspects that are refused.

use crate::cli::desk::Desk;
use snapbox::{IntoData, str};

const RUN: &str = "run suite.toml --out out";

fn small() -> Desk {
    let desk = Desk::small();
    desk.edit("suite.toml", "path = \"corpus\"\n", "path = \"corpus\"\npatch = \"fix.jsonl\"\n");
    desk
}

/// A run of the small suite with these lines as its patch.
fn refused(lines: &str, message: impl IntoData) {
    let desk = small();
    desk.write("fix.jsonl", lines);
    desk.refuses(RUN, message);
}

#[test]
fn a_missing_patch() {
    small().refuses(
        RUN,
        str![[r#"
error: suite `suite.toml` line 8: corpus `small`: there is no patch file `fix.jsonl`
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn a_patch_of_a_model() {
    let desk = Desk::small();
    desk.edit("suite.toml", "path = \"models/judge\"\n", "path = \"models/judge\"\npatch = \"fix.jsonl\"\n");
    desk.refuses(
        RUN,
        str![[r#"
error: suite `suite.toml` line 17: unknown field `patch`, expected one of `path`, `labels`, `probes`, `engine`, `precision`, `device`
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn a_patch_without_a_line() {
    refused(
        "\n",
        str![[r#"
error: `fix.jsonl`: there is no correction in this file
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn lines_that_are_no_corrections() {
    refused(
        r#"{"id": "b", "task": "ner", "start": 3, "end": 7, "reason": "no label, not even null"}
{"id": "b", "task": "stance", "target": "deal", "reason": "no stance"}
{"id": "b", "task": "nir", "start": 3, "end": 7, "label": "LOC", "reason": "misspelt"}
{"id": "b", "task": "ner", "start": 3, "end": 7, "label": "ORG", "why": "misspelt"}
{"id": "b", "task": "ner", "start": 3,
"#,
        str![[r#"
error: `fix.jsonl` line 1: expected {"id": "…", "task": "ner", "start": …, "end": …, "label": …, "reason": "…"} or {"id": "…", "task": "stance", "target": "…", "stance": …, "reason": "…"}, but: missing field `label`
`fix.jsonl` line 2: expected {"id": "…", "task": "ner", "start": …, "end": …, "label": …, "reason": "…"} or {"id": "…", "task": "stance", "target": "…", "stance": …, "reason": "…"}, but: missing field `stance`
`fix.jsonl` line 3: expected {"id": "…", "task": "ner", "start": …, "end": …, "label": …, "reason": "…"} or {"id": "…", "task": "stance", "target": "…", "stance": …, "reason": "…"}, but at column 25: unknown variant `nir`, expected `ner` or `stance`
`fix.jsonl` line 4: expected {"id": "…", "task": "ner", "start": …, "end": …, "label": …, "reason": "…"} or {"id": "…", "task": "stance", "target": "…", "stance": …, "reason": "…"}, but: unknown field `why`, expected one of `id`, `start`, `end`, `label`, `text`, `reason`
`fix.jsonl` line 5: expected {"id": "…", "task": "ner", "start": …, "end": …, "label": …, "reason": "…"} or {"id": "…", "task": "stance", "target": "…", "stance": …, "reason": "…"}, but at column 38: EOF while parsing a value
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn corrections_without_a_reason() {
    refused(
        r#"{"id": "b", "task": "ner", "start": 3, "end": 7, "label": "ORG", "reason": " "}
{"id": "b", "task": "stance", "target": "deal", "stance": "neutral"}
"#,
        str![[r#"
error: `fix.jsonl` line 1: document `b`: a correction needs its reason
`fix.jsonl` line 2: document `b`: a correction needs its reason
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn corrections_that_do_not_fit_the_corpus() {
    refused(
        r#"{"id": "d", "task": "ner", "start": 3, "end": 7, "label": "ORG", "reason": "no such document"}
{"id": "b", "task": "ner", "start": 70, "end": 80, "label": "ORG", "reason": "outside the text"}
{"id": "b", "task": "ner", "start": 7, "end": 7, "label": "ORG", "reason": "empty"}
{"id": "b", "task": "ner", "start": 3, "end": 7, "label": "ORG", "text": "Doha", "reason": "another surface"}
{"id": "b", "task": "ner", "start": 3, "end": 7, "label": "LOCATION", "reason": "no such label"}
{"id": "b", "task": "stance", "target": "walks", "stance": "favor", "reason": "no such target"}
{"id": "b", "task": "stance", "target": "deal", "stance": "opposed", "reason": "no such stance"}
"#,
        str![[r#"
error: `fix.jsonl` line 1: document `d` is not in the corpus
`fix.jsonl` line 2: document `b`: span 70..80 lies outside the text of 76 characters
`fix.jsonl` line 3: document `b`: span 7..7 is empty
`fix.jsonl` line 4: document `b`: span 3..7 should read `Doha`, but the text has `Gaza` there; offsets count characters, not bytes
`fix.jsonl` line 5: document `b`: span 3..7: label `LOCATION` is not in the label set (LOC, ORG, PER)
`fix.jsonl` line 6: document `b`: target `walks` is not in targets.toml (deal, talks)
`fix.jsonl` line 7: document `b`: stance `opposed` is not one of favor, against, neutral
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn corrections_of_the_same_place() {
    refused(
        r#"{"id": "b", "task": "ner", "start": 3, "end": 7, "label": "ORG", "reason": "one"}
{"id": "b", "task": "stance", "target": "deal", "stance": "favor", "reason": "one"}
{"id": "b", "task": "ner", "start": 0, "end": 4, "label": null, "reason": "another"}
{"id": "b", "task": "stance", "target": "deal", "stance": null, "reason": "another"}
"#,
        str![[r#"
error: `fix.jsonl` line 3: document `b`: span 0..4 overlaps 3..7, which is corrected already in line 1
`fix.jsonl` line 4: document `b`: the stance towards `deal` is corrected already in line 2
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn corrections_that_change_nothing() {
    refused(
        r#"{"id": "b", "task": "ner", "start": 3, "end": 7, "label": "LOC", "reason": "is so"}
{"id": "b", "task": "ner", "start": 10, "end": 12, "label": null, "reason": "there is none"}
{"id": "b", "task": "stance", "target": "deal", "stance": "against", "reason": "is so"}
{"id": "b", "task": "stance", "target": "talks", "stance": null, "reason": "there is none"}
"#,
        str![[r#"
error: `fix.jsonl` line 1: document `b`: this changes nothing: `LOC` 3..7 is in the gold already
`fix.jsonl` line 2: document `b`: this changes nothing: no entity of the gold overlaps 10..12
`fix.jsonl` line 3: document `b`: this changes nothing: `against` towards `deal` is in the gold already
`fix.jsonl` line 4: document `b`: this changes nothing: the gold has no stance towards `talks`
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn corrections_where_nobody_labelled() {
    let desk = small();
    desk.edit("corpus/gold/ner.jsonl", "{\"id\": \"c\", \"entities\": []}\n", "");
    desk.edit("corpus/gold/stance.jsonl", "{\"id\": \"c\", \"target\": \"talks\", \"stance\": \"neutral\"}\n", "");
    desk.edit(
        "corpus/gold/ner.jsonl",
        "\"label\": \"LOC\", \"text\": \"Doha\"}]",
        "\"label\": \"LOC\", \"text\": \"Doha\"}], \"unannotated\": [{\"start\": 12, \"end\": 20}]",
    );
    desk.write(
        "fix.jsonl",
        r#"{"id": "c", "task": "ner", "start": 0, "end": 4, "label": "ORG", "reason": "a name"}
{"id": "c", "task": "stance", "target": "deal", "stance": "favor", "reason": "it is"}
{"id": "a", "task": "ner", "start": 15, "end": 21, "label": "ORG", "reason": "in a region that is not annotated"}
"#,
    );
    desk.refuses(
        RUN,
        str![[r#"
error: `fix.jsonl` line 1: document `c`: nobody labelled its entities; a patch corrects gold that is there
`fix.jsonl` line 2: document `c`: nobody labelled its stances; a patch corrects gold that is there
`fix.jsonl` line 3: document `a`: span 15..21 lies in the region 12..20, which is marked as not annotated
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn suspects_of_what_the_run_has_not() {
    let desk = Desk::small();
    desk.succeeds(RUN);
    desk.refuses(
        "gold suspects out --corpus large",
        str![[r#"
error: run `out` has no evaluation of what was asked for (it has ner on small, stance on small)
hint: name a task and a corpus of the run, or leave --task and --corpus out

"#]],
    );
    desk.refuses(
        "gold suspects corpus",
        str![[r#"
error: `corpus` is no run: it has no `run.json`
hint: runs stand under reports/; name one

"#]],
    );
}

#[test]
fn suspects_of_floors() {
    let desk = Desk::small();
    desk.edit("suite.toml", "[\"tagger\", \"gazetteer\"]", "[\"gazetteer\"]");
    desk.succeeds(RUN);
    desk.refuses(
        "gold suspects out --task ner",
        str![[r#"
error: run `out` has no model with confidences: floors give none
hint: name a run of a suite with a model that has weights

"#]],
    );
}

#[test]
fn a_patch_of_several_corpora() {
    let desk = Desk::small();
    desk.edit("suite.toml", "[models.tagger]", "[corpora.other]\npath = \"corpus\"\n\n[models.tagger]");
    desk.edit("suite.toml", "task = \"stance\"\ncorpus = \"small\"", "task = \"stance\"\ncorpus = \"other\"");
    desk.succeeds(RUN);
    desk.refuses(
        "gold suspects out --format patch",
        str![[r#"
error: run `out` has several corpora (other, small), and a patch corrects one
hint: name one of them with --corpus

"#]],
    );
    desk.succeeds("gold suspects out --format patch --corpus other");
}

#[test]
fn a_confidence_that_is_no_share() {
    Desk::small().refuses(
        "gold suspects out --confidence 90",
        str![[r#"
error: invalid value '90' for '--confidence <SHARE>': expected a number from 0 to 1

For more information, try '--help'.

"#]],
    );
}
