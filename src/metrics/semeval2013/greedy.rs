//! nervaluate 1.2.1's matching: predictions in the order of their list, each takes a gold entity that none took before.

use super::{Mark, Measure, Tally};

/// Least share of a gold entity, in per cent, that a prediction must cover to overlap it.
const LEAST_OVERLAP: f64 = 1.0;

/// The tallies of the four measures. Spans are half-open; the library's inclusive ends are one less.
pub(super) fn count(gold: &[Mark], predicted: &[Mark]) -> [Tally; 4] {
    let reach = Reach::of(gold);
    let mut taken = Measure::ALL.map(|_| vec![false; gold.len()]);
    let mut tallies = [Tally::default(); 4];
    let mut near = Vec::new();
    for &prediction in predicted {
        reach.of_prediction(prediction, &mut near);
        for ((measure, taken), tally) in Measure::ALL.into_iter().zip(&mut taken).zip(&mut tallies) {
            let free = near.iter().copied().filter(|&at| !taken[at]);
            let choice = match measure {
                Measure::Type => by_label(gold, prediction, free),
                _ => by_span(measure, gold, prediction, free),
            };
            match choice {
                Some((at, right)) => {
                    taken[at] = true;
                    tally.right += u32::from(right);
                    tally.other += u32::from(!right);
                }
                None => tally.spurious += 1,
            }
        }
    }
    for (taken, tally) in taken.iter().zip(&mut tallies) {
        tally.missed = taken.iter().filter(|taken| !**taken).count() as u32;
    }
    tallies
}

/// The first gold entity that makes a right pair, else the first that overlaps; and whether the pair is right.
fn by_span(
    measure: Measure,
    gold: &[Mark],
    prediction: Mark,
    free: impl Iterator<Item = usize>,
) -> Option<(usize, bool)> {
    let mut overlapping = None;
    for at in free {
        if measure.right(gold[at], prediction) {
            return Some((at, true));
        }
        if overlapping.is_none() && overlaps(gold[at], prediction) {
            overlapping = Some((at, false));
        }
    }
    overlapping
}

/// Of the overlapping gold entities with the label the one whose edges are nearest, the first of equals; else the first
/// overlapping one.
fn by_label(gold: &[Mark], prediction: Mark, free: impl Iterator<Item = usize>) -> Option<(usize, bool)> {
    let mut nearest: Option<(usize, usize)> = None;
    let mut overlapping = None;
    for at in free.filter(|&at| overlaps(gold[at], prediction)) {
        if Measure::Type.right(gold[at], prediction) {
            let apart = gold[at].start.abs_diff(prediction.start) + gold[at].end.abs_diff(prediction.end);
            if nearest.is_none_or(|(least, _)| apart < least) {
                nearest = Some((apart, at));
            }
        } else {
            overlapping = overlapping.or(Some((at, false)));
        }
    }
    nearest.map(|(_, at)| (at, true)).or(overlapping)
}

fn overlaps(gold: Mark, prediction: Mark) -> bool {
    let length = gold.end - gold.start;
    length > 0 && gold.shared(prediction) as f64 / length as f64 * 100.0 >= LEAST_OVERLAP
}

/// Gold entities by position, so that a prediction looks at its neighbours only.
struct Reach {
    /// (start, end, place in the list) in the order of starts.
    sorted: Vec<(usize, usize, usize)>,
    /// The greatest end up to each of them.
    ends: Vec<usize>,
}

impl Reach {
    fn of(gold: &[Mark]) -> Self {
        let mut sorted: Vec<_> = gold.iter().enumerate().map(|(at, mark)| (mark.start, mark.end, at)).collect();
        sorted.sort_unstable();
        let ends = sorted.iter().scan(0, |latest, (_, end, _)| {
            *latest = (*latest).max(*end);
            Some(*latest)
        });
        let ends = ends.collect();
        Self { sorted, ends }
    }

    /// The gold entities that touch a prediction, in the order of the list.
    fn of_prediction(&self, prediction: Mark, near: &mut Vec<usize>) {
        near.clear();
        let first = self.ends.partition_point(|&end| end < prediction.start);
        let in_reach = self.sorted[first..].iter().take_while(|(start, ..)| *start <= prediction.end);
        near.extend(in_reach.filter(|(_, end, _)| *end >= prediction.start).map(|(.., at)| *at));
        near.sort_unstable();
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
    fn a_prediction_takes_the_first_gold_entity_and_not_the_best() {
        // The partial measure: the first prediction takes the first gold entity, which the second one overlaps alone.
        let gold = [mark(0, 4, 0), mark(4, 8, 0)];
        let predicted = [mark(3, 6, 0), mark(0, 2, 0)];
        let [_, _, partial, _] = count(&gold, &predicted);
        assert_eq!(numbers(partial), [0, 1, 1, 1]);
        let [_, _, partial, _] = super::super::optimal::count(&gold, &predicted);
        assert_eq!(numbers(partial), [0, 2, 0, 0]);
    }

    #[test]
    fn less_than_a_hundredth_of_a_gold_entity_is_no_overlap() {
        let [.., of_100] = count(&[mark(0, 100, 0)], &[mark(99, 103, 0)]);
        let [.., of_101] = count(&[mark(0, 101, 0)], &[mark(100, 104, 0)]);
        assert_eq!((numbers(of_100), numbers(of_101)), ([1, 0, 0, 0], [0, 0, 1, 1]));
    }

    #[test]
    fn the_type_measure_takes_the_nearest_of_the_label() {
        let gold = [mark(0, 4, 1), mark(0, 9, 0), mark(0, 5, 0)];
        let [.., by_type] = count(&gold, &[mark(0, 5, 0), mark(0, 4, 0), mark(0, 4, 0)]);
        assert_eq!(numbers(by_type), [2, 1, 0, 0]);
    }
}
