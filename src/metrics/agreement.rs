//! Agreement of two annotators, corrected for what chance would give: Cohen's κ and Krippendorff's α.

use crate::metrics::{Definition, Family};
use ndarray::Array2;

/// How far apart two classes are, for Krippendorff's α.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distance {
    /// Classes are equal or not.
    Nominal,
    /// Classes are numbers, `positions[class]`; a disagreement weighs the square of their difference.
    Interval(&'static [i32]),
}

/// Agreement of two annotators who gave each unit one class of a fixed list.
///
/// Columns: by the first annotator's class, then the second's, `A_and_B`.
/// Metrics, where `N` units have both annotators' classes, `n[a][b]` counts the pairs and `E` means "by chance":
///
/// - `agreement`: units with equal classes / N.
/// - `kappa`: (agreement - E) / (1 - E), E from each annotator's own shares of the classes (Cohen 1960, *A coefficient of
///   agreement for nominal scales*).
/// - `alpha`: 1 - D / E(D) for equal-or-not, D from the coincidences of both annotators pooled (Krippendorff 2011,
///   *Computing Krippendorff's Alpha-Reliability*); a unit with one class only is left out before counting.
/// - `alpha.interval`, where classes have positions: the same with squared differences of the positions.
///
/// Where no unit was labelled twice all are undefined, and `kappa` and `alpha` also where every class was the same one:
/// chance alone would then agree.
///
/// ```
/// use karat::metrics::{Agreement, Distance, Family, total};
///
/// let agreement = Agreement::new("stance", "items", &["yes", "no"], &[Distance::Nominal]);
/// // 20 × both yes, 5 × yes and no, 10 × no and yes, 15 × both no: κ = (0.7 - 0.5) / (1 - 0.5).
/// let metrics = agreement.metrics(&[20, 5, 10, 15]);
/// assert_eq!(metrics[0].value, Some(0.7));
/// assert!((metrics[1].value.expect("defined") - 0.4).abs() < 1e-12);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    classes: usize,
    distances: Vec<Distance>,
    columns: Vec<String>,
    definitions: Vec<Definition>,
}

impl Agreement {
    /// The family for a task's units (`words`, `items`, …) and classes; one α for each distance.
    pub fn new(task: &str, units: &str, classes: &[&str], distances: &[Distance]) -> Self {
        let columns =
            classes.iter().flat_map(|first| classes.iter().map(move |second| format!("{first}_and_{second}")));
        let name = |measure: &str| format!("{task}.{measure}");
        let (none, constant) = ("no unit was labelled twice", "no unit was labelled twice, or all with one class");
        let mut definitions = vec![
            Definition::new("agreement", &name("agreement"), &["raw", units], none),
            Definition::new("kappa", &name("kappa"), &["cohen", units], constant),
        ];
        definitions.extend(distances.iter().map(|distance| match distance {
            Distance::Nominal => {
                Definition::new("alpha", &name("alpha"), &["krippendorff", "nominal", units], constant)
            }
            Distance::Interval(_) => {
                Definition::new("alpha.interval", &name("alpha"), &["krippendorff", "interval", units], constant)
            }
        }));
        Self { classes: classes.len(), distances: distances.to_vec(), columns: columns.collect(), definitions }
    }

    /// One row a document, `[documents, columns]`; a document is its units' (first annotator's, second's) classes, as
    /// places in the list of classes.
    ///
    /// # Panics
    /// When a class is not in the list.
    pub fn table(&self, documents: &[Vec<(usize, usize)>]) -> Array2<u32> {
        let mut table = Array2::zeros((documents.len(), self.columns.len()));
        for (mut row, units) in table.outer_iter_mut().zip(documents) {
            for &(first, second) in units {
                assert!(first < self.classes && second < self.classes, "a class is a place in the list");
                row[first * self.classes + second] += 1;
            }
        }
        table
    }

    /// How often the first annotator gave `class`, and the second.
    fn margins(&self, sums: &[u64], class: usize) -> (f64, f64) {
        let first: u64 = sums[class * self.classes..][..self.classes].iter().sum();
        let second: u64 = sums.iter().skip(class).step_by(self.classes).sum();
        (first as f64, second as f64)
    }

