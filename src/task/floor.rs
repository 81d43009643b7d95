//! Floors: models that need no weights, below which no model of worth falls.

use super::{Answer, TaskName};
use crate::base::file::{TextError, read_text};
use crate::base::{CharText, Entity, Span, Stance};
use crate::corpus::{Document, StanceLine};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A model folder with a `floor.toml` in place of weights.
#[derive(Debug, Clone)]
pub enum Floor {
    /// Entities by a list of names.
    Gazetteer(Gazetteer),
    /// For every target of every document, the stance that gold has most often.
    Majority,
}

/// A list of names with their labels.
#[derive(Debug, Clone)]
pub struct Gazetteer {
    /// By first word, the names that begin with it, longest first.
    names: BTreeMap<String, Vec<Name>>,
    /// The same by first word in capitals; of different words that become one, the names of the later ones stand behind.
    shouted: BTreeMap<String, Vec<Name>>,
}

#[derive(Debug, Clone)]
struct Name {
    words: Vec<String>,
    label: String,
}

/// Why a floor could not be loaded or used.
#[derive(Debug, thiserror::Error)]
pub enum FloorError {
    /// A file cannot be read.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A file is not what it should be.
    #[error("floor file `{}` line {line}: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// The floor answers another task.
    #[error("the floor `{floor}` answers task `{answers}`, not `{asked}`")]
    Task {
        /// The floor's kind.
        floor: &'static str,
        /// The task that it answers.
        answers: TaskName,
        /// The task that was asked.
        asked: TaskName,
    },
    /// The majority class is that of gold.
    #[error("the floor `majority` answers with gold's most frequent stance, and there is no gold here")]
    NoGold,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: Kind,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Gazetteer,
    Majority,
}

impl Floor {
    /// True for a folder that holds a `floor.toml`.
    pub fn is_at(folder: &Path) -> bool {
        folder.join("floor.toml").is_file()
    }

    /// Loads a floor for a task.
    ///
    /// # Errors
    /// [`FloorError`] when a file is missing or malformed, or the floor answers another task.
    pub fn load(folder: &Path, asked: TaskName) -> Result<Self, FloorError> {
        let path = folder.join("floor.toml");
        let text = read_text(&path)?;
        let written: Written = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            FloorError::Malformed { path: path.clone(), line, what: error.message().to_owned() }
        })?;
        match (written.kind, asked) {
            (Kind::Gazetteer, TaskName::Ner) => Ok(Self::Gazetteer(Gazetteer::load(&folder.join("names.tsv"))?)),
            (Kind::Majority, TaskName::Stance) => Ok(Self::Majority),
            (Kind::Gazetteer, _) => Err(FloorError::Task { floor: "gazetteer", answers: TaskName::Ner, asked }),
            (Kind::Majority, _) => Err(FloorError::Task { floor: "majority", answers: TaskName::Stance, asked }),
        }
    }

    /// The floor as it answers documents, of which `gold` is all the gold that there is.
    ///
    /// # Errors
    /// [`FloorError::NoGold`] when the majority is asked for without gold.
    pub fn bind(&self, gold: &[&Answer]) -> Result<BoundFloor<'_>, FloorError> {
        match self {
            Self::Gazetteer(gazetteer) => Ok(BoundFloor::Gazetteer(gazetteer)),
            Self::Majority => majority(gold),
        }
    }
}

/// A floor that answers one document after the other.
#[derive(Debug)]
pub enum BoundFloor<'a> {
    /// Entities by a list of names.
    Gazetteer(&'a Gazetteer),
    /// One stance for all.
    Majority {
        /// Gold's most frequent.
        stance: Stance,
        /// The share of each in gold, in the order of [`Stance::ALL`].
        shares: [f64; 3],
    },
}

impl BoundFloor<'_> {
    /// The answer for one document. `asked` are the targets that it is asked about, which are those of its gold where none are
    /// given.
    pub fn answer(&self, document: &Document, gold: Option<&Answer>, asked: Option<&[String]>) -> Answer {
        match self {
            Self::Gazetteer(gazetteer) => Answer::Entities(gazetteer.find(&document.text)),
            Self::Majority { stance, shares } => {
                let of_gold = || gold.into_iter().flat_map(Answer::stances).map(|line| line.target.clone()).collect();
                let targets: Vec<String> = asked.map_or_else(of_gold, <[String]>::to_vec);
                let (document, stance, scores) = (&document.id, *stance, Some(*shares));
                let line = |target| StanceLine { document: document.clone(), target, stance, scores };
                Answer::Stances(targets.into_iter().map(line).collect())
            }
        }
    }
}

fn majority(gold: &[&Answer]) -> Result<BoundFloor<'static>, FloorError> {
    let mut counts = [0usize; 3];
    for line in gold.iter().flat_map(|answer| answer.stances()) {
        counts[line.stance.index()] += 1;
    }
    let total: usize = counts.iter().sum();
    if total == 0 {
        return Err(FloorError::NoGold);
    }
    let shares = counts.map(|count| count as f64 / total as f64);
    Ok(BoundFloor::Majority { stance: Stance::ALL[super::argmax(&shares)], shares })
}

