//! Tagging schemes: tags to mentions of tokens, and back.

use std::collections::BTreeMap;
use std::fmt;

/// How tags say where mentions begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `I-` everywhere; `B-` only where a mention touches one of the same label before it. `B-` elsewhere is taken too.
    Iob1,
    /// `B-` begins every mention, `I-` goes on.
    Iob2,
    /// As IOB2, and `E-` ends, `S-` stands alone.
    Iobes,
    /// As IOB2, and `L-` ends, `U-` stands alone.
    Bilou,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Iob1 => "IOB1",
            Self::Iob2 => "IOB2",
            Self::Iobes => "IOBES",
            Self::Bilou => "BILOU",
        })
    }
}

/// A tag: None outside of mentions, else its letter and label.
pub(super) type Tag = Option<(char, String)>;

/// Parses a tag of any scheme.
pub(super) fn parse(tag: &str) -> Result<Tag, String> {
    if tag == "O" {
        return Ok(None);
    }
    match tag.split_once('-') {
        Some((letter @ ("B" | "I" | "E" | "S" | "L" | "U"), label)) if !label.is_empty() => {
            Ok(letter.chars().next().map(|letter| (letter, label.to_owned())))
        }
        _ => Err(format!("tag `{tag}` is neither `O` nor one of B, I, E, S, L, U with `-` and a label")),
    }
}

/// A mention of tokens `first..=last` of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tokens {
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) label: String,
}

/// A tagged token and its line.
pub(super) type Tagged = (usize, Tag);

/// The scheme that the tags of all sentences have, and a remark on what told; or the line of a tag that fits none.
pub(super) fn detect<'a>(sentences: impl Iterator<Item = &'a [Tagged]>) -> Result<(Scheme, String), (usize, String)> {
    let mut letters: BTreeMap<char, (usize, String)> = BTreeMap::new();
    // The first `I-` that follows no token of its label, and the first `B-` that follows none.
    let (mut bare_i, mut bare_b) = (None, None);
    for sentence in sentences {
        let mut before: Option<&str> = None;
        for (line, tag) in sentence {
            let Some((letter, label)) = tag else {
                before = None;
                continue;
            };
            let shown = format!("{letter}-{label}");
            letters.entry(*letter).or_insert_with(|| (*line, shown.clone()));
            if before != Some(label) {
                match letter {
                    'I' => drop(bare_i.get_or_insert((*line, shown))),
                    'B' => drop(bare_b.get_or_insert((*line, shown))),
                    _ => {}
                }
            }
            before = Some(label);
        }
    }
    let first_of = |wanted: &str| wanted.chars().find_map(|letter| letters.get(&letter));
    match (first_of("LU"), first_of("ES")) {
        (Some((line, tag)), Some((other_line, other))) => Err((
            *line,
            format!("tag `{tag}` is of BILOU and `{other}` in line {other_line} of IOBES; a file has one scheme"),
        )),
        (Some((line, tag)), None) => Ok((Scheme::Bilou, remark(Scheme::Bilou, tag, *line))),
        (None, Some((line, tag))) => Ok((Scheme::Iobes, remark(Scheme::Iobes, tag, *line))),
        (None, None) => match (bare_i, bare_b) {
            (Some((line, tag)), Some((other_line, other))) => Err((
                line,
                format!(
                    "tag `{tag}` begins a mention, which IOB2 forbids, and so does `{other}` in line {other_line}, which IOB1 \
                     forbids; `--scheme iob1` takes both, if both are meant"
                ),
            )),
            (Some((line, tag)), None) if letters.contains_key(&'B') => {
                Ok((Scheme::Iob1, remark(Scheme::Iob1, &tag, line)))
            }
            (Some(_), None) => Ok((
                Scheme::Iob1,
                "tags are read as IOB1; there is no `B-`, so mentions of one label that touch are one".to_owned(),
            )),
            (None, Some((line, tag))) => Ok((Scheme::Iob2, remark(Scheme::Iob2, &tag, line))),
            (None, None) => Ok((Scheme::Iob2, "there is no mention; any scheme says so".to_owned())),
        },
    }
}

fn remark(scheme: Scheme, tag: &str, line: usize) -> String {
    format!("tags are read as {scheme}, because of `{tag}` in line {line}")
}

