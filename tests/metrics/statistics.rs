//! Agreement with scipy and statsmodels; the numbers are made by `tests/golden/make_statistics_golden.py`.

use karat::stats::{Bootstrap, Method, Pair, Plan, Randomisation, holm, mcnemar};
use ndarray::Array2;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Case {
    Versions {
        #[serde(flatten)]
        packages: BTreeMap<String, String>,
    },
    Bca {
        documents: Vec<[u32; 3]>,
        low: f64,
        high: f64,
    },
    Randomisation {
        first: Vec<[u32; 3]>,
        second: Vec<[u32; 3]>,
        p: f64,
    },
    Mcnemar {
        won: u64,
        lost: u64,
        p: f64,
    },
    Holm {
        p: Vec<f64>,
        adjusted: Vec<f64>,
    },
    Power {
        error: f64,
        confidence: f64,
        detectable: f64,
    },
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../golden/statistics.json")).expect("the golden file fits its reader")
}

/// Runs `check` on the cases of a kind and holds their number.
fn hold(expected: usize, mut check: impl FnMut(Case) -> bool) {
    assert_eq!(cases().into_iter().filter_map(|case| check(case).then_some(())).count(), expected);
}

/// F1 of tp, fp, missed.
fn pooled_f1(sums: &[u64], values: &mut [Option<f64>]) {
    let all = 2 * sums[0] + sums[1] + sums[2];
    values[0] = (all > 0).then(|| 2.0 * sums[0] as f64 / all as f64);
}

#[test]
fn the_golden_numbers_come_from_the_pinned_packages() {
    let pinned = include_str!("../golden/requirements-statistics.txt");
    let Case::Versions { packages } = cases().swap_remove(0) else { panic!("the first line has versions") };
    let made_with: Vec<String> = packages.iter().map(|(package, version)| format!("{package}=={version}")).collect();
    assert_eq!(pinned.lines().collect::<Vec<_>>(), made_with);
}

#[test]
fn bca_intervals_agree_with_scipy() {
    hold(4, |case| {
        let Case::Bca { documents, low, high } = case else { return false };
        let counts = Array2::from(documents);
        let bootstrap = Bootstrap { seed: 3, replicates: 100_000, confidence: 0.95, method: Method::Bca };
        let interval = bootstrap.intervals(&counts, 1, pooled_f1)[0].expect("documents have entities");
        // Both sides draw 100,000 replicates; the standard error of an end is about a hundredth of the width.
        let tolerance = 0.02 * (high - low);
        assert!(
            (interval.low - low).abs() < tolerance && (interval.high - high).abs() < tolerance,
            "{interval:?}, scipy {low} to {high}"
        );
        true
    });
}

#[test]
fn p_values_agree_with_all_ways_to_swap_documents() {
    let test = Randomisation { seed: 4, replicates: 40_000 };
    hold(60, |case| {
        let Case::Randomisation { first, second, p } = case else { return false };
        let (first, second) = (Array2::from(first), Array2::from(second));
        let found = test.p_values(Pair::new(&first, &second).expect("equal shapes"), 1, pooled_f1)[0].expect("defined");
        // Five standard errors of a share of 40,000 replicates, and the one that is added.
        let tolerance = 5.0 * (p * (1.0 - p) / 40_000.0).sqrt() + 1.0 / 40_000.0;
        assert!((found - p).abs() < tolerance, "{found}, exact {p}");
        true
    });
}

#[test]
fn mcnemar_agrees_with_statsmodels() {
    hold(100, |case| {
        let Case::Mcnemar { won, lost, p } = case else { return false };
        assert!((mcnemar(won, lost) - p).abs() < 1e-12, "{won} {lost}: {} against {p}", mcnemar(won, lost));
        true
    });
}

#[test]
fn holm_agrees_with_statsmodels() {
    hold(100, |case| {
        let Case::Holm { p, adjusted } = case else { return false };
        for (ours, theirs) in holm(&p).into_iter().zip(adjusted) {
            assert!((ours - theirs).abs() < 1e-15, "{ours} against {theirs}");
        }
        true
    });
}

#[test]
fn the_detectable_difference_has_the_factor_of_the_normal_distribution() {
    hold(40, |case| {
        let Case::Power { error, confidence, detectable } = case else { return false };
        let found = Plan { error, confidence, margin: 0.0 }.detectable();
        assert!((found - detectable).abs() < 1e-9, "{found} against {detectable}");
        true
    });
}
