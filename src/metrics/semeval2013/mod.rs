//! Partial credit for entities: the four measures of `SemEval-2013` Task 9.1.

mod greedy;
mod optimal;

use super::spans::{UnknownLabel, column_of, in_columns};
use crate::base::Entity;
use crate::metrics::{Definition, Family, Unit};
use ndarray::Array2;

/// How predictions are laid on gold entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matching {
    /// The best one. A prediction and a gold entity can be a pair when they share a position or have the same span. Of all
    /// ways to make pairs, each entity in one pair at most, those with the most right pairs are taken, and of these the
    /// ones with the most pairs. That leaves no choice in the counts, so ties need no rule, and the order of the entities does
    /// not matter. Each of the four measures has its own best matching, because each has its own right pairs.
    Optimal,
    /// That of nervaluate 1.2.1: predictions in the order of their list take the first gold entity that fits, so the order of
    /// both lists matters, and so does the length of spans: under 1 % of a gold entity is no overlap.
    Nervaluate,
}

/// The four measures, in the order of columns and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    /// Right with the same span and label.
    Strict,
    /// Right with the same span.
    Exact,
    /// Right with the same span; half right with any overlap.
    Partial,
    /// Right with the same label and any overlap.
    Type,
}

impl Measure {
    const ALL: [Self; 4] = [Self::Strict, Self::Exact, Self::Partial, Self::Type];

    fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Exact => "exact",
            Self::Partial => "partial",
            Self::Type => "type",
        }
    }

    /// True where a pair of entities is right.
    fn right(self, gold: Mark, predicted: Mark) -> bool {
        let (same_span, same_label) = (gold.places() == predicted.places(), gold.label == predicted.label);
        match self {
            Self::Strict => same_span && same_label,
            Self::Exact | Self::Partial => same_span,
            Self::Type => same_label,
        }
    }
}

/// An entity whose label is a place among the family's labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    start: usize,
    end: usize,
    label: usize,
}

impl Mark {
    fn places(self) -> (usize, usize) {
        (self.start, self.end)
    }

    /// Positions in both.
    fn shared(self, other: Self) -> usize {
        self.end.min(other.end).saturating_sub(self.start.max(other.start))
    }
}

/// Pairs of a measure, and entities that are in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Tally {
    right: u32,
    /// Half right in the partial measure, wrong in the others.
    other: u32,
    missed: u32,
    spurious: u32,
}

/// Columns of a measure: COR, then PAR in the partial measure and INC in the others, MIS, SPU.
const PER_MEASURE: usize = 4;
/// Columns of all entities, or of a label's.
const PER_GROUP: usize = Measure::ALL.len() * PER_MEASURE;
/// Metrics of all entities, or of a label's: precision, recall, F1 of each measure.
const METRICS: usize = Measure::ALL.len() * 3;

/// Strict, exact, partial and type measures with the counts COR, INC, PAR, MIS, SPU of `SemEval-2013`.
///
/// Columns: for each measure `MEASURE.COR`, `MEASURE.INC` (`partial.PAR` in the partial measure), `MEASURE.MIS`,
/// `MEASURE.SPU`; then the same for each label in alphabetical order, `LABEL.MEASURE.COR`, …, counted among the entities of that
/// label alone, as if there were no others.
/// Metrics: `semeval2013.MEASURE.precision`, `.recall` and `.f1`; then for each label `semeval2013.MEASURE.precision.LABEL`, ….
/// With nervaluate's matching, `nervaluate.` stands in place of `semeval2013.`, and `type` is what it calls `ent_type`.
///
/// Precision = (COR + PAR / 2) / (COR + INC + PAR + SPU), recall = (COR + PAR / 2) / (COR + INC + PAR + MIS), where PAR is 0
/// but in the partial measure (Segura-Bedmar et al. 2013, *SemEval-2013 Task 9: Extraction of Drug-Drug Interactions from
/// Biomedical Texts*; Chinchor and Sundheim 1993, *MUC-5 Evaluation Metrics*). The denominators are all predictions and all
/// gold entities. Division of zero by zero is 0; where there is neither gold nor a prediction, the measures are undefined.
///
/// With [`Matching::Optimal`], COR + PAR / 2 is the greatest that any matching gives, and `strict` is exact span F1.
///
/// ```
/// use karat::base::{Entity, Span};
/// use karat::metrics::{Family, Matching, Semeval2013, Unit, total};
///
/// let entity = |start, end, label: &str| Entity { span: Span::new(start, end), label: label.into(), score: None };
/// let gold = vec![entity(0, 8, "ORG"), entity(10, 14, "PER")];
/// let predicted = vec![entity(0, 6, "ORG"), entity(10, 14, "LOC")];
/// let family = Semeval2013::new(Matching::Optimal, Unit::Character, ["LOC", "ORG", "PER"]);
/// let metrics = family.metrics(&total(&family.table(&[(gold, predicted)]).expect("all labels are known")));
/// let value = |id: &str| metrics.iter().find(|metric| metric.id == id).and_then(|metric| metric.value);
/// assert_eq!(value("semeval2013.strict.f1"), Some(0.0));
/// assert_eq!(value("semeval2013.exact.f1"), Some(0.5));
/// assert_eq!(value("semeval2013.partial.f1"), Some(0.75));
/// assert_eq!(value("semeval2013.type.f1"), Some(0.5));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Semeval2013 {
    matching: Matching,
    labels: Vec<String>,
    columns: Vec<String>,
    definitions: Vec<Definition>,
}

