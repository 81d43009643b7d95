//! Token classes of any dialect: what a class says about its token's place in a mention, and the mention's type.

use super::map::LabelMap;
use super::{LabelError, OUTSIDE, nameless};
use crate::metrics::{Letter, Scheme};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A token class: whether a mention begins or ends at it, and the mention's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::task) struct Tag {
    /// A mention begins here even next to one of the same type (`B-`, `S-`, `U-`).
    pub(in crate::task) begins: bool,
    /// A mention ends here even before one of the same type (`E-`, `L-`, `S-`, `U-`).
    pub(in crate::task) ends: bool,
    /// The type; None for `O`.
    pub(in crate::task) label: Option<String>,
}

impl Tag {
    /// In no mention.
    pub(super) fn outside() -> Self {
        Self { begins: false, ends: false, label: None }
    }

    fn of(letter: char, label: &str) -> Self {
        // BMES has its own letter for what the others call inside.
        let letter = Letter::written(letter).unwrap_or(Letter::I);
        Self {
            begins: matches!(letter, Letter::B | Letter::S | Letter::U),
            ends: matches!(letter, Letter::E | Letter::L | Letter::S | Letter::U),
            label: Some(label.to_owned()),
        }
    }
}

impl fmt::Display for Tag {
    /// As IOBES has it, whatever the model's own dialect.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(label) = &self.label else { return f.write_str(OUTSIDE) };
        let letter = match (self.begins, self.ends) {
            (true, true) => 'S',
            (true, false) => 'B',
            (false, true) => 'E',
            (false, false) => 'I',
        };
        write!(f, "{letter}-{label}")
    }
}

/// A model's token classes, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::task) struct TokenClasses {
    /// What each class says, in order.
    pub(in crate::task) tags: Vec<Tag>,
    /// How the classes are spelt, such as ``IOB1 or IOB2, as in `B-PER` ``.
    pub(super) dialect: String,
}

impl TokenClasses {
    /// The entity types that the classes can give, in order.
    pub(super) fn types(&self) -> Vec<String> {
        types(&self.tags).into_iter().map(str::to_owned).collect()
    }
}

/// Reads token classes: `B-PER`, `B_PER`, `PER-B`, `PER_B` in either case of the letter, in one of the schemes IOB, IOE, IOBES, BILOU and
/// BMES; or types without a place, which count as `I-`. The map gives classes other names, then types.
///
/// # Errors
/// [`LabelError`] for `LABEL_0` and its like, for classes of no one dialect, when no class is outside or none is a type, and when the
/// map says nothing about the model.
pub(in crate::task) fn tags(labels: &[String], map: &LabelMap) -> Result<TokenClasses, LabelError> {
    let named = map.renamed(labels);
    nameless(&named)?;
    let inside: Vec<&str> = named.iter().map(String::as_str).filter(|name| !is_outside(name)).collect();
    let form = Form::of(&inside)?;
    let tag = |name: &String| match form {
        _ if is_outside(name) => Tag::outside(),
        None => Tag::of('I', name),
        Some(form) => form.parse(name).map_or_else(Tag::outside, |(letter, label)| Tag::of(letter, label)),
    };
    let mut tags: Vec<Tag> = named.iter().map(tag).collect();
    map.check(labels, &types(&tags), |_| None)?;
    if tags.iter().all(|tag| tag.label.is_some()) {
        return Err(LabelError::Missing { meaning: "`O` (outside)", labels: named.join(", ") });
    }
    if types(&tags).is_empty() {
        return Err(LabelError::NoType(named.join(", ")));
    }
    for tag in &mut tags {
        if let Some(label) = tag.label.take() {
            let renamed = |label| Tag { label: Some(label), ..*tag };
            *tag = map.type_of(&label, labels).map_or_else(Tag::outside, renamed);
        }
    }
    if types(&tags).is_empty() {
        return Err(LabelError::NoType(named.join(", ")));
    }
    let dialect = form.map_or_else(|| format!("plain types, as in `{}`", inside[0]), |form| form.dialect(&inside));
    Ok(TokenClasses { tags, dialect })
}

/// The entity types of tags, in order.
fn types(tags: &[Tag]) -> Vec<&str> {
    let types: BTreeSet<&str> = tags.iter().filter_map(|tag| tag.label.as_deref()).collect();
    types.into_iter().collect()
}

/// True for a class of tokens in no mention, among them special tokens that some models were trained to tag as such.
fn is_outside(name: &str) -> bool {
    let special = (name.starts_with('[') && name.ends_with(']')) || (name.starts_with('<') && name.ends_with('>'));
    special || name.eq_ignore_ascii_case(OUTSIDE) || name.eq_ignore_ascii_case("outside")
}

/// Where in a name the letter stands, and what parts it from the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form {
    suffix: bool,
    separator: char,
}

const FORMS: [Form; 4] = [
    Form { suffix: false, separator: '-' },
    Form { suffix: false, separator: '_' },
    Form { suffix: true, separator: '-' },
    Form { suffix: true, separator: '_' },
];

