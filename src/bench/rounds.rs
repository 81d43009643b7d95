//! Rounds of passes until the numbers are narrow enough.

use super::accuracy::{Accuracy, Against, Answered, Scoring, score};
use super::latency::{Latency, latencies};
use super::pass::{Pass, Returned, differing, of_all, pass};
use super::sweep::{NotRun, Setting};
use super::trial::{Attempt, BenchError, Trial, Work, attempt, scratch};
use crate::engine::peak::peak;
use crate::engine::{EngineName, Runtime};
use crate::run::{Observer, Workload, flips};
use crate::stats::median;
use crate::table::CellKey;
use crate::task::Answer;
use std::path::Path;
use std::time::{Duration, Instant};

/// When passes are enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Widest interval of the median of tokens a second, as a share of it.
    pub width: f64,
    /// The coverage of intervals, in 0..1.
    pub confidence: f64,
    /// Most rounds, at least 1.
    pub rounds: usize,
    /// No round begins after so long.
    pub time: Duration,
    /// Most documents that are asked alone for their latency.
    pub latencies: usize,
}

/// Why no further round was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Every interval is narrow enough.
    Narrow,
    /// All rounds are done.
    Rounds,
    /// The time is spent.
    Time,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Bench {
    /// Each setting of each workload.
    pub measured: Vec<Measured>,
    /// What was asked for and not run.
    pub not_run: Vec<NotRun>,
    /// Rounds that were done.
    pub rounds: usize,
    /// Why there were no more.
    pub stopped: Stopped,
    /// The machine's peak for each number of threads.
    pub peaks: Vec<MachinePeak>,
}

/// What this machine's registers did in f32, see [`peak`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MachinePeak {
    /// Threads at once.
    pub threads: usize,
    /// Operations a second before the first pass.
    pub before: f64,
    /// Operations a second after the last one.
    pub after: f64,
}

/// A setting of a workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Position of the workload.
    pub workload: usize,
    /// The cell.
    pub key: CellKey,
    /// How it was run.
    pub setting: Setting,
    /// Most tokens of a batch.
    pub batch_tokens: usize,
    /// Documents that were asked.
    pub documents: usize,
    /// Windows of them.
    pub windows: usize,
    /// Sequences that are the same as another one, which go forward once.
    pub repeated: usize,
    /// The number of tokens of each sequence that the engine read, special tokens and hypotheses included, no padding; ascending.
    pub lengths: Vec<usize>,
    /// Operations of a pass's matrix products, 2 · m · n · k each, attention's included; None where the engine does not know them.
    pub operations: Option<u64>,
    /// The best that the setting's threads did in registers, in f32 operations a second, before or after the passes.
    pub peak: f64,
    /// The timed passes.
    pub passes: Vec<Pass>,
    /// Documents that were asked alone, on one thread whatever the setting has; shared by settings that differ in threads alone.
    pub latencies: Vec<Latency>,
    /// The most bytes that a process of its own held; None where that is not known.
    pub peak_bytes: Option<u64>,
    /// SHA-256 of the logits of the pass that was scored.
    pub digest: String,
    /// What this pass answered, an answer a document, without what lies where nobody labelled.
    pub answers: Vec<Answer>,
    /// What the answers of that pass are worth; None where nothing has gold.
    pub accuracy: Option<Accuracy>,
    /// What the setting changes; None for the setting that others are held against.
    pub against: Option<Against>,
}

impl Measured {
    /// Real tokens.
    pub fn tokens(&self) -> usize {
        self.lengths.iter().sum()
    }

    /// Real tokens a second of each pass's forward phase.
    pub fn rates(&self) -> Vec<f64> {
        self.passes.iter().map(|pass| self.tokens() as f64 / pass.forward()).collect()
    }
}

/// A trial that is run.
struct Running<'a> {
    work: Work<'a>,
    /// What the pass returned that is scored.
    scored: Returned,
    passes: Vec<Pass>,
}

