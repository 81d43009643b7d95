//! From the last state to logits.

use super::step::Step;
use crate::engine::{Batch, ForwardError};

/// The rows of the last state that a head reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// Every token's.
    Tokens,
    /// That of each sequence's first token.
    First,
    /// That of each sequence's last token with this id.
    Last(u32),
    /// The mean of each sequence's tokens.
    Mean,
}

impl Reads {
    /// The one token of each sequence that is read; None where every token is.
    ///
    /// # Errors
    /// [`ForwardError::NoEnd`] where a sequence has no token that ends it.
    pub(super) fn places(self, batch: &Batch) -> Result<Option<Vec<usize>>, ForwardError> {
        match self {
            Self::Tokens | Self::Mean => Ok(None),
            Self::First => Ok(Some(batch.ranges().map(|tokens| tokens.start).collect())),
            Self::Last(id) => {
                let last = |(sequence, tokens): (usize, std::ops::Range<usize>)| {
                    let end = batch.ids()[tokens.clone()].iter().rposition(|&token| token == id);
                    end.map(|end| tokens.start + end).ok_or(ForwardError::NoEnd { id, sequence })
                };
                batch.ranges().enumerate().map(last).collect::<Result<_, _>>().map(Some)
            }
        }
    }
}

/// A head: what it reads, and what it does with a row.
pub(super) struct Head {
    pub(super) reads: Reads,
    /// The last one gives logits.
    pub(super) steps: Vec<Step>,
}

impl Head {
    /// `[rows, classes]`, row-major, from the rows that the head reads.
    pub(super) fn logits(&self, batch: &Batch, state: &[f32], hidden: usize) -> Vec<f32> {
        let mut rows = match self.reads {
            Reads::Mean => batch
                .ranges()
                .flat_map(|tokens| mean(&state[tokens.start * hidden..tokens.end * hidden], hidden))
                .collect(),
            _ => state.to_vec(),
        };
        for step in &self.steps {
            step.run(&mut rows);
        }
        rows
    }
}

fn mean(rows: &[f32], hidden: usize) -> Vec<f32> {
    let mut mean = vec![0.0; hidden];
    for row in rows.chunks_exact(hidden) {
        mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    let count = (rows.len() / hidden) as f32;
    for sum in &mut mean {
        *sum /= count;
    }
    mean
}
