//! The bundled corpus through every format and back.

use super::{FORMATS, solid, surfaces, through};
use crate::cli::desk::repository;
use karat::corpus::exchange::{self, Format, GoldSet, Labelled, Metadata};
use std::collections::BTreeMap;

fn envoy() -> GoldSet {
    exchange::load(&repository("data/envoy")).unwrap()
}

/// What a format does to each document.
fn changed(mut gold: GoldSet, change: impl Fn(&mut Labelled)) -> Vec<Labelled> {
    gold.documents.iter_mut().for_each(change);
    gold.documents
}

#[test]
fn the_bundled_corpus_comes_back_but_for_what_is_said_to_be_lost() {
    let gold = envoy();
    for format in FORMATS {
        let (import, export) = through(&gold, format);
        let found = import.gold;
        assert!(import.losses.is_empty(), "{format:?}: {:?}", import.losses);
        match format {
            Format::Brackets | Format::LabelStudio | Format::Spacy => assert!(found.documents == gold.documents),
            Format::Brat => {
                let expected = changed(gold.clone(), |labelled| {
                    (labelled.metadata, labelled.stances) = (Metadata::new(), BTreeMap::new());
                });
                assert!(found.documents == expected);
            }
            Format::Conll(_) => {
                assert_eq!(surfaces(&found), surfaces(&gold));
                for (found, expected) in found.documents.iter().zip(&gold.documents) {
                    assert_eq!(found.document.id, expected.document.id);
                    assert_eq!(solid(&found.document.text), solid(&expected.document.text));
                }
            }
            Format::Semeval => {
                let phrase = |id: &String| gold.targets.iter().find(|target| target.id == *id).unwrap().phrase.clone();
                let ids: BTreeMap<String, String> =
                    found.targets.iter().map(|target| (target.phrase.clone(), target.id.clone())).collect();
                let expected = changed(gold.clone(), |labelled| {
                    (labelled.metadata, labelled.entities) = (Metadata::new(), None);
                    labelled.document.text = labelled.document.text.replace(['\n', '\r', '\t'], " ");
                    let stances = std::mem::take(&mut labelled.stances);
                    labelled.stances = stances.into_iter().map(|(id, s)| (ids[&phrase(&id)].clone(), s)).collect();
                });
                assert!(found.documents == expected);
            }
        }
        let said: Vec<String> = export.losses.iter().map(ToString::to_string).collect();
        let stances = said.contains(&format!("{} stances", gold.stances()));
        assert_eq!(stances, matches!(format, Format::Brat | Format::Conll(_)), "{format:?}: {said:?}");
        let fields = 3 * gold.documents.len();
        let metadata = said.contains(&format!("{fields} metadata fields (date, title, voice)"));
        assert_eq!(metadata, stances || format == Format::Semeval, "{format:?}: {said:?}");
        let entities = said.contains(&format!("{} entities", gold.entities()));
        assert_eq!(entities, format == Format::Semeval, "{format:?}: {said:?}");
    }
}
