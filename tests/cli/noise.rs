//! `karat check --noise` measures what other batches, orders, threads and engines change.

use super::desk::Desk;
use serde_json::Value;

fn noise(desk: &Desk, line: &str) -> Value {
    let json: Value = serde_json::from_str(&desk.succeeds(line)).unwrap();
    json["noise"].clone()
}

#[test]
fn the_native_engine_keeps_every_answer() {
    let desk = Desk::small();
    let found = noise(&desk, "check suite.toml --noise --sample 2 --threads 3 --format json");
    let rows = found["rows"].as_array().unwrap();
    let of = |variation: &str| rows.iter().filter(|row| row["variation"] == variation).collect::<Vec<_>>();
    let own = ["once more", "one sequence a batch", "batches four times as large", "the other way round", "3 threads"];
    for variation in own {
        let rows = of(variation);
        assert!(!rows.is_empty(), "{variation}");
        for row in rows {
            assert!(row["logits"].as_u64().unwrap() > 0 && row["answers"].is_u64());
            assert_ne!(row["stability"], "unstable", "{row}");
            assert!(row["largest"].as_f64().unwrap() <= 1e-5, "{row}");
        }
    }
    for row in of("once more").iter().chain(&of("3 threads")) {
        assert_eq!((row["stability"].as_str(), row["other_bits"].as_u64()), (Some("bit-stable"), Some(0)), "{row}");
    }
    assert!(found["below"].as_array().unwrap().is_empty());
    let text = desk.succeeds("check suite.toml --noise --sample 2");
    assert!(text.contains("noise floor, on the first 2 documents of ner"), "{text}");
    assert!(text.contains("bit-stable"), "{text}");
}

#[test]
fn what_a_build_lacks_is_named() {
    let desk = Desk::small();
    let found = noise(&desk, "check suite.toml --noise --sample 1 --format json");
    let left_out = found["left_out"].as_object().unwrap();
    assert!(left_out.contains_key("native bf16") && left_out.contains_key("native (cuda) f32"), "{left_out:?}");
    let tried = found["rows"].as_array().unwrap().iter().any(|row| row["variation"] == "rust-bert f32");
    assert!(tried != left_out.contains_key("rust-bert f32"), "tried or left out: {found}");
}

#[test]
fn a_sample_without_noise_is_refused() {
    let refused = Desk::small().karat("check suite.toml --sample 2").output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--noise"));
}
