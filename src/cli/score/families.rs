//! The families of metrics that were chosen, and their counts of the documents.

use super::arguments::{FamilyArgument, FormatArgument, ScoreOptions};
use super::{Material, ScoreError, Sides};
use crate::base::{Entity, Stance};
use crate::cli::say;
use crate::metrics::{
    ChunkRules, ExactSpans, Family, Matching, Scheme, Semeval2013, Seqeval, StanceScores, TaggedText, TargetScores,
    Unit, count_labels, count_tags,
};
use crate::task::TaskName;
use ndarray::Array2;
use std::cell::OnceCell;

/// A family by its name, and its counts `[documents, columns]`.
type Counted = (&'static str, Box<dyn Family>, Array2<u32>);

/// Why counting cannot fail on labels.
const KNOWN: &str = "the family was made from these documents";

impl FamilyArgument {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Seqeval => "seqeval",
            Self::SeqevalStrict => "seqeval-strict",
            Self::Semeval2013 => "semeval2013",
            Self::Nervaluate => "nervaluate",
            Self::Classes => "classes",
            Self::Targets => "targets",
            Self::All => "all",
        }
    }

    fn task(self) -> Option<TaskName> {
        match self {
            Self::All => None,
            Self::Classes | Self::Targets => Some(TaskName::Stance),
            _ => Some(TaskName::Ner),
        }
    }

    fn is_of_tags(self) -> bool {
        matches!(self, Self::Seqeval | Self::SeqevalStrict)
    }
}

/// The chosen families, each once.
pub(super) fn named(options: &ScoreOptions, format: FormatArgument) -> Result<Vec<FamilyArgument>, ScoreError> {
    let task = TaskName::from(options.task);
    let allowed = |family: FamilyArgument| {
        family.task() == Some(task) && (format == FormatArgument::Conll || !family.is_of_tags())
    };
    let mut named = Vec::new();
    for &family in &options.metrics {
        if family == FamilyArgument::All {
            let all = <FamilyArgument as clap::ValueEnum>::value_variants();
            named.extend(all.iter().copied().filter(|&family| allowed(family)));
        } else if family.task() != Some(task) {
            return Err(ScoreError::OtherTask { family: family.name(), task });
        } else if !allowed(family) {
            let path = options.gold.clone().unwrap_or_default();
            return Err(ScoreError::NoTags { family: family.name(), path });
        } else {
            named.push(family);
        }
    }
    if named.is_empty() {
        named.push(if task == TaskName::Ner { FamilyArgument::Exact } else { FamilyArgument::Classes });
    }
    let mut seen = Vec::new();
    named.retain(|family| {
        let new = !seen.contains(family);
        seen.push(*family);
        new
    });
    Ok(named)
}

/// Counts the documents by each family.
pub(super) fn count(
    families: &[FamilyArgument],
    material: &Material<'_>,
    options: &ScoreOptions,
) -> Result<Vec<Counted>, ScoreError> {
    let mut counted = Vec::new();
    match material {
        Material::Entities(documents) => {
            counted.extend(families.iter().filter_map(|&family| spans(family, documents, Unit::Character)));
        }
        Material::Tags(documents) => {
            // Read from the tags when the first family asks for them.
            let mentions: OnceCell<Vec<_>> = OnceCell::new();
            let read = || documents.iter().map(|(gold, predicted)| (gold.mentions(), predicted.mentions())).collect();
            for &family in families {
                counted.extend(match family {
                    FamilyArgument::Seqeval => Some(tags(family, documents, ChunkRules::Default)),
                    FamilyArgument::SeqevalStrict => {
                        scheme(documents, options)?.map(|scheme| tags(family, documents, ChunkRules::Strict(scheme)))
                    }
                    _ => spans(family, mentions.get_or_init(read), Unit::Token),
                });
            }
        }
        Material::Stances(documents) => {
            for family in families {
                counted.push(match family {
                    FamilyArgument::Targets => targets(documents),
                    _ => classes(documents),
                });
            }
        }
    }
    Ok(counted)
}

