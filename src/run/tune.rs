//! Tuning: settings of the decoding are tried on the documents of one split, and the best is used on another's.

use super::calibrate;
use super::cell::{Answered, Request};
use super::evaluation::judge;
use super::observer::{Event, Observer};
use super::parallel::in_order;
use super::plan::{Cell, Labelled, bind};
use crate::metrics::{Forecasts, total};
use crate::suite::{TaskOptions, Tune};
use crate::table::{CalibrationRow, Fit, Role, SweepRow};
use crate::task::ner::NerOptions;
use crate::task::stance::StanceOptions;
use crate::task::{Answer, Scorer, forecasts};
use std::ops::Range;

/// What tuning decided for a cell.
pub(super) struct Tuned {
    /// The answers of the evaluation's own documents, decoded with the chosen setting.
    pub(super) answers: Vec<Answer>,
    /// The untuned setting, then every setting that was tried, in order, then the fitted one.
    pub(super) rows: Vec<SweepRow>,
    /// Calibration on the evaluation's own documents before a temperature was fitted; empty where none was.
    pub(super) unfitted: Vec<CalibrationRow>,
}

/// The documents that were asked, of which the first are the evaluation's own and the rest are for tuning.
struct Sweep<'a> {
    request: &'a Request<'a>,
    answered: &'a Answered,
    /// The evaluation's own documents.
    own: &'a Labelled,
    /// The documents on which settings are tried.
    tuning: &'a Labelled,
}

/// Tries every setting on the documents for tuning and decodes the evaluation's own with the best; of equals, the first. None
/// where a model has no logits.
pub(super) fn choose(
    (request, answered): (&Request<'_>, &Answered),
    (own, tuning): (&Labelled, &Labelled),
    tune: &Tune,
    observer: &dyn Observer,
) -> Option<Tuned> {
    answered.config.as_ref()?;
    let sweep = Sweep { request, answered, own, tuning };
    let settings = tune.settings(request.options);
    observer.notice(&Event::SweepStarted { key: &request.key, settings: settings.len() });
    let try_one = |(): &mut (), at: usize| {
        let value = sweep.on_tuning(&settings[at]);
        observer.notice(&Event::SettingTried);
        Ok::<_, std::convert::Infallible>(value)
    };
    let Ok(values) = in_order(settings.len(), request.threads, || (), try_one);
    let best = first_best(&values);
    let (mut answers, test) = sweep.on_own(&settings[best]);
    let row = |role: Role, options: &TaskOptions, dev: Option<f64>| SweepRow {
        key: request.key.clone(),
        role,
        setting: options.rule(),
        dev,
        test: None,
        chosen: false,
    };
    let untuned = row(Role::Untuned, request.options, sweep.on_tuning(request.options));
    let mut rows = vec![SweepRow { test: sweep.on_own(request.options).1, ..untuned }];
    rows.extend(settings.iter().zip(&values).map(|(options, value)| row(Role::Grid, options, *value)));
    rows[1 + best].test = test;
    let mut unfitted = Vec::new();
    if tune.fit_temperature {
        let options = with_temperature(&settings[best], sweep.fit(&settings[best]));
        unfitted = sweep.calibration(&settings[best], &answers);
        let (fitted, test) = sweep.on_own(&options);
        rows.push(SweepRow { test, ..row(Role::Fitted, &options, sweep.on_tuning(&options)) });
        answers = fitted;
    }
    let chosen = if tune.fit_temperature { rows.len() - 1 } else { 1 + best };
    rows[chosen].chosen = true;
    observer.notice(&Event::SweepFinished);
    Some(Tuned { answers, rows, unfitted })
}

/// Position of the greatest value, of equals the first; an undefined one is below all.
fn first_best(values: &[Option<f64>]) -> usize {
    let mut best = 0;
    for (at, value) in values.iter().enumerate() {
        if value.unwrap_or(f64::NEG_INFINITY) > values[best].unwrap_or(f64::NEG_INFINITY) {
            best = at;
        }
    }
    best
}

impl Sweep<'_> {
    /// The headline metric of a setting on the documents for tuning.
    fn on_tuning(&self, options: &TaskOptions) -> Option<f64> {
        let from = self.own.places.len();
        headline(self.tuning, &self.decode(options, from..self.request.documents.len()), options)
    }

    /// The answers of a setting on the evaluation's own documents, and their headline metric.
    fn on_own(&self, options: &TaskOptions) -> (Vec<Answer>, Option<f64>) {
        let answers = self.decode(options, 0..self.own.places.len());
        let value = headline(self.own, &answers, options);
        (answers, value)
    }

    /// The temperature with the least log loss on the documents for tuning, of entities above any threshold; that of the
    /// options where none has less, or nothing was answered.
    fn fit(&self, options: &TaskOptions) -> f64 {
        let documents = || self.own.places.len()..self.request.documents.len();
        let loss = |temperature: f64| {
            let options = with_temperature(&without_threshold(options), temperature);
            let known = known(self.tuning, &self.decode(&options, documents()), &options);
            known.and_then(|known| known.log_loss()).unwrap_or(f64::INFINITY)
        };
        let found = least(loss);
        let now = temperature(options);
        if loss(found) < loss(now) { found } else { now }
    }

    /// The calibration of answers to the evaluation's own documents.
    fn calibration(&self, options: &TaskOptions, answers: &[Answer]) -> Vec<CalibrationRow> {
        let known = known(self.own, answers, options).ok_or("an answer has no score");
        calibrate::rows(&self.request.key, (options.task(), &options.rule()), known, Fit::Unfitted)
    }

    fn decode(&self, options: &TaskOptions, documents: Range<usize>) -> Vec<Answer> {
        let config = self.answered.config.as_ref().expect("a model with logits has a configuration");
        let model = (config, &self.request.model.labels);
        let task = bind(options, model, self.request.targets, self.request.asked.clone());
        let task = task.expect("the model was asked already, and fits every decoding");
        let (prepared, logits) = (&self.answered.prepared, &self.answered.logits);
        documents.map(|at| task.decode(self.request.documents[at], &prepared[at], &logits[at])).collect()
    }
}