impl Gazetteer {
    /// Reads `LABEL<TAB>name` lines; a line that begins with `#` is a comment.
    fn load(path: &Path) -> Result<Self, FloorError> {
        let text = read_text(path)?;
        let mut names: BTreeMap<String, Vec<Name>> = BTreeMap::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            let malformed = || FloorError::Malformed {
                path: path.to_owned(),
                line: index + 1,
                what: "expected LABEL<TAB>name".to_owned(),
            };
            let (label, name) = line.split_once('\t').ok_or_else(malformed)?;
            let words: Vec<String> = words(name).into_iter().map(|(_, word)| word.to_owned()).collect();
            let first = words.first().ok_or_else(malformed)?.clone();
            names.entry(first).or_default().push(Name { words, label: label.to_owned() });
        }
        for list in names.values_mut() {
            list.sort_by_key(|name| std::cmp::Reverse(name.words.len()));
        }
        let mut shouted: BTreeMap<String, Vec<Name>> = BTreeMap::new();
        for (first, list) in &names {
            shouted.entry(first.to_uppercase()).or_default().extend(list.iter().cloned());
        }
        Ok(Self { names, shouted })
    }

    /// The longest names from left to right, none inside another. Case counts, but for words that are all capitals.
    fn find(&self, text: &str) -> Vec<Entity> {
        let indexed = CharText::new(text);
        let words = words(text);
        let mut entities = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let Some(name) = self.name_at(&words[at..]) else {
                at += 1;
                continue;
            };
            let (last, word) = words[at + name.words.len() - 1];
            let span = Span::new(indexed.char_of_byte(words[at].0), indexed.char_of_byte(last + word.len()));
            entities.push(Entity { span, label: name.label.clone(), score: Some(1.0) });
            at += name.words.len();
        }
        entities
    }

    fn name_at(&self, words: &[(usize, &str)]) -> Option<&Name> {
        let capitals = |word: &str| word.chars().count() > 1 && word.chars().all(|c| !c.is_lowercase());
        let same = |name: &str, word: &str| name == word || (capitals(word) && name.to_uppercase() == word);
        let matches = |name: &&Name| {
            name.words.len() <= words.len() && name.words.iter().zip(words).all(|(name, (_, word))| same(name, word))
        };
        let first = words.first()?.1;
        let listed = self.names.get(first).and_then(|list| list.iter().find(matches));
        listed.or_else(|| {
            let shouted = self.shouted.get(first).filter(|_| capitals(first))?;
            shouted.iter().filter(matches).max_by_key(|name| name.words.len())
        })
    }
}

/// Runs of letters and digits with their byte positions; a hyphen or a dot joins letters (`al-Hayya`, `U.S.`).
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, character) in text.char_indices() {
        let joins = matches!(character, '-' | '\u{2011}' | '.') && start.is_some();
        let next = text[at + character.len_utf8()..].chars().next();
        let inside = character.is_alphanumeric()
            || joins && next.is_some_and(char::is_alphanumeric)
            || character == '.' && start.is_some_and(|from: usize| text[from..at].contains('.'));
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.push((from, &text[from..at]));
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        words.push((from, &text[from..]));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(list: &str, text: &str) -> Vec<(String, String)> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("floor.toml"), "kind = \"gazetteer\"").expect("written");
        std::fs::write(folder.path().join("names.tsv"), list).expect("written");
        let floor = Floor::load(folder.path(), TaskName::Ner).expect("a floor");
        let document = Document { id: "d".to_owned(), text: text.to_owned() };
        let answer = floor.bind(&[]).expect("it needs no gold").answer(&document, None, None);
        let indexed = CharText::new(text);
        let pair = |e: &Entity| (indexed.get(e.span).expect("inside").to_owned(), e.label.clone());
        answer.entities().iter().map(pair).collect()
    }

    #[test]
    fn the_longest_listed_name_wins_and_capitals_are_read() {
        let list = "# places\nLOC\tGaza\nLOC\tGaza Strip\nLOC\tU.S.\nPER\tal-Hayya\n";
        let text = "The U.S. said al-Hayya’s Gaza Strip, GAZA STRIP; gaza.";
        let expected = [("U.S.", "LOC"), ("al-Hayya", "PER"), ("Gaza Strip", "LOC"), ("GAZA STRIP", "LOC")];
        assert_eq!(found(list, text), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }

    #[test]
    fn the_majority_is_golds_most_frequent_stance() {
        let line = |target: &str, stance| StanceLine {
            document: "d".to_owned(),
            target: target.to_owned(),
            stance,
            scores: None,
        };
        let gold =
            Answer::Stances(vec![line("a", Stance::Neutral), line("b", Stance::Against), line("c", Stance::Neutral)]);
        let document = Document { id: "d".to_owned(), text: "x".to_owned() };
        let all = [&gold];
        let floor = Floor::Majority.bind(&all).expect("there is gold");
        let told = floor.answer(&document, Some(&gold), None);
        assert_eq!(told.stances().iter().map(|line| line.target.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!(told.stances().iter().all(|line| line.stance == Stance::Neutral));
        let asked = ["b".to_owned(), "e".to_owned()];
        assert_eq!(
            floor.answer(&document, Some(&gold), Some(&asked)).stances()[1],
            StanceLine { scores: Some([0.0, 1.0 / 3.0, 2.0 / 3.0]), ..line("e", Stance::Neutral) }
        );
        assert!(matches!(Floor::Majority.bind(&[]), Err(FloorError::NoGold)));
    }
}
