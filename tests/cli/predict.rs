//! `karat predict` with the bundled models: offsets of the raw text, entities across windows, the contract of its files.

use super::desk::{Desk, repository};
use karat::base::CharText;
use karat::text::{Tokenizer, WindowSize, split};
use polars::prelude::{ParquetReader, SerReader};
use serde_json::{Value, json};

/// A folder with the bundled model as `ner` and texts as `in.jsonl`.
fn desk_with(texts: &[String]) -> Desk {
    let desk = Desk::new();
    desk.link("models/ner-minilm-l6", "ner");
    let line = |(i, text): (usize, &String)| format!("{}\n", json!({ "id": format!("d{i}"), "text": text }));
    desk.write("in.jsonl", texts.iter().enumerate().map(line).collect::<String>());
    desk
}

/// Predicts entities of `in.jsonl` and gives (start, end, label) by document; every surface is that of the raw text.
fn entities(desk: &Desk, texts: &[String], options: &str) -> Vec<Vec<(usize, usize, String)>> {
    desk.succeeds(&format!("predict --task ner --model ner --input in.jsonl --output out.jsonl {options}"));
    let out = desk.read("out.jsonl");
    let answers: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), texts.len());
    let found = |(i, (answer, text)): (usize, (&Value, &String))| {
        assert_eq!(answer["id"], format!("d{i}").as_str());
        let characters: Vec<char> = text.chars().collect();
        let entity = |entity: &Value| {
            let (start, end) = (entity["start"].as_u64().unwrap() as usize, entity["end"].as_u64().unwrap() as usize);
            let surface: String = characters[start..end].iter().collect();
            assert_eq!(entity["text"].as_str(), Some(surface.as_str()), "{entity}");
            assert_eq!(surface.trim(), surface, "{entity}");
            assert!((0.0..=1.0).contains(&entity["score"].as_f64().unwrap()), "{entity}");
            (start, end, entity["label"].as_str().unwrap().to_owned())
        };
        answer["entities"].as_array().unwrap().iter().map(entity).collect::<Vec<_>>()
    };
    answers.iter().zip(texts).enumerate().map(found).collect()
}

fn surfaces(text: &str, entities: &[(usize, usize, String)]) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    entities
        .iter()
        .map(|(start, end, label)| format!("{label} {}", String::from_iter(&characters[*start..*end])))
        .collect()
}

#[test]
fn offsets_count_characters_of_the_raw_text_whatever_stands_in_it() {
    let texts = [
        "👍🏽 José Ramírez met Angela Merkel in\u{A0}Doha.\r\n\r\nThe talks in Zürich, said Rene\u{301}e Zellweger, went on.",
        "\u{FEFF}Berlin\u{2014}The “United Nations” \u{1F1E9}\u{1F1EA} asked Ursula von der Leyen\u{2019}s office in Brussels\t.",
    ]
    .map(str::to_owned);
    let desk = desk_with(&texts);
    let found = entities(&desk, &texts, "");
    let names = ["PER José Ramírez", "PER Angela Merkel", "LOC Doha", "LOC Zürich", "PER Rene\u{301}e Zellweger"];
    let seen: Vec<String> =
        surfaces(&texts[0], &found[0]).into_iter().filter(|name| !name.starts_with("MISC")).collect();
    assert_eq!(seen, names);
    let names = ["LOC Berlin", "ORG United Nations", "PER Ursula von der Leyen", "LOC Brussels"];
    assert_eq!(surfaces(&texts[1], &found[1]), names);
}

#[test]
fn entities_across_the_edge_of_a_window_come_out_whole() {
    // The names stand one word later in each text, so that every edge cuts through them in one of the texts.
    let filler = "It was a long day and the talks went on and on until late in the night .";
    let words: Vec<&str> = filler.split(' ').collect();
    let names = "Then Ursula von der Leyen flew from Brussels to New York City .";
    let text = |shift: usize| {
        let before: Vec<&str> = words.iter().copied().cycle().take(12 + shift).collect();
        format!("{} {names} {filler} {filler}", before.join(" "))
    };
    let texts: Vec<String> = (0..32).map(text).collect();
    let desk = desk_with(&texts);
    let whole = entities(&desk, &texts, "");
    let cut = entities(&desk, &texts, "--max-tokens 32 --overlap 16");
    for ((text, whole), cut) in texts.iter().zip(&whole).zip(&cut) {
        assert_eq!(surfaces(text, whole), ["PER Ursula von der Leyen", "LOC Brussels", "LOC New York City"], "{text}");
        assert_eq!(whole, cut, "{text}");
    }
    let tokenizer = Tokenizer::load(&repository("models/ner-minilm-l6"), 30522).unwrap();
    let is_cut = |text: &String, entities: &[(usize, usize, String)]| {
        let tokens = tokenizer.tokens(&CharText::new(text), "a text").unwrap();
        let windows = split(tokens.len(), WindowSize { tokens: 30, overlap: 16 });
        let edges = windows.iter().skip(1).map(|window| tokens[window.decided.start].span.start);
        edges.filter(|edge| entities.iter().any(|(start, end, _)| start < edge && edge < end)).count()
    };
    let cuts: usize = texts.iter().zip(&whole).map(|(text, entities)| is_cut(text, entities)).sum();
    assert!(cuts >= 8, "only {cuts} edges stand inside a name");
}

