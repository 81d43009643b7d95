//! `karat gold`: the small corpus into every format and back, and what is said on the way.

use super::desk::Desk;
use snapbox::str;

/// The small corpus with metadata.
fn small() -> Desk {
    let desk = Desk::small();
    desk.edit("corpus/documents.jsonl", "{\"id\": \"a\"", "{\"date\": \"2025-10-19\", \"id\": \"a\"");
    desk
}

const FILES: [&str; 3] = ["documents.jsonl", "gold/ner.jsonl", "gold/stance.jsonl"];

/// The values on the lines of a file.
fn values(desk: &Desk, name: &str) -> Vec<serde_json::Value> {
    desk.read(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_holds_everything_gives_everything_back() {
    for format in ["brackets", "label-studio", "spacy"] {
        let desk = small();
        desk.succeeds(&format!("gold export corpus --to {format} --output out"));
        desk.write("new/targets.toml", desk.read("corpus/targets.toml"));
        desk.succeeds(&format!("gold import out --from {format} --into new"));
        let whole = desk.succeeds("gold export new --to spacy --output -");
        assert_eq!(whole, desk.succeeds("gold export corpus --to spacy --output -"), "{format}");
        assert_eq!(values(&desk, "new/documents.jsonl"), values(&desk, "corpus/documents.jsonl"), "{format}");
        // Doing it again changes nothing, and needs no leave.
        let before = desk.files("new");
        desk.succeeds(&format!("gold import out --from {format} --into new"));
        desk.succeeds(&format!("gold import out --from {format} --into new --check"));
        assert!(before == desk.files("new"), "{format}");
    }
}

#[test]
fn losses_are_said_and_nothing_else_is_written() {
    let desk = small();
    desk.karat("gold export corpus --to conll --output out.conll").assert().success().stdout_eq("").stderr_eq(str![[
        r#"
lost: 6 places where tokens touch, between which a space will stand
lost: 1 metadata fields (date)
lost: 4 stances
3 documents

"#
    ]]);
    assert_eq!(
        desk.read("out.conll").lines().take(8).collect::<Vec<_>>(),
        ["-DOCSTART- O", "", "# id = a", "Zoë B-PER", "Ruiz I-PER", "is O", "in O", "favour O"]
    );
    desk.karat("gold export corpus --to brat --output out.brat").assert().success().stdout_eq("").stderr_eq(str![[
        r#"
lost: 1 metadata fields (date)
lost: 4 stances
3 documents

"#
    ]]);
    assert_eq!(desk.read("out.brat/a.ann"), "T1\tPER 0 8\tZoë Ruiz\nT2\tLOC 35 39\tDoha\n");
    desk.karat("gold export corpus --to semeval --output out.tsv").assert().success().stdout_eq("").stderr_eq(str![[
        r#"
lost: 1 metadata fields (date)
lost: 5 entities
lost: 1 documents labelled with no entity, which become documents without entity gold
lost: 1 ids of targets (the phrases are kept)
3 documents

"#
    ]]);
    desk.karat("gold export corpus --to label-studio --output out.json").assert().success().stdout_eq("").stderr_eq(
        str![[r#"
lost: 1 phrases of targets (targets.toml; the targets' ids are kept)
3 documents

"#]],
    );
    for (input, from) in [("out.conll", "conll"), ("out.brat", "brat"), ("out.tsv", "semeval")] {
        desk.succeeds(&format!("gold import {input} --from {from} --into new-{from}"));
        let written: Vec<&str> =
            FILES.into_iter().filter(|name| desk.path(&format!("new-{from}/{name}")).exists()).collect();
        let expected = if from == "semeval" { [FILES[0], FILES[2]] } else { [FILES[0], FILES[1]] };
        assert_eq!(written, expected);
    }
}

#[test]
fn labels_that_come_back_from_a_tool_leave_the_rest_of_the_corpus_as_it_was() {
    let desk = small();
    desk.succeeds("gold export corpus --to brat --output out");
    desk.edit("out/b.ann", "T3\tORG 60 64\tDoha", "T3\tLOC 60 64\tDoha");
    desk.karat("gold import out --from brat --into corpus --force").assert().success().stderr_eq(str![[r#"
3 documents, 5 entities, 0 stances

"#]]);
    assert_eq!(values(&desk, "corpus/documents.jsonl")[0]["date"], "2025-10-19");
    assert_eq!(values(&desk, "corpus/gold/ner.jsonl")[1]["entities"][2]["label"], "LOC");
    assert_eq!(values(&desk, "corpus/gold/stance.jsonl").len(), 4);
    desk.succeeds("check suite.toml");
}

#[test]
fn an_import_with_stances_is_a_corpus_at_once() {
    let desk = Desk::new();
    desk.write(
        "tweets.txt",
        "ID\tTarget\tTweet\tStance\n1\tHillary Clinton\tx #SemST\tFAVOR\n2\tAtheism\ty\tUNKNOWN\n",
    );
    desk.karat("gold import tweets.txt --from semeval --into new").assert().success().stdout_eq("").stderr_eq(str![[
        r#"
left out: 1 stances UNKNOWN
2 documents, 0 entities, 1 stances

"#
    ]]);
    assert_eq!(desk.read("new/targets.toml"), "atheism = \"Atheism\"\nhillary-clinton = \"Hillary Clinton\"\n");
    desk.succeeds("gold export new --to semeval --output -");

    desk.write("lines.jsonl", "{\"text\": \"x\", \"cats\": {\"deal=favor\": 1}}\n");
    desk.karat("gold import lines.jsonl --from spacy --into bare").assert().success().stdout_eq("").stderr_eq(str![[
        r#"
note: write into targets.toml the words that stand for these targets in a hypothesis: deal
1 documents, 0 entities, 1 stances

"#
    ]]);
    assert_eq!(desk.read("bare/targets.toml"), "deal = \"deal\"\n");
}

#[test]
fn documents_that_the_import_does_not_hold_are_counted() {
    let desk = Desk::small();
    std::fs::remove_file(desk.path("corpus/gold/stance.jsonl")).unwrap();
    desk.write("input", "-DOCSTART- O\n\n# id = c\nThis O\n");
    desk.karat("gold import input --from conll --into corpus --force").assert().success().stderr_eq(str![[r#"
gone: 2 documents of the corpus that the import does not hold
note: there is no mention; any scheme says so
1 documents, 0 entities, 0 stances

"#]]);
}

#[test]
fn each_scheme_gives_the_same_gold() {
    let desk = small();
    let mut seen = Vec::new();
    for scheme in ["iob1", "iob2", "iobes", "bilou"] {
        desk.succeeds(&format!("gold export corpus --to conll --scheme {scheme} --output {scheme}"));
        desk.succeeds(&format!("gold import {scheme} --from conll --into new-{scheme}"));
        seen.push(desk.files(&format!("new-{scheme}")));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn regions_that_nobody_labelled_survive_an_import_and_are_said_to_be_lost_in_an_export() {
    let desk = small();
    desk.edit(
        "corpus/gold/ner.jsonl",
        "\"id\": \"c\", ",
        "\"id\": \"c\", \"unannotated\": [{\"start\": 0, \"end\": 9}], ",
    );
    let export = desk.karat("gold export corpus --to spacy --output out").output().unwrap();
    assert!(String::from_utf8(export.stderr).unwrap().contains("lost: 1 regions marked as not annotated\n"));
    desk.succeeds("gold import out --from spacy --into corpus --force");
    assert!(desk.read("corpus/gold/ner.jsonl").contains(r#""unannotated":[{"start":0,"end":9}]"#));
    desk.edit("out", "This text takes", "That text takes");
    let import = desk.karat("gold import out --from spacy --into corpus --force").output().unwrap();
    let said = String::from_utf8(import.stderr).unwrap();
    assert!(
        said.contains("gone: 1 regions marked as not annotated, whose text has changed or is labelled now\n"),
        "{said}"
    );
    assert!(!desk.read("corpus/gold/ner.jsonl").contains("unannotated"));
}
