//! Generated documents: the same for everyone, from a seed.

use karat::base::{Entity, Span, stream};
use karat::corpus::Document;
use karat::stats::below;
use karat::task::Answer;

const SEED: u64 = 20_251_122;
const WORDS: [&str; 24] = [
    "the",
    "of",
    "and",
    "in",
    "minister",
    "said",
    "on",
    "talks",
    "with",
    "agreement",
    "government",
    "for",
    "after",
    "unprecedented",
    "reconstruction",
    "was",
    "a",
    "border",
    "not",
    "by",
    "representatives",
    "to",
    "envoy",
    "report",
];
const NAMES: [(&str, &str); 8] = [
    ("PER", "Ana Sol"),
    ("PER", "Zoë Ruiz-Whitcombe"),
    ("LOC", "Doha"),
    ("LOC", "New Karlstead"),
    ("ORG", "Red Crescent"),
    ("ORG", "Norvane Ministry"),
    ("MISC", "Treaty of Ledby"),
    ("PER", "Tomas Ilverin"),
];

/// Documents with their gold entities. Lengths are as uneven as those of news: of ten, five have some 40 words, three some 200, one
/// some 600 and one some 1,500; a name stands where one word in nine would.
pub(crate) fn documents(count: usize) -> (Vec<Document>, Vec<Answer>) {
    (0..count).map(document).unzip()
}

fn document(number: usize) -> (Document, Answer) {
    let mut random = stream(SEED, number as u64);
    let words = [40, 40, 200, 40, 600, 40, 200, 1_500, 40, 200][number % 10] + below(40, &mut random) as usize;
    let (mut text, mut length, mut entities) = (String::new(), 0, Vec::new());
    for at in 0..words {
        if at > 0 {
            text.push(' ');
            length += 1;
        }
        let word = if below(9, &mut random) == 0 {
            let (label, name) = NAMES[below(NAMES.len() as u32, &mut random) as usize];
            let span = Span::new(length, length + name.chars().count());
            entities.push(Entity { span, label: label.to_owned(), score: None });
            name
        } else {
            WORDS[below(WORDS.len() as u32, &mut random) as usize]
        };
        text.push_str(word);
        length += word.chars().count();
    }
    (Document { id: format!("document-{number}"), text }, Answer::Entities(entities))
}
