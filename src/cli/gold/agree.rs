//! `karat gold agree`: two annotators' passes against each other.

use super::arguments::AgreeOptions;
use crate::cli::arguments::TableOrJson;
use crate::cli::emit;
use crate::cli::metrics::{self, Measured};
use crate::corpus::Corpus;
use crate::metrics::total;
use crate::report::number;
use crate::stats::{Bootstrap, Method};
use crate::task::{Annotators, Mark, Mistake, TaskName, mistakes};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::PathBuf;

/// Two passes that both did a task are not there.
#[derive(Debug, thiserror::Error)]
#[error("corpus `{}` has no two passes to compare ({found})", corpus.display())]
pub(in crate::cli) struct NoPasses {
    corpus: PathBuf,
    found: String,
}

/// Two annotators on one task.
struct Compared<'a> {
    task: TaskName,
    annotators: Annotators<'a>,
    metrics: Vec<Measured>,
    differences: Vec<Mistake>,
}

pub(super) fn run(options: &AgreeOptions) -> anyhow::Result<()> {
    let corpus = Corpus::load(&options.corpus)?;
    corpus.verify(&options.corpus)?;
    let tasks = options.task.map_or(vec![TaskName::Ner, TaskName::Stance], |task| vec![task.into()]);
    let names: Option<[&str; 2]> = match options.passes.as_slice() {
        [first, second] => Some([first, second]),
        _ => None,
    };
    let compared: Vec<Compared<'_>> =
        tasks.into_iter().filter_map(|task| compare(&corpus, task, names, options)).collect();
    if compared.is_empty() {
        let names: Vec<String> = corpus.passes.iter().map(|pass| format!("`{}`", pass.name)).collect();
        let asked = options.passes.iter().find(|asked| corpus.passes.iter().all(|pass| pass.name != **asked));
        let found = match (asked, names.is_empty()) {
            (_, true) => "there is no folder `passes`".to_owned(),
            (Some(asked), _) => format!("there is no pass `{asked}`, but {}", names.join(", ")),
            (None, _) => format!("no two of {} did the task on the same documents", names.join(", ")),
        };
        return Err(NoPasses { corpus: options.corpus.clone(), found }.into());
    }
    match options.format {
        TableOrJson::Table => {
            emit(&compared.iter().map(|one| table(one, options.limit)).collect::<Vec<_>>().join("\n"))
        }
        TableOrJson::Json => {
            let tasks: Vec<Value> = compared.iter().map(json_of).collect();
            emit(&format!("{}\n", json!({ "version": 1, "corpus": corpus.manifest.name, "tasks": tasks })))
        }
    }
}

fn compare<'a>(
    corpus: &'a Corpus,
    task: TaskName,
    names: Option<[&str; 2]>,
    options: &AgreeOptions,
) -> Option<Compared<'a>> {
    let annotators = Annotators::of(corpus, &corpus.documents, task, names)?;
    let bootstrap =
        Bootstrap { seed: options.seed, replicates: options.replicates, confidence: 0.95, method: Method::Percentile };
    let mut metrics = Vec::new();
    for (family, counts) in annotators.counts(task, &corpus.manifest.labels) {
        let values = family.metrics(&total(&counts));
        let intervals = bootstrap.intervals(&counts, values.len(), |sums, values| family.values(sums, values));
        metrics.extend(values.into_iter().zip(intervals));
    }
    let differences = mistakes(&annotators.judged());
    Some(Compared { task, annotators, metrics, differences })
}

fn table(compared: &Compared<'_>, limit: usize) -> String {
    let [first, second] = compared.annotators.names;
    let [only_first, only_second] = compared.annotators.only_one;
    let documents = number(compared.annotators.answers.len());
    let mut out = format!(
        "{}: pass {second} scored against pass {first}; {documents} documents that both labelled. Labelled by {first} alone: \
         {only_first}, by {second} alone: {only_second}. low and high are a 95 % interval over resampled documents.\n\n",
        compared.task
    );
    out.push_str(&metrics::table(&compared.metrics));
    let shown = compared.differences.len().min(limit);
    let _ = writeln!(out, "\n{} disagreements, {shown} shown", number(compared.differences.len()));
    for difference in &compared.differences[..shown] {
        let _ = writeln!(out, "  {}", line(difference, first, second));
    }
    out
}

/// One disagreement in one line.
fn line(difference: &Mistake, first: &str, second: &str) -> String {
    let said = |mark: &Option<Mark>| {
        mark.as_ref().map_or("nothing".to_owned(), |mark| match mark.span {
            Some(_) => format!("{} “{}”", mark.label, mark.text),
            None => format!("{} towards {}", mark.label, mark.text),
        })
    };
    let context = match difference.gold.as_ref().or(difference.predicted.as_ref()).and_then(|mark| mark.span) {
        Some(_) => format!(": …{}[{}]{}…", difference.before, difference.middle, difference.after),
        None => String::new(),
    };
    let context = context.replace(['\n', '\r', '\t'], " ");
    let (one, two) = (said(&difference.gold), said(&difference.predicted));
    format!("{}: {first} {one}, {second} {two}{context}", difference.document)
}

fn json_of(compared: &Compared<'_>) -> Value {
    let mark = |mark: &Option<Mark>| {
        mark.as_ref().map(|mark| match mark.span {
            Some(span) => json!({ "start": span.start, "end": span.end, "label": mark.label, "text": mark.text }),
            None => json!({ "target": mark.text, "stance": mark.label }),
        })
    };
    let differences = compared.differences.iter().map(|difference| {
        json!({
            "id": difference.document, "first": mark(&difference.gold), "second": mark(&difference.predicted),
            "before": difference.before, "after": difference.after,
        })
    });
    json!({
        "task": compared.task,
        "passes": compared.annotators.names,
        "documents": compared.annotators.answers.len(),
        "labelled_by_one": compared.annotators.only_one,
        "metrics": metrics::json(&compared.metrics),
        "disagreements": differences.collect::<Vec<_>>(),
    })
}
