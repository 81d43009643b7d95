//! What holds for any gold: a format gives back what it took, but for what it says that it cannot carry.

use super::{FORMATS, back, solid, surfaces, through};
use karat::base::{Entity, Span, Stance};
use karat::corpus::exchange::{self, Export, Files, Format, GoldSet, Labelled, Metadata};
use karat::corpus::{Document, Target};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Pieces of text: emoji and other characters of four bytes, combining marks, every kind of line end and space, and what
/// the formats give a meaning to.
const PIECES: [&str; 34] = [
    "a",
    "Zoë",
    "e\u{301}",
    "👍",
    "👩🏽\u{200D}🚀",
    "𝕏",
    "中文",
    "\u{A0}",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\t",
    "\u{85}",
    "\u{2028}",
    "\u{2011}",
    "\u{FEFF}",
    "[",
    "]",
    "\\",
    "[PER x]",
    "#",
    "# id = x",
    "-DOCSTART-",
    ".",
    "’s",
    "'",
    "1,000",
    "+++",
    "\"",
    "O",
    "|",
];
const LABELS: [&str; 4] = ["PER", "LOC", "ORG-1", "MISC_X"];
const IDS: [&str; 8] = ["doc", "a b", "a/b", "..", "50%", "é👍", " edge ", "tab\there"];
const TARGETS: [&str; 4] = ["deal", "the talks", "a.b", "x=y"];

fn value() -> impl Strategy<Value = Value> {
    select(vec![
        json!("2025-11-16"),
        json!("a \"quoted\"\n+++\n[x] \u{7F}\\"),
        json!(""),
        json!(-3),
        json!(0.5),
        json!(1e30),
        json!(true),
        json!(["a", 1, { "b": [] }]),
        json!({ "k k": "v", "n": 2 }),
    ])
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let name =
        select(vec!["title", "date", "voice", "a key", "ключ", ""].into_iter().map(str::to_owned).collect::<Vec<_>>());
    btree_map(name, value(), 0..4).prop_map(|fields| fields.into_iter().collect())
}

/// A text of pieces, some of which are mentions. Tidy mentions have no white space at an edge.
fn labelled(tidy: bool) -> impl Strategy<Value = Labelled> {
    let piece = (vec(select(PIECES.to_vec()), 1..4), option::of(select(LABELS.to_vec())));
    let stances = btree_map(select(TARGETS.map(str::to_owned).to_vec()), select(Stance::ALL.to_vec()), 0..4);
    let is_labelled = prop::bool::weighted(0.8);
    (vec(piece, 0..8), metadata(), stances, is_labelled, select(IDS.to_vec())).prop_map(
        move |(pieces, metadata, stances, is_labelled, id)| {
            let (mut text, mut entities) = (String::new(), Vec::new());
            for (words, label) in pieces {
                let surface = words.concat();
                let start = text.chars().count();
                text.push_str(&surface);
                let end = text.chars().count();
                if let Some(label) = label.filter(|_| !tidy || surface.trim() == surface) {
                    entities.push(Entity { span: Span::new(start, end), label: label.to_owned(), score: None });
                }
            }
            if text.trim().is_empty() {
                text.push('x');
            }
            let document = Document { id: id.to_owned(), text };
            Labelled { document, metadata, entities: is_labelled.then_some(entities), stances }
        },
    )
}

fn gold(tidy: bool) -> impl Strategy<Value = GoldSet> {
    vec(labelled(tidy), 1..5).prop_map(|mut documents| {
        for (number, labelled) in documents.iter_mut().enumerate() {
            labelled.document.id = format!("{number}{}{number}", labelled.document.id);
        }
        // Folders are read in the order of names, which these ids have.
        let ids = documents.iter().flat_map(|labelled| labelled.stances.keys().cloned());
        let ids: std::collections::BTreeSet<String> = ids.collect();
        let targets = ids.into_iter().map(|id| Target { phrase: id.clone(), id }).collect();
        GoldSet { documents, targets, unannotated: 0 }
    })
}

/// The gold as a format holds it, after its documented losses.
fn expected(mut gold: GoldSet, format: Format) -> GoldSet {
    let folder = |c: char| matches!(c, '/' | '\\' | '%' | ':') || c.is_control();
    let alone = gold.entities() == 0 && gold.stances() > 0;
    for labelled in &mut gold.documents {
        match format {
            Format::Brackets => drop(labelled.entities.get_or_insert_default()),
            Format::Brat => (labelled.metadata, labelled.stances) = (Metadata::new(), BTreeMap::new()),
            Format::LabelStudio if alone => labelled.entities = None,
            Format::LabelStudio if !labelled.stances.is_empty() => drop(labelled.entities.get_or_insert_default()),
            _ => {}
        }
        if matches!(format, Format::Brackets | Format::Brat) {
            let encode = |c: char| if folder(c) { format!("%{:02X}", u32::from(c)) } else { c.to_string() };
            labelled.document.id = labelled.document.id.chars().map(encode).collect();
        }
    }
    if format == Format::Brat {
        gold.targets.clear();
    }
    gold
}

/// True where the export says that such a thing is lost.
fn says(export: &Export, word: &str) -> bool {
    export.losses.iter().any(|loss| loss.what.contains(word))
}

