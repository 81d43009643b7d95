//! Progress bars on stderr. Where stderr is no terminal, nothing is drawn.

use super::arguments::ComputeOptions;
use super::machine::cores;
use crate::report::number;
use crate::run::{Event, Observer};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::num::NonZeroUsize;
use std::sync::Mutex;

/// Draws a bar for the cell that runs.
pub(super) struct Bars {
    bar: Mutex<Current>,
}

struct Current {
    bar: ProgressBar,
    done: usize,
    documents: usize,
}

impl Bars {
    pub(super) fn new() -> Self {
        Self { bar: Mutex::new(Current { bar: ProgressBar::hidden(), done: 0, documents: 0 }) }
    }

    /// Begins a bar over `tokens` tokens.
    pub(super) fn start(&self, name: String, documents: usize, tokens: usize) {
        let rate = |state: &ProgressState, out: &mut dyn Write| {
            let _ = write!(out, "{} tokens/s", number(state.per_sec().round() as usize));
        };
        let template = "{prefix} {bar:30} {percent:>3}% {msg} {rate} {eta} left";
        let style = ProgressStyle::with_template(template).expect("the template is well formed").with_key("rate", rate);
        let bar = ProgressBar::new(tokens as u64).with_style(style).with_prefix(name);
        bar.set_message(format!("0/{documents} documents"));
        *self.current() = Current { bar, done: 0, documents };
    }

    /// Begins a bar over settings of the decoding.
    fn sweep(&self, name: &str, settings: usize) {
        let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} settings {eta} left");
        let style = style.expect("the template is well formed");
        let bar = ProgressBar::new(settings as u64).with_style(style).with_prefix(name.to_owned());
        *self.current() = Current { bar, done: 0, documents: 0 };
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        self.current().bar.finish_and_clear();
    }

    fn current(&self) -> std::sync::MutexGuard<'_, Current> {
        self.bar.lock().expect("no thread panics while it draws")
    }
}

impl Observer for Bars {
    fn notice(&self, event: &Event<'_>) {
        match event {
            Event::Warned { warning } => super::warn(warning),
            Event::CellStarted { key, documents, tokens } => {
                self.start(format!("{} {}", key.task, key.model), *documents, *tokens);
            }
            Event::Batch { tokens, documents } => {
                let mut current = self.current();
                current.done += documents;
                current.bar.inc(*tokens as u64);
                current.bar.set_message(format!("{}/{} documents", current.done, current.documents));
            }
            Event::SweepStarted { key, settings } => self.sweep(&format!("{} {}", key.task, key.model), *settings),
            Event::SettingTried => self.current().bar.inc(1),
            Event::CellFinished { .. } | Event::SweepFinished => self.clear(),
            Event::CellReused { key } => {
                super::say(&format!("{} {}: taken from the interrupted run", key.task, key.model));
            }
        }
    }
}

/// Worker threads: as asked, or one a core.
pub(super) fn threads(options: &ComputeOptions) -> usize {
    options.threads.map_or_else(cores, NonZeroUsize::get)
}
