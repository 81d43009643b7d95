//! Documents in Parquet that cannot be used, and folders of predictions that cannot be taken up.

use crate::cli::desk::Desk;
use crate::cli::stream::parquet;
use polars::prelude::Column;
use snapbox::data::Inline;
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
error: `suite.toml/` cannot be written: not a directory
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
fn a_folder_of_logits_that_is_in_use() {
    let desk = Desk::small();
    let line = "predict --task ner --model models/tagger --input corpus/documents.jsonl --logits logits/";
    desk.succeeds(&format!("{line} --output one/"));
    desk.edit("corpus/documents.jsonl", "takes no side", "takes a side");
    desk.refuses(
        &format!("{line} --output two/"),
        str![[r#"
error: `logits/` is not empty, and holds no predictions that could be taken up
hint: name another folder

"#]],
    );
    desk.refuses(
        &format!("{line} --output two/ --resume"),
        str![[r#"
error: `logits/` is not empty, and holds no predictions that could be taken up
hint: name another folder

"#]],
    );
    desk.succeeds(&format!("{line} --output two/").replace("logits/", "other/"));
    desk.refuses(
        &format!("{line} --output two/ --resume"),
        str![[r#"
error: the predictions in `two/` were begun with another choice of logits
hint: name another folder, or go back to what it was begun with; nothing was changed

"#]],
    );
}

#[test]
fn a_folder_that_another_process_writes_to() {
    let desk = Desk::small();
    for file in ["out/predict.lock", "out.jsonl.partial"] {
        desk.write(file, "");
        let lock = std::fs::File::options().write(true).open(desk.path(file)).unwrap();
        lock.lock().unwrap();
        // It is refused before the input is read.
        if file.starts_with("out/") {
            desk.refuses(
                &format!("{LINE} nowhere --output out/"),
                str![[r#"
error: `out/` cannot be written: another process is writing it
hint: wait until it has ended, or name another place; nothing was changed

"#]],
            );
        } else {
            desk.refuses(
                &format!("{LINE} corpus/documents.jsonl --output out.jsonl"),
                str![[r#"
error: `out.jsonl` cannot be written: another process is writing it
hint: wait until it has ended, or name another place; nothing was changed

"#]],
            );
        }
    }
}

#[test]
fn more_shards_than_names() {
    let desk = Desk::small();
    let line = |at: usize| format!("{{\"id\": \"{at}\", \"text\": \"x\"}}\n");
    desk.write("in.jsonl", (0..100_001).map(line).collect::<String>());
    desk.refuses(
        &format!("{LINE} in.jsonl --output out/ --shard-documents 1"),
        str![[r#"
error: there would be 100001 files of predictions, and a folder has at most 100000
hint: take more documents a file with --shard-documents; nothing was written

"#]],
    );
}

#[test]
fn a_folder_is_refused_before_the_input_is_read() {
    let desk = Desk::small();
    desk.refuses(
        &format!("{LINE} nowhere --output models/"),
        str![[r#"
error: `models/` is not empty, and holds no predictions that could be taken up
hint: name another folder

"#]],
    );
    desk.refuses(
        &format!("{LINE} nowhere --output suite.toml/out/"),
        str![[r#"
error: `suite.toml/out/` cannot be written: not a directory
hint: check the path, its permissions, and the room on the disk

"#]],
    );
    desk.refuses(
        &format!("{LINE} nowhere --output out/ --logits suite.toml/"),
        str![[r#"
error: `suite.toml/` cannot be written: not a directory
hint: check the path, its permissions, and the room on the disk

"#]],
    );
    desk.succeeds(&format!("{LINE} corpus/documents.jsonl --output out/"));
    desk.refuses(
        &format!("{LINE} nowhere --output out/"),
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
    let refuses = |line: &str, message: Inline| desk.refuses(&format!("{line} --resume"), message);
    refuses(
        &format!("{line} --aggregation max"),
        str![[r#"
error: the predictions in `out/` were begun with another way of decoding
hint: name another folder, or go back to what it was begun with; nothing was changed

"#]],
    );
    refuses(
        &format!("{line} --label PER=PERSON --logits out/logits/"),
        str![[r#"
error: the predictions in `out/` were begun with another `--label`, another choice of logits
hint: name another folder, or go back to what it was begun with; nothing was changed

"#]],
    );
    refuses(
        &line.replace(" 2", " 3").replace("tagger", "gazetteer"),
        str![[r#"
error: the predictions in `out/` were begun with another model, another engine, precision or device, another `--shard-documents`
hint: name another folder, or go back to what it was begun with; nothing was changed

"#]],
    );
    refuses(
        &format!("{line} --precision int8"),
        str![[r#"
error: the predictions in `out/` were begun with another engine, precision or device
hint: name another folder, or go back to what it was begun with; nothing was changed

"#]],
    );
    let stance = "--task stance --targets corpus/targets.toml";
    refuses(
        &line.replace("--task ner", stance).replace("tagger", "judge"),
        str![[r#"
error: the predictions in `out/` were begun with another model, another task, another way of decoding, another `--targets`
hint: name another folder, or go back to what it was begun with; nothing was changed

"#]],
    );
    let (documents, manifest) = (desk.read("corpus/documents.jsonl"), desk.read("out/predict.json"));
    desk.edit("corpus/documents.jsonl", "takes no side", "takes a side");
    refuses(
        line,
        str![[r#"
error: the predictions in `out/` were begun with another input
hint: name another folder, or go back to what it was begun with; nothing was changed

"#]],
    );
    desk.write("corpus/documents.jsonl", documents);
    let version = format!("\"karat\": \"{}\"", env!("CARGO_PKG_VERSION"));
    desk.edit("out/predict.json", &version, "\"karat\": \"0.0.1\"");
    refuses(
        line,
        str![[r#"
error: the predictions in `out/` were begun with another version of karat
hint: name another folder, or go back to what it was begun with; nothing was changed

"#]],
    );
    desk.write("out/predict.json", manifest);
    // Weights that differ in the last bit of one number.
    let weights = desk.path("models/tagger/model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    let at = bytes.len() - 4;
    bytes[at] ^= 1;
    desk.write("models/tagger/model.safetensors", bytes);
    refuses(
        line,
        str![[r#"
error: the predictions in `out/` were begun with another model
hint: name another folder, or go back to what it was begun with; nothing was changed

"#]],
    );
}

#[test]
fn predictions_that_were_begun_with_other_names_or_targets() {
    let desk = Desk::small();
    let line = format!("{LINE} corpus/documents.jsonl --output out/");
    desk.succeeds(&line);
    desk.edit("models/gazetteer/names.tsv", "LOC\tDoha", "ORG\tDoha");
    desk.refuses(
        &format!("{line} --resume"),
        str![[r#"
error: the predictions in `out/` were begun with another model
hint: name another folder, or go back to what it was begun with; nothing was changed

"#]],
    );
    let line = "predict --task stance --model models/judge --targets corpus/targets.toml --input corpus/documents.jsonl --output judged/";
    desk.succeeds(line);
    desk.edit("corpus/targets.toml", "\"talks\"", "\"the talks\"");
    desk.refuses(
        &format!("{line} --resume"),
        str![[r#"
error: the predictions in `judged/` were begun with another `--targets`
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
