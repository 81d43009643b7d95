//! Decoding options: each changes answers as it says, is stored, and is named where it is not the default.

use super::desk::Desk;
use karat::run::{Results, open};
use std::collections::BTreeMap;

/// A finished run of the small suite, whose texts take several windows.
fn finished() -> Desk {
    let desk = Desk::small();
    super::run::lengthen(&desk, 10);
    desk.succeeds("run suite.toml --out first");
    desk
}

/// The run decoded anew with lines in the NER evaluation and in the stance evaluation.
fn decoded(desk: &Desk, ner: &str, stance: &str, name: &str) -> Results {
    let suite = desk.read("suite.toml");
    desk.edit("suite.toml", "windows = {", &format!("{ner}\nwindows = {{"));
    desk.edit("suite.toml", "models = [\"judge\"", &format!("{stance}\nmodels = [\"judge\""));
    desk.succeeds(&format!("run suite.toml --out {name} --from first"));
    desk.write("suite.toml", suite);
    open(&desk.path(name)).unwrap()
}

/// Sums of a model's counts by column, of the family that decides.
fn counts(results: &Results, model: &str) -> BTreeMap<String, usize> {
    let mut sums = BTreeMap::new();
    for row in
        results.counts.iter().filter(|row| row.key.model == model && ["exact", "stance"].contains(&row.family.as_str()))
    {
        *sums.entry(row.column.clone()).or_default() += row.count;
    }
    sums
}

#[test]
fn what_is_not_the_default_is_named_in_records_and_in_signatures_of_stances() {
    let desk = finished();
    let ner = "aggregation = \"max\"\nwindow_rule = \"mean\"\nthreshold = 0.25\ntemperature = 2";
    let stance = "window_rule = \"max\"\nthreshold = 0.5\ntemperature = 0.5\n\
                  template_weights = { favor = [2, 1], against = [1, 1], neutral = [1, 0.5] }";
    let results = decoded(&desk, ner, stance, "other");
    let rules: Vec<&str> = results.record.evaluations.iter().map(|evaluation| evaluation.rule.as_str()).collect();
    let of_stance = "argmax-hypotheses@1,windows=max@1,weights=2:1/1:1/1:0.5,temperature=0.5,threshold=0.5";
    assert_eq!(rules, ["max,windows=mean@1,temperature=2,threshold=0.25", of_stance]);
    let judge = results.metrics.iter().filter(|row| row.key.model == "judge");
    assert!(judge.clone().count() > 0);
    for row in judge {
        assert!(row.signature.contains(&format!("|rule={of_stance}|")), "{}", row.signature);
    }
    assert!(desk.read("other/report.md").contains(&format!("decided by `{of_stance}`")));
    let stored = &results.record.suite["evaluations"];
    assert_eq!((stored[0]["threshold"].as_f64(), stored[0]["temperature"].as_f64()), (Some(0.25), Some(2.0)));
    assert_eq!(stored[1]["template_weights"]["neutral"][1].as_f64(), Some(0.5));
    // The defaults, written out, are the defaults.
    let ner = "aggregation = \"first\"\nwindow_rule = \"context\"\nthreshold = 0\ntemperature = 1.0";
    let same = decoded(&desk, ner, "window_rule = \"mean\"\nthreshold = 0\ntemperature = 1", "same");
    let rules: Vec<&str> = same.record.evaluations.iter().map(|evaluation| evaluation.rule.as_str()).collect();
    assert_eq!(rules, ["first", "argmax-hypotheses@1,windows=mean@1"]);
    assert!(desk.files("first/predictions") == desk.files("same/predictions"));
}

#[test]
fn a_threshold_drops_unsure_entities_and_takes_no_unsure_side() {
    let desk = finished();
    let none = decoded(&desk, "threshold = 1", "threshold = 1", "none");
    let before = open(&desk.path("first")).unwrap();
    let predicted = |results: &Results| -> usize {
        let wrong_or_right = |name: &str| matches!(name.rsplit('.').next(), Some("tp" | "fp"));
        counts(results, "tagger").iter().filter(|(name, _)| wrong_or_right(name)).map(|(_, count)| count).sum()
    };
    assert!(predicted(&before) > 0);
    assert_eq!(predicted(&none), 0);
    // The scores of a side stay beside the answer, which is neutral for each of the four.
    let of_judge = counts(&none, "judge");
    let neutral: usize = of_judge.iter().filter(|(name, _)| name.ends_with("_as_neutral")).map(|c| c.1).sum();
    assert_eq!((neutral, of_judge.values().sum::<usize>()), (4, 4));
}

#[test]
fn every_option_changes_what_is_predicted_and_the_floors_stay() {
    let desk = finished();
    let first = desk.files("first/predictions");
    let options = [
        ("aggregation = \"none\"", "rule = \"entail-vs-contradict\""),
        ("window_rule = \"mean\"", "window_rule = \"max\""),
        ("window_rule = \"max\"", "threshold = 0.9"),
        ("threshold = 0.9", "temperature = 3"),
        ("temperature = 3", "template_weights = { favor = [2, 1], against = [1, 1], neutral = [1, 1] }"),
    ];
    for (at, (ner, stance)) in options.into_iter().enumerate() {
        let name = format!("other{at}");
        decoded(&desk, ner, stance, &name);
        let other = desk.files(&format!("{name}/predictions"));
        for (file, bytes) in &first {
            let floor = file.contains("gazetteer") || file.contains("majority");
            assert_eq!(bytes == &other[file], floor, "{file} with {ner} and {stance}");
        }
    }
}
