//! From answers to numbers: counts a document, values of all metrics, confusion, single mistakes.
//!
//! Input: 500 generated documents of uneven length with their gold entities (`input/mod.rs`), and predictions of which half are right; 500
//! documents of six random stances each. The bootstrap has its bench in `score.rs`.

mod input;
#[path = "input/predicted.rs"]
mod predicted;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use karat::base::{Stance, stream};
use karat::corpus::{Document, StanceLine};
use karat::metrics::total;
use karat::stats::below;
use karat::task::{Answer, Judged, Scorer, mistakes};
use std::hint::black_box;

fn entities(criterion: &mut Criterion) {
    let (documents, gold) = input::documents(500);
    let predicted = predicted::predicted(&gold);
    let scorer = Scorer::spans(&[], gold.iter().chain(&predicted));
    all(criterion, "metrics ner", (&documents, &gold, &predicted), &scorer);
}

fn stances(criterion: &mut Criterion) {
    let (documents, _) = input::documents(500);
    let mut random = stream(7, 9);
    let mut answer = |document: &Document| {
        let line = |at: usize| StanceLine {
            document: document.id.clone(),
            target: format!("target-{at}"),
            stance: Stance::ALL[below(3, &mut random) as usize],
            scores: None,
        };
        Answer::Stances((0..6).map(line).collect())
    };
    let gold: Vec<Answer> = documents.iter().map(&mut answer).collect();
    let predicted: Vec<Answer> = documents.iter().map(&mut answer).collect();
    all(criterion, "metrics stance", (&documents, &gold, &predicted), &Scorer::stances(Some("a-rule")));
}

fn all(
    criterion: &mut Criterion,
    name: &str,
    (documents, gold, predicted): (&[Document], &[Answer], &[Answer]),
    scorer: &Scorer,
) {
    let sides = documents.iter().zip(gold).zip(predicted);
    let judged: Vec<Judged<'_>> =
        sides.map(|((document, gold), predicted)| Judged { document, gold, predicted }).collect();
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(gold.iter().map(|a| (a.entities().len() + a.stances().len()) as u64).sum()));
    let counts = || scorer.counts(black_box(&judged)).expect("the scorer knows every label");
    group.bench_function("count", |bencher| bencher.iter(|| counts().sum()));
    group.bench_function("count other families", |bencher| bencher.iter(|| scorer.others(black_box(&judged)).len()));
    group.bench_function("confusion", |bencher| bencher.iter(|| scorer.confusion(black_box(&judged)).len()));
    group.bench_function("mistakes", |bencher| bencher.iter(|| mistakes(black_box(&judged)).len()));
    let counts = counts();
    group.throughput(Throughput::Elements(counts.nrows() as u64));
    group
        .bench_function("values", |bencher| bencher.iter(|| scorer.family().metrics(&total(black_box(&counts))).len()));
    group.finish();
}

criterion_group!(benches, entities, stances);
criterion_main!(benches);
