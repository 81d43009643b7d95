//! A comparison as a page: what differs, how sure that is, which items flipped, and whether other scorings agree.

use super::answer::{p_value, signed};
use super::details::plain;
use super::{Grid, number};
use crate::compare::{Change, Compared, Comparison, Flip, MetricPair, Multiverse, Named, Side, label};
use crate::stats::{Contrast, Verdict};
use std::fmt::Write;

/// Documents shown with their flips.
const DOCUMENTS: usize = 8;
/// Flipped items shown, each way.
const ITEMS: usize = 6;
/// Characters of a digest that are shown.
const DIGEST: usize = 19;

/// What a page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A terminal.
    Terminal,
    /// Markdown.
    Markdown,
}

impl Style {
    pub(super) fn grid(self, grid: &Grid) -> String {
        match self {
            Self::Terminal => grid.terminal().lines().flat_map(|line| [" ", line, "\n"]).collect(),
            Self::Markdown => grid.markdown(),
        }
    }

    pub(super) fn heading(self, level: usize, text: &str) -> String {
        match self {
            Self::Terminal => format!("{text}\n\n"),
            Self::Markdown => format!("{} {text}\n\n", "#".repeat(level)),
        }
    }

    /// Markup that a terminal does not show.
    pub(super) fn plain(self, text: &str) -> String {
        match self {
            Self::Terminal => text.replace("**", "").replace(['`', '\\'], ""),
            Self::Markdown => text.to_owned(),
        }
    }
}

