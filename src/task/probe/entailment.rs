//! A dozen pairs of sentences: four follow, four contradict, four do neither.

use super::{OtherReading, Probed, WrongProbe};
use crate::corpus::Target;
use crate::engine::{Config, Logits};
use crate::task::labels::{LabelMap, Relation, Relations, relations};
use crate::task::stance::{Hypotheses, StanceOptions, StanceTask};
use crate::task::{Prepared, Task, TaskError, argmax, softmax};

struct Probe {
    premise: &'static str,
    hypothesis: &'static str,
    relation: Relation,
}

const fn probe(premise: &'static str, hypothesis: &'static str, relation: Relation) -> Probe {
    Probe { premise, hypothesis, relation }
}

const GUITAR: &str = "A man is playing a guitar on a stage.";
const DOGS: &str = "Two dogs are running through the snow.";
const SHOP: &str = "The shop was closed on Sunday because of a strike.";
const APPLES: &str = "Anna bought three red apples at the market.";

/// Each premise once with each relation, so that no premise tells the answer.
const PROBES: [Probe; 12] = [
    probe(GUITAR, "A man is playing an instrument.", Relation::Entailment),
    probe(GUITAR, "A man is asleep in his bed.", Relation::Contradiction),
    probe(GUITAR, "The man has played the guitar for ten years.", Relation::Neutral),
    probe(DOGS, "Two animals are running.", Relation::Entailment),
    probe(DOGS, "Two dogs are sleeping on a sofa.", Relation::Contradiction),
    probe(DOGS, "The dogs belong to a farmer.", Relation::Neutral),
    probe(SHOP, "The shop was not open on Sunday.", Relation::Entailment),
    probe(SHOP, "The shop was open on Sunday.", Relation::Contradiction),
    probe(SHOP, "The shop sells shoes.", Relation::Neutral),
    probe(APPLES, "Anna bought some fruit.", Relation::Entailment),
    probe(APPLES, "Anna bought nothing at the market.", Relation::Contradiction),
    probe(APPLES, "Anna has two brothers.", Relation::Neutral),
];

/// The pairs, bound to a model. A head that only tells entailment from not-entailment is asked the pairs that follow and those that
/// contradict, so that a constant answer gives half.
#[derive(Debug)]
pub(super) struct EntailmentProbes {
    names: Vec<String>,
    relations: Relations,
    task: StanceTask,
}

impl EntailmentProbes {
    pub(super) fn bind(model: &Config, labels: &LabelMap) -> Result<Self, TaskError> {
        let relations = relations(&model.labels, labels)?;
        let options = StanceOptions { hypotheses: Hypotheses::phrase_alone(), ..StanceOptions::default() };
        let id = |at: usize| at.to_string();
        let asked: Vec<&Probe> = asked(&relations).collect();
        let target = |(at, probe): (usize, &&Probe)| Target { id: id(at), phrase: probe.hypothesis.to_owned() };
        let targets: Vec<Target> = asked.iter().enumerate().map(target).collect();
        let own = (0..asked.len()).map(|at| (id(at), vec![id(at)])).collect();
        let task = StanceTask::new((model, labels), options, &targets, own)?;
        Ok(Self { names: model.labels.clone(), relations, task })
    }

    pub(super) fn premises(&self) -> impl Iterator<Item = &'static str> {
        asked(&self.relations).map(|probe| probe.premise)
    }

    pub(super) fn task(&self) -> &dyn Task {
        &self.task
    }

    pub(super) fn judge(&self, answers: &[Option<(Prepared, Vec<Logits>)>]) -> Probed {
        let class = |answer: &Option<(Prepared, Vec<Logits>)>| {
            answer.as_ref().map(|(prepared, logits)| likeliest(prepared, logits))
        };
        judged(&self.names, &self.relations, &answers.iter().map(class).collect::<Vec<_>>())
    }
}

/// What came of the pairs, of each the class that the model gave; None where it did not fit.
fn judged(names: &[String], relations: &Relations, given: &[Option<usize>]) -> Probed {
    let right = |reading: &[Option<Relation>]| {
        let pairs = asked(relations).zip(given);
        pairs.filter(|(probe, class)| class.is_some_and(|class| means(reading[class], probe.relation))).count()
    };
    let wrong = asked(relations).zip(given).filter_map(|(probe, class)| {
        let relation = class.and_then(|class| relations.0[class]);
        let given = class.map(|class| relation.map_or_else(|| names[class].clone(), |relation| relation.to_string()));
        let wrong = || WrongProbe {
            probe: format!("{} → {}", probe.premise, probe.hypothesis),
            expected: probe.relation.to_string(),
            given,
        };
        (!means(relation, probe.relation)).then(wrong)
    });
    let mut probed = Probed { asked: given.len(), right: right(&relations.0), wrong: wrong.collect(), better: None };
    if !probed.passes() {
        let others = readings(&relations.0).into_iter().map(|reading| (right(&reading), reading));
        let best = others.max_by_key(|(right, _)| *right);
        // Three quarters, where the reading as it is has at most half: no chance, and no weak model.
        probed.better = best.filter(|(right, _)| right * 4 >= probed.asked * 3).map(|(right, reading)| {
            let otherwise = |&class: &usize| reading[class] != relations.0[class];
            let mut changed: Vec<String> =
                (0..reading.len()).filter(otherwise).map(|class| names[class].clone()).collect();
            changed.sort();
            let labels = names.iter().zip(&reading).filter_map(|(name, relation)| Some((name.clone(), (*relation)?)));
            OtherReading { labels: labels.collect(), changed, right }
        });
    }
    probed
}

