//! `karat history`.

use super::arguments::{HistoryFormat, HistoryOptions};
use super::{emit, say};
use crate::compare::{Change, changes, series};
use crate::report::{Style, between_page, history_json, history_page, history_plot};
use crate::run::{Point, append, history, open};
use crate::stats::{Bootstrap, Contrasts, Method};
use crate::table::CellKey;

/// A point that is not there.
#[derive(Debug, thiserror::Error)]
#[error("the history has no point {asked}; it has points 1 to {last}")]
pub(super) struct NoPoint {
    asked: usize,
    last: usize,
}

/// A metric that no point has.
#[derive(Debug, thiserror::Error)]
#[error("no point of the history has a metric `{0}`")]
pub(super) struct NoSeries(String);

pub(super) fn run(options: &HistoryOptions) -> anyhow::Result<()> {
    // Each is looked at before any is added.
    for run in &options.add {
        open(run)?;
    }
    for run in &options.add {
        let point = append(&options.series, run)?;
        say(&format!("point {point}: {}", run.display()));
    }
    let points = history(&options.series)?;
    if let [before, after] = options.between.as_slice() {
        let point = |asked: usize| {
            points.iter().find(|point| point.number == asked).ok_or(NoPoint { asked, last: points.len() })
        };
        return emit(&between(point(*before)?, point(*after)?));
    }
    let bootstrap =
        Bootstrap { seed: options.seed, replicates: options.replicates, confidence: 0.95, method: Method::Percentile };
    let margin = options.margin;
    let shown = series(&points, options.metric.as_deref(), &Contrasts { bootstrap, margin });
    if shown.is_empty() {
        return Err(NoSeries(options.metric.clone().unwrap_or_default()).into());
    }
    match options.format {
        HistoryFormat::Text => emit(&history_page(&shown, margin, Style::Terminal)),
        HistoryFormat::Md => emit(&history_page(&shown, margin, Style::Markdown)),
        HistoryFormat::Json => emit(&history_json(&shown, margin)),
        HistoryFormat::Svg => emit(&history_plot(&shown)),
    }
}

/// What differs between two points, for the cells that both have.
fn between(before: &Point, after: &Point) -> String {
    let differ: Vec<(CellKey, Vec<Change>)> = after
        .facts
        .iter()
        .filter_map(|(key, facts)| Some((key.clone(), changes(facts, before.facts.get(key)?))))
        .collect();
    between_page((before, after), &differ, Style::Terminal)
}
