//! Headers of brackets that are refused, and places that are taken.

use crate::cli::desk::Desk;
use snapbox::str;

#[test]
fn a_header_of_brackets_that_is_malformed() {
    let desk = Desk::new();
    desk.write("input/a.txt", "+++\nstance = 3\ntext = \"x\"\nweight = nan\n+++\nx\n");
    desk.write("input/b.txt", "+++\n[stance]\ndeal = \"yes\"\n+++\n");
    desk.write("input/c.txt", "No header.\n");
    desk.refuses(
        "gold import input --into corpus",
        str![[r#"
error: `input/a.txt` line 2: `stance` is a table of stances by target
`input/a.txt` line 3: `text` is no field of a header: the file itself says it
`input/a.txt` line 4: `weight` holds a number that is not finite
`input/b.txt` line 3: target `deal`: stance `yes` is not one of favor, against, neutral
`input/c.txt` line 1: a source begins with a header between two `+++` lines
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn gold_that_is_there() {
    let desk = Desk::small();
    desk.write("input", "# id = a\nZoë B-PER\n\n# id = b\nGaza B-LOC\n\n# id = c\nNone O\n");
    desk.refuses(
        "gold import input --into corpus --from conll",
        str![[r#"
error: `corpus/documents.jsonl` is there and would change
hint: look at what would change, then give --force; or import into another folder

"#]],
    );
    desk.refuses(
        "gold import input --into corpus --from conll --check",
        str![[r#"
error: `corpus/documents.jsonl` is not what `input` gives
hint: run `karat gold import` with --force in place of --check, and look at what changed

"#]],
    );
    desk.refuses(
        "gold import input --into new --from conll --check",
        str![[r#"
error: `new/documents.jsonl` is not what `input` gives
hint: run `karat gold import` with --force in place of --check, and look at what changed

"#]],
    );
}

#[test]
fn texts_that_are_there() {
    let desk = Desk::new();
    desk.write("corpus/documents/a.txt", "Zoë");
    desk.write("input", "# id = a\nZoë B-PER\n");
    desk.refuses(
        "gold import input --into corpus --from conll",
        str![[r#"
error: `corpus/documents` is there and would change
hint: look at what would change, then give --force; or import into another folder

"#]],
    );
}

#[test]
fn gold_that_would_no_longer_fit() {
    let desk = Desk::small();
    desk.write("input", "# id = a\nZoë B-PER\n");
    desk.refuses(
        "gold import input --into corpus --from conll --force",
        str![[r#"
error: `corpus/gold/stance.jsonl` line 3: document `b` is not in the corpus
`corpus/gold/stance.jsonl` line 4: document `c` is not in the corpus
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn labels_and_targets_that_the_corpus_does_not_know() {
    let desk = Desk::small();
    let line = r#"{"text": "Zoë left Doha", "spans": [{"start": 0, "end": 3, "label": "PERSON"}], "cats": {"war=against": 1.0}}"#;
    desk.write("input", line);
    desk.refuses("gold import input --into corpus --from spacy --force", str![[r#"
error: `input`: label `PERSON` (1 mentions, the first in document `doc-1`) is not in the corpus's label set (LOC, ORG, PER)
`input`: target `war` is not in the corpus's targets.toml (deal, talks)
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn an_output_that_is_there() {
    let desk = Desk::small();
    desk.write("out", "");
    desk.refuses(
        "gold export corpus --to conll --output out",
        str![[r#"
error: `out` is there already
hint: choose another --output, or move it away

"#]],
    );
    desk.refuses(
        "gold export corpus --to brat --output corpus",
        str![[r#"
error: `corpus` is there already
hint: choose another --output, or move it away

"#]],
    );
    desk.refuses(
        "gold export corpus --to brat --output -",
        str![[r#"
error: this format is a folder of files, which stdout cannot carry
hint: name a folder with --output

"#]],
    );
    desk.refuses(
        "gold export corpus --to spacy --output new --scheme iob2",
        str![[r#"
error: `--scheme` belongs to format `conll`
hint: leave the option out

"#]],
    );
}

#[test]
fn an_export_of_no_corpus() {
    Desk::new().refuses(
        "gold export corpus --to conll --output out",
        str![[r#"
error: `corpus` is no corpus: it holds neither `documents.jsonl` nor a folder `documents`
hint: data/envoy is an example of a corpus

"#]],
    );
}
