//! `tokenizer.json` of a model folder, with offsets in characters of the raw text.

use super::template::Template;
use crate::base::{CharText, Span};
use crate::engine::Sequence;
use serde::Serialize;
use std::path::{Path, PathBuf};
use tokenizers::models::ModelWrapper;
use unicode_normalization::char::is_combining_mark;

/// A token of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Row of the model's embedding table.
    pub id: u32,
    /// Where it stands in the raw text.
    pub span: Span,
    /// Position of its word; tokens of one word share it.
    pub word: u32,
    /// True when the vocabulary has nothing for it.
    pub unknown: bool,
}

/// A model's tokenizer. Whatever truncation or padding its file carries is off: windows are karat's own.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    unknown: Option<u32>,
    single: Template,
    pair: Option<Template>,
}

/// The special tokens around texts, with `…` where a text stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Frames {
    /// Around one text, such as `[CLS] … [SEP]`.
    pub single: String,
    /// Around two; None when the tokenizer frames no pairs.
    pub pair: Option<String>,
}

/// Why a tokenizer could not be loaded or used.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// The file cannot be read.
    #[error("tokenizer `{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a tokenizer that can be used.
    #[error("tokenizer `{}` is not valid: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Some ids have no row in the model's embedding table.
    #[error(
        "tokenizer `{}` has token `{token}` with id {id}, but the model's vocabulary has {vocabulary} entries",
        path.display()
    )]
    Vocabulary {
        /// The file.
        path: PathBuf,
        /// The token with the highest id.
        token: String,
        /// Its id.
        id: u32,
        /// Rows in the model's embedding table.
        vocabulary: usize,
    },
    /// The tokenizer refused a text.
    #[error("the tokenizer failed on {what}: {reason}")]
    Encode {
        /// The text, by a name that a user knows.
        what: String,
        /// What the tokenizer said.
        reason: String,
    },
}

impl Tokenizer {
    /// Loads `tokenizer.json` of a model folder whose embedding table has `vocabulary` rows.
    ///
    /// # Errors
    /// [`TokenizerError`] when the file is missing or malformed, or has ids that the model has no row for.
    pub fn load(folder: &Path, vocabulary: usize) -> Result<Self, TokenizerError> {
        let path = folder.join("tokenizer.json");
        let bytes = std::fs::read(&path).map_err(|source| TokenizerError::Read { path: path.clone(), source })?;
        let malformed = |reason: String| TokenizerError::Malformed { path: path.clone(), reason };
        let mut inner = tokenizers::Tokenizer::from_bytes(bytes).map_err(|error| malformed(error.to_string()))?;
        inner.with_truncation(None).map_err(|error| malformed(error.to_string()))?;
        inner.with_padding(None);
        // A document that spells out "[SEP]" says those five characters; it does not end a sequence.
        inner.set_encode_special_tokens(true);
        let vocabulary_of = inner.get_vocab(true);
        if let Some((token, &id)) = vocabulary_of.iter().max_by_key(|(token, id)| (**id, (*token).clone()))
            && id as usize >= vocabulary
        {
            return Err(TokenizerError::Vocabulary { path, token: token.clone(), id, vocabulary });
        }
        let probe = |text: &str| inner.encode(text, false).map_err(|error| malformed(error.to_string()));
        let (a, b) = (probe("a")?, probe("a")?);
        let framed = |pair| inner.post_process(a.clone(), pair, true).map_err(|error| malformed(error.to_string()));
        let single = Template::from_encoding(&framed(None)?, 1);
        let single = single.ok_or_else(|| malformed("its post-processor does not frame one text".to_owned()))?;
        let pair = Template::from_encoding(&framed(Some(b))?, 2);
        let unknown = ["[UNK]", "<unk>"].iter().find_map(|token| inner.token_to_id(token));
        Ok(Self { inner, unknown, single, pair })
    }

    /// A text's tokens in order, without special tokens. `what` names the text in an error.
    ///
    /// Spans are in characters. White space at a token's ends, which some vocabularies count as its own, is no part of its span; a
    /// token of nothing else has an empty one. A
    /// combining mark that the model's normaliser drops belongs to the token before it.
    ///
    /// # Errors
    /// [`TokenizerError::Encode`] when the tokenizer refuses the text.
    pub fn tokens(&self, text: &CharText<'_>, what: &str) -> Result<Vec<Token>, TokenizerError> {
        let failed =
            |error: tokenizers::Error| TokenizerError::Encode { what: what.to_owned(), reason: error.to_string() };
        let encoding = self.inner.encode(text.as_str(), false).map_err(failed)?;
        let mut tokens: Vec<Token> = Vec::with_capacity(encoding.len());
        for (i, (&id, &(start, end))) in encoding.get_ids().iter().zip(encoding.get_offsets()).enumerate() {
            let word = encoding.get_word_ids()[i].unwrap_or(i as u32);
            let span = trimmed(text, Span::new(text.char_of_byte(start), text.char_of_byte(end)));
            tokens.push(Token { id, span, word, unknown: Some(id) == self.unknown });
        }
        for i in 0..tokens.len() {
            let limit = tokens.get(i + 1).map_or(text.len(), |next| next.span.start);
            let end = tokens[i].span.end;
            if end < limit
                && let Some(rest) = text.get(Span::new(end, limit))
            {
                tokens[i].span.end = end + rest.chars().take_while(|&c| is_combining_mark(c)).count();
            }
        }
        Ok(tokens)
    }

