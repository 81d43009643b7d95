//! What was measured, as rows of tables.

use super::accuracy::Value;
use super::rounds::{Bench, Measured};
use crate::stats::{Median, median, outliers, quantile};
use crate::table::{BenchRow, LatencyRow, PASS_PHASES, PassRow};

/// Documents that a cost is given for.
const MILLION: f64 = 1e6;
const SECONDS_PER_HOUR: f64 = 3600.0;

/// The tables of a bench.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// A row a setting, numbered from 1 in their order.
    pub settings: Vec<BenchRow>,
    /// A row a timed pass, from which every rate follows.
    pub passes: Vec<PassRow>,
    /// A row a document that was asked alone.
    pub latencies: Vec<LatencyRow>,
}

impl Bench {
    /// The tables, with intervals of the coverage that is asked for, where there are passes enough, and costs at a price an hour.
    pub fn rows(&self, confidence: f64, price_per_hour: Option<f64>) -> Rows {
        let numbered = || (1..).zip(&self.measured);
        Rows {
            settings: numbered().map(|one| setting(one, confidence, price_per_hour)).collect(),
            passes: numbered().flat_map(passes).collect(),
            latencies: numbered().flat_map(latencies).collect(),
        }
    }
}

fn setting((number, one): (usize, &Measured), confidence: f64, price_per_hour: Option<f64>) -> BenchRow {
    let of = |values: Vec<f64>| median(&values, confidence).expect("there is a pass");
    let tokens = of(one.rates());
    let documents: Median = of(one.passes.iter().map(|pass| one.documents as f64 / pass.total()).collect());
    let seconds: [f64; PASS_PHASES.len()] =
        std::array::from_fn(|phase| of(one.passes.iter().map(|pass| pass.seconds[phase]).collect()).value);
    let passes_per_second = tokens.value / one.tokens() as f64;
    let operations_per_second = one.operations.map(|operations| operations as f64 * passes_per_second);
    let mut alone: Vec<f64> = one.latencies.iter().map(|latency| latency.seconds).collect();
    let accuracy = one.accuracy.as_ref();
    let value = accuracy.and_then(|accuracy| accuracy.value);
    let against = one.against.as_ref();
    let difference = against.and_then(|against| against.difference);
    let runtime = one.setting.runtime;
    let most = |of: fn(&super::Pass) -> usize| one.passes.iter().map(of).max().unwrap_or_default();
    BenchRow {
        setting: number,
        key: one.key.clone(),
        engine: runtime.engine.to_string(),
        device: runtime.device.to_string(),
        precision: runtime.precision.to_string(),
        threads: one.setting.threads,
        batch_tokens: one.batch_tokens,
        documents: one.documents,
        windows: one.windows,
        sequences: one.lengths.len(),
        repeated: one.repeated,
        tokens: one.tokens(),
        passes: one.passes.len(),
        seconds,
        tokens_per_second: tokens.value,
        tokens_per_second_low: tokens.low,
        tokens_per_second_high: tokens.high,
        coverage: tokens.coverage,
        outliers: outliers(&one.rates()),
        windows_per_second: one.windows as f64 * passes_per_second,
        sequences_per_second: one.lengths.len() as f64 * passes_per_second,
        documents_per_second: documents.value,
        documents_per_second_low: documents.low,
        documents_per_second_high: documents.high,
        latency_documents: alone.len(),
        latency_p50_s: quantile(&mut alone, 0.5),
        latency_p95_s: quantile(&mut alone, 0.95),
        latency_p99_s: quantile(&mut alone, 0.99),
        peak_bytes: one.peak_bytes,
        operations: one.operations,
        operations_per_second,
        peak_operations_per_second: one.peak,
        share_of_peak: operations_per_second.map(|operations| operations / one.peak),
        cost_per_million_documents: price_per_hour.map(|price| price * MILLION / documents.value / SECONDS_PER_HOUR),
        metric: accuracy.map(|accuracy| accuracy.id.clone()),
        signature: accuracy.map(|accuracy| accuracy.signature.clone()),
        scored_documents: accuracy.map_or(0, |accuracy| accuracy.documents),
        accuracy: value.map(|value: Value| value.value),
        accuracy_low: value.map(|value| value.low),
        accuracy_high: value.map(|value| value.high),
        against: against.map(|against| against.other + 1),
        answers: against.map(|against| against.answers),
        flips: against.map(|against| against.flips),
        flipped_documents: against.map(|against| against.documents),
        difference: difference.map(|value| value.value),
        difference_low: difference.map(|value| value.low),
        difference_high: difference.map(|value| value.high),
        digest: one.digest.clone(),
        other_bits: most(|pass| pass.other_bits),
        pass_flips: most(|pass| pass.flips),
    }
}

fn passes((setting, one): (usize, &Measured)) -> Vec<PassRow> {
    let far = outliers(&one.rates());
    let row = |(pass, rate): (&super::Pass, f64)| PassRow {
        setting,
        round: pass.round,
        place: pass.place,
        seconds: pass.seconds,
        documents: one.documents,
        windows: one.windows,
        sequences: one.lengths.len(),
        tokens: one.tokens(),
        outlier: far.contains(&rate),
        digest: pass.digest.clone(),
        other_bits: pass.other_bits,
        flips: pass.flips,
    };
    one.passes.iter().zip(one.rates()).map(row).collect()
}

fn latencies((setting, one): (usize, &Measured)) -> Vec<LatencyRow> {
    let row =
        |latency: &super::Latency| LatencyRow { setting, document: latency.document.clone(), seconds: latency.seconds };
    one.latencies.iter().map(row).collect()
}