#[test]
fn a_folder_of_texts_is_predicted_in_the_order_of_names() {
    let desk = Desk::small();
    desk.write("articles/two.txt", "Zo\u{EB} Ruiz is in Doha.");
    desk.write("articles/one.txt", "No one is here.\r\n");
    desk.write("articles/notes.md", "Doha");
    let line = "predict --task ner --model models/gazetteer --input articles --output out/names.jsonl";
    assert_eq!(desk.succeeds(line), "");
    let expected = concat!(
        "{\"id\":\"one\",\"entities\":[]}\n",
        "{\"id\":\"two\",\"entities\":[{\"start\":0,\"end\":8,\"label\":\"PER\",\"text\":\"Zo\u{EB} Ruiz\",\"score\":1.0},",
        "{\"start\":15,\"end\":19,\"label\":\"LOC\",\"text\":\"Doha\",\"score\":1.0}]}\n",
    );
    assert_eq!(desk.read("out/names.jsonl"), expected);
}

#[test]
fn every_target_is_asked_of_every_document() {
    let desk = Desk::small();
    let line =
        "predict --task stance --model models/judge --input corpus/documents.jsonl --targets corpus/targets.toml";
    desk.succeeds(&format!("{line} --output out.jsonl"));
    let out = desk.read("out.jsonl");
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let asked: Vec<String> =
        lines.iter().map(|line| format!("{} {}", line["id"], line["target"]).replace('"', "")).collect();
    assert_eq!(asked, ["a deal", "a talks", "b deal", "b talks", "c deal", "c talks"]);
    for line in &lines {
        let scores = ["favor", "against", "neutral"].map(|stance| (stance, line["scores"][stance].as_f64().unwrap()));
        assert!((scores.iter().map(|(_, score)| score).sum::<f64>() - 1.0).abs() < 1e-9, "{line}");
        let best = scores.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert_eq!(line["stance"], best.0, "{line}");
    }
}

/// The columns of a Parquet file and its number of rows.
fn parquet(desk: &Desk, name: &str) -> (Vec<String>, usize) {
    let frame = ParquetReader::new(std::fs::File::open(desk.path(name)).unwrap()).finish().unwrap();
    (frame.get_column_names().into_iter().map(ToString::to_string).collect(), frame.height())
}

#[test]
fn logits_have_a_row_for_every_token_or_every_hypothesis_and_window() {
    let desk = Desk::small();
    let line = "--input corpus/documents.jsonl --output out.jsonl --logits logits.parquet --threads 2 --format json";
    let ner = desk.succeeds(&format!("predict --task ner --model models/tagger {line}"));
    let ner: Value = serde_json::from_str(&ner).unwrap();
    assert_eq!(
        (ner["version"].as_u64(), ner["task"].as_str(), ner["threads"].as_u64()),
        (Some(1), Some("ner"), Some(2))
    );
    assert_eq!((ner["documents"].as_u64(), ner["windows"].as_u64()), (Some(3), ner["sequences"].as_u64()));
    for phase in ["load", "tokenize", "forward", "decode", "write"] {
        assert!(ner["seconds"][phase].as_f64().is_some_and(|seconds| seconds >= 0.0), "{phase} of {ner}");
    }
    let (columns, rows) = parquet(&desk, "logits.parquet");
    assert_eq!(columns, ["document", "window", "token", "start", "end", "logits"]);
    assert_eq!(Some(rows as u64), ner["tokens"].as_u64());

    let stance = format!("predict --task stance --model models/judge --targets corpus/targets.toml {line}");
    let stance: Value = serde_json::from_str(&desk.succeeds(&stance)).unwrap();
    let (columns, rows) = parquet(&desk, "logits.parquet");
    assert_eq!(columns, ["document", "target", "hypothesis", "window", "start", "end", "logits"]);
    assert_eq!(Some(rows as u64), stance["sequences"].as_u64());
    // Two targets, three stances, two templates each.
    assert_eq!(stance["windows"].as_u64().unwrap() * 12, rows as u64);
}

#[test]
fn a_text_without_tokens_is_answered_and_counted() {
    let desk = Desk::small();
    let document = json!({ "id": "z", "text": "\u{200B}" }).to_string() + "\n";
    desk.write("corpus/documents.jsonl", desk.read("corpus/documents.jsonl") + &document);
    let line =
        "predict --task stance --model models/judge --input corpus/documents.jsonl --targets corpus/targets.toml";
    let told: Value =
        serde_json::from_str(&desk.succeeds(&format!("{line} --output out.jsonl --format json"))).unwrap();
    assert_eq!((told["documents"].as_u64(), told["without_tokens"].as_u64()), (Some(4), Some(1)));
    let out = desk.read("out.jsonl");
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let third = 1.0 / 3.0;
    for (line, target) in lines[6..].iter().zip(["deal", "talks"]) {
        let scores = json!({ "favor": third, "against": third, "neutral": third });
        assert_eq!(line, &json!({ "id": "z", "target": target, "stance": "neutral", "scores": scores }));
    }
    assert_eq!(lines.len(), 8);
    let said = desk.karat(&format!("{line} --output out/")).assert().success().get_output().stderr.clone();
    let said = String::from_utf8(said).unwrap();
    assert!(said.starts_with("4 documents, 1 of them without a token"), "{said}");
    assert_eq!(parquet(&desk, "out/predictions/part-00000.parquet").1, 8);

    // A run scores it, and its ledger says it.
    desk.write("corpus/gold/stance.jsonl", "{\"id\": \"z\", \"target\": \"deal\", \"stance\": \"favor\"}\n");
    desk.write("corpus/gold/ner.jsonl", "{\"id\": \"z\", \"entities\": []}\n");
    desk.succeeds("run suite.toml --out run --no-probes");
    let report = desk.read("run/report.md");
    assert!(report.contains("stance, `judge`: the tokenizer finds no token in 1 of the documents"), "{report}");
    assert!(report.contains("wrong stance"), "the gold of `z` was not scored: {report}");
}
