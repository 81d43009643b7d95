//! `karat run --from RUN`: a run's logits are decoded anew, and no model goes forward.

use super::desk::Desk;
use super::run::{assert_same, lengthen, results};
use karat::table::ThroughputRow;

const FIRST: &str = "run suite.toml --out first";
const AGAIN: &str = "run suite.toml --out again --from first";

/// One hypothesis a stance, of the two that the defaults have; `which` is 0 or 1.
fn one_hypothesis_a_stance(desk: &Desk, which: usize) {
    let favor = ["The author of this text is in favour of {}.", "This text is favourable towards {}."][which];
    let against = ["The author of this text is against {}.", "This text is critical of {}."][which];
    let neutral = ["The author of this text is neutral towards {}.", "This text takes no side on {}."][which];
    let line = format!(
        "hypotheses = {{ favor = [\"{favor}\"], against = [\"{against}\"], neutral = [\"{neutral}\"] }}\nmodels = [\"judge\""
    );
    desk.edit("suite.toml", "models = [\"judge\"", &line);
}

/// The files of a folder of a run.
fn folder(desk: &Desk, name: &str) -> std::collections::BTreeMap<String, Vec<u8>> {
    desk.files(name)
}

#[test]
fn with_nothing_changed_the_answers_are_the_same_bytes() {
    let desk = Desk::small();
    lengthen(&desk, 10);
    desk.succeeds(FIRST);
    let summary = desk.succeeds(AGAIN);
    assert!(summary.starts_with("no model went forward"), "{summary}");
    for part in ["predictions", "logits"] {
        assert_same(&folder(&desk, &format!("first/{part}")), &folder(&desk, &format!("again/{part}")));
    }
    for table in ["metrics", "counts", "confusion", "errors", "differences", "ledger"] {
        let read = |run: &str| std::fs::read(desk.path(&format!("{run}/tables/{table}.parquet"))).unwrap();
        assert!(read("first") == read("again"), "{table} differs");
    }
    let again = karat::run::open(&desk.path("again")).unwrap();
    for row in &again.throughput {
        let engine = if row.key.model == "tagger" || row.key.model == "judge" { ThroughputRow::STORED } else { "none" };
        assert_eq!((row.engine.as_str(), row.tokens, row.sequences), (engine, 0, 0), "{row:?}");
        assert!(row.seconds[2] == 0.0 && row.tokens_per_second().is_none(), "{row:?}");
    }
    let from = again.record.logits_from.unwrap();
    let files: Vec<&String> = from.digests.keys().collect();
    assert_eq!(files, ["logits/ner.small.tagger.parquet", "logits/stance.small.judge.parquet"]);
    assert_eq!((again.record.engine.as_str(), again.record.precision.as_str()), ("native", "f32"));
    assert!(karat::run::open(&desk.path("first")).unwrap().record.logits_from.is_none());
    let report = desk.read("again/report.md");
    assert!(report.contains("No model went forward") && report.contains("nothing went forward"), "{report}");
    // What was decoded anew can be decoded anew, and its place is no part of a result.
    desk.succeeds("run suite.toml --out third --from again");
    assert_same(&results(&desk, "again"), &results(&desk, "third"));
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let desk = Desk::small();
    lengthen(&desk, 10);
    desk.succeeds(FIRST);
    desk.succeeds("run suite.toml --out one --from first --threads 1");
    desk.succeeds("run suite.toml --out three --from first --threads 3");
    assert_same(&results(&desk, "one"), &results(&desk, "three"));
}

#[test]
fn another_decoding_gives_what_a_whole_run_of_it_gives() {
    let desk = Desk::small();
    lengthen(&desk, 10);
    desk.succeeds(FIRST);
    desk.edit("suite.toml", "windows = {", "aggregation = \"max\"\nwindows = {");
    desk.edit("suite.toml", "models = [\"judge\"", "rule = \"entail-vs-contradict\"\nmodels = [\"judge\"");
    desk.succeeds(AGAIN);
    desk.succeeds("run suite.toml --out whole");
    for part in ["predictions", "logits"] {
        assert_same(&folder(&desk, &format!("whole/{part}")), &folder(&desk, &format!("again/{part}")));
    }
    assert!(folder(&desk, "first/predictions") != folder(&desk, "again/predictions"));
}

#[test]
fn fewer_documents_and_fewer_hypotheses_can_be_taken() {
    let desk = Desk::small();
    lengthen(&desk, 10);
    desk.succeeds(FIRST);
    // The longest hypothesis stays: windows are those of a run that asks these alone.
    one_hypothesis_a_stance(&desk, 0);
    desk.succeeds("run suite.toml --out again --from first --limit 2");
    desk.succeeds("run suite.toml --out whole --limit 2");
    for part in ["predictions", "logits"] {
        assert_same(&folder(&desk, &format!("whole/{part}")), &folder(&desk, &format!("again/{part}")));
    }
}

#[test]
fn hypotheses_keep_the_windows_in_which_they_were_asked() {
    let desk = Desk::small();
    lengthen(&desk, 10);
    desk.succeeds(FIRST);
    // Without the longest hypothesis a fresh run would cut other windows; the stored logits stand in theirs.
    one_hypothesis_a_stance(&desk, 1);
    desk.succeeds(AGAIN);
    let rows = karat::run::open(&desk.path("again")).unwrap().ledger;
    let sequences =
        |rows: &[karat::table::LedgerRow]| rows.iter().find(|row| row.key.model == "judge").unwrap().sequences;
    let before = karat::run::open(&desk.path("first")).unwrap().ledger;
    assert_eq!(2 * sequences(&rows), sequences(&before));
}
