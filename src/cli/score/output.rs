//! What `karat score` prints.

use super::arguments::ScoreOptions;
use super::{Documents, Scored};
use crate::cli::metrics;
use crate::metrics::total;
use crate::report::number;
use crate::task::TaskName;
use serde_json::{Map, Value, json};

/// For people: all metrics in one table.
pub(super) fn table(documents: &Documents<'_>, scored: &[Scored]) -> String {
    let all: Vec<_> = scored.iter().flat_map(|family| family.metrics.iter().cloned()).collect();
    format!(
        "{} documents; low and high are a 95 % interval over resampled documents\n\n{}",
        number(documents.names.len()),
        metrics::table(&all)
    )
}

/// For programs: metrics with intervals, the sums that they follow from by family, and each document's values if asked.
pub(super) fn json(documents: &Documents<'_>, scored: &[Scored], options: &ScoreOptions) -> String {
    let all: Vec<Value> = scored.iter().flat_map(|family| metrics::json(&family.metrics)).collect();
    let mut json = json!({
        "version": 1, "task": TaskName::from(options.task), "documents": documents.names.len(),
        "ignored": documents.ignored, "predicted_in_unannotated": documents.unannotated,
        "metrics": all, "counts": counts(scored),
    });
    if options.per_document {
        json["per_document"] = per_document(&documents.names, scored);
    }
    format!("{json}\n")
}

/// Sums over all documents, by family and column.
fn counts(scored: &[Scored]) -> Value {
    let of_family = |family: &Scored| {
        let columns = family.family.columns().iter().cloned();
        let sums: Map<String, Value> =
            columns.zip(total(&family.counts)).map(|(column, sum)| (column, sum.into())).collect();
        (family.name.to_owned(), sums.into())
    };
    scored.iter().map(of_family).collect::<Map<String, Value>>().into()
}

/// Each document's values by metric, null where undefined.
fn per_document(names: &[String], scored: &[Scored]) -> Value {
    let document = |(at, name): (usize, &String)| {
        let mut values = Map::new();
        for family in scored {
            let sums: Vec<u64> = family.counts.row(at).iter().map(|&count| u64::from(count)).collect();
            let mut found = vec![None; family.family.definitions().len()];
            family.family.values(&sums, &mut found);
            let defined = family.family.definitions().iter().zip(found);
            values.extend(defined.map(|(definition, value)| (definition.id.clone(), value.into())));
        }
        json!({ "id": name, "values": values })
    };
    names.iter().enumerate().map(document).collect()
}
