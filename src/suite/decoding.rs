//! How answers are decoded, as written: options of one task each, with their ranges.

use super::TaskOptions;
use super::written::Notes;
use crate::task::ner::{Aggregation, NerOptions, TokenRule};
use crate::task::stance::{Hypotheses, Rule, StanceOptions, TemplateWeights, WindowRule};
use crate::task::{TaskName, WindowOptions};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// `window_rule`, whose values depend on the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WrittenWindowRule {
    Context,
    Mean,
    Max,
}

impl WrittenWindowRule {
    /// For tokens.
    pub(super) fn of_tokens(self) -> TokenRule {
        match self {
            Self::Context => TokenRule::Context,
            Self::Mean => TokenRule::Mean,
            Self::Max => TokenRule::Max,
        }
    }

    /// For stances; None for a rule about tokens.
    pub(super) fn of_stances(self) -> Option<WindowRule> {
        match self {
            Self::Context => None,
            Self::Mean => Some(WindowRule::Mean),
            Self::Max => Some(WindowRule::Max),
        }
    }
}

/// What is wrong with a rule about tokens in a stance task.
pub(super) const TOKENS_ONLY: &str =
    "`window_rule` is `mean` or `max` for task `stance`; `context` belongs to task `ner`";

/// The decoding of an evaluation.
pub(super) struct WrittenDecoding<'a> {
    pub(super) task: TaskName,
    pub(super) windows: Option<&'a Spanned<WindowOptions>>,
    pub(super) aggregation: Option<&'a Spanned<Aggregation>>,
    pub(super) hypotheses: Option<&'a Spanned<Hypotheses>>,
    pub(super) template_weights: Option<&'a Spanned<TemplateWeights>>,
    pub(super) rule: Option<&'a Spanned<Rule>>,
    pub(super) window_rule: Option<&'a Spanned<WrittenWindowRule>>,
    pub(super) temperature: Option<&'a Spanned<f64>>,
    pub(super) threshold: Option<&'a Spanned<f64>>,
}

/// Checks the options of a task, and that none of another task stands among them.
pub(super) fn options(written: &WrittenDecoding<'_>, notes: &mut Notes<'_>) -> TaskOptions {
    let windows = written.windows.map(|spanned| *spanned.get_ref()).unwrap_or_default();
    let temperature = number(written.temperature, 1.0, temperature_fault, notes);
    let threshold = number(written.threshold, 0.0, threshold_fault, notes);
    let options = match written.task {
        TaskName::Ner => {
            foreign("hypotheses", place(written.hypotheses), "stance", notes);
            foreign("template_weights", place(written.template_weights), "stance", notes);
            foreign("rule", place(written.rule), "stance", notes);
            let aggregation = chosen(written.aggregation);
            let window_rule = written.window_rule.map(|rule| rule.get_ref().of_tokens()).unwrap_or_default();
            TaskOptions::Ner(NerOptions { aggregation, window_rule, temperature, threshold, windows })
        }
        TaskName::Stance => {
            foreign("aggregation", place(written.aggregation), "ner", notes);
            let hypotheses = chosen(written.hypotheses);
            if let Some(weights) = written.template_weights {
                weights_fit(weights.get_ref(), &hypotheses, weights.span(), notes);
            }
            let window_rule = written.window_rule.and_then(|rule| {
                let of_stances = rule.get_ref().of_stances();
                if of_stances.is_none() {
                    notes.add(rule.span(), TOKENS_ONLY);
                }
                of_stances
            });
            TaskOptions::Stance(StanceOptions {
                hypotheses,
                template_weights: written.template_weights.map(|weights| weights.get_ref().clone()),
                rule: chosen(written.rule),
                window_rule: window_rule.unwrap_or_default(),
                temperature,
                threshold,
                windows,
            })
        }
    };
    if let (Some(tokens), Some(overlap)) = (windows.max_tokens, windows.overlap)
        && overlap >= tokens
    {
        let what = format!("windows of {tokens} tokens cannot overlap by {overlap}");
        notes.add(place(written.windows).unwrap_or_default(), what);
    }
    options
}

/// Notes an option that belongs to another task.
pub(super) fn foreign(key: &str, place: Option<Range<usize>>, owner: &str, notes: &mut Notes<'_>) {
    if let Some(place) = place {
        notes.add(place, format!("`{key}` belongs to task `{owner}`"));
    }
}

/// Where a value stands.
pub(super) fn place<T>(written: Option<&Spanned<T>>) -> Option<Range<usize>> {
    written.map(Spanned::span)
}

/// Notes weights that have not the shape of the templates.
pub(super) fn weights_fit(
    weights: &TemplateWeights,
    hypotheses: &Hypotheses,
    place: Range<usize>,
    notes: &mut Notes<'_>,
) {
    if let Some((stance, templates, weights)) = weights.misfit(hypotheses) {
        let what = format!("`template_weights` of stance `{stance}`: {weights} weights for {templates} templates");
        notes.add(place, what);
    }
}

/// What is wrong with a temperature.
pub(super) fn temperature_fault(value: f64) -> Option<&'static str> {
    let sound = value.is_finite() && value > 0.0;
    (!sound).then_some("`temperature` must be above 0 (1 leaves the logits as they are)")
}

/// What is wrong with a threshold.
pub(super) fn threshold_fault(value: f64) -> Option<&'static str> {
    (!(0.0..=1.0).contains(&value)).then_some("`threshold` must be at least 0 and at most 1 (0 drops nothing)")
}

fn number(
    written: Option<&Spanned<f64>>,
    default: f64,
    fault: fn(f64) -> Option<&'static str>,
    notes: &mut Notes<'_>,
) -> f64 {
    let Some(spanned) = written else { return default };
    if let Some(what) = fault(*spanned.get_ref()) {
        notes.add(spanned.span(), what);
    }
    *spanned.get_ref()
}

fn chosen<T: Clone + Default>(written: Option<&Spanned<T>>) -> T {
    written.map_or_else(T::default, |spanned| spanned.get_ref().clone())
}
