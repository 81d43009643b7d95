//! SVG charts: a run's scores, and a history.

use super::{headline, metric, rows};
use crate::compare::Series;
use crate::run::{EvaluationRecord, Results};
use plotters::coord::Shift;
use plotters::prelude::*;

const SIZE: (u32, u32) = (960, 480);
/// Height of a series' name above a chart.
const NAME: u32 = 20;
/// Colours that people tell apart, also those who see few (Okabe and Ito 2008).
pub(super) const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(0, 0, 0),
];

/// One line a series over the points' numbers, with its intervals.
///
/// # Panics
/// Never: drawing into memory does not fail.
pub fn history_plot(series: &[Series]) -> String {
    let mut svg = String::new();
    let size = (SIZE.0, SIZE.1 + NAME * series.len() as u32);
    draw(&SVGBackend::with_string(&mut svg, size).into_drawing_area(), series)
        .expect("drawing into memory does not fail");
    svg.push('\n');
    svg
}

pub(super) type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw(area: &DrawingArea<SVGBackend<'_>, Shift>, series: &[Series]) -> Drawn {
    area.fill(&WHITE)?;
    let moments = || series.iter().flat_map(|one| &one.moments);
    let last = moments().map(|moment| moment.point).max().unwrap_or(1) as f64;
    let ends = || moments().flat_map(|moment| [moment.metric.low, moment.metric.high, moment.metric.value]).flatten();
    let (low, high) = (ends().fold(f64::INFINITY, f64::min), ends().fold(f64::NEG_INFINITY, f64::max));
    let (low, high) = if low < high { (low - 0.02, high + 0.02) } else { (0.0, 1.0) };
    let (names, plot) = area.split_vertically(8 + NAME * series.len() as u32);
    let mut chart = ChartBuilder::on(&plot)
        .margin(16)
        .x_label_area_size(40)
        .y_label_area_size(56)
        .build_cartesian_2d(0.5..last + 0.5, low..high)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.1))
        .x_labels(last as usize + 1)
        .x_label_formatter(&|x| if x.fract().abs() < 1e-9 { format!("{x:.0}") } else { String::new() })
        .y_label_formatter(&|y| format!("{y:.2}"))
        .x_desc("point")
        .label_style(("sans-serif", 14))
        .draw()?;
    for (at, (one, colour)) in series.iter().zip(COLOURS.iter().cycle()).enumerate() {
        let values = || one.moments.iter().filter_map(|moment| Some((moment.point as f64, moment.metric.value?)));
        let bars = one.moments.iter().filter_map(|moment| {
            let (x, low, high) = (moment.point as f64, moment.metric.low?, moment.metric.high?);
            Some(PathElement::new(vec![(x, low), (x, high)], colour.mix(0.45).stroke_width(2)))
        });
        chart.draw_series(bars)?;
        chart.draw_series(LineSeries::new(values(), colour.stroke_width(2)))?;
        chart.draw_series(values().map(|place| Circle::new(place, 4, colour.filled())))?;
        let name = format!("{} on {}: {} of {}", one.key.task, one.key.corpus, one.id, one.key.model);
        let y = 8 + (NAME as usize * at + NAME as usize / 2) as i32;
        names.draw(&PathElement::new(vec![(72, y), (96, y)], colour.stroke_width(3)))?;
        names.draw(&Text::new(name, (104, y - 7), ("sans-serif", 14)))?;
    }
    area.present()?;
    Ok(())
}

/// Height of a model's line in a chart of scores.
const LINE: u32 = 34;

/// The deciding metric of every model of an evaluation with its interval, one line a model, best known on top.
///
/// # Panics
/// Never: drawing into memory does not fail.
pub(super) fn scores_plot(results: &Results, evaluation: &EvaluationRecord) -> String {
    let (id, name) = headline(&evaluation.task);
    let title = format!("{} on {}: {name}", evaluation.task, evaluation.corpus);
    let lines: Vec<Line> = rows(results, evaluation)
        .into_iter()
        .map(|key| {
            let row = metric(results, &key, id);
            let end = |of: fn(&crate::table::MetricRow) -> Option<f64>| row.and_then(of);
            Line { name: key.model, value: end(|r| r.value), low: end(|r| r.low), high: end(|r| r.high) }
        })
        .collect();
    let mut svg = String::new();
    let size = (SIZE.0, 96 + LINE * lines.len() as u32);
    draw_scores(&SVGBackend::with_string(&mut svg, size).into_drawing_area(), &title, &lines)
        .expect("drawing into memory does not fail");
    svg
}

/// A model's value and interval.
struct Line {
    name: String,
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

fn draw_scores(area: &DrawingArea<SVGBackend<'_>, Shift>, title: &str, lines: &[Line]) -> Drawn {
    area.fill(&WHITE)?;
    let count = lines.len();
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 16))
        .margin(12)
        .x_label_area_size(30)
        .y_label_area_size(170)
        .build_cartesian_2d(0.0..1.0, -0.5..count as f64 - 0.5)?;
    let label = |y: &f64| {
        let at = count as f64 - 1.0 - y;
        let line = (at.fract().abs() < 1e-9 && at >= 0.0).then(|| lines.get(at as usize)).flatten();
        // No-break spaces hold the name off the axis, where there are no tick marks that would.
        line.map_or(String::new(), |line| format!("{}\u{a0}\u{a0}", line.name))
    };
    chart
        .configure_mesh()
        .set_tick_mark_size(LabelAreaPosition::Left, 0)
        .disable_y_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.1))
        .x_labels(11)
        .y_labels(2 * count + 1)
        .y_label_formatter(&label)
        .x_label_formatter(&|x| format!("{x:.1}"))
        .label_style(("sans-serif", 14))
        .draw()?;
    for (at, line) in lines.iter().enumerate() {
        let y = (count - 1 - at) as f64;
        if let (Some(low), Some(high)) = (line.low, line.high) {
            let bar = PathElement::new(vec![(low, y), (high, y)], COLOURS[0].mix(0.6).stroke_width(3));
            chart.draw_series(std::iter::once(bar))?;
        }
        chart.draw_series(line.value.map(|value| Circle::new((value, y), 5, COLOURS[0].filled())))?;
    }
    area.present()?;
    Ok(())
}
