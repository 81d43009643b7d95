//! Documents and their gold, read from files and checked as a whole.
//!
//! Owns: [`Document`], [`Answers`], targets, patches, the formats that gold is exchanged in. In: a corpus folder or a user's own files.
//! Out: values whose spans lie inside their texts and whose labels are known. Must not: know models or scores.

mod adjudication;
mod answers;
mod documents;
pub mod exchange;
mod folder;
mod passes;
mod patch;
mod problem;
mod records;
mod seal;
mod survey;
mod suspicion;
mod targets;

pub use adjudication::Adjudication;
pub use answers::{
    Answers, Regions, StanceLine, read_entities, read_gold_entities, read_stances, write_document, write_entities,
    write_stances,
};
pub use documents::{Document, MAX_DOCUMENT_BYTES, read_documents};
pub use folder::{Corpus, Manifest};
pub use passes::{Annotator, Pass, PassNote};
pub use patch::{Change, Correction, Patch, write_patch};
pub use problem::{CorpusError, Place, Problem};
pub use records::{Entries, Entry, Lines, Records, Texts, sound};
pub use seal::sealed;
pub use survey::{Survey, Tally, survey};
pub use suspicion::{Suspicion, suspicions};
pub use targets::{Target, read_targets};
