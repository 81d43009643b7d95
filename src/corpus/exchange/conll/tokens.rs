//! Words of a text: where a tokenizer that knows no gold would cut it.

use crate::base::Span;
use std::collections::BTreeSet;
use unicode_normalization::char::is_combining_mark;

/// The tokens of a text, in order: runs of letters and digits, and single other characters. Marks and joined emoji stay with
/// what they modify; a hyphen between letters, a point between letters or digits and a comma between digits hold a token
/// together; `'s` is a token of its own. No token goes over a place of `cuts`, which are the edges of mentions.
pub(super) fn tokens(text: &[char], cuts: &BTreeSet<usize>) -> Vec<Span> {
    let mut tokens: Vec<Span> = Vec::new();
    let mut start: Option<usize> = None;
    // The last character of the token that is no mark.
    let mut base = ' ';
    for (at, &character) in text.iter().enumerate() {
        if let Some(from) = start
            && (cuts.contains(&at) || !holds(text, from, at, base))
        {
            tokens.push(Span::new(from, at));
            start = None;
        }
        if character.is_whitespace() {
            continue;
        }
        if start.is_none() || !is_mark(character) {
            base = character;
        }
        start = start.or(Some(at));
    }
    tokens.extend(start.map(|from| Span::new(from, text.len())));
    tokens
}

/// True where the character at `at` belongs to the token that began at `from`.
fn holds(text: &[char], from: usize, at: usize, base: char) -> bool {
    let (before, here) = (text[at - 1], text[at]);
    let next = text.get(at + 1).copied().unwrap_or(' ');
    if here.is_whitespace() {
        return false;
    }
    if is_mark(here) || before == JOINER {
        return true;
    }
    match here {
        '-' | '\u{2011}' | '.' => base.is_alphanumeric() && next.is_alphanumeric(),
        ',' | ':' => base.is_ascii_digit() && next.is_ascii_digit(),
        _ if !here.is_alphanumeric() => false,
        _ if base.is_alphanumeric() => true,
        // A token that began with one of these is a character of punctuation.
        _ => match base {
            '-' | '\u{2011}' | '.' | ',' | ':' => at > from + 1,
            '\'' | '’' => from > 0 && text[from - 1].is_alphanumeric(),
            _ => false,
        },
    }
}

const JOINER: char = '\u{200D}';

/// Characters that modify the one before them.
fn is_mark(character: char) -> bool {
    let skin = '\u{1F3FB}'..='\u{1F3FF}';
    is_combining_mark(character) || character == JOINER || skin.contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, cuts: &[usize]) -> Vec<String> {
        let characters: Vec<char> = text.chars().collect();
        let spans = tokens(&characters, &cuts.iter().copied().collect());
        spans.into_iter().map(|span| characters[span.start..span.end].iter().collect()).collect()
    }

    #[test]
    fn words_are_cut_as_a_reader_would() {
        for (text, expected) in [
            ("Witkoff’s US-brokered deal.", "Witkoff|’s|US-brokered|deal|."),
            ("67,000 at 3.5, no", "67,000|at|3.5|,|no"),
            ("(\u{A0}Antiwar.com)", "(|Antiwar.com|)"),
            ("\"don't\" -x", "\"|don|'t|\"|-|x"),
            ("Zoe\u{301} 👩🏽\u{200D}🚀!", "Zoe\u{301}|👩🏽\u{200D}🚀|!"),
            ("a--b ..c", "a|-|-|b|.|.|c"),
        ] {
            assert_eq!(words(text, &[]).join("|"), expected);
        }
    }

    #[test]
    fn a_mention_s_edge_cuts_a_token() {
        assert_eq!(words("Kushnersaid so", &[0, 7]).join("|"), "Kushner|said|so");
    }
}
