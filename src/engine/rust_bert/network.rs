//! The crate's model structs, each called as it has to be. Never its pipelines, whose masks and windows are wrong.

use super::blueprint::{Blueprint, Of};
use crate::engine::Head;
use rust_bert::RustBertError;
use rust_bert::albert::{AlbertForSequenceClassification, AlbertForTokenClassification};
use rust_bert::bart::BartForSequenceClassification;
use rust_bert::bert::{BertForSequenceClassification, BertForTokenClassification};
use rust_bert::distilbert::{DistilBertForTokenClassification, DistilBertModelClassifier};
use rust_bert::electra::ElectraForTokenClassification;
use rust_bert::roberta::{RobertaForSequenceClassification, RobertaForTokenClassification};
use tch::{Kind, Tensor, nn};

/// A model struct with its variables.
pub(super) enum Network {
    AlbertSequence(AlbertForSequenceClassification),
    AlbertToken(AlbertForTokenClassification),
    BartSequence { model: BartForSequenceClassification, start: i64 },
    BertSequence(BertForSequenceClassification),
    BertToken(BertForTokenClassification),
    DistilBertSequence(DistilBertModelClassifier),
    DistilBertToken(DistilBertForTokenClassification),
    ElectraToken(ElectraForTokenClassification),
    RobertaSequence { model: RobertaForSequenceClassification, padding: i64 },
    RobertaToken { model: RobertaForTokenClassification, padding: i64 },
}

/// A rectangle of tokens: `[sequences, width]`, 64-bit integers.
pub(super) struct Inputs {
    pub(super) ids: Tensor,
    /// 1 for a token, 0 for padding.
    pub(super) mask: Tensor,
    pub(super) types: Tensor,
}

impl Network {
    /// The struct of a blueprint; its variables, with random values, come to stand under `root`.
    pub(super) fn new(blueprint: &Blueprint, root: &nn::Path<'_>) -> Self {
        let padding = blueprint.padding;
        let built = match (&blueprint.of, blueprint.head) {
            (Of::Albert(config), Head::Token) => AlbertForTokenClassification::new(root, config).map(Self::AlbertToken),
            (Of::Albert(config), Head::Sequence) => {
                AlbertForSequenceClassification::new(root, config).map(Self::AlbertSequence)
            }
            (Of::Bart(config), _) => {
                let start = config.decoder_start_token_id.unwrap_or(2);
                BartForSequenceClassification::new(root, config).map(|model| Self::BartSequence { model, start })
            }
            (Of::Bert(config), Head::Token) => BertForTokenClassification::new(root, config).map(Self::BertToken),
            (Of::Bert(config), Head::Sequence) => {
                BertForSequenceClassification::new(root, config).map(Self::BertSequence)
            }
            (Of::DistilBert(config), Head::Token) => {
                DistilBertForTokenClassification::new(root, config).map(Self::DistilBertToken)
            }
            (Of::DistilBert(config), Head::Sequence) => {
                DistilBertModelClassifier::new(root, config).map(Self::DistilBertSequence)
            }
            (Of::Electra(config), _) => ElectraForTokenClassification::new(root, config).map(Self::ElectraToken),
            (Of::Roberta(config), Head::Token) => {
                RobertaForTokenClassification::new(root, config).map(|model| Self::RobertaToken { model, padding })
            }
            (Of::Roberta(config), Head::Sequence) => RobertaForSequenceClassification::new(root, config)
                .map(|model| Self::RobertaSequence { model, padding }),
        };
        built.expect("the blueprint has labels, which is all that the structs may miss")
    }

    /// `[sequences, width, classes]` or `[sequences, classes]`, of the weights' kind.
    pub(super) fn logits(&self, inputs: &Inputs, kind: Kind) -> Result<Tensor, RustBertError> {
        let Inputs { ids, mask, types } = inputs;
        let (ids_given, mask_given, types_given) = (Some(ids), Some(mask), Some(types));
        Ok(match self {
            Self::AlbertSequence(model) => {
                model.forward_t(ids_given, mask_given, types_given, None, None, false).logits
            }
            Self::AlbertToken(model) => model.forward_t(ids_given, mask_given, types_given, None, None, false).logits,
            Self::BartSequence { model, start } => {
                let one_later = one_later(ids, *start);
                model.forward_t(ids, mask_given, None, Some(&one_later), None, false).decoder_output
            }
            Self::BertSequence(model) => model.forward_t(ids_given, mask_given, types_given, None, None, false).logits,
            Self::BertToken(model) => model.forward_t(ids_given, mask_given, types_given, None, None, false).logits,
            Self::DistilBertSequence(model) => model.forward_t(ids_given, mask_given, None, false)?.logits,
            Self::DistilBertToken(model) => model.forward_t(ids_given, mask_given, None, false)?.logits,
            Self::ElectraToken(model) => {
                // The crate adds this mask to the scores as it is, so that it is given what is to be added.
                let added = ((mask - 1) * 10_000).to_kind(kind);
                model.forward_t(ids_given, Some(&added), types_given, None, None, false).logits
            }
            Self::RobertaSequence { model, padding } => {
                let positions = positions(ids, *padding);
                model.forward_t(ids_given, mask_given, None, Some(&positions), None, false).logits
            }
            Self::RobertaToken { model, padding } => {
                let positions = positions(ids, *padding);
                model.forward_t(ids_given, mask_given, None, Some(&positions), None, false).logits
            }
        })
    }
}

/// What BART's decoder reads: `start`, then all tokens but the last.
fn one_later(ids: &Tensor, start: i64) -> Tensor {
    let (sequences, width) = ids.size2().expect("a rectangle");
    let start = Tensor::full([sequences, 1], start, (ids.kind(), ids.device()));
    Tensor::cat(&[start, ids.narrow(1, 0, width - 1)], 1)
}

/// `RoBERTa`'s positions: they begin behind the padding's row, which tokens that are padding have.
fn positions(ids: &Tensor, padding: i64) -> Tensor {
    let counted = ids.ne(padding).to_kind(Kind::Int64);
    counted.cumsum(1, Kind::Int64) * counted + padding
}
