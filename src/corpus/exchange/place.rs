//! A corpus folder as a [`GoldSet`], and a [`GoldSet`] as the files of a corpus folder.

use super::loss::Losses;
use super::{CorpusError, GoldSet, Labelled, Loss, Metadata, Problem, Problems, Target, keep};
use crate::base::Entity;
use crate::base::file::read_text;
use crate::corpus::documents::numbered;
use crate::corpus::{
    Answers, Corpus, Document, Manifest, Regions, StanceLine, read_documents, read_entities, read_gold_entities,
    read_stances, read_targets, write_entities, write_stances,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const DOCUMENTS: &str = "documents.jsonl";
const ENTITIES: &str = "gold/ner.jsonl";
const STANCES: &str = "gold/stance.jsonl";
const TARGETS: &str = "targets.toml";

/// The files that make gold a corpus, and what is lost or worth saying of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Content by the place in the folder.
    pub files: BTreeMap<&'static str, String>,
    /// What of the folder is not in the import.
    pub losses: Vec<Loss>,
    /// What is left to do, a sentence each.
    pub remarks: Vec<String>,
}

/// Reads a corpus folder with everything that its documents.jsonl says.
///
/// # Errors
/// [`CorpusError`] with all problems of all files.
pub fn load(folder: &Path) -> Result<GoldSet, CorpusError> {
    let corpus = Corpus::load(folder)?;
    let mut metadata = metadata(folder)?;
    let mut entities = corpus.entities.unwrap_or_default();
    let unannotated = corpus.unannotated.values().map(Vec::len).sum();
    let mut gold = GoldSet { documents: Vec::new(), targets: corpus.targets, unannotated };
    for document in corpus.documents {
        let mut labelled = Labelled::bare(document.id.clone(), document.text);
        labelled.metadata = metadata.remove(&document.id).unwrap_or_default();
        labelled.entities = entities.remove(&document.id);
        gold.documents.push(labelled);
    }
    let places: BTreeMap<String, usize> =
        gold.documents.iter().enumerate().map(|(at, labelled)| (labelled.document.id.clone(), at)).collect();
    for line in corpus.stances.unwrap_or_default() {
        if let Some(&at) = places.get(&line.document) {
            gold.documents[at].stances.insert(line.target, line.stance);
        }
    }
    Ok(gold)
}

/// The other fields of documents.jsonl, by document; empty where there is no such file.
fn metadata(folder: &Path) -> Result<BTreeMap<String, Metadata>, CorpusError> {
    let path = folder.join(DOCUMENTS);
    let mut found = BTreeMap::new();
    if path.exists() {
        for (number, line) in numbered(&read_text(&path)?) {
            let Ok(mut fields) = serde_json::from_str::<Metadata>(line) else {
                let mut problems = Problems::of(&path);
                problems.at(number, "expected a JSON object");
                return Err(problems.into_error());
            };
            fields.remove("text");
            if let Some(Value::String(id)) = fields.remove("id") {
                found.insert(id, fields);
            }
        }
    }
    Ok(found)
}

/// The files that `gold`, read from `input`, makes of a corpus folder. A document of an id that is there keeps the metadata
/// that the import does not bring; gold that the import does not bring stays, and must fit the new documents.
///
/// # Errors
/// [`CorpusError`] for labels and targets that the folder does not know, and for gold there that would no longer fit.
pub fn place(mut gold: GoldSet, input: &Path, folder: &Path) -> Result<Placed, CorpusError> {
    let mut found = Vec::new();
    let manifest = manifest(folder)?;
    let mut remarks = Vec::new();
    keep(check_labels(&gold, &manifest, input), &mut found)?;
    let (known, new_targets) = targets(&mut gold, input, folder, &mut remarks, &mut found)?;

    let mut old = metadata(folder)?;
    for labelled in &mut gold.documents {
        for (name, value) in old.remove(&labelled.document.id).into_iter().flatten() {
            labelled.metadata.entry(name).or_insert(value);
        }
    }
    let mut losses = Losses::default();
    losses.note(old.len(), "documents of the corpus that the import does not hold");

    let documents: Vec<Document> = gold.documents.iter().map(|labelled| labelled.document.clone()).collect();
    let mut files = BTreeMap::from([(DOCUMENTS, gold.documents.iter().map(line).collect())]);
    files.extend(new_targets.map(|content| (TARGETS, content)));
    let fit =
        Answers { documents: &documents, labels: &manifest.labels, targets: &known, flat: true, ..Answers::default() };
    let entities: BTreeMap<String, _> = gold
        .documents
        .iter()
        .filter_map(|labelled| Some((labelled.document.id.clone(), labelled.entities.clone()?)))
        .collect();
    if !entities.is_empty() {
        let regions = kept_regions(folder, &documents, &entities, &mut losses)?;
        files.insert(ENTITIES, write_entities(&documents, &entities, &regions));
    } else if folder.join(ENTITIES).exists() {
        keep(read_entities(&folder.join(ENTITIES), fit), &mut found)?;
    }
    let stances: Vec<StanceLine> = gold.documents.iter().flat_map(Labelled::stance_lines).collect();
    if !stances.is_empty() {
        files.insert(STANCES, write_stances(&stances));
    } else if folder.join(STANCES).exists() {
        keep(read_stances(&folder.join(STANCES), fit), &mut found)?;
    }
    if found.is_empty() {
        Ok(Placed { files, losses: losses.into_vec(), remarks })
    } else {
        Err(CorpusError::Problems(found))
    }
}

