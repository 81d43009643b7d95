//! The best matching of predictions and gold entities, among the entities that hang together.

use super::{Mark, Measure, Tally};
use std::collections::VecDeque;

/// The tallies of the four measures. Entities that touch no other, and pairs that touch nothing else, are counted as they
/// are found; what is left are small groups.
pub(super) fn count(gold: &[Mark], predicted: &[Mark]) -> [Tally; 4] {
    let mut tallies = [Tally::default(); 4];
    for group in groups(gold, predicted) {
        for (measure, tally) in Measure::ALL.into_iter().zip(&mut tallies) {
            let (right, other) = match (group.gold.as_slice(), group.predicted.as_slice()) {
                ([], _) | (_, []) => (0, 0),
                ([gold], [predicted]) => single(measure, *gold, *predicted),
                _ => best(measure, &group),
            };
            tally.right += right;
            tally.other += other;
            tally.missed += group.gold.len() as u32 - right - other;
            tally.spurious += group.predicted.len() as u32 - right - other;
        }
    }
    tallies
}

fn single(measure: Measure, gold: Mark, predicted: Mark) -> (u32, u32) {
    let right = can_pair(gold, predicted) && measure.right(gold, predicted);
    (u32::from(right), u32::from(can_pair(gold, predicted) && !right))
}

fn can_pair(gold: Mark, predicted: Mark) -> bool {
    gold.places() == predicted.places() || gold.shared(predicted) > 0
}

/// Entities of which none can be paired with one of another group.
#[derive(Default)]
struct Group {
    gold: Vec<Mark>,
    predicted: Vec<Mark>,
}

fn groups(gold: &[Mark], predicted: &[Mark]) -> Vec<Group> {
    let sides = gold.iter().map(|mark| (*mark, true)).chain(predicted.iter().map(|mark| (*mark, false)));
    let mut marks: Vec<(Mark, bool)> = sides.collect();
    marks.sort_unstable();
    let mut groups: Vec<Group> = Vec::new();
    let (mut end, mut before) = (0, None);
    for (mark, in_gold) in marks {
        // Equal empty spans stand beside each other and can be paired, though they share nothing.
        if groups.is_empty() || (mark.start >= end && before != Some(mark.places())) {
            groups.push(Group::default());
        }
        (end, before) = (end.max(mark.end), Some(mark.places()));
        let group = groups.last_mut().expect("there is a group");
        if in_gold { group.gold.push(mark) } else { group.predicted.push(mark) }
    }
    groups
}

/// Right and other pairs of the best matching of a group: one that weighs most, where a right pair weighs more than all
/// others together.
///
/// The matching grows by one pair at a time, along the alternating path that adds the greatest weight, as long as one adds
/// any. After k steps it weighs most among the matchings of k pairs (Kuhn 1955, *The Hungarian Method for the Assignment
/// Problem*; by shortest paths, Ahuja, Magnanti and Orlin 1993, *Network Flows*, section 12.4).
fn best(measure: Measure, group: &Group) -> (u32, u32) {
    let heavy = 1 + group.gold.len().min(group.predicted.len()) as i64;
    let edges = group.gold.iter().map(|gold| {
        let pairs = group.predicted.iter().enumerate().filter(|(_, predicted)| can_pair(*gold, **predicted));
        pairs.map(|(at, predicted)| (at, if measure.right(*gold, *predicted) { heavy } else { 1 })).collect()
    });
    let mut matching = Growing {
        edges: edges.collect(),
        partner_of_gold: vec![None; group.gold.len()],
        partner_of_predicted: vec![None; group.predicted.len()],
    };
    while matching.grow() {}
    let weights: Vec<i64> = matching.partner_of_gold.iter().flatten().map(|(_, weight)| *weight).collect();
    let right = weights.iter().filter(|weight| **weight == heavy).count();
    (right as u32, (weights.len() - right) as u32)
}

struct Growing {
    /// For each gold entity the predictions that it can be paired with, and the pairs' weights.
    edges: Vec<Vec<(usize, i64)>>,
    /// The prediction that a gold entity is paired with, and the pair's weight.
    partner_of_gold: Vec<Option<(usize, i64)>>,
    partner_of_predicted: Vec<Option<usize>>,
}

