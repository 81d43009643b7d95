//! A history as an SVG chart.

use crate::compare::Series;
use plotters::coord::Shift;
use plotters::prelude::*;

const SIZE: (u32, u32) = (960, 480);
/// Colours that people tell apart, also those who see few (Okabe and Ito 2008).
const COLOURS: [RGBColor; 7] = [
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
    draw(&SVGBackend::with_string(&mut svg, SIZE).into_drawing_area(), series)
        .expect("drawing into memory does not fail");
    svg.push('\n');
    svg
}

type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw(area: &DrawingArea<SVGBackend<'_>, Shift>, series: &[Series]) -> Drawn {
    area.fill(&WHITE)?;
    let moments = || series.iter().flat_map(|one| &one.moments);
    let last = moments().map(|moment| moment.point).max().unwrap_or(1) as f64;
    let ends = || moments().flat_map(|moment| [moment.metric.low, moment.metric.high, moment.metric.value]).flatten();
    let (low, high) = (ends().fold(f64::INFINITY, f64::min), ends().fold(f64::NEG_INFINITY, f64::max));
    let (low, high) = if low < high { (low - 0.02, high + 0.02) } else { (0.0, 1.0) };
    let mut chart = ChartBuilder::on(area)
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
    for (one, colour) in series.iter().zip(COLOURS.iter().cycle()) {
        let values = || one.moments.iter().filter_map(|moment| Some((moment.point as f64, moment.metric.value?)));
        let name = format!("{} on {}: {} of {}", one.key.task, one.key.corpus, one.id, one.key.model);
        let bars = one.moments.iter().filter_map(|moment| {
            let (x, low, high) = (moment.point as f64, moment.metric.low?, moment.metric.high?);
            Some(PathElement::new(vec![(x, low), (x, high)], colour.mix(0.45).stroke_width(2)))
        });
        chart.draw_series(bars)?;
        chart
            .draw_series(LineSeries::new(values(), colour.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(3)));
        chart.draw_series(values().map(|place| Circle::new(place, 4, colour.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerLeft)
        .background_style(WHITE.mix(0.85))
        .label_font(("sans-serif", 14))
        .draw()?;
    area.present()?;
    Ok(())
}
