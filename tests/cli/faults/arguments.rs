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
hint: convert the file to UTF-8

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
    let line = "predict --task ner --model models/tagger --input corpus/documents.jsonl --output corpus/gold";
    desk.refuses(
        line,
        str![[r#"
error: `corpus/gold` cannot be written: is a directory
hint: check the path, its permissions, and the room on the disk

"#]],
    );
    let line = "predict --task ner --model models/tagger --input corpus/documents.jsonl --logits logits.parquet";
    desk.refuses(
        &format!("{line} --output suite.toml/out.jsonl"),
        str![[r#"
error: `suite.toml/out.jsonl` cannot be written: not a directory
hint: check the path, its permissions, and the room on the disk

"#]],
    );
}

#[test]
fn predictions_over_their_own_input() {
    let desk = Desk::small();
    desk.refuses(
        "predict --task ner --model models/gazetteer --input corpus/documents.jsonl --output corpus/../corpus/documents.jsonl",
        str![[r#"
error: `--input` and `--output` name the same file `corpus/../corpus/documents.jsonl`
hint: give each a file of its own; nothing was written

"#]],
    );
}

#[test]
fn predictions_and_logits_in_one_file() {
    let desk = Desk::small();
    desk.refuses(
        "predict --task ner --model models/tagger --input corpus/documents.jsonl --output new.jsonl --logits new.jsonl",
        str![[r#"
error: `--logits` and `--output` name the same file `new.jsonl`
hint: give each a file of its own; nothing was written

"#]],
    );
}
