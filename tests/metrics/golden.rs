//! Agreement with seqeval, nervaluate, scikit-learn, krippendorff, numpy and scipy; the numbers are made by `tests/golden/make_metrics_golden.py`.

use karat::base::{Entity, Span, Stance};
use karat::metrics::{
    ChunkRules, ExactSpans, Family, Matching, Metric, Scheme, Semeval2013, Seqeval, StanceScores, Tag, TaggedText,
    Unit, count_labels, count_tags, total,
};
use karat::stats::{Bootstrap, Method, quantile};
use karat::task::{AgreementScorer, TaskName};
use ndarray::Array2;
use serde::Deserialize;
use std::collections::BTreeMap;

const TOLERANCE: f64 = 1e-12;

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Case {
    Versions {
        #[serde(flatten)]
        packages: BTreeMap<String, String>,
    },
    Spans {
        documents: Vec<[String; 2]>,
        micro: Option<[f64; 3]>,
        macro_f1: Option<f64>,
        labels: BTreeMap<String, [f64; 3]>,
    },
    Stance {
        documents: Vec<[String; 2]>,
        accuracy: f64,
        macro_f1: f64,
        f_avg: f64,
        classes: [[f64; 3]; 3],
        balanced_accuracy: f64,
        mcc: f64,
        cohen_kappa: Option<f64>,
    },
    Tags {
        scheme: String,
        sentences: Vec<[String; 2]>,
        accuracy: f64,
        default: Chunks,
        strict: Chunks,
    },
    Partial {
        gold: Vec<(usize, usize, String)>,
        predicted: Vec<(usize, usize, String)>,
        nervaluate: [[f64; 3]; 4],
        labels: BTreeMap<String, [[f64; 3]; 4]>,
        best: [[u32; 2]; 4],
    },
    Agreement {
        documents: Vec<[String; 2]>,
        kappa: Option<f64>,
        alpha: Option<f64>,
        alpha_interval: Option<f64>,
    },
    Quantiles {
        sample: Vec<f64>,
        levels: Vec<f64>,
        quantiles: Vec<f64>,
    },
    Bootstrap {
        documents: Vec<[u32; 3]>,
        low: f64,
        high: f64,
    },
}

/// What seqeval says of chunks.
#[derive(Deserialize)]
struct Chunks {
    micro: Option<[f64; 3]>,
    macro_f1: Option<f64>,
    labels: BTreeMap<String, [f64; 3]>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../golden/metrics.json")).expect("the golden file fits its reader")
}

/// The entities of a drawing such as `..Aa.B`: a capital begins one, its small letter continues it.
fn entities(drawing: &str) -> Vec<Entity> {
    let mut entities: Vec<Entity> = Vec::new();
    for (at, letter) in drawing.chars().enumerate() {
        if letter.is_ascii_uppercase() {
            entities.push(Entity { span: Span::new(at, at + 1), label: letter.to_string(), score: None });
        } else if letter.is_ascii_lowercase() {
            entities.last_mut().expect("a capital comes first").span.end = at + 1;
        }
    }
    entities
}

fn stance(letter: char) -> Stance {
    let named = Stance::ALL.into_iter().find(|stance| stance.name().starts_with(letter));
    named.expect("a letter is f, a or n")
}

fn assert_metric(metrics: &[Metric], id: &str, expected: Option<f64>, case: usize) {
    let metric = metrics.iter().find(|metric| metric.id == id).unwrap_or_else(|| panic!("no `{id}` in case {case}"));
    let equal = match (metric.value, expected) {
        (Some(value), Some(expected)) => (value - expected).abs() <= TOLERANCE,
        (value, expected) => value == expected,
    };
    assert!(equal, "case {case}: `{id}` is {:?}, expected {expected:?}", metric.value);
    assert_eq!(metric.reason.is_none(), metric.value.is_some());
}

fn assert_measures(metrics: &[Metric], suffix: &str, expected: Option<[f64; 3]>, case: usize) {
    for (place, measure) in ["precision", "recall", "f1"].into_iter().enumerate() {
        assert_metric(metrics, &format!("{measure}{suffix}"), expected.map(|expected| expected[place]), case);
    }
}

#[test]
fn the_golden_numbers_come_from_the_pinned_packages() {
    let pinned = include_str!("../golden/requirements-metrics.txt");
    let Some(Case::Versions { packages }) = cases().into_iter().next() else { panic!("the first line has versions") };
    let made_with: Vec<String> = packages.iter().map(|(package, version)| format!("{package}=={version}")).collect();
    assert_eq!(pinned.lines().collect::<Vec<_>>(), made_with);
}

