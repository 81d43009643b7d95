//! `karat score`: two files, no model, no run folder.

use super::arguments::{ScoreOptions, TableOrJson};
use super::metrics::{self, Measured};
use super::{emit, say};
use crate::corpus::{
    Answers, Document, Regions, StanceLine, read_documents, read_entities, read_gold_entities, read_stances,
};
use crate::metrics::total;
use crate::report::number;
use crate::stats::{Bootstrap, Method};
use crate::task::{Answer, Judged, Scorer, TaskName};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Gold that the predictions have no answer to.
#[derive(Debug, thiserror::Error)]
#[error("`{}` has no answer for {} of {total} gold {what}: {examples}{more}", path.display(), missing.len(),
    what = noun(*task),
    examples = missing.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    more = missing.len().checked_sub(SHOWN + 1).map(|more| format!(" and {} more", more + 1)).unwrap_or_default())]
pub(super) struct Unanswered {
    path: PathBuf,
    missing: Vec<String>,
    total: usize,
    task: TaskName,
}

impl Unanswered {
    /// What to do about it.
    pub(super) fn cure(&self) -> &'static str {
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

/// Gold and predictions of one document.
type Pairs = Vec<(Document, Answer, Answer)>;

pub(super) fn run(options: &ScoreOptions) -> anyhow::Result<()> {
    let task = TaskName::from(options.task);
    let documents = options.documents.as_deref().map(read_documents).transpose()?.unwrap_or_default();
    let fit = Answers { documents: &documents, flat: true, ..Answers::default() };
    let loose = Answers { flat: false, ..fit };
    let pred = options.pred.as_path();
    let mut unannotated = 0;
    let (pairs, ignored) = match task {
        TaskName::Ner => {
            let (gold, regions) = read_gold_entities(&options.gold, fit)?;
            let mut predicted = read_entities(pred, loose)?;
            unannotated = leave_out(&mut predicted, &regions);
            entities(gold, predicted, pred)?
        }
        TaskName::Stance => stances(&read_stances(&options.gold, fit)?, &read_stances(pred, loose)?, pred)?,
    };
    let judged: Vec<Judged<'_>> =
        pairs.iter().map(|(document, gold, predicted)| Judged { document, gold, predicted }).collect();
    let scorer = match task {
        TaskName::Ner => Scorer::spans(&[], pairs.iter().flat_map(|(_, gold, predicted)| [gold, predicted])),
        TaskName::Stance => Scorer::stances(None),
    };
    let counts = scorer.counts(&judged).expect("the scorer was made from these answers");
    let family = scorer.family();
    let metrics = family.metrics(&total(&counts));
    let bootstrap =
        Bootstrap { seed: options.seed, replicates: options.replicates, confidence: 0.95, method: Method::Percentile };
    let intervals = bootstrap.intervals(&counts, metrics.len(), |sums, values| family.values(sums, values));
    let metrics: Vec<Measured> = metrics.into_iter().zip(intervals).collect();
    if ignored > 0 {
        say(&format!("{} predicted {} have no gold and were left out", number(ignored), noun(task)));
    }
    if unannotated > 0 {
        say(&format!(
            "{} predicted entities lie where the gold is marked as not annotated, and were left out",
            number(unannotated)
        ));
    }
    match options.format {
        TableOrJson::Table => emit(&table(pairs.len(), &metrics)),
        TableOrJson::Json => emit(&json(task, [pairs.len(), ignored, unannotated], &metrics)),
    }
}

/// Takes away the predictions that share a character with a region that nobody labelled, and says how many.
fn leave_out(predicted: &mut BTreeMap<String, Vec<crate::base::Entity>>, regions: &Regions) -> usize {
    let mut count = 0;
    for (id, regions) in regions {
        let Some(entities) = predicted.get_mut(id) else { continue };
        let before = entities.len();
        entities.retain(|entity| !entity.span.overlaps_any(regions));
        count += before - entities.len();
    }
    count
}

/// What a task answers, one for each line of gold.
fn noun(task: TaskName) -> &'static str {
    match task {
        TaskName::Ner => "documents",
        TaskName::Stance => "stances",
    }
}

/// A document whose text is not known; scoring looks at its id only.
fn nameless(id: String) -> Document {
    Document { id, text: String::new() }
}

fn entities(
    gold: BTreeMap<String, Vec<crate::base::Entity>>,
    mut predicted: BTreeMap<String, Vec<crate::base::Entity>>,
    path: &Path,
) -> Result<(Pairs, usize), Unanswered> {
    let missing: Vec<String> = gold.keys().filter(|id| !predicted.contains_key(*id)).cloned().collect();
    if !missing.is_empty() {
        return Err(Unanswered { path: path.to_owned(), missing, total: gold.len(), task: TaskName::Ner });
    }
    let pair = |(id, gold): (String, Vec<crate::base::Entity>)| {
        let answer = predicted.remove(&id).unwrap_or_default();
        (nameless(id), Answer::Entities(gold), Answer::Entities(answer))
    };
    let pairs: Pairs = gold.into_iter().map(pair).collect();
    Ok((pairs, predicted.len()))
}

fn stances(gold: &[StanceLine], predicted: &[StanceLine], path: &Path) -> Result<(Pairs, usize), Unanswered> {
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
    let ignored = predicted.len() - gold.len();
    let mut pairs: Pairs = Vec::new();
    for lines in gold.chunk_by(|a, b| a.document == b.document) {
        let answers = lines.iter().filter_map(|line| known.get(&name(line))).map(|line| (*line).clone()).collect();
        pairs.push((nameless(lines[0].document.clone()), Answer::Stances(lines.to_vec()), Answer::Stances(answers)));
    }
    Ok((pairs, ignored))
}

fn table(documents: usize, metrics: &[Measured]) -> String {
    format!(
        "{} documents; low and high are a 95 % interval over resampled documents\n\n{}",
        number(documents),
        metrics::table(metrics)
    )
}

fn json(task: TaskName, [documents, ignored, unannotated]: [usize; 3], metrics: &[Measured]) -> String {
    let json = serde_json::json!({
        "version": 1, "task": task, "documents": documents, "ignored": ignored,
        "predicted_in_unannotated": unannotated, "metrics": metrics::json(metrics),
    });
    format!("{json}\n")
}
