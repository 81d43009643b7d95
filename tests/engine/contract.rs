//! What every engine promises, run for each of them.

use super::{checkpoints, distance, forward, sequence, tiny};
use karat::engine::fixed::Fixed;
use karat::engine::native::Native;
use karat::engine::{Batch, BatchError, Config, Engine, ForwardError, Head, Logits, Precision, Sequence};
use ndarray::{Axis, concatenate};

/// Runs every test of the contract for the engines that an expression gives.
macro_rules! contract {
    ($engine:ident: $engines:expr) => {
        mod $engine {
            use super::*;

            fn run(test: fn(&dyn Engine)) {
                let engines: Vec<Box<dyn Engine>> = $engines;
                for engine in &engines {
                    test(&**engine);
                }
            }

            #[test]
            fn a_row_is_a_token_or_a_sequence() {
                run(rows_follow_the_head);
            }

            #[test]
            fn batch_mates_order_and_size_change_no_logit() {
                run(mates_change_nothing);
            }

            #[test]
            fn threads_change_no_bit() {
                run(threads_change_nothing);
            }

            #[test]
            fn a_worker_remembers_nothing() {
                run(nothing_is_remembered);
            }

            #[test]
            fn the_longest_sequence_runs_and_a_longer_one_is_refused() {
                run(length_is_limited);
            }

            #[test]
            fn ids_outside_the_tables_are_refused() {
                run(unknown_ids_are_refused);
            }
        }
    };
}

contract!(native: natives(Precision::F32));
contract!(native_int8: natives(Precision::Int8));
#[cfg(feature = "rust-bert")]
contract!(rust_bert: super::super::rust_bert::engines());
contract!(fixed: vec![Box::new(scripted("token")), Box::new(scripted("sequence"))]);

fn natives(precision: Precision) -> Vec<Box<dyn Engine>> {
    let load = |name: &String| Box::new(Native::load(&tiny(name), precision).unwrap()) as Box<dyn Engine>;
    checkpoints().iter().map(load).collect()
}

fn scripted(name: &str) -> Fixed {
    let fixed = Fixed::new(Config::read(&tiny(name)).unwrap(), vec![1.0, 0.0, 0.0]);
    fixed.with(7, vec![0.0, 2.0, 0.0]).with(8, vec![0.0, 0.0, 3.0])
}

/// Sequences of many lengths with ids that differ.
fn sequences() -> Vec<Sequence> {
    let lengths = [5, 1, 40, 2, 17, 33, 9, 16, 3, 40, 8, 1];
    // The last token is the one that ends a text for a decoder.
    let id = |seed: u32, i: u32| (i * 31 + seed * 17 + i * i * seed) % 97;
    let ids = |seed: u32, n: u32| (0..n).map(|i| if i + 1 == n { 2 } else { id(seed, i) }).collect::<Vec<_>>();
    let make = |(seed, n): (u32, u32)| Sequence {
        ids: ids(seed, n),
        type_ids: (0..n).map(|i| u32::from(i > n / 2)).collect(),
    };
    (0..).zip(lengths).map(make).collect()
}

/// The rows of each sequence of a batch.
fn split(engine: &dyn Engine, sequences: &[Sequence], logits: &Logits) -> Vec<Logits> {
    let batch = Batch::pack(sequences).unwrap();
    let rows = batch.ranges().enumerate().map(|(index, tokens)| match engine.config().head {
        Head::Token => tokens,
        Head::Sequence => index..index + 1,
    });
    rows.map(|rows| logits.slice_axis(Axis(0), rows.into()).to_owned()).collect()
}

fn rows_follow_the_head(engine: &dyn Engine) {
    let logits = forward(engine, &sequences()).unwrap();
    let rows = match engine.config().head {
        Head::Token => sequences().iter().map(|s| s.ids.len()).sum(),
        Head::Sequence => sequences().len(),
    };
    assert_eq!(logits.dim(), (rows, engine.config().labels.len()));
}