#[test]
fn exact_spans_agree_with_seqeval() {
    let mut compared = 0;
    for (number, case) in cases().into_iter().enumerate() {
        let Case::Spans { documents, micro, macro_f1, labels } = case else { continue };
        let documents: Vec<_> = documents.iter().map(|pair| pair.each_ref().map(|line| entities(line))).collect();
        let counts: Vec<_> = documents.iter().map(|[gold, predicted]| count_labels(gold, predicted)).collect();
        let seen = counts.iter().flat_map(|document| document.keys().copied());
        // A declared label that does not occur must change nothing but its own line.
        let spans = ExactSpans::new(seen.chain(["Z"]));
        let metrics = spans.metrics(&total(&spans.table(&counts).expect("all labels are known")));
        assert_measures(&metrics, "", micro, number);
        assert_metric(&metrics, "f1.macro", macro_f1, number);
        assert_measures(&metrics, ".Z", None, number);
        assert_eq!(spans.labels().len(), labels.len() + 1, "case {number}");
        for (label, measures) in labels {
            assert_measures(&metrics, &format!(".{label}"), Some(measures), number);
        }
        compared += 1;
    }
    assert_eq!(compared, 240);
}

#[test]
fn stances_agree_with_scikit_learn() {
    let mut compared = 0;
    for (number, case) in cases().into_iter().enumerate() {
        let Case::Stance { documents, accuracy, macro_f1, f_avg, classes, balanced_accuracy, mcc, cohen_kappa } = case
        else {
            continue;
        };
        let items =
            |[gold, predicted]: &[String; 2]| gold.chars().map(stance).zip(predicted.chars().map(stance)).collect();
        let documents: Vec<Vec<_>> = documents.iter().map(items).collect();
        let scores = StanceScores::new();
        let metrics = scores.metrics(&total(&scores.table(&documents)));
        assert_metric(&metrics, "accuracy", Some(accuracy), number);
        assert_metric(&metrics, "macro_f1", Some(macro_f1), number);
        assert_metric(&metrics, "f_avg", Some(f_avg), number);
        assert_metric(&metrics, "balanced_accuracy", Some(balanced_accuracy), number);
        assert_metric(&metrics, "mcc", Some(mcc), number);
        assert_metric(&metrics, "cohen_kappa", cohen_kappa, number);
        for (class, measures) in Stance::ALL.into_iter().zip(classes) {
            assert_measures(&metrics, &format!(".{class}"), Some(measures), number);
        }
        compared += 1;
    }
    assert_eq!(compared, 160);
}

fn assert_chunks(metrics: &[Metric], prefix: &str, chunks: &Chunks, case: usize) {
    for (place, measure) in ["precision", "recall", "f1"].into_iter().enumerate() {
        let id = format!("{prefix}{measure}");
        assert_metric(metrics, &id, chunks.micro.map(|micro| micro[place]), case);
        for (label, measures) in &chunks.labels {
            assert_metric(metrics, &format!("{id}.{label}"), Some(measures[place]), case);
        }
    }
    assert_metric(metrics, &format!("{prefix}f1.macro"), chunks.macro_f1, case);
}

fn tagged(sentences: &[[String; 2]], side: usize) -> TaggedText<'_> {
    let mut text = TaggedText::default();
    for sentence in sentences {
        text.push(sentence[side].split(' ').map(|tag| Tag::parse(tag).expect("a tag")));
    }
    text
}

#[test]
fn chunks_agree_with_seqeval_in_both_modes() {
    use Scheme::{Bilou, Iob1, Iob2, Iobes, Ioe1, Ioe2};
    let mut compared = 0;
    for (number, case) in cases().into_iter().enumerate() {
        let Case::Tags { scheme, sentences, accuracy, default, strict } = case else { continue };
        let scheme = [Iob1, Iob2, Ioe1, Ioe2, Iobes, Bilou].into_iter().find(|known| known.to_string() == scheme);
        let strict_rules = ChunkRules::Strict(scheme.expect("a scheme by its name"));
        let (gold, predicted) = (tagged(&sentences, 0), tagged(&sentences, 1));
        for (rules, prefix, chunks) in
            [(ChunkRules::Default, "seqeval.", default), (strict_rules, "seqeval-strict.", strict)]
        {
            let counts = count_tags(&gold, &predicted, rules);
            assert!(counts.labels.keys().eq(chunks.labels.keys()), "case {number}");
            let family = Seqeval::new(rules, counts.labels.keys().copied());
            let metrics = family.metrics(&total(&family.table(&[counts]).expect("all labels are known")));
            assert_chunks(&metrics, prefix, &chunks, number);
            if rules == ChunkRules::Default {
                assert_metric(&metrics, "seqeval.accuracy", Some(accuracy), number);
            }
        }
        compared += 1;
    }
    assert_eq!(compared, 120);
}

