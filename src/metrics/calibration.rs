//! Calibration: do answers come true as often as their confidence says?

use crate::base::Stance;
use crate::metrics::{Definition, Metric};

/// Classes of a stance.
const CLASSES: usize = Stance::ALL.len();
/// Probabilities are clipped to this and 1 minus it before their logarithm: the machine epsilon of f64, as scikit-learn does.
const CLIP: f64 = f64::EPSILON;

/// An answer's confidence in 0..=1, and whether the answer was right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confidence {
    /// How sure the model was.
    pub value: f64,
    /// Whether gold agrees.
    pub right: bool,
}

/// The shares of all stances, which of them was answered and which is gold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// In the order of [`Stance::ALL`], in 0..=1, summing to 1.
    pub shares: [f64; CLASSES],
    /// The answer.
    pub answered: Stance,
    /// The truth.
    pub gold: Stance,
}

/// Answers whose confidences are held against gold.
#[derive(Debug, Clone, PartialEq)]
pub enum Forecasts {
    /// Predicted entities: right where gold has one of the same span and label.
    Entities(Vec<Confidence>),
    /// Stances, with all three shares.
    Stances(Vec<Forecast>),
}

/// How answers are put into bins by confidence.
///
/// A bin is open below and closed above, `(low, high]`, and the first one holds its lower edge too; equal confidences are
/// therefore in one bin, whatever the order of the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bins {
    /// Equally wide: edge k of n is k / n.
    Width(usize),
    /// Equally full, as far as ties allow: edge k of n is the quantile k / n of the confidences by linear interpolation (the
    /// value at rank k·(N − 1) / n, ranks from 0), as numpy and scikit-learn's `strategy="quantile"` have it.
    Mass(usize),
}

/// A bin of a reliability diagram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Lower edge.
    pub low: f64,
    /// Upper edge.
    pub high: f64,
    /// Answers in it.
    pub count: usize,
    /// Their mean confidence; None where there is none.
    pub confidence: Option<f64>,
    /// The share of them that was right; None where there is none.
    pub accuracy: Option<f64>,
}

impl Bins {
    /// The two schemes of reports: 15 equally wide bins, 10 equally full ones.
    pub const REPORTED: [Self; 2] = [Self::Width(15), Self::Mass(10)];

    /// The name in ids and tables: `width15`, `mass10`.
    pub fn name(self) -> String {
        match self {
            Self::Width(bins) => format!("width{bins}"),
            Self::Mass(bins) => format!("mass{bins}"),
        }
    }

    /// Edges from the lowest to the highest, one more than bins.
    fn edges(self, answers: &[Confidence]) -> Vec<f64> {
        match self {
            Self::Width(bins) => (0..=bins).map(|k| k as f64 / bins as f64).collect(),
            Self::Mass(bins) => {
                let mut sorted: Vec<f64> = answers.iter().map(|answer| answer.value).collect();
                sorted.sort_by(f64::total_cmp);
                let last = sorted.len().saturating_sub(1);
                let edge = |k: usize| match (sorted.get(k * last / bins), k * last % bins) {
                    (None, _) => k as f64 / bins as f64,
                    (Some(low), 0) => *low,
                    (Some(low), part) => low + (sorted[k * last / bins + 1] - low) * part as f64 / bins as f64,
                };
                (0..=bins).map(edge).collect()
            }
        }
    }

    /// Every bin, also the empty ones, from the lowest confidence to the highest.
    ///
    /// ```
    /// use karat::metrics::{Bins, Confidence};
    ///
    /// let answers = [(0.5, false), (0.6, true), (1.0, true)].map(|(value, right)| Confidence { value, right });
    /// let bins = Bins::Width(2).fill(&answers);
    /// assert_eq!((bins[0].count, bins[0].accuracy), (1, Some(0.0))); // 0.5 is in (0, 0.5]
    /// assert_eq!((bins[1].count, bins[1].confidence), (2, Some(0.8)));
    /// ```
    pub fn fill(self, answers: &[Confidence]) -> Vec<Bin> {
        let edges = self.edges(answers);
        let inner = &edges[1..edges.len() - 1];
        let mut sums = vec![(0usize, 0.0, 0usize); inner.len() + 1];
        for answer in answers {
            let (count, confidence, right) = &mut sums[inner.partition_point(|edge| *edge < answer.value)];
            *count += 1;
            *confidence += answer.value;
            *right += usize::from(answer.right);
        }
        let bin = |(at, (count, confidence, right)): (usize, (usize, f64, usize))| Bin {
            low: edges[at],
            high: edges[at + 1],
            count,
            confidence: (count > 0).then(|| confidence / count as f64),
            accuracy: (count > 0).then(|| right as f64 / count as f64),
        };
        sums.into_iter().enumerate().map(bin).collect()
    }
}

