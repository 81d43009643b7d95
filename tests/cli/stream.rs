//! Documents that come one after the other: from any kind of file the same answers, in one file or in many, on any number of threads,
//! stopped or not.

use super::desk::Desk;
use polars::prelude::{Column, DataFrame, ParquetReader, ParquetWriter, SerReader};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

/// Texts of which no two are the same, of one word to some hundred.
pub(super) fn texts(count: usize) -> Vec<(String, String)> {
    let words: Vec<&str> =
        "the author of this text is in favour Zoë Ruiz ; Doha takes no side on Gaza , 'talks' \u{1F1E9} -"
            .split(' ')
            .collect();
    let text = |at: usize| {
        (0..=at * 37 % 131).map(|word| words[(at * 7 + word * (1 + at % 5)) % words.len()]).collect::<Vec<_>>()
    };
    (0..count).map(|at| (format!("d{at:04}"), format!("{} {at}", text(at).join(" ")))).collect()
}

pub(super) fn jsonl(documents: &[(String, String)]) -> String {
    let line = |(id, text): &(String, String)| format!("{}\n", json!({ "id": id, "text": text, "more": 1 }));
    documents.iter().map(line).collect()
}

/// A Parquet file, in row groups of so many rows.
pub(super) fn parquet(desk: &Desk, name: &str, columns: Vec<Column>, group: usize) {
    let mut frame = DataFrame::new_infer_height(columns).unwrap();
    let file = std::fs::File::create(desk.path(name)).unwrap();
    ParquetWriter::new(file).with_row_group_size(Some(group)).finish(&mut frame).unwrap();
}

/// A desk with the same documents in three kinds of files.
fn desk(count: usize) -> Desk {
    let desk = Desk::small();
    let documents = texts(count);
    desk.write("in.jsonl", jsonl(&documents));
    for (id, text) in &documents {
        desk.write(&format!("in/{id}.txt"), text);
    }
    desk.write("in/notes.md", "no document");
    let (ids, texts): (Vec<&str>, Vec<&str>) = documents.iter().map(|(id, text)| (id.as_str(), text.as_str())).unzip();
    let numbers: Vec<i64> = (0..count as i64).collect();
    let columns =
        vec![Column::new("text".into(), texts), Column::new("n".into(), numbers), Column::new("id".into(), ids)];
    parquet(&desk, "in.parquet", columns, 11);
    desk
}

const TAGGER: &str = "predict --task ner --model models/tagger";

#[test]
fn every_kind_of_file_gives_the_same_answers() {
    let desk = desk(150);
    let stance = "predict --task stance --model models/judge --targets corpus/targets.toml";
    for (line, options) in [(TAGGER, ""), ("predict --task ner --model models/gazetteer", ""), (stance, "--threads 2")]
    {
        for input in ["in.jsonl", "in", "in.parquet"] {
            desk.succeeds(&format!("{line} --input {input} --output {input}.out.jsonl {options}"));
        }
        let out = desk.read("in.jsonl.out.jsonl");
        let ids: Vec<String> =
            out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].to_string()).collect();
        let each = ids.len() / 150;
        let expected: Vec<String> = texts(150).iter().flat_map(|(id, _)| vec![format!("\"{id}\""); each]).collect();
        assert_eq!(ids, expected);
        assert!(out == desk.read("in.out.jsonl"), "{line}: a folder of texts");
        assert!(out == desk.read("in.parquet.out.jsonl"), "{line}: Parquet");
    }
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let desk = desk(150);
    for threads in [1, 2, 3] {
        let line = format!("{TAGGER} --input in.jsonl --threads {threads} --format json");
        let told = desk.succeeds(&format!("{line} --output {threads}.jsonl --logits {threads}.parquet"));
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!((told["documents"].as_u64(), told["threads"].as_u64()), (Some(150), Some(threads)));
        let seconds = |step: &str| told["seconds"][step].as_f64().unwrap();
        let steps = ["load", "check", "read", "tokenize", "forward", "decode", "write", "wait"].map(seconds);
        let (sum, wall) = (steps.iter().sum::<f64>(), seconds("wall"));
        assert!((sum - wall).abs() < 0.2 * wall + 0.01, "the steps make up the whole: {told}");
        desk.succeeds(&format!("{line} --output {threads}/ --logits {threads}/logits/ --shard-documents 40"));
    }
    for threads in ["2", "3"] {
        assert!(desk.read("1.jsonl") == desk.read(&format!("{threads}.jsonl")));
        let bytes = |name: String| std::fs::read(desk.path(&name)).unwrap();
        assert!(bytes("1.parquet".to_owned()) == bytes(format!("{threads}.parquet")));
        assert!(desk.files("1") == desk.files(threads));
    }
}

