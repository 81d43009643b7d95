//! Calibration agrees with scikit-learn and numpy; the numbers are made by `tests/golden/make_calibration_golden.py`.

use karat::base::Stance;
use karat::metrics::{Bins, Confidence, Forecast, Forecasts};
use serde::Deserialize;
use std::collections::BTreeMap;

const TOLERANCE: f64 = 1e-12;

#[derive(Deserialize)]
struct Expected {
    width15: f64,
    mass10: f64,
    width_counts: Vec<usize>,
    mass_counts: Vec<usize>,
    brier: f64,
    log_loss: f64,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Case {
    Versions {
        #[serde(flatten)]
        packages: BTreeMap<String, String>,
    },
    Entities {
        answers: Vec<(f64, bool)>,
        #[serde(flatten)]
        expected: Expected,
    },
    Stances {
        answers: Vec<([f64; 3], usize, usize)>,
        #[serde(flatten)]
        expected: Expected,
    },
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../golden/calibration.json")).expect("the golden file fits its reader")
}

#[test]
fn the_golden_numbers_come_from_the_pinned_packages() {
    let pinned = include_str!("../golden/requirements-metrics.txt");
    let Some(Case::Versions { packages }) = cases().into_iter().next() else { panic!("the first line has versions") };
    for (package, version) in packages {
        assert!(pinned.lines().any(|line| line == format!("{package}=={version}")), "{package} {version}");
    }
}

#[test]
fn calibration_agrees_with_scikit_learn() {
    let mut compared = 0;
    for (number, case) in cases().into_iter().enumerate() {
        let (forecasts, expected) = match case {
            Case::Versions { .. } => continue,
            Case::Entities { answers, expected } => {
                let answers = answers.into_iter().map(|(value, right)| Confidence { value, right });
                (Forecasts::Entities(answers.collect()), expected)
            }
            Case::Stances { answers, expected } => {
                let forecast = |(shares, answered, gold): ([f64; 3], usize, usize)| Forecast {
                    shares,
                    answered: Stance::ALL[answered],
                    gold: Stance::ALL[gold],
                };
                (Forecasts::Stances(answers.into_iter().map(forecast).collect()), expected)
            }
        };
        let confidences = forecasts.confidences();
        for (bins, counts) in Bins::REPORTED.into_iter().zip([&expected.width_counts, &expected.mass_counts]) {
            let filled: Vec<usize> = bins.fill(&confidences).iter().map(|bin| bin.count).collect();
            assert_eq!(&filled, counts, "case {number}, {}", bins.name());
        }
        let metrics = forecasts.metrics("a-rule@1");
        let values = [expected.width15, expected.mass10, expected.brier, expected.log_loss];
        for (metric, expected) in metrics.iter().zip(values) {
            let value = metric.value.expect("every case has an answer");
            assert!((value - expected).abs() <= TOLERANCE, "case {number}: {} is {value}, not {expected}", metric.id);
            compared += 1;
        }
    }
    assert_eq!(compared, 4 * 140);
}