impl Forecasts {
    /// How many answers.
    pub fn len(&self) -> usize {
        match self {
            Self::Entities(answers) => answers.len(),
            Self::Stances(forecasts) => forecasts.len(),
        }
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each answer's confidence: an entity's score, or the share of the stance that was answered.
    pub fn confidences(&self) -> Vec<Confidence> {
        match self {
            Self::Entities(answers) => answers.clone(),
            Self::Stances(forecasts) => {
                let of = |f: &Forecast| Confidence { value: f.shares[f.answered.index()], right: f.answered == f.gold };
                forecasts.iter().map(of).collect()
            }
        }
    }

    /// The mean of the squared distance between probabilities and what came true (Brier 1950): for entities of the confidence
    /// from 1 or 0, in 0..=1; for stances summed over the three classes, in 0..=2. None without an answer.
    pub fn brier(&self) -> Option<f64> {
        self.mean(
            |answer| (answer.value - f64::from(u8::from(answer.right))).powi(2),
            |forecast| {
                let truth = |class: Stance| f64::from(u8::from(class == forecast.gold));
                Stance::ALL.iter().map(|&class| (forecast.shares[class.index()] - truth(class)).powi(2)).sum()
            },
        )
    }

    /// The mean of minus the natural logarithm of the probability of what came true: for entities the confidence where right
    /// and 1 minus it where wrong; for stances the share of the gold class. Probabilities are clipped to 2⁻⁵² and 1 − 2⁻⁵².
    /// None without an answer.
    pub fn log_loss(&self) -> Option<f64> {
        let loss = |probability: f64| -probability.ln();
        let clip = |probability: f64| probability.clamp(CLIP, 1.0 - CLIP);
        self.mean(
            |answer| loss(if answer.right { clip(answer.value) } else { 1.0 - clip(answer.value) }),
            |forecast| loss(clip(forecast.shares[forecast.gold.index()])),
        )
    }

    /// Σ over bins of (answers in it / all answers) · |accuracy − mean confidence| (Naeini et al. 2015; Guo et al. 2017), in
    /// 0..=1. None without an answer.
    pub fn ece(&self, bins: Bins) -> Option<f64> {
        let all = self.len();
        let gap = |bin: &Bin| Some(bin.count as f64 / all as f64 * (bin.accuracy? - bin.confidence?).abs());
        (all > 0).then(|| bins.fill(&self.confidences()).iter().filter_map(gap).sum())
    }

    fn mean(&self, entity: impl Fn(&Confidence) -> f64, stance: impl Fn(&Forecast) -> f64) -> Option<f64> {
        let sum: f64 = match self {
            Self::Entities(answers) => answers.iter().map(entity).sum(),
            Self::Stances(forecasts) => forecasts.iter().map(stance).sum(),
        };
        (!self.is_empty()).then(|| sum / self.len() as f64)
    }

    /// What calibration is measured by: `ece.width15`, `ece.mass10`, `brier`, `log_loss`. `rule` decided the stances.
    pub fn definitions(&self, rule: &str) -> Vec<Definition> {
        let (task, answers, brier, loss, none) = match self {
            Self::Entities(_) => ("ner", "predicted exact", "binary", "binary", "no entity was predicted"),
            Self::Stances(_) => ("stance", "answered", "sum over classes", "classes", "there is no labelled item"),
        };
        let more = match self {
            Self::Entities(_) => Vec::new(),
            Self::Stances(_) => vec![format!("rule={rule}")],
        };
        let define = |id: &str, measure: &str, terms: &[&str]| {
            let terms: Vec<&str> = terms.iter().copied().chain(more.iter().map(String::as_str)).collect();
            Definition::new(id, &format!("{task}.{measure}"), &terms, none)
        };
        vec![
            define("ece.width15", "ece", &[answers, "bins=15 equal width"]),
            define("ece.mass10", "ece", &[answers, "bins=10 equal mass"]),
            define("brier", "brier", &[answers, brier]),
            define("log_loss", "log_loss", &[answers, loss, "natural", "clip=2^-52"]),
        ]
    }

    /// The measures with their definitions, in the order of [`Forecasts::definitions`].
    ///
    /// ```
    /// use karat::metrics::{Confidence, Forecasts};
    ///
    /// let sure_and_wrong = Forecasts::Entities(vec![Confidence { value: 0.75, right: false }]);
    /// let metrics = sure_and_wrong.metrics("first");
    /// assert_eq!((metrics[0].id.as_str(), metrics[0].value), ("ece.width15", Some(0.75)));
    /// assert_eq!((metrics[2].id.as_str(), metrics[2].value), ("brier", Some(0.5625)));
    /// assert_eq!((metrics[3].id.as_str(), metrics[3].value), ("log_loss", Some(4.0f64.ln())));
    /// ```
    pub fn metrics(&self, rule: &str) -> Vec<Metric> {
        let [width, mass] = Bins::REPORTED;
        let values = [self.ece(width), self.ece(mass), self.brier(), self.log_loss()];
        let named = self.definitions(rule).into_iter().zip(values);
        named
            .map(|(definition, value)| Metric {
                id: definition.id,
                signature: definition.signature,
                value,
                reason: value.is_none().then_some(definition.undefined),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answers(values: &[(f64, bool)]) -> Vec<Confidence> {
        values.iter().map(|&(value, right)| Confidence { value, right }).collect()
    }

    #[test]
    fn an_edge_belongs_to_the_bin_below_and_zero_to_the_first() {
        let counts = |values: &[f64]| -> Vec<usize> {
            let answers: Vec<Confidence> = values.iter().map(|&value| Confidence { value, right: true }).collect();
            Bins::Width(5).fill(&answers).iter().map(|bin| bin.count).collect()
        };
        assert_eq!(counts(&[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]), [2, 1, 1, 1, 1]);
        assert_eq!(counts(&[0.2 + f64::EPSILON, 1.0]), [0, 1, 0, 0, 1]);
    }

    #[test]
    fn equal_confidences_share_a_bin_of_equal_mass() {
        let ties = answers(&[(0.5, true); 30]);
        let bins = Bins::Mass(10).fill(&ties);
        assert_eq!(bins.iter().map(|bin| bin.count).filter(|count| *count > 0).collect::<Vec<_>>(), [30]);
        let apart: Vec<Confidence> =
            (0..101).map(|i| Confidence { value: f64::from(i) / 100.0, right: true }).collect();
        let counts: Vec<usize> = Bins::Mass(10).fill(&apart).iter().map(|bin| bin.count).collect();
        assert_eq!(counts, [11, 10, 10, 10, 10, 10, 10, 10, 10, 10]);
    }

    #[test]
    fn what_is_sure_and_wrong_costs_much_and_not_without_end() {
        let wrong = Forecasts::Entities(answers(&[(1.0, false)]));
        assert!((wrong.log_loss().expect("defined") - 52.0 * 2.0f64.ln()).abs() < 1e-9);
        assert_eq!((wrong.brier(), wrong.ece(Bins::Width(15))), (Some(1.0), Some(1.0)));
        let shares = [1.0, 0.0, 0.0];
        let opposite = Forecast { shares, answered: Stance::Favor, gold: Stance::Against };
        assert_eq!(Forecasts::Stances(vec![opposite]).brier(), Some(2.0));
    }

    #[test]
    fn no_answer_is_undefined_and_says_why() {
        for forecasts in [Forecasts::Entities(Vec::new()), Forecasts::Stances(Vec::new())] {
            let metrics = forecasts.metrics("first");
            assert_eq!(metrics.len(), 4);
            assert!(metrics.iter().all(|metric| metric.value.is_none() && metric.reason.is_some()));
            assert!(Bins::REPORTED.iter().all(|bins| bins.fill(&[]).iter().all(|bin| bin.count == 0)));
        }
    }

    #[test]
    fn ids_and_signatures_are_a_contract() {
        let named = |forecasts: Forecasts| -> Vec<(String, String)> {
            forecasts.definitions("r@1").into_iter().map(|d| (d.id, d.signature)).collect()
        };
        let pairs = |pairs: [(&str, &str); 4]| pairs.map(|(id, signature)| (id.to_owned(), signature.to_owned()));
        assert_eq!(
            named(Forecasts::Entities(Vec::new())),
            pairs([
                ("ece.width15", "ner.ece|predicted exact|bins=15 equal width|v1"),
                ("ece.mass10", "ner.ece|predicted exact|bins=10 equal mass|v1"),
                ("brier", "ner.brier|predicted exact|binary|v1"),
                ("log_loss", "ner.log_loss|predicted exact|binary|natural|clip=2^-52|v1"),
            ])
        );
        assert_eq!(
            named(Forecasts::Stances(Vec::new())),
            pairs([
                ("ece.width15", "stance.ece|answered|bins=15 equal width|rule=r@1|v1"),
                ("ece.mass10", "stance.ece|answered|bins=10 equal mass|rule=r@1|v1"),
                ("brier", "stance.brier|answered|sum over classes|rule=r@1|v1"),
                ("log_loss", "stance.log_loss|answered|classes|natural|clip=2^-52|rule=r@1|v1"),
            ])
        );
    }

    proptest! {
        #[test]
        fn every_answer_is_in_one_bin_and_the_order_of_answers_says_nothing(
            values in prop::collection::vec((0.0f64..=1.0, any::<bool>()), 1..200),
        ) {
            let mut answers = answers(&values);
            for bins in [Bins::Width(15), Bins::Mass(10), Bins::Width(1), Bins::Mass(1)] {
                let filled = bins.fill(&answers);
                prop_assert_eq!(filled.iter().map(|bin| bin.count).sum::<usize>(), values.len());
                for bin in filled.iter().filter(|bin| bin.count > 0) {
                    let mean = bin.confidence.expect("it has answers");
                    prop_assert!(bin.low - 1e-12 <= mean && mean <= bin.high + 1e-12);
                }
                let ece = Forecasts::Entities(answers.clone()).ece(bins).expect("defined");
                prop_assert!((0.0..=1.0).contains(&ece));
                answers.reverse();
                let again = Forecasts::Entities(answers.clone()).ece(bins).expect("defined");
                prop_assert!((ece - again).abs() < 1e-12);
            }
        }
    }
}
