//! `karat history`: points are added and never changed; a slow decline is found that no step shows.

use super::rolls::{list, rolls};
use serde_json::Value;

#[test]
fn a_decline_that_no_step_shows_is_a_slow_drift() {
    let desk = rolls(60);
    // Each run finds two fewer of 240 names than the one before.
    for point in 0..9 {
        list(&desk, "names", 60, |at| at >= 2 * point);
        desk.succeeds(&format!("run suite.toml --out runs/{point}"));
        desk.succeeds(&format!("history --add runs/{point} --margin 0.004 --replicates 1000"));
    }
    let history: Value =
        serde_json::from_str(&desk.succeeds("history --margin 0.004 --replicates 5000 --format json")).unwrap();
    let series = history["series"].as_array().unwrap();
    assert_eq!(series.len(), 2, "a series a model");
    let names = &series[0];
    assert_eq!((names["model"].as_str(), names["id"].as_str()), (Some("names"), Some("f1")));
    let moments = names["moments"].as_array().unwrap();
    assert_eq!(moments.len(), 9);
    assert!(moments[1..].iter().all(|moment| moment["step"]["verdict"] != "regressed"), "{moments:?}");
    assert_eq!(moments[3]["changes"][0]["what"], "names.tsv");
    let drift = &names["drift"];
    assert_eq!((drift["slow"].as_bool(), drift["verdict"].as_str()), (Some(true), Some("regressed")));
    assert_eq!((drift["since"].as_u64(), drift["looks"].as_u64()), (Some(1), Some(8)));
    // α·6/(π²·8²) of 0.05.
    assert!((drift["confidence"].as_f64().unwrap() - 0.999_525).abs() < 1e-6);
    assert_eq!(series[1]["drift"]["slow"].as_bool(), Some(false));
    let page = desk.succeeds("history --margin 0.004 --replicates 5000");
    assert!(page.contains("Slow drift: worse by more than the margin of 0.004, though no single step was."), "{page}");
    assert!(page.contains(" █▇▆▅▅▄▃▂▁  1.000 → 0.966\n"), "{page}");
    let svg = desk.succeeds("history --format svg");
    assert!(svg.starts_with("<svg") && svg.matches("<circle").count() >= 18, "{}", &svg[..200]);
}

#[test]
fn a_history_is_only_ever_added_to() {
    let desk = rolls(8);
    desk.succeeds("run suite.toml --out a");
    desk.succeeds("history --add a");
    let before = desk.files("history");
    assert_eq!(before.len(), 5, "a folder with four files");
    desk.refuses(
        "history --add a",
        "error: run `a` stands in the history already, as point 1
hint: leave it out; nothing was added
",
    );
    list(&desk, "names", 8, |at| at > 1);
    desk.succeeds("run suite.toml --out b");
    desk.succeeds("history --add b");
    let after = desk.files("history");
    assert_eq!(after.len(), 10);
    assert!(before.iter().all(|(name, bytes)| &after[name] == bytes));
    let between = desk.succeeds("history --between 1 2");
    assert!(between.starts_with("Point 2 (b) against point 1 (a)\n"), "{between}");
    assert!(between.contains("ner on rolls, names: 1.000 → 0.968 (−0.032)\n"), "{between}");
    assert!(between.contains("names.tsv"), "{between}");
}

#[test]
fn a_damaged_history_is_refused_and_points_added_at_once_are_all_there() {
    let desk = rolls(8);
    for name in ["a", "b", "c", "d"] {
        list(&desk, "names", 8, |at| at != usize::from(name.as_bytes()[0] - b'a'));
        desk.succeeds(&format!("run suite.toml --out {name}"));
    }
    std::thread::scope(|scope| {
        for name in ["a", "b", "c", "d"] {
            let desk = &desk;
            scope.spawn(move || desk.succeeds(&format!("history --add {name}")));
        }
    });
    let history: Value = serde_json::from_str(&desk.succeeds("history --format json")).unwrap();
    let mut runs: Vec<&str> = Vec::new();
    runs.extend(
        history["series"][0]["moments"].as_array().unwrap().iter().map(|moment| moment["run"].as_str().unwrap()),
    );
    runs.sort_unstable();
    assert_eq!(runs, ["a", "b", "c", "d"]);
    let second = std::fs::read(desk.path("history/000002/counts.parquet")).unwrap();
    desk.write("history/000003/counts.parquet", second);
    desk.refuses(
        "history",
        "error: `history/000003/counts.parquet` is not the file that it was
hint: bring the file back from version control, or bless and add runs anew
",
    );
    std::fs::remove_dir_all(desk.path("history/000003")).unwrap();
    desk.refuses(
        "history",
        "error: the history in `history` has no point 3, and later ones
hint: bring it back from version control; nothing was read or added
",
    );
}

#[test]
fn a_run_on_fewer_documents_is_compared_with_its_like() {
    let desk = rolls(12);
    for (point, options) in [(1, ""), (2, " --limit 8"), (3, "")] {
        list(&desk, "names", 12, |at| at != point);
        desk.succeeds(&format!("run suite.toml --out runs/{point}{options}"));
        desk.succeeds(&format!("history --add runs/{point}"));
    }
    let history: Value = serde_json::from_str(&desk.succeeds("history --format json")).unwrap();
    let moments = history["series"][0]["moments"].as_array().unwrap();
    assert_eq!(moments[1]["step"], "not comparable");
    assert_eq!(moments[1]["changes"][0]["what"], "documents scored");
    assert!(moments[2]["step"]["difference"].is_number(), "{}", moments[2]);
    assert_eq!(history["series"][0]["drift"]["since"].as_u64(), Some(1));
}

#[test]
fn other_gold_begins_a_new_stretch() {
    let desk = rolls(8);
    desk.succeeds("run suite.toml --out a");
    let gold = desk.read("corpus/gold/ner.jsonl");
    desk.write("corpus/gold/ner.jsonl", gold.replacen("\"LOC\"", "\"PER\"", 1));
    desk.succeeds("run suite.toml --out b");
    let page = desk.succeeds("history --add a --add b");
    assert!(page.contains("not comparable"), "{page}");
    assert!(page.contains("There is no earlier point to compare the last one with."), "{page}");
}

#[test]
fn what_is_not_there_is_named() {
    let desk = rolls(8);
    desk.refuses("history", "error: there is no history in `history`\nhint: `karat history --add RUN` begins one\n");
    desk.refuses(
        "history --add corpus",
        "error: `corpus` is no run: it has no `run.json`\nhint: runs stand under reports/; name one\n",
    );
    desk.succeeds("run suite.toml --out a");
    desk.succeeds("history --add a");
    desk.refuses(
        "history --between 1 5",
        "error: the history has no point 5; it has points 1 to 1\nhint: `karat history --format json` lists what there is\n",
    );
    desk.refuses(
        "history --metric f9",
        "error: no point of the history has a metric `f9`\nhint: `karat history --format json` lists what there is\n",
    );
}
