//! Do intervals hold the truth as often as they say? Simulated documents with a known truth.

use karat::base::stream;
use karat::stats::{Bootstrap, Contrast, Contrasts, Method, Pair, Verdict, below};
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

fn bca(simulation: u32) -> Bootstrap {
    Bootstrap { method: Method::Bca, ..bootstrap(simulation) }
}

/// A second model that has the first one's answers and loses each right one with a chance of `lost` in a thousand, and gets each
/// wrong one right with a chance of `won`.
fn second(first: &Array2<u32>, [lost, won]: [u32; 2], random: &mut impl Rng) -> Array2<u32> {
    let mut second = first.clone();
    for mut document in second.outer_iter_mut() {
        let (right, wrong) = (document[0], document[1] - document[0]);
        let mut of = |items: u32, chance: u32| (0..items).map(|_| u32::from(below(1000, random) < chance)).sum::<u32>();
        document[0] = right - of(right, lost) + of(wrong, won);
    }
    second
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
fn corrected_intervals_cover_the_truth_as_often_as_they_say() {
    // A skewed measure: the share of documents' wrong answers, which is small.
    let share_covered = covered(0.05, |simulation| {
        let mut counts = clustered(0.9, &mut stream(92, u64::from(simulation)));
        counts.column_mut(0).mapv_inplace(|right| ITEMS - right);
        let interval = bca(simulation).intervals(&counts, 1, share)[0].expect("documents have items");
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
    // Of 0.7 right answers a tenth is lost: 0.07 in all.
    for method in [bootstrap, bca] {
        let share_covered = covered(0.07, |simulation| {
            let mut random = stream(91, u64::from(simulation));
            let first = clustered(0.4, &mut random);
            let second = second(&first, [100, 0], &mut random);
            let pair = Pair::new(&first, &second).expect("equal shapes");
            let interval = method(simulation).differences(pair, 1, share)[0].expect("documents have items").interval;
            (interval.low, interval.high)
        });
        assert!(BAND.contains(&share_covered), "{share_covered}");
    }
}

/// The share of simulations of two models for which `what` is true of their contrast.
fn share_of(margin: f64, rates: [u32; 2], what: impl Fn(&Contrast) -> bool) -> f64 {
    let happened = (0..SIMULATIONS).filter(|&simulation| {
        let mut random = stream(93, u64::from(simulation));
        let first = clustered(0.4, &mut random);
        let second = second(&first, rates, &mut random);
        let pair = Pair::new(&first, &second).expect("equal shapes");
        let few = Bootstrap { replicates: 400, ..bootstrap(simulation) };
        let contrasts = Contrasts { bootstrap: few, margin }.of(pair, 1, share);
        what(&contrasts[0].expect("documents have items"))
    });
    happened.count() as f64 / f64::from(SIMULATIONS)
}

#[test]
fn models_that_are_alike_are_told_apart_as_seldom_as_the_confidence_says() {
    // Of 0.7 right answers 30 in a thousand are lost, of 0.3 wrong ones 70 in a thousand won: 0.021 each way.
    let alike = [30, 70];
    let told_apart = |contrast: &Contrast| matches!(contrast.verdict, Verdict::Improved | Verdict::Regressed);
    let false_alarms = share_of(0.0, alike, told_apart);
    assert!((0.02..0.10).contains(&false_alarms), "{false_alarms}");
    // Half of them with either sign, and hardly one beyond a margin.
    let regressed = share_of(0.0, alike, |contrast| contrast.verdict == Verdict::Improved);
    assert!(regressed < 0.06, "{regressed}");
    assert!(share_of(0.01, alike, told_apart) < 0.02);
    // p-values of models that are alike are uniform: a share of 5 % below 5 %, of half below one half.
    let below = |level: f64| share_of(0.0, alike, |contrast| contrast.p <= level);
    let (rare, common) = (below(0.05), below(0.5));
    assert!((0.02..0.09).contains(&rare) && (0.40..0.60).contains(&common), "{rare} {common}");
}

#[test]
fn a_difference_of_the_detectable_size_is_found_four_times_in_five() {
    let detectable = {
        let mut sizes = Vec::new();
        let size = |contrast: &Contrast| contrast.detectable.expect("sixty documents can find some");
        for simulation in 0..20 {
            let mut random = stream(94, u64::from(simulation));
            let first = clustered(0.4, &mut random);
            let second = second(&first, [60, 70], &mut random);
            let pair = Pair::new(&first, &second).expect("equal shapes");
            let contrasts = Contrasts { bootstrap: bootstrap(simulation), margin: 0.0 }.of(pair, 1, share);
            sizes.push(size(&contrasts[0].expect("documents have items")));
        }
        sizes.iter().sum::<f64>() / sizes.len() as f64
    };
    // 0.7 of all answers are right, 0.3 wrong: losing x in a thousand and winning 70 of the wrong makes 0.7 x − 0.021.
    let lost = ((detectable + 0.021) / 0.000_7).round() as u32;
    let found = share_of(0.0, [lost, 70], |contrast| contrast.verdict == Verdict::Improved);
    assert!((0.70..0.92).contains(&found), "{found}: {lost} in a thousand lost, {detectable} detectable");
}
