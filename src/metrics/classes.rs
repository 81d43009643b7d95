//! Stance as classification: the confusion of gold and predicted classes, and the measures that follow from it.

use super::counts::ratio;
use crate::base::Stance;
use crate::metrics::{Counts, Definition, Family};
use ndarray::{Array2, ArrayView2};

/// Declared classes.
const CLASSES: usize = Stance::ALL.len();
/// Metrics before those of single classes.
const OVERALL: usize = 6;

/// Accuracy, macro-F1, the `F_avg` of `SemEval`, what corrects for chance, and per-class measures of stances.
///
/// Columns: the confusion matrix by gold class, then by predicted class, both in the order of [`Stance::ALL`]:
/// `favor_as_favor`, `favor_as_against`, …, `neutral_as_neutral` (gold first).
/// Metrics: `accuracy`, `macro_f1`, `f_avg`, `balanced_accuracy`, `mcc`, `cohen_kappa`, then for each class
/// `precision.CLASS`, `recall.CLASS`, `f1.CLASS`.
///
/// - `macro_f1` is the plain mean of F1 over the declared classes, also those that do not occur, and measures that divide
///   zero by zero are 0: scikit-learn 1.9.1 with `labels` given and `zero_division=0`.
/// - `f_avg` is (F1 of favor + F1 of against) / 2, pooled over all items; neutral counts only as confusion (Mohammad et
///   al. 2016, *SemEval-2016 Task 6: Detecting Stance in Tweets*, section 5).
/// - `balanced_accuracy` is the mean recall of the classes that occur in gold: scikit-learn 1.9.1, not adjusted.
/// - `mcc` is the correlation of gold and predicted classes (Matthews 1975, *Comparison of the predicted and observed
///   secondary structure of T4 phage lysozyme*; for several classes Gorodkin 2004, *Comparing two K-category assignments by
///   a K-category correlation coefficient*); 0 where gold or predictions are one class throughout, as in scikit-learn 1.9.1.
/// - `cohen_kappa` is (accuracy − chance) / (1 − chance), chance from the shares of the classes in gold and in the
///   predictions (Cohen 1960, *A coefficient of agreement for nominal scales*). It is undefined where both are one and the same
///   class throughout, where scikit-learn 1.9.1 gives NaN. It is not called `kappa`, which is that of two annotators.
/// - Where there is no item, all are undefined.
///
/// ```
/// use karat::base::Stance::{Against, Favor, Neutral};
/// use karat::metrics::{Family, StanceScores, total};
///
/// let scores = StanceScores::new();
/// let document = vec![(Favor, Favor), (Favor, Neutral), (Against, Against), (Neutral, Against)];
/// let metrics = scores.metrics(&total(&scores.table(&[document])));
/// let value = |id: &str| metrics.iter().find(|metric| metric.id == id).and_then(|metric| metric.value);
/// assert_eq!(value("accuracy"), Some(0.5));
/// assert_eq!(value("f1.favor"), Some(2.0 / 3.0));
/// assert_eq!(value("f1.against"), Some(2.0 / 3.0));
/// assert_eq!(value("f_avg"), Some(2.0 / 3.0));
/// assert_eq!(value("macro_f1"), Some(4.0 / 9.0));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StanceScores {
    rule: Option<String>,
    columns: Vec<String>,
    definitions: Vec<Definition>,
}

impl StanceScores {
    /// The family for stances that were decided by a rule that is not known.
    pub fn new() -> Self {
        Self::with_rule(None)
    }

    /// The family for stances that were decided by a named and versioned rule, which becomes a part of every signature.
    ///
    /// ```
    /// use karat::metrics::{Family, StanceScores};
    ///
    /// let scores = StanceScores::decided_by("argmax-hypotheses.v1");
    /// assert_eq!(scores.definitions()[0].signature, "stance.accuracy|pooled|rule=argmax-hypotheses.v1|v1");
    /// ```
    pub fn decided_by(rule: &str) -> Self {
        Self::with_rule(Some(rule))
    }

    fn with_rule(rule: Option<&str>) -> Self {
        let pairs = Stance::ALL.iter().flat_map(|gold| Stance::ALL.map(|predicted| format!("{gold}_as_{predicted}")));
        let term = rule.map(|rule| format!("rule={rule}"));
        let terms: Vec<&str> = term.as_deref().into_iter().collect();
        Self { rule: rule.map(str::to_owned), columns: pairs.collect(), definitions: definitions(&terms) }
    }

    /// The rule that decided the stances; None where it is not known.
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// One row a document, `[documents, columns]`; a document is its items' (gold, predicted).
    pub fn table(&self, documents: &[Vec<(Stance, Stance)>]) -> Array2<u32> {
        let mut table = Array2::zeros((documents.len(), CLASSES * CLASSES));
        for (mut row, items) in table.outer_iter_mut().zip(documents) {
            for (gold, predicted) in items {
                row[gold.index() * CLASSES + predicted.index()] += 1;
            }
        }
        table
    }

