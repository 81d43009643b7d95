//! Models that are whole, and do not fit the suite.

use crate::cli::desk::Desk;
use snapbox::{IntoData, str};

/// A run of the small suite after one replacement in a file.
fn changed(file: &str, from: &str, to: &str, message: impl IntoData) {
    let desk = Desk::small();
    desk.edit(file, from, to);
    desk.refuses("run suite.toml --out out", message);
}

#[test]
fn a_stance_model_for_names() {
    changed(
        "suite.toml",
        "\"tagger\", \"gazetteer\"",
        "\"judge\", \"gazetteer\"",
        str![[r#"
error: model `judge`: task `ner` needs a token-classification head, but the model is a BertForSequenceClassification
hint: choose a model that was trained for the task

"#]],
    );
}

#[test]
fn a_name_model_for_stances() {
    changed(
        "suite.toml",
        "\"judge\", \"majority\"",
        "\"tagger\", \"majority\"",
        str![[r#"
error: model `tagger`: task `stance` needs a sequence-classification head, but the model is a BertForTokenClassification
hint: choose a model that was trained for the task

"#]],
    );
}

#[test]
fn a_floor_for_the_other_task() {
    changed(
        "suite.toml",
        "\"tagger\", \"gazetteer\"",
        "\"tagger\", \"majority\"",
        str![[r#"
error: model `majority`: the floor `majority` answers task `stance`, not `ner`
hint: give the floor to the task that it answers

"#]],
    );
}

#[test]
fn a_floor_of_an_unknown_kind() {
    changed(
        "models/majority/floor.toml",
        "\"majority\"",
        "\"mayority\"",
        str![[r#"
error: model `majority`: floor file `models/majority/floor.toml` line 1: unknown variant `mayority`, expected `gazetteer` or `majority`
hint: models/gazetteer and models/majority are examples that work

"#]],
    );
}

#[test]
fn a_gazetteer_line_without_a_label() {
    changed(
        "models/gazetteer/names.tsv",
        "LOC\tDoha",
        "LOC Doha",
        str![[r#"
error: model `gazetteer`: floor file `models/gazetteer/names.tsv` line 2: expected LABEL<TAB>name
hint: models/gazetteer and models/majority are examples that work

"#]],
    );
}

#[test]
fn windows_longer_than_the_model() {
    changed(
        "suite.toml",
        "max_tokens = 32",
        "max_tokens = 64",
        str![[r#"
error: model `tagger`: windows of 64 tokens are longer than the model's limit of 40
hint: leave `max_tokens` out (in predict `--max-tokens`) to take the model's limit

"#]],
    );
}

#[test]
fn an_overlap_that_leaves_no_room() {
    changed(
        "suite.toml",
        "overlap = 8",
        "overlap = 31",
        str![[r#"
error: model `tagger`: windows of 32 tokens with an overlap of 31 leave no room for the text (2 are taken by special tokens)
hint: take longer windows or a smaller overlap

"#]],
    );
}

#[test]
fn hypotheses_that_leave_no_room() {
    changed(
        "corpus/targets.toml",
        "\"the deal\"",
        "\"the long deal of all the deals in the world\"",
        str![[r#"
error: model `judge`: windows of 40 tokens with an overlap of 5 leave no room for the text (39 are taken by special tokens and the longest hypothesis)
hint: take longer windows or a smaller overlap

"#]],
    );
}
