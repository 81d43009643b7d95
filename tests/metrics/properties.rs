//! What holds for any gold and any predictions.

use karat::base::{Entity, Span, Stance};
use karat::metrics::{
    ExactSpans, Family, LabelCounts, Matching, Semeval2013, SpanError, StanceScores, Unit, align, count_labels, total,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Entities that may be empty, overlap and repeat, close together so that every kind of error occurs.
fn entities() -> impl Strategy<Value = Vec<Entity>> {
    let entity = (0_usize..12, 0_usize..5, select(vec!["LOC", "ORG", "PER"]));
    let entity = entity.prop_map(|(start, length, label)| Entity {
        span: Span::new(start, start + length),
        label: label.to_owned(),
        score: None,
    });
    vec(entity, 0..8)
}

fn documents() -> impl Strategy<Value = Vec<(Vec<Entity>, Vec<Entity>)>> {
    vec((entities(), entities()), 0..6)
}

fn stances() -> impl Strategy<Value = Vec<Vec<(Stance, Stance)>>> {
    let stance = || select(Stance::ALL.to_vec());
    vec(vec((stance(), stance()), 0..6), 0..6)
}

fn spans() -> ExactSpans {
    ExactSpans::new(["LOC", "MISC", "ORG", "PER"])
}

fn span_values(documents: &[(Vec<Entity>, Vec<Entity>)]) -> Vec<Option<f64>> {
    let counts: Vec<_> = documents.iter().map(|(gold, predicted)| count_labels(gold, predicted)).collect();
    let sums = total(&spans().table(&counts).expect("all labels are known"));
    spans().metrics(&sums).into_iter().map(|metric| metric.value).collect()
}

fn stance_values(documents: &[Vec<(Stance, Stance)>]) -> Vec<Option<f64>> {
    let scores = StanceScores::new();
    scores.metrics(&total(&scores.table(documents))).into_iter().map(|metric| metric.value).collect()
}

/// The values with each precision in place of the recall beside it; `first` is the place of the first precision.
fn swapped(mut values: Vec<Option<f64>>, first: usize) -> Vec<Option<f64>> {
    for measures in values[first..].chunks_exact_mut(3) {
        measures.swap(0, 1);
    }
    values
}

fn sum(counts: &LabelCounts, count: impl Fn(&karat::metrics::Counts) -> u64) -> usize {
    counts.values().map(count).sum::<u64>() as usize
}

proptest! {
    #[test]
    fn counts_add_up_to_gold_and_predictions(gold in entities(), predicted in entities()) {
        let counts = count_labels(&gold, &predicted);
        prop_assert_eq!(sum(&counts, |c| c.tp + c.missed), gold.len());
        prop_assert_eq!(sum(&counts, |c| c.tp + c.fp), predicted.len());
    }

    #[test]
    fn errors_add_up_to_the_counts(gold in entities(), predicted in entities()) {
        let counts = count_labels(&gold, &predicted);
        let errors = align(&gold, &predicted);
        let golds = errors.iter().filter_map(|error| error.gold()).count();
        let predictions = errors.iter().filter_map(|error| error.predicted()).count();
        prop_assert_eq!(golds, sum(&counts, |c| c.missed));
        prop_assert_eq!(predictions, sum(&counts, |c| c.fp));
    }

    #[test]
    fn an_entity_stands_in_one_error_and_what_is_left_over_could_not_be_paired(gold in entities(), predicted in entities()) {
        let errors = align(&gold, &predicted);
        // By address, since entities may be equal.
        let mut places: Vec<*const Entity> =
            errors.iter().flat_map(|error| error.gold().into_iter().chain(error.predicted())).map(std::ptr::from_ref).collect();
        let stand = places.len();
        places.sort_unstable();
        places.dedup();
        prop_assert_eq!(places.len(), stand);
        for error in &errors {
            let SpanError::Missed { gold } = error else { continue };
            for other in &errors {
                let SpanError::Spurious { predicted } = other else { continue };
                let shared = (gold.span.start.max(predicted.span.start)..gold.span.end.min(predicted.span.end)).len();
                prop_assert!(shared == 0 && gold.span != predicted.span);
            }
        }
    }

    #[test]
    fn the_order_of_entities_does_not_matter(gold in entities(), predicted in entities()) {
        let backwards = |entities: &[Entity]| entities.iter().rev().cloned().collect::<Vec<_>>();
        let (gold_back, predicted_back) = (backwards(&gold), backwards(&predicted));
        prop_assert_eq!(count_labels(&gold, &predicted), count_labels(&gold_back, &predicted_back));
        prop_assert_eq!(align(&gold, &predicted), align(&gold_back, &predicted_back));
    }

    #[test]
    fn the_best_matching_gives_at_least_nervaluate_s_credit_in_any_order(gold in entities(), predicted in entities()) {
        let values = |matching, gold: &[Entity], predicted: &[Entity]| {
            let family = Semeval2013::new(matching, Unit::Character, ["LOC", "ORG", "PER"]);
            let table = family.table(&[(gold.to_vec(), predicted.to_vec())]).expect("all labels are known");
            family.metrics(&total(&table)).into_iter().map(|metric| metric.value).collect::<Vec<_>>()
        };
        let best = values(Matching::Optimal, &gold, &predicted);
        let backwards = |entities: &[Entity]| entities.iter().rev().cloned().collect::<Vec<_>>();
        prop_assert_eq!(&best, &values(Matching::Optimal, &backwards(&gold), &backwards(&predicted)));
        for (best, greedy) in best.iter().zip(values(Matching::Nervaluate, &gold, &predicted)) {
            prop_assert!(*best >= greedy, "{:?} and {:?}", best, greedy);
        }
    }

    #[test]
    fn gold_against_itself_has_no_error(gold in entities()) {
        prop_assert!(align(&gold, &gold).is_empty());
        let values = span_values(&[(gold.clone(), gold)]);
        prop_assert!(values.into_iter().flatten().all(|value| (value - 1.0).abs() < f64::EPSILON));
    }

    #[test]
    fn values_are_rates(documents in documents(), items in stances()) {
        let stances = stance_values(&items);
        for value in span_values(&documents).into_iter().chain(stances[..4].iter().copied()).flatten() {
            prop_assert!((0.0..=1.0).contains(&value));
        }
        // These two correct for chance.
        for value in stances[4..6].iter().copied().flatten() {
            prop_assert!(value.abs() <= 1.0);
        }
        prop_assert!(stances[6..].iter().flatten().all(|value| (0.0..=1.0).contains(value)));
    }

    #[test]
    fn swapping_gold_and_predictions_swaps_precision_and_recall(documents in documents(), items in stances()) {
        let back: Vec<_> = documents.iter().map(|(gold, predicted)| (predicted.clone(), gold.clone())).collect();
        let (forth, back) = (span_values(&documents), span_values(&back));
        let (overall, labels) = forth.split_at(4);
        prop_assert_eq!(&[swapped(overall.to_vec(), 0), swapped(labels.to_vec(), 0)].concat(), &back);

        let back: Vec<Vec<_>> =
            items.iter().map(|document| document.iter().map(|&(gold, predicted)| (predicted, gold)).collect()).collect();
        let (mut forth, mut back) = (swapped(stance_values(&items), 6), stance_values(&back));
        // Balanced accuracy looks at the classes of gold.
        (forth[3], back[3]) = (None, None);
        prop_assert_eq!(forth, back);
    }

    #[test]
    fn the_order_of_documents_does_not_matter(
        (documents, shuffled) in documents().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        (items, shuffled_items) in stances().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        prop_assert_eq!(span_values(&documents), span_values(&shuffled));
        prop_assert_eq!(stance_values(&items), stance_values(&shuffled_items));
    }

    #[test]
    fn a_confusion_holds_every_item_once(items in stances()) {
        let sums = total(&StanceScores::new().table(&items));
        prop_assert_eq!(sums.iter().sum::<u64>() as usize, items.iter().map(Vec::len).sum::<usize>());
    }
}
