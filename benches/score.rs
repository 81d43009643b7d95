//! Scoring without a model: span counting, and the bootstrap of all metrics.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use karat::base::{Entity, Span, Stance, stream};
use karat::metrics::{ExactSpans, Family, StanceScores, align, count_labels};
use karat::stats::{Bootstrap, Method, Pair, Randomisation, below};
use ndarray::Array2;
use std::hint::black_box;

const LABELS: [&str; 4] = ["LOC", "MISC", "ORG", "PER"];
const ENTITIES: usize = 30;
const BOOTSTRAP: Bootstrap = Bootstrap { seed: 1, replicates: 10_000, confidence: 0.95, method: Method::Percentile };

/// Gold and predictions of a document; two thirds of the predictions are right.
fn document(number: usize) -> (Vec<Entity>, Vec<Entity>) {
    let mut random = stream(7, number as u64);
    let mut entity = |at: usize| {
        let label = LABELS[below(4, &mut random) as usize].to_owned();
        Entity { span: Span::new(40 * at, 40 * at + 12), label, score: None }
    };
    let gold: Vec<_> = (0..ENTITIES).map(&mut entity).collect();
    let mut predicted = gold.clone();
    for (at, entity) in predicted.iter_mut().enumerate() {
        match at % 6 {
            0 => entity.span.end -= 3,
            1 => LABELS[at % 4].clone_into(&mut entity.label),
            _ => {}
        }
    }
    (gold, predicted)
}

fn span_counts(documents: &[(Vec<Entity>, Vec<Entity>)], spans: &ExactSpans) -> Array2<u32> {
    let counts: Vec<_> = documents.iter().map(|(gold, predicted)| count_labels(gold, predicted)).collect();
    spans.table(&counts).expect("the labels are declared")
}

fn stance_counts(documents: usize, scores: &StanceScores) -> Array2<u32> {
    let mut random = stream(8, 0);
    let mut stance = || Stance::ALL[below(3, &mut random) as usize];
    let items: Vec<Vec<_>> = (0..documents).map(|_| (0..6).map(|_| (stance(), stance())).collect()).collect();
    scores.table(&items)
}

fn counting(criterion: &mut Criterion) {
    let documents: Vec<_> = (0..60).map(document).collect();
    let spans = ExactSpans::new(LABELS);
    let mut group = criterion.benchmark_group("spans");
    group.throughput(Throughput::Elements((documents.len() * ENTITIES) as u64));
    group.bench_function("count", |bencher| bencher.iter(|| span_counts(black_box(&documents), &spans)));
    group.bench_function("align", |bencher| {
        bencher.iter(|| documents.iter().map(|(gold, predicted)| align(gold, predicted).len()).sum::<usize>());
    });
    group.finish();
}

fn bootstrap(criterion: &mut Criterion) {
    let (spans, stances) = (ExactSpans::new(LABELS), StanceScores::new());
    let mut group = criterion.benchmark_group("bootstrap");
    group.sample_size(20).throughput(Throughput::Elements(u64::from(BOOTSTRAP.replicates)));
    for size in [60, 1_000, 10_000] {
        let documents: Vec<_> = (0..size).map(document).collect();
        let counts = span_counts(&documents, &spans);
        group.bench_with_input(BenchmarkId::new("ner", size), &counts, |bencher, counts| {
            bencher.iter(|| intervals(&spans, counts));
        });
        group.bench_with_input(BenchmarkId::new("ner-paired", size), &counts, |bencher, counts| {
            let pair = Pair::new(counts, counts).expect("equal shapes");
            let values = spans.definitions().len();
            bencher.iter(|| BOOTSTRAP.differences(black_box(pair), values, |sums, values| spans.values(sums, values)));
        });
        group.bench_with_input(BenchmarkId::new("ner-randomised", size), &counts, |bencher, counts| {
            let pair = Pair::new(counts, counts).expect("equal shapes");
            let (test, values) =
                (Randomisation { seed: 1, replicates: BOOTSTRAP.replicates }, spans.definitions().len());
            bencher.iter(|| test.p_values(black_box(pair), values, |sums, values| spans.values(sums, values)));
        });
        let counts = stance_counts(size, &stances);
        group.bench_with_input(BenchmarkId::new("stance", size), &counts, |bencher, counts| {
            bencher.iter(|| intervals(&stances, counts));
        });
    }
    group.finish();
}

fn intervals(family: &impl Family, counts: &Array2<u32>) -> usize {
    let values = family.definitions().len();
    BOOTSTRAP.intervals(black_box(counts), values, |sums, values| family.values(sums, values)).len()
}

criterion_group!(benches, counting, bootstrap);
criterion_main!(benches);
