//! Replicates on every core.

use std::num::NonZeroUsize;
use std::ops::Range;

/// Draws that are done before a second thread has begun.
const SMALL: usize = 1 << 21;

/// What `work` gives for consecutive parts of 0..`replicates` of so many documents, in their order. A replicate must depend on its
/// number alone, so that the number of parts changes nothing.
pub(super) fn in_parts<T: Send>(replicates: u32, documents: usize, work: impl Fn(Range<u32>) -> T + Sync) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get) as u32;
    let threads = if replicates as usize * documents < SMALL { 1 } else { cores };
    let size = replicates.div_ceil(threads).max(1);
    let part = |at: u32| (at * size).min(replicates)..((at + 1) * size).min(replicates);
    std::thread::scope(|scope| {
        let work = &work;
        let others: Vec<_> = (1..threads).map(|at| scope.spawn(move || work(part(at)))).collect();
        let first = work(part(0));
        let others = others.into_iter().map(|thread| thread.join().expect("a statistic does not panic"));
        std::iter::once(first).chain(others).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_replicate_is_in_one_part_and_in_its_place() {
        for replicates in [0, 1, 2, 3, 7, 100, 10_001] {
            for documents in [0, 1, SMALL] {
                let all: Vec<u32> = in_parts(replicates, documents, Iterator::collect::<Vec<_>>).concat();
                assert_eq!(all, (0..replicates).collect::<Vec<_>>());
            }
        }
    }
}
