//! `karat bless` and `karat gate`.

use super::arguments::{BlessOptions, GateFormat, GateOptions};
use super::{emit, say};
use crate::compare::{Outcome, judge};
use crate::report::{Style, judgement, judgement_json, judgement_junit};
use crate::run::{Blessing, bless, open, open_baseline};
use crate::suite::{Policy, Suite};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A gate says regressed.
const REGRESSED: u8 = 1;
/// The documents do not tell, and the policy stops there.
const INCONCLUSIVE: u8 = 3;

/// A baseline that is not there.
#[derive(Debug, thiserror::Error)]
#[error("there is no baseline `{}`", .0.display())]
pub(super) struct NoBaseline(PathBuf);

pub(super) fn bless_run(options: &BlessOptions) -> anyhow::Result<()> {
    let target = options.into.join(&options.name);
    let blessed = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let blessing = Blessing::new(&options.name, &options.run, blessed, options.reason.clone());
    bless(&options.run, &target, &blessing, options.replace)?;
    say(&format!("baseline: {}", target.display()));
    Ok(())
}

pub(super) fn run(options: &GateOptions) -> anyhow::Result<u8> {
    let run = open(&options.run)?;
    let place = place(&options.baseline, &options.from);
    if !place.is_dir() {
        return Err(NoBaseline(place).into());
    }
    let baseline = open_baseline(&place)?;
    let policy = match &options.policy {
        Some(suite) => Suite::load(suite)?.gate,
        None => Policy::deserialize(&run.record.suite["gate"])?,
    };
    let age_days = DateTime::parse_from_rfc3339(&baseline.blessing.blessed)
        .map_or(0, |blessed| (Utc::now() - blessed.with_timezone(&Utc)).num_days());
    let name = options.run.display().to_string();
    let judged = judge((&name, &run), &baseline, &policy, age_days)?;
    for (path, text) in [
        (&options.junit, judgement_junit(&judged)),
        (&options.comment, judgement(&judged, Style::Markdown)),
        (&options.json, judgement_json(&judged)),
    ] {
        if let Some(path) = path {
            crate::base::file::write_whole(path, text.as_bytes())?;
        }
    }
    match options.format {
        GateFormat::Text => emit(&judgement(&judged, Style::Terminal))?,
        GateFormat::Md => emit(&judgement(&judged, Style::Markdown))?,
        GateFormat::Json => emit(&judgement_json(&judged))?,
        GateFormat::Junit => emit(&judgement_junit(&judged))?,
    }
    Ok(match judged.outcome() {
        Outcome::Passed | Outcome::Warned => 0,
        Outcome::Stopped => INCONCLUSIVE,
        Outcome::Failed => REGRESSED,
    })
}

/// A folder as it is named, or a name among the baselines.
fn place(baseline: &Path, among: &Path) -> PathBuf {
    if baseline.is_dir() { baseline.to_owned() } else { among.join(baseline) }
}
