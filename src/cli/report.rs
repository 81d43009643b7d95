//! `karat report`.

use super::arguments::{ReportFormat, ReportOptions};
use super::emit;
use crate::report::{html, markdown};
use crate::run::open;

pub(super) fn run(options: &ReportOptions) -> anyhow::Result<()> {
    let results = open(&options.run)?;
    let report = markdown(&results);
    match options.format {
        ReportFormat::Md => emit(&report),
        ReportFormat::Html => emit(&html(&results, &report)),
    }
}
