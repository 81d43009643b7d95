//! Work shared by threads, with results in the order of the work.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Does items 0..`count` on `threads` threads, each with a state of its own, and returns the results in the items' order.
/// After an error no new item is begun, and the error of the first item that failed is returned.
pub(super) fn in_order<S, T: Send, E: Send>(
    count: usize,
    threads: usize,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let done: Mutex<Vec<(usize, Result<T, E>)>> = Mutex::new(Vec::with_capacity(count));
    let run = || {
        let mut state = state();
        let mut own = Vec::new();
        while !failed.load(Ordering::Relaxed) {
            let item = next.fetch_add(1, Ordering::Relaxed);
            if item >= count {
                break;
            }
            let result = work(&mut state, item);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            own.push((item, result));
        }
        done.lock().expect("no worker panics while it holds the results").append(&mut own);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(count) {
            scope.spawn(run);
        }
        run();
    });
    let mut done = done.into_inner().expect("no worker panicked");
    done.sort_by_key(|(item, _)| *item);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn results_stand_in_the_order_of_the_items_for_any_number_of_threads() {
        for threads in [1, 2, 7] {
            let squares = in_order(100, threads, || (), |(), i| Ok::<_, ()>(i * i)).expect("nothing fails");
            assert_eq!(squares, (0..100).map(|i| i * i).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_error_is_returned() {
        let odd = |(): &mut (), i: usize| if i.is_multiple_of(2) { Ok(i) } else { Err(i) };
        assert_eq!(in_order(10, 1, || (), odd), Err(1));
        assert!(in_order(0, 4, || (), odd).is_ok());
    }
}
