//! Which special tokens a tokenizer sets around one sequence and around a pair.

use crate::engine::Sequence;
use tokenizers::Encoding;

/// The special tokens and type ids around one or two pieces of content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    /// `parts[i]` stands before content `i`; the last one stands at the end. Token id and type id.
    specials: Vec<Vec<(u32, u32)>>,
    /// Type id of each content.
    content_types: Vec<u32>,
}

impl Template {
    /// Reads the template off an encoding that the tokenizer has post-processed: special tokens are those of its mask.
    /// None when the content's runs are not as many as `contents`.
    pub(super) fn from_encoding(encoding: &Encoding, contents: usize) -> Option<Self> {
        let mut template = Self { specials: vec![Vec::new()], content_types: Vec::new() };
        let mut in_content = None;
        let sequences = encoding.get_sequence_ids();
        for (i, &special) in encoding.get_special_tokens_mask().iter().enumerate() {
            let type_id = encoding.get_type_ids()[i];
            if special == 1 {
                template.specials.last_mut()?.push((encoding.get_ids()[i], type_id));
                in_content = None;
            } else if in_content != Some(sequences[i]) {
                in_content = Some(sequences[i]);
                template.content_types.push(type_id);
                template.specials.push(Vec::new());
            }
        }
        (template.content_types.len() == contents).then_some(template)
    }

    /// Special tokens that the template adds.
    pub(super) fn added(&self) -> usize {
        self.specials.iter().map(Vec::len).sum()
    }

    /// Special tokens before the first content.
    pub(super) fn before(&self) -> usize {
        self.specials[0].len()
    }

    /// The contents in their frame.
    pub(super) fn frame<const N: usize>(&self, contents: [&[u32]; N]) -> Sequence {
        debug_assert_eq!(N, self.content_types.len());
        let total = self.added() + contents.iter().map(|c| c.len()).sum::<usize>();
        let mut sequence = Sequence { ids: Vec::with_capacity(total), type_ids: Vec::with_capacity(total) };
        let specials = |sequence: &mut Sequence, i: usize| {
            sequence.ids.extend(self.specials[i].iter().map(|(id, _)| id));
            sequence.type_ids.extend(self.specials[i].iter().map(|(_, type_id)| type_id));
        };
        for (i, content) in contents.into_iter().enumerate() {
            specials(&mut sequence, i);
            sequence.ids.extend_from_slice(content);
            sequence.type_ids.resize(sequence.ids.len(), self.content_types[i]);
        }
        specials(&mut sequence, N);
        sequence
    }
}
