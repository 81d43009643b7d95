//! Every number of a run follows from the files of its folder: from the counts, and from predictions and gold.

use super::desk::Desk;
use super::run::{lengthen, take_bundled_models};
use karat::corpus::{Corpus, Document, Regions, StanceLine, write_entities, write_stances};
use karat::run::{Results, open};
use karat::table::{CellKey, CountRow, Stored};
use std::collections::BTreeMap;

/// A run whose models are right in part.
fn finished() -> (Desk, Results) {
    let desk = Desk::small();
    lengthen(&desk, 2);
    take_bundled_models(&desk);
    desk.succeeds("run suite.toml --out out");
    let results = open(&desk.path("out")).unwrap();
    (desk, results)
}

fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

fn f1([right, spurious, missed]: [f64; 3]) -> Option<f64> {
    ratio(2.0 * right, 2.0 * right + spurious + missed)
}

/// The mean over the classes that occur.
fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let values: Vec<f64> = values.flatten().collect();
    ratio(values.iter().sum(), values.len() as f64)
}

/// The metrics of entity counts, `LABEL.tp`, `LABEL.fp`, `LABEL.missed`, by the textbook.
fn of_spans(sums: &BTreeMap<String, f64>) -> BTreeMap<String, Option<f64>> {
    let labels = sums.keys().filter_map(|column| column.strip_suffix(".tp"));
    let by_label: Vec<(&str, [f64; 3])> =
        labels.map(|label| (label, ["tp", "fp", "missed"].map(|kind| sums[&format!("{label}.{kind}")]))).collect();
    let all = by_label.iter().fold([0.0; 3], |all, (_, counts)| [0, 1, 2].map(|i| all[i] + counts[i]));
    let mut metrics = BTreeMap::from([
        ("precision".to_owned(), ratio(all[0], all[0] + all[1])),
        ("recall".to_owned(), ratio(all[0], all[0] + all[2])),
        ("f1".to_owned(), f1(all)),
        ("f1.macro".to_owned(), mean(by_label.iter().map(|(_, counts)| f1(*counts)))),
    ]);
    for (label, counts) in &by_label {
        metrics.insert(format!("precision.{label}"), ratio(counts[0], counts[0] + counts[1]));
        metrics.insert(format!("recall.{label}"), ratio(counts[0], counts[0] + counts[2]));
        metrics.insert(format!("f1.{label}"), f1(*counts));
    }
    metrics
}

/// The metrics of stance counts, `GOLD_as_PREDICTED`, by the textbook.
fn of_stances(sums: &BTreeMap<String, f64>) -> BTreeMap<String, Option<f64>> {
    let classes = ["favor", "against", "neutral"];
    let count = |gold: &str, predicted: &str| sums[&format!("{gold}_as_{predicted}")];
    let of_class = |class: &str| {
        let others = || classes.into_iter().filter(|other| *other != class);
        let spurious: f64 = others().map(|gold| count(gold, class)).sum();
        let missed: f64 = others().map(|predicted| count(class, predicted)).sum();
        [count(class, class), spurious, missed]
    };
    let right: f64 = classes.iter().map(|class| count(class, class)).sum();
    let mut metrics = BTreeMap::from([
        ("accuracy".to_owned(), ratio(right, sums.values().sum())),
        ("macro_f1".to_owned(), mean(classes.iter().map(|class| f1(of_class(class))))),
        ("f_avg".to_owned(), mean(classes[..2].iter().map(|class| f1(of_class(class))))),
    ]);
    // By the textbook: mean recall, the correlation of indicators, and agreement beyond chance.
    let items: f64 = sums.values().sum();
    let in_gold = |class: &str| of_class(class)[0] + of_class(class)[2];
    let predicted = |class: &str| of_class(class)[0] + of_class(class)[1];
    let occurring = classes.iter().filter(|class| in_gold(class) > 0.0);
    metrics
        .insert("balanced_accuracy".to_owned(), mean(occurring.map(|class| ratio(of_class(class)[0], in_gold(class)))));
    let product = |a: &dyn Fn(&str) -> f64, b: &dyn Fn(&str) -> f64| -> f64 {
        classes.iter().map(|class| a(class) / items * b(class) / items).sum()
    };
    let both = right / items - product(&in_gold, &predicted);
    let spread = (1.0 - product(&in_gold, &in_gold)) * (1.0 - product(&predicted, &predicted));
    metrics.insert("mcc".to_owned(), Some(if spread > 1e-12 { both / spread.sqrt() } else { 0.0 }));
    let by_chance = product(&in_gold, &predicted);
    metrics.insert("cohen_kappa".to_owned(), (by_chance < 1.0).then(|| both / (1.0 - by_chance)));
    for class in classes {
        let counts = of_class(class);
        metrics.insert(format!("precision.{class}"), ratio(counts[0], counts[0] + counts[1]));
        metrics.insert(format!("recall.{class}"), ratio(counts[0], counts[0] + counts[2]));
        metrics.insert(format!("f1.{class}"), f1(counts));
    }
    metrics
}

