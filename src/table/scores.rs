//! What scoring gives: metrics, per-document counts, confusion, single errors, differences between models.

use super::{CellKey, Stored, Table, TableError};
use crate::base::Span;
use crate::task::{Confused, Mark, Mistake};

/// A metric of a cell with its interval.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricRow {
    /// Which cell.
    pub key: CellKey,
    /// The metric's id, such as `f1.PER`.
    pub id: String,
    /// Its definition in full.
    pub signature: String,
    /// At most 1; None where undefined.
    pub value: Option<f64>,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// Why the value is undefined.
    pub reason: Option<String>,
    /// Replicates in which it was undefined.
    pub undefined_replicates: Option<usize>,
    /// Documents that were scored.
    pub documents: usize,
}

impl MetricRow {
    /// The table.
    pub fn table(rows: &[Self]) -> Table {
        Table::keyed(rows.iter().map(|row| &row.key))
            .text("id", rows.iter().map(|row| Some(row.id.as_str())))
            .text("signature", rows.iter().map(|row| Some(row.signature.as_str())))
            .number("value", rows.iter().map(|row| row.value))
            .number("low", rows.iter().map(|row| row.low))
            .number("high", rows.iter().map(|row| row.high))
            .text("reason", rows.iter().map(|row| row.reason.as_deref()))
            .count("undefined_replicates", rows.iter().map(|row| row.undefined_replicates))
            .count("documents", rows.iter().map(|row| Some(row.documents)))
    }

    /// The rows again.
    ///
    /// # Errors
    /// [`TableError`] when a column is missing.
    pub fn read(stored: &Stored) -> Result<Vec<Self>, TableError> {
        let (ids, signatures, reasons) = (stored.text("id")?, stored.text("signature")?, stored.text("reason")?);
        let (values, lows, highs) = (stored.number("value")?, stored.number("low")?, stored.number("high")?);
        let (undefined, documents) = (stored.count("undefined_replicates")?, stored.count("documents")?);
        let row = |(at, key): (usize, CellKey)| Self {
            key,
            id: ids[at].clone().unwrap_or_default(),
            signature: signatures[at].clone().unwrap_or_default(),
            value: values[at],
            low: lows[at],
            high: highs[at],
            reason: reasons[at].clone(),
            undefined_replicates: undefined[at],
            documents: documents[at].unwrap_or_default(),
        };
        Ok(stored.keys()?.into_iter().enumerate().map(row).collect())
    }
}

/// One count of one document: the sufficient statistics of every metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountRow {
    /// Which cell.
    pub key: CellKey,
    /// The document's id.
    pub document: String,
    /// The family of metrics that the count is of, such as `exact`.
    pub family: String,
    /// What is counted, such as `PER.tp` or `favor_as_neutral`.
    pub column: String,
    /// How often.
    pub count: usize,
}

impl CountRow {
    /// The table.
    pub fn table(rows: &[Self]) -> Table {
        Table::keyed(rows.iter().map(|row| &row.key))
            .text("document", rows.iter().map(|row| Some(row.document.as_str())))
            .text("family", rows.iter().map(|row| Some(row.family.as_str())))
            .text("column", rows.iter().map(|row| Some(row.column.as_str())))
            .count("count", rows.iter().map(|row| Some(row.count)))
    }

    /// The rows again.
    ///
    /// # Errors
    /// [`TableError`] when a column is missing.
    pub fn read(stored: &Stored) -> Result<Vec<Self>, TableError> {
        let (documents, families) = (stored.text("document")?, stored.text("family")?);
        let (columns, counts) = (stored.text("column")?, stored.count("count")?);
        let row = |(at, key): (usize, CellKey)| Self {
            key,
            document: documents[at].clone().unwrap_or_default(),
            family: families[at].clone().unwrap_or_default(),
            column: columns[at].clone().unwrap_or_default(),
            count: counts[at].unwrap_or_default(),
        };
        Ok(stored.keys()?.into_iter().enumerate().map(row).collect())
    }
}

/// One cell of a confusion table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfusionRow {
    /// Which cell of the run.
    pub key: CellKey,
    /// What was taken for what.
    pub confused: Confused,
}

impl ConfusionRow {
    /// The table.
    pub fn table(rows: &[Self]) -> Table {
        Table::keyed(rows.iter().map(|row| &row.key))
            .text("gold", rows.iter().map(|row| Some(row.confused.gold.as_str())))
            .text("predicted", rows.iter().map(|row| Some(row.confused.predicted.as_str())))
            .flag("exact", rows.iter().map(|row| row.confused.exact))
            .count("count", rows.iter().map(|row| Some(row.confused.count as usize)))
    }

