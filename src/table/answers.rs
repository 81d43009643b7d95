//! Predictions: one row an entity, or one row a stance.

use super::{Table, TableError};
use crate::base::{CharText, Entity, Span, Stance};
use crate::corpus::{Document, StanceLine};
use crate::table::Stored;
use crate::task::Answer;

/// Entities: `document, start, end, label, text, score`. A document without an entity has one row whose span is null,
/// so that it is known to have been answered.
pub fn entity_rows(documents: &[&Document], answers: &[Answer]) -> Table {
    let mut rows: Vec<(&str, Option<&Entity>, Option<String>)> = Vec::new();
    for (document, answer) in documents.iter().zip(answers) {
        let text = CharText::new(&document.text);
        let id = document.id.as_str();
        rows.extend(answer.entities().iter().map(|e| (id, Some(e), text.get(e.span).map(str::to_owned))));
        if answer.entities().is_empty() {
            rows.push((id, None, None));
        }
    }
    Table::default()
        .text("document", rows.iter().map(|row| Some(row.0)))
        .count("start", rows.iter().map(|row| row.1.map(|e| e.span.start)))
        .count("end", rows.iter().map(|row| row.1.map(|e| e.span.end)))
        .text("label", rows.iter().map(|row| row.1.map(|e| e.label.as_str())))
        .text("text", rows.iter().map(|row| row.2.as_deref()))
        .number("score", rows.iter().map(|row| row.1.and_then(|e| e.score)))
}

/// Stances: `document, target, stance, favor, against, neutral` (the scores by stance, in 0..=1).
pub fn stance_rows(answers: &[Answer]) -> Table {
    let lines: Vec<&StanceLine> = answers.iter().flat_map(Answer::stances).collect();
    let score = |stance: Stance| lines.iter().map(move |line| line.scores.map(|scores| scores[stance.index()]));
    Table::default()
        .text("document", lines.iter().map(|line| Some(line.document.as_str())))
        .text("target", lines.iter().map(|line| Some(line.target.as_str())))
        .text("stance", lines.iter().map(|line| Some(line.stance.name())))
        .number("favor", score(Stance::Favor))
        .number("against", score(Stance::Against))
        .number("neutral", score(Stance::Neutral))
}

impl Stored {
    /// The entities of a predictions table, an answer for each of `documents`.
    ///
    /// # Errors
    /// [`TableError`] when a column is missing.
    pub fn entities(&self, documents: &[&Document]) -> Result<Vec<Answer>, TableError> {
        let (ids, labels, scores) = (self.text("document")?, self.text("label")?, self.number("score")?);
        let (starts, ends) = (self.count("start")?, self.count("end")?);
        let mut answers: Vec<Vec<Entity>> = vec![Vec::new(); documents.len()];
        for row in 0..self.rows() {
            let place = documents.iter().position(|document| Some(&document.id) == ids[row].as_ref());
            if let (Some(place), Some(start), Some(end), Some(label)) = (place, starts[row], ends[row], &labels[row]) {
                answers[place].push(Entity { span: Span::new(start, end), label: label.clone(), score: scores[row] });
            }
        }
        Ok(answers.into_iter().map(Answer::Entities).collect())
    }

    /// The stances of a predictions table, an answer for each of `documents`.
    ///
    /// # Errors
    /// [`TableError`] when a column is missing or holds no stance.
    pub fn stances(&self, documents: &[&Document]) -> Result<Vec<Answer>, TableError> {
        let (ids, targets, stances) = (self.text("document")?, self.text("target")?, self.text("stance")?);
        let scores = Stance::ALL.map(|stance| self.number(stance.name()));
        let [favor, against, neutral] = scores;
        let (favor, against, neutral) = (favor?, against?, neutral?);
        let mut answers: Vec<Vec<StanceLine>> = vec![Vec::new(); documents.len()];
        for row in 0..self.rows() {
            let Some(place) = documents.iter().position(|document| Some(&document.id) == ids[row].as_ref()) else {
                continue;
            };
            let stance = stances[row].as_deref().and_then(|word| word.parse::<Stance>().ok());
            let stance = stance.ok_or_else(|| self.lacks("stance", "stances"))?;
            let all = favor[row].zip(against[row]).zip(neutral[row]);
            answers[place].push(StanceLine {
                document: documents[place].id.clone(),
                target: targets[row].clone().unwrap_or_default(),
                stance,
                scores: all.map(|((favor, against), neutral)| [favor, against, neutral]),
            });
        }
        Ok(answers.into_iter().map(Answer::Stances).collect())
    }
}
