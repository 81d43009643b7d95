//! What answers say of their own certainty, held against gold.

use super::{Judged, TaskName};
use crate::metrics::{Confidence, Forecast, Forecasts};

/// The answers with their confidences; None where one of them has no score.
///
/// Of entities, each predicted one, right where gold has the same span and label: what was missed has no confidence and
/// does not count. Of stances, each one that gold has, with the shares of all three.
pub fn forecasts(task: TaskName, judged: &[Judged<'_>]) -> Option<Forecasts> {
    match task {
        TaskName::Ner => {
            let answers = judged.iter().flat_map(|judged| {
                let gold = judged.gold.entities();
                let right = |span, label: &str| gold.iter().any(|entity| entity.span == span && entity.label == label);
                judged.predicted.entities().iter().map(move |entity| {
                    Some(Confidence { value: entity.score?, right: right(entity.span, &entity.label) })
                })
            });
            answers.collect::<Option<_>>().map(Forecasts::Entities)
        }
        TaskName::Stance => {
            let answers = judged.iter().flat_map(|judged| {
                judged.gold.stances().iter().filter_map(|gold| {
                    let line = judged.predicted.stances().iter().find(|line| line.target == gold.target)?;
                    Some(line.scores.map(|shares| Forecast { shares, answered: line.stance, gold: gold.stance }))
                })
            });
            answers.collect::<Option<_>>().map(Forecasts::Stances)
        }
    }
}
