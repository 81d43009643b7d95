//! `karat gold suspects`: where every confident model of a run contradicts the gold.

use super::arguments::{SuspectsFormat, SuspectsOptions};
use crate::base::Stance;
use crate::cli::{emit, say};
use crate::corpus::{Change, Correction, write_patch};
use crate::report::number;
use crate::run::{EvaluationRecord, ModelRecord, Results, open};
use crate::task::{Mark, Mistake, Suspect, TaskName, suspects};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::PathBuf;

/// A run that gives no queue.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum NoQueue {
    /// It evaluated something else.
    #[error("run `{}` has no evaluation of what was asked for (it has {found})", run.display())]
    Unasked {
        /// The run.
        run: PathBuf,
        /// Tasks and corpora that it has.
        found: String,
    },
    /// It has floors only.
    #[error("run `{}` has no model with confidences: floors give none", .0.display())]
    Floors(PathBuf),
    /// A patch cannot say which corpus it is of.
    #[error("run `{}` has several corpora ({corpora}), and a patch corrects one", run.display())]
    SeveralCorpora {
        /// The run.
        run: PathBuf,
        /// Their names.
        corpora: String,
    },
}

impl NoQueue {
    /// What to do about it.
    pub(in crate::cli) fn cure(&self) -> &'static str {
        match self {
            Self::Unasked { .. } => "name a task and a corpus of the run, or leave --task and --corpus out",
            Self::Floors(_) => "name a run of a suite with a model that has weights",
            Self::SeveralCorpora { .. } => "name one of them with --corpus",
        }
    }
}

/// The suspects of one evaluation.
struct Queue<'a> {
    evaluation: &'a EvaluationRecord,
    /// The models that give confidences.
    models: Vec<&'a str>,
    suspects: Vec<Suspect>,
}

pub(super) fn run(options: &SuspectsOptions) -> anyhow::Result<()> {
    let results = open(&options.run)?;
    let queues = queues(&results, options)?;
    for queue in &queues {
        if let [only] = queue.models.as_slice() {
            let (task, corpus) = (&queue.evaluation.task, &queue.evaluation.corpus);
            say(&format!(
                "note: {task} on {corpus}: `{only}` alone gives confidences, and one model's opinion is weak evidence"
            ));
        }
    }
    match options.format {
        SuspectsFormat::Table => {
            let tables: Vec<String> =
                queues.iter().map(|queue| table(queue, options.confidence, options.limit)).collect();
            emit(&tables.join("\n"))
        }
        SuspectsFormat::Json => {
            let all: Vec<Value> = queues.iter().map(json_of).collect();
            let json =
                json!({ "version": 1, "run": options.run, "confidence": options.confidence, "evaluations": all });
            emit(&format!("{json}\n"))
        }
        SuspectsFormat::Patch => emit(&patch(&results, &queues)),
    }
}

fn queues<'a>(results: &'a Results, options: &SuspectsOptions) -> Result<Vec<Queue<'a>>, NoQueue> {
    let record = &results.record;
    let task = options.task.map(|task| TaskName::from(task).name());
    let asked = |evaluation: &&EvaluationRecord| {
        task.is_none_or(|task| evaluation.task == task)
            && options.corpus.as_ref().is_none_or(|corpus| evaluation.corpus == *corpus)
    };
    let evaluations: Vec<&EvaluationRecord> = record.evaluations.iter().filter(asked).collect();
    if evaluations.is_empty() {
        let all = record.evaluations.iter().map(|one| format!("{} on {}", one.task, one.corpus));
        let found = all.collect::<Vec<_>>().join(", ");
        return Err(NoQueue::Unasked { run: options.run.clone(), found });
    }
    let mut corpora: Vec<&str> = evaluations.iter().map(|evaluation| evaluation.corpus.as_str()).collect();
    corpora.sort_unstable();
    corpora.dedup();
    if options.format == SuspectsFormat::Patch && corpora.len() > 1 {
        return Err(NoQueue::SeveralCorpora { run: options.run.clone(), corpora: corpora.join(", ") });
    }
    let queues: Vec<Queue<'_>> =
        evaluations.into_iter().map(|evaluation| queue(results, evaluation, options.confidence)).collect();
    if queues.iter().all(|queue| queue.models.is_empty()) {
        return Err(NoQueue::Floors(options.run.clone()));
    }
    Ok(queues)
}

fn queue<'a>(results: &'a Results, evaluation: &'a EvaluationRecord, confidence: f64) -> Queue<'a> {
    let is_floor = |name: &str| results.record.models.get(name).is_some_and(ModelRecord::is_floor);
    let models: Vec<&str> = evaluation.models.iter().map(String::as_str).filter(|name| !is_floor(name)).collect();
    let mistakes = |name: &str| -> Vec<&Mistake> {
        let rows = results.errors.iter().filter(|row| {
            (&row.key.task, &row.key.corpus) == (&evaluation.task, &evaluation.corpus) && row.key.model == name
        });
        rows.map(|row| &row.mistake).collect()
    };
    let by_model: Vec<(&str, Vec<&Mistake>)> = models.iter().map(|&name| (name, mistakes(name))).collect();
    Queue { evaluation, models, suspects: suspects(&by_model, confidence) }
}