const MEASURES: [&str; 4] = ["strict", "exact", "partial", "type"];

#[test]
fn partial_credit_agrees_with_nervaluate_and_with_all_matchings_tried() {
    let mut compared = 0;
    for (number, case) in cases().into_iter().enumerate() {
        let Case::Partial { gold, predicted, nervaluate, labels, best } = case else { continue };
        let side = |entities: &[(usize, usize, String)]| -> Vec<Entity> {
            let entity = |(start, end, label): &(usize, usize, String)| Entity {
                span: Span::new(*start, *end),
                label: label.clone(),
                score: None,
            };
            entities.iter().map(entity).collect()
        };
        let document = [(side(&gold), side(&predicted))];
        let sums = |matching| {
            let family = Semeval2013::new(matching, Unit::Character, labels.keys().map(String::as_str));
            let sums = total(&family.table(&document).expect("all labels are known"));
            (family, sums)
        };
        let (family, counts) = sums(Matching::Nervaluate);
        let metrics = family.metrics(&counts);
        // nervaluate has 0 where nothing is there, karat null.
        let something = (!gold.is_empty() || !predicted.is_empty()).then_some(());
        for (at, measure) in MEASURES.into_iter().enumerate() {
            for (place, value) in ["precision", "recall", "f1"].into_iter().enumerate() {
                let id = format!("nervaluate.{measure}.{value}");
                assert_metric(&metrics, &id, something.map(|()| nervaluate[at][place]), number);
                for (label, expected) in &labels {
                    assert_metric(&metrics, &format!("{id}.{label}"), Some(expected[at][place]), number);
                }
            }
        }
        let (_, counts) = sums(Matching::Optimal);
        for ([cor, other], counts) in best.into_iter().zip(counts.chunks_exact(4)) {
            assert_eq!(counts[..2], [u64::from(cor), u64::from(other)], "case {number}");
        }
        compared += 1;
    }
    assert_eq!(compared, 120);
}

#[test]
fn quantiles_agree_with_numpy() {
    let mut compared = 0;
    for case in cases() {
        let Case::Quantiles { mut sample, levels, quantiles } = case else { continue };
        for (level, expected) in levels.into_iter().zip(quantiles) {
            let value = quantile(&mut sample, level).expect("the sample is not empty");
            assert!((value - expected).abs() <= TOLERANCE, "{value} at {level}, expected {expected}: {sample:?}");
        }
        compared += 1;
    }
    assert_eq!(compared, 40);
}

#[test]
fn intervals_agree_with_scipy_within_the_error_of_both() {
    let mut compared = 0;
    for case in cases() {
        let Case::Bootstrap { documents, low, high } = case else { continue };
        let spans = ExactSpans::new(["A"]);
        let counts = Array2::from(documents);
        let bootstrap = Bootstrap { seed: 3, replicates: 100_000, confidence: 0.95, method: Method::Percentile };
        let values = spans.definitions().len();
        let intervals = bootstrap.intervals(&counts, values, |sums, values| spans.values(sums, values));
        let f1 = intervals[2].expect("documents have entities");
        // Both sides draw 100,000 replicates; the standard error of an end is about a hundredth of the width.
        let tolerance = 0.02 * (high - low);
        assert!(
            (f1.low - low).abs() < tolerance && (f1.high - high).abs() < tolerance,
            "{f1:?}, scipy {low} to {high}"
        );
        compared += 1;
    }
    assert_eq!(compared, 4);
}

#[test]
fn agreement_agrees_with_scikit_learn_and_krippendorff() {
    let mut compared = 0;
    for (number, case) in cases().into_iter().enumerate() {
        let Case::Agreement { documents, kappa, alpha, alpha_interval } = case else { continue };
        let items = |[first, second]: &[String; 2]| {
            first.chars().zip(second.chars()).map(|(a, b)| (stance(a).index(), stance(b).index())).collect()
        };
        let documents: Vec<Vec<_>> = documents.iter().map(items).collect();
        let family = AgreementScorer::new(TaskName::Stance, &[], []).family;
        let metrics = family.metrics(&total(&family.table(&documents)));
        assert_metric(&metrics, "kappa", kappa, number);
        assert_metric(&metrics, "alpha", alpha, number);
        assert_metric(&metrics, "alpha.interval", alpha_interval, number);
        compared += 1;
    }
    assert_eq!(compared, 120);
}
