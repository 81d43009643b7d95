//! `karat bless` and `karat gate`.

use super::arguments::{BlessOptions, GateFormat, GateOptions};
use super::{emit, say};
use crate::base::file::write_whole;
use crate::compare::{Judgement, Outcome, judge};
use crate::report::{Style, judgement, judgement_json, judgement_junit, unjudged};
use crate::run::{Blessing, bless, open, open_baseline};
use crate::suite::{Policy, Suite};
use anyhow::Context;
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

/// A file that the gate must not write.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoPlace {
    /// It would change what is judged.
    #[error("`{}` stands in `{}`, which is judged", file.display(), folder.display())]
    Inside { file: PathBuf, folder: PathBuf },
    /// Two outputs would be one file.
    #[error("`{}` is asked for twice", .0.display())]
    Twice(PathBuf),
}

pub(super) fn run(options: &GateOptions) -> anyhow::Result<u8> {
    let place = place(&options.baseline, &options.from);
    let files: [Option<&Path>; 3] = [&options.json, &options.junit, &options.comment].map(Option::as_deref);
    free(&files, [&options.run, &place])?;
    let judged = judged(options, &place).inspect_err(|error| {
        // What an earlier gate left there would be read as this one's; the error itself is told in any case.
        let _ = write(&files, &unjudged(&options.run.display().to_string(), &format!("{error:#}")));
    })?;
    let (json, junit) = (judgement_json(&judged), judgement_junit(&judged));
    write(&files, &[json.clone(), junit.clone(), judgement(&judged, Style::Markdown)])?;
    match options.format {
        GateFormat::Text => emit(&judgement(&judged, Style::Terminal))?,
        GateFormat::Md => emit(&judgement(&judged, Style::Markdown))?,
        GateFormat::Json => emit(&json)?,
        GateFormat::Junit => emit(&junit)?,
    }
    Ok(match judged.outcome() {
        Outcome::Passed | Outcome::Warned => 0,
        Outcome::Stopped => INCONCLUSIVE,
        Outcome::Failed => REGRESSED,
    })
}

fn judged(options: &GateOptions, place: &Path) -> anyhow::Result<Judgement> {
    let run = open(&options.run)?;
    if !place.is_dir() {
        return Err(NoBaseline(place.to_owned()).into());
    }
    let baseline = open_baseline(place)?;
    let policy = match &options.policy {
        Some(suite) => Suite::load(suite)?.gate,
        None => Policy::deserialize(&run.record.suite["gate"])?,
    };
    let age_days = DateTime::parse_from_rfc3339(&baseline.blessing.blessed)
        .map_or(0, |blessed| (Utc::now() - blessed.with_timezone(&Utc)).num_days());
    Ok(judge((&options.run.display().to_string(), &run), &baseline, &policy, age_days)?)
}

/// Refuses files inside the folders that are judged, and one file for two outputs.
fn free(files: &[Option<&Path>], folders: [&PathBuf; 2]) -> Result<(), NoPlace> {
    let given: Vec<&Path> = files.iter().copied().flatten().collect();
    for (at, file) in given.iter().enumerate() {
        if given[..at].contains(file) {
            return Err(NoPlace::Twice((*file).to_owned()));
        }
        let absolute = std::path::absolute(file).unwrap_or_else(|_| (*file).to_owned());
        for folder in folders {
            if std::path::absolute(folder).is_ok_and(|folder| absolute.starts_with(folder)) {
                return Err(NoPlace::Inside { file: (*file).to_owned(), folder: folder.clone() });
            }
        }
    }
    Ok(())
}

fn write(files: &[Option<&Path>], texts: &[String; 3]) -> anyhow::Result<()> {
    for (file, text) in files.iter().zip(texts) {
        if let Some(file) = file {
            write_whole(file, text.as_bytes()).with_context(|| format!("`{}` cannot be written", file.display()))?;
        }
    }
    Ok(())
}

/// A folder as it is named, or a name among the baselines.
fn place(baseline: &Path, among: &Path) -> PathBuf {
    if baseline.is_dir() { baseline.to_owned() } else { among.join(baseline) }
}
