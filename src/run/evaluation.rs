//! Scores of the cells of each evaluation, which share documents, gold and labels.

use super::calibrate;
use super::counted::{Counted, adjust};
use super::engines;
use super::folder::{FolderError, RunFolder};
use super::patched;
use super::plan::{Cell, Labelled, Plan};
use super::record::{Record, Results};
use super::tune::as_chosen;
use crate::metrics::{Family, Metric, total};
use crate::stats::{Bootstrap, Contrasts, Interval};
use crate::table::{CellKey, ConfusionRow, CountRow, ErrorRow, MetricRow};
use crate::task::{ANNOTATORS, Annotators, Answer, Judged, Scorer, TaskName, mistakes};
use ndarray::Array2;

/// Scores everything that was saved.
pub(super) fn score(plan: &Plan, folder: &RunFolder, record: Record) -> Result<Results, FolderError> {
    let how = record.contrasts();
    let mut results = Results {
        record,
        metrics: Vec::new(),
        patched: Vec::new(),
        counts: Vec::new(),
        confusion: Vec::new(),
        errors: Vec::new(),
        differences: Vec::new(),
        ledger: Vec::new(),
        sweep: Vec::new(),
        calibration: Vec::new(),
        reliability: Vec::new(),
        engines: Vec::new(),
        throughput: Vec::new(),
    };
    for (at, labelled) in plan.evaluations.iter().enumerate() {
        let documents = labelled.documents();
        let mut cells = Vec::new();
        let mut asked: Vec<Cell> = plan.cells.iter().filter(|cell| cell.evaluation == at).cloned().collect();
        for cell in &mut asked {
            let mut rows = folder.sweep(cell)?;
            *cell = as_chosen(cell, &rows);
            if let Some(tune) = results.record.evaluations[at].tune.as_mut().filter(|_| !rows.is_empty()) {
                tune.chosen.insert(cell.key.model.clone(), cell.decided_by.clone());
            }
            results.sweep.append(&mut rows);
            results.calibration.append(&mut folder.unfitted(cell)?);
        }
        for cell in &asked {
            let answers = folder.answers(cell, &documents)?.into_iter().zip(labelled.regions());
            cells.push((cell, answers.map(|(answer, regions)| answer.outside(regions)).collect()));
            let (mut ledger, mut throughput) = folder.notes(cell)?;
            results.ledger.append(&mut ledger);
            results.throughput.append(&mut throughput);
        }
        results.engines.extend(engines::compare(&cells, &results.record.models, folder)?);
        score_evaluation(labelled, &cells, &how, &mut results);
    }
    adjust(&mut results.differences);
    Ok(results)
}

fn score_evaluation(labelled: &Labelled, cells: &[(&Cell, Vec<Answer>)], how: &Contrasts, results: &mut Results) {
    let bootstrap = &how.bootstrap;
    let scorer = scorer(labelled, cells.iter().flat_map(|(_, answers)| answers).chain(&labelled.gold));
    let mut tables: Vec<Vec<Counted>> = Vec::new();
    for (cell, answers) in cells {
        let judged = judge(labelled, &labelled.gold, answers);
        let counts = scorer.counts(&judged).expect("the scorer knows every label of these answers");
        calibrate::note(cell, &judged, results);
        let own = scorer.decided_by(&cell.decided_by);
        results.metrics.extend(metric_rows(&cell.key, own.family(), &counts, bootstrap));
        let key = &cell.key;
        let mut rows = count_rows(key, scorer.family(), &judged, &counts);
        for (family, counts) in own.others(&judged) {
            results.metrics.extend(metric_rows(key, family.as_ref(), &counts, bootstrap));
            rows.extend(count_rows(key, family.as_ref(), &judged, &counts));
        }
        tables.push(Counted::of_rows(key, &rows, &labelled.evaluation.options.rule()));
        results.counts.extend(rows);
        let confused = scorer.confusion(&judged).into_iter();
        results.confusion.extend(confused.map(|confused| ConfusionRow { key: key.clone(), confused }));
        let errors = mistakes(&judged).into_iter();
        results.errors.extend(errors.map(|mistake| ErrorRow { key: key.clone(), mistake }));
    }
    if let Some(patched) = &labelled.patched {
        results.patched.extend(patched::score(labelled, patched, cells, bootstrap));
    }
    if let Some(annotators) = labelled.annotators() {
        score_annotators(labelled, &annotators, bootstrap, results);
    }
    for (i, first) in tables.iter().enumerate() {
        for second in &tables[i + 1..] {
            let rows = first.iter().zip(second).flat_map(|(first, second)| first.minus(second, how));
            results.differences.extend(rows);
        }
    }
}

/// Two annotators by the models' metrics, the first standing as gold, and by what corrects for chance.
fn score_annotators(labelled: &Labelled, annotators: &Annotators<'_>, bootstrap: &Bootstrap, results: &mut Results) {
    let evaluation = &labelled.evaluation;
    let task = evaluation.options.task();
    let key = CellKey { task: task.to_string(), corpus: evaluation.corpus.clone(), model: ANNOTATORS.to_owned() };
    let judged = annotators.judged();
    for (family, counts) in annotators.counts(task, &labelled.corpus.manifest.labels) {
        results.metrics.extend(metric_rows(&key, family.as_ref(), &counts, bootstrap));
        results.counts.extend(count_rows(&key, family.as_ref(), &judged, &counts));
    }
}

/// A scorer for an evaluation that knows every label of these answers.
pub(super) fn scorer<'a>(labelled: &'a Labelled, answers: impl IntoIterator<Item = &'a Answer>) -> Scorer {
    match labelled.evaluation.options.task() {
        TaskName::Ner => Scorer::spans(&labelled.corpus.manifest.labels, answers),
        TaskName::Stance => Scorer::stances(Some(&labelled.evaluation.options.rule())),
    }
}

/// The labelled documents with what counts as gold and a model's answers.
pub(super) fn judge<'a>(labelled: &'a Labelled, gold: &'a [Answer], answers: &'a [Answer]) -> Vec<Judged<'a>> {
    let all = labelled.documents().into_iter().zip(gold).zip(answers);
    all.map(|((document, gold), predicted)| Judged { document, gold, predicted }).collect()
}

/// The metrics of a cell's counts with their intervals.
pub(super) fn metric_rows(
    key: &CellKey,
    family: &dyn Family,
    counts: &Array2<u32>,
    bootstrap: &Bootstrap,
) -> Vec<MetricRow> {
    let metrics = family.metrics(&total(counts));
    let intervals = bootstrap.intervals(counts, metrics.len(), |sums, values| family.values(sums, values));
    let row = |(metric, interval): (Metric, Option<Interval>)| MetricRow {
        key: key.clone(),
        id: metric.id,
        signature: metric.signature,
        value: metric.value,
        low: interval.map(|interval| interval.low),
        high: interval.map(|interval| interval.high),
        reason: metric.reason,
        undefined_replicates: interval.map(|interval| interval.undefined_replicates as usize),
        documents: counts.nrows(),
    };
    metrics.into_iter().zip(intervals).map(row).collect()
}

fn count_rows(key: &CellKey, family: &dyn Family, judged: &[Judged<'_>], counts: &Array2<u32>) -> Vec<CountRow> {
    let mut rows = Vec::with_capacity(counts.len());
    for (judged, row) in judged.iter().zip(counts.rows()) {
        for (column, &count) in family.columns().iter().zip(row) {
            rows.push(CountRow {
                key: key.clone(),
                document: judged.document.id.clone(),
                family: family.name().to_owned(),
                column: column.clone(),
                count: count as usize,
            });
        }
    }
    rows
}