fn spans(family: FamilyArgument, documents: &[Sides<Vec<Entity>>], unit: Unit) -> Option<Counted> {
    let entities = documents.iter().flat_map(|(gold, predicted)| gold.iter().chain(predicted));
    let labels = entities.map(|entity| entity.label.as_str());
    let semeval = |matching| {
        let family = Semeval2013::new(matching, unit, labels.clone());
        let counts = family.table(documents).expect(KNOWN);
        (Box::new(family) as Box<dyn Family>, counts)
    };
    let (made, counts) = match family {
        FamilyArgument::Exact => {
            let family = ExactSpans::of_units(unit, labels.clone());
            let rows: Vec<_> = documents.iter().map(|(gold, predicted)| count_labels(gold, predicted)).collect();
            let counts = family.table(&rows).expect(KNOWN);
            (Box::new(family) as Box<dyn Family>, counts)
        }
        FamilyArgument::Semeval2013 => semeval(Matching::Optimal),
        FamilyArgument::Nervaluate => semeval(Matching::Nervaluate),
        _ => return None,
    };
    Some((family.name(), made, counts))
}

fn tags(family: FamilyArgument, documents: &[Sides<TaggedText<'_>>], rules: ChunkRules) -> Counted {
    let rows: Vec<_> = documents.iter().map(|(gold, predicted)| count_tags(gold, predicted, rules)).collect();
    let made = Seqeval::new(rules, rows.iter().flat_map(|row| row.labels.keys().copied()));
    let counts = made.table(&rows).expect(KNOWN);
    (family.name(), Box::new(made), counts)
}

/// The scheme of strict tags: as given, or found out from gold. None where it cannot be found out and nobody asked for the
/// family by its name.
fn scheme(documents: &[Sides<TaggedText<'_>>], options: &ScoreOptions) -> Result<Option<Scheme>, ScoreError> {
    if let Some(scheme) = options.scheme {
        return Ok(Some(scheme.into()));
    }
    let found = Scheme::detect(documents.iter().map(|(gold, _)| gold)).map_err(ScoreError::from);
    let found = found.and_then(|found| {
        let predicted = documents.iter().flat_map(|(_, predicted)| predicted.tags());
        match predicted.into_iter().find(|tag| !found.scheme.has(tag.letter())) {
            Some(tag) => Err(ScoreError::OtherScheme { tag: tag.text().to_owned(), scheme: found.scheme }),
            None => Ok(found),
        }
    });
    match found {
        Ok(found) => {
            let because = found.because.map_or("there is no mention in gold".to_owned(), |tag| format!("of `{tag}`"));
            say(&format!("tags of gold are read as {}, because {because}", found.scheme));
            Ok(Some(found.scheme))
        }
        Err(error) if !options.metrics.contains(&FamilyArgument::SeqevalStrict) => {
            say(&format!("seqeval-strict was left out: {error}; {}", error.cure()));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn classes(documents: &[Vec<(String, Stance, Stance)>]) -> Counted {
    let family = StanceScores::new();
    let items = documents.iter().map(|items| items.iter().map(|(_, gold, predicted)| (*gold, *predicted)).collect());
    let counts = family.table(&items.collect::<Vec<_>>());
    (FamilyArgument::Classes.name(), Box::new(family), counts)
}

fn targets(documents: &[Vec<(String, Stance, Stance)>]) -> Counted {
    let family = TargetScores::new(documents.iter().flatten().map(|(target, ..)| target.as_str()));
    let items = documents
        .iter()
        .map(|items| items.iter().map(|(target, gold, predicted)| (target.as_str(), *gold, *predicted)).collect());
    let counts = family.table(&items.collect::<Vec<_>>()).expect(KNOWN);
    (FamilyArgument::Targets.name(), Box::new(family), counts)
}