/// Measures trials. Each is asked once to warm up; what this pass answers is scored. Then rounds follow, each a pass of every trial, so that a
/// machine that gets slower does so for all of them, and each round begins with another one. `memory` gives the most bytes that the
/// trial of that position needs in a process of its own.
///
/// # Errors
/// [`BenchError`] when nothing can be run, a model fails on a document, or a timed pass does not return what was scored.
///
/// # Panics
/// Never: every trial's model was tried.
pub fn measure(
    workloads: &[Workload],
    trials: &[Trial],
    (limits, scoring): (&Limits, &Scoring),
    (memory, observer): (&dyn Fn(usize) -> Option<u64>, &dyn Observer),
) -> Result<Bench, BenchError> {
    let models = load(workloads, trials)?;
    let (mut works, mut not_run) = (Vec::new(), Vec::new());
    for (at, trial) in trials.iter().enumerate() {
        let workload = &workloads[trial.workload];
        let (_, attempt) = models.iter().find(|(of, _)| *of == model_of(trial)).expect("every model was tried");
        match attempt {
            Ok(loaded) => works.push((at, Work { workload, loaded, setting: trial.setting })),
            Err(lack) => {
                let lack = lack.told(workload.key.clone(), trial.setting);
                if !not_run.contains(&lack) {
                    not_run.push(lack);
                }
            }
        }
    }
    if works.is_empty() {
        return Err(BenchError::Nothing(not_run));
    }
    let mut threads: Vec<usize> = works.iter().map(|(_, work)| work.setting.threads).collect();
    threads.sort_unstable();
    threads.dedup();
    let before: Vec<f64> = threads.iter().map(|&threads| peak(threads)).collect();
    let bytes: Vec<Option<u64>> = works.iter().map(|(at, _)| memory(*at)).collect();
    let scratch = scratch()?;
    let mut running = Vec::with_capacity(works.len());
    for (_, work) in &works {
        let scored = pass(work, &format!("{}: warm-up", work.setting), scratch.path(), observer)?;
        if scored.lengths.is_empty() {
            return Err(BenchError::NoTokens { key: work.workload.key.clone() });
        }
        running.push(Running { work: *work, scored, passes: Vec::new() });
    }
    let (rounds, stopped) = all_rounds(&mut running, limits, scratch.path(), observer)?;
    let latencies = all_latencies(&running, limits.latencies)?;
    let after = threads.iter().map(|&threads| peak(threads));
    let peaks = threads.iter().zip(before).zip(after);
    let peaks: Vec<MachinePeak> =
        peaks.map(|((&threads, before), after)| MachinePeak { threads, before, after }).collect();
    let peak_of = |setting: Setting| {
        let own = peaks.iter().filter(|peak| peak.threads == setting.threads);
        own.map(|peak| peak.before.max(peak.after)).fold(0.0, f64::max)
    };
    let answers: Vec<Answered<'_>> = works
        .iter()
        .zip(&running)
        .map(|((at, work), running)| Answered {
            workload: trials[*at].workload,
            setting: work.setting,
            answers: &running.scored.answers,
        })
        .collect();
    let scores = score(&answers, workloads, scoring);
    let all = running.into_iter().zip(&works).zip(latencies).zip(bytes).zip(scores);
    let measured = all.map(|((((running, (at, _)), latencies), peak_bytes), (accuracy, against))| {
        let Running { work, scored, passes } = running;
        Measured {
            workload: trials[*at].workload,
            key: work.workload.key.clone(),
            setting: work.setting,
            batch_tokens: work.batch_tokens(),
            documents: scored.answers.len(),
            answers: scored.answers,
            windows: scored.windows,
            lengths: scored.lengths,
            repeated: scored.repeated,
            operations: scored.operations,
            peak: peak_of(work.setting),
            passes,
            latencies,
            peak_bytes,
            digest: of_all(&scored.digests),
            accuracy,
            against,
        }
    });
    let measured = measured.collect();
    Ok(Bench { measured, not_run, rounds, stopped, peaks })
}

/// What of a trial decides which weights are loaded.
fn model_of(trial: &Trial) -> (usize, Runtime) {
    (trial.workload, trial.setting.runtime)
}

/// Models by what decides which weights are loaded.
type Models = Vec<((usize, Runtime), Attempt)>;

/// Every workload's model in every runtime, once.
fn load(workloads: &[Workload], trials: &[Trial]) -> Result<Models, BenchError> {
    let mut models = Models::new();
    for trial in trials {
        if !models.iter().any(|(of, _)| *of == model_of(trial)) {
            models.push((model_of(trial), attempt(&workloads[trial.workload], trial.setting)?));
        }
    }
    Ok(models)
}

