//! Gold in other formats: there and back in general (`properties`), files as the tools themselves write them (`shapes`), and
//! the bundled corpus (`envoy`).

mod envoy;
mod properties;
mod shapes;

use karat::corpus::CorpusError;
use karat::corpus::exchange::{self, Export, Files, Format, GoldSet, Import, Scheme};
use tempfile::TempDir;

/// All formats, CoNLL in its four schemes.
pub(super) const FORMATS: [Format; 9] = [
    Format::Brackets,
    Format::Conll(Some(Scheme::Iob1)),
    Format::Conll(Some(Scheme::Iob2)),
    Format::Conll(Some(Scheme::Iobes)),
    Format::Conll(Some(Scheme::Bilou)),
    Format::Brat,
    Format::LabelStudio,
    Format::Spacy,
    Format::Semeval,
];

/// What comes back of an export.
pub(super) fn back(export: &Export, format: Format) -> Result<Import, CorpusError> {
    let home = TempDir::new().unwrap();
    let path = home.path().join("export");
    match &export.files {
        Files::One(content) => std::fs::write(&path, content).unwrap(),
        Files::Folder(files) => {
            std::fs::create_dir(&path).unwrap();
            for (name, content) in files {
                std::fs::write(path.join(name), content).unwrap();
            }
        }
    }
    exchange::read(&path, format)
}

/// Gold through a format and back.
pub(super) fn through(gold: &GoldSet, format: Format) -> (Import, Export) {
    let export = exchange::write(gold, format);
    let import = back(&export, format).unwrap_or_else(|error| panic!("{format:?}: {error}\n{:?}", export.files));
    (import, export)
}

/// A text without its white space.
pub(super) fn solid(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Mentions as (surface without white space, label).
pub(super) fn surfaces(gold: &GoldSet) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for labelled in &gold.documents {
        let text: Vec<char> = labelled.document.text.chars().collect();
        for entity in labelled.entities.iter().flatten() {
            let surface: String = text[entity.span.start..entity.span.end].iter().collect();
            found.push((solid(&surface), entity.label.clone()));
        }
    }
    found
}