/// The mentions of a sentence.
///
/// # Errors
/// Every tag that the scheme does not have in its place, with its line.
pub(super) fn decode(sentence: &[Tagged], scheme: Scheme) -> Result<Vec<Tokens>, Vec<(usize, String)>> {
    let (single, last) = match scheme {
        Scheme::Iob1 | Scheme::Iob2 => (None, None),
        Scheme::Iobes => (Some('S'), Some('E')),
        Scheme::Bilou => (Some('U'), Some('L')),
    };
    let mut mentions: Vec<Tokens> = Vec::new();
    let mut faults = Vec::new();
    // True while the last mention may go on with the next token.
    let mut open = false;
    let mut before: Option<(usize, String)> = None;
    for (at, (line, tag)) in sentence.iter().enumerate() {
        let shown = tag.as_ref().map_or("O".to_owned(), |(letter, label)| format!("{letter}-{label}"));
        let goes_on = match tag {
            Some(('I', _)) => true,
            Some((letter, _)) => Some(*letter) == last,
            None => false,
        };
        let same =
            tag.as_ref().is_some_and(|(_, label)| mentions.last().is_some_and(|mention| mention.label == *label));
        if last.is_some() && open && !(goes_on && same) {
            let (line, tag) = before.clone().unwrap_or((*line, shown.clone()));
            faults
                .push((line, format!("tag `{tag}` leaves a mention open, which {scheme} forbids; `{shown}` follows")));
        }
        match tag {
            None => open = false,
            Some((letter, label)) => {
                let known = matches!(letter, 'B' | 'I') || Some(*letter) == single || Some(*letter) == last;
                if !known {
                    faults.push((*line, format!("tag `{shown}` is not of {scheme}")));
                }
                if goes_on && open && same {
                    if let Some(mention) = mentions.last_mut() {
                        mention.last = at;
                    }
                } else {
                    if goes_on && scheme != Scheme::Iob1 {
                        faults.push((
                            *line,
                            format!("tag `{shown}` follows no token of its mention, which {scheme} forbids"),
                        ));
                    }
                    mentions.push(Tokens { first: at, last: at, label: label.clone() });
                }
                open = Some(*letter) != single && Some(*letter) != last;
            }
        }
        before = Some((*line, shown));
    }
    if let (true, Some(_), Some((line, tag))) = (open, last, before) {
        faults.push((
            line,
            format!("tag `{tag}` leaves a mention open at the end of its sentence, which {scheme} forbids"),
        ));
    }
    if faults.is_empty() { Ok(mentions) } else { Err(faults) }
}

/// The tags of a sentence of `tokens` tokens with these mentions, in order.
pub(super) fn encode(tokens: usize, mentions: &[Tokens], scheme: Scheme) -> Vec<String> {
    let mut tags = vec!["O".to_owned(); tokens];
    let mut before: Option<&Tokens> = None;
    for mention in mentions {
        let touches = before.is_some_and(|b| b.last + 1 == mention.first && b.label == mention.label);
        for (at, tag) in tags.iter_mut().enumerate().take(mention.last + 1).skip(mention.first) {
            let (first, last) = (at == mention.first, at == mention.last);
            let letter = match scheme {
                Scheme::Iobes if first && last => 'S',
                Scheme::Bilou if first && last => 'U',
                Scheme::Iobes if last => 'E',
                Scheme::Bilou if last => 'L',
                Scheme::Iob1 if !first || !touches => 'I',
                _ if first => 'B',
                _ => 'I',
            };
            *tag = format!("{letter}-{}", mention.label);
        }
        before = Some(mention);
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMES: [Scheme; 4] = [Scheme::Iob1, Scheme::Iob2, Scheme::Iobes, Scheme::Bilou];

    fn tagged(tags: &str) -> Vec<Tagged> {
        tags.split(' ').enumerate().map(|(at, tag)| (at + 1, parse(tag).expect("a tag"))).collect()
    }

    fn tokens(first: usize, last: usize, label: &str) -> Tokens {
        Tokens { first, last, label: label.to_owned() }
    }

    #[test]
    fn each_scheme_says_the_same_in_its_own_tags() {
        let mentions = [tokens(0, 0, "PER"), tokens(1, 3, "PER"), tokens(4, 4, "LOC"), tokens(6, 7, "LOC")];
        for (scheme, expected) in SCHEMES.into_iter().zip([
            "I-PER B-PER I-PER I-PER I-LOC O I-LOC I-LOC",
            "B-PER B-PER I-PER I-PER B-LOC O B-LOC I-LOC",
            "S-PER B-PER I-PER E-PER S-LOC O B-LOC E-LOC",
            "U-PER B-PER I-PER L-PER U-LOC O B-LOC L-LOC",
        ]) {
            assert_eq!(encode(8, &mentions, scheme).join(" "), expected);
            assert_eq!(decode(&tagged(expected), scheme).expect("good tags"), mentions);
            let sentence = tagged(expected);
            assert_eq!(detect([sentence.as_slice()].into_iter()).expect("one scheme").0, scheme);
        }
    }

    #[test]
    fn a_tag_out_of_place_is_named_by_its_line() {
        for (scheme, tags, line, part) in [
            (Scheme::Iob2, "O I-PER", 2, "follows no token"),
            (Scheme::Iob2, "B-PER I-LOC", 2, "follows no token"),
            (Scheme::Iob2, "S-PER O", 1, "not of IOB2"),
            (Scheme::Iobes, "B-PER O", 1, "leaves a mention open"),
            (Scheme::Iobes, "O B-PER I-PER", 3, "open at the end"),
            (Scheme::Iobes, "O E-PER", 2, "follows no token"),
            (Scheme::Bilou, "U-PER I-PER", 2, "follows no token"),
            (Scheme::Bilou, "B-PER L-LOC", 1, "leaves a mention open"),
        ] {
            let faults = decode(&tagged(tags), scheme).expect_err(tags);
            assert_eq!(faults[0].0, line, "{tags}: {faults:?}");
            assert!(faults[0].1.contains(part), "{tags}: {faults:?}");
        }
        for tag in ["", "B", "B-", "b-PER", "X-PER", "B_PER", "0"] {
            parse(tag).expect_err(tag);
        }
    }

    #[test]
    fn tags_of_two_schemes_are_refused() {
        let mixed = tagged("I-PER O B-LOC");
        let (line, what) = detect([mixed.as_slice()].into_iter()).expect_err("no scheme");
        assert_eq!(line, 1);
        assert!(what.contains("in line 3"), "{what}");
        let mixed = tagged("S-PER O U-LOC");
        assert_eq!(detect([mixed.as_slice()].into_iter()).expect_err("no scheme").0, 3);
    }
}