/// Letters that no scheme has beside each other, with the schemes that they are of. Other pairs are of one scheme.
const APART: [([char; 2], [char; 2]); 3] =
    [(['L', 'U'], ['E', 'S']), (['M', 'M'], ['I', 'I']), (['M', 'M'], ['L', 'U'])];

impl Form {
    /// The form of all names; None for types without a place.
    fn of(names: &[&str]) -> Result<Option<Self>, LabelError> {
        let letters_alone = |name: &&str| name.chars().count() == 1 && name.chars().all(|c| upper(c).is_some());
        if !names.is_empty() && names.iter().all(letters_alone) {
            return Err(LabelError::NoType(names.join(", ")));
        }
        let whole = |form: &&Self| names.iter().all(|name| form.parse(name).is_some()) && form.tells(names);
        if let Some(&form) = FORMS.iter().find(whole) {
            return form.consistent(names).map(|()| Some(form));
        }
        for form in FORMS {
            let placed =
                names.iter().find(|name| form.parse(name).is_some_and(|(letter, _)| matches!(letter, 'B' | 'I')));
            let bare = names.iter().find(|name| form.parse(name).is_none());
            if let Some((placed, bare)) = placed.zip(bare) {
                let (one, other) = ((*placed).to_owned(), (*bare).to_owned());
                let what = ["says where in a mention a token stands", "does not, or otherwise"].map(str::to_owned);
                return Err(LabelError::Mixed { one, other, what });
            }
        }
        Ok(None)
    }

    /// True where the names have a letter for the beginning or the inside, or one type with several letters: `E-MAIL` alone is a type.
    fn tells(self, names: &[&str]) -> bool {
        let parsed: Vec<(char, &str)> = names.iter().filter_map(|name| self.parse(name)).collect();
        let again = |at: usize| parsed[..at].iter().any(|(_, label)| *label == parsed[at].1);
        parsed.iter().any(|(letter, _)| matches!(letter, 'B' | 'I' | 'M')) || (0..parsed.len()).any(again)
    }

    /// The letter, in upper case, and the type of a name; None where it is not of this form.
    fn parse(self, name: &str) -> Option<(char, &str)> {
        let (letter, label) = if self.suffix {
            let (label, letter) = name.rsplit_once(self.separator)?;
            (letter, label)
        } else {
            name.split_once(self.separator)?
        };
        let mut letters = letter.chars();
        let letter = letters.next().filter(|_| letters.next().is_none()).and_then(upper)?;
        (!label.is_empty()).then_some((letter, label))
    }

    /// The first name with each letter.
    fn letters<'a>(self, names: &[&'a str]) -> BTreeMap<char, &'a str> {
        let mut letters = BTreeMap::new();
        for name in names {
            if let Some((letter, _)) = self.parse(name) {
                letters.entry(letter).or_insert(*name);
            }
        }
        letters
    }

    fn consistent(self, names: &[&str]) -> Result<(), LabelError> {
        let letters = self.letters(names);
        for (ones, others) in APART {
            let first =
                |wanted: [char; 2]| wanted.into_iter().find_map(|letter| Some((letter, *letters.get(&letter)?)));
            if let Some(((one, first), (other, second))) = first(ones).zip(first(others)) {
                let what = [one, other].map(|letter| format!("is of {}", scheme_of(letter)));
                return Err(LabelError::Mixed { one: first.to_owned(), other: second.to_owned(), what });
            }
        }
        Ok(())
    }

    /// The scheme that the letters tell, with the first name that has one.
    fn dialect(self, names: &[&str]) -> String {
        let letters = self.letters(names);
        let has = |letter| letters.contains_key(&letter);
        let scheme = match () {
            () if has('L') || has('U') => scheme_of('U'),
            () if has('M') => scheme_of('M'),
            () if has('S') || (has('E') && has('B')) => scheme_of('S'),
            () if has('E') => format!("{} or {}", Scheme::Ioe1, Scheme::Ioe2),
            () if has('B') => scheme_of('I'),
            () => "IO, which parts no neighbours".to_owned(),
        };
        format!("{scheme}, as in `{}`", names[0])
    }
}

fn scheme_of(letter: char) -> String {
    match letter {
        'L' | 'U' => Scheme::Bilou.to_string(),
        'M' => "BMES".to_owned(),
        'E' | 'S' => Scheme::Iobes.to_string(),
        _ => format!("{} or {}", Scheme::Iob1, Scheme::Iob2),
    }
}

