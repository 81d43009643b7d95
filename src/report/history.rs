//! A history as text, JSON and a plot.

use super::answer::signed;
use super::compare::{Style, changes, signed_interval};
use super::{Grid, with_interval};
use crate::compare::{Change, Drift, Series, Step};
use crate::run::Point;
use crate::stats::Verdict;
use crate::table::CellKey;
use std::fmt::Write;

/// Heights of a sparkline.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The page of a history's series.
pub fn history_page(series: &[Series], margin: f64, style: Style) -> String {
    let mut out = String::new();
    for one in series {
        let key = &one.key;
        let title = format!("{} on {}: {} of {}", key.task, key.corpus, one.id, key.model);
        out.push_str(&style.heading(2, &title));
        let values: Vec<Option<f64>> = one.moments.iter().map(|moment| moment.metric.value).collect();
        let defined: Vec<f64> = values.iter().copied().flatten().collect();
        if let (Some(first), Some(last)) = (defined.first(), defined.last()) {
            let _ = writeln!(out, " {}  {first:.3} → {last:.3}\n", sparkline(&values));
        }
        out.push_str(&style.grid(&moments(one)));
        let _ = writeln!(out, "\n{}\n", style.plain(&sentence(one, margin)));
    }
    out
}

/// One bar a value, from the lowest to the highest of them; a gap where a value is undefined. Values that differ by less than
/// a hundredth in all are drawn as level.
fn sparkline(values: &[Option<f64>]) -> String {
    let defined = || values.iter().flatten().copied();
    let low = defined().fold(f64::INFINITY, f64::min);
    let range = (defined().fold(f64::NEG_INFINITY, f64::max) - low).max(0.01);
    let bar = |value: f64| BARS[(((value - low) / range) * (BARS.len() - 1) as f64).round() as usize];
    values.iter().map(|value| value.map_or(' ', bar)).collect()
}

fn moments(series: &Series) -> Grid {
    let mut grid = Grid::new(["point", "started", "value", "step", "verdict", "what changed"]).left(2);
    for moment in &series.moments {
        let (step, verdict) = match &moment.step {
            Step::First => (String::new(), String::new()),
            Step::Measured(contrast) => (signed_interval(contrast), contrast.verdict.to_string()),
            Step::Apart => ("—".to_owned(), "not comparable".to_owned()),
            Step::Undefined => ("—".to_owned(), "undefined".to_owned()),
        };
        let changed: Vec<&str> = moment.changes.iter().map(|change| change.what.as_str()).collect();
        grid.row([
            moment.point.to_string(),
            moment.started.get(..16).unwrap_or(&moment.started).replace('T', " "),
            with_interval(Some(&moment.metric)),
            step,
            verdict,
            changed.join(", "),
        ]);
    }
    grid
}

/// What the points say together.
fn sentence(series: &Series, margin: f64) -> String {
    let Some(Drift { since, contrast, looks, confidence, slow }) = &series.drift else {
        return "There is no earlier point to compare the last one with.".to_owned();
    };
    let looked = if *looks == 1 { "one look".to_owned() } else { format!("{looks} looks") };
    let measured = format!(
        "Since point {since}: {}, an interval of {:.2} % that allows for {looked}",
        signed_interval(contrast),
        confidence * 100.0
    );
    if *slow {
        format!("**Slow drift**: worse by more than the margin of {margin}, though no single step was. {measured}.")
    } else {
        match contrast.verdict {
            Verdict::Improved => format!("{measured}: better by more than the margin of {margin}."),
            Verdict::Regressed => format!("{measured}: worse by more than the margin of {margin}."),
            Verdict::Equivalent => format!("{measured}: neither better nor worse by more than the margin of {margin}."),
            Verdict::Inconclusive => format!("{measured}: {}.", super::answer::open(contrast, margin)),
        }
    }
}

/// `{"version", "series": [...]}`.
pub fn history_json(series: &[Series], margin: f64) -> String {
    let all = series.iter().map(|one| {
        let moments = one.moments.iter().map(|moment| {
            let mut json = serde_json::json!({
                "point": moment.point, "run": moment.run, "started": moment.started, "digest": moment.digest,
                "value": moment.metric.value, "low": moment.metric.low, "high": moment.metric.high,
                "documents": moment.metric.documents, "signature": moment.metric.signature, "changes": moment.changes,
            });
            json["step"] = match &moment.step {
                Step::Measured(contrast) => serde_json::json!({
                    "difference": contrast.value, "low": contrast.interval.low, "high": contrast.interval.high,
                    "p": contrast.p, "verdict": contrast.verdict,
                }),
                Step::First => serde_json::Value::Null,
                Step::Apart => "not comparable".into(),
                Step::Undefined => "undefined".into(),
            };
            json
        });
        let drift = one.drift.as_ref().map(|drift| {
            serde_json::json!({
                "since": drift.since, "looks": drift.looks, "confidence": drift.confidence,
                "difference": drift.contrast.value, "low": drift.contrast.interval.low,
                "high": drift.contrast.interval.high, "p": drift.contrast.p, "verdict": drift.contrast.verdict,
                "slow": drift.slow,
            })
        });
        serde_json::json!({
            "task": one.key.task, "corpus": one.key.corpus, "model": one.key.model, "id": one.id,
            "moments": moments.collect::<Vec<_>>(), "drift": drift,
        })
    });
    format!("{}\n", serde_json::json!({ "version": 1, "margin": margin, "series": all.collect::<Vec<_>>() }))
}

/// What differs between two points, cell by cell, and by how much the values do.
pub fn between_page((before, after): (&Point, &Point), differ: &[(CellKey, Vec<Change>)], style: Style) -> String {
    let title = format!("Point {} ({}) against point {} ({})", after.number, after.run, before.number, before.run);
    let mut out = style.heading(2, &title);
    for (key, differ) in differ {
        let value = |point: &Point| {
            let id = crate::task::TaskName::named(&key.task)?.headline().0;
            point.metrics.iter().find(|row| row.key == *key && row.id == id)?.value
        };
        let moved = value(after).zip(value(before)).map_or("—".to_owned(), |(after, before)| {
            format!("{before:.3} → {after:.3} ({})", signed(after - before))
        });
        let _ = writeln!(out, "{} on {}, {}: {moved}\n", key.task, key.corpus, key.model);
        if differ.is_empty() {
            out.push_str("Nothing that went in differs.\n\n");
        } else {
            out.push_str(&style.grid(&changes(differ)));
            out.push('\n');
        }
    }
    out
}
