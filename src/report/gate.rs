//! A gate's judgement as text, Markdown, JSON and JUnit XML.

use super::answer::{open, p_value};
use super::compare::{Style, changes, metric_json, signed_interval, value};
use super::{Grid, number};
use crate::compare::{Check, Judgement, Outcome};
use crate::stats::Verdict;
use std::fmt::Write;

/// The judgement for people: a terminal, or a comment on a pull request.
pub fn judgement(judgement: &Judgement, style: Style) -> String {
    let mut out = String::new();
    let title = match judgement.outcome() {
        Outcome::Passed => "Gate passed",
        Outcome::Warned => "Gate passed, with a warning",
        Outcome::Stopped => "Gate stopped: not settled",
        Outcome::Failed => "Gate failed",
    };
    out.push_str(&style.heading(2, &format!("{title}: {} against baseline {}", judgement.run, judgement.baseline)));
    let mut grid = Grid::new(["", "what", "run", "baseline", "difference", "p (Holm)", "margin", "verdict"]).left(2);
    for check in &judgement.checks {
        let contrast = check.pair.difference.contrast;
        let key = &check.key;
        grid.row([
            mark(check.outcome).to_owned(),
            format!("{} on {}: {} of {}", key.task, key.corpus, check.requirement.metric, key.model),
            value(check.pair.candidate),
            value(check.pair.baseline),
            contrast.as_ref().map_or("—".to_owned(), signed_interval),
            check.pair.difference.p_holm.map_or("—".to_owned(), p_value),
            format!("±{}", check.requirement.margin),
            contrast.map_or("—".to_owned(), |contrast| contrast.verdict.to_string()),
        ]);
    }
    out.push_str(&style.grid(&grid));
    out.push('\n');
    for check in &judgement.checks {
        let _ = writeln!(out, "- {} {}", mark(check.outcome), why(check));
    }
    for warning in &judgement.warnings {
        let _ = writeln!(out, "- warn {}", style.plain(warning));
    }
    for note in &judgement.notes {
        let _ = writeln!(out, "- note {}", style.plain(note));
    }
    for (key, differ) in judgement.changes.iter().filter(|(_, differ)| !differ.is_empty()) {
        let title = format!("\n**What went in that differs**, {} on {}, `{}`:\n", key.task, key.corpus, key.model);
        let _ = writeln!(out, "{}", style.plain(&title));
        out.push_str(&style.grid(&changes(differ)));
    }
    let bootstrap = judgement.how.bootstrap;
    let _ = writeln!(
        out,
        "\n{:.0} % intervals from {} resamples of the documents; baseline of {}.",
        bootstrap.confidence * 100.0,
        number(bootstrap.replicates as usize),
        judgement.blessed,
    );
    out
}

fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "pass",
        Outcome::Warned => "warn",
        Outcome::Stopped => "stop",
        Outcome::Failed => "FAIL",
    }
}

/// A check in a sentence.
fn why(check: &Check) -> String {
    let (metric, model) = (&check.requirement.metric, &check.key.model);
    let what = format!("{metric} of {model}");
    let mut floor = String::new();
    if let (Some(asked), Some(value)) = (check.requirement.floor, check.pair.candidate) {
        if value < asked {
            return format!("{what}: {value:.3} is below the floor of {asked}");
        }
        floor = format!("; above the floor of {asked}");
    }
    let Some(contrast) = check.pair.difference.contrast else { return format!("{what}: undefined") };
    let margin = check.requirement.margin;
    match contrast.verdict {
        Verdict::Regressed => format!("{what}: worse by more than the margin of {margin}{floor}"),
        Verdict::Improved => format!("{what}: better by more than the margin of {margin}{floor}"),
        Verdict::Equivalent => format!("{what}: neither better nor worse by more than the margin of {margin}{floor}"),
        Verdict::Inconclusive => {
            format!(
                "{what}: {}{floor}. {}",
                open(&contrast, margin),
                super::answer::outlook(&contrast, check.documents)
            )
        }
    }
}

