//! Forward passes of the bundled NER model: real tokens a second on one thread and on two.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use karat::engine::native::Native;
use karat::engine::{Batch, Engine, Sequence};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

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

fn pack(lengths: &[usize]) -> Batch {
    let ids = |seed: usize, n: usize| (0..n).map(|i| 1000 + ((i * 7919 + seed * 104_729) % 28_000) as u32).collect();
    let sequences = lengths.iter().enumerate().map(|(seed, &n)| Sequence { ids: ids(seed, n), type_ids: vec![0; n] });
    Batch::pack(&sequences.collect::<Vec<_>>()).expect("sequences with tokens")
}

/// Times `passes` forward passes in each of `threads` workers, which start together.
fn time(bert: &Native, batch: &Batch, threads: usize, passes: u64) -> Duration {
    let start = std::sync::Barrier::new(threads);
    let one = || {
        let mut worker = bert.worker();
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

fn forward(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ner-minilm-l6");
    let bert = Native::load(&folder, Precision::F32).expect("the bundled model");
    let mut group = criterion.benchmark_group("forward");
    group.sample_size(10).measurement_time(Duration::from_secs(4));
    for (name, lengths) in batches() {
        let batch = pack(&lengths);
        for threads in [1, 2] {
            group.throughput(Throughput::Elements((batch.tokens() * threads) as u64));
            group.bench_function(BenchmarkId::new(format!("{threads} threads"), name), |bencher| {
                bencher.iter_custom(|passes| time(&bert, &batch, threads, passes));
            });
        }
    }
    group.finish();
    criterion.bench_function("load", |bencher| bencher.iter(|| Native::load(&folder, Precision::F32).expect("the bundled model")));
}

criterion_group!(benches, forward);
criterion_main!(benches);
