//! Annotators' passes, splits, seals and regions that nobody labelled, from the corpus folder to the report.

use super::desk::Desk;
use snapbox::str;

/// The first pass is the gold but for a label in `b`; the second takes another span and another stance.
pub(crate) fn passes() -> Desk {
    let desk = Desk::small();
    let (entities, stances) = (desk.read("corpus/gold/ner.jsonl"), desk.read("corpus/gold/stance.jsonl"));
    desk.write("corpus/passes/first/ner.jsonl", entities.replace("\"ORG\"", "\"LOC\""));
    desk.write("corpus/passes/first/stance.jsonl", &stances);
    desk.write("corpus/passes/second/ner.jsonl", entities.replace("\"start\": 33", "\"start\": 32"));
    desk.write("corpus/passes/second/stance.jsonl", stances.replace("against", "neutral"));
    desk.write("corpus/adjudication.jsonl", ADJUDICATION);
    desk
}

const ADJUDICATION: &str = r#"{"id": "b", "task": "ner", "start": 32, "end": 40, "first": [{"start": 33, "end": 40, "label": "PER"}], "second": [{"start": 32, "end": 40, "label": "PER"}], "gold": [{"start": 33, "end": 40, "label": "PER"}], "reason": "White space is outside."}
{"id": "b", "task": "ner", "start": 60, "end": 64, "first": [{"start": 60, "end": 64, "label": "LOC"}], "second": [{"start": 60, "end": 64, "label": "ORG"}], "gold": [{"start": 60, "end": 64, "label": "ORG"}], "reason": "The government is meant."}
{"id": "b", "task": "stance", "target": "deal", "first": "against", "second": "neutral", "gold": "against", "reason": "She says so."}
"#;

