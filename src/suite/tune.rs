//! `tune`: settings of the decoding that are tried on one split and reported on another.

use super::TaskOptions;
use super::decoding::{
    TOKENS_ONLY, WrittenWindowRule, foreign, place, temperature_fault, threshold_fault, weights_fit,
};
use super::written::Notes;
use crate::task::ner::{Aggregation, TokenRule};
use crate::task::stance::{Rule, TemplateWeights, WindowRule};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use toml::Spanned;

/// What is tried on the documents of one split, so that the best is used on the evaluation's own.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tune {
    /// The split whose documents decide; never the evaluation's own.
    pub split: String,
    /// The options that are tried, in the order written, each with its values in the order written.
    pub grid: Vec<Vec<Choice>>,
    /// Whether a temperature is fitted for the best setting, by log loss on the same documents.
    pub fit_temperature: bool,
}

/// A value of one option.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// How tokens become entities.
    Aggregation(Aggregation),
    /// What becomes of a token of several windows.
    #[serde(rename = "window_rule")]
    TokenRule(TokenRule),
    /// From inference probabilities to a score by stance.
    Rule(Rule),
    /// From windows to the document.
    WindowRule(WindowRule),
    /// How much templates count.
    TemplateWeights(TemplateWeights),
    /// What logits are divided by.
    Temperature(f64),
    /// The least score.
    Threshold(f64),
}

impl Choice {
    fn apply(&self, options: &mut TaskOptions) {
        match (options, self) {
            (TaskOptions::Ner(options), Self::Aggregation(value)) => options.aggregation = *value,
            (TaskOptions::Ner(options), Self::TokenRule(value)) => options.window_rule = *value,
            (TaskOptions::Ner(options), Self::Temperature(value)) => options.temperature = *value,
            (TaskOptions::Ner(options), Self::Threshold(value)) => options.threshold = *value,
            (TaskOptions::Stance(options), Self::Rule(value)) => options.rule = *value,
            (TaskOptions::Stance(options), Self::WindowRule(value)) => options.window_rule = *value,
            (TaskOptions::Stance(options), Self::TemplateWeights(value)) => {
                options.template_weights = Some(value.clone());
            }
            (TaskOptions::Stance(options), Self::Temperature(value)) => options.temperature = *value,
            (TaskOptions::Stance(options), Self::Threshold(value)) => options.threshold = *value,
            // A checked suite has choices of the evaluation's own task only.
            _ => debug_assert!(false, "a choice of another task"),
        }
    }
}

