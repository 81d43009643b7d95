//! Runs whose logits cannot be taken.

use crate::cli::desk::Desk;
use snapbox::{IntoData, str};

/// A finished run of the small suite, then one replacement, then `--from` it.
fn changed(file: &str, from: &str, to: &str, message: impl IntoData) {
    let desk = Desk::small();
    desk.succeeds("run suite.toml --out first");
    desk.edit(file, from, to);
    desk.refuses("run suite.toml --out again --no-probes --from first", message);
}

#[test]
fn a_folder_that_is_no_run() {
    Desk::small().refuses(
        "run suite.toml --out again --from corpus",
        str![[r#"
error: `corpus` is no run: it has no `run.json`
hint: runs stand under reports/; name one

"#]],
    );
}

#[test]
fn other_windows() {
    changed(
        "suite.toml",
        "max_tokens = 32, overlap = 8",
        "max_tokens = 24, overlap = 8",
        str![[r#"
warning: model `tagger` on corpus `small`: no class gives the gold labels LOC (2), ORG (1), which can only be missed
error: the logits of model `tagger` in `first` do not fit: document `a` is cut into 2 windows here and 1 there
hint: write `windows` and hypotheses as the run's suite has them (its run.json), or run without --from

"#]],
    );
}

#[test]
fn another_overlap() {
    changed(
        "suite.toml",
        "max_tokens = 32, overlap = 8",
        "max_tokens = 32, overlap = 20",
        str![[r#"
warning: model `tagger` on corpus `small`: no class gives the gold labels LOC (2), ORG (1), which can only be missed
error: the logits of model `tagger` in `first` do not fit: window 1 of document `b` spans characters 0..57 here and 0..40 there
hint: write `windows` and hypotheses as the run's suite has them (its run.json), or run without --from

"#]],
    );
}

#[test]
fn a_text_that_was_mended() {
    changed(
        "corpus/documents.jsonl",
        "takes no side.",
        "takes a side.",
        str![[r#"
error: the logits in `first` were made from another `documents.jsonl` of corpus `small`
hint: bring the files back that the run was made from, or run without --from

"#]],
    );
}

#[test]
fn a_tokenizer_and_weights_of_another_model() {
    let desk = Desk::small();
    desk.succeeds("run suite.toml --out first");
    let mut weights = std::fs::read(desk.path("models/tagger/model.safetensors")).unwrap();
    *weights.last_mut().unwrap() ^= 1;
    desk.write("models/tagger/model.safetensors", weights);
    let tokenizer = desk.read("models/judge/tokenizer.json") + "\n";
    desk.write("models/judge/tokenizer.json", tokenizer);
    desk.refuses("run suite.toml --out again --no-probes --from first", str![[r#"
error: the logits in `first` were made from another `model.safetensors` of model `tagger`, another `tokenizer.json` of model `judge`
hint: bring the files back that the run was made from, or run without --from

"#]]);
}

#[test]
fn a_phrase_that_was_not_asked() {
    changed(
        "corpus/targets.toml",
        "\"talks\"",
        "\"the talks\"",
        str![[r#"
warning: model `tagger` on corpus `small`: no class gives the gold labels LOC (2), ORG (1), which can only be missed
error: the logits of model `judge` in `first` do not fit: document `a` was not asked about target `talks` with the hypothesis `The author of this text is in favour of the talks.`
hint: take only targets and hypotheses that the run asked, word for word, or run without --from

"#]],
    );
}

#[test]
fn a_model_that_was_not_asked() {
    let desk = Desk::small();
    desk.succeeds("run suite.toml --out first");
    desk.edit("suite.toml", "[models.tagger]", "[models.other]\npath = \"models/tagger\"\n\n[models.tagger]");
    desk.edit("suite.toml", "\"tagger\", \"gazetteer\"", "\"tagger\", \"other\"");
    desk.refuses(
        "run suite.toml --out again --no-probes --from first",
        str![[r#"
error: `first` has no logits of model `other` for task `ner` on corpus `small`
hint: name a run that asked this model, or run without --from

"#]],
    );
}

#[test]
fn a_run_of_fewer_documents() {
    let desk = Desk::small();
    desk.succeeds("run suite.toml --out first --limit 2");
    desk.refuses(
        "run suite.toml --out again --no-probes --from first",
        str![[r#"
warning: model `tagger` on corpus `small`: no class gives the gold labels LOC (2), ORG (1), which can only be missed
error: the logits of model `tagger` in `first` do not fit: document `c` is not among them
hint: take only documents that the run asked about (`split`, --limit), or run without --from

"#]],
    );
}

#[test]
fn logits_that_are_damaged() {
    let desk = Desk::small();
    desk.succeeds("run suite.toml --out first");
    desk.write("first/logits/ner.small.tagger.parquet", "half a file");
    desk.refuses("run suite.toml --out again --no-probes --from first", str![[r#"
warning: model `tagger` on corpus `small`: no class gives the gold labels LOC (2), ORG (1), which can only be missed
error: table `first/logits/ner.small.tagger.parquet` cannot be read: parquet: File out of specification: A Parquet file must contain a header and footer with at least 12 bytes
hint: the run is damaged: make it anew

"#]]);
}

#[test]
fn logits_of_another_cell() {
    let desk = Desk::small();
    desk.succeeds("run suite.toml --out first");
    std::fs::copy(
        desk.path("first/logits/ner.small.tagger.parquet"),
        desk.path("first/logits/stance.small.judge.parquet"),
    )
    .unwrap();
    desk.refuses(
        "run suite.toml --out again --no-probes --from first",
        str![[r#"
warning: model `tagger` on corpus `small`: no class gives the gold labels LOC (2), ORG (1), which can only be missed
error: table `first/logits/stance.small.judge.parquet` has no column `target` of text
hint: the run is damaged: make it anew

"#]],
    );
}