/// The metrics of SemEval-2013 counts, `MEASURE.COR` and `LABEL.MEASURE.COR`, by the textbook.
fn of_partial(sums: &BTreeMap<String, f64>) -> BTreeMap<String, Option<f64>> {
    let mut metrics = BTreeMap::new();
    for column in
        sums.keys().filter_map(|column| column.strip_suffix(".strict.COR").or(column.strip_suffix("strict.COR")))
    {
        let (prefix, ending) = if column.is_empty() {
            (String::new(), String::new())
        } else {
            (format!("{column}."), format!(".{column}"))
        };
        for measure in ["strict", "exact", "partial", "type"] {
            let count = |kind: &str| sums[&format!("{prefix}{measure}.{kind}")];
            let other = count(if measure == "partial" { "PAR" } else { "INC" });
            let credit = count("COR") + if measure == "partial" { other / 2.0 } else { 0.0 };
            let (actual, possible) = (count("COR") + other + count("SPU"), count("COR") + other + count("MIS"));
            for (name, value) in [
                ("precision", ratio(credit, actual)),
                ("recall", ratio(credit, possible)),
                ("f1", ratio(2.0 * credit, actual + possible)),
            ] {
                metrics.insert(format!("semeval2013.{measure}.{name}{ending}"), value);
            }
        }
    }
    metrics
}

/// The metrics of counts by target, `TARGET.favor.tp`, by the textbook.
fn of_targets(sums: &BTreeMap<String, f64>) -> BTreeMap<String, Option<f64>> {
    let mut metrics = BTreeMap::new();
    for target in sums.keys().filter_map(|column| column.strip_suffix(".items")) {
        let of_class = |class: &str| {
            f1(["tp", "fp", "missed"].map(|kind| sums[&format!("{target}.{class}.{kind}")])).unwrap_or(0.0)
        };
        let value =
            (sums[&format!("{target}.items")] > 0.0).then(|| f64::midpoint(of_class("favor"), of_class("against")));
        metrics.insert(format!("f_avg.target.{target}"), value);
    }
    let all = mean(metrics.values().copied());
    metrics.insert("f_avg.targets".to_owned(), all);
    metrics
}

#[test]
fn every_metric_follows_from_the_counts() {
    let (_desk, results) = finished();
    let mut sums: BTreeMap<(CellKey, String), BTreeMap<String, f64>> = BTreeMap::new();
    for row in &results.counts {
        let family = sums.entry((row.key.clone(), row.family.clone())).or_default();
        *family.entry(row.column.clone()).or_default() += row.count as f64;
    }
    let mut between = 0;
    for row in &results.metrics {
        let of = |family: &str| &sums[&(row.key.clone(), family.to_owned())];
        let again = match (row.key.task.as_str(), row.id.split('.').next().unwrap()) {
            ("ner", "semeval2013") => of_partial(of("semeval2013")),
            ("ner", _) => of_spans(of("exact")),
            (_, "f_avg") if row.id.starts_with("f_avg.target") => of_targets(of("targets")),
            _ => of_stances(of("stance")),
        };
        let again = again.get(&row.id).unwrap_or_else(|| panic!("no formula for {}", row.id));
        match (row.value, again) {
            (Some(value), Some(again)) => assert!((value - again).abs() < 1e-12, "{row:?}: {again}"),
            // Where nothing was found or nothing is there, the signature says what counts.
            (Some(value), None) => assert!(value == 0.0 && row.signature.contains("zero_division=0"), "{row:?}"),
            (None, again) => assert!(again.is_none() && row.reason.is_some(), "{row:?}: {again:?}"),
        }
        between += usize::from(row.value.is_some_and(|value| value > 0.0 && value < 1.0));
    }
    assert_eq!(sums.len(), 8, "four cells, two families each");
    assert!(between > 8, "only {between} values are neither 0 nor 1: the run shows too little");
}

#[test]
fn every_metric_follows_from_predictions_and_gold() {
    let (desk, results) = finished();
    let corpus = Corpus::load(&desk.path("corpus")).unwrap();
    let documents: Vec<&Document> = corpus.documents.iter().collect();
    let mut compared = 0;
    for (task, model) in [("ner", "tagger"), ("ner", "gazetteer"), ("stance", "judge"), ("stance", "majority")] {
        let stored = Stored::open(&desk.path(&format!("out/predictions/{task}.small.{model}.parquet"))).unwrap();
        let lines = if task == "ner" {
            let answers = stored.entities(&documents).unwrap();
            let answers = documents.iter().zip(answers).map(|(d, answer)| (d.id.clone(), answer.entities().to_vec()));
            write_entities(&corpus.documents, &answers.collect(), &Regions::new())
        } else {
            let answers = stored.stances(&documents).unwrap();
            write_stances(&answers.iter().flat_map(|answer| answer.stances().to_vec()).collect::<Vec<StanceLine>>())
        };
        desk.write("pred.jsonl", lines);
        let files = format!("--gold corpus/gold/{task}.jsonl --pred pred.jsonl --documents corpus/documents.jsonl");
        let json = desk.succeeds(&format!("score --task {task} {files} --seed 7 --replicates 200 --format json"));
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["ignored"].as_u64(), Some(0));
        let rows: Vec<_> =
            results.metrics.iter().filter(|row| row.key.task == task && row.key.model == model).collect();
        for metric in json["metrics"].as_array().unwrap() {
            // A label that only this model predicts is unknown to the others, and the other way round.
            let Some(row) = rows.iter().find(|row| metric["id"] == row.id.as_str()) else {
                panic!("the run has no {}", metric["id"])
            };
            for (name, stored) in [("value", row.value), ("low", row.low), ("high", row.high)] {
                let again = metric[name].as_f64();
                let same =
                    again.zip(stored).map_or(again.is_none() == stored.is_none(), |(a, b)| (a - b).abs() < 1e-12);
                assert!(same, "{model} {} {name}: {stored:?} in the run, {again:?} again", row.id);
            }
            compared += 1;
        }
    }
    assert!(compared > 30, "{compared}");
}

