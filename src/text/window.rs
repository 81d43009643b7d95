//! Overlapping windows over a document's tokens.

use std::ops::Range;

/// How long a window may be, in a document's own tokens (special tokens and a hypothesis not counted).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowSize {
    /// Most tokens of the document in a window; at least 1.
    pub tokens: usize,
    /// Tokens that neighbouring windows share; less than `tokens`.
    pub overlap: usize,
}

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The document's tokens in this window.
    pub tokens: Range<usize>,
    /// The part of `tokens` that is decided here, because this window has the most context for it. The parts of a
    /// document's windows follow one another and cover every token once.
    pub decided: Range<usize>,
}

/// Cuts `tokens` tokens into windows of nearly equal length.
///
/// Neighbours share `size.overlap` tokens (or a few more). A token in an overlap is decided by the window in which it is
/// farther from the edge; in the middle, by the earlier one. No token, no window.
///
/// ```
/// use karat::text::{WindowSize, split};
/// let windows = split(10, WindowSize { tokens: 6, overlap: 2 });
/// assert_eq!(windows.iter().map(|w| w.tokens.clone()).collect::<Vec<_>>(), [0..6, 4..10]);
/// assert_eq!(windows.iter().map(|w| w.decided.clone()).collect::<Vec<_>>(), [0..5, 5..10]);
/// ```
pub fn split(tokens: usize, size: WindowSize) -> Vec<Window> {
    debug_assert!(size.overlap < size.tokens, "a window must be longer than its overlap");
    if tokens == 0 {
        return Vec::new();
    }
    if tokens <= size.tokens {
        return vec![Window { tokens: 0..tokens, decided: 0..tokens }];
    }
    let count = (tokens - size.overlap).div_ceil(size.tokens - size.overlap);
    let length = (tokens + (count - 1) * size.overlap).div_ceil(count);
    // The first window starts at 0 and the last ends at `tokens`; the starts between are spread evenly.
    let start = |i: usize| i * (tokens - length) / (count - 1);
    let mut windows: Vec<Window> =
        (0..count).map(|i| Window { tokens: start(i)..start(i) + length, decided: 0..tokens }).collect();
    for i in 1..count {
        let cut = (windows[i].tokens.start + windows[i - 1].tokens.end).div_ceil(2);
        windows[i - 1].decided.end = cut;
        windows[i].decided.start = cut;
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_token_is_decided_once_where_it_has_most_context(
            tokens in 1usize..3000, length in 2usize..600, share in 0.0f64..0.99,
        ) {
            let size = WindowSize { tokens: length, overlap: (length as f64 * share) as usize };
            let windows = split(tokens, size);
            prop_assert_eq!(windows[0].decided.start, 0);
            prop_assert_eq!(windows.last().map(|w| w.decided.end), Some(tokens));
            for pair in windows.windows(2) {
                prop_assert_eq!(pair[0].decided.end, pair[1].decided.start);
                prop_assert!(pair[0].tokens.end - pair[1].tokens.start >= size.overlap);
            }
            // The nearer edge, where the document's own edges are no edge.
            let context = |w: &Window, t: usize| {
                let left = if w.tokens.start == 0 { tokens } else { t - w.tokens.start };
                let right = if w.tokens.end == tokens { tokens } else { w.tokens.end - 1 - t };
                left.min(right)
            };
            for window in &windows {
                prop_assert!(window.tokens.len() <= size.tokens);
                for token in window.decided.clone() {
                    let best = windows.iter().filter(|w| w.tokens.contains(&token)).map(|w| context(w, token)).max();
                    // Windows of a pair may differ by one token in where they start, hence the one.
                    prop_assert!(context(window, token) + 1 >= best.expect("a window holds the token"));
                }
            }
        }
    }

    #[test]
    fn a_text_that_fits_is_one_window() {
        assert_eq!(split(5, WindowSize { tokens: 5, overlap: 2 }).len(), 1);
        assert!(split(0, WindowSize { tokens: 5, overlap: 2 }).is_empty());
    }
}