/// A letter of any scheme, in upper case.
fn upper(letter: char) -> Option<char> {
    let letter = letter.to_ascii_uppercase();
    (letter == 'M' || Letter::written(letter).is_some_and(|letter| letter != Letter::O)).then_some(letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::labels::tests::{map, names};

    fn read(labels: &str) -> Result<TokenClasses, LabelError> {
        tags(&names(&labels.split(' ').collect::<Vec<_>>()), &LabelMap::default())
    }

    #[test]
    fn each_dialect_is_found_and_said() {
        for (labels, tags, dialect) in [
            ("O B-PER I-PER", "O B-PER I-PER", "IOB1 or IOB2, as in `B-PER`"),
            ("B_PER I_PER O", "B-PER I-PER O", "IOB1 or IOB2, as in `B_PER`"),
            ("O PER-B PER-I", "O B-PER I-PER", "IOB1 or IOB2, as in `PER-B`"),
            ("O ORG-GOV_B ORG-GOV_I", "O B-ORG-GOV I-ORG-GOV", "IOB1 or IOB2, as in `ORG-GOV_B`"),
            ("o b-per i-per", "O B-per I-per", "IOB1 or IOB2, as in `b-per`"),
            ("O I-PER I-LOC", "O I-PER I-LOC", "IO, which parts no neighbours, as in `I-PER`"),
            ("O I-PER E-PER", "O I-PER E-PER", "IOE1 or IOE2, as in `I-PER`"),
            ("O B-PER I-PER E-PER S-PER", "O B-PER I-PER E-PER S-PER", "IOBES, as in `B-PER`"),
            ("O B-PER I-PER L-PER U-PER", "O B-PER I-PER E-PER S-PER", "BILOU, as in `B-PER`"),
            ("O B-PER M-PER E-PER S-PER", "O B-PER I-PER E-PER S-PER", "BMES, as in `B-PER`"),
            ("[PAD] O PER ORG-GOV", "O O I-PER I-ORG-GOV", "plain types, as in `PER`"),
            ("O E-MAIL S-CLASS PER", "O I-E-MAIL I-S-CLASS I-PER", "plain types, as in `E-MAIL`"),
        ] {
            let read = read(labels).expect(labels);
            let shown: Vec<String> = read.tags.iter().map(ToString::to_string).collect();
            assert_eq!((shown.join(" ").as_str(), read.dialect.as_str()), (tags, dialect), "{labels}");
        }
    }

    #[test]
    fn classes_of_no_one_dialect_are_refused() {
        for (labels, message) in [
            (
                "O B-PER I-PER MISC",
                "the model's classes are spelt in no one way: `B-PER` says where in a mention a token stands, `MISC` does not, or otherwise",
            ),
            (
                "O B-PER I_PER",
                "the model's classes are spelt in no one way: `B-PER` says where in a mention a token stands, `I_PER` does not, or otherwise",
            ),
            (
                "O B-PER L-PER S-PER",
                "the model's classes are spelt in no one way: `L-PER` is of BILOU, `S-PER` is of IOBES",
            ),
            (
                "O B-PER M-PER I-PER",
                "the model's classes are spelt in no one way: `M-PER` is of BMES, `I-PER` is of IOB1 or IOB2",
            ),
            ("O B I", "no class of the model is an entity type: B, I"),
            ("O L-PER S-PER", "the model's classes are spelt in no one way: `L-PER` is of BILOU, `S-PER` is of IOBES"),
            ("O [PAD]", "no class of the model is an entity type: O, [PAD]"),
        ] {
            assert_eq!(read(labels).expect_err(labels).to_string(), message);
        }
        assert!(matches!(read("B-PER I-PER"), Err(LabelError::Missing { .. })));
        assert!(matches!(read("LABEL_0 LABEL_1"), Err(LabelError::Nameless(_))));
    }

    #[test]
    fn a_map_renames_types_and_leaves_them_out() {
        let labels = names(&["O", "B-PERSON", "I-PERSON", "B-DATE", "I-DATE"]);
        let read = tags(&labels, &map(&[("PERSON", "PER"), ("DATE", "O")])).expect("a good map");
        let shown: Vec<String> = read.tags.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["O", "B-PER", "I-PER", "O", "O"]);
        assert_eq!(read.types(), ["PER"]);
        let left_out = tags(&labels, &map(&[("PERSON", "O"), ("DATE", "O")]));
        assert!(matches!(left_out, Err(LabelError::NoType(_))));
    }

    #[test]
    fn a_map_gives_numbered_classes_a_place_and_a_type() {
        let numbered = names(&["LABEL_0", "LABEL_1", "LABEL_2"]);
        let said = map(&[("LABEL_0", "O"), ("LABEL_1", "B-PER"), ("LABEL_2", "E-PER")]);
        let read = tags(&numbered, &said).expect("a good map");
        assert_eq!(read.dialect, "IOBES, as in `B-PER`");
        // Half a map leaves a number.
        assert!(matches!(tags(&numbered, &map(&[("LABEL_0", "O")])), Err(LabelError::Nameless(_))));
    }

    #[test]
    fn every_line_of_a_map_that_says_nothing_is_named() {
        let labels = names(&["O", "B-PER", "I-PER"]);
        match tags(&labels, &map(&[("LOC", "PLACE"), ("PER", ""), ("b-per", "O")])) {
            Err(LabelError::Map(faults)) => {
                let named: Vec<&str> = faults.iter().map(|fault| fault.name.as_str()).collect();
                assert_eq!(named, ["LOC", "PER", "b-per"]);
            }
            other => panic!("{other:?}"),
        }
    }
}
