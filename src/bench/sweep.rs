//! Settings: the product of what is to be varied.

use crate::engine::{Device, EngineName, Precision, Runtime};
use crate::table::CellKey;
use std::fmt;

/// What is varied; an empty list leaves a model as its suite runs it.
#[derive(Debug, Clone, Default)]
pub struct Sweep {
    /// What runs the forward passes.
    pub engines: Vec<EngineName>,
    /// Where they go on.
    pub devices: Vec<Device>,
    /// In which precision.
    pub precisions: Vec<Precision>,
    /// Worker threads, at least one number of them.
    pub threads: Vec<usize>,
    /// Most tokens of a batch; empty: what the engine likes best.
    pub batch_tokens: Vec<usize>,
}

/// One way to run a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// What runs it, how and where.
    pub runtime: Runtime,
    /// Worker threads.
    pub threads: usize,
    /// Most tokens of a batch; None: what the engine likes best.
    pub batch_tokens: Option<usize>,
}

/// A setting that was not run.
#[derive(Debug, Clone, PartialEq)]
pub struct NotRun {
    /// The cell.
    pub key: CellKey,
    /// How it would have been run; None for a model that never is.
    pub setting: Option<Setting>,
    /// Why not.
    pub reason: String,
}

impl Sweep {
    /// The settings of a model that its suite runs in `usual`: engines outermost, then devices, precisions, threads and batches. What
    /// is asked for twice is there once; f32 always is, for what another precision costs is told against it.
    pub fn settings(&self, usual: Runtime) -> Vec<Setting> {
        let engines = or(&self.engines, usual.engine);
        let devices = or(&self.devices, usual.device);
        let mut precisions = or(&self.precisions, usual.precision);
        if !precisions.contains(&Precision::F32) {
            precisions.insert(0, Precision::F32);
        }
        let batches: Vec<Option<usize>> = match &self.batch_tokens[..] {
            [] => vec![None],
            sizes => sizes.iter().copied().map(Some).collect(),
        };
        let mut settings = Vec::new();
        for &engine in &engines {
            for &device in &devices {
                for &precision in &precisions {
                    let runtime = Runtime { engine, precision, device };
                    for &threads in &self.threads {
                        for &batch_tokens in &batches {
                            let setting = Setting { runtime, threads, batch_tokens };
                            if !settings.contains(&setting) {
                                settings.push(setting);
                            }
                        }
                    }
                }
            }
        }
        settings
    }
}

fn or<T: Copy>(asked: &[T], usual: T) -> Vec<T> {
    if asked.is_empty() { vec![usual] } else { asked.to_vec() }
}

impl fmt::Display for Setting {
    /// `native f32, 2 threads, batches of 512 tokens`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let threads = if self.threads == 1 { "thread" } else { "threads" };
        write!(f, "{}, {} {threads}", self.runtime, self.threads)?;
        self.batch_tokens.map_or(Ok(()), |tokens| write!(f, ", batches of {tokens} tokens"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_the_product_each_once() {
        let sweep = Sweep {
            precisions: vec![Precision::F32, Precision::Bf16],
            threads: vec![1, 2, 1],
            batch_tokens: vec![256, 512],
            ..Sweep::default()
        };
        let settings = sweep.settings(Runtime::default());
        assert_eq!(settings.len(), 8);
        assert_eq!(settings[0].to_string(), "native f32, 1 thread, batches of 256 tokens");
        assert_eq!(settings[7].to_string(), "native bf16, 2 threads, batches of 512 tokens");
    }

    #[test]
    fn what_is_not_varied_is_as_the_suite_says_with_f32_beside_it() {
        let usual = Runtime { engine: EngineName::RustBert, precision: Precision::Bf16, device: Device::Cuda };
        let settings = Sweep { threads: vec![3], ..Sweep::default() }.settings(usual);
        let f32 = Runtime { precision: Precision::F32, ..usual };
        assert_eq!(settings, [f32, usual].map(|runtime| Setting { runtime, threads: 3, batch_tokens: None }));
        assert_eq!(settings[1].to_string(), "rust-bert (cuda) bf16, 3 threads");
    }
}
