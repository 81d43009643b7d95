//! Spans and stances in lines of JSON.

use super::arguments::ScoreOptions;
use super::{Documents, Material};
use crate::base::Entity;
use crate::corpus::{Answers, Regions, StanceLine, read_documents, read_gold_entities, read_stances};
use crate::task::TaskName;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Gold that the predictions have no answer to.
#[derive(Debug, thiserror::Error)]
#[error("`{}` has no answer for {} of {total} gold {what}: {examples}{more}", path.display(), missing.len(),
    what = noun(*task),
    examples = missing.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    more = missing.len().checked_sub(SHOWN + 1).map(|more| format!(" and {} more", more + 1)).unwrap_or_default())]
pub(in crate::cli) struct Unanswered {
    path: PathBuf,
    missing: Vec<String>,
    total: usize,
    task: TaskName,
}

impl Unanswered {
    /// What to do about it.
    pub(in crate::cli) fn cure(&self) -> &'static str {
        match self.task {
            TaskName::Ner => {
                "predict every document that gold has; one without an entity has a line with an empty list"
            }
            TaskName::Stance => "predict every target that gold has of a document",
        }
    }
}

/// Names that a message shows.
const SHOWN: usize = 3;

/// What a task answers, one for each line of gold.
pub(super) fn noun(task: TaskName) -> &'static str {
    match task {
        TaskName::Ner => "documents",
        TaskName::Stance => "stances",
    }
}

pub(super) fn documents(options: &ScoreOptions) -> anyhow::Result<Documents<'static>> {
    let (Some(gold), Some(pred)) = (options.gold.as_deref(), options.pred.as_deref()) else {
        unreachable!("lines of JSON are in two files, which the arguments require");
    };
    let documents = options.documents.as_deref().map(read_documents).transpose()?.unwrap_or_default();
    let fit = Answers { documents: &documents, flat: true, as_written: true, ..Answers::default() };
    let loose = Answers { flat: false, ..fit };
    match TaskName::from(options.task) {
        TaskName::Ner => {
            let (gold, regions) = read_gold_entities(gold, fit)?;
            let mut predicted = read_gold_entities(pred, loose)?.0;
            let unannotated = leave_out(&mut predicted, &regions);
            Ok(Documents { unannotated, ..entities(gold, predicted, pred)? })
        }
        TaskName::Stance => Ok(stances(&read_stances(gold, fit)?, &read_stances(pred, loose)?, pred)?),
    }
}

/// Takes away the predictions that share a character with a region that nobody labelled, and says how many.
fn leave_out(predicted: &mut BTreeMap<String, Vec<Entity>>, regions: &Regions) -> usize {
    let mut count = 0;
    for (id, regions) in regions {
        let Some(entities) = predicted.get_mut(id) else { continue };
        let before = entities.len();
        entities.retain(|entity| !entity.span.overlaps_any(regions));
        count += before - entities.len();
    }
    count
}

fn entities(
    gold: BTreeMap<String, Vec<Entity>>,
    mut predicted: BTreeMap<String, Vec<Entity>>,
    path: &Path,
) -> Result<Documents<'static>, Unanswered> {
    let missing: Vec<String> = gold.keys().filter(|id| !predicted.contains_key(*id)).cloned().collect();
    if !missing.is_empty() {
        return Err(Unanswered { path: path.to_owned(), missing, total: gold.len(), task: TaskName::Ner });
    }
    let (mut names, mut sides) = (Vec::new(), Vec::new());
    for (id, gold) in gold {
        sides.push((gold, predicted.remove(&id).unwrap_or_default()));
        names.push(id);
    }
    Ok(Documents { names, material: Material::Entities(sides), ignored: predicted.len(), unannotated: 0 })
}

fn stances(gold: &[StanceLine], predicted: &[StanceLine], path: &Path) -> Result<Documents<'static>, Unanswered> {
    let name = |line: &StanceLine| (line.document.clone(), line.target.clone());
    let known: BTreeMap<_, &StanceLine> = predicted.iter().map(|line| (name(line), line)).collect();
    let missing: Vec<String> = gold
        .iter()
        .filter(|line| !known.contains_key(&name(line)))
        .map(|l| format!("{}/{}", l.document, l.target))
        .collect();
    if !missing.is_empty() {
        return Err(Unanswered { path: path.to_owned(), missing, total: gold.len(), task: TaskName::Stance });
    }
    let (mut names, mut documents) = (Vec::new(), Vec::new());
    for lines in gold.chunk_by(|a, b| a.document == b.document) {
        let item = |line: &StanceLine| Some((line.target.clone(), line.stance, known.get(&name(line))?.stance));
        documents.push(lines.iter().filter_map(item).collect());
        names.push(lines[0].document.clone());
    }
    let ignored = predicted.len() - gold.len();
    Ok(Documents { names, material: Material::Stances(documents), ignored, unannotated: 0 })
}