impl Semeval2013 {
    /// The family over spans of a unit and labels in any order: those of every model that is to be scored with it.
    pub fn new<'a>(matching: Matching, unit: Unit, labels: impl IntoIterator<Item = &'a str>) -> Self {
        let labels = in_columns(labels);
        let groups = std::iter::once(String::new()).chain(labels.iter().map(|label| format!("{label}.")));
        let columns = groups.flat_map(|group| {
            Measure::ALL.into_iter().flat_map(move |measure| {
                let other = if measure == Measure::Partial { "PAR" } else { "INC" };
                let group = group.clone();
                ["COR", other, "MIS", "SPU"].map(|count| format!("{group}{}.{count}", measure.name()))
            })
        });
        let columns = columns.collect();
        let mut definitions = define(matching, unit, None);
        definitions.extend(labels.iter().flat_map(|label| define(matching, unit, Some(label))));
        Self { matching, labels, columns, definitions }
    }

    /// One row a document, `[documents, columns]`; a document is its gold and its predictions, which may overlap and repeat.
    ///
    /// # Errors
    /// [`UnknownLabel`] when a document has a label that the family was not made for.
    pub fn table(&self, documents: &[(Vec<Entity>, Vec<Entity>)]) -> Result<Array2<u32>, UnknownLabel> {
        let mut table = Array2::zeros((documents.len(), self.columns.len()));
        for (mut row, (gold, predicted)) in table.outer_iter_mut().zip(documents) {
            let (gold, predicted) = (self.marks(gold)?, self.marks(predicted)?);
            let mut add = |group: usize, tallies: [Tally; 4]| {
                for (measure, tally) in tallies.into_iter().enumerate() {
                    let at = group * PER_GROUP + measure * PER_MEASURE;
                    for (column, count) in
                        [tally.right, tally.other, tally.missed, tally.spurious].into_iter().enumerate()
                    {
                        row[at + column] += count;
                    }
                }
            };
            add(0, self.count(&gold, &predicted));
            let (by_label, predicted_by_label) = (self.by_label(&gold), self.by_label(&predicted));
            for (label, (gold, predicted)) in by_label.iter().zip(&predicted_by_label).enumerate() {
                if !gold.is_empty() || !predicted.is_empty() {
                    add(label + 1, self.count(gold, predicted));
                }
            }
        }
        Ok(table)
    }

    fn count(&self, gold: &[Mark], predicted: &[Mark]) -> [Tally; 4] {
        match self.matching {
            Matching::Optimal => optimal::count(gold, predicted),
            Matching::Nervaluate => greedy::count(gold, predicted),
        }
    }

    fn marks(&self, entities: &[Entity]) -> Result<Vec<Mark>, UnknownLabel> {
        let mark = |entity: &Entity| {
            let label = column_of(&self.labels, &entity.label)?;
            Ok(Mark { start: entity.span.start, end: entity.span.end, label })
        };
        entities.iter().map(mark).collect()
    }

    /// The marks of each label, in their order.
    fn by_label(&self, marks: &[Mark]) -> Vec<Vec<Mark>> {
        let mut groups = vec![Vec::new(); self.labels.len()];
        for mark in marks {
            groups[mark.label].push(*mark);
        }
        groups
    }
}

/// The metrics of all entities, or of a label's.
fn define(matching: Matching, unit: Unit, label: Option<&String>) -> Vec<Definition> {
    let (family, terms) = match matching {
        Matching::Optimal => ("semeval2013", "optimal"),
        Matching::Nervaluate => ("nervaluate", "nervaluate-1.2.1"),
    };
    let (average, ending, nothing) = match label {
        None => ("micro".to_owned(), String::new(), "there is no entity in gold or predictions".to_owned()),
        Some(label) => {
            (format!("label={label}"), format!(".{label}"), format!("there is no `{label}` in gold or predictions"))
        }
    };
    let mut definitions = Vec::with_capacity(METRICS);
    for measure in Measure::ALL.map(Measure::name) {
        for value in ["precision", "recall", "f1"] {
            let terms = [&average, "semeval2013", &format!("measure={measure}"), terms, unit.name(), "zero_division=0"];
            let id = format!("{family}.{measure}.{value}{ending}");
            definitions.push(Definition::new(&id, &format!("ner.{value}"), &terms, &nothing));
        }
    }
    definitions
}

impl Family for Semeval2013 {
    fn name(&self) -> &'static str {
        match self.matching {
            Matching::Optimal => "semeval2013",
            Matching::Nervaluate => "nervaluate",
        }
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    fn values(&self, sums: &[u64], values: &mut [Option<f64>]) {
        assert_eq!((sums.len(), values.len()), (self.columns.len(), self.definitions.len()));
        let measured = sums.chunks_exact(PER_MEASURE).zip(values.chunks_exact_mut(3));
        for (place, (counts, values)) in measured.enumerate() {
            values.copy_from_slice(&measures(Measure::ALL[place % Measure::ALL.len()], counts));
        }
    }
}

