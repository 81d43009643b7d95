//! The summary that a terminal shows at the end of a run.

use super::{answer, details, engines, patched, tuned};
use crate::run::Results;
use std::fmt::Write;

/// The answers and the main scores of every evaluation, as plain text.
pub fn summary(results: &Results) -> String {
    let mut out = String::new();
    if results.record.logits_from.is_some() {
        out.push_str("no model went forward: the logits of another run were decoded anew\n\n");
    }
    for evaluation in &results.record.evaluations {
        let items = if evaluation.task == "ner" { "entities" } else { "stances" };
        let _ = writeln!(
            out,
            "{} on {}: {} documents{}, {} gold {items}",
            evaluation.task,
            evaluation.corpus,
            super::number(evaluation.documents),
            evaluation.split.as_ref().map_or(String::new(), |split| format!(" of split {split}")),
            super::number(evaluation.items),
        );
        out.push_str(&details::scores(results, evaluation).terminal().replace('`', " "));
        for sentence in
            answer::sentences(results, evaluation).into_iter().chain(details::agreement(results, evaluation))
        {
            let _ = writeln!(out, "  {}", sentence.replace("**", "").replace('`', ""));
        }
        for line in tuned::lines(results, evaluation).into_iter().chain(engines::lines(results, evaluation)) {
            let _ = writeln!(out, "  {line}");
        }
        if let Some(line) = patched::line(results, evaluation) {
            let _ = writeln!(out, "  {line}");
        }
        out.push('\n');
    }
    out
}