    /// Summed counts as a matrix `[gold, predicted]`, both in the order of [`Stance::ALL`]; None when `sums` has not one
    /// number a column.
    pub fn confusion(sums: &[u64]) -> Option<ArrayView2<'_, u64>> {
        ArrayView2::from_shape((CLASSES, CLASSES), sums).ok()
    }
}

impl Default for StanceScores {
    fn default() -> Self {
        Self::new()
    }
}

fn definitions(more: &[&str]) -> Vec<Definition> {
    let define = |id: &str, measure: &str, terms: &[&str]| {
        let name = format!("stance.{measure}");
        Definition::new(id, &name, &[terms, more].concat(), "there is no labelled item")
    };
    let declared = format!("macro={}", Stance::ALL.map(Stance::name).join(","));
    let mut definitions = vec![
        define("accuracy", "accuracy", &["pooled"]),
        define("macro_f1", "f1", &[&declared, "pooled", "zero_division=0"]),
        define("f_avg", "f1", &["macro=favor,against", "pooled", "zero_division=0"]),
        define("balanced_accuracy", "recall", &["macro=occurring", "pooled"]),
        define("mcc", "mcc", &["pooled", "constant=0"]),
        define("cohen_kappa", "cohen_kappa", &["pooled"]),
    ];
    let kappa = definitions.last_mut().expect("there are definitions");
    "there is no labelled item, or gold and predictions are one class throughout".clone_into(&mut kappa.undefined);
    for class in Stance::ALL {
        let term = format!("class={class}");
        definitions.extend(
            ["precision", "recall", "f1"]
                .map(|measure| define(&format!("{measure}.{class}"), measure, &[&term, "pooled", "zero_division=0"])),
        );
    }
    definitions
}

/// One class against the rest.
fn one_against_rest(sums: &[u64], class: usize) -> Counts {
    let tp = sums[class * CLASSES + class];
    let in_gold: u64 = sums[class * CLASSES..][..CLASSES].iter().sum();
    let predicted: u64 = sums.iter().skip(class).step_by(CLASSES).sum();
    Counts { tp, fp: predicted - tp, missed: in_gold - tp }
}

/// Mean recall of the classes that occur in gold.
fn balanced_accuracy(counts: &[Counts; CLASSES]) -> f64 {
    let occurring = counts.iter().filter(|class| class.tp + class.missed > 0);
    let (sum, classes) = occurring.fold((0.0, 0), |(sum, classes), class| (sum + class.recall(), classes + 1));
    sum / f64::from(classes)
}

/// The sum over classes of what `of` gives for how often a class stands in gold and how often it was predicted.
fn over_margins(counts: &[Counts; CLASSES], of: impl Fn(u128, u128) -> u128) -> u128 {
    counts.iter().map(|class| of(u128::from(class.tp + class.missed), u128::from(class.tp + class.fp))).sum()
}

/// Matthews' correlation. Whole numbers up to the root, so that a constant is told exactly.
fn mcc(counts: &[Counts; CLASSES], right: u64, items: u64) -> f64 {
    let (right, items) = (u128::from(right), u128::from(items));
    let in_gold = items * items - over_margins(counts, |gold, _| gold * gold);
    let in_predictions = items * items - over_margins(counts, |_, predicted| predicted * predicted);
    if in_gold == 0 || in_predictions == 0 {
        return 0.0;
    }
    let by_chance = over_margins(counts, |gold, predicted| gold * predicted);
    let covariance = (right * items) as f64 - by_chance as f64;
    // Rounding of the root may leave the ends of the range.
    (covariance / (in_gold as f64 * in_predictions as f64).sqrt()).clamp(-1.0, 1.0)
}

/// Cohen's κ; None where chance alone would always agree.
fn cohen_kappa(counts: &[Counts; CLASSES], right: u64, items: u64) -> Option<f64> {
    let (right, items) = (u128::from(right), u128::from(items));
    let by_chance = over_margins(counts, |gold, predicted| gold * predicted);
    let left = items * items - by_chance;
    (left > 0).then(|| ((right * items) as f64 - by_chance as f64) / left as f64)
}