/// The name of an outcome in JSON.
fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Warned => "warned",
        Outcome::Stopped => "stopped",
        Outcome::Failed => "failed",
    }
}

/// `{"version", "outcome", "run", "baseline", "checks": [...], "warnings", "changes"}`.
pub fn judgement_json(judgement: &Judgement) -> String {
    let checks = judgement.checks.iter().map(|check| {
        let mut json = metric_json(&check.pair);
        json["task"] = check.key.task.clone().into();
        json["corpus"] = check.key.corpus.clone().into();
        json["model"] = check.key.model.clone().into();
        json["documents"] = check.documents.into();
        json["margin"] = check.requirement.margin.into();
        json["floor"] = check.requirement.floor.into();
        json["outcome"] = outcome(check.outcome).into();
        json["why"] = why(check).into();
        json
    });
    let changes = judgement.changes.iter().map(|(key, changes)| {
        serde_json::json!({ "task": key.task, "corpus": key.corpus, "model": key.model, "changes": changes })
    });
    let json = serde_json::json!({
        "version": 1, "outcome": outcome(judgement.outcome()), "run": judgement.run, "baseline": judgement.baseline,
        "blessed": judgement.blessed, "checks": checks.collect::<Vec<_>>(), "warnings": judgement.warnings,
        "notes": judgement.notes, "changes": changes.collect::<Vec<_>>(),
    });
    format!("{json}\n")
}

/// What stands in the files of a gate that could not judge: JSON, JUnit XML, Markdown.
pub fn unjudged(run: &str, error: &str) -> [String; 3] {
    let json = format!("{}\n", serde_json::json!({ "version": 1, "outcome": "error", "run": run, "error": error }));
    let message = escaped(error);
    let junit = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"1\" failures=\"0\" errors=\"1\">\n  <testsuite name=\"karat \
         gate\" tests=\"1\" failures=\"0\" errors=\"1\">\n    <testcase classname=\"gate\" name=\"comparable\"><error \
         message=\"{message}\"/></testcase>\n  </testsuite>\n</testsuites>\n"
    );
    let comment = format!("## Gate could not judge {run}\n\n{error}\n");
    [json, junit, comment]
}

/// JUnit XML: a test case a check. What stopped is an error, what failed a failure, what warned is told in `system-out`.
pub fn judgement_junit(judgement: &Judgement) -> String {
    let count = |wanted: Outcome| judgement.checks.iter().filter(|check| check.outcome == wanted).count();
    let (tests, failures, errors) = (judgement.checks.len(), count(Outcome::Failed), count(Outcome::Stopped));
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">");
    let name = escaped(&format!("karat gate against {}", judgement.baseline));
    let _ =
        writeln!(out, "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">");
    for check in &judgement.checks {
        let class = escaped(&format!("{}.{}.{}", check.key.task, check.key.corpus, check.key.model));
        let _ = write!(out, "    <testcase classname=\"{class}\" name=\"{}\">", escaped(&check.requirement.metric));
        let why = escaped(&why(check));
        let _ = match check.outcome {
            Outcome::Passed => Ok(()),
            Outcome::Warned => write!(out, "<system-out>{why}</system-out>"),
            Outcome::Stopped => write!(out, "<error message=\"{why}\"/>"),
            Outcome::Failed => write!(out, "<failure message=\"{why}\"/>"),
        };
        out.push_str("</testcase>\n");
    }
    if !judgement.warnings.is_empty() {
        let _ = writeln!(out, "    <system-out>{}</system-out>", escaped(&judgement.warnings.join("\n")));
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

/// A text inside XML, in an element or an attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            // XML 1.0 has no other control characters.
            other if other.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn markup_in_a_name_is_text_in_xml() {
        assert_eq!(super::escaped("a<b> & \"c\"\n\u{1}"), "a&lt;b&gt; &amp; &quot;c&quot;&#10; ");
    }
}
