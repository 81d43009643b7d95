//! Calibration of a cell's answers, in rows.

use super::plan::Cell;
use super::record::Results;
use crate::metrics::{Bins, Forecasts, Metric};
use crate::table::{CalibrationRow, CellKey, Fit, ReliabilityRow};
use crate::task::{Judged, TaskName, forecasts};

/// Notes measures and bins of a cell's answers; of a floor, that its scores are no confidences.
pub(super) fn note(cell: &Cell, judged: &[Judged<'_>], results: &mut Results) {
    let task = cell.options.task();
    let is_floor = results.record.models.get(&cell.key.model).is_some_and(super::ModelRecord::is_floor);
    let known = forecasts(task, judged).filter(|_| !is_floor);
    if let Some(forecasts) = &known {
        results.reliability.extend(bins(&cell.key, forecasts));
    }
    let reason = if is_floor { "the scores of a floor are no confidences" } else { "an answer has no score" };
    results.calibration.extend(rows(&cell.key, (task, &cell.decided_by), known.ok_or(reason), Fit::Reported));
}

/// The measures of forecasts, or why there are none.
pub(super) fn rows(
    key: &CellKey,
    (task, rule): (TaskName, &str),
    known: Result<Forecasts, &str>,
    fit: Fit,
) -> Vec<CalibrationRow> {
    let items = known.as_ref().ok().map(Forecasts::len);
    let metrics = match known {
        Ok(forecasts) => forecasts.metrics(rule),
        Err(reason) => {
            let none = match task {
                TaskName::Ner => Forecasts::Entities(Vec::new()),
                TaskName::Stance => Forecasts::Stances(Vec::new()),
            };
            let with_reason = |metric| Metric { reason: Some(reason.to_owned()), ..metric };
            none.metrics(rule).into_iter().map(with_reason).collect()
        }
    };
    let row = |Metric { id, signature, value, reason }: Metric| CalibrationRow {
        key: key.clone(),
        fit,
        id,
        signature,
        value,
        reason,
        items,
    };
    metrics.into_iter().map(row).collect()
}

fn bins<'a>(key: &'a CellKey, forecasts: &Forecasts) -> impl Iterator<Item = ReliabilityRow> + 'a {
    let confidences = forecasts.confidences();
    let of_scheme = move |scheme: Bins| {
        let rows = scheme.fill(&confidences).into_iter().enumerate();
        rows.map(move |(at, bin)| ReliabilityRow {
            key: key.clone(),
            bins: scheme.name(),
            bin: at,
            low: bin.low,
            high: bin.high,
            count: bin.count,
            confidence: bin.confidence,
            accuracy: bin.accuracy,
        })
    };
    Bins::REPORTED.into_iter().flat_map(of_scheme)
}
