//! The same models by two engines, in one run: what the run says of them follows from what it stores.

use super::desk::Desk;
use super::run::lengthen;
use karat::engine::{Device, EngineName, Precision, Runtime};
use karat::run::{Results, open};
use karat::table::Stored;

const RUST_BERT: Runtime = Runtime { engine: EngineName::RustBert, precision: Precision::F32, device: Device::Cpu };

/// The small suite with each model a second time, by the other engine.
fn both() -> Desk {
    let desk = Desk::small();
    lengthen(&desk, 12);
    for (model, second) in [("tagger", "gazetteer"), ("judge", "majority")] {
        let entry =
            format!("[models.{model}-torch]\npath = \"models/{model}\"\nengine = \"rust-bert\"\n\n[models.{second}]");
        desk.edit("suite.toml", &format!("[models.{second}]"), &entry);
        desk.edit("suite.toml", &format!("[\"{model}\""), &format!("[\"{model}\", \"{model}-torch\""));
    }
    desk
}

fn finished(desk: &Desk) -> Results {
    desk.succeeds("run suite.toml --out out");
    open(&desk.path("out")).unwrap()
}

#[test]
fn the_engines_agree_and_the_table_follows_from_the_stored_logits() {
    let desk = both();
    let results = finished(&desk);
    let pairs: Vec<_> = results.engines.iter().map(|row| (row.key.model.as_str(), row.other.as_str())).collect();
    assert_eq!(pairs, [("tagger-torch", "tagger"), ("judge-torch", "judge")]);
    for row in &results.engines {
        let logits = |model: &str| {
            let file = format!("out/logits/{}.small.{model}.parquet", row.key.task);
            Stored::open(&desk.path(&file)).unwrap().vectors("logits").unwrap().1
        };
        let (one, other) = (logits(&row.key.model), logits(&row.other));
        assert_eq!(one.len(), other.len());
        let largest = one.iter().zip(&other).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert_eq!((row.logits, row.largest), (Some(one.len()), Some(f64::from(largest))));
        assert!(largest > 0.0 && largest <= 1e-5, "{largest:e}");
        assert_eq!((row.runtime.as_str(), row.other_runtime.as_str()), ("rust-bert f32", "native f32"));
        assert_eq!((row.documents, row.changed, row.changed_documents), (3, 0, 0));
        assert!(row.answers > 0);
        let predictions = |model: &str, columns: [&str; 2]| {
            let file = format!("out/predictions/{}.small.{model}.parquet", row.key.task);
            let stored = Stored::open(&desk.path(&file)).unwrap();
            columns.map(|column| stored.text(column).unwrap())
        };
        let columns = if row.key.task == "ner" { ["text", "label"] } else { ["target", "stance"] };
        assert_eq!(predictions(&row.key.model, columns), predictions(&row.other, columns));
    }
    let summary = desk.succeeds("run suite.toml --out again");
    assert!(summary.contains("same weights: tagger-torch (rust-bert f32) against tagger (native f32): "), "{summary}");
    assert!(summary.contains("; 0 of 4 answers changed"), "{summary}");
    assert!(desk.read("out/report.md").contains("## Engines: the same weights, run in two ways"));
}

#[test]
fn records_say_what_ran_each_model() {
    let desk = both();
    let results = finished(&desk);
    let record = &results.record;
    assert_eq!((record.engine.as_str(), record.precision.as_str()), ("native, rust-bert", "f32"));
    assert_eq!(record.models["tagger-torch"].runtime, Some(RUST_BERT));
    assert_eq!(record.models["tagger"].runtime, Some(Runtime::default()));
    assert_eq!(record.models["majority"].runtime, None);
    let engine = |model: &str| {
        let row = results.throughput.iter().find(|row| row.key.model == model).unwrap();
        assert_eq!(
            record.facts(&row.key).get("engine").unwrap(),
            if row.engine == "none" { "native" } else { &row.engine }
        );
        row.engine.clone()
    };
    assert_eq!(["tagger", "tagger-torch", "majority"].map(engine), ["native", "rust-bert", "none"]);
    // Without the file of what the record promises, the run is refused.
    std::fs::remove_file(desk.path("out/tables/engines.parquet")).unwrap();
    assert!(open(&desk.path("out")).is_err());
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let desk = both();
    for threads in [1, 3] {
        desk.succeeds(&format!("run suite.toml --engine rust-bert --out out{threads} --threads {threads}"));
    }
    for part in ["logits", "predictions"] {
        assert!(desk.files(&format!("out1/{part}")) == desk.files(&format!("out3/{part}")), "{part}");
    }
    let results = open(&desk.path("out1")).unwrap();
    assert!(results.engines.is_empty() && !desk.path("out1/tables/engines.parquet").exists());
    assert_eq!(results.record.engine, "rust-bert");
}

#[test]
fn logits_that_are_decoded_anew_keep_what_made_them() {
    let desk = both();
    finished(&desk);
    desk.succeeds("run suite.toml --from out --out again");
    let (first, again) = (open(&desk.path("out")).unwrap(), open(&desk.path("again")).unwrap());
    assert_eq!(first.engines, again.engines);
    assert_eq!(again.record.models["judge-torch"].runtime, Some(RUST_BERT));
}

#[test]
fn half_precision_is_another_runtime_of_the_same_weights() {
    let desk = both();
    desk.edit("suite.toml", "path = \"models/judge\"\nengine", "path = \"models/judge\"\nprecision = \"bf16\"\nengine");
    let results = finished(&desk);
    let row = results.engines.iter().find(|row| row.key.model == "judge-torch").unwrap();
    assert_eq!(row.runtime, "rust-bert bf16");
    assert!(row.largest.unwrap() > 1e-4, "{row:?}");
    assert_eq!(results.record.precision, "bf16, f32");
}
