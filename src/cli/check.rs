//! `karat check`.

use super::arguments::{CheckOptions, TextOrJson};
use super::{emit, warn};
use crate::report::{Grid, number, probed};
use crate::run::{Cell, ModelRecord, Plan, check};
use crate::suite::Suite;
use crate::table::CellKey;
use crate::task::Unmatched;
use std::fmt::Write;

pub(super) fn run(options: &CheckOptions) -> anyhow::Result<()> {
    let suite = Suite::load(&options.suite)?;
    let suite = if options.no_probes { suite.without_probes() } else { suite };
    let plan = check(&suite)?;
    plan.warnings().iter().for_each(warn);
    let noise = options.noise.then(|| super::noise::measure(&suite, options)).transpose()?;
    match options.format {
        TextOrJson::Text => {
            let noise = noise.map(|noise| format!("\n{}", super::noise::text(&noise)));
            emit(&format!("{}{}", text(&suite, &plan), noise.unwrap_or_default()))
        }
        TextOrJson::Json => {
            let cell = |cell: &Cell| {
                let CellKey { task, corpus, model } = &cell.key;
                serde_json::json!({ "task": task, "corpus": corpus, "model": model, "unmatched": cell.unmatched })
            };
            let cells: Vec<_> = plan.cells.iter().map(cell).collect();
            let mut json = serde_json::json!({
                "version": 1, "suite": suite.name, "cells": cells, "corpora": plan.corpora, "models": plan.models,
            });
            if let Some(noise) = noise {
                json["noise"] = serde_json::to_value(noise).expect("noise is plain data");
            }
            emit(&format!("{json}\n"))
        }
    }
}

fn text(suite: &Suite, plan: &Plan) -> String {
    let mut out = format!("suite {}: no problem found\n\n", suite.name);
    let mut corpora = Grid::new(["corpus", "documents", "words", "entities", "stances"]);
    let count = |count: Option<usize>| count.map_or("no gold".to_owned(), number);
    for (name, corpus) in &plan.corpora {
        corpora.row([
            name.clone(),
            number(corpus.documents),
            number(corpus.words),
            count(corpus.entities),
            count(corpus.stances),
        ]);
    }
    let mut cells = Grid::new(["task", "corpus", "model", "what", "decided by"]).left(5);
    for cell in &plan.cells {
        let key = &cell.key;
        let what = plan.models[&key.model].architecture.clone();
        cells.row([key.task.clone(), key.corpus.clone(), key.model.clone(), what, cell.options.rule()]);
    }
    let _ = writeln!(out, "{}\n{}", corpora.terminal(), cells.terminal());
    let labels = label_map(plan);
    if !labels.is_empty() {
        let _ = writeln!(out, "label map\n{}\n{}", labels.terminal(), probes(plan).terminal());
    }
    let mut digests = Grid::new(["of", "file", "digest"]).left(3);
    for (name, corpus) in &plan.corpora {
        for (file, digest) in &corpus.digests {
            digests.row([name, file, digest]);
        }
        if let Some(digest) = &corpus.patch {
            digests.row([name.as_str(), "its patch", digest]);
        }
    }
    for (name, model) in &plan.models {
        for (file, digest) in &model.digests {
            digests.row([name, file, digest]);
        }
    }
    out.push_str(&digests.terminal());
    out
}

/// Each class of each model, and what it is taken for.
fn label_map(plan: &Plan) -> Grid {
    let mut grid = Grid::new(["model", "class", "name in id2label", "taken for"]).left(4);
    for (name, model) in &plan.models {
        for (class, read) in model.labels.iter().flat_map(|labels| labels.classes.iter().enumerate()) {
            let taken = read.meaning.as_deref().unwrap_or("nothing");
            grid.row([name.as_str(), &class.to_string(), &read.name, taken]);
        }
    }
    grid
}

/// How each model stands the probes, and which labels find no partner.
fn probes(plan: &Plan) -> Grid {
    let header = ["model", "corpus", "dialect", "probes", "gold that no class gives", "types that gold never has"];
    let mut grid = Grid::new(header).left(6);
    for cell in &plan.cells {
        let model: &ModelRecord = &plan.models[&cell.key.model];
        let Some(labels) = &model.labels else { continue };
        let [gold, types] = cell.unmatched.as_ref().map_or_else(|| ["–", "–"].map(str::to_owned), Unmatched::told);
        let dialect = labels.dialect.as_deref().unwrap_or("–");
        let probes = probed(model.probes.as_ref());
        grid.row([cell.key.model.as_str(), &cell.key.corpus, dialect, &probes, &gold, &types]);
    }
    grid
}
