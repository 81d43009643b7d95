//! Do intervals hold the truth as often as they say? Simulated documents with a known truth.

use karat::base::stream;
use karat::stats::{Bootstrap, Method, Pair, below};
use ndarray::Array2;
use rand_chacha::rand_core::Rng;

const SIMULATIONS: u32 = 400;
const DOCUMENTS: usize = 60;
const ITEMS: u32 = 12;

/// Right answers and items of documents whose quality is uniform in `low`..1, so that items of a document go together.
fn clustered(low: f64, random: &mut impl Rng) -> Array2<u32> {
    let mut unit = || f64::from(random.next_u32()) / (f64::from(u32::MAX) + 1.0);
    let mut counts = Array2::from_elem((DOCUMENTS, 2), ITEMS);
    for mut document in counts.outer_iter_mut() {
        let quality = low + (1.0 - low) * unit();
        document[0] = (0..ITEMS).map(|_| u32::from(unit() < quality)).sum();
    }
    counts
}

/// The same answers with each item as a document of its own: the mistake that the document bootstrap avoids.
fn items_apart(counts: &Array2<u32>) -> Array2<u32> {
    let rows = counts.outer_iter().flat_map(|document| (0..ITEMS).map(move |item| [u32::from(item < document[0]), 1]));
    Array2::from(rows.collect::<Vec<_>>())
}

fn share(sums: &[u64], values: &mut [Option<f64>]) {
    values[0] = (sums[1] > 0).then(|| sums[0] as f64 / sums[1] as f64);
}

fn covered(truth: f64, interval: impl Fn(u32) -> (f64, f64)) -> f64 {
    let inside = (0..SIMULATIONS).filter(|&simulation| {
        let (low, high) = interval(simulation);
        low <= truth && truth <= high
    });
    inside.count() as f64 / f64::from(SIMULATIONS)
}

fn bootstrap(simulation: u32) -> Bootstrap {
    Bootstrap { seed: u64::from(simulation), replicates: 1_000, confidence: 0.95, method: Method::Percentile }
}

// The band around 95 %: 400 simulations have a standard error of 1.1 %, and the percentile method with 60 documents is a
// little too narrow.
const BAND: std::ops::RangeInclusive<f64> = 0.90..=0.98;

#[test]
fn resampled_documents_cover_the_truth_as_often_as_they_say() {
    let share_covered = covered(0.7, |simulation| {
        let counts = clustered(0.4, &mut stream(90, u64::from(simulation)));
        let interval = bootstrap(simulation).intervals(&counts, 1, share)[0].expect("documents have items");
        (interval.low, interval.high)
    });
    assert!(BAND.contains(&share_covered), "{share_covered}");
}

#[test]
fn resampled_items_do_not() {
    let share_covered = covered(0.7, |simulation| {
        let counts = items_apart(&clustered(0.4, &mut stream(90, u64::from(simulation))));
        let few = Bootstrap { replicates: 300, ..bootstrap(simulation) };
        let interval = few.intervals(&counts, 1, share)[0].expect("documents have items");
        (interval.low, interval.high)
    });
    assert!(share_covered < 0.88, "{share_covered}");
}

#[test]
fn paired_differences_cover_the_truth_as_often_as_they_say() {
    // The second model has the first one's answers, and loses each right one with a chance of one in ten: 0.07 in all.
    let share_covered = covered(0.07, |simulation| {
        let mut random = stream(91, u64::from(simulation));
        let first = clustered(0.4, &mut random);
        let mut second = first.clone();
        for right in second.column_mut(0) {
            *right -= (0..*right).map(|_| u32::from(below(10, &mut random) == 0)).sum::<u32>();
        }
        let pair = Pair::new(&first, &second).expect("equal shapes");
        let interval = bootstrap(simulation).differences(pair, 1, share)[0].expect("documents have items").interval;
        (interval.low, interval.high)
    });
    assert!(BAND.contains(&share_covered), "{share_covered}");
}