impl Tune {
    /// Every setting, as options that are `base` but for it: the option that is written last changes fastest.
    pub fn settings(&self, base: &TaskOptions) -> Vec<TaskOptions> {
        let mut settings = vec![base.clone()];
        for choices in &self.grid {
            let chosen = |options: &TaskOptions, choice: &Choice| {
                let mut options = options.clone();
                choice.apply(&mut options);
                options
            };
            settings = settings.iter().flat_map(|s| choices.iter().map(move |choice| chosen(s, choice))).collect();
        }
        settings
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenTune {
    split: Option<Spanned<String>>,
    aggregation: Option<Spanned<Vec<Aggregation>>>,
    rule: Option<Spanned<Vec<Rule>>>,
    window_rule: Option<Spanned<Vec<WrittenWindowRule>>>,
    template_weights: Option<Spanned<Vec<TemplateWeights>>>,
    temperature: Option<Spanned<toml::Value>>,
    threshold: Option<Spanned<Vec<f64>>>,
}

/// An option's place in the file, and its values.
type Axis = (Range<usize>, Vec<Choice>);

/// Checks a `tune` table against the evaluation that it stands in, which reports on `split`.
pub(super) fn tune(
    written: &Spanned<WrittenTune>,
    (base, split): (&TaskOptions, Option<&str>),
    notes: &mut Notes<'_>,
) -> Tune {
    let place = written.span();
    let written = written.get_ref();
    let tuned = written.split.as_ref().map(|split| split.get_ref().as_str());
    match (tuned, split) {
        (None, _) => notes.add(place.clone(), "`tune` needs a `split`, on whose documents settings are tried"),
        (Some(_), None) => notes.add(
            place.clone(),
            "an evaluation with `tune` needs a `split` of its own: what is tuned on documents is not reported on them",
        ),
        (Some(tuned), Some(split)) if tuned == split => {
            let at = written.split.as_ref().map_or(place.clone(), Spanned::span);
            let what = format!(
                "split `{split}` is tuned on and reported on: a number that is chosen on the documents that it is reported on is refused"
            );
            notes.add(at, what);
        }
        _ => {}
    }
    let mut axes = match base {
        TaskOptions::Ner(_) => of_names(written, notes),
        TaskOptions::Stance(options) => of_stances(written, &options.hypotheses, notes),
    };
    let fit_temperature = written.temperature.as_ref().is_some_and(|value| value.get_ref().as_str() == Some("fit"));
    if let Some(value) = written.temperature.as_ref().filter(|_| !fit_temperature) {
        axes.extend(temperatures(value, notes));
    }
    if let Some(list) = written.threshold.as_ref().filter(|_| fit_temperature) {
        notes.add(
            list.span(),
            "`threshold` cannot be tried where the temperature is fitted, which changes every score after it",
        );
    }
    axes.extend(written.threshold.as_ref().map(|l| numbers(l, Choice::Threshold, threshold_fault, notes)));
    for (place, _) in axes.iter().filter(|(_, choices)| choices.is_empty()) {
        notes.add(place.clone(), "`tune` has a list without a value");
    }
    if axes.is_empty() && written.temperature.is_none() {
        notes.add(place, "`tune` lists no values of an option to try");
    }
    axes.sort_by_key(|(place, _)| place.start);
    let grid = axes.into_iter().map(|(_, choices)| choices).collect();
    Tune { split: tuned.unwrap_or_default().to_owned(), grid, fit_temperature }
}

fn of_names(written: &WrittenTune, notes: &mut Notes<'_>) -> Vec<Axis> {
    foreign("rule", place(written.rule.as_ref()), "stance", notes);
    foreign("template_weights", place(written.template_weights.as_ref()), "stance", notes);
    let aggregation = written.aggregation.as_ref().map(|list| axis(list, |value| Choice::Aggregation(*value)));
    let rule = written.window_rule.as_ref().map(|list| axis(list, |value| Choice::TokenRule(value.of_tokens())));
    aggregation.into_iter().chain(rule).collect()
}

fn of_stances(written: &WrittenTune, hypotheses: &crate::task::stance::Hypotheses, notes: &mut Notes<'_>) -> Vec<Axis> {
    foreign("aggregation", place(written.aggregation.as_ref()), "ner", notes);
    let mut axes: Vec<Axis> = Vec::new();
    axes.extend(written.rule.as_ref().map(|list| axis(list, |value| Choice::Rule(*value))));
    if let Some(list) = &written.window_rule {
        let rules: Option<Vec<Choice>> =
            list.get_ref().iter().map(|rule| rule.of_stances().map(Choice::WindowRule)).collect();
        match rules {
            Some(rules) => axes.push((list.span(), rules)),
            None => notes.add(list.span(), TOKENS_ONLY),
        }
    }
    if let Some(list) = &written.template_weights {
        for weights in list.get_ref() {
            weights_fit(weights, hypotheses, list.span(), notes);
        }
        axes.push(axis(list, |value| Choice::TemplateWeights(value.clone())));
    }
    axes
}

fn axis<T>(list: &Spanned<Vec<T>>, choice: impl Fn(&T) -> Choice) -> Axis {
    (list.span(), list.get_ref().iter().map(choice).collect())
}

/// `temperature` as a list of numbers; None where it is something else, which is noted.
fn temperatures(value: &Spanned<toml::Value>, notes: &mut Notes<'_>) -> Option<Axis> {
    let number = |value: &toml::Value| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    let list: Option<Vec<f64>> = value.get_ref().as_array().and_then(|list| list.iter().map(number).collect());
    let Some(list) = list else {
        notes.add(value.span(), "`temperature` is a list of numbers, or \"fit\"");
        return None;
    };
    Some(numbers(&Spanned::new(value.span(), list), Choice::Temperature, temperature_fault, notes))
}

fn numbers(
    list: &Spanned<Vec<f64>>,
    choice: fn(f64) -> Choice,
    fault: fn(f64) -> Option<&'static str>,
    notes: &mut Notes<'_>,
) -> Axis {
    if let Some(what) = list.get_ref().iter().find_map(|value| fault(*value)) {
        notes.add(list.span(), what);
    }
    axis(list, |value| choice(*value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::TaskName;

    #[test]
    fn the_option_that_is_written_last_changes_fastest() {
        let grid = vec![
            vec![Choice::Threshold(0.0), Choice::Threshold(0.5)],
            vec![Choice::Aggregation(Aggregation::First), Choice::Aggregation(Aggregation::Max)],
        ];
        let tune = Tune { split: "dev".to_owned(), grid, fit_temperature: false };
        let rules: Vec<String> =
            tune.settings(&TaskOptions::defaults(TaskName::Ner)).iter().map(TaskOptions::rule).collect();
        assert_eq!(rules, ["first", "max", "first,threshold=0.5", "max,threshold=0.5"]);
    }
}
