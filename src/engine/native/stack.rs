//! Embeddings and the blocks above them.

use super::block::{Block, Buffers, Held, Work};
use super::embeddings::Embeddings;
use super::norm::LayerNorm;
use super::step::Step;
use crate::engine::Batch;
use std::sync::Arc;

/// From token ids to vectors.
pub(super) struct Stack {
    pub(super) embeddings: Embeddings,
    /// A model may use the weights of a block more than once.
    pub(super) blocks: Vec<Arc<Block>>,
    /// What follows the last block; None: nothing.
    pub(super) norm: Option<LayerNorm>,
    /// Width of a row.
    pub(super) hidden: usize,
}

impl Stack {
    /// Leaves in the state the last block's rows of the tokens that are held. `ids` lie like the batch's.
    pub(super) fn run(&self, ids: &[u32], batch: &Batch, held: Held<'_>, buffers: &mut Buffers) {
        self.embeddings.look_up(ids, batch, &mut buffers.state);
        if self.blocks.iter().any(|block| matches!(block.work, Work::Convolution(_))) {
            buffers.memory.clone_from(&buffers.state);
        }
        let last = self.last();
        for (at, block) in self.blocks.iter().enumerate() {
            let reduced = last.is_some_and(|last| at >= last);
            block.run(batch, if reduced { held } else { Held::All }, buffers);
        }
        if last.is_none() {
            held.keep(&mut buffers.state, self.hidden);
        }
        if let Some(norm) = &self.norm {
            norm.run(&mut buffers.state);
        }
    }

    /// The last attention, where no convolution follows. From it on, a row depends on no other one: those that nobody reads are not
    /// computed.
    fn last(&self) -> Option<usize> {
        let last = self.blocks.iter().rposition(|block| matches!(block.work, Work::Attention(_)));
        last.filter(|&last| !self.blocks[last..].iter().any(|block| matches!(block.work, Work::Convolution(_))))
    }

    /// Additions and multiplications of a batch's products.
    pub(super) fn operations(&self, batch: &Batch, held: Held<'_>) -> u64 {
        let last = self.last();
        let of_block = |(at, block): (usize, &Arc<Block>)| {
            let reduced = last.is_some_and(|last| at >= last);
            block.operations(batch, if reduced { held } else { Held::All })
        };
        let embeddings: u64 = self.embeddings.then.iter().map(Step::operations).sum();
        batch.tokens() as u64 * embeddings + self.blocks.iter().enumerate().map(of_block).sum::<u64>()
    }
}