fn table(queue: &Queue<'_>, confidence: f64, limit: usize) -> String {
    let Queue { evaluation, models, suspects } = queue;
    let (count, shown) = (suspects.len(), suspects.len().min(limit));
    let mut out = format!("{} on {}: ", evaluation.task, evaluation.corpus);
    let _ = match models.as_slice() {
        [] => writeln!(out, "no model with confidences; floors give none"),
        models => writeln!(
            out,
            "{} suspects, wrong by the gold and said with a confidence of {confidence} or more by {}; {shown} shown",
            number(count),
            models.join(" and by ")
        ),
    };
    for suspect in &suspects[..shown] {
        let _ = writeln!(out, "  {:.3}  {}: {}", suspect.confidence(), place(suspect), line(suspect));
    }
    out
}

/// Document and position, or document and target.
fn place(suspect: &Suspect) -> String {
    match suspect.predicted.span {
        Some(span) => format!("{} {}..{}", suspect.document, span.start, span.end),
        None => format!("{} towards {}", suspect.document, suspect.predicted.text),
    }
}

/// Gold against predicted, the models with their confidences, and the text around.
fn line(suspect: &Suspect) -> String {
    let said = |mark: &Mark| match mark.span {
        Some(_) => format!("{} “{}”", mark.label, mark.text),
        None => mark.label.clone(),
    };
    let gold = suspect.gold.iter().map(said).collect::<Vec<_>>().join(" and ");
    let gold = if gold.is_empty() { "nothing" } else { gold.as_str() };
    let sure = suspect.confidences.iter().map(|(model, sure)| format!("{model} {sure:.3}")).collect::<Vec<_>>();
    let Suspect { before, middle, after, .. } = suspect;
    let context = match suspect.predicted.span {
        Some(_) => format!("…{before}[{middle}]{after}…"),
        None => format!("{middle}…"),
    };
    let line = format!("gold {gold}, predicted {} ({}) — {context}", said(&suspect.predicted), sure.join(", "));
    line.replace(['\n', '\r', '\t'], " ")
}

fn json_of(queue: &Queue<'_>) -> Value {
    let mark = |mark: &Mark| match mark.span {
        Some(span) => json!({ "start": span.start, "end": span.end, "label": mark.label, "text": mark.text }),
        None => json!({ "target": mark.text, "stance": mark.label }),
    };
    let suspect = |suspect: &Suspect| {
        let models = suspect.confidences.iter().map(|(model, sure)| json!({ "model": model, "confidence": sure }));
        json!({
            "id": suspect.document, "confidence": suspect.confidence(), "predicted": mark(&suspect.predicted),
            "gold": suspect.gold.iter().map(mark).collect::<Vec<_>>(), "models": models.collect::<Vec<_>>(),
            "before": suspect.before, "middle": suspect.middle, "after": suspect.after,
        })
    };
    json!({
        "task": queue.evaluation.task, "corpus": queue.evaluation.corpus, "models": queue.models,
        "suspects": queue.suspects.iter().map(suspect).collect::<Vec<_>>(),
    })
}

/// The queues as a patch that a suite accepts as it is; what it could not accept is left out and counted.
fn patch(results: &Results, queues: &[Queue<'_>]) -> String {
    let (mut corrections, mut foreign, mut crossing) = (Vec::<Correction>::new(), 0, 0);
    for Queue { evaluation, suspects, .. } in queues {
        let labels = results.record.corpora.get(&evaluation.corpus).map_or(&[][..], |c| &c.manifest.labels);
        for suspect in suspects {
            match change(&suspect.predicted, labels) {
                None => foreign += 1,
                Some(change)
                    if corrections.iter().any(|one| one.document == suspect.document && overlap(one, &change)) =>
                {
                    crossing += 1;
                }
                Some(change) => {
                    corrections.push(Correction { document: suspect.document.clone(), change, reason: line(suspect) });
                }
            }
        }
    }
    for (count, why) in [
        (foreign, "whose label is not in the corpus's label set"),
        (crossing, "that overlap one of which the models are surer"),
    ] {
        if count > 0 {
            say(&format!("left out: {} suspects {why}", number(count)));
        }
    }
    let count = number(corrections.len());
    say(&format!("{count} corrections proposed: go through them, and delete the lines that are not right"));
    write_patch(&corrections)
}

/// What the gold would be if the models were right; None for a label that the gold cannot have.
fn change(predicted: &Mark, labels: &[String]) -> Option<Change> {
    let Mark { span, label, text, .. } = predicted.clone();
    match span {
        Some(_) if !labels.is_empty() && !labels.contains(&label) => None,
        Some(span) => Some(Change::Entity { span, label: Some(label), text: Some(text) }),
        None => Some(Change::Stance { target: text, stance: Some(label.parse::<Stance>().ok()?) }),
    }
}

fn overlap(correction: &Correction, change: &Change) -> bool {
    match (&correction.change, change) {
        (Change::Entity { span: one, .. }, Change::Entity { span: two, .. }) => one.overlaps(*two),
        _ => false,
    }
}
