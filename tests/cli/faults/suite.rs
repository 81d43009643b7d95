//! Suites that are refused.

use crate::cli::desk::Desk;
use snapbox::{IntoData, str};

const RUN: &str = "run suite.toml --out out";

/// A run of the small suite after one replacement.
fn changed(from: &str, to: &str, message: impl IntoData) {
    let desk = Desk::small();
    desk.edit("suite.toml", from, to);
    desk.refuses(RUN, message);
}

#[test]
fn a_missing_suite() {
    Desk::new().refuses(
        RUN,
        str![[r#"
error: `suite.toml` cannot be read: No such file or directory (os error 2)
hint: name a suite, or run from the folder that holds suites/demo.toml

"#]],
    );
}

#[test]
fn a_missing_default_suite() {
    Desk::new().refuses(
        "run",
        str![[r#"
error: `suites/demo.toml` cannot be read: No such file or directory (os error 2)
hint: name a suite, or run from the folder that holds suites/demo.toml

"#]],
    );
}

#[test]
fn a_suite_that_is_not_utf8() {
    let desk = Desk::small();
    desk.write("suite.toml", b"version = 1\nname = \"caf\xE9\"\n");
    desk.refuses(
        RUN,
        str![[r#"
error: `suite.toml` line 2: byte 23 of the file is not valid UTF-8
hint: convert the file to UTF-8

"#]],
    );
}

#[test]
fn a_suite_that_is_not_toml() {
    changed(
        "name = \"small\"",
        "name = \"small",
        str![[r#"
error: suite `suite.toml` line 2: invalid basic string, expected `"`
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn an_unknown_key() {
    changed(
        "seed = 7",
        "sede = 7",
        str![[r#"
error: suite `suite.toml` line 3: unknown field `sede`, expected one of `version`, `name`, `seed`, `statistics`, `gate`, `corpora`, `models`, `evaluations`
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn an_unknown_key_of_an_evaluation() {
    changed(
        "windows = {",
        "window = {",
        str![[r#"
error: suite `suite.toml` line 25: unknown field `window`, expected one of `task`, `corpus`, `split`, `models`, `windows`, `aggregation`, `hypotheses`, `template_weights`, `rule`, `window_rule`, `temperature`, `threshold`, `tune`
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn an_unknown_task() {
    changed(
        "task = \"stance\"",
        "task = \"stances\"",
        str![[r#"
error: suite `suite.toml` line 28: unknown variant `stances`, expected `ner` or `stance`
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn a_missing_key() {
    changed(
        "version = 1\n",
        "",
        str![[r#"
error: suite `suite.toml` line 1: missing field `version`
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn a_newer_version_whatever_its_keys() {
    changed(
        "version = 1",
        "version = 2\nflavour = \"new\"",
        str![[r#"
error: suite `suite.toml` has format version 2, but this karat reads 1
hint: upgrade karat

"#]],
    );
}

#[test]
fn a_version_that_never_was() {
    changed(
        "version = 1",
        "version = 0",
        str![[r#"
error: suite `suite.toml` line 1: there is no version 0 of the format; use 1
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn names_of_unknown_models_and_corpora() {
    let desk = Desk::small();
    desk.edit("suite.toml", "models = [\"tagger\", ", "models = [\"tager\", ");
    desk.edit("suite.toml", "\"stance\"\ncorpus = \"small\"", "\"stance\"\ncorpus = \"smal\"");
    desk.refuses(
        RUN,
        str![[r#"
error: suite `suite.toml` line 24: model `tager` is not in [models] (gazetteer, judge, majority, tagger)
suite `suite.toml` line 29: corpus `smal` is not in [corpora] (small)
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn an_option_of_the_other_task() {
    let desk = Desk::small();
    desk.edit("suite.toml", "windows = {", "rule = \"argmax-hypotheses\"\nwindows = {");
    desk.edit("suite.toml", "models = [\"judge\"", "aggregation = \"first\"\nmodels = [\"judge\"");
    desk.refuses(
        RUN,
        str![[r#"
error: suite `suite.toml` line 25: `rule` belongs to task `stance`
suite `suite.toml` line 31: `aggregation` belongs to task `ner`
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn an_overlap_as_long_as_the_window() {
    changed(
        "overlap = 8",
        "overlap = 32",
        str![[r#"
error: suite `suite.toml` line 25: windows of 32 tokens cannot overlap by 32
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn a_folder_that_is_not_there() {
    changed(
        "path = \"corpus\"",
        "path = \"corpse\"",
        str![[r#"
error: suite `suite.toml` line 7: corpus `small`: there is no folder `corpse`
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn a_model_that_stands_twice() {
    changed(
        "\"tagger\", \"gazetteer\"",
        "\"tagger\", \"tagger\"",
        str![[r#"
error: suite `suite.toml` line 24: model `tagger` stands twice in `models`
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn an_evaluation_that_stands_twice() {
    changed(
        "task = \"stance\"",
        "task = \"ner\"",
        str![[r#"
error: suite `suite.toml` line 28: task `ner` on corpus `small` is evaluated twice
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn names_that_cannot_be_file_names() {
    let desk = Desk::small();
    desk.edit("suite.toml", "name = \"small\"", "name = \"a/b\"");
    desk.edit("suite.toml", "[corpora.small]", "[corpora.\"small.er\"]\npath = \"corpus\"\n\n[corpora.small]");
    desk.edit("suite.toml", "[models.tagger]", "[models.\"../tagger\"]\npath = \"models/tagger\"\n\n[models.tagger]");
    desk.refuses(
        RUN,
        str![[r#"
error: suite `suite.toml` line 2: the name `a/b` becomes a folder's name: use letters, digits, `-`, `_`, `.`
suite `suite.toml` line 7: corpus `small.er`: the name becomes a part of file names: use letters, digits, `-`, `_`
suite `suite.toml` line 13: model `../tagger`: the name becomes a part of file names: use letters, digits, `-`, `_`, `.`
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn statistics_out_of_range() {
    changed(
        "replicates = 200",
        "replicates = 20, confidence = 95",
        str![[r#"
error: suite `suite.toml` line 4: `replicates` must be at least 100 (10000 is usual)
suite `suite.toml` line 4: `confidence` must be at least 0.5 and less than 1 (0.95 is usual)
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn a_hypothesis_without_a_place_for_the_target() {
    let hypotheses = "hypotheses = { favor = [\"for {}\"], against = [\"against\"], neutral = [\"on {}\"] }\n";
    changed(
        "models = [\"judge\"",
        &format!("{hypotheses}models = [\"judge\""),
        str![[r#"
error: suite `suite.toml` line 30: the hypothesis template `against` needs `{}` exactly once, where the target's phrase goes
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn no_evaluation() {
    let desk = Desk::small();
    let suite = desk.read("suite.toml");
    let (head, _) = suite.split_once("[[evaluations]]").unwrap();
    desk.write("suite.toml", format!("evaluations = []\n{head}"));
    desk.refuses(
        RUN,
        str![[r#"
error: suite `suite.toml` line 1: the suite has no evaluation
hint: suites/demo.toml is an example that works

"#]],
    );
}
