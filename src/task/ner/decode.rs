//! Token logits to entities, by the five aggregation strategies of the Hugging Face token-classification pipeline.

use crate::base::{Entity, Span};
use crate::task::argmax;
use crate::task::labels::Tag;
use crate::text::Token;
use serde::{Deserialize, Serialize};

/// How tokens become entities.
///
/// The meaning is that of the Hugging Face pipeline, with one difference: words come from the tokenizer itself, where
/// the pipeline guesses them from the length of a token's surface, so that a word whose normalised form has another
/// length (a decomposed accent) stays one word here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregation {
    /// Every token that is not `O` is an entity of its own.
    None,
    /// Neighbouring tokens of one type are one entity; `B-` begins a new one, and so does whatever follows `E-`, `L-`, `S-` or `U-`.
    Simple,
    /// As `simple` over words; a word's class is that of its first token.
    #[default]
    First,
    /// As `simple` over words; a word's class has the greatest mean probability over its tokens.
    Average,
    /// As `simple` over words; a word's class is that of its most certain token.
    Max,
}

/// A token or word with its class.
struct Piece {
    span: Span,
    class: usize,
    score: f64,
}

impl Aggregation {
    /// The name in suites and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Simple => "simple",
            Self::First => "first",
            Self::Average => "average",
            Self::Max => "max",
        }
    }

    /// Decodes a document. `probabilities` has a row of classes for each token; an entity's score is the mean probability
    /// of its pieces' classes, in 0..=1.
    pub(super) fn decode(self, tags: &[Tag], tokens: &[Token], probabilities: &[Vec<f64>]) -> Vec<Entity> {
        let pieces: Vec<Piece> = match self {
            Self::None | Self::Simple => {
                let of_token = |(token, p): (&Token, &Vec<f64>)| piece(token.span, p);
                tokens.iter().zip(probabilities).map(of_token).collect()
            }
            _ => {
                let words = tokens.chunk_by(|a, b| a.word == b.word);
                let mut from = 0;
                words
                    .map(|word| {
                        let rows = &probabilities[from..from + word.len()];
                        from += word.len();
                        self.word(word, rows)
                    })
                    .collect()
            }
        };
        group(tags, &pieces, self != Self::None)
    }

    fn word(self, tokens: &[Token], rows: &[Vec<f64>]) -> Piece {
        let span = Span::new(tokens[0].span.start, tokens[tokens.len() - 1].span.end);
        match self {
            Self::Average => {
                let mean = |class: usize| rows.iter().map(|row| row[class]).sum::<f64>() / rows.len() as f64;
                piece(span, &(0..rows[0].len()).map(mean).collect::<Vec<f64>>())
            }
            Self::Max => {
                let peaks: Vec<f64> = rows.iter().map(|row| row[argmax(row)]).collect();
                piece(span, &rows[argmax(&peaks)])
            }
            _ => piece(span, &rows[0]),
        }
    }
}

fn piece(span: Span, probabilities: &[f64]) -> Piece {
    let class = argmax(probabilities);
    Piece { span, class, score: probabilities[class] }
}