/// Temperatures among which one is fitted, and how exactly: the logarithm of the temperature to a thousandth.
const TEMPERATURES: (f64, f64) = (0.05, 20.0);
const EXACT: f64 = 1e-3;

/// The temperature in 0.05..=20 at which a function has a least value, by golden-section search over the temperature's logarithm
/// (Kiefer 1953), rounded to three decimals. Of several such, one of them.
fn least(loss: impl Fn(f64) -> f64) -> f64 {
    let section = (5.0f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (TEMPERATURES.0.ln(), TEMPERATURES.1.ln());
    let (mut left, mut right) = (high - section * (high - low), low + section * (high - low));
    let (mut at_left, mut at_right) = (loss(left.exp()), loss(right.exp()));
    while high - low > EXACT {
        if at_left <= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - section * (high - low);
            at_left = loss(left.exp());
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + section * (high - low);
            at_right = loss(right.exp());
        }
    }
    (f64::midpoint(low, high).exp() * 1e3).round() / 1e3
}

fn temperature(options: &TaskOptions) -> f64 {
    match options {
        TaskOptions::Ner(options) => options.temperature,
        TaskOptions::Stance(options) => options.temperature,
    }
}

fn with_temperature(options: &TaskOptions, temperature: f64) -> TaskOptions {
    match options.clone() {
        TaskOptions::Ner(options) => TaskOptions::Ner(NerOptions { temperature, ..options }),
        TaskOptions::Stance(options) => TaskOptions::Stance(StanceOptions { temperature, ..options }),
    }
}

fn without_threshold(options: &TaskOptions) -> TaskOptions {
    match options.clone() {
        TaskOptions::Ner(options) => TaskOptions::Ner(NerOptions { threshold: 0.0, ..options }),
        TaskOptions::Stance(options) => TaskOptions::Stance(StanceOptions { threshold: 0.0, ..options }),
    }
}

/// Confidences of answers to the labelled documents, in their order; None where one has none.
fn known(labelled: &Labelled, answers: &[Answer], options: &TaskOptions) -> Option<Forecasts> {
    let scored = scored(labelled, answers);
    forecasts(options.task(), &judge(labelled, &labelled.gold, &scored))
}

/// Answers outside the regions that nobody labelled.
fn scored(labelled: &Labelled, answers: &[Answer]) -> Vec<Answer> {
    let pairs = answers.iter().cloned().zip(labelled.regions());
    pairs.map(|(answer, regions)| answer.outside(regions)).collect()
}

/// The headline metric of answers to the labelled documents, in their order.
fn headline(labelled: &Labelled, answers: &[Answer], options: &TaskOptions) -> Option<f64> {
    let answers = scored(labelled, answers);
    let judged = judge(labelled, &labelled.gold, &answers);
    let scorer = match options {
        TaskOptions::Ner(_) => Scorer::spans(&labelled.corpus.manifest.labels, answers.iter().chain(&labelled.gold)),
        TaskOptions::Stance(_) => Scorer::stances(None),
    };
    let counts = scorer.counts(&judged).expect("the scorer knows every label of these answers");
    let (id, _) = options.task().headline();
    scorer.family().metrics(&total(&counts)).into_iter().find(|metric| metric.id == id)?.value
}

/// A cell as tuning left it: decided by the chosen setting, where one was chosen.
pub(super) fn as_chosen(cell: &Cell, rows: &[SweepRow]) -> Cell {
    let chosen = rows.iter().find(|row| row.chosen).map(|row| row.setting.clone());
    Cell { decided_by: chosen.unwrap_or_else(|| cell.decided_by.clone()), ..cell.clone() }
}

#[cfg(test)]
mod tests {
    use super::{first_best, least};

    #[test]
    fn the_least_value_is_found_inside_and_at_either_end() {
        assert!((least(|t| (t.ln() - 2.5f64.ln()).powi(2)) - 2.5).abs() < 2e-3);
        assert!((least(|t| t) - 0.05).abs() < 2e-3);
        assert!((least(|t| -t) - 20.0).abs() < 2e-2);
    }

    #[test]
    fn the_first_of_the_best_is_chosen_and_an_undefined_value_never_beats_one() {
        assert_eq!(first_best(&[Some(0.2), Some(0.5), Some(0.5), None]), 1);
        assert_eq!(first_best(&[None, Some(0.0), None]), 1);
        assert_eq!(first_best(&[None, None]), 0);
    }
}
