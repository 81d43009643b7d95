//! `karat check`.

use super::arguments::{CheckOptions, TextOrJson};
use super::emit;
use crate::report::{Grid, number};
use crate::run::{Plan, check};
use crate::suite::Suite;
use std::fmt::Write;

pub(super) fn run(options: &CheckOptions) -> anyhow::Result<()> {
    let suite = Suite::load(&options.suite)?;
    let plan = check(&suite)?;
    let noise = options.noise.then(|| super::noise::measure(&suite, options)).transpose()?;
    match options.format {
        TextOrJson::Text => {
            let noise = noise.map(|noise| format!("\n{}", super::noise::text(&noise)));
            emit(&format!("{}{}", text(&suite, &plan), noise.unwrap_or_default()))
        }
        TextOrJson::Json => {
            let cells: Vec<_> = plan.cells.iter().map(|cell| &cell.key).collect();
            let cells: Vec<_> = cells
                .iter()
                .map(|key| serde_json::json!({ "task": key.task, "corpus": key.corpus, "model": key.model }))
                .collect();
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
