//! From overlapping windows to one row of probabilities for each token.

use crate::engine::Logits;
use crate::task::{Prepared, argmax, softmax};
use serde::{Deserialize, Serialize};

/// What becomes of a token that stands in several windows. Each window gives it probabilities: the softmax of its logits,
/// divided by the temperature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenRule {
    /// Those of the window in which the token is farthest from an edge.
    #[default]
    Context,
    /// Their mean, class by class, each window alike.
    Mean,
    /// Those of the window whose greatest probability is the greatest; of equals, the first window's.
    Max,
}

impl TokenRule {
    /// Name and version. The version goes up when the rule gives another answer.
    pub fn versioned(self) -> &'static str {
        match self {
            Self::Context => "context@1",
            Self::Mean => "mean@1",
            Self::Max => "max@1",
        }
    }

    /// One row of class probabilities for each of the document's tokens.
    pub(super) fn probabilities(self, prepared: &Prepared, logits: &[Logits], temperature: f64) -> Vec<Vec<f64>> {
        let mut rows: Vec<Vec<f64>> = vec![Vec::new(); prepared.tokens.len()];
        let mut windows = vec![0.0; prepared.tokens.len()];
        for (window, logits) in prepared.windows.iter().zip(logits) {
            let taken = if self == Self::Context { &window.decided } else { &window.tokens };
            for token in taken.clone() {
                let row = softmax(&logits.row(token - window.tokens.start + prepared.before), temperature);
                windows[token] += 1.0;
                let so_far = &mut rows[token];
                if so_far.is_empty() {
                    *so_far = row;
                } else if self == Self::Mean {
                    for (sum, p) in so_far.iter_mut().zip(row) {
                        *sum += p;
                    }
                } else if row[argmax(&row)] > so_far[argmax(so_far)] {
                    *so_far = row;
                }
            }
        }
        if self == Self::Mean {
            for (row, windows) in rows.iter_mut().zip(windows) {
                for sum in row.iter_mut() {
                    *sum /= windows;
                }
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::text::{Token, WindowSize, split};
    use ndarray::arr2;

    /// Three tokens in two windows of two, so that the middle one stands in both; the first decides it.
    fn rows(rule: TokenRule, temperature: f64) -> Vec<Vec<f64>> {
        let token = |at: usize| Token { id: 0, span: Span::new(at, at + 1), word: at as u32, unknown: false };
        let tokens: Vec<Token> = (0..3).map(token).collect();
        let windows = split(3, WindowSize { tokens: 2, overlap: 1 });
        let prepared = Prepared { tokens, windows, questions: Vec::new(), sequences: Vec::new(), before: 1 };
        let p = f32::ln;
        let first = arr2(&[[9., 0.], [p(0.5), p(0.5)], [p(0.6), p(0.4)], [0., 9.]]);
        let second = arr2(&[[9., 0.], [p(0.2), p(0.8)], [p(0.9), p(0.1)], [0., 9.]]);
        rule.probabilities(&prepared, &[first, second], temperature)
    }

    fn assert_close(row: &[f64], expected: [f64; 2]) {
        assert!(row.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{row:?}, not {expected:?}");
    }

    #[test]
    fn a_token_of_two_windows_is_taken_from_one_or_from_both() {
        assert_close(&rows(TokenRule::Context, 1.0)[1], [0.6, 0.4]);
        assert_close(&rows(TokenRule::Mean, 1.0)[1], [0.4, 0.6]);
        assert_close(&rows(TokenRule::Max, 1.0)[1], [0.2, 0.8]);
    }

    #[test]
    fn a_token_of_one_window_is_the_same_by_every_rule() {
        for rule in [TokenRule::Context, TokenRule::Mean, TokenRule::Max] {
            assert_close(&rows(rule, 1.0)[0], [0.5, 0.5]);
            assert_close(&rows(rule, 1.0)[2], [0.9, 0.1]);
        }
    }

    #[test]
    fn a_temperature_divides_the_logits() {
        // 0.9 to 0.1 is 9 to 1; at temperature 2 the square root of it, 3 to 1.
        assert_close(&rows(TokenRule::Context, 2.0)[2], [0.75, 0.25]);
    }
}
