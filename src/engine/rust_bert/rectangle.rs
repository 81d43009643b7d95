//! Rectangles: libtorch wants sequences of one length, so a batch is cut into groups of nearly equal ones, which are padded.

use crate::engine::Batch;
use std::cmp::Reverse;

/// Sequences that are run together, in order of length, the longest first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rectangle {
    /// Their positions in the batch.
    pub(super) sequences: Vec<usize>,
    /// Tokens in each of them with padding: those of the longest.
    pub(super) width: usize,
}

/// Cuts a batch into rectangles of at most `most` tokens each, padding included; a longer sequence has one of its own. A sequence
/// shares a rectangle with those that are at most an eighth longer, and of which `kind` says the same.
pub(super) fn rectangles(batch: &Batch, most: usize, kind: impl Fn(&[u32]) -> usize) -> Vec<Rectangle> {
    let sequences = batch.ranges().enumerate();
    let mut sequences: Vec<_> =
        sequences.map(|(at, range)| (kind(&batch.ids()[range.clone()]), range.len(), at)).collect();
    sequences.sort_by_key(|&(kind, tokens, at)| (kind, Reverse(tokens), at));
    let mut rectangles: Vec<(usize, Rectangle)> = Vec::new();
    for (kind, tokens, at) in sequences {
        match rectangles.last_mut() {
            Some((of_kind, last))
                if *of_kind == kind
                    && last.width - tokens <= last.width / 8
                    && (last.sequences.len() + 1) * last.width <= most =>
            {
                last.sequences.push(at);
            }
            _ => rectangles.push((kind, Rectangle { sequences: vec![at], width: tokens })),
        }
    }
    rectangles.into_iter().map(|(_, rectangle)| rectangle).collect()
}

impl Rectangle {
    /// `values`, which lie like the batch's tokens, row after row, and `fill` behind each sequence.
    pub(super) fn padded(&self, batch: &Batch, values: &[u32], fill: i64) -> Vec<i64> {
        self.rows(batch, fill, |token| i64::from(values[token]))
    }

    /// 1 for each token and 0 for padding.
    pub(super) fn mask(&self, batch: &Batch) -> Vec<i64> {
        self.rows(batch, 0, |_| 1)
    }

    fn rows(&self, batch: &Batch, fill: i64, value: impl Fn(usize) -> i64) -> Vec<i64> {
        let ranges: Vec<_> = batch.ranges().collect();
        let mut rows = Vec::with_capacity(self.sequences.len() * self.width);
        for &sequence in &self.sequences {
            rows.extend(ranges[sequence].clone().map(&value));
            rows.resize(rows.len() + self.width - ranges[sequence].len(), fill);
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Sequence;

    fn batch(lengths: &[usize]) -> Batch {
        let sequence = |&tokens: &usize| Sequence { ids: (0..tokens as u32).collect(), type_ids: vec![1; tokens] };
        Batch::pack(&lengths.iter().map(sequence).collect::<Vec<_>>()).expect("sequences that are not empty")
    }

    fn cut(lengths: &[usize], most: usize) -> Vec<(usize, Vec<usize>)> {
        let all = rectangles(&batch(lengths), most, |_| 0);
        all.into_iter().map(|rectangle| (rectangle.width, rectangle.sequences)).collect()
    }

    #[test]
    fn sequences_of_nearly_one_length_share_a_rectangle() {
        assert_eq!(cut(&[7, 64, 57, 8, 56, 60], 1000), [(64, vec![1, 5, 2, 4]), (8, vec![3, 0])]);
    }

    #[test]
    fn a_rectangle_holds_no_more_than_it_may_and_a_longer_sequence_stands_alone() {
        assert_eq!(cut(&[16, 16, 16], 33), [(16, vec![0, 1]), (16, vec![2])]);
        assert_eq!(cut(&[40, 40], 33), [(40, vec![0]), (40, vec![1])]);
    }

    #[test]
    fn sequences_of_another_kind_stand_apart() {
        let all = rectangles(&batch(&[4, 5, 4]), 100, |ids| ids.len() % 2);
        assert_eq!(all.iter().map(|one| one.sequences.clone()).collect::<Vec<_>>(), [vec![0, 2], vec![1]]);
    }

    #[test]
    fn padding_follows_each_sequence() {
        let batch = batch(&[9, 8]);
        let one = &rectangles(&batch, 100, |_| 0)[0];
        assert_eq!(one.padded(&batch, batch.ids(), -7)[9..], [0, 1, 2, 3, 4, 5, 6, 7, -7]);
        assert_eq!(one.mask(&batch)[7..], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
    }
}
