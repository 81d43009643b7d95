//! Tuning: settings of the decoding are tried on the documents of one split, and the best is used on another's.

use super::cell::{Answered, Request};
use super::observer::{Event, Observer};
use super::parallel::in_order;
use super::plan::{Cell, Labelled, bind};
use crate::corpus::Document;
use crate::metrics::total;
use crate::suite::{TaskOptions, Tune};
use crate::table::{Role, SweepRow};
use crate::task::{Answer, Judged, Scorer};
use std::ops::Range;

/// What tuning decided for a cell.
pub(super) struct Tuned {
    /// The answers of the evaluation's own documents, decoded with the chosen setting.
    pub(super) answers: Vec<Answer>,
    /// The untuned setting, then every setting that was tried, in order.
    pub(super) rows: Vec<SweepRow>,
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
    let (answers, test) = sweep.on_own(&settings[best]);
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
    rows[1 + best].chosen = true;
    rows[1 + best].test = test;
    observer.notice(&Event::SweepFinished);
    Some(Tuned { answers, rows })
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
        headline(self.tuning, self.decode(options, from..self.request.documents.len()), options)
    }

    /// The answers of a setting on the evaluation's own documents, and their headline metric.
    fn on_own(&self, options: &TaskOptions) -> (Vec<Answer>, Option<f64>) {
        let answers = self.decode(options, 0..self.own.places.len());
        let value = headline(self.own, answers.clone(), options);
        (answers, value)
    }

    fn decode(&self, options: &TaskOptions, documents: Range<usize>) -> Vec<Answer> {
        let config = self.answered.config.as_ref().expect("a model with logits has a configuration");
        let task = bind(options, config, self.request.targets, self.request.asked.clone());
        let task = task.expect("the model was asked already, and fits every decoding");
        let (prepared, logits) = (&self.answered.prepared, &self.answered.logits);
        documents.map(|at| task.decode(self.request.documents[at], &prepared[at], &logits[at])).collect()
    }
}

/// The headline metric of answers to the labelled documents, in their order.
fn headline(labelled: &Labelled, answers: Vec<Answer>, options: &TaskOptions) -> Option<f64> {
    let answers: Vec<Answer> =
        answers.into_iter().zip(labelled.regions()).map(|(answer, regions)| answer.outside(regions)).collect();
    let documents: Vec<&Document> = labelled.documents();
    let judged = documents.iter().zip(&labelled.gold).zip(&answers);
    let judged: Vec<Judged<'_>> =
        judged.map(|((document, gold), predicted)| Judged { document, gold, predicted }).collect();
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
    use super::first_best;

    #[test]
    fn the_first_of_the_best_is_chosen_and_an_undefined_value_never_beats_one() {
        assert_eq!(first_best(&[Some(0.2), Some(0.5), Some(0.5), None]), 1);
        assert_eq!(first_best(&[None, Some(0.0), None]), 1);
        assert_eq!(first_best(&[None, None]), 0);
    }
}
