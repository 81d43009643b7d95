//! `report.md`: the whole report.

use super::{Grid, answer, calibration, details, engines, keys, number, patched, preflight, tuned};
use crate::run::{EvaluationRecord, Results};
use crate::table::ThroughputRow;
use std::fmt::Write;

/// The report of a run.
pub fn markdown(results: &Results) -> String {
    let record = &results.record;
    let mut out = format!("# {}: how pure are the models against gold?\n\n", record.name);
    let _ = writeln!(
        out,
        "karat {}, engine {} in {}. Values in brackets are {:.0} % intervals: documents resampled with replacement, {} ({} replicates, \
         seed {}).",
        record.karat,
        record.engine,
        record.precision,
        record.confidence * 100.0,
        record.interval.name(),
        number(record.replicates as usize),
        record.seed,
    );
    if let Some(from) = &record.logits_from {
        let _ = writeln!(
            out,
            "\n**No model went forward but for the probes: the logits of a run by karat {} were decoded anew** (their digests stand at the end).",
            from.karat,
        );
    }
    if let Some(limit) = record.limit {
        let _ = writeln!(out, "\n**Only the first {limit} documents of each corpus were taken.**");
    }
    out.push_str("\n## Which model is better, and how sure are we?\n\n");
    for evaluation in &record.evaluations {
        for sentence in answer::sentences(results, evaluation) {
            let _ = writeln!(out, "- {} on {}: {sentence}", evaluation.task, evaluation.corpus);
        }
    }
    for evaluation in &record.evaluations {
        section(&mut out, results, evaluation);
    }
    out.push_str(&engines::section(results));
    out.push_str(&patched::section(results));
    out.push_str(&calibration::section(results));
    ledger(&mut out, results);
    out.push_str(&preflight::section(results));
    throughput(&mut out, results);
    origins(&mut out, results);
    out
}

fn section(out: &mut String, results: &Results, evaluation: &EvaluationRecord) {
    let items = if evaluation.task == "ner" { "gold entities" } else { "gold stances" };
    let (documents, count) = (number(evaluation.documents), number(evaluation.items));
    let _ = writeln!(out, "\n## Task {} on corpus {}\n", evaluation.task, evaluation.corpus);
    let split = evaluation.split.as_ref().map_or(String::new(), |split| format!(" of split `{split}`"));
    let decided = match &evaluation.tune {
        None => format!("decided by `{}`", evaluation.rule),
        Some(tune) => format!("decided by settings that were chosen on split `{}`", tune.split),
    };
    let _ = writeln!(out, "{documents} documents{split}, {count} {items}; {decided}.\n");
    out.push_str(&details::scores(results, evaluation).markdown());
    if let Some(agreement) = details::agreement(results, evaluation) {
        let _ = writeln!(out, "\n{agreement}");
    }
    out.push_str(&tuned::section(results, evaluation));
    out.push_str("\n### By label\n\n");
    out.push_str(&details::labels(results, evaluation).markdown());
    for key in keys(evaluation) {
        let _ = writeln!(out, "\n### What `{}` takes for what\n", key.model);
        out.push_str(&details::confusion(results, &key).markdown());
        if evaluation.task == "ner" {
            out.push_str("\nIn brackets: predictions that overlap the gold entity without being its exact span. “—” is nothing.\n");
        }
        let _ = writeln!(out, "\n{}\n\nIts worst documents:\n", details::kinds(results, &key));
        out.push_str(&details::worst(results, &key).markdown());
        let sample = details::sample(results, &key);
        if !sample.is_empty() {
            out.push_str("\nA sample of its errors (all are in `tables/errors.parquet`):\n\n");
            for line in sample {
                let _ = writeln!(out, "- {line}");
            }
        }
    }
}

