//! Weighted sums of per-document counts: what every replicate of every resampling is.

use ndarray::ArrayRef2;

/// Counts or differences of counts by column, so that a replicate is one dot product of each column with the
/// documents' weights.
pub(super) struct Columns {
    columns: Values,
}

enum Values {
    /// Values and weights that fit 16 bits, with sums that fit 32: the usual case, many to an instruction.
    Narrow(Vec<Vec<i16>>),
    /// Any others.
    Wide(Vec<Vec<i64>>),
}

/// How often each document stands in a replicate.
pub(super) struct Weights {
    narrow: Vec<i16>,
    wide: Vec<u32>,
}

impl Columns {
    /// The columns of `counts`, `[documents, columns]`.
    pub(super) fn new(counts: &ArrayRef2<u32>) -> Self {
        Self::of(counts.dim(), |at| i64::from(counts[at]))
    }

    /// The columns of `first` − `second`, which have one shape.
    pub(super) fn difference(first: &ArrayRef2<u32>, second: &ArrayRef2<u32>) -> Self {
        Self::of(first.dim(), |at| i64::from(first[at]) - i64::from(second[at]))
    }

    fn of((documents, columns): (usize, usize), value: impl Fn((usize, usize)) -> i64) -> Self {
        let column = |column| (0..documents).map(|document| value((document, column))).collect();
        let wide: Vec<Vec<i64>> = (0..columns).map(column).collect();
        let greatest = wide.iter().flatten().map(|value| value.unsigned_abs()).max().unwrap_or(0);
        let size = documents as u64;
        // A weight is at most the number of documents, and the weights' sum as well.
        let fits = i16::try_from(greatest.max(size)).is_ok() && i32::try_from(greatest * size).is_ok();
        let narrow = |column: &Vec<i64>| column.iter().map(|&value| value as i16).collect();
        let columns = if fits { Values::Narrow(wide.iter().map(narrow).collect()) } else { Values::Wide(wide) };
        Self { columns }
    }

    /// Number of columns.
    pub(super) fn len(&self) -> usize {
        match &self.columns {
            Values::Narrow(columns) => columns.len(),
            Values::Wide(columns) => columns.len(),
        }
    }

    /// Fills `sums`, one a column, with the sums of weight times value.
    pub(super) fn sum(&self, weights: &Weights, sums: &mut [i64]) {
        match &self.columns {
            Values::Narrow(columns) => {
                for (sum, column) in sums.iter_mut().zip(columns) {
                    let products = column.iter().zip(&weights.narrow).map(|(&a, &b)| i32::from(a) * i32::from(b));
                    *sum = i64::from(products.sum::<i32>());
                }
            }
            Values::Wide(columns) => {
                for (sum, column) in sums.iter_mut().zip(columns) {
                    *sum = column.iter().zip(&weights.wide).map(|(&a, &b)| a * i64::from(b)).sum();
                }
            }
        }
    }
}

impl Weights {
    /// No document.
    pub(super) fn zeros(documents: usize) -> Self {
        Self { narrow: vec![0; documents], wide: vec![0; documents] }
    }

    /// Takes each of `counts`, one a document.
    pub(super) fn set(&mut self, counts: &[u32]) {
        self.wide.copy_from_slice(counts);
        for (narrow, &count) in self.narrow.iter_mut().zip(counts) {
            // Where 16 bits do not suffice there are so many documents that no column is narrow.
            *narrow = count as i16;
        }
    }
}

/// The columns' sums over all documents.
pub(super) fn total(counts: &ArrayRef2<u32>) -> Vec<u64> {
    counts.columns().into_iter().map(|column| column.iter().map(|&count| u64::from(count)).sum()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn sums(columns: &Columns, counts: &[u32]) -> Vec<i64> {
        let mut weights = Weights::zeros(counts.len());
        weights.set(counts);
        let mut sums = vec![0; columns.len()];
        columns.sum(&weights, &mut sums);
        sums
    }

    #[test]
    fn large_counts_are_summed_as_exactly_as_small_ones() {
        let small = array![[1, 2], [3, 4]];
        assert_eq!(sums(&Columns::new(&small), &[2, 1]), [5, 8]);
        let large = array![[u32::MAX, 2], [1, u32::MAX]];
        assert_eq!(sums(&Columns::new(&large), &[2, 1]), [8_589_934_591, 4_294_967_299]);
        let many = Array2::from_elem((40_000, 1), 1);
        assert_eq!(sums(&Columns::new(&many), &vec![1; 40_000]), [40_000]);
    }

    #[test]
    fn differences_have_signs() {
        let columns = Columns::difference(&array![[1, 5], [0, 0]], &array![[4, 1], [0, 7]]);
        assert_eq!(sums(&columns, &[1, 2]), [-3, -10]);
    }

    #[test]
    fn no_document_sums_to_zero() {
        assert_eq!(sums(&Columns::new(&Array2::zeros((0, 3))), &[]), [0, 0, 0]);
    }
}
