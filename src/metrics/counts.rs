//! True positives, false positives and false negatives, and the three measures that follow from them.

use std::ops::AddAssign;

/// How often an answer was right, wrong, or not given.
///
/// Measures that divide zero by zero are 0, which scikit-learn and seqeval call `zero_division=0`; whether anything
/// occurred at all is [`Counts::is_empty`], and a family decides what that means.
///
/// ```
/// let counts = karat::metrics::Counts { tp: 6, fp: 2, missed: 4 };
/// assert_eq!(counts.precision(), 0.75);
/// assert_eq!(counts.recall(), 0.6);
/// assert_eq!(counts.f1(), 12.0 / 18.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// True positives: in gold and predicted.
    pub tp: u64,
    /// False positives: predicted and not in gold.
    pub fp: u64,
    /// False negatives: in gold and not predicted.
    pub missed: u64,
}

impl Counts {
    /// True when there is nothing in gold and nothing predicted.
    pub fn is_empty(self) -> bool {
        self.tp + self.fp + self.missed == 0
    }

    /// tp / (tp + fp), in 0..=1; 0 where nothing was predicted.
    pub fn precision(self) -> f64 {
        ratio(self.tp, self.tp + self.fp)
    }

    /// tp / (tp + missed), in 0..=1; 0 where nothing is in gold.
    pub fn recall(self) -> f64 {
        ratio(self.tp, self.tp + self.missed)
    }

    /// 2·tp / (2·tp + fp + missed), the harmonic mean of precision and recall, in 0..=1; 0 where nothing occurred.
    pub fn f1(self) -> f64 {
        ratio(2 * self.tp, 2 * self.tp + self.fp + self.missed)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.tp += other.tp;
        self.fp += other.fp;
        self.missed += other.missed;
    }
}

/// `part / whole` in 0..=1; 0 where `whole` is 0.
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
