//! What the machine is, and what time it is: the clock and the system, read here and handed down.

use crate::run::Circumstances;
use chrono::{DateTime, SecondsFormat, Utc};
use std::num::NonZeroUsize;

/// Cores that the system offers, at least 1.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// When and where a run that begins `now` is made.
pub(super) fn circumstances(now: DateTime<Utc>, threads: usize) -> Circumstances {
    let processor = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        line.split_once(':').map(|(_, name)| name.trim().to_owned())
    });
    let processor = processor.unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    Circumstances {
        started: now.to_rfc3339_opts(SecondsFormat::Secs, true),
        machine: format!("{processor}, {}", std::env::consts::OS),
        cores: cores(),
        threads,
    }
}
