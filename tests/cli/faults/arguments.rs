//! Arguments of `karat predict` that do not fit one another or the files.

use crate::cli::desk::Desk;
use snapbox::{IntoData, str};

/// `karat predict` in the small desk.
fn predict(line: &str, message: impl IntoData) {
    Desk::small().refuses(&format!("predict {line} --output out.jsonl"), message);
}

#[test]
fn the_majority_without_gold() {
    let line = "--task stance --model models/majority --input corpus/documents.jsonl --targets corpus/targets.toml";
    predict(
        line,
        str![[r#"
error: the floor `majority` answers with gold's most frequent stance, and there is no gold here
hint: use it in a suite, where gold is at hand

"#]],
    );
}

#[test]
fn a_gazetteer_for_stances() {
    let line = "--task stance --model models/gazetteer --input corpus/documents.jsonl --targets corpus/targets.toml";
    predict(
        line,
        str![[r#"
error: the floor `gazetteer` answers task `ner`, not `stance`
hint: give the floor to the task that it answers

"#]],
    );
}

#[test]
fn logits_of_a_floor() {
    predict(
        "--task ner --model models/gazetteer --input corpus/documents.jsonl --logits logits.parquet",
        str![[r#"
error: model `models/gazetteer` is a floor, which has no logits
hint: leave the option out

"#]],
    );
}

#[test]
fn a_stance_model_for_names() {
    predict(
        "--task ner --model models/judge --input corpus/documents.jsonl",
        str![[r#"
error: model `models/judge`: task `ner` needs a token-classification head, but the model is a BertForSequenceClassification
hint: choose a model that was trained for the task

"#]],
    );
}

#[test]
fn a_name_model_for_stances() {
    let line = "--task stance --model models/tagger --input corpus/documents.jsonl --targets corpus/targets.toml";
    predict(
        line,
        str![[r#"
error: model `models/tagger`: task `stance` needs a sequence-classification head, but the model is a BertForTokenClassification
hint: choose a model that was trained for the task

"#]],
    );
}

#[test]
fn targets_for_names() {
    let line = "--task ner --model models/tagger --input corpus/documents.jsonl --targets corpus/targets.toml";
    predict(
        line,
        str![[r#"
error: `--targets` belongs to task `stance`, but `--task ner` is asked for
hint: leave the option out

"#]],
    );
}

#[test]
fn an_aggregation_for_stances() {
    let line = "--task stance --model models/judge --input corpus/documents.jsonl --targets corpus/targets.toml";
    predict(
        &format!("{line} --aggregation max"),
        str![[r#"
error: `--aggregation` belongs to task `ner`, but `--task stance` is asked for
hint: leave the option out

"#]],
    );
}

#[test]
fn documents_that_are_not_there() {
    predict(
        "--task ner --model models/tagger --input articles",
        str![[r#"
error: `articles` cannot be read: No such file or directory (os error 2)
hint: check the path and its permissions

"#]],
    );
}

#[test]
fn a_folder_without_documents() {
    predict(
        "--task ner --model models/tagger --input models",
        str![[r#"
error: `models`: there is no `.txt` file in this folder; of a folder, these are the documents
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_folder_with_bad_documents() {
    let desk = Desk::small();
    desk.write("articles/one.txt", "A good text.");
    desk.write("articles/three.txt", "");
    desk.write("articles/two.txt", " \n ");
    desk.refuses(
        "predict --task ner --model models/tagger --input articles --output out.jsonl",
        str![[r#"
error: `articles/three.txt`: document `three` has no text
`articles/two.txt`: document `two` has no text
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_folder_with_a_document_that_is_not_utf8() {
    let desk = Desk::small();
    desk.write("articles/one.txt", b"A good line.\nA b\xE4d one.\n");
    desk.refuses(
        "predict --task ner --model models/tagger --input articles --output out.jsonl",
        str![[r#"
error: `articles/one.txt` line 2: byte 16 of the file is not valid UTF-8
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn windows_longer_than_the_model() {
    predict(
        "--task ner --model models/tagger --input corpus/documents.jsonl --max-tokens 64",
        str![[r#"
error: model `models/tagger`: windows of 64 tokens are longer than the model's limit of 40
hint: leave `max_tokens` out (in predict `--max-tokens`) to take the model's limit

"#]],
    );
}

#[test]
fn an_overlap_that_leaves_no_room() {
    predict(
        "--task ner --model models/tagger --input corpus/documents.jsonl --max-tokens 32 --overlap 30",
        str![[r#"
error: model `models/tagger`: windows of 32 tokens with an overlap of 30 leave no room for the text (2 are taken by special tokens)
hint: take longer windows or a smaller overlap

"#]],
    );
}

#[test]
fn an_output_that_cannot_be_written() {
    let desk = Desk::small();
    let line = "predict --task ner --model models/tagger --input corpus/documents.jsonl";
    desk.refuses(
        &format!("{line} --output corpus/gold"),
        str![[r#"
error: `--output corpus/gold` names a file, but that is a folder
hint: a name that ends in `/` is that of a folder of Parquet files

"#]],
    );
    desk.refuses(
        &format!("{line} --output out.jsonl --logits corpus/gold"),
        str![[r#"
error: `--logits corpus/gold` names a file, but that is a folder
hint: a name that ends in `/` is that of a folder of Parquet files

"#]],
    );
    desk.refuses(
        &format!("{line} --logits logits.parquet --output suite.toml/out.jsonl"),
        str![[r#"
error: `suite.toml/out.jsonl` cannot be written: not a directory
hint: check the path, its permissions, and the room on the disk

"#]],
    );
}

/// Predictions, logits and what is read lead to one place.
fn same(input: &str, outputs: &str, message: impl IntoData) {
    let desk = Desk::small();
    desk.write("out.jsonl.partial", "mine");
    desk.refuses(&format!("predict --task ner --model models/tagger --input {input} {outputs}"), message);
}

const DOCUMENTS: &str = "corpus/documents.jsonl";

#[test]
fn predictions_over_their_own_input() {
    same(
        DOCUMENTS,
        "--output corpus/../corpus/documents.jsonl",
        str![[r#"
error: `--input` and `--output` lead to the same place `corpus/../corpus/documents.jsonl`
hint: give each a place of its own; nothing was written

"#]],
    );
    same(
        "out.jsonl.partial",
        "--output out.jsonl",
        str![[r#"
error: `--input` and `--output` lead to the same place `out.jsonl.partial`
hint: give each a place of its own; nothing was written

"#]],
    );
}

#[test]
fn predictions_and_logits_in_one_place() {
    same(
        DOCUMENTS,
        "--output new.jsonl --logits new.jsonl",
        str![[r#"
error: `--logits` and `--output` lead to the same place `new.jsonl`
hint: give each a place of its own; nothing was written

"#]],
    );
    same(
        DOCUMENTS,
        "--output new.jsonl --logits ./new.jsonl",
        str![[r#"
error: `--logits` and `--output` lead to the same place `new.jsonl`
hint: give each a place of its own; nothing was written

"#]],
    );
    same(
        DOCUMENTS,
        "--output new/new.jsonl --logits corpus/../new//new.jsonl",
        str![[r#"
error: `--logits` and `--output` lead to the same place `new/new.jsonl`
hint: give each a place of its own; nothing was written

"#]],
    );
    same(
        DOCUMENTS,
        "--output new.jsonl --logits new.jsonl.partial",
        str![[r#"
error: `--logits` and `--output` lead to the same place `new.jsonl.partial`
hint: give each a place of its own; nothing was written

"#]],
    );
    same(
        DOCUMENTS,
        "--output new/ --logits ./new/",
        str![[r#"
error: `--logits` and `--output` lead to the same place `new/`
hint: give each a place of its own; nothing was written

"#]],
    );
    same(
        DOCUMENTS,
        "--output new/ --logits new/predictions/",
        str![[r#"
error: `--logits` and `--output` lead to the same place `new/predictions`
hint: give each a place of its own; nothing was written

"#]],
    );
}

#[test]
fn predictions_and_counts_on_stdout() {
    same(
        DOCUMENTS,
        "--output - --format json",
        str![[r#"
error: `--output -` and `--format json` both write to stdout
hint: name a file with --output, or leave --format out

"#]],
    );
}

#[test]
fn a_pipe_that_cannot_be_kept() {
    let desk = Desk::small();
    let line = "predict --task ner --model models/tagger --input /dev/stdin --output out.jsonl";
    let karat = desk.karat(line).env("TMPDIR", "nowhere").stdin(desk.read("corpus/documents.jsonl"));
    karat.assert().code(2).stdout_eq("").stderr_eq(str![[r#"
error: what `/dev/stdin` gives cannot be kept in a temporary file: No such file or directory (os error 2)
hint: make room for temporary files, or set TMPDIR to a folder that has it

"#]]);
}

#[test]
fn problems_of_all_kinds_at_once() {
    let desk = Desk::small();
    desk.write("articles/a.txt", "");
    desk.write("articles/b.txt", b"A good line.\nA b\xE4d one.\n");
    desk.write("articles/c.txt/d", "");
    desk.write("articles/e.txt", " ");
    desk.refuses(
        "predict --task ner --model models/tagger --input articles --output out.jsonl",
        str![[r#"
error: `articles/a.txt`: document `a` has no text
`articles/b.txt` line 2: byte 16 of the file is not valid UTF-8
`articles/c.txt`: it cannot be read: Is a directory (os error 21)
`articles/e.txt`: document `e` has no text
hint: mend what is named above and try again; nothing was written

"#]],
    );
    desk.write("in.jsonl", "{}\n".repeat(30));
    desk.refuses(
        "predict --task ner --model models/tagger --input in.jsonl --output out.jsonl",
        str![[r#"
error: `in.jsonl` line 1: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 2: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 3: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 4: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 5: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 6: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 7: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 8: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 9: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 10: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 11: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 12: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 13: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 14: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 15: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 16: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 17: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 18: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 19: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
`in.jsonl` line 20: expected {"id": "…", "text": "…"}, but at column 2: missing field `id`
and 10 more problems like these
hint: mend what is named above and try again; nothing was written

"#]],
    );
}