    /// The ids of a short text such as a hypothesis.
    ///
    /// # Errors
    /// [`TokenizerError::Encode`] when the tokenizer refuses the text.
    pub fn ids(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        let encoding = self.inner.encode(text, false);
        let encoding = encoding
            .map_err(|error| TokenizerError::Encode { what: format!("`{text}`"), reason: error.to_string() })?;
        Ok(encoding.get_ids().to_vec())
    }

    /// One text as the model reads it.
    pub fn single(&self, ids: &[u32]) -> Sequence {
        self.single.frame([ids])
    }

    /// How it makes tokens of words: `WordPiece`, `BPE`, `Unigram` or `WordLevel`.
    pub fn kind(&self) -> &'static str {
        match self.inner.get_model() {
            ModelWrapper::BPE(_) => "BPE",
            ModelWrapper::WordPiece(_) => "WordPiece",
            ModelWrapper::WordLevel(_) => "WordLevel",
            ModelWrapper::Unigram(_) => "Unigram",
        }
    }

    /// Its tokens, those included that were added to its vocabulary.
    pub fn size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// The special tokens around texts.
    pub fn frames(&self) -> Frames {
        // No vocabulary has a token of this id: an id is a row of a table.
        const TEXT: &[u32] = &[u32::MAX];
        let token = |&id: &u32| self.inner.id_to_token(id).unwrap_or_else(|| "…".to_owned());
        let shown = |sequence: Sequence| sequence.ids.iter().map(token).collect::<Vec<_>>().join(" ");
        Frames {
            single: shown(self.single.frame([TEXT])),
            pair: self.pair.as_ref().map(|template| shown(template.frame([TEXT, TEXT]))),
        }
    }

    /// Special tokens around one text: how many in all, and how many before it.
    pub fn single_frame(&self) -> (usize, usize) {
        (self.single.added(), self.single.before())
    }

    /// A premise and a hypothesis as the model reads them; None when the tokenizer frames no pairs.
    pub fn pair(&self, premise: &[u32], hypothesis: &[u32]) -> Option<Sequence> {
        self.pair.as_ref().map(|template| template.frame([premise, hypothesis]))
    }

    /// Special tokens around a pair; None when the tokenizer frames no pairs.
    pub fn pair_added(&self) -> Option<usize> {
        self.pair.as_ref().map(Template::added)
    }
}

