//! `karat check --noise`.

use super::arguments::CheckOptions;
use super::machine::cores;
use super::progress::Bars;
use super::say;
use crate::report::{Grid, number};
use crate::run::{Noise, noise};
use crate::suite::Suite;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::num::NonZeroUsize;

/// Measures, and warns of margins that noise alone passes.
pub(super) fn measure(suite: &Suite, options: &CheckOptions) -> anyhow::Result<Noise> {
    let threads = options.threads.map_or_else(|| cores().max(2), NonZeroUsize::get);
    let bars = Bars::new();
    let noise = noise(suite, (options.sample.get(), threads), &bars).inspect_err(|_| bars.clear())?;
    for below in &noise.below {
        say(&format!(
            "warning: the gate's margin of {} for {} of {} {} {} is below its noise floor: {} alone moved it by {:.4}",
            below.margin, below.metric, below.key.task, below.key.corpus, below.key.model, below.variation, below.floor,
        ));
    }
    Ok(noise)
}

/// A table of what was tried, and what was not.
pub(super) fn text(noise: &Noise) -> String {
    let asked = noise.documents.iter().map(|(of, documents)| format!("{} documents of {of}", number(*documents)));
    let mut out = format!("noise floor, on the first {}\n\n", asked.collect::<Vec<_>>().join(", the first "));
    let header = [
        "task",
        "corpus",
        "model",
        "asked",
        "stable",
        "logits",
        "other bits",
        "largest difference",
        "answers",
        "changed",
    ];
    let mut grid = Grid::new(header).left(5);
    for row in &noise.rows {
        grid.row([
            row.key.task.clone(),
            row.key.corpus.clone(),
            row.key.model.clone(),
            row.variation.clone(),
            row.stability.name().to_owned(),
            number(row.logits),
            number(row.other_bits),
            format!("{:.1e}", row.largest),
            number(row.answers),
            number(row.changed),
        ]);
    }
    out.push_str(&grid.terminal());
    for row in noise.rows.iter().filter(|row| !row.shifts.is_empty()) {
        let mut shifts: Vec<_> = row.shifts.iter().collect();
        shifts.sort_by(|a, b| b.1.total_cmp(a.1));
        let named: Vec<_> = shifts.iter().take(3).map(|(metric, shift)| format!("{metric} by {shift:.4}")).collect();
        let (model, variation) = (&row.key.model, &row.variation);
        let _ = writeln!(out, "{model}, {variation}: {} metrics moved, most of all {}", shifts.len(), named.join(", "));
    }
    let mut left_out: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (runtime, why) in &noise.left_out {
        left_out.entry(why).or_default().push(runtime);
    }
    for (why, runtimes) in left_out {
        let _ = writeln!(out, "not tried: {}: {why}", runtimes.join(", "));
    }
    out
}
