//! Files that cannot be scored.

use crate::cli::desk::Desk;
use snapbox::str;

const NER: &str = "score --task ner --gold corpus/gold/ner.jsonl --pred pred.jsonl";
const STANCE: &str = "score --task stance --gold corpus/gold/stance.jsonl --pred pred.jsonl";

#[test]
fn predictions_that_are_not_there() {
    Desk::small().refuses(
        NER,
        str![[r#"
error: `pred.jsonl` cannot be read: No such file or directory (os error 2)
hint: check the path and its permissions

"#]],
    );
}

#[test]
fn predictions_that_miss_a_gold_document() {
    let desk = Desk::small();
    desk.write("pred.jsonl", "{\"id\": \"b\", \"entities\": []}\n");
    desk.refuses(
        NER,
        str![[r#"
error: `pred.jsonl` has no answer for 2 of 3 gold documents: `a`, `c`
hint: predict every document that gold has; one without an entity has a line with an empty list

"#]],
    );
}

#[test]
fn predictions_that_miss_many_gold_stances() {
    let desk = Desk::small();
    desk.write("pred.jsonl", "{\"id\": \"z\", \"target\": \"deal\", \"stance\": \"favor\"}\n");
    desk.refuses(
        STANCE,
        str![[r#"
error: `pred.jsonl` has no answer for 4 of 4 gold stances: `a/deal`, `a/talks`, `b/deal` and 1 more
hint: predict every target that gold has of a document

"#]],
    );
}

#[test]
fn entities_where_stances_are_expected() {
    let desk = Desk::small();
    desk.write("pred.jsonl", "{\"id\": \"a\", \"entities\": []}\n");
    desk.refuses(STANCE, str![[r#"
error: `pred.jsonl` line 1: expected {"id": "…", "target": "…", "stance": "…"}, but at column 22: unknown field `entities`, expected one of `id`, `target`, `stance`, `scores`
hint: mend what is named above and try again; nothing was written

"#]]);
}

#[test]
fn predicted_spans_outside_the_documents() {
    let desk = Desk::small();
    let gold = desk.read("corpus/gold/ner.jsonl");
    desk.write(
        "pred.jsonl",
        gold.replace("\"end\": 64, \"label\": \"ORG\", \"text\": \"Doha\"", "\"end\": 640, \"label\": \"ORG\""),
    );
    desk.refuses(
        &format!("{NER} --documents corpus/documents.jsonl"),
        str![[r#"
error: `pred.jsonl` line 2: document `b`: span 60..640 lies outside the text of 76 characters
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn documents_in_place_of_predictions() {
    let desk = Desk::small();
    desk.write("pred.jsonl", desk.read("corpus/documents.jsonl"));
    desk.refuses(NER, str![[r#"
error: `pred.jsonl` line 1: expected {"id": "…", "entities": [{"start": …, "end": …, "label": "…"}, …]}, but at column 18: unknown field `text`, expected one of `id`, `entities`, `unannotated`
`pred.jsonl` line 2: expected {"id": "…", "entities": [{"start": …, "end": …, "label": "…"}, …]}, but at column 18: unknown field `text`, expected one of `id`, `entities`, `unannotated`
`pred.jsonl` line 3: expected {"id": "…", "entities": [{"start": …, "end": …, "label": "…"}, …]}, but at column 18: unknown field `text`, expected one of `id`, `entities`, `unannotated`
hint: mend what is named above and try again; nothing was written

"#]]);
}