impl Family for StanceScores {
    fn name(&self) -> &'static str {
        "stance"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    fn values(&self, sums: &[u64], values: &mut [Option<f64>]) {
        assert_eq!((sums.len(), values.len()), (self.columns.len(), self.definitions.len()));
        let items: u64 = sums.iter().sum();
        if items == 0 {
            values.fill(None);
            return;
        }
        let counts: [Counts; CLASSES] = std::array::from_fn(|class| one_against_rest(sums, class));
        let right = counts.iter().map(|class| class.tp).sum();
        let f1 = counts.map(Counts::f1);
        let f_avg = f64::midpoint(f1[Stance::Favor.index()], f1[Stance::Against.index()]);
        let (overall, per_class) = values.split_at_mut(OVERALL);
        overall.copy_from_slice(&[
            Some(ratio(right, items)),
            Some(f1.iter().sum::<f64>() / CLASSES as f64),
            Some(f_avg),
            Some(balanced_accuracy(&counts)),
            Some(mcc(&counts, right, items)),
            cohen_kappa(&counts, right, items),
        ]);
        for (values, counts) in per_class.chunks_exact_mut(3).zip(counts) {
            values.copy_from_slice(&[counts.precision(), counts.recall(), counts.f1()].map(Some));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Stance::{Against, Favor, Neutral};
    use crate::metrics::total;

    #[test]
    fn columns_are_gold_first() {
        let scores = StanceScores::new();
        let table = scores.table(&[vec![(Favor, Against)], vec![(Neutral, Favor), (Neutral, Favor)]]);
        assert_eq!(scores.columns()[1], "favor_as_against");
        assert_eq!(scores.columns()[6], "neutral_as_favor");
        assert_eq!(table.row(0).to_vec(), [0, 1, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(table.row(1).to_vec(), [0, 0, 0, 0, 0, 0, 2, 0, 0]);
        let sums = total(&table);
        let confusion = StanceScores::confusion(&sums).expect("one number a column");
        assert_eq!((confusion[[0, 1]], confusion[[2, 0]]), (1, 2));
    }

    #[test]
    fn a_class_that_does_not_occur_pulls_the_macro_mean_down() {
        let scores = StanceScores::new();
        let metrics = scores.metrics(&total(&scores.table(&[vec![(Favor, Favor), (Against, Against)]])));
        assert_eq!((metrics[0].value, metrics[1].value, metrics[2].value), (Some(1.0), Some(2.0 / 3.0), Some(1.0)));
        assert_eq!((metrics[14].id.as_str(), metrics[14].value), ("f1.neutral", Some(0.0)));
    }

    /// Balanced accuracy, MCC and Cohen's kappa.
    fn corrected(items: &[(Stance, Stance)]) -> [Option<f64>; 3] {
        let scores = StanceScores::new();
        let metrics = scores.metrics(&total(&scores.table(&[items.to_vec()])));
        [3, 4, 5].map(|at| metrics[at].value)
    }

    #[test]
    fn a_constant_has_no_correlation_and_one_class_throughout_no_kappa() {
        assert_eq!(corrected(&[(Favor, Favor), (Against, Favor)]), [Some(0.5), Some(0.0), Some(0.0)]);
        assert_eq!(corrected(&[(Favor, Favor), (Favor, Against)]), [Some(0.5), Some(0.0), Some(0.0)]);
        assert_eq!(corrected(&[(Favor, Favor), (Favor, Favor)]), [Some(1.0), Some(0.0), None]);
        assert_eq!(corrected(&[(Favor, Favor), (Against, Against)]), [Some(1.0); 3]);
        assert_eq!(corrected(&[(Favor, Against), (Against, Favor)]), [Some(0.0), Some(-1.0), Some(-1.0)]);
    }

    #[test]
    fn a_class_that_is_only_predicted_has_no_part_in_the_balanced_accuracy() {
        assert_eq!(corrected(&[(Favor, Favor), (Against, Neutral), (Against, Against)])[0], Some(0.75));
    }

    #[test]
    fn no_item_is_undefined() {
        assert!(StanceScores::new().metrics(&[0; 9]).iter().all(|metric| metric.value.is_none()));
    }

    #[test]
    fn ids_and_signatures_are_a_contract() {
        let scores = StanceScores::new();
        let named: Vec<_> = scores.definitions().iter().map(|d| (d.id.as_str(), d.signature.as_str())).collect();
        let expected = [
            ("accuracy", "stance.accuracy|pooled|v1"),
            ("macro_f1", "stance.f1|macro=favor,against,neutral|pooled|zero_division=0|v1"),
            ("f_avg", "stance.f1|macro=favor,against|pooled|zero_division=0|v1"),
            ("balanced_accuracy", "stance.recall|macro=occurring|pooled|v1"),
            ("mcc", "stance.mcc|pooled|constant=0|v1"),
            ("cohen_kappa", "stance.cohen_kappa|pooled|v1"),
            ("precision.favor", "stance.precision|class=favor|pooled|zero_division=0|v1"),
            ("recall.favor", "stance.recall|class=favor|pooled|zero_division=0|v1"),
            ("f1.favor", "stance.f1|class=favor|pooled|zero_division=0|v1"),
        ];
        assert_eq!(named[..9], expected);
        assert_eq!(named.len(), 15);
    }
}
