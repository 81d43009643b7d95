//! Forward passes, in real tokens a second.
//!
//! - `bundled`: the NER model of models/, one thread and two, f32 and int8, on batches of token ids made up from a fixed formula.
//! - `architectures`: a checkpoint of each kind under tests/golden/tiny made twelve times as wide (hidden size 384, 12 heads) with
//!   seeded random weights, 8 sequences of 128 tokens, one thread. Their speeds are those of their shapes; what they say means
//!   nothing. They have 2 to 4 layers, so that speeds of two architectures are not to be held against each other.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use karat::engine::native::Native;
use karat::engine::{Batch, Engine, Precision, Sequence};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::Value;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

const PRECISIONS: [Precision; 2] = [Precision::F32, Precision::Int8];

/// Name, lengths of the batch's sequences.
fn batches() -> [(&'static str, Vec<usize>); 5] {
    let mixed = [37, 512, 12, 140, 211, 80, 33, 96, 450, 61, 128, 25, 300, 74, 18, 170];
    [
        ("b1 s128", vec![128]),
        ("b8 s128", vec![128; 8]),
        ("b32 s128", vec![128; 32]),
        ("b8 s512", vec![512; 8]),
        ("mixed", mixed.to_vec()),
    ]
}

/// Sequences of these lengths; the last id of each is the one that ends a text for a decoder.
fn pack(lengths: &[usize], ids: std::ops::Range<usize>) -> Batch {
    let id = |seed: usize, i: usize| (ids.start + (i * 7919 + seed * 104_729) % ids.len()) as u32;
    let of = |(seed, &n): (usize, &usize)| Sequence {
        ids: (1..n).map(|i| id(seed, i)).chain([2]).collect(),
        type_ids: vec![0; n],
    };
    Batch::pack(&lengths.iter().enumerate().map(of).collect::<Vec<_>>()).expect("sequences with tokens")
}

/// Times `passes` forward passes in each of `threads` workers, which start together.
fn time(model: &Native, batch: &Batch, threads: usize, passes: u64) -> Duration {
    let start = std::sync::Barrier::new(threads);
    let one = || {
        let mut worker = model.worker();
        worker.forward(batch).expect("a good batch");
        start.wait();
        let begun = Instant::now();
        for _ in 0..passes {
            black_box(worker.forward(batch).expect("a good batch"));
        }
        begun.elapsed()
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        workers.into_iter().map(|worker| worker.join().expect("no panic")).max().expect("a thread")
    })
}

fn bundled(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ner-minilm-l6");
    let mut group = criterion.benchmark_group("bundled");
    group.sample_size(10).measurement_time(Duration::from_secs(4));
    for precision in PRECISIONS {
        let model = Native::load(&folder, precision).expect("the bundled model");
        for (name, lengths) in batches() {
            let batch = pack(&lengths, 1000..29_000);
            for threads in [1, 2] {
                group.throughput(Throughput::Elements((batch.tokens() * threads) as u64));
                group.bench_function(BenchmarkId::new(format!("{precision} {threads} threads"), name), |bencher| {
                    bencher.iter_custom(|passes| time(&model, &batch, threads, passes));
                });
            }
        }
        group.bench_function(BenchmarkId::new("load", precision), |bencher| {
            bencher.iter(|| Native::load(&folder, precision).expect("the bundled model"));
        });
    }
    group.finish();
}

/// How much wider a tiny checkpoint is made.
const WIDER: usize = 12;
/// How many positions are added to it.
const FURTHER: usize = 480;

/// A tiny checkpoint's folder with every width multiplied, more positions, and random weights.
fn enlarged(tiny: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = std::fs::read_to_string(tiny.join("config.json")).expect("a tiny checkpoint");
    let mut config: BTreeMap<String, Value> = serde_json::from_str(&text).expect("a tiny checkpoint");
    let positions = config["max_position_embeddings"].as_u64().expect("a number") as usize;
    for (key, value) in &mut config {
        let Some(number) = value.as_u64() else { continue };
        let wide = ["hidden_size", "intermediate_size", "hidden_dim", "encoder_ffn_dim", "decoder_ffn_dim"];
        let wide = [&wide[..], &["dim", "d_model", "embedding_size", "pooler_hidden_size"]].concat();
        let heads = ["num_attention_heads", "n_heads", "encoder_attention_heads", "decoder_attention_heads"];
        match key.as_str() {
            key if wide.contains(&key) => *value = (number * WIDER as u64).into(),
            key if heads.contains(&key) => *value = WIDER.into(),
            "max_position_embeddings" => *value = (number + FURTHER as u64).into(),
            _ => {}
        }
    }
    let config = serde_json::to_vec(&config).expect("it was read from JSON");
    std::fs::write(folder.path().join("config.json"), config).expect("a temporary folder");

    let bytes = std::fs::read(tiny.join("model.safetensors")).expect("a tiny checkpoint");
    let tensors = SafeTensors::deserialize(&bytes).expect("a tiny checkpoint");
    let mut random = ChaCha8Rng::seed_from_u64(20_251_008);
    let mut wider = Vec::new();
    for (name, tensor) in tensors.iter() {
        let shape = larger(name, tensor.shape(), positions);
        let norm = name.to_lowercase().contains("norm") && name.ends_with("weight");
        let value = |_| if norm { 1.0 } else { f32::from(random.next_u32() as i16) / 32_768.0 * 0.05 };
        let values: Vec<u8> = (0..shape.iter().product()).map(value).flat_map(f32::to_le_bytes).collect();
        wider.push((name.to_owned(), shape, values));
    }
    let views = wider.iter().map(|(name, shape, values)| {
        (name, TensorView::new(Dtype::F32, shape.clone(), values).expect("as many values as the shape says"))
    });
    safetensors::serialize_to_file(views, None, &folder.path().join("model.safetensors")).expect("a temporary folder");
    folder
}

/// A tensor's shape in the larger checkpoint.
fn larger(name: &str, shape: &[usize], positions: usize) -> Vec<usize> {
    let widened = |&size: &usize| if size.is_multiple_of(16) { size * WIDER } else { size };
    let mut shape_then: Vec<usize> = shape.iter().map(widened).collect();
    if name.contains("relative_attention_bias") {
        // [buckets, heads]
        shape_then = vec![shape[0], WIDER];
    } else if name.contains("rel_embeddings") {
        // [distances to both sides, width], or buckets of them.
        shape_then[0] = if shape[0] == 2 * positions { 2 * (positions + FURTHER) } else { shape[0] };
    } else if name.contains("position_embeddings") || name.contains("embed_positions") {
        shape_then[0] = shape[0] + FURTHER;
    }
    shape_then
}

fn architectures(criterion: &mut Criterion) {
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny");
    let batch = pack(&[128; 8], 5..97);
    let mut group = criterion.benchmark_group("architectures");
    group.sample_size(10).measurement_time(Duration::from_secs(2));
    group.throughput(Throughput::Elements(batch.tokens() as u64));
    for name in [
        "albert-token",
        "bart-sequence",
        "bert-epsilon-token",
        "deberta-v2-token",
        "deberta-v3-token",
        "distilbert-token",
        "electra-token",
        "modernbert-token",
        "mpnet-token",
        "roberta-token",
    ] {
        let folder = enlarged(&tiny.join(name));
        for precision in PRECISIONS {
            let model = Native::load(folder.path(), precision).expect("a checkpoint of the same architecture");
            group.bench_function(BenchmarkId::new(name, precision), |bencher| {
                bencher.iter_custom(|passes| time(&model, &batch, 1, passes));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, bundled, architectures);
criterion_main!(benches);
