//! `karat compare`: differences, verdicts and flips that are known beforehand.

use super::desk::Desk;
use super::rolls::{list, rolls};
use serde_json::Value;

fn json(desk: &Desk, line: &str) -> Value {
    serde_json::from_str(&desk.succeeds(&format!("{line} --format json"))).unwrap()
}

fn metric<'a>(pair: &'a Value, id: &str) -> &'a Value {
    pair["metrics"].as_array().unwrap().iter().find(|metric| metric["id"] == id).unwrap()
}

/// Half of the documents lose one entity of four.
fn half() -> Desk {
    let desk = rolls(40);
    list(&desk, "other", 40, |at| at % 2 == 0);
    desk.succeeds("run suite.toml --out out");
    desk
}

#[test]
fn the_models_of_a_run_are_compared_with_each_other() {
    let desk = half();
    let compared = json(&desk, "compare out");
    let pair = &compared["pairs"][0];
    assert_eq!(
        (pair["candidate"]["model"].as_str(), pair["baseline"]["model"].as_str()),
        (Some("other"), Some("names"))
    );
    let f1 = metric(pair, "f1");
    // 140 of 160 found and nothing else: F1 = 280 / 300.
    assert_eq!(f1["baseline"].as_f64(), Some(1.0));
    assert!((f1["difference"].as_f64().unwrap() - (280.0 / 300.0 - 1.0)).abs() < 1e-12);
    assert_eq!(f1["verdict"], "regressed");
    assert!(f1["high"].as_f64().unwrap() < -0.01 && f1["p"].as_f64().unwrap() < 0.001);
    assert_eq!(metric(pair, "f1.LOC")["verdict"], "equivalent");
    let flips = &pair["flips"];
    assert_eq!((flips["gained"].as_u64(), flips["lost"].as_u64()), (Some(0), Some(20)));
    assert_eq!(flips["negative_rate"].as_f64(), Some(20.0 / 160.0));
    assert!((flips["mcnemar_p"].as_f64().unwrap() - 2.0 * 0.5_f64.powi(20)).abs() < 1e-15);
    assert_eq!(flips["items"].as_array().unwrap().len(), 20);
    assert_eq!(flips["items"][0]["document"], "d001");
    assert_eq!(flips["items"][0]["kind"], "missed");
    // Every scoring that tells the two apart puts `names` first; without PER nothing does.
    let multiverse = &pair["multiverse"];
    assert_eq!(multiverse["same_first"], multiverse["decided"]);
    let without = multiverse["scorings"].as_array().unwrap().iter().find(|s| s["name"] == "f1 without PER").unwrap();
    assert_eq!(without["difference"].as_f64(), Some(0.0));
}

#[test]
fn the_page_says_the_verdict_the_flips_and_what_differs() {
    let desk = half();
    desk.write("models/names/names.tsv", "PER\tAna\nPER\tBea\nLOC\tDoha\n");
    desk.succeeds("run suite.toml --out later");
    let page = desk.succeeds("compare out later");
    for words in [
        "ner on rolls: names (later) against names (out), 40 documents, 160 gold entities\n",
        "Regressed: names (later) is worse than names (out); f1 −0.143 [",
        "Flips: of 160 gold items 0 are newly right and 40 newly wrong (negative-flip rate 25.0 %",
        "- newly wrong: d000 PER “Qaa”, the candidate has nothing — …Ana met Bea and Qaa in Doha.…",
        "Equivalent: other (later) is neither better nor worse than other (out) by more than 0.01; f1 +0.000 [+0.000, +0.000].\n",
        "Nothing that went in differs.\n",
    ] {
        assert!(page.contains(words), "no `{words}` in {page}");
    }
    let changed = page.lines().filter(|line| line.trim_start().starts_with("names.tsv"));
    assert_eq!(changed.count(), 1);
    let markdown = desk.succeeds("compare out later --format md");
    assert!(
        markdown.contains("| metric | names (out) | names (later) | difference | p | p (Holm) | verdict |\n"),
        "{markdown}"
    );
}

#[test]
fn a_wide_margin_makes_the_same_difference_equivalent() {
    let desk = half();
    let compared = json(&desk, "compare out --margin 0.2 --interval bca --seed 9");
    assert_eq!(metric(&compared["pairs"][0], "f1")["verdict"], "equivalent");
    assert_eq!((compared["margin"].as_f64(), compared["interval"].as_str()), (Some(0.2), Some("bca")));
}

#[test]
fn few_documents_are_inconclusive_and_say_what_would_settle_it() {
    let desk = rolls(12);
    list(&desk, "other", 12, |at| at != 3);
    desk.succeeds("run suite.toml --out out");
    let pair = &json(&desk, "compare out")["pairs"][0];
    let f1 = metric(pair, "f1");
    assert_eq!(f1["verdict"], "inconclusive");
    assert!(f1["documents_needed"].as_u64().unwrap() > 12);
    let page = desk.succeeds("compare out");
    assert!(page.contains("With 12 such documents a difference of "), "{page}");
    assert!(page.contains("Only 12 documents were scored"), "{page}");
}

#[test]
fn the_same_seed_gives_the_same_page() {
    let desk = half();
    assert_eq!(desk.succeeds("compare out"), desk.succeeds("compare out"));
    assert_ne!(desk.succeeds("compare out --seed 1"), desk.succeeds("compare out --seed 2"));
}

#[test]
fn differences_of_a_run_are_those_of_compare_seen_from_the_other_side() {
    let desk = half();
    let results = karat::run::open(&desk.path("out")).unwrap();
    let compared = json(&desk, "compare out");
    let mut rows = 0;
    for row in &results.differences {
        let theirs = metric(&compared["pairs"][0], &row.id);
        let contrast = row.contrast.unwrap();
        assert_eq!(theirs["difference"].as_f64(), Some(-contrast.value), "{}", row.id);
        assert!((theirs["low"].as_f64().unwrap() + contrast.interval.high).abs() < 1e-12, "{}", row.id);
        assert_eq!(theirs["p"].as_f64(), Some(contrast.p), "{}", row.id);
        assert_eq!(theirs["p_holm"].as_f64(), row.p_holm, "{}", row.id);
        rows += 1;
    }
    assert_eq!(rows, results.metrics.len() / 2);
}
