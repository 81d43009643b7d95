//! Tuning: settings are tried on one split, the best answers another, and the report says which number is which.

use super::desk::Desk;
use super::run::{assert_same, lengthen, results};
use karat::run::{Results, open};
use karat::table::{Role, SweepRow};

const NER: &str = "tune = { split = \"dev\", aggregation = [\"first\", \"average\", \"max\", \"none\"], \
                   threshold = [0.0, 0.35, 0.5], window_rule = [\"context\", \"mean\", \"max\"] }";
const STANCE: &str = "tune = { split = \"dev\", rule = [\"argmax-hypotheses\", \"entail-vs-contradict\"], \
                      window_rule = [\"mean\", \"max\"], threshold = [0.0, 0.34, 0.4], temperature = [1, 2], \
                      template_weights = [{ favor = [1, 1], against = [1, 1], neutral = [1, 1] }, \
                      { favor = [1, 0], against = [1, 0], neutral = [1, 0] }] }";

/// The small corpus in two splits, `c` and `a` for tuning, `b` to report on; `tune` is left out where it is empty.
fn desk(ner: &str, stance: &str) -> Desk {
    let desk = Desk::small();
    lengthen(&desk, 10);
    let corpus = desk.read("corpus/corpus.toml");
    desk.write("corpus/corpus.toml", corpus + "[splits]\ndev = [\"a\", \"c\"]\ntest = [\"b\"]\n");
    desk.edit("suite.toml", "windows = {", &format!("split = \"test\"\n{ner}\nwindows = {{"));
    desk.edit("suite.toml", "models = [\"judge\"", &format!("split = \"test\"\n{stance}\nmodels = [\"judge\""));
    desk
}

fn rows<'a>(results: &'a Results, model: &str) -> Vec<&'a SweepRow> {
    results.sweep.iter().filter(|row| row.key.model == model).collect()
}

/// The headline metric of a model in a run.
fn headline(results: &Results, model: &str) -> Option<f64> {
    let id = if model == "tagger" { "f1" } else { "macro_f1" };
    results.metrics.iter().find(|row| row.key.model == model && row.id == id).unwrap().value
}

#[test]
fn the_best_setting_on_one_split_answers_the_other() {
    let desk = desk(NER, STANCE);
    let summary = desk.succeeds("run suite.toml --out out");
    let results = open(&desk.path("out")).unwrap();
    let report = desk.read("out/report.md");
    for (model, settings, evaluation) in [("tagger", 36, 0), ("judge", 48, 1)] {
        let rows = rows(&results, model);
        assert_eq!(rows.len(), 1 + settings, "{model}");
        assert_eq!(rows[0].role, Role::Untuned);
        assert!(rows[1..].iter().all(|row| row.role == Role::Grid));
        let chosen: Vec<&&SweepRow> = rows.iter().filter(|row| row.chosen).collect();
        let best = rows[1..].iter().filter_map(|row| row.dev).fold(f64::NEG_INFINITY, f64::max);
        let first = rows[1..].iter().find(|row| row.dev == Some(best)).unwrap();
        assert_eq!((chosen.len(), &chosen[0].setting), (1, &first.setting), "{model}");
        assert_eq!(chosen[0].test, headline(&results, model), "{model}");
        let with_test = rows.iter().filter(|row| row.test.is_some()).count();
        assert!(with_test <= 2, "what was not chosen is not looked at on the other split");
        let record = &results.record.evaluations[evaluation];
        let tune = record.tune.as_ref().unwrap();
        assert_eq!((tune.split.as_str(), tune.documents, tune.settings), ("dev", 2, settings));
        assert_eq!(tune.chosen.iter().collect::<Vec<_>>(), [(&model.to_owned(), &chosen[0].setting)]);
        assert_eq!((record.documents, record.split.as_deref()), (1, Some("test")));
        assert!(report.contains(&format!("`{}`", chosen[0].setting)), "{report}");
        assert!(summary.contains(&format!("{model}: of {settings} settings, {}", chosen[0].setting)), "{summary}");
    }
    assert!(report.contains("### Settings chosen on split `dev`"), "{report}");
    let of_judge = &rows(&results, "judge").into_iter().find(|row| row.chosen).unwrap().setting;
    for row in results.metrics.iter().filter(|row| row.key.task == "stance") {
        let rule = if row.key.model == "judge" { of_judge.as_str() } else { "argmax-hypotheses@1,windows=mean@1" };
        assert!(row.signature.contains(&format!("|rule={rule}|")), "{}", row.signature);
    }
}