    /// The rows again.
    ///
    /// # Errors
    /// [`TableError`] when a column is missing.
    pub fn read(stored: &Stored) -> Result<Vec<Self>, TableError> {
        let (gold, predicted) = (stored.text("gold")?, stored.text("predicted")?);
        let (exact, counts) = (stored.flag("exact")?, stored.count("count")?);
        let row = |(at, key): (usize, CellKey)| Self {
            key,
            confused: Confused {
                gold: gold[at].clone().unwrap_or_default(),
                predicted: predicted[at].clone().unwrap_or_default(),
                exact: exact[at],
                count: counts[at].unwrap_or_default() as u64,
            },
        };
        Ok(stored.keys()?.into_iter().enumerate().map(row).collect())
    }
}

/// One wrong answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorRow {
    /// Which cell.
    pub key: CellKey,
    /// What was wrong, with its context.
    pub mistake: Mistake,
}

impl ErrorRow {
    /// The table. Its columns `gold_…` and `predicted_…` are null where that side has nothing; `…_text` is the surface of an
    /// entity or the target of a stance.
    pub fn table(rows: &[Self]) -> Table {
        let side = |gold: bool| rows.iter().map(move |row| mark(&row.mistake, gold));
        let start = |gold: bool| side(gold).map(|mark| mark.and_then(|m| m.span).map(|span: Span| span.start));
        let end = |gold: bool| side(gold).map(|mark| mark.and_then(|m| m.span).map(|span: Span| span.end));
        let label = |gold: bool| side(gold).map(|mark| mark.map(|m| m.label.as_str()));
        let text = |gold: bool| side(gold).map(|mark| mark.map(|m| m.text.as_str()));
        Table::keyed(rows.iter().map(|row| &row.key))
            .text("document", rows.iter().map(|row| Some(row.mistake.document.as_str())))
            .text("kind", rows.iter().map(|row| Some(row.mistake.kind)))
            .count("gold_start", start(true))
            .count("gold_end", end(true))
            .text("gold_label", label(true))
            .text("gold_text", text(true))
            .count("predicted_start", start(false))
            .count("predicted_end", end(false))
            .text("predicted_label", label(false))
            .text("predicted_text", text(false))
            .number("score", side(false).map(|mark| mark.and_then(|m| m.score)))
            .text("before", rows.iter().map(|row| Some(row.mistake.before.as_str())))
            .text("middle", rows.iter().map(|row| Some(row.mistake.middle.as_str())))
            .text("after", rows.iter().map(|row| Some(row.mistake.after.as_str())))
    }

    /// The rows again.
    ///
    /// # Errors
    /// [`TableError`] when a column is missing or a kind is unknown.
    pub fn read(stored: &Stored) -> Result<Vec<Self>, TableError> {
        let (documents, kinds) = (stored.text("document")?, stored.text("kind")?);
        let (before, middle, after) = (stored.text("before")?, stored.text("middle")?, stored.text("after")?);
        let scores = stored.number("score")?;
        let gold = read_marks(stored, "gold", None)?;
        let predicted = read_marks(stored, "predicted", Some(&scores))?;
        let mut rows = Vec::with_capacity(stored.rows());
        for (at, key) in stored.keys()?.into_iter().enumerate() {
            let named = kinds[at].as_deref().and_then(Mistake::kind_named);
            let mistake = Mistake {
                document: documents[at].clone().unwrap_or_default(),
                kind: named.ok_or_else(|| stored.lacks("kind", "kinds of mistakes"))?,
                gold: gold[at].clone(),
                predicted: predicted[at].clone(),
                before: before[at].clone().unwrap_or_default(),
                middle: middle[at].clone().unwrap_or_default(),
                after: after[at].clone().unwrap_or_default(),
            };
            rows.push(Self { key, mistake });
        }
        Ok(rows)
    }
}

fn mark(mistake: &Mistake, gold: bool) -> Option<&Mark> {
    if gold { mistake.gold.as_ref() } else { mistake.predicted.as_ref() }
}

fn read_marks(stored: &Stored, side: &str, scores: Option<&[Option<f64>]>) -> Result<Vec<Option<Mark>>, TableError> {
    let (starts, ends) = (stored.count(&format!("{side}_start"))?, stored.count(&format!("{side}_end"))?);
    let (labels, texts) = (stored.text(&format!("{side}_label"))?, stored.text(&format!("{side}_text"))?);
    let mark = |at: usize| {
        let span = starts[at].zip(ends[at]).map(|(start, end)| Span::new(start, end));
        let text = texts[at].clone().unwrap_or_default();
        labels[at].clone().map(|label| Mark { span, label, text, score: scores.and_then(|scores| scores[at]) })
    };
    Ok((0..stored.rows()).map(mark).collect())
}
