//! `karat gold check`.

use super::arguments::GoldCheckOptions;
use crate::cli::arguments::TextOrJson;
use crate::cli::emit;
use crate::corpus::{Adjudication, Corpus, Suspicion, suspicions};
use crate::report::{Grid, number};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Counts of a corpus by label and by stance, over all documents and by split.
struct Counted {
    /// What is counted, and by column how often.
    rows: Vec<(String, Vec<usize>)>,
    /// `all`, then the splits.
    columns: Vec<String>,
}

pub(super) fn run(options: &GoldCheckOptions) -> anyhow::Result<()> {
    let corpus = Corpus::load(&options.corpus)?;
    corpus.verify(&options.corpus)?;
    let adjudication = Adjudication::of(&corpus, &options.corpus)?;
    let suspicions = suspicions(&corpus);
    match options.format {
        TextOrJson::Text => emit(&text(&corpus, adjudication.as_ref(), &suspicions, options.limit)),
        TextOrJson::Json => {
            let counted = count(&corpus);
            let rows: BTreeMap<&String, BTreeMap<&String, usize>> = counted
                .rows
                .iter()
                .map(|(name, counts)| (name, counted.columns.iter().zip(counts.iter().copied()).collect()))
                .collect();
            let suspicions = suspicions.iter().map(|one| {
                json!({
                    "kind": one.kind, "id": one.document, "start": one.span.start, "end": one.span.end,
                    "text": one.text, "what": one.what, "context": one.context,
                })
            });
            let adjudication = adjudication.map(|a| {
                let [first, second, neither] = a.decided;
                json!({ "entities": a.entities, "stances": a.stances, "first": first, "second": second, "neither": neither })
            });
            let json = json!({
                "version": 1, "corpus": corpus.manifest.name, "counts": rows, "digests": corpus.digests,
                "sealed": !corpus.manifest.digests.is_empty(), "adjudication": adjudication,
                "suspicions": suspicions.collect::<Vec<_>>(),
            });
            emit(&format!("{json}\n"))
        }
    }
}

fn count(corpus: &Corpus) -> Counted {
    let mut columns = vec!["all".to_owned()];
    columns.extend(corpus.manifest.splits.keys().cloned());
    let places = |id: &str| -> Vec<usize> {
        let splits = corpus.manifest.splits.values().enumerate();
        let inside = splits.filter(|(_, ids)| ids.iter().any(|known| known == id)).map(|(at, _)| at + 1);
        std::iter::once(0).chain(inside).collect()
    };
    let mut rows: Vec<(String, Vec<usize>)> = Vec::new();
    let mut add = |name: String, id: &str, count: usize| {
        let at = rows.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            rows.push((name, vec![0; columns.len()]));
            rows.len() - 1
        });
        for place in places(id) {
            rows[at].1[place] += count;
        }
    };
    for document in &corpus.documents {
        let (id, words) = (document.id.as_str(), document.text.split_whitespace().count());
        add("documents".to_owned(), id, 1);
        add("words, by white space".to_owned(), id, words);
        add("documents without entities labelled".to_owned(), id, usize::from(!has_entities(corpus, id)));
        add("documents without stances labelled".to_owned(), id, usize::from(!has_stances(corpus, id)));
        add("regions not annotated".to_owned(), id, corpus.unannotated.get(id).map_or(0, Vec::len));
    }
    let mut labels: BTreeMap<String, Vec<(&str, usize)>> = BTreeMap::new();
    for (id, entities) in corpus.entities.iter().flatten() {
        for entity in entities {
            labels.entry(format!("entities, {}", entity.label)).or_default().push((id, 1));
        }
    }
    for line in corpus.stances.iter().flatten() {
        labels.entry(format!("stances, {}", line.stance)).or_default().push((&line.document, 1));
    }
    for (name, counts) in labels {
        for (id, count) in counts {
            add(name.clone(), id, count);
        }
    }
    Counted { rows, columns }
}

fn has_entities(corpus: &Corpus, id: &str) -> bool {
    corpus.entities.as_ref().is_some_and(|entities| entities.contains_key(id))
}

fn has_stances(corpus: &Corpus, id: &str) -> bool {
    corpus.stances.iter().flatten().any(|line| line.document == id)
}

fn text(corpus: &Corpus, adjudication: Option<&Adjudication>, suspicions: &[Suspicion], limit: usize) -> String {
    let mut out = format!("corpus {} {}: no error found\n\n", corpus.manifest.name, corpus.manifest.version);
    let counted = count(corpus);
    let mut grid = Grid::new(std::iter::once("count".to_owned()).chain(counted.columns.iter().cloned()));
    for (name, counts) in &counted.rows {
        grid.row(std::iter::once(name.clone()).chain(counts.iter().map(|&count| number(count))));
    }
    out.push_str(&grid.terminal());
    let seal = if corpus.manifest.digests.is_empty() {
        "not sealed: after `karat gold seal`, `check` and `run` refuse a changed file"
    } else {
        "every file is the one that was sealed"
    };
    let _ = writeln!(out, "\nseal: {seal}");
    let passes: Vec<&str> = corpus.passes.iter().map(|pass| pass.name.as_str()).collect();
    if !passes.is_empty() {
        let _ = writeln!(out, "passes: {}", passes.join(", "));
    }
    if let Some(Adjudication { entities, stances, decided: [first, second, neither] }) = adjudication {
        let _ = writeln!(
            out,
            "adjudication: the gold is what both passes say, but for {entities} places of entities and {stances} stances that are \
             decided with a reason: {first} for the first, {second} for the second, {neither} for neither"
        );
    }
    for kind in Suspicion::KINDS {
        let of_kind: Vec<_> = suspicions.iter().filter(|one| one.kind == kind).collect();
        let _ = writeln!(out, "\nto look at, {kind}: {}", number(of_kind.len()));
        for one in of_kind.iter().take(limit) {
            let _ = writeln!(
                out,
                "  {} {}..{}: {} — …{}…",
                one.document, one.span.start, one.span.end, one.what, one.context
            );
        }
    }
    let mut digests = Grid::new(["file", "SHA-256"]).left(2);
    for (file, digest) in &corpus.digests {
        digests.row([file, digest]);
    }
    let _ = write!(out, "\n{}", digests.terminal());
    out
}