/// The pairs that a head is asked.
fn asked(relations: &Relations) -> impl Iterator<Item = &'static Probe> {
    let three = relations.0.contains(&Some(Relation::Neutral));
    PROBES.iter().filter(move |probe| three || probe.relation != Relation::Neutral)
}

/// The likeliest class: by the mean over the premise's windows, each weighted by the tokens that it decides, as for a stance.
fn likeliest(prepared: &Prepared, logits: &[Logits]) -> usize {
    let mut sums = vec![0.0; logits.first().map_or(0, Logits::ncols)];
    for (window, logits) in prepared.windows.iter().zip(logits) {
        for (sum, p) in sums.iter_mut().zip(softmax(&logits.row(0), 1.0)) {
            *sum += p * window.decided.len() as f64;
        }
    }
    argmax(&sums)
}

/// True where a class of this meaning is the right answer.
fn means(given: Option<Relation>, expected: Relation) -> bool {
    match given {
        Some(Relation::NotEntailment) => expected != Relation::Entailment,
        given => given == Some(expected),
    }
}

/// Every order of the meanings over the classes that have one, the present one included; none for more than four such classes.
fn readings(relations: &[Option<Relation>]) -> Vec<Vec<Option<Relation>>> {
    let classes: Vec<usize> = (0..relations.len()).filter(|&class| relations[class].is_some()).collect();
    if classes.len() > 4 {
        return Vec::new();
    }
    let mut orders: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in &classes {
        let longer = |order: Vec<usize>| {
            let left: Vec<usize> = classes.iter().copied().filter(|class| !order.contains(class)).collect();
            left.into_iter().map(move |class| order.iter().copied().chain([class]).collect())
        };
        orders = orders.into_iter().flat_map(longer).collect();
    }
    let reading = |order: Vec<usize>| {
        let mut reading = relations.to_vec();
        for (&class, from) in classes.iter().zip(order) {
            reading[class] = relations[from];
        }
        reading
    };
    orders.into_iter().map(reading).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::labels::tests::names;

    /// What comes of a model that gives these classes, by their names, to what follows, contradicts and does neither.
    fn judged_by(labels: &[&str], says: [&str; 3]) -> Probed {
        let relations = relations(&names(labels), &LabelMap::default()).expect("good labels");
        let class = |name: &str| labels.iter().position(|label| *label == name);
        let given = |probe: &Probe| match probe.relation {
            Relation::Entailment => class(says[0]),
            Relation::Neutral => class(says[2]),
            _ => class(says[1]),
        };
        let given: Vec<_> = asked(&relations).map(given).collect();
        judged(&names(labels), &relations, &given)
    }

    const THREE: [&str; 3] = ["entailment", "contradiction", "neutral"];

    #[test]
    fn each_premise_has_each_answer() {
        for relation in [Relation::Entailment, Relation::Contradiction, Relation::Neutral] {
            let premises: Vec<_> = PROBES.iter().filter(|p| p.relation == relation).map(|p| p.premise).collect();
            assert_eq!(premises, [GUITAR, DOGS, SHOP, APPLES]);
        }
    }

    #[test]
    fn a_model_that_knows_passes_and_a_constant_one_does_not() {
        let all = judged_by(&THREE, THREE);
        assert_eq!((all.asked, all.right, all.passes(), all.better), (12, 12, true, None));
        let constant = judged_by(&THREE, ["neutral"; 3]);
        assert_eq!((constant.right, constant.passes(), &constant.better), (4, false, &None));
        assert_eq!((constant.wrong.len(), constant.wrong[0].given.as_deref()), (8, Some("neutral")));
        let two = ["not_entailment", "entailment"];
        let knows = judged_by(&two, ["entailment", "not_entailment", "not_entailment"]);
        assert_eq!((knows.asked, knows.right), (8, 8));
        let constant = judged_by(&two, ["not_entailment"; 3]);
        assert_eq!((constant.right, constant.passes(), constant.better), (4, false, None));
        // What fits no sequence is not right.
        let relations = relations(&names(&THREE), &LabelMap::default()).expect("good labels");
        let none = judged(&names(&THREE), &relations, &[None; 12]);
        assert_eq!((none.right, none.wrong.len(), &none.wrong[0].given, none.better), (0, 12, &None, None));
    }

    #[test]
    fn swapped_names_are_told_from_a_weak_model() {
        let swapped = judged_by(&THREE, ["contradiction", "entailment", "neutral"]);
        assert_eq!((swapped.right, swapped.passes()), (4, false));
        let better = swapped.better.expect("the other way about");
        assert_eq!((better.right, better.told().as_str()), (12, "with `contradiction` and `entailment` swapped"));
        // The map is whole, so that it can stand in place of one that is wrong.
        let map = r#"labels = { contradiction = "entailment", entailment = "contradiction", neutral = "neutral" }"#;
        assert_eq!(better.map(), map);
        let turned = judged_by(&THREE, ["contradiction", "neutral", "entailment"]).better.expect("a turn");
        assert_eq!((turned.right, turned.changed.len()), (12, 3));
        let two = judged_by(&["not_entailment", "entailment"], ["not_entailment", "entailment", "entailment"]);
        assert_eq!(two.better.expect("the other way about").labels["entailment"], Relation::NotEntailment);
    }
}
