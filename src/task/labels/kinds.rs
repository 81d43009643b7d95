//! Entity types by other names: which of a model's types gold probably calls otherwise.

use std::collections::{BTreeMap, BTreeSet};

/// Names of the common types, lower-case letters and digits only, the shortest first.
const KINDS: [&[&str]; 4] = [
    &["per", "pers", "person", "persons", "people", "human", "name", "personname"],
    &["org", "orgs", "organisation", "organization", "company", "corporation", "corp", "institution", "group"],
    &["loc", "location", "locations", "place", "gpe", "geo", "geopolitical", "geoloc", "city", "country"],
    &["misc", "miscellaneous", "other", "others"],
];

/// A common name of an entity type: `per` for `PERSON`; of another type its own name in lower case.
pub(in crate::task) fn kind(label: &str) -> String {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let known = |name: &str| KINDS.iter().find(|kind| kind.contains(&name)).map(|kind| kind[0].to_owned());
    let whole = letters(label);
    // `person-actor` and `ORG.GOV` are kinds of a person and of an organisation.
    let first = letters(label.split(['-', '.', '_', '/']).next().unwrap_or_default());
    known(&whole).or_else(|| known(&first)).unwrap_or(whole)
}

/// The gold label that a model's type probably means, for each type that gold has not; types without one are left out.
pub(super) fn pairs(types: &BTreeSet<&str>, gold: &BTreeSet<&str>) -> BTreeMap<String, String> {
    let pair = |label: &&str| {
        let meant = gold.iter().find(|gold| kind(gold) == kind(label))?;
        Some(((*label).to_owned(), (*meant).to_owned()))
    };
    types.difference(gold).filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_by_other_names_are_paired() {
        let types = BTreeSet::from(["PERSON", "GPE", "ORGANIZATION", "MISC", "DATE", "person-actor"]);
        let gold = BTreeSet::from(["PER", "LOC", "ORG", "MISC"]);
        let expected = [("GPE", "LOC"), ("ORGANIZATION", "ORG"), ("PERSON", "PER"), ("person-actor", "PER")];
        let expected = expected.map(|(from, to)| (from.to_owned(), to.to_owned()));
        assert_eq!(pairs(&types, &gold), BTreeMap::from(expected));
        assert_eq!(pairs(&BTreeSet::from(["per"]), &gold)["per"], "PER");
    }
}