impl Growing {
    /// Takes the alternating path that adds the greatest weight; false where none adds any.
    fn grow(&mut self) -> bool {
        // What the best path to an entity adds, and the pair by which it arrives at a prediction.
        let mut at_gold: Vec<Option<i64>> =
            self.partner_of_gold.iter().map(|partner| partner.is_none().then_some(0)).collect();
        let mut at_predicted: Vec<Option<(i64, usize, i64)>> = vec![None; self.partner_of_predicted.len()];
        let mut waiting: VecDeque<usize> = (0..at_gold.len()).filter(|&gold| at_gold[gold].is_some()).collect();
        while let Some(gold) = waiting.pop_front() {
            let Some(so_far) = at_gold[gold] else { continue };
            for &(predicted, weight) in &self.edges[gold] {
                let adds = so_far + weight;
                if at_predicted[predicted].is_some_and(|(best, ..)| best >= adds)
                    || self.partner_of_gold[gold].is_some_and(|(partner, _)| partner == predicted)
                {
                    continue;
                }
                at_predicted[predicted] = Some((adds, gold, weight));
                if let Some(next) = self.partner_of_predicted[predicted] {
                    let lost = self.partner_of_gold[next].map_or(0, |(_, weight)| weight);
                    at_gold[next] = Some(adds - lost);
                    waiting.push_back(next);
                }
            }
        }
        let free = (0..at_predicted.len()).filter(|&predicted| self.partner_of_predicted[predicted].is_none());
        let ends = free.filter_map(|predicted| at_predicted[predicted].map(|(adds, ..)| (adds, predicted)));
        let Some((_, mut predicted)) = ends.max().filter(|(adds, _)| *adds > 0) else { return false };
        while let Some((_, gold, weight)) = at_predicted[predicted] {
            let before = self.partner_of_gold[gold].replace((predicted, weight));
            self.partner_of_predicted[predicted] = Some(gold);
            match before {
                Some((partner, _)) => predicted = partner,
                None => break,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(start: usize, end: usize, label: usize) -> Mark {
        Mark { start, end, label }
    }

    fn numbers(tally: Tally) -> [u32; 4] {
        [tally.right, tally.other, tally.missed, tally.spurious]
    }

    #[test]
    fn right_pairs_come_before_many_pairs() {
        // Two pairs of other labels are possible, or one right pair.
        let gold = [mark(0, 4, 0), mark(5, 8, 1)];
        let predicted = [mark(0, 2, 1), mark(3, 6, 0)];
        let [.., by_type] = count(&gold, &predicted);
        assert_eq!(numbers(by_type), [1, 0, 1, 1]);
        let [strict, ..] = count(&gold, &predicted);
        assert_eq!(numbers(strict), [0, 2, 0, 0]);
    }

    #[test]
    fn a_chain_is_paired_to_its_end() {
        // Each prediction overlaps two gold entities; a greedy choice could leave the last one alone.
        let gold: Vec<Mark> = (0..50).map(|at| mark(10 * at, 10 * at + 8, at % 2)).collect();
        let predicted: Vec<Mark> =
            (0..50).map(|at| mark((10 * at + 492) % 500, (10 * at + 492) % 500 + 12, 0)).collect();
        let [strict, exact, partial, by_type] = count(&gold, &predicted);
        for tally in [strict, exact, partial, by_type] {
            assert_eq!(tally.right + tally.other, 50);
        }
        assert_eq!(by_type.right, 25);
    }

    #[test]
    fn equal_empty_spans_are_a_pair_and_others_are_not() {
        let [strict, ..] = count(&[mark(4, 4, 0)], &[mark(4, 4, 0)]);
        assert_eq!(numbers(strict), [1, 0, 0, 0]);
        let [.., by_type] = count(&[mark(4, 4, 0)], &[mark(3, 6, 0)]);
        assert_eq!(numbers(by_type), [0, 0, 1, 1]);
    }

    #[test]
    fn repeated_predictions_are_spurious() {
        let [strict, .., by_type] = count(&[mark(0, 4, 0)], &[mark(0, 4, 0), mark(0, 4, 0), mark(0, 4, 1)]);
        assert_eq!((numbers(strict), numbers(by_type)), ([1, 0, 0, 2], [1, 0, 0, 2]));
    }
}
