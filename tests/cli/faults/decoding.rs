//! Decoding options that are refused.

use crate::cli::desk::Desk;
use snapbox::{IntoData, str};

/// The small suite with lines in its NER evaluation and in its stance evaluation.
fn written(ner: &str, stance: &str, message: impl IntoData) {
    let desk = Desk::small();
    desk.edit("suite.toml", "windows = {", &format!("{ner}\nwindows = {{"));
    desk.edit("suite.toml", "models = [\"judge\"", &format!("{stance}\nmodels = [\"judge\""));
    desk.refuses("run suite.toml --out out", message);
}

#[test]
fn numbers_out_of_range() {
    written(
        "threshold = 1.5\ntemperature = 0",
        "threshold = -0.1\ntemperature = inf",
        str![[r#"
error: suite `suite.toml` line 26: `temperature` must be above 0 (1 leaves the logits as they are)
suite `suite.toml` line 25: `threshold` must be at least 0 and at most 1 (0 drops nothing)
suite `suite.toml` line 33: `temperature` must be above 0 (1 leaves the logits as they are)
suite `suite.toml` line 32: `threshold` must be at least 0 and at most 1 (0 drops nothing)
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn weights_of_another_shape() {
    written(
        "",
        "template_weights = { favor = [1, 1], against = [1], neutral = [1, 1] }",
        str![[r#"
error: suite `suite.toml` line 31: `template_weights` of stance `against`: 1 weights for 2 templates
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn weights_that_leave_nothing() {
    written(
        "",
        "template_weights = { favor = [1, 1], against = [0, 0], neutral = [1, 1] }",
        str![[r#"
error: suite `suite.toml` line 31: the template weights of stance `against` must be numbers of at least 0, and one of them above 0
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn a_window_rule_about_tokens_for_stances() {
    written(
        "",
        "window_rule = \"context\"",
        str![[r#"
error: suite `suite.toml` line 31: `window_rule` is `mean` or `max` for task `stance`; `context` belongs to task `ner`
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn an_unknown_window_rule() {
    written(
        "window_rule = \"median\"",
        "",
        str![[r#"
error: suite `suite.toml` line 25: unknown variant `median`, expected one of `context`, `mean`, `max`
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn weights_for_names() {
    written(
        "template_weights = { favor = [1], against = [1], neutral = [1] }",
        "",
        str![[r#"
error: suite `suite.toml` line 25: `template_weights` belongs to task `stance`
hint: suites/demo.toml is an example that works

"#]],
    );
}
