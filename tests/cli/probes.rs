//! Probes, whose answers are plain: what passes, what fails, and names of classes that stand at the wrong classes.

use super::desk::{Desk, repository};
use crate::engine::faults::rewrite;
use serde_json::Value;
use snapbox::cmd::Command;
use snapbox::str;

const THREE: [&str; 3] = ["contradiction", "neutral", "entailment"];

/// The small suite over a copy of the bundled model for entailment, alone on its task.
fn desk_with_judge() -> Desk {
    let desk = Desk::small();
    std::fs::remove_dir_all(desk.path("models/judge")).unwrap();
    desk.copy("models/nli-minilm-l6", "models/judge");
    desk
}

fn checked(desk: &Desk, options: &str) -> Value {
    serde_json::from_str(&desk.succeeds(&format!("check suite.toml --format json {options}"))).unwrap()
}

#[test]
fn the_bundled_models_answer_most_probes() {
    let check = Command::new(env!("CARGO_BIN_EXE_karat")).args(["check", "--format", "json"]);
    let output = check.current_dir(repository("")).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    for model in ["ner-minilm-l3", "ner-minilm-l6", "nli-minilm-l3", "nli-minilm-l6"] {
        let probes = &json["models"][model]["probes"];
        let (asked, right) = (probes["asked"].as_u64().unwrap(), probes["right"].as_u64().unwrap());
        assert_eq!(asked, 12, "{model}");
        assert!(right >= 9, "{model}: {probes}");
        assert_eq!(probes["wrong"].as_array().unwrap().len() as u64, asked - right);
    }
    for floor in ["gazetteer", "majority"] {
        assert!(json["models"][floor].get("probes").is_none() && json["models"][floor].get("labels").is_none());
    }
}

#[test]
fn random_models_are_reported_by_check_and_run() {
    let desk = Desk::small();
    let said = str![[r#"
warning: model `tagger` on corpus `small`: no class gives the gold labels LOC (2), ORG (1), which can only be missed
warning: model `judge` answers only 3 of 12 probes right, whose answers are plain: it does not know the task, or its classes mean something else
hint: `karat check --format json` lists them; `probes = false` under the model (or --no-probes) leaves them out, as for a model of another language than English
warning: model `tagger` answers only 0 of 4 probes right, whose answers are plain: it does not know the task, or its classes mean something else
hint: `karat check --format json` lists them; `probes = false` under the model (or --no-probes) leaves them out, as for a model of another language than English

"#]];
    desk.karat("check suite.toml").assert().success().stderr_eq(said);
    let run = desk.karat("run suite.toml --out out").output().unwrap();
    let stderr = String::from_utf8(run.stderr).unwrap();
    assert!(
        stderr.contains("warning: model `judge` answers only") && stderr.ends_with("report: out/report.md\n"),
        "{stderr}"
    );
    let report = desk.read("out/report.md");
    assert!(report.contains("**`judge` answers only") && report.contains("| stance | `judge` |"), "{report}");
    let record: Value = serde_json::from_str(&desk.read("out/run.json")).unwrap();
    let probes = &record["models"]["judge"]["probes"];
    assert_eq!(probes, &checked(&desk, "")["models"]["judge"]["probes"]);
    assert!(probes["right"].as_u64() < Some(7) && probes.get("better").is_none(), "{probes}");
}

#[test]
fn without_probes_none_are_asked_and_the_report_says_so() {
    let desk = Desk::small();
    let warns = |line: &str| {
        let output = desk.karat(line).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap().contains("probes right")
    };
    assert!(!warns("check suite.toml --no-probes"));
    assert!(!warns("run suite.toml --out none --no-probes"));
    assert!(
        desk.read("none/report.md").contains("| stance | `judge` | contradiction, neutral, entailment | not asked |")
    );
    let path = "path = \"models/judge\"\n";
    desk.edit("suite.toml", path, &format!("{path}probes = false\n"));
    let json = checked(&desk, "");
    assert!(json["models"]["judge"].get("probes").is_none() && json["models"]["tagger"]["probes"].is_object());
}

#[test]
fn names_at_the_wrong_classes_are_refused_before_anything_runs() {
    let desk = desk_with_judge();
    desk.relabel("models/judge", ["entailment", "neutral", "contradiction"]);
    desk.refuses("check suite.toml", str![[r#"
error: model `judge` answers 5 of 12 probes right, but would answer 10 with `contradiction` and `entailment` swapped
hint: if the classes are named wrongly, write `labels = { contradiction = "entailment", entailment = "contradiction", neutral = "neutral" }` under the model in the suite; `probes = false` there turns the probes off

"#]]);
    desk.refuses("run suite.toml --out out", str![[r#"
error: model `judge` answers 5 of 12 probes right, but would answer 10 with `contradiction` and `entailment` swapped
hint: if the classes are named wrongly, write `labels = { contradiction = "entailment", entailment = "contradiction", neutral = "neutral" }` under the model in the suite; `probes = false` there turns the probes off

"#]]);
    desk.relabel("models/judge", ["entailment", "contradiction", "neutral"]);
    desk.refuses("check suite.toml", str![[r#"
error: model `judge` answers 2 of 12 probes right, but would answer 10 with `contradiction` read as neutral, `entailment` read as contradiction, `neutral` read as entailment
hint: if the classes are named wrongly, write `labels = { contradiction = "neutral", entailment = "contradiction", neutral = "entailment" }` under the model in the suite; `probes = false` there turns the probes off

"#]]);
    // What the hint says mends it; and who knows better can go on.
    let path = "path = \"models/judge\"\n";
    let map = "labels = { entailment = \"contradiction\", contradiction = \"neutral\", neutral = \"entailment\" }";
    desk.edit("suite.toml", path, &format!("{path}{map}\n"));
    let json = checked(&desk, "");
    assert!(json["models"]["judge"]["probes"]["right"].as_u64() > Some(8), "{json}");
    desk.edit("suite.toml", map, "probes = false");
    desk.succeeds("check suite.toml");
}

#[test]
fn classes_in_another_order_give_the_same_answers() {
    let desk = desk_with_judge();
    let line =
        "predict --task stance --model models/judge --input corpus/documents.jsonl --targets corpus/targets.toml";
    let predicted = |desk: &Desk| -> Vec<Value> {
        desk.succeeds(&format!("{line} --output out.jsonl"));
        desk.read("out.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let expected = predicted(&desk);
    let whole = std::fs::read(desk.path("models/judge/model.safetensors")).unwrap();
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        desk.write("models/judge/model.safetensors", &whole);
        rewrite(&desk.path("models/judge/model.safetensors"), |tensors| {
            for name in ["classifier.weight", "classifier.bias"] {
                let bytes = &mut tensors.get_mut(name).unwrap().2;
                let rows: Vec<Vec<u8>> = bytes.chunks(bytes.len() / 3).map(<[u8]>::to_vec).collect();
                *bytes = order.iter().flat_map(|&class| rows[class].clone()).collect();
            }
        });
        desk.relabel("models/judge", order.map(|class| THREE[class]));
        for (found, expected) in predicted(&desk).iter().zip(&expected) {
            assert_eq!(found["stance"], expected["stance"], "{order:?}");
            for stance in ["favor", "against", "neutral"] {
                let score = |line: &Value| line["scores"][stance].as_f64().unwrap();
                assert!((score(found) - score(expected)).abs() < 1e-6, "{order:?}: {found} {expected}");
            }
        }
        let probes = &checked(&desk, "")["models"]["judge"]["probes"];
        assert!(probes["right"].as_u64() > Some(8), "{order:?}: {probes}");
    }
}
