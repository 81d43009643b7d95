//! A few sentences with a dozen plain names: four people, four organisations, four places.

use super::{Probed, WrongProbe};
use crate::base::{Entity, Span};
use crate::corpus::Document;
use crate::engine::{Config, Logits};
use crate::task::labels::{LabelMap, kind, tags};
use crate::task::ner::{Ner, NerOptions};
use crate::task::{Prepared, Task, TaskError};

struct Probe {
    text: &'static str,
    /// Names with their kinds, as [`kind`] calls them.
    names: &'static [(&'static str, &'static str)],
}

/// ASCII only, so that bytes are characters.
const PROBES: [Probe; 4] = [
    Probe {
        text: "Angela Merkel met Barack Obama in Berlin.",
        names: &[("Angela Merkel", "per"), ("Barack Obama", "per"), ("Berlin", "loc")],
    },
    Probe {
        text: "Maria Lopez works for Microsoft in Madrid.",
        names: &[("Maria Lopez", "per"), ("Microsoft", "org"), ("Madrid", "loc")],
    },
    Probe {
        text: "Samsung sent John Smith to Kenya.",
        names: &[("Samsung", "org"), ("John Smith", "per"), ("Kenya", "loc")],
    },
    Probe {
        text: "Toyota and Google will build a factory in France.",
        names: &[("Toyota", "org"), ("Google", "org"), ("France", "loc")],
    },
];

/// The sentences, bound to a model. It is asked for names of the kinds that it has a type for.
#[derive(Debug)]
pub(super) struct NameProbes {
    kinds: Vec<String>,
    task: Ner,
}

impl NameProbes {
    pub(super) fn bind(model: &Config, labels: &LabelMap) -> Result<Self, TaskError> {
        let task = Ner::new(model, labels, NerOptions::default())?;
        let kinds = tags(&model.labels, labels)?.tags.iter().filter_map(|tag| tag.label.as_deref().map(kind)).collect();
        Ok(Self { kinds, task })
    }

    pub(super) fn texts() -> impl Iterator<Item = &'static str> {
        PROBES.iter().map(|probe| probe.text)
    }

    pub(super) fn task(&self) -> &dyn Task {
        &self.task
    }

    pub(super) fn judge(&self, answers: &[Option<(Prepared, Vec<Logits>)>]) -> Probed {
        let decode = |(probe, answer): (&Probe, &Option<(Prepared, Vec<Logits>)>)| {
            let document = Document { id: String::new(), text: probe.text.to_owned() };
            let decode = |(prepared, logits): &(Prepared, Vec<Logits>)| self.task.decode(&document, prepared, logits);
            answer.as_ref().map(decode).map(|answer| answer.entities().to_vec())
        };
        judged(&self.kinds, &PROBES.iter().zip(answers).map(decode).collect::<Vec<_>>())
    }
}

/// What came of the sentences, of each the entities that the model found; None where it did not fit. A name is right where an entity of its
/// kind has exactly its span.
fn judged(kinds: &[String], found: &[Option<Vec<Entity>>]) -> Probed {
    let (mut asked, mut wrong) = (0, Vec::new());
    for (probe, found) in PROBES.iter().zip(found) {
        for (name, expected) in probe.names.iter().filter(|(_, expected)| kinds.iter().any(|kind| kind == expected)) {
            asked += 1;
            let start = probe.text.find(name).expect("the name is in its sentence");
            let span = Span::new(start, start + name.len());
            let entities = found.as_deref().unwrap_or_default();
            if !entities.iter().any(|entity| entity.span == span && kind(&entity.label) == *expected) {
                let shown =
                    |entity: &Entity| format!("{} {}", entity.label, &probe.text[entity.span.start..entity.span.end]);
                let there = entities.iter().filter(|entity| entity.span.overlaps_any(&[span])).map(shown);
                let there: Vec<String> = there.collect();
                let given = if there.is_empty() { "nothing".to_owned() } else { there.join(", ") };
                wrong.push(WrongProbe {
                    probe: probe.text.to_owned(),
                    expected: format!("{} {name}", expected.to_uppercase()),
                    given: found.as_ref().map(|_| given),
                });
            }
        }
    }
    Probed { asked, right: asked - wrong.len(), wrong, better: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity((start, end): (usize, usize), label: &str) -> Entity {
        Entity { span: Span::new(start, end), label: label.to_owned(), score: Some(0.9) }
    }

    #[test]
    fn there_are_four_names_of_each_kind() {
        for kind in ["per", "org", "loc"] {
            let names = PROBES.iter().flat_map(|probe| probe.names).filter(|(_, known)| *known == kind);
            assert_eq!(names.count(), 4, "{kind}");
        }
        assert!(PROBES.iter().all(|probe| probe.text.is_ascii()));
    }

    #[test]
    fn a_name_is_right_with_its_span_and_a_type_of_its_kind() {
        let kinds = ["per", "loc"].map(str::to_owned);
        let first = vec![entity((0, 13), "PERSON"), entity((18, 30), "LOC"), entity((34, 40), "GPE")];
        let probed = judged(&kinds, &[Some(first), Some(Vec::new()), None, Some(vec![entity((0, 17), "PERSON")])]);
        assert_eq!((probed.asked, probed.right, probed.passes()), (8, 2, false));
        let wrong = |at: usize| (probed.wrong[at].expected.as_str(), probed.wrong[at].given.as_deref());
        assert_eq!(wrong(0), ("PER Barack Obama", Some("LOC Barack Obama")));
        assert_eq!(wrong(1), ("PER Maria Lopez", Some("nothing")));
        assert_eq!(wrong(3), ("PER John Smith", None));
        let none = judged(&["disease".to_owned()], &[None, None, None, None]);
        assert_eq!((none.asked, none.passes()), (0, true));
    }
}
