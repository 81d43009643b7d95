//! From logits to answers.
//!
//! Input: 100 generated documents of uneven length (`input/mod.rs`), prepared for the bundled models, with random logits: for names, of each
//! token's nine classes `O` is ahead by 2 on average; for stances, three classes for each window and hypothesis of two targets.

mod input;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use karat::base::stream;
use karat::corpus::{Document, Target};
use karat::engine::{Config, Logits};
use karat::stats::below;
use karat::suite::TaskOptions;
use karat::task::ner::{Aggregation, Ner, NerOptions};
use karat::task::stance::StanceTask;
use karat::task::{LabelMap, Prepared, Task, TaskName};
use karat::text::Tokenizer;
use ndarray::Array2;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};

fn model(name: &str) -> (PathBuf, Config) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name);
    let config = Config::read(&folder).expect("a bundled model");
    (folder, config)
}

/// Uniform numbers in −2..2, with 2 more for the first class.
fn logits(shape: (usize, usize), part: u64) -> Logits {
    let mut random = stream(7, part);
    Array2::from_shape_fn(shape, |(_, class)| {
        let uniform = below(4_000, &mut random) as f32 / 1_000.0 - 2.0;
        if class == 0 { uniform + 2.0 } else { uniform }
    })
}

fn prepare(task: &dyn Task, documents: &[Document], (folder, config): &(PathBuf, Config)) -> Vec<Prepared> {
    let tokenizer = Tokenizer::load(folder, config.vocabulary).expect("a bundled model");
    documents.iter().map(|document| task.prepare(document, &tokenizer, &[]).expect("plain text")).collect()
}

fn names(criterion: &mut Criterion) {
    let (documents, _) = input::documents(100);
    let bundled = model("ner-minilm-l6");
    let bind = |aggregation| {
        let options = NerOptions { aggregation, ..NerOptions::default() };
        Ner::new(&bundled.1, &LabelMap::default(), options).expect("a model that names")
    };
    let prepared = prepare(&bind(Aggregation::First), &documents, &bundled);
    let of = |(part, prepared): (u64, &Prepared)| {
        let classes = bundled.1.labels.len();
        prepared.sequences.iter().map(|sequence| logits((sequence.ids.len(), classes), part)).collect::<Vec<_>>()
    };
    let logits: Vec<Vec<Logits>> = (0..).zip(&prepared).map(of).collect();
    let mut group = criterion.benchmark_group("decode ner");
    group.throughput(Throughput::Elements(prepared.iter().map(|prepared| prepared.tokens.len() as u64).sum()));
    for (name, aggregation) in [
        ("none", Aggregation::None),
        ("simple", Aggregation::Simple),
        ("first", Aggregation::First),
        ("average", Aggregation::Average),
        ("max", Aggregation::Max),
    ] {
        let task = bind(aggregation);
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| decode(&task, &documents, &prepared, &logits));
        });
    }
    group.finish();
}

fn stances(criterion: &mut Criterion) {
    let (documents, _) = input::documents(100);
    let bundled = model("nli-minilm-l6");
    let TaskOptions::Stance(options) = TaskOptions::defaults(TaskName::Stance) else {
        unreachable!("stances were asked for")
    };
    let target = |id: &str| Target { id: id.to_owned(), phrase: format!("the {id}") };
    let targets = [target("treaty"), target("talks")];
    let task = StanceTask::new((&bundled.1, &LabelMap::default()), options, &targets, BTreeMap::new());
    let task = task.expect("a model that infers");
    let prepared = prepare(&task, &documents, &bundled);
    let of = |(part, prepared): (u64, &Prepared)| {
        prepared.sequences.iter().map(|_| logits((1, bundled.1.labels.len()), part)).collect::<Vec<_>>()
    };
    let logits: Vec<Vec<Logits>> = (0..).zip(&prepared).map(of).collect();
    let mut group = criterion.benchmark_group("decode stance");
    group.throughput(Throughput::Elements(prepared.iter().map(|prepared| prepared.sequences.len() as u64).sum()));
    group.bench_function("mean", |bencher| bencher.iter(|| decode(&task, &documents, &prepared, &logits)));
    group.finish();
}

fn decode(task: &dyn Task, documents: &[Document], prepared: &[Prepared], logits: &[Vec<Logits>]) -> usize {
    let all = documents.iter().zip(prepared).zip(logits);
    let answers = all.map(|((document, prepared), logits)| task.decode(document, black_box(prepared), logits));
    answers.map(|answer| answer.entities().len() + answer.stances().len()).sum()
}

criterion_group!(benches, names, stances);
criterion_main!(benches);
