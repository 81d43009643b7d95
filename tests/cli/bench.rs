//! `karat bench`: what it measures follows from its rows, and what it times is what a run scores.

use super::desk::Desk;
use karat::stats::{median, outliers, quantile};
use karat::table::Stored;
use serde_json::Value;
use std::collections::BTreeMap;

/// A number of the JSON.
fn of(row: &Value, name: &str) -> f64 {
    row[name].as_f64().unwrap_or_else(|| panic!("{name} of {row}"))
}

/// A column of numbers that are all there.
fn numbers(stored: &Stored, name: &str) -> Vec<f64> {
    stored.number(name).unwrap().into_iter().map(Option::unwrap).collect()
}

/// A column of counts that are all there.
fn counts(stored: &Stored, name: &str) -> Vec<usize> {
    stored.count(name).unwrap().into_iter().map(Option::unwrap).collect()
}

fn same(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-9 * a.abs().max(b.abs()), "{a} and {b}");
}

#[test]
fn every_number_follows_from_the_rows() {
    let desk = Desk::small();
    let line =
        "bench suite.toml --threads 1,2 --batch-tokens 16,64 --rounds 7 --width 1e-9 --price-per-hour 2 --out out";
    let json: Value = serde_json::from_str(&desk.succeeds(&format!("{line} --format json"))).unwrap();
    assert_eq!(json, serde_json::from_str::<Value>(&desk.read("out/bench.json")).unwrap());
    assert_eq!(
        (json["version"].as_u64(), json["rounds"].as_u64(), json["stopped"].as_str()),
        (Some(1), Some(7), Some("rounds"))
    );
    let settings = json["settings"].as_array().unwrap();
    assert_eq!(settings.len(), 8, "two models in four settings each");
    let open = |name: &str| Stored::open(&desk.path("out").join(name)).unwrap();
    let (passes, alone, table) = (open("rounds.parquet"), open("latencies.parquet"), open("bench.parquet"));
    let (of_pass, of_latency) = (counts(&passes, "setting"), counts(&alone, "setting"));
    let phases = ["read", "tokenize", "forward", "decode", "write"];
    let seconds: Vec<Vec<f64>> = phases.iter().map(|phase| numbers(&passes, &format!("{phase}_s"))).collect();
    let (tokens, documents) = (counts(&passes, "tokens"), counts(&passes, "documents"));
    let digests = passes.text("digest").unwrap();
    for (at, row) in settings.iter().enumerate() {
        let setting = at + 1;
        assert_eq!(of(row, "setting") as usize, setting);
        let own: Vec<usize> = (0..of_pass.len()).filter(|&pass| of_pass[pass] == setting).collect();
        assert_eq!((own.len(), of(row, "passes") as usize), (7, 7));
        let rates: Vec<f64> = own.iter().map(|&pass| tokens[pass] as f64 / seconds[2][pass]).collect();
        let rate = median(&rates, 0.95).unwrap();
        same(rate.value, of(row, "tokens_per_second"));
        same(rate.low, of(row, "tokens_per_second_low"));
        same(rate.high, of(row, "tokens_per_second_high"));
        same(rate.coverage, of(row, "coverage"));
        same(rate.value, numbers(&table, "tokens_per_second")[at]);
        let operations = of(row, "operations") * rate.value / of(row, "tokens");
        same(operations, of(row, "operations_per_second"));
        let peak = &json["peaks"][at / 2 % 2]["f32_operations_per_second"];
        let peak = of(peak, "before").max(of(peak, "after"));
        same(operations / peak, of(row, "share_of_peak"));
        assert_eq!(outliers(&rates).len(), row["outliers"].as_array().unwrap().len());
        let whole = |pass: usize| seconds.iter().map(|phase| phase[pass]).sum::<f64>();
        let rates: Vec<f64> = own.iter().map(|&pass| documents[pass] as f64 / whole(pass)).collect();
        let rate = median(&rates, 0.95).unwrap().value;
        same(rate, of(row, "documents_per_second"));
        same(2.0 * 1e6 / rate / 3600.0, of(row, "cost_per_million_documents"));
        for (phase, seconds) in phases.iter().zip(&seconds) {
            let own: Vec<f64> = own.iter().map(|&pass| seconds[pass]).collect();
            same(median(&own, 0.95).unwrap().value, of(&row["seconds"], phase));
        }
        // Proof that what was timed was scored.
        assert!(own.iter().all(|&pass| digests[pass].as_deref() == row["digest"].as_str()));
        let all = alone.number("seconds").unwrap();
        let mut own: Vec<f64> =
            (0..all.len()).filter(|&at| of_latency[at] == setting).map(|at| all[at].unwrap()).collect();
        assert_eq!(own.len(), of(row, "latency_documents") as usize);
        for (name, level) in [("latency_p50_s", 0.5), ("latency_p95_s", 0.95), ("latency_p99_s", 0.99)] {
            same(quantile(&mut own, level).unwrap(), of(row, name));
        }
        if cfg!(target_os = "linux") {
            assert!(of(row, "peak_bytes") > 1e6, "{row}");
        }
    }
    // The engine's numbers do not depend on threads and batches.
    let of_one_model = settings[..4].iter().map(|row| row["digest"].as_str()).collect::<Vec<_>>();
    assert!(of_one_model.windows(2).all(|pair| pair[0] == pair[1]), "{of_one_model:?}");
    assert_eq!((settings[0]["against"].as_u64(), settings[1]["against"].as_u64()), (None, Some(1)));
    assert!(settings[1..4].iter().all(|row| of(row, "flips") == 0.0 && of(row, "difference") == 0.0));
    let not_run: Vec<_> =
        json["not_run"].as_array().unwrap().iter().map(|row| row["model"].as_str().unwrap()).collect();
    assert!(not_run.contains(&"gazetteer") && not_run.contains(&"majority"), "{not_run:?}");
    let peaks = json["peaks"].as_array().unwrap();
    assert_eq!(peaks.iter().map(|peak| peak["threads"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2]);
    assert!(peaks.iter().all(|peak| of(&peak["f32_operations_per_second"], "before") > 0.0));
}

#[test]
fn rounds_are_interleaved() {
    let desk = Desk::small();
    desk.succeeds("bench suite.toml --threads 1,2 --rounds 3 --width 1e-9 --latency 0 --out out");
    let passes = Stored::open(&desk.path("out/rounds.parquet")).unwrap();
    let (settings, rounds, places) = (counts(&passes, "setting"), counts(&passes, "round"), counts(&passes, "place"));
    let mut order: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for at in 0..settings.len() {
        assert_eq!(order.insert((rounds[at], places[at]), settings[at]), None);
    }
    assert_eq!(order.into_values().collect::<Vec<_>>(), [1, 2, 3, 4, 2, 3, 4, 1, 3, 4, 1, 2]);
    assert_eq!(Stored::open(&desk.path("out/latencies.parquet")).unwrap().rows(), 0);
}

#[test]
fn what_is_scored_is_what_a_run_scores() {
    let desk = Desk::small();
    let run: Value = serde_json::from_str(&desk.succeeds("run suite.toml --out run --format json")).unwrap();
    let line = "bench suite.toml --rounds 1 --latency 0 --out bench --format json";
    let bench: Value = serde_json::from_str(&desk.succeeds(line)).unwrap();
    let (of_run, of_bench) = (desk.files("run"), desk.files("bench"));
    assert_eq!(of_run["predictions/ner.small.tagger.parquet"], of_bench["predictions-1.parquet"]);
    assert_eq!(of_run["predictions/stance.small.judge.parquet"], of_bench["predictions-2.parquet"]);
    for row in bench["settings"].as_array().unwrap() {
        let is = |metric: &&Value| metric["model"] == row["model"] && metric["id"] == row["metric"];
        let metric = run["metrics"].as_array().unwrap().iter().find(is).unwrap();
        assert_eq!(
            [&metric["value"], &metric["low"], &metric["high"], &metric["signature"]],
            [&row["accuracy"], &row["accuracy_low"], &row["accuracy_high"], &row["signature"]]
        );
    }
}

#[test]
fn a_bench_leaves_a_folder_with_a_plot() {
    let desk = Desk::small();
    let stdout = desk.succeeds("bench suite.toml --threads 1 --limit 2 --rounds 2 --minutes 1 --out out");
    let files: Vec<String> = desk.files("out").into_keys().collect();
    let tables = ["latencies.parquet", "predictions-1.parquet", "predictions-2.parquet", "rounds.parquet"];
    assert_eq!(files, [&["bench.json", "bench.md", "bench.parquet", "bench.svg"][..], &tables].concat());
    assert!(stdout.contains("ner on small: 2 documents") && stdout.contains("Only the first 2 documents"), "{stdout}");
    assert!(stdout.contains("2 rounds, as many as were allowed"), "{stdout}");
    let page = desk.read("out/bench.md");
    assert!(page.contains("| 1 | tagger | native f32 | 1 |") && page.contains("(bench.svg)"), "{page}");
    assert!(page.contains("not run: gazetteer") && page.contains("a floor has no forward pass"), "{page}");
    let svg = desk.read("out/bench.svg");
    assert!(svg.starts_with("<svg") && svg.contains("ner on small") && svg.contains("macro-F1"), "{svg}");
}

#[test]
fn a_setting_that_is_not_there_is_named() {
    let desk = Desk::small();
    let line = "bench suite.toml --device cpu,cuda --rounds 1 --latency 0";
    let json: Value = serde_json::from_str(&desk.succeeds(&format!("{line} --format json"))).unwrap();
    let lacking = json["not_run"].as_array().unwrap().iter().find(|row| row["model"] == "tagger").unwrap();
    assert_eq!((lacking["device"].as_str(), lacking["engine"].as_str()), (Some("cuda"), Some("native")));
    assert!(lacking["reason"].as_str().unwrap().contains("does not run models in f32 on cuda"), "{lacking}");
    let text = desk.succeeds(line);
    assert!(text.contains("not run: tagger (native (cuda) f32, "), "{text}");
}

#[test]
fn one_model_needs_no_suite_and_no_gold() {
    let desk = Desk::small();
    let line =
        "bench --task ner --model models/tagger --input corpus/documents.jsonl --rounds 1 --threads 1 --format json";
    let plain: Value = serde_json::from_str(&desk.succeeds(line)).unwrap();
    let row = &plain["settings"][0];
    assert_eq!((of(row, "documents"), of(row, "scored_documents")), (3.0, 0.0));
    assert!(row["accuracy"].is_null() && row["metric"].is_null() && of(row, "tokens") > 3.0, "{row}");
    let scored: Value = serde_json::from_str(&desk.succeeds(&format!("{line} --gold corpus/gold/ner.jsonl"))).unwrap();
    let row = &scored["settings"][0];
    assert_eq!((of(row, "scored_documents"), row["metric"].as_str()), (3.0, Some("f1")));
    let line = "bench --task stance --model models/judge --input corpus/documents.jsonl --targets corpus/targets.toml";
    let line = format!("{line} --gold corpus/gold/stance.jsonl --rounds 1 --limit 2 --threads 1 --format json");
    let stance: Value = serde_json::from_str(&desk.succeeds(&line)).unwrap();
    assert_eq!(stance["settings"][0]["scored_documents"].as_u64(), Some(2));
    assert!(of(&stance["settings"][0], "sequences") > of(&stance["settings"][0], "windows"));
}

#[test]
fn what_is_timed_is_as_much_as_a_run_does() {
    let desk = Desk::small();
    // Texts that are the same stand in one chunk and in two, in a document of several windows and in one.
    let text = |at: usize| {
        if at.is_multiple_of(9) { "Zoë Ruiz met the talks. ".repeat(30) } else { format!("Ruiz {}", at % 5) }
    };
    let lines = (0..200).map(|at| serde_json::json!({ "id": at.to_string(), "text": text(at) }).to_string() + "\n");
    desk.write("in.jsonl", lines.collect::<String>());
    let line = "--task ner --model models/tagger --input in.jsonl";
    let predicted = desk.succeeds(&format!("predict {line} --output out.jsonl --format json"));
    let predicted: Value = serde_json::from_str(&predicted).unwrap();
    let bench = desk.succeeds(&format!("bench {line} --rounds 1 --latency 0 --threads 2 --format json"));
    let bench: Value = serde_json::from_str(&bench).unwrap();
    for count in ["documents", "windows", "sequences", "repeated", "tokens"] {
        assert!(predicted[count].as_u64().unwrap() > 0, "{predicted}");
        assert_eq!(bench["settings"][0][count], predicted[count], "{count}");
    }
}

#[test]
fn a_suite_behind_two_dashes_has_its_memory() {
    let desk = Desk::small();
    let line = "bench --threads 1 --rounds 1 --latency 0 --format json --limit 1 -- suite.toml";
    let json: Value = serde_json::from_str(&desk.succeeds(line)).unwrap();
    if cfg!(target_os = "linux") {
        assert!(of(&json["settings"][0], "peak_bytes") > 1e6, "{json}");
    }
    desk.karat(&format!("bench --memory-of 99 {}", &line["bench ".len()..])).assert().code(2);
}

#[test]
fn a_reader_that_is_gone_costs_no_folder() {
    let desk = Desk::small();
    let (code, stderr) = desk.unread("bench suite.toml --threads 1 --rounds 1 --latency 0 --out out");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(desk.files("out").contains_key("bench.json"));
}

#[test]
fn narrow_intervals_end_a_bench() {
    let desk = Desk::small();
    let line = "bench suite.toml --threads 1 --width 1000 --rounds 20 --latency 0 --format json";
    let json: Value = serde_json::from_str(&desk.succeeds(line)).unwrap();
    // Six passes are the fewest from which a median has a 95 % interval.
    assert_eq!((json["rounds"].as_u64(), json["stopped"].as_str()), (Some(6), Some("narrow")));
    let line = "bench suite.toml --threads 1 --width 1e-9 --minutes 1e-9 --latency 0 --format json";
    let json: Value = serde_json::from_str(&desk.succeeds(line)).unwrap();
    assert_eq!((json["rounds"].as_u64(), json["stopped"].as_str()), (Some(1), Some("time")));
    assert_eq!(json["settings"][0]["coverage"].as_f64(), Some(0.0));
}