fn all_rounds(
    running: &mut [Running<'_>],
    limits: &Limits,
    scratch: &Path,
    observer: &dyn Observer,
) -> Result<(usize, Stopped), BenchError> {
    let begun = Instant::now();
    for round in 1..=limits.rounds {
        for place in 0..running.len() {
            let at = (place + round - 1) % running.len();
            let one = &mut running[at];
            let name = format!("{}: round {round}", one.work.setting);
            let returned = pass(&one.work, &name, scratch, observer)?;
            let pass = held(one, &returned, (round, place + 1))?;
            one.passes.push(pass);
        }
        if running.iter().all(|one| narrow(one, limits)) {
            return Ok((round, Stopped::Narrow));
        }
        if begun.elapsed() >= limits.time && round < limits.rounds {
            return Ok((round, Stopped::Time));
        }
    }
    Ok((limits.rounds, Stopped::Rounds))
}

/// A pass held against the one that is scored.
fn held(one: &Running<'_>, returned: &Returned, (round, place): (usize, usize)) -> Result<Pass, BenchError> {
    let Work { workload, setting, .. } = one.work;
    let other_bits = verify((workload, setting), (&one.scored.digests, &returned.digests), round)?;
    Ok(Pass {
        round,
        place,
        seconds: returned.seconds,
        digest: of_all(&returned.digests),
        other_bits,
        flips: flips(&one.scored.answers, &returned.answers).iter().sum(),
    })
}

/// The number of documents whose digests are not those that were scored. Only of an engine that does not promise the same bits for the same
/// batches may it be above 0.
fn verify(
    (workload, setting): (&Workload, Setting),
    (scored, timed): (&[String], &[String]),
    round: usize,
) -> Result<usize, BenchError> {
    let other = differing(scored, timed);
    match other.first() {
        Some(&first) if setting.runtime.engine == EngineName::Native => Err(BenchError::Unequal {
            model: workload.key.model.clone(),
            setting,
            round,
            document: workload.material.documents[first].id.clone(),
            others: other.len() - 1,
        }),
        _ => Ok(other.len()),
    }
}

/// True when a setting's interval is narrow enough, from enough passes.
fn narrow(one: &Running<'_>, limits: &Limits) -> bool {
    // As wide as the interval of tokens a second, whose number is the same in every pass.
    let rates: Vec<f64> = one.passes.iter().map(|pass| 1.0 / pass.forward()).collect();
    median(&rates, limits.confidence)
        .is_some_and(|median| median.coverage >= limits.confidence && median.width() <= limits.width)
}

/// The latencies of each setting: of those that differ in threads alone, the first one's.
fn all_latencies(running: &[Running<'_>], most: usize) -> Result<Vec<Vec<Latency>>, BenchError> {
    let mut all: Vec<Vec<Latency>> = Vec::with_capacity(running.len());
    for (at, one) in running.iter().enumerate() {
        let same = |other: &&Running<'_>| {
            std::ptr::eq(other.work.loaded, one.work.loaded)
                && other.work.setting.batch_tokens == one.work.setting.batch_tokens
        };
        let known = running[..at].iter().position(|other| same(&other));
        let own = known.map_or_else(|| latencies(&one.work, most), |known| Ok(all[known].clone()))?;
        all.push(own);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Document;
    use crate::run::Material;
    use crate::suite::{ModelEntry, TaskOptions};
    use crate::task::TaskName;
    use std::sync::Arc;

    #[test]
    fn a_timed_pass_that_returns_other_bits_fails_the_bench_and_is_named() {
        let document = |id: &str| Document { id: id.to_owned(), text: "a".to_owned() };
        let material = Material {
            source: "documents.jsonl".into(),
            leading: 3,
            documents: ["a", "b", "c"].map(document).into(),
            gold: vec![None; 3],
            regions: vec![Vec::new(); 3],
            targets: Vec::new(),
            asked: std::collections::BTreeMap::new(),
            labels: Vec::new(),
        };
        let workload = Workload {
            key: CellKey { task: "ner".to_owned(), corpus: "c".to_owned(), model: "tagger".to_owned() },
            model: ModelEntry::of_folder(Path::new("models/tagger")),
            options: TaskOptions::defaults(TaskName::Ner),
            material: Arc::new(material),
        };
        let of = |digests: [&str; 3]| digests.map(str::to_owned);
        let (scored, other) = (of(["1", "2", "3"]), of(["1", "x", "y"]));
        let setting = Setting { runtime: Runtime::default(), threads: 2, batch_tokens: None };
        assert!(matches!(verify((&workload, setting), (&scored, &scored), 4), Ok(0)));
        let error = verify((&workload, setting), (&scored, &other), 4).expect_err("native promises bits").to_string();
        assert_eq!(
            error,
            "model `tagger`, native f32, 2 threads: round 4 returned other logits for document `b` than the pass that was scored, and for 1 more"
        );
        let runtime = Runtime { engine: EngineName::RustBert, ..Runtime::default() };
        assert!(matches!(verify((&workload, Setting { runtime, ..setting }), (&scored, &other), 4), Ok(2)));
    }
}
