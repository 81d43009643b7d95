//! Accuracy against throughput, as SVG.

use super::headline;
use super::plot::{COLOURS, Drawn};
use crate::table::BenchRow;
use plotters::coord::Shift;
use plotters::prelude::*;

/// A chart, without its names.
const SIZE: (u32, u32) = (960, 420);
/// Height of a setting's name above its chart.
const NAME: u32 = 20;
/// Height of a chart's title.
const TITLE: u32 = 30;

/// A setting's place: throughput and accuracy with their intervals.
struct Place<'a> {
    row: &'a BenchRow,
    across: [f64; 3],
    up: [f64; 3],
}

/// A chart for each task and corpus that was scored, one below the other: tokens a second to the right, the deciding metric upwards, a cross
/// of both intervals for each setting. None where nothing was scored.
///
/// # Panics
/// Never: drawing into memory does not fail.
pub fn bench_plot(rows: &[BenchRow]) -> Option<String> {
    let mut charts: Vec<Vec<Place<'_>>> = Vec::new();
    for row in rows {
        let (Some(value), Some(low), Some(high)) = (row.accuracy, row.accuracy_low, row.accuracy_high) else {
            continue;
        };
        let across = [row.tokens_per_second_low, row.tokens_per_second, row.tokens_per_second_high];
        let place = Place { row, across, up: [low, value, high] };
        let key = |row: &BenchRow| (row.key.task.clone(), row.key.corpus.clone());
        match charts.iter_mut().find(|chart| key(chart[0].row) == key(row)) {
            Some(chart) => chart.push(place),
            None => charts.push(vec![place]),
        }
    }
    if charts.is_empty() {
        return None;
    }
    let height = |chart: &Vec<Place<'_>>| TITLE + NAME * chart.len() as u32 + SIZE.1;
    let mut svg = String::new();
    let whole = (SIZE.0, charts.iter().map(height).sum());
    let mut rest = SVGBackend::with_string(&mut svg, whole).into_drawing_area();
    rest.fill(&WHITE).expect(MEMORY);
    for chart in &charts {
        let (area, below) = rest.split_vertically(height(chart));
        draw(&area, chart).expect(MEMORY);
        rest = below;
    }
    rest.present().expect(MEMORY);
    drop(rest);
    svg.push('\n');
    Some(svg)
}

const MEMORY: &str = "drawing into memory does not fail";

/// From below the lowest to above the highest end.
fn range<'a>(ends: impl Iterator<Item = &'a [f64; 3]> + Clone) -> std::ops::Range<f64> {
    let low = ends.clone().map(|ends| ends[0]).fold(f64::INFINITY, f64::min);
    let high = ends.map(|ends| ends[2]).fold(f64::NEG_INFINITY, f64::max);
    let room = if high > low { 0.08 * (high - low) } else { 0.05 * high.abs().max(0.1) };
    low - room..high + room
}

fn draw(area: &DrawingArea<SVGBackend<'_>, Shift>, places: &[Place<'_>]) -> Drawn {
    let key = &places[0].row.key;
    let (_, metric) = headline(&key.task);
    let (names, plot) = area.split_vertically(TITLE + NAME * places.len() as u32);
    names.draw(&Text::new(format!("{} on {}", key.task, key.corpus), (64, 10), ("sans-serif", 16)))?;
    let (across, up) = (range(places.iter().map(|place| &place.across)), range(places.iter().map(|place| &place.up)));
    let mut chart = ChartBuilder::on(&plot)
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(across.start.max(0.0)..across.end, up)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.1))
        .x_label_formatter(&|x| super::number(x.round() as usize))
        .y_label_formatter(&|y| format!("{y:.3}"))
        .x_desc("tokens a second")
        .y_desc(metric)
        .label_style(("sans-serif", 14))
        .draw()?;
    for (at, (place, colour)) in places.iter().zip(COLOURS.iter().cycle()).enumerate() {
        let ([left, x, right], [low, y, high]) = (place.across, place.up);
        for line in [vec![(left, y), (right, y)], vec![(x, low), (x, high)]] {
            chart.draw_series(std::iter::once(PathElement::new(line, colour.mix(0.45).stroke_width(2))))?;
        }
        chart.draw_series(std::iter::once(Circle::new((x, y), 4, colour.filled())))?;
        let label = EmptyElement::at((x, y)) + Text::new(place.row.setting.to_string(), (6, -18), ("sans-serif", 14));
        chart.draw_series(std::iter::once(label))?;
        let row = place.row;
        let device = if row.device == "cpu" { String::new() } else { format!(" ({})", row.device) };
        let name = format!(
            "{}  {}: {}{device} {}, threads {}, batches of {} tokens",
            row.setting, row.key.model, row.engine, row.precision, row.threads, row.batch_tokens
        );
        let y = (TITLE as usize + NAME as usize * at + NAME as usize / 2) as i32;
        names.draw(&PathElement::new(vec![(72, y), (96, y)], colour.stroke_width(3)))?;
        names.draw(&Text::new(name, (104, y - 7), ("sans-serif", 14)))?;
    }
    Ok(())
}
