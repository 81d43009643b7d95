//! Progress bars on stderr. Where stderr is no terminal, nothing is drawn.

use super::arguments::ComputeOptions;
use super::machine::cores;
use crate::report::number;
use crate::run::{Event, Observer};
use indicatif::{ProgressBar, ProgressStyle};
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
    tokens: usize,
}

impl Current {
    fn over(bar: ProgressBar, documents: usize) -> Self {
        Self { bar, done: 0, documents, tokens: 0 }
    }

    /// Documents, and tokens a second where any go forward.
    fn tell(&self) {
        let seconds = self.bar.elapsed().as_secs_f64();
        let rate = (self.tokens > 0 && seconds > 0.0).then(|| (self.tokens as f64 / seconds).round() as usize);
        let rate = rate.map(|rate| format!(", {} tokens/s", number(rate))).unwrap_or_default();
        self.bar.set_message(format!("{}/{} documents{rate}", number(self.done), number(self.documents)));
    }
}

impl Bars {
    pub(super) fn new() -> Self {
        Self { bar: Mutex::new(Current::over(ProgressBar::hidden(), 0)) }
    }

    /// Begins a bar over `work`, of which each batch does some.
    pub(super) fn start(&self, name: String, documents: usize, work: usize) {
        let style = ProgressStyle::with_template("{prefix} {bar:30} {percent:>3}% {msg} {eta} left");
        let style = style.expect("the template is well formed");
        let current = Current::over(ProgressBar::new(work as u64).with_style(style).with_prefix(name), documents);
        current.tell();
        *self.current() = current;
    }

    /// Begins a bar over settings of the decoding.
    fn sweep(&self, name: &str, settings: usize) {
        let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} settings {eta} left");
        let style = style.expect("the template is well formed");
        let bar = ProgressBar::new(settings as u64).with_style(style).with_prefix(name.to_owned());
        *self.current() = Current::over(bar, 0);
    }

    /// Says how many documents were read; how many there are is not known.
    fn check(&self, documents: usize) {
        let mut current = self.current();
        if current.bar.is_hidden() || current.bar.is_finished() {
            *current = Current::over(ProgressBar::new_spinner(), 0);
        }
        current.bar.set_message(format!("reading: {} documents", number(documents)));
        current.bar.tick();
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
            Event::Checked { documents } => self.check(*documents),
            Event::CellStarted { key, documents, work } => {
                self.clear();
                self.start(format!("{} {}", key.task, key.model), *documents, *work);
            }
            Event::Batch { tokens, work } => {
                let mut current = self.current();
                current.tokens += tokens;
                current.bar.inc(*work as u64);
                current.tell();
            }
            Event::Answered { documents } => {
                let mut current = self.current();
                current.done += documents;
                current.tell();
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
