//! Sequences packed end to end, so that a batch holds real tokens only.

/// One sequence as the model reads it: special tokens included, no padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Token ids.
    pub ids: Vec<u32>,
    /// Token type ids, as many as `ids`.
    pub type_ids: Vec<u32>,
}

/// Packed sequences. It cannot be built without knowing which tokens belong to which sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    ids: Vec<u32>,
    type_ids: Vec<u32>,
    /// Where each sequence starts, then the number of tokens: `sequences + 1` entries.
    starts: Vec<usize>,
}

/// Why sequences cannot form a batch.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// There is nothing to run.
    #[error("a batch needs at least one sequence")]
    NoSequence,
    /// A sequence has no token.
    #[error("sequence {0} of the batch has no token")]
    EmptySequence(usize),
    /// A sequence has more or fewer type ids than ids.
    #[error("sequence {0} of the batch has another number of type ids than of ids")]
    TypeIds(usize),
}

impl Batch {
    /// Packs sequences in the order given.
    ///
    /// # Errors
    /// [`BatchError`] when there is no sequence, an empty one, or one whose type ids do not match its ids.
    pub fn pack<'a>(sequences: impl IntoIterator<Item = &'a Sequence>) -> Result<Self, BatchError> {
        let mut batch = Self { ids: Vec::new(), type_ids: Vec::new(), starts: vec![0] };
        for (index, sequence) in sequences.into_iter().enumerate() {
            if sequence.ids.is_empty() {
                return Err(BatchError::EmptySequence(index));
            }
            if sequence.ids.len() != sequence.type_ids.len() {
                return Err(BatchError::TypeIds(index));
            }
            batch.ids.extend_from_slice(&sequence.ids);
            batch.type_ids.extend_from_slice(&sequence.type_ids);
            batch.starts.push(batch.ids.len());
        }
        if batch.sequences() == 0 {
            return Err(BatchError::NoSequence);
        }
        Ok(batch)
    }

    /// Token ids, `[tokens]`, sequence after sequence.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Token type ids, `[tokens]`.
    pub fn type_ids(&self) -> &[u32] {
        &self.type_ids
    }

    /// Real tokens in the batch, special tokens included.
    pub fn tokens(&self) -> usize {
        self.ids.len()
    }

    /// Number of sequences.
    pub fn sequences(&self) -> usize {
        self.starts.len() - 1
    }

    /// The tokens of each sequence as half-open ranges, in order.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = std::ops::Range<usize>> + '_ {
        self.starts.windows(2).map(|pair| pair[0]..pair[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(ids: &[u32]) -> Sequence {
        Sequence { ids: ids.to_vec(), type_ids: vec![0; ids.len()] }
    }

    #[test]
    fn sequences_lie_end_to_end_with_no_padding() {
        let batch = Batch::pack([&sequence(&[1, 2, 3]), &sequence(&[4])]).expect("two good sequences");
        assert_eq!(batch.ids(), [1, 2, 3, 4]);
        assert_eq!(batch.ranges().collect::<Vec<_>>(), [0..3, 3..4]);
        assert_eq!((batch.tokens(), batch.sequences()), (4, 2));
    }

    #[test]
    fn a_batch_without_real_tokens_cannot_exist() {
        assert_eq!(Batch::pack([]), Err(BatchError::NoSequence));
        assert_eq!(Batch::pack([&sequence(&[1]), &sequence(&[])]), Err(BatchError::EmptySequence(1)));
        let uneven = Sequence { ids: vec![1, 2], type_ids: vec![0] };
        assert_eq!(Batch::pack([&uneven]), Err(BatchError::TypeIds(0)));
    }
}