    fn kappa(&self, sums: &[u64], units: f64, agreement: f64) -> Option<f64> {
        let by_chance: f64 = (0..self.classes).map(|class| self.margins(sums, class)).map(|(a, b)| a * b).sum();
        let by_chance = by_chance / (units * units);
        (by_chance < 1.0).then(|| (agreement - by_chance) / (1.0 - by_chance))
    }

    fn alpha(&self, sums: &[u64], units: f64, distance: Distance) -> Option<f64> {
        let (mut observed, mut expected) = (0.0, 0.0);
        for a in 0..self.classes {
            for b in 0..self.classes {
                let apart = distance.between(a, b);
                let (in_a, in_b) = (self.margins(sums, a), self.margins(sums, b));
                // Each unit counts in both orders, as α's coincidences do.
                observed += apart * 2.0 * sums[a * self.classes + b] as f64;
                expected += apart * (in_a.0 + in_a.1) * (in_b.0 + in_b.1);
            }
        }
        (expected > 0.0).then(|| 1.0 - (2.0 * units - 1.0) * observed / expected)
    }
}

impl Distance {
    fn between(self, a: usize, b: usize) -> f64 {
        match self {
            Self::Nominal => f64::from(u8::from(a != b)),
            Self::Interval(positions) => f64::from((positions[a] - positions[b]).pow(2)),
        }
    }
}

impl Family for Agreement {
    fn name(&self) -> &'static str {
        "agreement"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    fn values(&self, sums: &[u64], values: &mut [Option<f64>]) {
        assert_eq!((sums.len(), values.len()), (self.columns.len(), self.definitions.len()));
        values.fill(None);
        let units = sums.iter().sum::<u64>() as f64;
        if units == 0.0 {
            return;
        }
        let agreement = (0..self.classes).map(|class| sums[class * self.classes + class]).sum::<u64>() as f64 / units;
        values[0] = Some(agreement);
        values[1] = self.kappa(sums, units, agreement);
        for (value, &distance) in values[2..].iter_mut().zip(&self.distances) {
            *value = self.alpha(sums, units, distance);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: [Distance; 2] = [Distance::Nominal, Distance::Interval(&[1, -1, 0])];

    fn values(sums: &[u64; 9]) -> Vec<Option<f64>> {
        let family = Agreement::new("stance", "items", &["favor", "against", "neutral"], &ORDER);
        family.metrics(sums).into_iter().map(|metric| metric.value).collect()
    }

    #[test]
    fn perfect_agreement_is_one_and_constant_answers_are_undefined() {
        assert_eq!(values(&[3, 0, 0, 0, 4, 0, 0, 0, 5]), [Some(1.0); 4]);
        assert_eq!(values(&[3, 0, 0, 0, 0, 0, 0, 0, 0]), [Some(1.0), None, None, None]);
        assert_eq!(values(&[0; 9]), [None; 4]);
    }

    #[test]
    fn neighbours_weigh_less_than_opposites() {
        let near = values(&[8, 0, 4, 0, 8, 0, 0, 0, 8]);
        let far = values(&[8, 4, 0, 0, 8, 0, 0, 0, 8]);
        assert!(
            (near[2].expect("defined") - far[2].expect("defined")).abs() < 0.02,
            "nominal α does not see the distance"
        );
        assert!(near[3].expect("defined") > far[3].expect("defined") + 0.2, "interval α does");
    }

    #[test]
    fn documents_add_up() {
        let family = Agreement::new("ner", "words", &["O", "PER"], &[Distance::Nominal]);
        let table = family.table(&[vec![(0, 0), (1, 1)], vec![(0, 1)]]);
        assert_eq!(table.row(0).to_vec(), [1, 0, 0, 1]);
        assert_eq!(table.row(1).to_vec(), [0, 1, 0, 0]);
        assert_eq!(family.columns(), ["O_and_O", "O_and_PER", "PER_and_O", "PER_and_PER"]);
    }
}