/// The page of a comparison.
pub fn comparison(comparison: &Comparison, runs: &[Named<'_>], style: Style) -> String {
    let mut out = String::new();
    for (at, (compared, multiverse)) in comparison.pairs.iter().zip(&comparison.multiverses).enumerate() {
        if at > 0 {
            out.push('\n');
        }
        section(&mut out, (compared, multiverse), (runs, comparison.how.margin), style);
    }
    for cell in &comparison.left_out {
        let _ = writeln!(out, "\nNot compared: {cell}.");
    }
    let bootstrap = comparison.how.bootstrap;
    let _ = writeln!(
        out,
        "\nDifferences are candidate minus baseline on the same documents, with {:.0} % intervals from {} resamples of the \
         documents ({}, seed {}). p is of approximate randomisation over documents; Holm's correction takes the deciding \
         metrics of all pairs as one family ({} here), and the other metrics of a pair as one for each kind of counting (`--format json` \
         lists them all). Improved and regressed need the whole interval beyond the margin of ±{}, equivalent needs it within.",
        bootstrap.confidence * 100.0,
        number(bootstrap.replicates as usize),
        bootstrap.method.name(),
        bootstrap.seed,
        comparison.pairs.len(),
        comparison.how.margin,
    );
    out
}

fn section(
    out: &mut String,
    (compared, multiverse): (&Compared, &Multiverse),
    (runs, margin): (&[Named<'_>], f64),
    style: Style,
) {
    let name = |side: &Side, other: &Side| label(side, other, runs);
    let (candidate, baseline) =
        (name(&compared.candidate, &compared.baseline), name(&compared.baseline, &compared.candidate));
    let key = &compared.candidate.key;
    let items = if key.task == "ner" { "entities" } else { "stances" };
    let title = format!(
        "{} on {}: {candidate} against {baseline}, {} documents, {} gold {items}",
        key.task,
        key.corpus,
        number(compared.documents),
        number(compared.items)
    );
    out.push_str(&style.heading(2, &title));
    if let Some(pair) = compared.headline() {
        let _ =
            writeln!(out, "{}\n", style.plain(&verdict(pair, (&candidate, &baseline), (compared.documents, margin))));
    }
    out.push_str(&style.grid(&metrics(compared, (&candidate, &baseline))));
    out.push('\n');
    flips(out, compared, style);
    let _ = writeln!(out, "\n{}\n", style.plain(&other_scorings(multiverse)));
    out.push_str(&style.grid(&scorings(multiverse, (&candidate, &baseline))));
    if runs[compared.candidate.run].results.record == runs[compared.baseline.run].results.record && runs.len() > 1 {
        let _ = writeln!(out, "\nThese are one and the same run.");
    } else if compared.changes.is_empty() {
        let _ = writeln!(out, "\nNothing that went in differs.");
    } else if runs.len() > 1 {
        let _ = writeln!(out, "\n{}\n", style.plain("**What went in that differs**:"));
        out.push_str(&style.grid(&changes(&compared.changes)));
    }
    if let Some(warning) = super::few(compared.documents) {
        let _ = writeln!(out, "\n{warning}");
    }
}

/// How many of the other scorings agree with the deciding one on who is ahead.
fn other_scorings(multiverse: &Multiverse) -> String {
    let first = multiverse.scorings.first().map_or("", |scoring| &scoring.name);
    match multiverse.survived() {
        [_, 0] => "**Other scorings**: none puts one of the two ahead.".to_owned(),
        [same, others] => {
            format!(
                "**Other scorings**: of {others} others that put one of the two ahead, {same} agree with `{first}` on which."
            )
        }
    }
}

/// The deciding metric in a sentence.
fn verdict(pair: &MetricPair, (candidate, baseline): (&str, &str), (documents, margin): (usize, f64)) -> String {
    let id = &pair.difference.id;
    let Some(contrast) = pair.difference.contrast else {
        return format!("**No verdict**: `{id}` is undefined for one of the two.");
    };
    let what = match contrast.verdict {
        Verdict::Improved => format!("**Improved**: `{candidate}` is better than `{baseline}`"),
        Verdict::Regressed => format!("**Regressed**: `{candidate}` is worse than `{baseline}`"),
        Verdict::Equivalent => {
            format!("**Equivalent**: `{candidate}` is neither better nor worse than `{baseline}` by more than {margin}")
        }
        Verdict::Inconclusive => {
            format!("**Inconclusive**: `{candidate}` against `{baseline}`, {}", super::answer::open(&contrast, margin))
        }
    };
    let mut sentence = format!("{what}; `{id}` {}.", signed_interval(&contrast));
    if contrast.verdict == Verdict::Inconclusive {
        sentence.push(' ');
        sentence.push_str(&super::answer::outlook(&contrast, documents));
    }
    sentence
}

/// `−0.041 [−0.060, −0.021]`.
pub(super) fn signed_interval(contrast: &Contrast) -> String {
    format!("{} [{}, {}]", signed(contrast.value), signed(contrast.interval.low), signed(contrast.interval.high))
}

pub(super) fn value(value: Option<f64>) -> String {
    value.map_or("—".to_owned(), |value| format!("{value:.3}"))
}

fn p(p: Option<f64>) -> String {
    p.map_or("—".to_owned(), p_value)
}

fn metrics(compared: &Compared, (candidate, baseline): (&str, &str)) -> Grid {
    let header = ["metric", baseline, candidate, "difference", "p", "p (Holm)", "verdict"];
    let mut grid = Grid::new(header);
    let shown = |pair: &&MetricPair| {
        let id = pair.difference.id.as_str();
        !id.starts_with("precision.") && !id.starts_with("recall.") && id.matches('.').count() < 2
    };
    for pair in compared.metrics.iter().filter(shown) {
        let contrast = pair.difference.contrast;
        grid.row([
            pair.difference.id.clone(),
            value(pair.baseline),
            value(pair.candidate),
            contrast.as_ref().map_or("—".to_owned(), signed_interval),
            p(contrast.map(|contrast| contrast.p)),
            p(pair.difference.p_holm),
            contrast.map_or("—".to_owned(), |contrast| contrast.verdict.to_string()),
        ]);
    }
    grid
}

fn flips(out: &mut String, compared: &Compared, style: Style) {
    let flips = &compared.flips;
    let rate = flips.negative_rate().map_or("—".to_owned(), |rate| format!("{:.1} %", rate * 100.0));
    let mut summary = format!(
        "**Flips**: of {} gold items {} are newly right and {} newly wrong (negative-flip rate {rate}; exact McNemar p {}, \
         which takes items for independent).",
        number(flips.items),
        number(flips.gained()),
        number(flips.lost()),
        p(Some(compared.mcnemar)),
    );
    if flips.newly_spurious + flips.no_longer_spurious > 0 {
        let _ = write!(
            summary,
            " Answers that stand for no gold item: {} new, {} gone.",
            number(flips.newly_spurious),
            number(flips.no_longer_spurious)
        );
    }
    let _ = writeln!(out, "{}", style.plain(&summary));
    let documents = flips.by_document();
    if documents.is_empty() {
        return;
    }
    let mut grid = Grid::new(["document", "newly right", "newly wrong"]);
    for (document, [gained, lost]) in documents.iter().take(DOCUMENTS) {
        grid.row([style.plain(&format!("`{document}`")), gained.to_string(), lost.to_string()]);
    }
    let _ = write!(out, "\n{}", style.grid(&grid));
    if documents.len() > DOCUMENTS {
        let _ =
            writeln!(out, "\n{} more documents have flips; `--format json` lists all.", documents.len() - DOCUMENTS);
    }
    out.push('\n');
    for (gained, sign) in [(true, "newly right"), (false, "newly wrong")] {
        let all: Vec<&Flip> = flips.flips.iter().filter(|flip| flip.gained == gained).collect();
        let shown = all.len().min(ITEMS);
        for at in 0..shown {
            let line = flip(all[at * all.len() / shown]);
            let _ = writeln!(out, "- {sign}: {}", style.plain(&line));
        }
    }
}

fn flip(flip: &Flip) -> String {
    let other_side = if flip.gained { "the baseline had" } else { "the candidate has" };
    let wrong = flip.wrong.as_ref();
    if flip.gold.span.is_none() {
        let other = wrong.map_or("none", |mark| mark.label.as_str());
        return format!("`{}` towards `{}`: {}, {other_side} {other}", flip.document, flip.gold.text, flip.gold.label);
    }
    let other = wrong.map_or("nothing".to_owned(), |mark| format!("{} “{}”", mark.label, plain(&mark.text)));
    let [before, middle, after] = flip.context.each_ref().map(|text| plain(text));
    format!(
        "`{}` {} “{}”, {other_side} {other} — …{before}**{middle}**{after}…",
        flip.document,
        flip.gold.label,
        plain(&flip.gold.text)
    )
}

fn scorings(multiverse: &Multiverse, (candidate, baseline): (&str, &str)) -> Grid {
    let mut grid = Grid::new(["scoring", baseline, candidate, "difference", "verdict"]);
    for scoring in &multiverse.scorings {
        grid.row([
            scoring.name.clone(),
            value(scoring.baseline),
            value(scoring.candidate),
            scoring.contrast.as_ref().map_or("—".to_owned(), signed_interval),
            scoring.contrast.map_or("—".to_owned(), |contrast| contrast.verdict.to_string()),
        ]);
    }
    grid
}

/// What differs between two cells.
pub(super) fn changes(changes: &[Change]) -> Grid {
    let mut grid = Grid::new(["what", "baseline", "candidate"]).left(3);
    let shown = |fact: &str| {
        let short: String = fact.chars().take(DIGEST).collect();
        if fact.starts_with("sha256:") { format!("{short}…") } else { fact.to_owned() }
    };
    for change in changes {
        grid.row([change.what.clone(), shown(&change.before), shown(&change.after)]);
    }
    grid
}

/// `{"version", "pairs": [...]}`: everything that the page shows and what it leaves out.
///
/// # Panics
/// Never: all of it is plain data, which is always JSON.
pub fn comparison_json(comparison: &Comparison, runs: &[Named<'_>]) -> String {
    let side = |side: &Side| serde_json::json!({ "run": runs[side.run].name, "model": side.key.model });
    let pairs = comparison.pairs.iter().zip(&comparison.multiverses).map(|(compared, multiverse)| {
        let scorings = multiverse.scorings.iter().map(|scoring| {
            let mut json = contrast_json(scoring.contrast.as_ref());
            json["name"] = scoring.name.clone().into();
            json["candidate"] = scoring.candidate.into();
            json["baseline"] = scoring.baseline.into();
            json
        });
        let flips = compared.flips.flips.iter().map(|flip| {
            serde_json::json!({
                "document": flip.document, "gained": flip.gained, "kind": flip.kind, "gold": mark(Some(&flip.gold)),
                "wrong": mark(flip.wrong.as_ref()),
            })
        });
        let [same, others] = multiverse.survived();
        serde_json::json!({
            "task": compared.candidate.key.task, "corpus": compared.candidate.key.corpus,
            "candidate": side(&compared.candidate), "baseline": side(&compared.baseline),
            "documents": compared.documents, "items": compared.items,
            "metrics": compared.metrics.iter().map(metric_json).collect::<Vec<_>>(),
            "flips": {
                "gained": compared.flips.gained(), "lost": compared.flips.lost(),
                "negative_rate": compared.flips.negative_rate(), "mcnemar_p": compared.mcnemar,
                "newly_spurious": compared.flips.newly_spurious,
                "no_longer_spurious": compared.flips.no_longer_spurious,
                "items": flips.collect::<Vec<_>>(),
            },
            "multiverse": { "same_first": same, "decided": others, "scorings": scorings.collect::<Vec<_>>() },
            "changes": compared.changes,
        })
    });
    let bootstrap = comparison.how.bootstrap;
    let json = serde_json::json!({
        "version": 1, "confidence": bootstrap.confidence, "replicates": bootstrap.replicates, "seed": bootstrap.seed,
        "not_compared": comparison.left_out, "interval": bootstrap.method, "margin": comparison.how.margin, "pairs": pairs.collect::<Vec<_>>(),
    });
    format!("{json}\n")
}

fn mark(mark: Option<&crate::task::Mark>) -> serde_json::Value {
    mark.map_or(serde_json::Value::Null, |mark| {
        serde_json::json!({
            "start": mark.span.map(|span| span.start), "end": mark.span.map(|span| span.end),
            "label": mark.label, "text": mark.text, "score": mark.score,
        })
    })
}

/// A metric of both sides with its contrast.
pub(super) fn metric_json(pair: &MetricPair) -> serde_json::Value {
    let mut json = contrast_json(pair.difference.contrast.as_ref());
    json["id"] = pair.difference.id.clone().into();
    json["signature"] = pair.difference.signature.clone().into();
    json["candidate"] = pair.candidate.into();
    json["baseline"] = pair.baseline.into();
    json["p_holm"] = pair.difference.p_holm.into();
    json
}

fn contrast_json(contrast: Option<&Contrast>) -> serde_json::Value {
    contrast.map_or_else(
        || serde_json::json!({ "difference": null }),
        |contrast| {
            serde_json::json!({
                "difference": contrast.value, "low": contrast.interval.low, "high": contrast.interval.high,
                "undefined_replicates": contrast.interval.undefined_replicates, "p": contrast.p,
                "candidate_better": contrast.first_better, "verdict": contrast.verdict,
                "detectable": contrast.detectable, "documents_needed": contrast.documents_needed,
            })
        },
    )
}
