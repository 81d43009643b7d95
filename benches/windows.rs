//! From texts to batches: tokens, windows, sequences, packing.
//!
//! Input: 200 generated documents of uneven length (`input/mod.rs`) with the tokenizer of the bundled NER model, whose windows have 512
//! tokens; and their sequences, packed into batches of at most 512 and 4,096 tokens.

mod input;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use karat::base::CharText;
use karat::engine::{Batch, Config, Sequence};
use karat::text::{Tokenizer, WindowSize, split};
use std::hint::black_box;
use std::path::Path;

fn windows(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ner-minilm-l6");
    let config = Config::read(&folder).expect("the bundled model");
    let tokenizer = Tokenizer::load(&folder, config.vocabulary).expect("the bundled model");
    let (documents, _) = input::documents(200);
    let size = WindowSize { tokens: config.max_tokens - 2, overlap: config.max_tokens / 8 };
    let tokens = || documents.iter().map(|document| tokenizer.tokens(&CharText::new(&document.text), "a document"));
    let ids: Vec<Vec<u32>> =
        tokens().map(|tokens| tokens.expect("plain text").iter().map(|token| token.id).collect()).collect();
    let mut group = criterion.benchmark_group("windows");
    group.throughput(Throughput::Bytes(documents.iter().map(|document| document.text.len() as u64).sum()));
    group.bench_function("tokenize", |bencher| {
        bencher.iter(|| tokens().map(|tokens| tokens.expect("plain text").len()).sum::<usize>());
    });
    group.throughput(Throughput::Elements(ids.iter().map(|ids| ids.len() as u64).sum()));
    group.bench_function("split", |bencher| {
        bencher.iter(|| ids.iter().map(|ids| split(black_box(ids.len()), size).len()).sum::<usize>());
    });
    let sequences = || {
        let of =
            |ids: &Vec<u32>| split(ids.len(), size).into_iter().map(|w| tokenizer.single(&ids[w.tokens])).collect();
        ids.iter().flat_map(|ids| -> Vec<Sequence> { of(ids) }).collect::<Vec<_>>()
    };
    group.bench_function("sequences", |bencher| bencher.iter(|| sequences().len()));
    group.finish();

    let sequences = sequences();
    let mut group = criterion.benchmark_group("packing");
    group.throughput(Throughput::Elements(sequences.iter().map(|sequence| sequence.ids.len() as u64).sum()));
    for most in [512, 4_096] {
        let batches = batches(&sequences, most);
        group.bench_with_input(BenchmarkId::new("pack", most), &batches, |bencher, batches| {
            let pack = |batch: &&[Sequence]| Batch::pack(*batch).expect("sequences with tokens").tokens();
            bencher.iter(|| batches.iter().map(pack).sum::<usize>());
        });
    }
    group.finish();
}

/// Runs of sequences, in order, of at most `most` tokens.
fn batches(sequences: &[Sequence], most: usize) -> Vec<&[Sequence]> {
    let (mut batches, mut from, mut tokens) = (Vec::new(), 0, 0);
    for (at, sequence) in sequences.iter().enumerate() {
        if at > from && tokens + sequence.ids.len() > most {
            batches.push(&sequences[from..at]);
            (from, tokens) = (at, 0);
        }
        tokens += sequence.ids.len();
    }
    batches.push(&sequences[from..]);
    batches
}

criterion_group!(benches, windows);
criterion_main!(benches);