/// Neighbouring pieces of one type are one entity, unless the first ends one, the later one begins anew, or nothing is joined.
fn group(tags: &[Tag], pieces: &[Piece], join: bool) -> Vec<Entity> {
    let goes_on = |before: &Piece, next: &Piece| {
        let (a, b) = (&tags[before.class], &tags[next.class]);
        join && a.label == b.label && !a.ends && !b.begins
    };
    let mut entities = Vec::new();
    for group in pieces.chunk_by(goes_on) {
        if let Some(label) = &tags[group[0].class].label {
            let span = Span::new(group[0].span.start, group[group.len() - 1].span.end);
            let score = group.iter().map(|piece| piece.score).sum::<f64>() / group.len() as f64;
            // Tokens of white space alone name nothing.
            if !span.is_empty() {
                entities.push(Entity { span, label: label.clone(), score: Some(score) });
            }
        }
    }
    entities
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::labels::{LabelMap, tags};

    /// Three tokens, the last two of one word; classes O, B-PER, I-PER, B-LOC.
    fn decode(aggregation: Aggregation, rows: [[f32; 4]; 3]) -> Vec<(usize, usize, String)> {
        let tags =
            tags(&["O", "B-PER", "I-PER", "B-LOC"].map(str::to_owned), &LabelMap::default()).expect("good labels").tags;
        let token = |start, end, word| Token { id: 0, span: Span::new(start, end), word, unknown: false };
        let tokens = [token(0, 2, 0), token(3, 5, 1), token(5, 9, 1)];
        let probabilities = rows.map(|row| crate::task::softmax(&ndarray::arr1(&row), 1.0));
        let entities = aggregation.decode(&tags, &tokens, &probabilities);
        entities.into_iter().map(|e| (e.span.start, e.span.end, e.label)).collect()
    }

    // The second word's first token says I-PER, its second B-LOC, more surely.
    const SPLIT: [[f32; 4]; 3] = [[0., 5., 0., 0.], [0., 0., 2., 1.], [0., 0., 0., 6.]];

    #[test]
    fn each_strategy_decides_a_split_word_in_its_own_way() {
        let per = "PER".to_owned();
        let loc = "LOC".to_owned();
        let parts = vec![(0, 2, per.clone()), (3, 5, per.clone()), (5, 9, loc.clone())];
        assert_eq!(decode(Aggregation::None, SPLIT), parts);
        assert_eq!(decode(Aggregation::Simple, SPLIT), [(0, 5, per.clone()), (5, 9, loc.clone())]);
        assert_eq!(decode(Aggregation::First, SPLIT), [(0, 9, per.clone())]);
        assert_eq!(decode(Aggregation::Average, SPLIT), [(0, 2, per.clone()), (3, 9, loc.clone())]);
        assert_eq!(decode(Aggregation::Max, SPLIT), [(0, 2, per), (3, 9, loc)]);
    }

    #[test]
    fn a_begin_tag_parts_neighbours_of_one_type() {
        let rows = [[0., 5., 0., 0.], [0., 5., 0., 0.], [0., 0., 5., 0.]];
        assert_eq!(decode(Aggregation::Simple, rows), [(0, 2, "PER".to_owned()), (3, 9, "PER".to_owned())]);
    }

    /// Words of these classes, each sure of its own.
    fn spans(labels: &[&str], classes: &[usize]) -> Vec<(usize, usize)> {
        let labels: Vec<String> = labels.iter().map(ToString::to_string).collect();
        let tags = tags(&labels, &LabelMap::default()).expect("good labels").tags;
        let token = |at: usize| Token { id: 0, span: Span::new(at, at + 1), word: at as u32, unknown: false };
        let tokens: Vec<Token> = (0..classes.len()).map(token).collect();
        let row = |&class: &usize| (0..labels.len()).map(|other| if other == class { 0.9 } else { 0.01 }).collect();
        let rows: Vec<Vec<f64>> = classes.iter().map(row).collect();
        let entities = Aggregation::First.decode(&tags, &tokens, &rows);
        entities.into_iter().map(|entity| (entity.span.start, entity.span.end)).collect()
    }

    #[test]
    fn a_mention_ends_where_its_dialect_says_so() {
        // S B I E I | S E: what follows an end is new, and an end without a beginning is a mention.
        let iobes = ["O", "B-PER", "I-PER", "E-PER", "S-PER"];
        assert_eq!(spans(&iobes, &[4, 1, 2, 3, 2, 0, 4, 3]), [(0, 1), (1, 4), (4, 5), (6, 7), (7, 8)]);
        let bilou = ["O", "B-PER", "I-PER", "L-PER", "U-PER"];
        assert_eq!(spans(&bilou, &[4, 1, 2, 3, 2, 0, 4, 3]), spans(&iobes, &[4, 1, 2, 3, 2, 0, 4, 3]));
        let bmes = ["PER-S", "PER-E", "PER-M", "PER-B", "O"];
        assert_eq!(spans(&bmes, &[0, 3, 2, 1, 2, 4, 0, 1]), spans(&iobes, &[4, 1, 2, 3, 2, 0, 4, 3]));
        assert_eq!(spans(&["O", "I-PER", "E-PER"], &[1, 2, 1, 2, 0, 1]), [(0, 2), (2, 4), (5, 6)]);
        assert_eq!(spans(&["O", "PER", "LOC"], &[1, 1, 2, 0, 1]), [(0, 2), (2, 3), (4, 5)]);
    }
}