fn ledger(out: &mut String, results: &Results) {
    out.push_str("\n## Ledger: what was left out, and what no model could reach\n\n");
    let mut grid = Grid::new([
        "task",
        "model",
        "documents",
        "outside the split",
        "without gold",
        "in several windows",
        "characters",
        "in no token",
        "tokens",
        "unknown tokens",
        "gold spans",
        "off token boundaries",
        "unannotated regions",
        "predicted there",
    ])
    .left(2);
    for row in &results.ledger {
        let reach = &row.reach;
        // A floor reads characters: nothing is out of its reach, and it has no tokens.
        let token = |count: usize| if row.sequences == 0 { "–".to_owned() } else { number(count) };
        grid.row([
            row.key.task.clone(),
            format!("`{}`", row.key.model),
            number(row.documents),
            number(row.outside_split),
            number(row.without_gold),
            token(row.split),
            token(reach.characters),
            token(reach.uncovered),
            token(reach.tokens),
            token(reach.unknown),
            if row.key.task == "ner" { token(reach.gold_spans) } else { "–".to_owned() },
            if row.key.task == "ner" { token(reach.unreachable) } else { "–".to_owned() },
            if row.key.task == "ner" { number(row.unannotated) } else { "–".to_owned() },
            if row.key.task == "ner" { number(row.predicted_there) } else { "–".to_owned() },
        ]);
    }
    out.push_str(&grid.markdown());
    for row in results.ledger.iter().filter(|row| row.without_tokens > 0) {
        let (task, model, number) = (&row.key.task, &row.key.model, number(row.without_tokens));
        let _ = writeln!(
            out,
            "\n{task}, `{model}`: the tokenizer finds no token in {number} of the documents; they are answered without asking the model.",
        );
    }
}

fn throughput(out: &mut String, results: &Results) {
    let here = &results.record.circumstances;
    out.push_str("\n## Throughput\n\n");
    let _ = writeln!(
        out,
        "Of the passes that were scored, once each, on {} ({} cores, {} threads), {}. Tokens are real ones, no padding. \
         Seconds but for loading are what threads spent, divided by their number; documents/s are of wall time.\n",
        here.machine, here.cores, here.threads, here.started,
    );
    let mut grid = Grid::new([
        "task",
        "model",
        "engine",
        "sequences",
        "tokens",
        "load s",
        "tokenize s",
        "forward s",
        "decode s",
        "tokens/s",
        "documents/s",
    ])
    .left(3);
    for row in &results.throughput {
        let rate = |rate: Option<f64>| rate.map_or("–".to_owned(), |rate| number(rate.round() as usize));
        let documents = row.documents_per_second().map_or("–".to_owned(), |rate| format!("{rate:.1}"));
        let engine = match row.engine.as_str() {
            "none" => "–".to_owned(),
            ThroughputRow::STORED => ThroughputRow::STORED.to_owned(),
            engine => format!("{engine} {}", row.precision),
        };
        let seconds = row.seconds.map(|seconds| format!("{seconds:.3}"));
        let mut cells = vec![row.key.task.clone(), format!("`{}`", row.key.model), engine];
        cells.extend([number(row.sequences), number(row.tokens)]);
        cells.extend(seconds);
        cells.extend([rate(row.tokens_per_second()), documents]);
        grid.row(cells);
    }
    out.push_str(&grid.markdown());
    let repeated: usize = results.throughput.iter().map(|row| row.repeated).sum();
    if repeated > 0 {
        let _ = writeln!(
            out,
            "\n{} sequences more were the same as another one near them. They went forward once, and are in no rate.",
            number(repeated)
        );
    }
    if results.record.logits_from.is_some() {
        let _ = writeln!(
            out,
            "\n“{}”: nothing went forward, for the logits are those of another run.",
            ThroughputRow::STORED
        );
    }
}

fn origins(out: &mut String, results: &Results) {
    out.push_str("\n## What went in\n\n");
    let mut grid = Grid::new(["what", "of", "digest"]).left(3);
    for (name, corpus) in &results.record.corpora {
        let title = format!("corpus {name} {}", corpus.manifest.version);
        for (file, digest) in &corpus.digests {
            grid.row([title.clone(), format!("`{file}`"), format!("`{digest}`")]);
        }
        if let Some(digest) = &corpus.patch {
            grid.row([title, "its patch".to_owned(), format!("`{digest}`")]);
        }
    }
    for (name, model) in &results.record.models {
        for (file, digest) in &model.digests {
            grid.row([format!("model {name}, {}", model.architecture), format!("`{file}`"), format!("`{digest}`")]);
        }
    }
    for (file, digest) in results.record.logits_from.iter().flat_map(|from| &from.digests) {
        grid.row(["logits of the run that was decoded anew".to_owned(), format!("`{file}`"), format!("`{digest}`")]);
    }
    out.push_str(&grid.markdown());
    out.push_str("\nSignatures of the headline numbers:\n\n");
    for evaluation in &results.record.evaluations {
        let (id, _) = super::headline(&evaluation.task);
        if let Some(row) = keys(evaluation).first().and_then(|key| super::metric(results, key, id)) {
            let _ = writeln!(out, "- {} on {}: `{}`", evaluation.task, evaluation.corpus, row.signature);
        }
    }
}