#[test]
fn values_are_those_of_runs_that_have_the_setting_written() {
    let desk = desk("tune = { split = \"dev\", threshold = [0.9, 0.35], aggregation = [\"max\", \"none\"] }", "");
    desk.succeeds("run suite.toml --out out");
    let tuned = open(&desk.path("out")).unwrap();
    let suite = desk.read("suite.toml");
    let (before, after) = suite.split_once("tune = {").unwrap();
    let (_, after) = after.split_once('\n').unwrap();
    for (at, row) in rows(&tuned, "tagger").into_iter().enumerate() {
        let options = match row.setting.split_once(",threshold=") {
            Some((aggregation, threshold)) => format!("aggregation = \"{aggregation}\"\nthreshold = {threshold}"),
            None => format!("aggregation = \"{}\"", row.setting),
        };
        for (split, value) in [("dev", Some(row.dev)), ("test", row.test.map(Some))] {
            let Some(value) = value else { continue };
            let before = before.replace("split = \"test\"", &format!("split = \"{split}\""));
            desk.write("plain.toml", format!("{before}{options}\n{after}"));
            desk.succeeds(&format!("run plain.toml --out {split}{at}"));
            assert_eq!(
                headline(&open(&desk.path(&format!("{split}{at}"))).unwrap(), "tagger"),
                value,
                "{}",
                row.setting
            );
        }
    }
    // The grid stands in the order written: what is written last changes fastest.
    let settings: Vec<&str> = rows(&tuned, "tagger").into_iter().map(|row| row.setting.as_str()).collect();
    let expected = ["first", "max,threshold=0.9", "none,threshold=0.9", "max,threshold=0.35", "none,threshold=0.35"];
    assert_eq!(settings, expected);
}

#[test]
fn the_number_of_threads_and_the_way_to_the_logits_change_no_byte() {
    let desk = desk(NER, STANCE);
    desk.succeeds("run suite.toml --out one --threads 1");
    desk.succeeds("run suite.toml --out three --threads 3");
    assert_same(&results(&desk, "one"), &results(&desk, "three"));
    desk.succeeds("run suite.toml --out again --from one --threads 3");
    for part in ["predictions", "logits"] {
        assert_same(&desk.files(&format!("one/{part}")), &desk.files(&format!("again/{part}")));
    }
    let sweep = |run: &str| std::fs::read(desk.path(&format!("{run}/tables/sweep.parquet"))).unwrap();
    assert!(sweep("one") == sweep("again"));
}

#[test]
fn a_run_of_both_splits_can_be_tuned_later_and_one_of_the_other_split_cannot() {
    let desk = desk("", "");
    desk.edit("suite.toml", "split = \"test\"\n\nwindows", "windows");
    desk.edit("suite.toml", "split = \"test\"\n\nmodels", "models");
    desk.succeeds("run suite.toml --out all");
    desk.edit("suite.toml", "windows = {", &format!("split = \"test\"\n{NER}\nwindows = {{"));
    desk.edit("suite.toml", "models = [\"judge\"", &format!("split = \"test\"\n{STANCE}\nmodels = [\"judge\""));
    desk.succeeds("run suite.toml --out tuned --from all");
    assert_eq!(open(&desk.path("tuned")).unwrap().sweep.len(), 37 + 49);
}