#[test]
fn two_passes_are_scored_against_each_other_and_shown_where_they_differ() {
    let desk = passes();
    desk.karat("gold agree corpus --replicates 200 --task stance")
        .assert()
        .success()
        .stderr_eq("")
        .stdout_eq(str![[r#"
stance: pass second scored against pass first; 3 documents that both labelled. Labelled by first alone: 0, by second alone: 0. low and high are a 95 % interval over resampled documents.

 metric              value      low    high                                                       definition
 accuracy           0.7500   0.0000  1.0000                                        stance.accuracy|pooled|v1
 macro_f1           0.5556   0.0000  0.6667  stance.f1|macro=favor,against,neutral|pooled|zero_division=0|v1
 f_avg              0.5000   0.0000  0.5000          stance.f1|macro=favor,against|pooled|zero_division=0|v1
 balanced_accuracy  0.6667   0.0000  1.0000                          stance.recall|macro=occurring|pooled|v1
 mcc                0.6708   0.0000  1.0000                                  stance.mcc|pooled|constant=0|v1
 cohen_kappa        0.6000   0.0000  1.0000                                     stance.cohen_kappa|pooled|v1
 precision.favor    1.0000   0.0000  1.0000           stance.precision|class=favor|pooled|zero_division=0|v1
 recall.favor       1.0000   0.0000  1.0000              stance.recall|class=favor|pooled|zero_division=0|v1
 f1.favor           1.0000   0.0000  1.0000                  stance.f1|class=favor|pooled|zero_division=0|v1
 precision.against  0.0000   0.0000  0.0000         stance.precision|class=against|pooled|zero_division=0|v1
 recall.against     0.0000   0.0000  0.0000            stance.recall|class=against|pooled|zero_division=0|v1
 f1.against         0.0000   0.0000  0.0000                stance.f1|class=against|pooled|zero_division=0|v1
 precision.neutral  0.5000   0.0000  1.0000         stance.precision|class=neutral|pooled|zero_division=0|v1
 recall.neutral     1.0000   0.0000  1.0000            stance.recall|class=neutral|pooled|zero_division=0|v1
 f1.neutral         0.6667   0.0000  1.0000                stance.f1|class=neutral|pooled|zero_division=0|v1
 agreement          0.7500   0.0000  1.0000                                    stance.agreement|raw|items|v1
 kappa              0.6000   0.0000  1.0000                                      stance.kappa|cohen|items|v1
 alpha              0.6316  -0.6667  1.0000                       stance.alpha|krippendorff|nominal|items|v1
 alpha.interval     0.7742  -0.6667  1.0000                      stance.alpha|krippendorff|interval|items|v1

1 disagreements, 1 shown
  b: first against towards deal, second neutral towards deal

"#]]);
    desk.karat("gold agree corpus --replicates 200 --task ner --passes second first")
        .assert()
        .success()
        .stderr_eq("")
        .stdout_eq(str![[r#"
ner: pass first scored against pass second; 3 documents that both labelled. Labelled by second alone: 0, by first alone: 0. low and high are a 95 % interval over resampled documents.

 metric          value     low    high                                             definition
 precision      0.6000  0.3333  1.0000      ner.precision|micro|exact|char|zero_division=0|v1
 recall         0.6000  0.3333  1.0000         ner.recall|micro|exact|char|zero_division=0|v1
 f1             0.6000  0.3333  1.0000             ner.f1|micro|exact|char|zero_division=0|v1
 f1.macro       0.4333  0.2222  1.0000   ner.f1|macro=occurring|exact|char|zero_division=0|v1
 precision.LOC  0.6667  0.5000  1.0000  ner.precision|label=LOC|exact|char|zero_division=0|v1
 recall.LOC     1.0000  1.0000  1.0000     ner.recall|label=LOC|exact|char|zero_division=0|v1
 f1.LOC         0.8000  0.6667  1.0000         ner.f1|label=LOC|exact|char|zero_division=0|v1
 precision.ORG  0.0000  0.0000  0.0000  ner.precision|label=ORG|exact|char|zero_division=0|v1
 recall.ORG     0.0000  0.0000  0.0000     ner.recall|label=ORG|exact|char|zero_division=0|v1
 f1.ORG         0.0000  0.0000  0.0000         ner.f1|label=ORG|exact|char|zero_division=0|v1
 precision.PER  0.5000  0.0000  1.0000  ner.precision|label=PER|exact|char|zero_division=0|v1
 recall.PER     0.5000  0.0000  1.0000     ner.recall|label=PER|exact|char|zero_division=0|v1
 f1.PER         0.5000  0.0000  1.0000         ner.f1|label=PER|exact|char|zero_division=0|v1
 agreement      0.9756  0.9500  1.0000                             ner.agreement|raw|words|v1
 kappa          0.9185  0.8551  1.0000                               ner.kappa|cohen|words|v1
 alpha          0.9194  0.8558  1.0000                ner.alpha|krippendorff|nominal|words|v1

2 disagreements, 2 shown
  b: second PER “ Ana Sol”, first PER “Ana Sol”: …In Gaza no one is for this deal;[ Ana Sol] is against it, and Doha is neutral.…
  b: second ORG “Doha”, first LOC “Doha”: …In Gaza no one is for this deal; Ana Sol is against it, and [Doha] is neutral.…

"#]]);
}

#[test]
fn agreement_as_json_has_every_disagreement() {
    let json: serde_json::Value =
        serde_json::from_str(&passes().succeeds("gold agree corpus --limit 0 --format json")).unwrap();
    let task = &json["tasks"][0];
    assert_eq!(task["passes"], serde_json::json!(["first", "second"]));
    assert_eq!(task["disagreements"].as_array().unwrap().len(), 2);
    assert_eq!(task["disagreements"][0]["second"]["start"], 32);
    let f1 = task["metrics"].as_array().unwrap().iter().find(|metric| metric["id"] == "f1").unwrap();
    assert_eq!(f1["value"], 0.6);
    assert_eq!(json["tasks"][1]["disagreements"][0]["first"]["stance"], "against");
}

#[test]
fn a_corpus_is_looked_over() {
    let desk = passes();
    desk.edit(
        "corpus/documents.jsonl",
        "This text takes no side.",
        "Doha’s side: Doha. Gaza takes no side, Gaza says.",
    );
    desk.edit(
        "corpus/gold/ner.jsonl",
        "\"c\", \"entities\": []",
        "\"c\", \"entities\": [{\"start\": 0, \"end\": 6, \"label\": \"LOC\"}, {\"start\": 19, \"end\": 22, \"label\": \"LOC\"}]",
    );
    std::fs::remove_dir_all(desk.path("corpus/passes")).unwrap();
    std::fs::remove_file(desk.path("corpus/adjudication.jsonl")).unwrap();
    desk.karat("gold check corpus").assert().success().stderr_eq("").stdout_eq(str![[r#"
corpus small 1: no error found

 count                                all
 documents                              3
 words, by white space                 39
 documents without entities labelled    0
 documents without stances labelled     0
 regions not annotated                  0
 entities, LOC                          4
 entities, ORG                          1
 entities, PER                          2
 stances, against                       1
 stances, favor                         2
 stances, neutral                       1

seal: not sealed: after `karat gold seal`, `check` and `run` refuse a changed file

to look at, labelled two ways: 0

to look at, not labelled here: 2
  c 13..17: LOC, ORG in another document — …Doha’s side: [Doha]. Gaza takes no side, Gaza say…
  c 39..43: LOC in another document — …de: Doha. Gaza takes no side, [Gaza] says.…

to look at, odd edge: 2
  c 0..6: ends with a possessive — …[Doha’s] side: Doha. Gaza takes no sid…
  c 19..22: begins or ends inside a word — …Doha’s side: Doha. [Gaz]a takes no side, Gaza says.…

 file               SHA-256
 documents.jsonl    sha256:5f38f0cea3496cef85c52b63e0cde0bdeb6450186de1637a39f492de937133d7
 gold/ner.jsonl     sha256:41479ec3ddf6b978da17195d078273ee92e6110a8672113f9ea2d828f84bbf42
 gold/stance.jsonl  sha256:be5a54af6480a1652d970069f8b7ae67fb0974083c58d1c22a314747b055a6a1
 targets.toml       sha256:dbd68504c95e02fe375df6709186a4e73e1fdf28b3f506c45ca994c729d43d5b

"#]]);
}

#[test]
fn the_report_has_the_annotators_above_the_models_and_the_floors_below() {
    let desk = passes();
    desk.succeeds("run suite.toml --out out");
    let report = desk.read("out/report.md");
    let rows: Vec<&str> =
        report.lines().filter(|line| line.starts_with("| ")).map(|line| line.split(" | ").next().unwrap()).collect();
    let place = |name: &str| rows.iter().position(|row| row.contains(name)).unwrap_or_else(|| panic!("no {name}"));
    assert!(place("annotator agreement") < place("`tagger`") && place("`tagger`") < place("`gazetteer`"));
    assert!(report.contains("Annotator agreement is pass `second` scored against pass `first`"));
    assert!(report.contains("this is no human ceiling"), "who labelled is not known");
    desk.edit(
        "corpus/corpus.toml",
        "version = \"1\"\n",
        "version = \"1\"\npasses.first = { by = \"person\", how = \"x\" }\npasses.second = { by = \"person\", how = \"y\" }\n",
    );
    desk.succeeds("run suite.toml --out people");
    assert!(desk.read("people/report.md").contains("Both were made by people"));
}

#[test]
fn only_the_documents_of_a_split_are_scored_and_the_others_are_counted() {
    let desk = Desk::small();
    desk.edit(
        "corpus/corpus.toml",
        "version = \"1\"\n",
        "version = \"1\"\nsplits = { dev = [\"b\"], test = [\"a\", \"c\"] }\n",
    );
    let suite = desk.read("suite.toml").replace("corpus = \"small\"\n", "corpus = \"small\"\nsplit = \"test\"\n");
    desk.write("suite.toml", suite);
    desk.succeeds("run suite.toml --out out");
    let record: serde_json::Value = serde_json::from_str(&desk.read("out/run.json")).unwrap();
    assert_eq!(record["evaluations"][0]["split"], "test");
    assert_eq!(record["evaluations"][0]["documents"], 2);
    let report = desk.read("out/report.md");
    assert!(report.contains("2 documents of split `test`, 2 gold entities"));
    assert!(report.contains("| ner | `gazetteer` | 2 | 1 | 0 |"), "{report}");
}

#[test]
fn what_is_predicted_where_nobody_labelled_is_counted_and_not_scored() {
    let desk = Desk::small();
    let scores = |out: &str| {
        desk.succeeds(&format!("run suite.toml --out {out}"));
        let report = desk.read(&format!("{out}/report.md"));
        let row = |start: &str| report.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
        (row("| `gazetteer` |"), row("| ner | `gazetteer` |"))
    };
    // The gazetteer takes Gaza for an ORG: one wrong prediction, and one gold entity that is missed.
    let (before, ledger) = scores("before");
    assert!(ledger.ends_with("| 0 | 0 |"), "{ledger}");
    desk.edit(
        "corpus/gold/ner.jsonl",
        "\"id\": \"b\", \"entities\": [{\"start\": 3, \"end\": 7, \"label\": \"LOC\"}, ",
        "\"id\": \"b\", \"unannotated\": [{\"start\": 0, \"end\": 12}], \"entities\": [",
    );
    let (after, ledger) = scores("after");
    assert!(ledger.ends_with("| 1 | 1 |"), "{ledger}");
    assert_ne!(before, after);
}

#[test]
fn a_sealed_corpus_does_not_change_unnoticed() {
    let desk = passes();
    desk.succeeds("gold seal corpus");
    let sealed = desk.read("corpus/corpus.toml");
    desk.succeeds("check suite.toml");
    desk.karat("gold seal corpus").assert().success().stderr_eq("the seal was up to date\n");
    let gold = desk.read("corpus/gold/ner.jsonl");
    desk.write("corpus/gold/ner.jsonl", gold.replace("\"ORG\"", "\"LOC\""));
    desk.karat("check suite.toml").assert().code(2).stdout_eq("").stderr_eq(str![[r#"
error: `corpus/gold/ner.jsonl`: is not the file that was sealed: its SHA-256 is sha256:dbb1536e51f59cd63199c5ad21987b71275e44bef59797754b286268ba4d3fe6, the seal says sha256:71a109025df7251255fed7c1deb0504b12458480f1f56616ca22982056bef1be
hint: bring the sealed files back; or, when the change is meant, `karat gold seal` the corpus

"#]]);
    desk.write("corpus/gold/ner.jsonl", gold);
    desk.succeeds("run suite.toml --out out");
    assert_eq!(desk.read("corpus/corpus.toml"), sealed);
}

#[test]
fn score_leaves_out_what_is_predicted_where_nobody_labelled() {
    let desk = Desk::small();
    desk.write("pred.jsonl", desk.read("corpus/gold/ner.jsonl"));
    desk.edit(
        "corpus/gold/ner.jsonl",
        "\"id\": \"b\", \"entities\": [{\"start\": 3, \"end\": 7, \"label\": \"LOC\"}, ",
        "\"id\": \"b\", \"unannotated\": [{\"start\": 0, \"end\": 12}], \"entities\": [",
    );
    let output =
        desk.karat("score --task ner --gold corpus/gold/ner.jsonl --pred pred.jsonl --format json").output().unwrap();
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "1 predicted entities lie where the gold is marked as not annotated, and were left out\nOnly 3 documents were scored: \
         intervals from fewer than 20 documents are too narrow.\n"
    );
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json["predicted_in_unannotated"], &json["metrics"][2]["value"]), (&1.into(), &1.0.into()));
}

#[test]
fn annotators_are_not_scored_where_nobody_is() {
    let desk = passes();
    let f1 = || -> serde_json::Value {
        let json: serde_json::Value = serde_json::from_str(&desk.succeeds("gold agree corpus --format json")).unwrap();
        json["tasks"][0]["metrics"][2]["value"].clone()
    };
    assert_eq!(f1(), 0.6);
    // The two differ in `Ana Sol` and in `Doha`; the first is in the region.
    desk.edit(
        "corpus/gold/ner.jsonl",
        "{\"start\": 33, \"end\": 40, \"label\": \"PER\"}, {\"start\": 60, \"end\": 64, \"label\": \"ORG\", \"text\": \"Doha\"}]",
        "{\"start\": 60, \"end\": 64, \"label\": \"ORG\", \"text\": \"Doha\"}], \"unannotated\": [{\"start\": 30, \"end\": 42}]",
    );
    assert_eq!(f1(), 0.75);
}
