//! CoNLL columns that cannot be scored, and options that do not go together.

use crate::cli::desk::Desk;
use snapbox::str;

const TAGS: &str = "score --task ner --gold gold.conll --pred pred.conll";

fn columns(gold: &str, pred: &str) -> Desk {
    let desk = Desk::new();
    desk.write("gold.conll", gold);
    desk.write("pred.conll", pred);
    desk
}

#[test]
fn predictions_of_other_tokens() {
    columns("a O\nb O\n", "# model = x\na O\nc O\n").refuses(
        TAGS,
        str![[r#"
error: `pred.conll` line 3 has token `c`, and `gold.conll` line 2 has token `b`
hint: gold and predictions need the same tokens in the same sentences, in the same order

"#]],
    );
}

#[test]
fn predictions_of_other_sentences() {
    columns("a O\nb O\n", "a O\n\nb O\n").refuses(
        TAGS,
        str![[r#"
error: `pred.conll` ends a sentence after line 1, and `gold.conll` line 2 has token `b`
hint: gold and predictions need the same tokens in the same sentences, in the same order

"#]],
    );
}

#[test]
fn predictions_that_end_early() {
    columns("a O\n\nb O\n", "a O\n").refuses(
        TAGS,
        str![[r#"
error: `pred.conll` ends a sentence after line 1, and `gold.conll` line 3 has token `b`
hint: gold and predictions need the same tokens in the same sentences, in the same order

"#]],
    );
}

#[test]
fn tags_that_are_none() {
    columns("a O\nb PER\n", "a X-PER\nb O\n").refuses(
        TAGS,
        str![[r#"
error: `pred.conll` line 1: tag `X-PER` is neither `O` nor one of B, I, E, S, L, U alone or with `-` and a label
`gold.conll` line 2: tag `PER` is neither `O` nor one of B, I, E, S, L, U alone or with `-` and a label
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn tags_of_another_scheme() {
    columns("a O\nb S-PER\n", "a E-PER\nb O\n").refuses(
        &format!("{TAGS} --scheme iob2"),
        str![[r#"
error: `pred.conll` line 1: tag `E-PER` is not of IOB2
`gold.conll` line 2: tag `S-PER` is not of IOB2
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn tags_of_no_one_scheme() {
    columns("a I-PER\nb O\nc B-PER\n", "a O\nb O\nc O\n").refuses(
        &format!("{TAGS} --metrics seqeval-strict"),
        str![[r#"
error: tags are of no one scheme: `I-PER` is of IOB1, `B-PER` of IOB2
hint: name the scheme with --scheme

"#]],
    );
}

#[test]
fn predicted_tags_of_another_scheme_than_gold() {
    columns("a B-PER\n", "a S-PER\n").refuses(
        &format!("{TAGS} --metrics seqeval-strict"),
        str![[r#"
error: predicted tag `S-PER` is not of IOB2, as which the tags of gold are read
hint: name the scheme with --scheme

"#]],
    );
}

#[test]
fn one_file_without_a_predicted_tag() {
    columns("a B-PER\n", "").refuses(
        "score --task ner --both gold.conll",
        str![[r#"
error: `gold.conll` line 1: expected a token, a gold tag and a predicted tag
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn metrics_of_tags_for_spans() {
    Desk::small().refuses(
        "score --task ner --gold corpus/gold/ner.jsonl --pred corpus/gold/ner.jsonl --metrics exact,seqeval",
        str![[r#"
error: metrics `seqeval` are of token tags, and `corpus/gold/ner.jsonl` holds spans
hint: give gold and predictions as CoNLL columns, or choose exact, semeval2013 or nervaluate

"#]],
    );
}

#[test]
fn metrics_of_another_task() {
    Desk::small().refuses(
        "score --task stance --gold corpus/gold/stance.jsonl --pred corpus/gold/stance.jsonl --metrics exact",
        str![[r#"
error: metrics `exact` are not of task `stance`
hint: of ner: exact, seqeval, seqeval-strict, semeval2013, nervaluate; of stance: classes, targets; of both: all

"#]],
    );
}

#[test]
fn files_of_two_formats() {
    columns("a O\n", "a O\n").refuses(
        "score --task ner --gold gold.conll --pred pred.jsonl",
        str![[r#"
error: `gold.conll` and `pred.jsonl` are not of one format
hint: give both in one format; --from names it where the files' endings do not

"#]],
    );
}

#[test]
fn stances_in_columns() {
    columns("a O\n", "a O\n").refuses(
        "score --task stance --gold gold.conll --pred pred.conll",
        str![[r#"
error: columns of token tags hold no stances
hint: give stances as JSONL

"#]],
    );
}

#[test]
fn options_of_the_other_format() {
    let desk = columns("a O\n", "a O\n");
    desk.refuses(
        &format!("{TAGS} --documents gold.conll"),
        str![[r#"
error: `--documents` belongs to JSONL
hint: leave the option out

"#]],
    );
    desk.refuses(
        "score --task ner --gold gold.conll --pred pred.conll --from jsonl --scheme iob2",
        str![[r#"
error: `--scheme` belongs to CoNLL columns
hint: leave the option out

"#]],
    );
    desk.refuses(
        "score --task ner --gold gold.conll --pred pred.conll --from jsonl --unit sentence",
        str![[r#"
error: `--unit` belongs to CoNLL columns
hint: leave the option out

"#]],
    );
}

#[test]
fn each_document_in_a_table() {
    columns("a O\n", "a O\n").refuses(
        &format!("{TAGS} --per-document"),
        str![[r#"
error: `--per-document` is for JSON
hint: add --format json

"#]],
    );
}
