//! Tables to Parquet and back: predictions and logits, the two large tables of a run.
//!
//! Input: 200 generated documents of uneven length with their gold entities as predictions (`input/mod.rs`), and random logits of nine classes for
//! every token that the bundled NER model's tokenizer finds in them. Files are read from a temporary folder.

mod input;
#[path = "input/predicted.rs"]
mod predicted;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use karat::base::stream;
use karat::corpus::Document;
use karat::engine::{Config, Logits};
use karat::stats::below;
use karat::table::{Stored, StoredLogits, entity_rows, token_logits};
use karat::task::ner::{Ner, NerOptions};
use karat::task::{LabelMap, Prepared, Task, TaskName};
use karat::text::Tokenizer;
use ndarray::Array2;
use std::hint::black_box;
use std::path::Path;

fn predictions(criterion: &mut Criterion) {
    let (documents, gold) = input::documents(200);
    let documents: Vec<&Document> = documents.iter().collect();
    let answers = predicted::predicted(&gold);
    let write = || entity_rows(black_box(&documents), black_box(&answers)).into_parquet();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("predictions.parquet");
    std::fs::write(&path, write()).expect("written");
    let mut group = criterion.benchmark_group("parquet predictions");
    group.throughput(Throughput::Elements(answers.iter().map(|answer| answer.entities().len() as u64).sum()));
    group.bench_function("write", |bencher| bencher.iter(|| write().len()));
    group.bench_function("read", |bencher| {
        bencher.iter(|| Stored::open(&path).and_then(|stored| stored.entities(&documents)).expect("read").len());
    });
    group.finish();
}

fn logits(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ner-minilm-l6");
    let config = Config::read(&folder).expect("the bundled model");
    let tokenizer = Tokenizer::load(&folder, config.vocabulary).expect("the bundled model");
    let task = Ner::new(&config, &LabelMap::default(), NerOptions::default()).expect("a model that names");
    let (documents, _) = input::documents(200);
    let prepare = |document| task.prepare(document, &tokenizer, &[]).expect("plain text");
    let prepared: Vec<Prepared> = documents.iter().map(prepare).collect();
    let mut random = stream(7, 1);
    let mut of = |tokens: usize| {
        let shape = (tokens, config.labels.len());
        Array2::from_shape_simple_fn(shape, || below(1 << 20, &mut random) as f32 / f32::from(1_u16 << 15))
    };
    let logits: Vec<Vec<Logits>> =
        prepared.iter().map(|prepared| prepared.sequences.iter().map(|s| of(s.ids.len())).collect()).collect();
    let documents: Vec<&Document> = documents.iter().collect();
    let write = || token_logits(black_box(&documents), &prepared, black_box(&logits)).into_parquet();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("logits.parquet");
    std::fs::write(&path, write()).expect("written");
    let values: usize = logits.iter().flatten().map(Array2::len).sum();
    let mut group = criterion.benchmark_group("parquet logits");
    group.sample_size(20).throughput(Throughput::Bytes(4 * values as u64));
    group.bench_function("write", |bencher| bencher.iter(|| write().len()));
    group.bench_function("read", |bencher| {
        let read = || StoredLogits::read(&Stored::open(&path)?, TaskName::Ner);
        bencher.iter(|| black_box(read().expect("read")));
    });
    group.finish();
}

criterion_group!(benches, predictions, logits);
criterion_main!(benches);
