//! `karat run`.

use super::arguments::{RunOptions, TextOrJson};
use super::progress::{Bars, threads};
use super::{emit, machine, say};
use crate::report::{html, markdown, summary};
use crate::run::{Results, RunFolder, Settings, execute};
use crate::suite::Suite;
use chrono::Utc;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

pub(super) fn run(options: &RunOptions) -> anyhow::Result<()> {
    let mut suite = Suite::load(&options.suite)?;
    suite.models.values_mut().for_each(|model| options.compute.runtime.choose(&mut model.runtime));
    let suite = if options.no_probes { suite.without_probes() } else { suite };
    let now = Utc::now();
    let threads = threads(&options.compute);
    let interrupted = || options.resume.then(|| newest_partial(&suite.name)).flatten();
    let fresh = || PathBuf::from(format!("reports/{}-{}", suite.name, now.format("%Y%m%d-%H%M%S")));
    let target = options.out.clone().or_else(interrupted).unwrap_or_else(fresh);
    let settings = Settings {
        threads,
        limit: options.limit.map(NonZeroUsize::get),
        from: options.from.clone(),
        circumstances: machine::circumstances(now, threads),
    };
    let folder = RunFolder::new(target, options.resume);
    let bars = Bars::new();
    let results = execute(&suite, &settings, &folder, &bars).inspect_err(|_| bars.clear())?;
    let report = markdown(&results);
    let page = html(&results, &report);
    folder.finish(&results, &[("report.md", report), ("report.html", page)])?;
    match options.format {
        TextOrJson::Text => emit(&summary(&results))?,
        TextOrJson::Json => emit(&json(&results, folder.path()))?,
    }
    say(&format!("report: {}", folder.path().join("report.md").display()));
    Ok(())
}

/// The newest interrupted run of a suite, by its name, which carries the date.
fn newest_partial(suite: &str) -> Option<PathBuf> {
    let prefix = format!("{suite}-");
    let names = std::fs::read_dir("reports").ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let partial = names.filter_map(|name| name.strip_suffix(".partial").map(str::to_owned));
    partial.filter(|name| name.starts_with(&prefix)).max().map(|name| Path::new("reports").join(name))
}

/// `{"version", "run", "metrics": [...]}`: the metrics table; where a corpus has a patch, `patched` beside it.
fn json(results: &Results, folder: &Path) -> String {
    let metric = |row: &crate::table::MetricRow| {
        serde_json::json!({
            "task": row.key.task, "corpus": row.key.corpus, "model": row.key.model, "id": row.id,
            "signature": row.signature, "value": row.value, "low": row.low, "high": row.high, "reason": row.reason,
        })
    };
    let metrics: Vec<_> = results.metrics.iter().map(metric).collect();
    let mut json = serde_json::json!({ "version": 1, "run": folder, "metrics": metrics });
    if !results.patched.is_empty() {
        json["patched"] = results.patched.iter().map(metric).collect();
    }
    format!("{json}\n")
}
