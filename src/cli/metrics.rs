//! Metrics with their intervals, as `score` and `gold agree` print them.

use crate::metrics::Metric;
use crate::report::Grid;
use crate::stats::Interval;
use serde_json::Value;

/// A metric and its interval; None where it has none.
pub(super) type Measured = (Metric, Option<Interval>);

/// For people: a line a metric.
pub(super) fn table(metrics: &[Measured]) -> String {
    let mut grid = Grid::new(["metric", "value", "low", "high", "definition"]);
    for (metric, interval) in metrics {
        let shown = |value: Option<f64>| value.map_or("—".to_owned(), |value| format!("{value:.4}"));
        let what = metric.reason.as_ref().map_or(metric.signature.clone(), |reason| format!("undefined: {reason}"));
        let (low, high) = (interval.map(|i| i.low), interval.map(|i| i.high));
        grid.row([metric.id.clone(), shown(metric.value), shown(low), shown(high), what]);
    }
    grid.terminal()
}

/// For programs: the metric's own fields with `low` and `high`.
pub(super) fn json(metrics: &[Measured]) -> Vec<Value> {
    let one = |(metric, interval): &Measured| {
        let mut json = serde_json::to_value(metric).expect("a metric is plain data");
        json["low"] = interval.map(|interval| interval.low).into();
        json["high"] = interval.map(|interval| interval.high).into();
        json
    };
    metrics.iter().map(one).collect()
}
