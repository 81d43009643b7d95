//! From token ids to an encoder's first state.

use super::step::Step;
use crate::engine::Batch;

/// Tables whose rows are summed, and what follows.
pub(super) struct Embeddings {
    /// `[vocabulary, width]`.
    pub(super) words: Vec<f32>,
    /// `[positions, width]`; None for a model that reads positions elsewhere.
    pub(super) positions: Option<Positions>,
    /// `[token_types, width]`; None for a model that reads no types.
    pub(super) types: Option<Vec<f32>>,
    /// Width of a row.
    pub(super) width: usize,
    /// From the sum to the state.
    pub(super) then: Vec<Step>,
}

/// A table of positions and the rule that chooses from it.
pub(super) struct Positions {
    /// `[positions, width]`.
    pub(super) table: Vec<f32>,
    /// Row of the first token.
    pub(super) first: usize,
    /// The padding token: where a text holds it, it has the row of its own number and is not counted.
    pub(super) padding: Option<u32>,
}

impl Embeddings {
    /// Fills `state` with a vector a token: `[tokens, hidden]`. `ids` lie like the batch's and have rows in the tables.
    pub(super) fn look_up(&self, ids: &[u32], batch: &Batch, state: &mut Vec<f32>) {
        let row = |table, index| row(table, index, self.width);
        state.clear();
        for range in batch.ranges() {
            let mut next = self.positions.as_ref().map_or(0, |positions| positions.first);
            for token in range {
                let from = state.len();
                state.extend_from_slice(row(&self.words, ids[token] as usize));
                let sum = &mut state[from..];
                if let Some(types) = &self.types {
                    add(sum, row(types, batch.type_ids()[token] as usize));
                }
                if let Some(positions) = &self.positions {
                    if let Some(padding) = positions.padding.filter(|&padding| padding == ids[token]) {
                        add(sum, row(&positions.table, padding as usize));
                    } else {
                        add(sum, row(&positions.table, next));
                        next += 1;
                    }
                }
            }
        }
        for step in &self.then {
            step.run(state);
        }
    }
}

fn row(table: &[f32], index: usize, width: usize) -> &[f32] {
    &table[index * width..][..width]
}

fn add(sum: &mut [f32], row: &[f32]) {
    for (sum, value) in sum.iter_mut().zip(row) {
        *sum += value;
    }
}
