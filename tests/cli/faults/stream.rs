//! Documents in Parquet that cannot be used, and folders of predictions that cannot be taken up.

use crate::cli::desk::Desk;
use crate::cli::stream::parquet;
use polars::prelude::Column;
use snapbox::{IntoData, str};

const LINE: &str = "predict --task ner --model models/gazetteer --input";

/// The columns of a Parquet file, and what is said of it.
fn table(columns: Vec<Column>, message: impl IntoData) {
    let desk = Desk::small();
    parquet(&desk, "in.parquet", columns, 2);
    desk.refuses(&format!("{LINE} in.parquet --output out.jsonl"), message);
}

fn texts(name: &str, values: &[Option<&str>]) -> Column {
    Column::new(name.into(), values)
}

#[test]
fn a_table_without_texts() {
    table(
        vec![texts("id", &[Some("a")]), texts("body", &[Some("A text.")])],
        str![[r#"
error: `in.parquet`: there is no column `text`; documents are in columns `id` and `text`
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_table_whose_ids_are_numbers() {
    table(
        vec![Column::new("id".into(), [1i64, 2]), texts("text", &[Some("One."), Some("Two.")])],
        str![[r#"
error: `in.parquet`: column `id` is of type i64, not of text
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_table_with_bad_rows() {
    let ids = [Some("a"), None, Some("c"), Some("a"), Some("e"), Some("")];
    let bodies = [Some("One."), Some("Two."), None, Some("Four."), Some(" \n"), Some("Six.")];
    table(
        vec![texts("id", &ids), texts("text", &bodies)],
        str![[r#"
error: `in.parquet` row 2: its `id` is null
`in.parquet` row 3: the `text` of document `c` is null
`in.parquet` row 4: document `a` stands already in row 1
`in.parquet` row 5: document `e` has no text
`in.parquet` row 6: the document's `id` is empty
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_table_without_rows() {
    table(
        vec![texts("id", &[]), texts("text", &[])],
        str![[r#"
error: `in.parquet`: there is no row in this file
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_table_that_is_none() {
    let desk = Desk::small();
    desk.write("in.parquet", "{\"id\": \"a\", \"text\": \"A text.\"}\n");
    desk.refuses(
        &format!("{LINE} in.parquet --output out.jsonl"),
        str![[r#"
error: `in.parquet` cannot be read as Parquet: parquet: File out of specification: The file must end with PAR1
hint: check that it is whole; a file whose name does not end in `.parquet` is read as JSONL

"#]],
    );
}

#[test]
fn ids_that_stand_three_times() {
    let desk = Desk::small();
    let line = |id: &str| format!("{{\"id\": \"{id}\", \"text\": \"A text.\"}}\n");
    desk.write("in.jsonl", ["a", "b", "a", "c", "b", "a"].map(line).concat());
    desk.refuses(
        &format!("{LINE} in.jsonl --output out/"),
        str![[r#"
error: `in.jsonl` line 3: document `a` stands already in line 1
`in.jsonl` line 5: document `b` stands already in line 2
`in.jsonl` line 6: document `a` stands already in line 1
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_line_that_does_not_end() {
    let desk = Desk::small();
    desk.write("in.jsonl", [&b"{\"id\": \"a\", \"text\": \"A text.\"}\n"[..], &vec![b' '; 65 << 20]].concat());
    desk.refuses(
        &format!("{LINE} in.jsonl --output out.jsonl"),
        str![[r#"
error: `in.jsonl` line 2: the line is longer than 64 MiB
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_folder_for_a_file() {
    let desk = Desk::small();
    desk.refuses(
        &format!("{LINE} corpus/documents.jsonl --output out.jsonl --resume"),
        str![[r#"
error: `--resume` is for predictions that go to a folder, and `out.jsonl` is the name of a file
hint: a name that ends in `/` is that of a folder of Parquet files

"#]],
    );
    desk.refuses(
        &format!("{LINE} corpus/documents.jsonl --output - --shard-documents 9"),
        str![[r#"
error: `--shard-documents` is for predictions that go to a folder, and `-` is the name of a file
hint: a name that ends in `/` is that of a folder of Parquet files

"#]],
    );
    desk.refuses(
        &format!("{LINE} corpus/documents.jsonl --output out/ --logits all.parquet"),
        str![[r#"
error: predictions go to the folder `out/`, and logits to the file `all.parquet`
hint: a name that ends in `/` is that of a folder of Parquet files

"#]],
    );
    desk.refuses(
        &format!("{LINE} corpus/documents.jsonl --output out.jsonl --logits logits/"),
        str![[r#"
error: predictions go to the file `out.jsonl`, and logits to the folder `logits/`
hint: a name that ends in `/` is that of a folder of Parquet files

"#]],
    );
}

#[test]
fn a_folder_of_something_else() {
    Desk::small().refuses(
        &format!("{LINE} corpus/documents.jsonl --output models/"),
        str![[r#"
error: `models/` is not empty, and holds no predictions that could be taken up
hint: name another folder

"#]],
    );
    Desk::small().refuses(
        &format!("{LINE} corpus/documents.jsonl --output models/ --resume"),
        str![[r#"
error: `models/` is not empty, and holds no predictions that could be taken up
hint: name another folder

"#]],
    );
    Desk::small().refuses(
        &format!("{LINE} corpus/documents.jsonl --output suite.toml/"),
        str![[r#"
error: `suite.toml/predictions` cannot be written: Not a directory (os error 20)
hint: check the path, its permissions, and the room on the disk

"#]],
    );
}

#[test]
fn a_folder_that_has_predictions() {
    let desk = Desk::small();
    let line = format!("{LINE} corpus/documents.jsonl --output out/");
    desk.succeeds(&line);
    desk.refuses(
        &line,
        str![[r#"
error: there are predictions in `out/` already
hint: --resume takes up what is not finished; or name another folder

"#]],
    );
}

#[test]
fn predictions_that_were_begun_otherwise() {
    let desk = Desk::small();
    let line =
        "predict --task ner --model models/tagger --input corpus/documents.jsonl --output out/ --shard-documents 2";
    desk.succeeds(line);
    desk.refuses(
        &format!("{line} --resume --aggregation max"),
        str![[r#"
error: the predictions in `out/` were begun with another way of decoding
hint: name another folder, or go back to what it was begun with; nothing was changed

"#]],
    );
    desk.refuses(
        &format!("{line} --resume --label PER=PERSON --logits out/logits/"),
        str![[r#"
error: the predictions in `out/` were begun with another `--label`, another choice of logits
hint: name another folder, or go back to what it was begun with; nothing was changed

"#]],
    );
    desk.refuses(&format!("{} --resume", line.replace(" 2", " 3").replace("tagger", "gazetteer")), str![[r#"
error: the predictions in `out/` were begun with another model, another engine, precision or device, another `--shard-documents`
hint: name another folder, or go back to what it was begun with; nothing was changed

"#]]);
    desk.edit("corpus/documents.jsonl", "takes no side", "takes a side");
    desk.refuses(
        &format!("{line} --resume"),
        str![[r#"
error: the predictions in `out/` were begun with another input
hint: name another folder, or go back to what it was begun with; nothing was changed

"#]],
    );
}

#[test]
fn a_manifest_that_is_damaged() {
    let desk = Desk::small();
    let line = format!("{LINE} corpus/documents.jsonl --output out/");
    desk.succeeds(&line);
    desk.edit("out/predict.json", "\"version\": 1", "\"version\": 2");
    desk.refuses(
        &format!("{line} --resume"),
        str![[r#"
error: `out/predict.json` has version 2, but this karat reads 1
hint: upgrade karat

"#]],
    );
    desk.write("out/predict.json", "{\"version\": 1}");
    desk.refuses(
        &format!("{line} --resume"),
        str![[r#"
error: `out/predict.json` is not valid: missing field `complete`
hint: name another folder; this one cannot be taken up

"#]],
    );
    desk.write("out/predict.json", "{");
    desk.refuses(
        &format!("{line} --resume"),
        str![[r#"
error: `out/predict.json` is not valid: EOF while parsing an object at line 1 column 1
hint: name another folder; this one cannot be taken up

"#]],
    );
}