/// True where the export says that all such things are lost.
fn says_all(export: &Export, what: &str) -> bool {
    export.losses.iter().any(|loss| loss.what == what)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn formats_that_hold_the_text_give_everything_back(gold in gold(true)) {
        for format in [Format::Brackets, Format::Brat, Format::LabelStudio, Format::Spacy] {
            let (import, export) = through(&gold, format);
            prop_assert_eq!(&import.gold, &expected(gold.clone(), format), "{:?}", format);
            prop_assert!(import.losses.is_empty());
            let has = |is: fn(&Labelled) -> bool| gold.documents.iter().any(is);
            prop_assert_eq!(says(&export, "metadata"), format == Format::Brat && has(|l| !l.metadata.is_empty()));
            prop_assert_eq!(says(&export, "stances"), format == Format::Brat && has(|l| !l.stances.is_empty()));
        }
    }

    #[test]
    fn where_nothing_is_said_to_be_lost_nothing_is(gold in gold(false)) {
        // A file of stances without a stance holds no document, which is refused.
        for format in FORMATS.into_iter().filter(|format| *format != Format::Semeval || gold.stances() > 0) {
            let (import, export) = through(&gold, format);
            if export.losses.is_empty() {
                prop_assert_eq!(&import.gold, &gold, "{:?}", format);
            }
        }
    }

    #[test]
    fn columns_keep_every_character_and_mention(gold in gold(true)) {
        for format in FORMATS.into_iter().filter(|format| matches!(format, Format::Conll(_))) {
            let (import, export) = through(&gold, format);
            prop_assert_eq!(surfaces(&import.gold), surfaces(&gold), "{:?}", format);
            for (found, expected) in import.gold.documents.iter().zip(&gold.documents) {
                prop_assert_eq!(solid(&found.document.text), solid(&expected.document.text));
            }
            let kept = import.gold.documents.iter().zip(&gold.documents).all(|(a, b)| a.document.text == b.document.text);
            prop_assert_eq!(kept, !says(&export, "white space, since") && !says(&export, "touch"), "{:?}", export.losses);
            // The scheme says what its tags mean, and the reader finds it out.
            let found = back(&export, Format::Conll(None)).unwrap();
            prop_assert_eq!(surfaces(&found.gold), surfaces(&gold), "{:?}", format);
        }
    }

    #[test]
    fn mentions_that_do_not_come_back_are_counted(gold in gold(false)) {
        for format in FORMATS.into_iter().filter(|format| *format != Format::Semeval) {
            let (import, export) = through(&gold, format);
            let gone: usize =
                export.losses.iter().filter(|loss| loss.what.starts_with("mentions of nothing")).map(|loss| loss.count).sum();
            prop_assert_eq!(import.gold.entities() + gone, gold.entities(), "{:?}", format);
        }
    }

    #[test]
    fn a_damaged_file_is_refused_or_read_into_sound_gold(
        gold in gold(false),
        at in 0.0..1.0_f64,
        piece in select(vec!["", "\t", "\n", "]", "\"", "{", "B-PER", " 99", "-1", "🚀", "0", ",", "18446744073709551615"]),
        cut in 0_usize..4,
    ) {
        let damage = |content: &mut String| {
            let characters: Vec<char> = content.chars().collect();
            let place = (characters.len() as f64 * at) as usize;
            let rest = characters.get(place + cut..).unwrap_or_default();
            *content = characters[..place].iter().copied().chain(piece.chars()).chain(rest.iter().copied()).collect();
        };
        for format in FORMATS {
            let mut export = exchange::write(&gold, format);
            match &mut export.files {
                Files::One(content) => damage(content),
                Files::Folder(files) => files.values_mut().for_each(damage),
            }
            let Ok(import) = back(&export, format) else { continue };
            for labelled in &import.gold.documents {
                let length = labelled.document.text.chars().count();
                prop_assert!(!labelled.document.text.trim().is_empty());
                let entities: Vec<&Entity> = labelled.entities.iter().flatten().collect();
                prop_assert!(entities.iter().all(|e| e.span.start < e.span.end && e.span.end <= length && !e.label.is_empty()));
                prop_assert!(entities.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
            }
        }
    }

    #[test]
    fn lines_of_stances_keep_every_stance(gold in gold(true)) {
        let with_stance = gold.documents.iter().filter(|labelled| !labelled.stances.is_empty());
        let expected: Vec<(String, Vec<Stance>)> = with_stance
            .map(|l| (l.document.text.replace(['\n', '\r', '\t'], " "), l.stances.values().copied().collect()))
            .collect();
        prop_assume!(!expected.is_empty());
        let (import, export) = through(&gold, Format::Semeval);
        let found: Vec<(String, Vec<Stance>)> = import.gold.documents.iter()
            .map(|l| (l.document.text.clone(), l.stances.values().copied().collect()))
            .collect();
        // Ids made from phrases need not come in the order of the phrases.
        let sorted = |mut all: Vec<(String, Vec<Stance>)>| {
            for (_, stances) in &mut all {
                stances.sort_unstable();
            }
            all
        };
        prop_assert_eq!(sorted(found), sorted(expected));
        prop_assert_eq!(says_all(&export, "entities"), gold.entities() > 0);
        prop_assert_eq!(says(&export, "without a stance"), gold.documents.iter().any(|l| l.stances.is_empty()));
    }
}
