//! Models of the cache in suites, and that nothing but `pull` touches the network.

use super::server::COMMIT;
use super::{hub, line};
use crate::cli::desk::Desk;
use std::net::TcpListener;

/// The small desk with the tagger in the cache, and named so in its suite.
fn cached() -> Desk {
    let desk = Desk::small();
    desk.succeeds(&line(&hub()));
    desk.edit("suite.toml", "path = \"models/tagger\"", "path = \"hub:org/tiny\"");
    desk
}

#[test]
fn a_suite_names_a_model_of_the_cache() {
    let desk = cached();
    desk.succeeds("run suite.toml --out out");
    let run: serde_json::Value = serde_json::from_str(&desk.read("out/run.json")).unwrap();
    // What is kept is the commit, whatever the branch will be.
    assert_eq!(run["suite"]["models"]["tagger"]["path"], format!("hub:org/tiny@{COMMIT}"));
    desk.edit("suite.toml", "path = \"hub:org/tiny\"", "path = \"models/tagger\"");
    desk.succeeds("run suite.toml --out folder");
    assert_eq!(desk.files("out/predictions"), desk.files("folder/predictions"));
}

#[test]
fn predict_takes_a_model_of_the_cache() {
    let desk = cached();
    for (model, output) in [(format!("hub:org/tiny@{COMMIT}"), "a.jsonl"), ("models/tagger".to_owned(), "b.jsonl")] {
        desk.succeeds(&format!("predict --task ner --model {model} --input corpus/documents.jsonl --output {output}"));
    }
    assert_eq!(desk.read("a.jsonl"), desk.read("b.jsonl"));
}

#[test]
fn no_command_but_pull_touches_the_network() {
    let desk = cached();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let predict = "predict --task ner --model hub:org/tiny --input corpus/documents.jsonl --output names.jsonl";
    let absent = "predict --task ner --model hub:org/absent --input corpus/documents.jsonl --output names.jsonl";
    let lines = [
        ("models list", 0),
        ("models inspect org/tiny", 0),
        ("models inspect hub:org/absent", 2),
        ("check suite.toml", 0),
        ("run suite.toml --out out", 0),
        (predict, 0),
        (absent, 2),
        ("score --task ner --gold corpus/gold/ner.jsonl --pred names.jsonl", 0),
        ("report out", 0),
        ("compare out out", 0),
        ("bless out --name base", 0),
        ("gate out --baseline base", 0),
        ("history --add out", 0),
        ("gold check corpus", 0),
    ];
    let asks = |line: &str| {
        let output = desk.karat(line).env("HF_ENDPOINT", &url).env("HTTP_PROXY", &url).env("ALL_PROXY", &url);
        let output = output.output().unwrap();
        (output.status.code(), listener.accept().is_ok(), String::from_utf8(output.stderr).unwrap())
    };
    for (line, code) in lines {
        let (found, asked, stderr) = asks(line);
        assert_eq!(found, Some(code), "karat {line}: {stderr}");
        assert!(!asked, "karat {line} touched the network");
    }
}