#[test]
fn the_errors_and_the_confusion_add_up_to_the_counts() {
    let (_desk, results) = finished();
    let keys: std::collections::BTreeSet<&CellKey> = results.counts.iter().map(|row| &row.key).collect();
    for key in keys {
        let counted = |wanted: &dyn Fn(&str) -> bool| -> usize {
            let main = |row: &&CountRow| ["exact", "stance"].contains(&row.family.as_str());
            let rows = results.counts.iter().filter(main).filter(|row| &row.key == key && wanted(&row.column));
            rows.map(|row| row.count).sum()
        };
        let errors: Vec<_> = results.errors.iter().filter(|row| &row.key == key).map(|row| &row.mistake).collect();
        let confused = results.confusion.iter().filter(|row| &row.key == key).map(|row| &row.confused);
        let right: usize = confused.filter(|c| c.exact && c.gold == c.predicted).map(|c| c.count as usize).sum();
        if key.task == "ner" {
            let of_kind = |kind: &str| counted(&|column| column.rsplit_once('.').is_some_and(|(_, end)| end == kind));
            assert_eq!(right, of_kind("tp"), "{key:?}");
            assert_eq!(errors.iter().filter(|error| error.gold.is_some()).count(), of_kind("missed"), "{key:?}");
            assert_eq!(errors.iter().filter(|error| error.predicted.is_some()).count(), of_kind("fp"), "{key:?}");
        } else {
            let same = |column: &str| column.split_once("_as_").is_some_and(|(gold, predicted)| gold == predicted);
            assert_eq!(right, counted(&same), "{key:?}");
            assert_eq!(errors.len(), counted(&|column| !same(column)), "{key:?}");
        }
    }
}

/// Cohen's kappa and Krippendorff's nominal alpha of pair counts, `A_and_B`, by the textbook.
fn of_pairs(sums: &BTreeMap<String, f64>) -> [f64; 2] {
    let pairs: Vec<(&str, &str, f64)> = sums
        .iter()
        .filter_map(|(column, count)| column.split_once("_and_").map(|(first, second)| (first, second, *count)))
        .collect();
    let units: f64 = pairs.iter().map(|pair| pair.2).sum();
    let equal: f64 = pairs.iter().filter(|pair| pair.0 == pair.1).map(|pair| pair.2).sum();
    let mut shares: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    for (first, second, count) in &pairs {
        shares.entry(first).or_default()[0] += count / units;
        shares.entry(second).or_default()[1] += count / units;
    }
    let by_chance: f64 = shares.values().map(|[first, second]| first * second).sum();
    let kappa = (equal / units - by_chance) / (1.0 - by_chance);
    let pooled = |[first, second]: &[f64; 2]| (first + second) * units;
    let values = 2.0 * units;
    let expected: f64 =
        shares.values().map(|share| pooled(share) * (values - pooled(share))).sum::<f64>() / (values - 1.0);
    [kappa, 1.0 - 2.0 * (units - equal) / expected]
}

#[test]
fn annotator_agreement_follows_from_the_counts() {
    let desk = super::annotators::passes();
    desk.succeeds("run suite.toml --out out");
    let results = open(&desk.path("out")).unwrap();
    let mut compared = 0;
    for task in ["ner", "stance"] {
        let key = CellKey { task: task.to_owned(), corpus: "small".to_owned(), model: "annotators".to_owned() };
        let mut sums: BTreeMap<String, f64> = BTreeMap::new();
        for row in results.counts.iter().filter(|row| row.key == key) {
            *sums.entry(row.column.clone()).or_default() += row.count as f64;
        }
        let metric =
            |id: &str| results.metrics.iter().find(|row| row.key == key && row.id == id).unwrap().value.unwrap();
        for (id, expected) in ["kappa", "alpha"].into_iter().zip(of_pairs(&sums)) {
            assert!((metric(id) - expected).abs() < 1e-12, "{task} {id}: {}, not {expected}", metric(id));
            compared += 1;
        }
    }
    assert_eq!(compared, 4);
}