/// A span without the white space at its ends. Where it holds nothing else it is empty and stands at its end, so that an entity that
/// begins with such a token begins with its first letter.
fn trimmed(text: &CharText<'_>, span: Span) -> Span {
    let inside = text.get(span).unwrap_or_default();
    let spaces = |rest: &str| inside[..inside.len() - rest.len()].chars().count();
    let start = span.start + spaces(inside.trim_start());
    Span::new(start, start.max(span.start + inside.trim_end().chars().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundled() -> Tokenizer {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ner-minilm-l6");
        Tokenizer::load(&folder, 30522).expect("the bundled tokenizer")
    }

    fn surfaces(text: &str) -> Vec<String> {
        let indexed = CharText::new(text);
        let tokens = bundled().tokens(&indexed, "a test").expect("tokens");
        tokens.iter().map(|token| indexed.get(token.span).expect("a span inside the text").to_owned()).collect()
    }

    #[test]
    fn offsets_are_characters_of_the_raw_text() {
        assert_eq!(surfaces("José met İbrahim"), ["José", "met", "İbrahim"]);
        assert_eq!(surfaces("👍 ok\u{A0}Doha\r\nGaza"), ["👍", "ok", "Doha", "Gaza"]);
        assert_eq!(surfaces("al\u{2011}Hayya’s"), ["al", "\u{2011}", "Hay", "ya", "’", "s"]);
    }

    #[derive(serde::Deserialize)]
    struct Expected {
        texts: Vec<ExpectedText>,
        pair: ExpectedPair,
    }

    #[derive(serde::Deserialize)]
    struct ExpectedText {
        text: String,
        ids: Vec<u32>,
        spans: Vec<(usize, usize)>,
    }

    #[derive(serde::Deserialize)]
    struct ExpectedPair {
        premise: String,
        hypothesis: String,
        single: Vec<u32>,
        ids: Vec<u32>,
        type_ids: Vec<u32>,
    }

    #[test]
    fn every_kind_of_tokenizer_gives_the_references_tokens() {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tokenizers");
        for name in
            ["byte-bpe-modernbert", "byte-bpe-roberta", "unigram-albert", "unigram-xlm-roberta", "wordpiece-mpnet"]
        {
            let tokenizer = Tokenizer::load(&golden.join(name), 600).expect("a tokenizer");
            let expected = std::fs::read(golden.join(name).join("expected.json")).expect("read");
            let Expected { texts, pair } = serde_json::from_slice(&expected).expect("as written");
            for expected in texts {
                let text = CharText::new(&expected.text);
                let tokens = tokenizer.tokens(&text, "a test").expect("tokens");
                assert_eq!(
                    tokens.iter().map(|token| token.id).collect::<Vec<_>>(),
                    expected.ids,
                    "{name}: {}",
                    expected.text
                );
                for (index, (token, &(start, end))) in tokens.iter().zip(&expected.spans).enumerate() {
                    // Combining marks that the normaliser drops are karat's own addition.
                    let mark =
                        |at: usize| text.get(Span::new(at, at + 1)).is_some_and(|c| c.chars().all(is_combining_mark));
                    let end =
                        if token.span.end > end && (end..token.span.end).all(mark) { token.span.end } else { end };
                    assert_eq!(token.span, Span::new(start, end), "{name}: token {index} of {}", expected.text);
                }
            }
            let (premise, hypothesis) = (tokenizer.ids(&pair.premise), tokenizer.ids(&pair.hypothesis));
            let (premise, hypothesis) = (premise.expect("ids"), hypothesis.expect("ids"));
            let framed = tokenizer.pair(&premise, &hypothesis).expect("a pair");
            assert_eq!((framed.ids, framed.type_ids), (pair.ids, pair.type_ids), "{name}");
            assert_eq!(tokenizer.single(&premise).ids, pair.single, "{name}");
        }
    }

    #[test]
    fn a_combining_mark_belongs_to_its_letter() {
        assert_eq!(surfaces("Jose\u{301} in Doha\u{301}"), ["Jose\u{301}", "in", "Doha\u{301}"]);
        assert_eq!(
            surfaces("re\u{301}sume\u{301}"),
            ["re\u{301}", "sume\u{301}"].concat().split('|').collect::<Vec<_>>()
        );
    }

    #[test]
    fn special_tokens_spelt_out_in_a_text_are_text() {
        let tokenizer = bundled();
        let tokens = tokenizer.tokens(&CharText::new("a [SEP] b"), "a test").expect("tokens");
        assert!(tokens.iter().all(|token| token.id != 102), "{tokens:?}");
    }

    #[test]
    fn the_frame_is_the_post_processors_own() {
        let tokenizer = bundled();
        let pair = tokenizer.pair(&[7, 8], &[9]).expect("BERT frames pairs");
        assert_eq!(pair.ids, [101, 7, 8, 102, 9, 102]);
        assert_eq!(pair.type_ids, [0, 0, 0, 0, 1, 1]);
        assert_eq!(tokenizer.single(&[7]).ids, [101, 7, 102]);
        assert_eq!((tokenizer.single_frame(), tokenizer.pair_added()), ((2, 1), Some(3)));
        let frames = tokenizer.frames();
        assert_eq!((frames.single.as_str(), frames.pair.as_deref()), ("[CLS] … [SEP]", Some("[CLS] … [SEP] … [SEP]")));
        assert_eq!((tokenizer.kind(), tokenizer.size()), ("WordPiece", 30522));
    }

    #[test]
    fn truncation_and_padding_of_the_file_are_off() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ner-minilm-l6/tokenizer.json");
        let json = std::fs::read_to_string(source).expect("read");
        let cut = r#""truncation":{"direction":"Right","max_length":8,"strategy":"LongestFirst","stride":0}"#;
        let pad = r#""padding":{"strategy":{"Fixed":64},"direction":"Right","pad_to_multiple_of":null,"pad_id":0,"pad_type_id":0,"pad_token":"[PAD]"}"#;
        let carried = json.replacen(r#""truncation":null"#, cut, 1).replacen(r#""padding":null"#, pad, 1);
        assert_ne!(carried, json);
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("tokenizer.json"), carried).expect("written");
        let tokenizer = Tokenizer::load(folder.path(), 30522).expect("loaded");
        let text = "Gaza ".repeat(30);
        assert_eq!(tokenizer.tokens(&CharText::new(&text), "a test").expect("tokens").len(), 30);
        assert_eq!(tokenizer.single(&[5]).ids.len(), 3);
    }

    #[test]
    fn ids_without_a_row_are_refused() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ner-minilm-l6");
        assert!(matches!(Tokenizer::load(&folder, 30000), Err(TokenizerError::Vocabulary { id: 30521, .. })));
    }
}
