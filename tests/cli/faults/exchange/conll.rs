//! CoNLL columns that are refused.

use super::file;
use snapbox::str;

#[test]
fn conll_tags_of_no_scheme() {
    file(
        "Zoë B-PER\nRuiz PER\n\nDoha 0\nhere B-\n",
        "conll",
        str![[r#"
error: `input` line 2: tag `PER` is neither `O` nor one of B, I, E, S, L, U with `-` and a label
`input` line 4: tag `0` is neither `O` nor one of B, I, E, S, L, U with `-` and a label
`input` line 5: tag `B-` is neither `O` nor one of B, I, E, S, L, U with `-` and a label
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn conll_lines_of_one_column() {
    file(
        "Zoë B-PER\nRuiz\n\tO\n",
        "conll",
        str![[r#"
error: `input` line 2: expected a token and a tag in columns, not `Ruiz`
`input` line 3: expected a token and a tag in columns, not `	O`
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn conll_of_two_schemes() {
    file(
        "Zoë I-PER\n\nDoha B-LOC\n",
        "conll",
        str![[r#"
error: `input` line 1: tag `I-PER` begins a mention, which IOB2 forbids, and so does `B-LOC` in line 3, which IOB1 forbids; `--scheme iob1` takes both, if both are meant
hint: mend what is named above and try again; nothing was written

"#]],
    );
    file(
        "Zoë S-PER\n\nDoha U-LOC\n",
        "conll",
        str![[r#"
error: `input` line 3: tag `U-LOC` is of BILOU and `S-PER` in line 1 of IOBES; a file has one scheme
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn conll_of_another_scheme_than_is_said() {
    file(
        "Zoë I-PER\n\nDoha B-LOC\n",
        "conll --scheme iob2",
        str![[r#"
error: `input` line 1: tag `I-PER` follows no token of its mention, which IOB2 forbids
hint: mend what is named above and try again; nothing was written

"#]],
    );
    file(
        "Zoë B-PER\n\nDoha E-LOC\nleft B-PER\nfor O\n",
        "conll --scheme iobes",
        str![[r#"
error: `input` line 1: tag `B-PER` leaves a mention open at the end of its sentence, which IOBES forbids
`input` line 3: tag `E-LOC` follows no token of its mention, which IOBES forbids
`input` line 4: tag `B-PER` leaves a mention open, which IOBES forbids; `O` follows
hint: mend what is named above and try again; nothing was written

"#]],
    );
    file(
        "Zoë S-PER\n",
        "conll --scheme bilou",
        str![[r#"
error: `input` line 1: tag `S-PER` is not of BILOU
`input` line 1: tag `S-PER` leaves a mention open at the end of its sentence, which BILOU forbids
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn conll_documents_of_one_name() {
    file(
        "# id = a\nZoë O\n\n# id = a\nleft O\n",
        "conll",
        str![[r#"
error: `input` line 4: document `a` stands already in line 1
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn conll_without_a_token() {
    file(
        "-DOCSTART- O\n\n",
        "conll",
        str![[r#"
error: `input`: there is no document in this file
hint: mend what is named above and try again; nothing was written

"#]],
    );
    file(
        "# id = a\n",
        "conll",
        str![[r#"
error: `input` line 1: document `a` has no text
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_scheme_for_a_format_without_tags() {
    file(
        "",
        "brat --scheme iob2",
        str![[r#"
error: `--scheme` belongs to format `conll`
hint: leave the option out

"#]],
    );
}
