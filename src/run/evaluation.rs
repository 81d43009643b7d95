//! Scores of the cells of each evaluation, which share documents, gold and labels.

use super::calibrate;
use super::folder::{FolderError, RunFolder};
use super::patched;
use super::plan::{Cell, Labelled, Plan};
use super::record::{Record, Results};
use super::tune::as_chosen;
use crate::metrics::{Family, Metric, total};
use crate::stats::{Bootstrap, Interval, Pair};
use crate::table::{CellKey, ConfusionRow, CountRow, DifferenceRow, ErrorRow, MetricRow};
use crate::task::{ANNOTATORS, Annotators, Answer, Judged, Scorer, TaskName, mistakes};
use ndarray::Array2;

/// Scores everything that was saved.
pub(super) fn score(plan: &Plan, folder: &RunFolder, record: Record) -> Result<Results, FolderError> {
    let bootstrap = Bootstrap { seed: record.seed, replicates: record.replicates, confidence: record.confidence };
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
        score_evaluation(labelled, &cells, &bootstrap, &mut results);
    }
    Ok(results)
}

fn score_evaluation(labelled: &Labelled, cells: &[(&Cell, Vec<Answer>)], bootstrap: &Bootstrap, results: &mut Results) {
    let scorer = scorer(labelled, cells.iter().flat_map(|(_, answers)| answers).chain(&labelled.gold));
    let mut tables: Vec<(&Cell, Array2<u32>, Vec<Metric>)> = Vec::new();
    for (cell, answers) in cells {
        let judged = judge(labelled, &labelled.gold, answers);
        let counts = scorer.counts(&judged).expect("the scorer knows every label of these answers");
        let metrics = scorer.family().metrics(&total(&counts));
        calibrate::note(cell, &judged, results);
        let own = scorer.decided_by(&cell.decided_by);
        results.metrics.extend(metric_rows(&cell.key, own.family(), &counts, bootstrap));
        note_counts(&cell.key, scorer.family(), &judged, &counts, results);
        let key = &cell.key;
        let confused = scorer.confusion(&judged).into_iter();
        results.confusion.extend(confused.map(|confused| ConfusionRow { key: key.clone(), confused }));
        let errors = mistakes(&judged).into_iter();
        results.errors.extend(errors.map(|mistake| ErrorRow { key: key.clone(), mistake }));
        tables.push((cell, counts, metrics));
    }
    if let Some(patched) = &labelled.patched {
        results.patched.extend(patched::score(labelled, patched, cells, bootstrap));
    }
    if let Some(annotators) = labelled.annotators() {
        score_annotators(labelled, &annotators, bootstrap, results);
    }
    for (i, first) in tables.iter().enumerate() {
        for second in &tables[i + 1..] {
            note_differences(first, second, &scorer, bootstrap, results);
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
        note_counts(&key, family.as_ref(), &judged, &counts, results);
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

fn note_counts(key: &CellKey, family: &dyn Family, judged: &[Judged<'_>], counts: &Array2<u32>, results: &mut Results) {
    for (judged, row) in judged.iter().zip(counts.rows()) {
        for (column, count) in family.columns().iter().zip(row) {
            results.counts.push(CountRow {
                key: key.clone(),
                document: judged.document.id.clone(),
                column: column.clone(),
                count: *count as usize,
            });
        }
    }
}

fn note_differences(
    first: &(&Cell, Array2<u32>, Vec<Metric>),
    second: &(&Cell, Array2<u32>, Vec<Metric>),
    scorer: &Scorer,
    bootstrap: &Bootstrap,
    results: &mut Results,
) {
    let family = scorer.family();
    let pair = Pair::new(&first.1, &second.1).expect("one scorer counted the same documents");
    let differences = bootstrap.differences(pair, first.2.len(), |sums, values| family.values(sums, values));
    for ((a, b), difference) in first.2.iter().zip(&second.2).zip(differences) {
        results.differences.push(DifferenceRow {
            key: first.0.key.clone(),
            second: second.0.key.model.clone(),
            id: a.id.clone(),
            value: a.value.zip(b.value).map(|(a, b)| a - b),
            low: difference.map(|difference| difference.interval.low),
            high: difference.map(|difference| difference.interval.high),
            first_better: difference.map(|difference| difference.first_better),
        });
    }
}