/// The columns of a Parquet file as text, column after column.
fn columns(desk: &Desk, name: &str) -> Vec<Vec<String>> {
    let frame = ParquetReader::new(std::fs::File::open(desk.path(name)).unwrap()).finish().unwrap();
    let column = |column: &Column| (0..column.len()).map(|row| format!("{:?}", column.get(row).unwrap())).collect();
    frame.columns().iter().map(column).collect()
}

#[test]
fn shards_hold_what_one_file_holds_and_the_manifest_counts_it() {
    let desk = desk(100);
    desk.succeeds(&format!("{TAGGER} --input in.jsonl --output all.jsonl --logits all.parquet"));
    let told = desk.succeeds(&format!(
        "{TAGGER} --input in.jsonl --output out/ --logits out/logits/ --shard-documents 30 --format json"
    ));
    let told: Value = serde_json::from_str(&told).unwrap();
    let shards = ["part-00000.parquet", "part-00001.parquet", "part-00002.parquet", "part-00003.parquet"];
    let names: Vec<String> = desk.files("out").into_keys().collect();
    let in_folder = |folder: &str| shards.map(|shard| format!("{folder}/{shard}")).to_vec();
    assert_eq!(
        names,
        [
            vec!["logits/".to_owned()],
            in_folder("logits"),
            vec!["predict.json".to_owned(), "predictions/".to_owned()],
            in_folder("predictions")
        ]
        .concat()
    );

    let joined = |folder: &str| {
        let parts = shards.map(|shard| columns(&desk, &format!("out/{folder}/{shard}")));
        parts.into_iter().reduce(|mut all, part| {
            all.iter_mut().zip(part).for_each(|(all, part)| all.extend(part));
            all
        })
    };
    assert!(joined("logits").unwrap() == columns(&desk, "all.parquet"));
    let predictions = joined("predictions").unwrap();
    let mut rows = Vec::new();
    for line in desk.read("all.jsonl").lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let of = |entity: &Value| [line["id"].to_string(), entity["start"].to_string(), entity["label"].to_string()];
        let entities = line["entities"].as_array().unwrap();
        let none = [line["id"].to_string(), "Null".to_owned(), "Null".to_owned()];
        rows.extend(if entities.is_empty() { vec![none] } else { entities.iter().map(of).collect() });
    }
    let stored: Vec<[String; 3]> = (0..predictions[0].len())
        .map(|row| {
            [0, 1, 3].map(|column| {
                predictions[column][row]
                    .trim_start_matches("Int64(")
                    .trim_end_matches(')')
                    .trim_start_matches("StringOwned(")
                    .trim_start_matches("String(")
                    .to_owned()
            })
        })
        .collect();
    assert_eq!(stored, rows);

    let manifest: Value = serde_json::from_str(&desk.read("out/predict.json")).unwrap();
    assert_eq!((manifest["version"].as_u64(), manifest["complete"].as_bool()), (Some(1), Some(true)));
    for name in ["documents", "windows", "sequences", "repeated", "tokens"] {
        assert_eq!(manifest["counts"][name], told[name], "{name}");
        let sum: u64 = shards.iter().map(|shard| manifest["shards"][shard]["counts"][name].as_u64().unwrap()).sum();
        assert_eq!(Some(sum), manifest["counts"][name].as_u64(), "{name}");
    }
    assert_eq!(manifest["asked"]["input"]["documents"], 100);
    assert!(manifest["asked"]["model"]["digests"]["model.safetensors"].as_str().unwrap().starts_with("sha256:"));
}

