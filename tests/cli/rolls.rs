//! A corpus of many short documents and lists of names that find more or fewer of them: models whose differences are known.

use super::desk::Desk;
use std::fmt::Write;

/// A desk with `documents` documents of four gold entities each, of which one has a name that stands nowhere else, and `suite.toml` with
/// the lists `names` (finds all) and `other`.
pub(super) fn rolls(documents: usize) -> Desk {
    let desk = Desk::new();
    desk.write("corpus/corpus.toml", "name = \"rolls\"\nversion = \"1\"\nlabels = [\"LOC\", \"PER\"]\n");
    let (mut texts, mut gold) = (String::new(), String::new());
    for at in 0..documents {
        let own = own(at);
        let _ = writeln!(texts, "{{\"id\": \"d{at:03}\", \"text\": \"Ana met Bea and {own} in Doha.\"}}");
        let end = 16 + own.len();
        let _ = writeln!(
            gold,
            "{{\"id\": \"d{at:03}\", \"entities\": [{{\"start\": 0, \"end\": 3, \"label\": \"PER\"}}, {{\"start\": 8, \"end\": 11, \
             \"label\": \"PER\"}}, {{\"start\": 16, \"end\": {end}, \"label\": \"PER\"}}, {{\"start\": {}, \"end\": {}, \"label\": \
             \"LOC\"}}]}}",
            end + 4,
            end + 8
        );
    }
    desk.write("corpus/documents.jsonl", texts);
    desk.write("corpus/gold/ner.jsonl", gold);
    list(&desk, "names", documents, |_| true);
    list(&desk, "other", documents, |_| true);
    desk.write("suite.toml", SUITE);
    desk
}

/// The name that stands in one document alone.
fn own(document: usize) -> String {
    let letter = |at: usize| char::from(b'a' + (at % 26) as u8);
    format!("Q{}{}", letter(document / 26), letter(document))
}

/// Writes the list `model`, with the own names of the documents that `keep` takes.
pub(super) fn list(desk: &Desk, model: &str, documents: usize, keep: impl Fn(usize) -> bool) {
    let own = (0..documents).filter(|&at| keep(at)).map(|at| format!("PER\t{}\n", own(at)));
    let names: String = ["PER\tAna\n", "PER\tBea\n", "LOC\tDoha\n"].map(str::to_owned).into_iter().chain(own).collect();
    desk.write(&format!("models/{model}/floor.toml"), "kind = \"gazetteer\"\n");
    desk.write(&format!("models/{model}/names.tsv"), names);
}

/// Both lists on the corpus; the gate holds the F1 of `names`, which it must name, for lists are floors.
const SUITE: &str = "version = 1
name = \"rolls\"
seed = 5

[statistics]
replicates = 2000

[gate]
inconclusive = \"stop\"

[[gate.metrics]]
metric = \"f1\"
model = \"names\"

[corpora.rolls]
path = \"corpus\"

[models.names]
path = \"models/names\"

[models.other]
path = \"models/other\"

[[evaluations]]
task = \"ner\"
corpus = \"rolls\"
models = [\"names\", \"other\"]
";
