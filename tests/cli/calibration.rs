//! Calibration in a run: it follows from the predictions and the gold, floors have none, and a temperature can be fitted.

use super::desk::Desk;
use super::run::{assert_same, results};
use karat::metrics::{Bins, Confidence, Forecasts};
use karat::run::{Results, open};
use karat::table::{CalibrationRow, Fit, Role};
use serde_json::Value;

fn rows<'a>(results: &'a Results, model: &str, fit: Fit) -> Vec<&'a CalibrationRow> {
    results.calibration.iter().filter(|row| row.key.model == model && row.fit == fit).collect()
}

fn value(results: &Results, model: &str, (fit, id): (Fit, &str)) -> f64 {
    rows(results, model, fit).into_iter().find(|row| row.id == id).unwrap().value.unwrap()
}

#[test]
fn calibration_follows_from_predictions_and_gold() {
    let desk = Desk::small();
    super::run::lengthen(&desk, 10);
    desk.succeeds("run suite.toml --out out");
    let results = open(&desk.path("out")).unwrap();
    // The same model on the same texts by the other command gives the same entities, as JSON.
    desk.succeeds(
        "predict --task ner --model models/tagger --input corpus/documents.jsonl --output out.jsonl --max-tokens 32 --overlap 8",
    );
    let entities = |file: &str| -> Vec<(String, Value)> {
        let text = desk.read(file);
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let of = |line: Value| {
            let id = line["id"].as_str().unwrap().to_owned();
            line["entities"].as_array().unwrap().iter().map(|e| (id.clone(), e.clone())).collect::<Vec<_>>()
        };
        lines.flat_map(of).collect()
    };
    let gold = entities("corpus/gold/ner.jsonl");
    let same = |a: &Value, b: &Value| ["start", "end", "label"].iter().all(|key| a[key] == b[key]);
    let answers: Vec<Confidence> = entities("out.jsonl")
        .iter()
        .map(|(id, entity)| Confidence {
            value: entity["score"].as_f64().unwrap(),
            right: gold.iter().any(|(of, truth)| of == id && same(truth, entity)),
        })
        .collect();
    let expected = Forecasts::Entities(answers.clone());
    assert!(answers.len() > 10);
    for (id, expected) in [
        ("ece.width15", expected.ece(Bins::Width(15))),
        ("ece.mass10", expected.ece(Bins::Mass(10))),
        ("brier", expected.brier()),
        ("log_loss", expected.log_loss()),
    ] {
        assert!((value(&results, "tagger", (Fit::Reported, id)) - expected.unwrap()).abs() < 1e-9, "{id}");
    }
    for (model, items) in [("tagger", answers.len()), ("judge", 4)] {
        assert!(rows(&results, model, Fit::Reported).iter().all(|row| row.items == Some(items)));
        for scheme in Bins::REPORTED {
            let bins = results.reliability.iter().filter(|row| row.key.model == model && row.bins == scheme.name());
            assert_eq!(bins.map(|row| row.count).sum::<usize>(), items, "{model}");
        }
    }
    for floor in ["gazetteer", "majority"] {
        let rows = rows(&results, floor, Fit::Reported);
        assert_eq!(rows.len(), 4);
        for row in rows {
            assert_eq!((row.value, row.items), (None, None));
            assert_eq!(row.reason.as_deref(), Some("the scores of a floor are no confidences"));
        }
    }
    let report = desk.read("out/report.md");
    assert!(report.contains("## Calibration") && report.contains("`judge` gave 4 answers: fewer than 300"), "{report}");
}

#[test]
fn a_fitted_temperature_has_the_least_log_loss_where_it_was_fitted() {
    let desk = Desk::small();
    super::run::lengthen(&desk, 10);
    let corpus = desk.read("corpus/corpus.toml");
    desk.write("corpus/corpus.toml", corpus + "[splits]\ndev = [\"a\", \"c\"]\ntest = [\"b\"]\n");
    desk.edit(
        "suite.toml",
        "windows = {",
        "split = \"test\"\ntune = { split = \"dev\", aggregation = [\"first\", \"max\"], temperature = \"fit\" }\nwindows = {",
    );
    desk.edit(
        "suite.toml",
        "models = [\"judge\"",
        "split = \"test\"\ntune = { split = \"dev\", temperature = \"fit\" }\nmodels = [\"judge\"",
    );
    desk.succeeds("run suite.toml --out one --threads 1");
    desk.succeeds("run suite.toml --out three --threads 3");
    assert_same(&results(&desk, "one"), &results(&desk, "three"));
    let tuned = open(&desk.path("one")).unwrap();
    assert!(tuned.record.evaluations.iter().all(|e| e.tune.as_ref().unwrap().fit_temperature));
    let suite = desk.read("suite.toml").replace("split = \"test\"", "split = \"dev\"");
    let plain: String = suite.lines().filter(|line| !line.starts_with("tune")).flat_map(|line| [line, "\n"]).collect();
    for (model, settings, options) in [("tagger", 2, "windows = {"), ("judge", 1, "models = [\"judge\"")] {
        let rows: Vec<_> = tuned.sweep.iter().filter(|row| row.key.model == model).collect();
        assert_eq!(rows.len(), 1 + settings + 1);
        let fitted = rows[rows.len() - 1];
        assert!(fitted.role == Role::Fitted && fitted.chosen, "{fitted:?}");
        for id in ["ece.width15", "ece.mass10", "brier", "log_loss"] {
            value(&tuned, model, (Fit::Unfitted, id));
            value(&tuned, model, (Fit::Reported, id));
        }
        // On the split where it was fitted no temperature beside it is better.
        let best: f64 = fitted.setting.split_once("temperature=").map_or(1.0, |(_, value)| value.parse().unwrap());
        let aggregation = if fitted.setting.starts_with("max") { "aggregation = \"max\"\n" } else { "" };
        let loss = |temperature: f64| {
            let line = format!("{aggregation}temperature = {temperature:?}\n{options}");
            desk.write("plain.toml", plain.replacen(options, &line, 1));
            let name = format!("{model}{temperature}");
            desk.succeeds(&format!("run plain.toml --out {name}"));
            value(&open(&desk.path(&name)).unwrap(), model, (Fit::Reported, "log_loss"))
        };
        let least = loss(best);
        for beside in [best * 0.8, best * 1.25].into_iter().filter(|t| (0.05..=20.0).contains(t)) {
            assert!(least <= loss(beside) + 1e-9, "{model}: {best} against {beside}");
        }
    }
    let report = desk.read("one/report.md");
    assert!(report.contains("not fitted") && report.contains("| fitted |"), "{report}");
}