#[test]
fn what_was_stopped_is_taken_up_and_ends_as_if_it_had_not_been() {
    let desk = desk(100);
    let line =
        format!("{TAGGER} --input in.parquet --logits out/logits/ --shard-documents 20 --format json --output out/");
    desk.succeeds(&line);
    let whole = desk.files("out");
    // One shard is gone, one is not the file that it was, one was being written; and the end was never reached.
    std::fs::remove_file(desk.path("out/predictions/part-00001.parquet")).unwrap();
    desk.write("out/logits/part-00003.parquet", "PAR1");
    desk.write("out/predictions/.karat-a1b2c3", "half");
    desk.edit("out/predict.json", "\"complete\": true", "\"complete\": false");
    let modified = |name: &str| desk.path(name).metadata().unwrap().modified().unwrap();
    let before = modified("out/predictions/part-00000.parquet");
    let told: Value = serde_json::from_str(&desk.succeeds(&format!("{line} --resume --threads 2"))).unwrap();
    assert_eq!((told["documents"].as_u64(), told["kept"].as_u64()), (Some(40), Some(60)));
    assert!(whole == desk.files("out"), "it is not as if nothing had happened");
    assert_eq!(before, modified("out/predictions/part-00000.parquet"));
    // Nothing is left to do.
    let told = desk.karat(&line.replace("json ", "text ")).arg("--resume").assert().success();
    told.stdout_eq("").stderr_eq("0 documents beside 100 documents that were there already: out/\n");
    assert!(whole == desk.files("out"));
}

#[test]
fn windows_that_are_the_same_go_forward_once_and_are_answered_as_if_alone() {
    let desk = Desk::small();
    let line = |id: &str, text: &str| json!({ "id": id, "text": text }).to_string() + "\n";
    let (one, other) = ("Zoë Ruiz is in favour of the deal.", "Doha is in on talks.");
    desk.write("in.jsonl", [line("a", one), line("b", other), line("c", one), line("d", one)].concat());
    let told =
        desk.succeeds(&format!("{TAGGER} --input in.jsonl --output out.jsonl --logits out.parquet --format json"));
    let told: Value = serde_json::from_str(&told).unwrap();
    let counts = ["windows", "sequences", "repeated"].map(|name| told[name].as_u64().unwrap());
    assert_eq!(counts, [4, 2, 2]);
    for (id, text) in [("a", one), ("b", other), ("c", one), ("d", one)] {
        desk.write("in.jsonl", line(id, text));
        desk.succeeds(&format!("{TAGGER} --input in.jsonl --output alone.jsonl --logits alone.parquet"));
        assert!(desk.read("out.jsonl").contains(&desk.read("alone.jsonl")), "{id}");
        let (all, alone) = (columns(&desk, "out.parquet"), columns(&desk, "alone.parquet"));
        let rows = all[0]
            .iter()
            .enumerate()
            .filter(|(_, document)| document.contains(&format!("\"{id}\"")))
            .map(|(row, _)| row);
        let rows: Vec<Vec<&String>> = rows.map(|row| all.iter().map(|column| &column[row]).collect()).collect();
        let expected: Vec<Vec<&String>> =
            (0..alone[0].len()).map(|row| alone.iter().map(|column| &column[row]).collect()).collect();
        assert!(rows == expected, "other logits for {id}");
    }
}

#[test]
fn a_pipe_is_read_and_stdout_is_written_to() {
    let desk = desk(70);
    desk.succeeds(&format!("{TAGGER} --input in.jsonl --output out.jsonl"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_karat"))
        .args(TAGGER.split(' ').chain(["--input", "/dev/stdin", "--output", "-"]))
        .current_dir(desk.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(desk.read("in.jsonl").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap() == desk.read("out.jsonl"));
}

#[test]
fn a_byte_order_mark_means_nothing() {
    let desk = Desk::small();
    desk.succeeds(&format!("{TAGGER} --input corpus/documents.jsonl --output out.jsonl"));
    desk.write("in.jsonl", format!("\u{FEFF}{}", desk.read("corpus/documents.jsonl")));
    desk.succeeds(&format!("{TAGGER} --input in.jsonl --output marked.jsonl"));
    assert!(desk.read("marked.jsonl") == desk.read("out.jsonl"));
}
