//! `karat compare`.

use super::arguments::{CompareOptions, PageFormat};
use super::emit;
use crate::compare::{Named, compare};
use crate::report::{Style, comparison, comparison_json};
use crate::run::{Results, open_baseline};
use crate::stats::Contrasts;

pub(super) fn run(options: &CompareOptions) -> anyhow::Result<()> {
    let names: Vec<String> = options.runs.iter().map(|run| run.display().to_string()).collect();
    let mut opened: Vec<Results> = Vec::new();
    for run in &options.runs {
        opened.push(open_baseline(run)?.results);
    }
    let runs: Vec<Named<'_>> =
        names.iter().zip(&opened).map(|(name, results)| Named { name: name.as_str(), results }).collect();
    let compared = compare(&runs, how(options, &opened[0]))?;
    match options.format {
        PageFormat::Table => emit(&comparison(&compared, &runs, Style::Terminal)),
        PageFormat::Md => emit(&comparison(&compared, &runs, Style::Markdown)),
        PageFormat::Json => emit(&comparison_json(&compared, &runs)),
    }
}

/// As the first run was made, but for what is asked otherwise.
fn how(options: &CompareOptions, first: &Results) -> Contrasts {
    let mut how = first.record.contrasts();
    how.margin = options.margin.unwrap_or(how.margin);
    how.bootstrap.replicates = options.replicates.unwrap_or(how.bootstrap.replicates);
    how.bootstrap.seed = options.seed.unwrap_or(how.bootstrap.seed);
    how.bootstrap.method = options.interval.map_or(how.bootstrap.method, Into::into);
    how
}