/// Precision, recall and F1 of COR, INC or PAR, MIS and SPU; undefined where nothing occurred.
fn measures(measure: Measure, counts: &[u64]) -> [Option<f64>; 3] {
    let &[right, other, missed, spurious] = counts else { return [None; 3] };
    let (actual, possible) = (right + other + spurious, right + other + missed);
    if actual + possible == 0 {
        return [None; 3];
    }
    let half = if measure == Measure::Partial { other as f64 / 2.0 } else { 0.0 };
    let credit = right as f64 + half;
    let share = |whole: u64| if whole == 0 { 0.0 } else { credit / whole as f64 };
    [share(actual), share(possible), 2.0 * credit / (actual + possible) as f64].map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::metrics::total;

    fn entity(start: usize, end: usize, label: &str) -> Entity {
        Entity { span: Span::new(start, end), label: label.to_owned(), score: None }
    }

    fn sums(matching: Matching, gold: &[Entity], predicted: &[Entity]) -> Vec<u64> {
        let family = Semeval2013::new(matching, Unit::Character, ["A", "B"]);
        total(&family.table(&[(gold.to_vec(), predicted.to_vec())]).expect("all labels are known"))
    }

    #[test]
    fn columns_and_ids_are_a_contract() {
        let family = Semeval2013::new(Matching::Optimal, Unit::Token, ["A"]);
        assert_eq!(
            family.columns()[..9],
            [
                "strict.COR",
                "strict.INC",
                "strict.MIS",
                "strict.SPU",
                "exact.COR",
                "exact.INC",
                "exact.MIS",
                "exact.SPU",
                "partial.COR"
            ]
        );
        assert_eq!((family.columns()[9].as_str(), family.columns()[16].as_str()), ("partial.PAR", "A.strict.COR"));
        let named: Vec<_> = family.definitions().iter().map(|d| (d.id.as_str(), d.signature.as_str())).collect();
        let first = "ner.precision|micro|semeval2013|measure=strict|optimal|token|zero_division=0|v1";
        assert_eq!(named[0], ("semeval2013.strict.precision", first));
        let of_label = "ner.f1|label=A|semeval2013|measure=type|optimal|token|zero_division=0|v1";
        assert_eq!(named[23], ("semeval2013.type.f1.A", of_label));
        let library = Semeval2013::new(Matching::Nervaluate, Unit::Token, []);
        assert_eq!(library.definitions()[8].id, "nervaluate.partial.f1");
        assert_eq!(
            library.definitions()[8].signature,
            "ner.f1|micro|semeval2013|measure=partial|nervaluate-1.2.1|token|zero_division=0|v1"
        );
    }

    // nervaluate gives 0 here.
    #[test]
    fn nothing_at_all_is_undefined_and_one_empty_side_is_zero() {
        let family = Semeval2013::new(Matching::Nervaluate, Unit::Character, []);
        assert!(family.metrics(&[0; 16]).iter().all(|metric| metric.value.is_none() && metric.reason.is_some()));
        for (gold, predicted) in [(vec![entity(0, 1, "A")], vec![]), (vec![], vec![entity(0, 1, "A")])] {
            let family = Semeval2013::new(Matching::Optimal, Unit::Character, ["A"]);
            let sums = total(&family.table(&[(gold, predicted)]).expect("known"));
            assert!(family.metrics(&sums).iter().all(|metric| metric.value == Some(0.0)));
        }
    }

    // The first prediction takes the gold entity that the second one has exactly.
    #[test]
    fn the_order_of_the_list_matters_to_nervaluate_and_not_to_the_best_matching() {
        let gold = [entity(0, 4, "A")];
        let (forth, back) = ([entity(0, 4, "A"), entity(1, 4, "A")], [entity(1, 4, "A"), entity(0, 4, "A")]);
        for predicted in [&forth, &back] {
            assert_eq!(strict_of(&gold, predicted, Matching::Optimal), [1, 0, 0, 1]);
        }
        assert_eq!(strict_of(&gold, &forth, Matching::Nervaluate), [1, 0, 0, 1]);
        assert_eq!(strict_of(&gold, &back, Matching::Nervaluate), [0, 1, 0, 1]);
    }

    fn strict_of(gold: &[Entity], predicted: &[Entity], matching: Matching) -> Vec<u64> {
        sums(matching, gold, predicted)[..4].to_vec()
    }

    #[test]
    fn a_label_is_counted_as_if_there_were_no_others() {
        let (gold, predicted) = ([entity(0, 4, "A")], [entity(0, 4, "B")]);
        let sums = sums(Matching::Optimal, &gold, &predicted);
        assert_eq!(sums[..16], [0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(sums[16..20], [0, 0, 1, 0], "A is missed");
        assert_eq!(sums[32..36], [0, 0, 0, 1], "B is spurious");
    }
}
