//! What the repository holds is what it says it is.

use super::desk::repository;
use snapbox::cmd::Command;

fn karat(line: &str) -> Command {
    Command::new(env!("CARGO_BIN_EXE_karat")).args(line.split_whitespace()).current_dir(repository(""))
}

#[test]
fn the_bundled_corpus_is_what_its_annotated_sources_give() {
    karat("gold import data/envoy/source --into data/envoy --check").assert().success().stdout_eq("");
}

#[test]
fn every_suite_passes_its_check() {
    let mut suites = 0;
    for entry in std::fs::read_dir(repository("suites")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if std::path::Path::new(&name).extension().is_some_and(|ending| ending == "toml") {
            // A build without the second engine can check a suite that asks for it no further than this.
            let checked = karat(&format!("check suites/{name}")).output().unwrap();
            let said = String::from_utf8(checked.stderr).unwrap();
            let left_out = !cfg!(feature = "rust-bert") && said.contains("was built without the engine `rust-bert`");
            assert!(left_out == (name == "engines.toml" && !cfg!(feature = "rust-bert")), "{name}: {said}");
            assert!(left_out || (checked.status.success() && said.is_empty()), "{name}: {said}");
            suites += 1;
        }
    }
    assert!(suites > 0);
}

fn json(line: &str) -> serde_json::Value {
    let output = karat(line).output().unwrap();
    assert!(output.status.success(), "karat {line}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The cells of a Markdown table's row that begins with `name`.
fn row(card: &str, name: &str) -> Vec<String> {
    let line = card.lines().find(|line| line.starts_with(&format!("| {name} |")));
    let line = line.unwrap_or_else(|| panic!("the data card has no row `{name}`"));
    line.trim_matches('|').split('|').skip(1).map(|cell| cell.trim().replace(',', "")).collect()
}

#[test]
fn the_data_card_has_the_counts_that_gold_check_prints() {
    let card = std::fs::read_to_string(repository("data/envoy/README.md")).unwrap();
    let counts = &json("gold check data/envoy --format json")["counts"];
    let mut compared = 0;
    for (name, found) in counts.as_object().unwrap() {
        let found = ["all", "dev", "test"].map(|split| found[split].to_string());
        if found.iter().any(|count| count != "0") {
            assert_eq!(row(&card, name), found, "{name}");
            compared += 1;
        }
    }
    assert_eq!(compared, 9);
}

#[test]
fn the_data_card_has_the_agreement_that_gold_agree_prints() {
    let card = std::fs::read_to_string(repository("data/envoy/README.md")).unwrap();
    let agreement = json("gold agree data/envoy --format json");
    let metric = |task: usize, id: &str| {
        let metrics = agreement["tasks"][task]["metrics"].as_array().unwrap();
        metrics.iter().find(|metric| metric["id"] == id).unwrap().clone()
    };
    let short = |value: &serde_json::Value| format!("{:.3}", value.as_f64().unwrap());
    let with_ends = |metric: &serde_json::Value| format!("{} to {}", short(&metric["low"]), short(&metric["high"]));
    let f1 = metric(0, "f1");
    assert_eq!(row(&card, "pairwise entity F1, exact span and label"), [short(&f1["value"]), with_ends(&f1)]);
    let labels = ["LOC", "MISC", "ORG", "PER"].map(|label| short(&metric(0, &format!("f1.{label}"))["value"]));
    assert_eq!(row(&card, "of LOC, MISC, ORG, PER")[0], labels.join(" "));
    let (kappa, alpha) = (metric(0, "kappa"), metric(0, "alpha"));
    let words = row(&card, "entities by words: Cohen's κ, Krippendorff's α");
    assert_eq!(words, [[short(&kappa["value"]), short(&alpha["value"])].join(" "), with_ends(&kappa)]);
    assert_eq!((metric(1, "kappa")["value"].as_f64(), metric(1, "alpha")["value"].as_f64()), (Some(1.0), Some(1.0)));
    let decided = &json("gold check data/envoy --format json")["adjudication"];
    let said =
        format!("{} places were decided for the first pass, {} for the second", decided["first"], decided["second"]);
    assert!(card.contains(&said), "{said}");
}
