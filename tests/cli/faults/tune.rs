//! `tune` tables that are refused.

use crate::cli::desk::Desk;
use snapbox::{IntoData, str};

/// The small suite with splits, a split for its NER evaluation, and lines in it and in its stance evaluation.
fn written(ner: &str, stance: &str, message: impl IntoData) {
    let desk = Desk::small();
    let corpus = desk.read("corpus/corpus.toml");
    desk.write("corpus/corpus.toml", corpus + "[splits]\ndev = [\"a\"]\ntest = [\"b\"]\nrest = [\"c\"]\n");
    desk.edit("suite.toml", "windows = {", &format!("{ner}\nwindows = {{"));
    desk.edit("suite.toml", "models = [\"judge\"", &format!("{stance}\nmodels = [\"judge\""));
    desk.refuses("run suite.toml --out out", message);
}

#[test]
fn the_split_that_is_reported() {
    written(
        "split = \"test\"\ntune = { split = \"test\", threshold = [0.0, 0.5] }",
        "",
        str![[r#"
error: suite `suite.toml` line 26: split `test` is tuned on and reported on: a number that is chosen on the documents that it is reported on is refused
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn no_split_to_report_on_and_none_to_tune_on() {
    written(
        "tune = { split = \"dev\", threshold = [0.5] }",
        "tune = { threshold = [0.5] }",
        str![[r#"
error: suite `suite.toml` line 25: an evaluation with `tune` needs a `split` of its own: what is tuned on documents is not reported on them
suite `suite.toml` line 31: `tune` needs a `split`, on whose documents settings are tried
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn nothing_to_try() {
    written(
        "split = \"test\"\ntune = { split = \"dev\" }",
        "split = \"test\"\ntune = { split = \"dev\", rule = [] }",
        str![[r#"
error: suite `suite.toml` line 26: `tune` lists no values of an option to try
suite `suite.toml` line 33: `tune` has a list without a value
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn values_out_of_range_and_options_of_the_other_task() {
    written(
        "split = \"test\"\ntune = { split = \"dev\", threshold = [0, 2], temperature = [0], rule = [\"argmax-hypotheses\"] }",
        "split = \"test\"\ntune = { split = \"dev\", aggregation = [\"max\"], window_rule = [\"context\"], template_weights = [{ favor = [1], against = [1, 1], neutral = [1, 1] }] }",
        str![[r#"
error: suite `suite.toml` line 26: `rule` belongs to task `stance`
suite `suite.toml` line 26: `temperature` must be above 0 (1 leaves the logits as they are)
suite `suite.toml` line 26: `threshold` must be at least 0 and at most 1 (0 drops nothing)
suite `suite.toml` line 33: `aggregation` belongs to task `ner`
suite `suite.toml` line 33: `window_rule` is `mean` or `max` for task `stance`; `context` belongs to task `ner`
suite `suite.toml` line 33: `template_weights` of stance `favor`: 1 weights for 2 templates
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn a_split_that_the_corpus_does_not_have() {
    written(
        "split = \"test\"\ntune = { split = \"train\", threshold = [0.5] }",
        "",
        str![[r#"
error: corpus `small` has no split `train` (dev, rest, test)
hint: name a split of [splits] in the corpus's `corpus.toml`, or leave `split` out

"#]],
    );
}

#[test]
fn a_split_without_gold() {
    written(
        "",
        "split = \"test\"\ntune = { split = \"void\", threshold = [0.5] }",
        str![[r#"
error: corpus `small` has no split `void` (dev, rest, test)
hint: name a split of [splits] in the corpus's `corpus.toml`, or leave `split` out

"#]],
    );
}

#[test]
fn a_threshold_beside_a_fitted_temperature_and_a_word_that_is_no_temperature() {
    written(
        "split = \"test\"\ntune = { split = \"dev\", temperature = \"fit\", threshold = [0.5] }",
        "split = \"test\"\ntune = { split = \"dev\", temperature = \"best\" }",
        str![[r#"
error: suite `suite.toml` line 26: `threshold` cannot be tried where the temperature is fitted, which changes every score after it
suite `suite.toml` line 33: `temperature` is a list of numbers, or "fit"
hint: suites/demo.toml is an example that works

"#]],
    );
}