/// The folder's regions that nobody labelled, where the text is still the same and no entity has come into them.
fn kept_regions(
    folder: &Path,
    documents: &[Document],
    entities: &BTreeMap<String, Vec<Entity>>,
    losses: &mut Losses,
) -> Result<Regions, CorpusError> {
    if !folder.join(ENTITIES).exists() || !folder.join(DOCUMENTS).exists() {
        return Ok(Regions::new());
    }
    let (_, mut regions) = read_gold_entities(&folder.join(ENTITIES), Answers::default())?;
    let before: usize = regions.values().map(Vec::len).sum();
    let old = read_documents(&folder.join(DOCUMENTS))?;
    regions.retain(|id, regions| {
        let labelled = entities.get(id).map_or(&[][..], Vec::as_slice);
        regions.retain(|region| !labelled.iter().any(|entity| entity.span.overlaps(*region)));
        !regions.is_empty() && documents.iter().any(|new| new.id == *id && old.contains(new))
    });
    let after: usize = regions.values().map(Vec::len).sum();
    losses.note(before - after, "regions marked as not annotated, whose text has changed or is labelled now");
    Ok(regions)
}

fn line(labelled: &Labelled) -> String {
    let mut fields = labelled.metadata.clone();
    fields.insert("id".to_owned(), labelled.document.id.clone().into());
    fields.insert("text".to_owned(), labelled.document.text.clone().into());
    format!("{}\n", Value::Object(fields))
}

fn manifest(folder: &Path) -> Result<Manifest, CorpusError> {
    let path = folder.join("corpus.toml");
    if !path.exists() {
        return Ok(Manifest::default());
    }
    toml::from_str(&read_text(&path)?).map_err(|error: toml::de::Error| {
        let mut problems = Problems::of(&path);
        problems.whole(error.message().to_owned());
        problems.into_error()
    })
}

fn check_labels(gold: &GoldSet, manifest: &Manifest, input: &Path) -> Result<(), CorpusError> {
    let mut problems = Problems::of(input);
    let mut unknown: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for labelled in &gold.documents {
        let labels = labelled.entities.iter().flatten().map(|entity| &entity.label);
        for label in labels.filter(|label| !manifest.labels.is_empty() && !manifest.labels.contains(label)) {
            unknown.entry(label).or_insert((0, &labelled.document.id)).0 += 1;
        }
    }
    for (label, (count, first)) in unknown {
        let known = manifest.labels.join(", ");
        problems.whole(format!(
            "label `{label}` ({count} mentions, the first in document `{first}`) is not in the corpus's label set ({known})"
        ));
    }
    problems.or(())
}

/// The ids of the folder's targets, and targets.toml where the folder has none and needs one. Stances are moved to the
/// folder's id where the import has its phrase.
fn targets(
    gold: &mut GoldSet,
    input: &Path,
    folder: &Path,
    remarks: &mut Vec<String>,
    found: &mut Vec<Problem>,
) -> Result<(Vec<String>, Option<String>), CorpusError> {
    let path = folder.join(TARGETS);
    if !path.exists() {
        let ids = gold.targets.iter().map(|target| target.id.clone()).collect();
        let bare: Vec<&str> =
            gold.targets.iter().filter(|target| target.phrase == target.id).map(|target| target.id.as_str()).collect();
        if !bare.is_empty() {
            let bare = bare.join(", ");
            remarks.push(format!(
                "write into targets.toml the words that stand for these targets in a hypothesis: {bare}"
            ));
        }
        let lines: BTreeMap<&str, &str> =
            gold.targets.iter().map(|target| (target.id.as_str(), target.phrase.as_str())).collect();
        let content = toml::to_string(&lines).expect("strings by name are always TOML");
        return Ok((ids, (!lines.is_empty()).then_some(content)));
    }
    let known = keep(read_targets(&path), found)?.unwrap_or_default();
    let ids: Vec<String> = known.iter().map(|target| target.id.clone()).collect();
    let mut problems = Problems::of(input);
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    for Target { id, phrase } in &gold.targets {
        let by_phrase = known.iter().find(|there| there.phrase == *phrase);
        let same = by_phrase.or_else(|| known.iter().find(|there| there.id == *id || there.id == *phrase));
        if let Some(there) = same {
            renamed.insert(id.clone(), there.id.clone());
        } else {
            let known = ids.join(", ");
            problems.whole(format!("target `{phrase}` is not in the corpus's targets.toml ({known})"));
        }
    }
    if renamed.values().collect::<BTreeSet<_>>().len() < renamed.len() {
        problems.whole("two targets are one in the corpus's targets.toml");
    }
    for labelled in &mut gold.documents {
        let stances = std::mem::take(&mut labelled.stances);
        let moved = stances.into_iter().map(|(id, stance)| (renamed.get(&id).cloned().unwrap_or(id), stance));
        labelled.stances = moved.collect();
    }
    keep(problems.or(()), found)?;
    Ok((ids, None))
}