fn mates_change_nothing(engine: &dyn Engine) {
    let all = sequences();
    let alone: Vec<_> = all.iter().map(|one| forward(engine, std::slice::from_ref(one)).unwrap()).collect();
    let mut worker = engine.worker();
    for size in [1, 2, 3, 5, all.len()] {
        let batches = all.chunks(size).map(|chunk| worker.forward(&Batch::pack(chunk).unwrap()).unwrap());
        let logits = batches.collect::<Vec<_>>();
        let together = concatenate(Axis(0), &logits.iter().map(|logits| logits.view()).collect::<Vec<_>>()).unwrap();
        for (one, together) in alone.iter().zip(split(engine, &all, &together)) {
            assert!(distance(one, &together) <= 1e-5, "in batches of {size}");
        }
    }
    let order: Vec<usize> = (0..all.len()).map(|i| (i * 5 + 3) % all.len()).collect();
    let shuffled: Vec<_> = order.iter().map(|&i| all[i].clone()).collect();
    let logits = worker.forward(&Batch::pack(&shuffled).unwrap()).unwrap();
    for (&index, shuffled) in order.iter().zip(split(engine, &shuffled, &logits)) {
        assert!(distance(&alone[index], &shuffled) <= 1e-5, "shuffled");
    }
}

fn threads_change_nothing(engine: &dyn Engine) {
    let expected = forward(engine, &sequences()).unwrap();
    let one = || forward(engine, &sequences()).unwrap();
    let all = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(all.iter().all(|logits| logits.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits())));
}

fn nothing_is_remembered(engine: &dyn Engine) {
    let small = Batch::pack(&sequences()[..1]).unwrap();
    let large = Batch::pack(&sequences()).unwrap();
    let mut worker = engine.worker();
    let before = worker.forward(&small).unwrap();
    worker.forward(&large).unwrap();
    assert!(worker.forward(&Batch::pack(&[sequence(vec![9999])]).unwrap()).is_err());
    assert_eq!(worker.forward(&small).unwrap(), before);
}

fn length_is_limited(engine: &dyn Engine) {
    let limit = engine.config().max_tokens;
    assert!(forward(engine, &[sequence(vec![2; limit])]).is_ok());
    let refused = forward(engine, &[sequence(vec![2]), sequence(vec![2; limit + 1])]);
    assert!(matches!(refused, Err(ForwardError::TooLong { tokens, limit: l }) if tokens == limit + 1 && l == limit));
    assert_eq!(Batch::pack(&[sequence(vec![])]), Err(BatchError::EmptySequence(0)));
}

fn unknown_ids_are_refused(engine: &dyn Engine) {
    let refused = forward(engine, &[sequence(vec![96]), sequence(vec![4, 97])]);
    assert!(matches!(refused, Err(ForwardError::UnknownToken { id: 97, vocabulary: 97 })));
    let of_type = |kind| forward(engine, &[Sequence { ids: vec![4, 2], type_ids: vec![kind; 2] }]);
    match engine.config().token_types {
        // What a model does not read changes nothing.
        0 => assert_eq!(of_type(7).unwrap(), of_type(0).unwrap()),
        types => {
            let refused = of_type(types as u32);
            assert!(
                matches!(refused, Err(ForwardError::UnknownType { id, types: known }) if id as usize == types && known == types)
            );
        }
    }
}

#[test]
fn the_double_answers_what_it_was_told() {
    let logits = forward(&scripted("token"), &[sequence(vec![1, 7]), sequence(vec![8])]).unwrap();
    assert_eq!(logits, ndarray::array![[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 3.0]]);
    let logits = forward(&scripted("sequence"), &[sequence(vec![1, 8, 7]), sequence(vec![1])]).unwrap();
    assert_eq!(logits, ndarray::array![[0.0, 0.0, 3.0], [1.0, 0.0, 0.0]]);
}
