//! brat's stand-off that is refused.

use super::file;
use crate::cli::desk::Desk;
use snapbox::{IntoData, str};

/// An import of a folder of brat's.
fn brat(ann: &str, message: impl IntoData) {
    let desk = Desk::new();
    desk.write("input/a.txt", "Zoë Ruiz left\nDoha.");
    desk.write("input/a.ann", ann);
    desk.refuses("gold import input --into corpus --from brat", message);
}

#[test]
fn brat_mentions_in_pieces() {
    brat(
        "T1\tPER 0 3;9 13\tZoë left\n",
        str![[r#"
error: `input/a.ann` line 1: mention `T1` is discontinuous (0 3;9 13); a mention is one span
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn brat_mentions_in_one_another() {
    brat(
        "T1\tPER 0 8\tZoë Ruiz\nT2\tPER 4 8\tRuiz\n",
        str![[r#"
error: `input/a.ann` line 2: spans 0..8 and 4..8 overlap; gold is flat
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn brat_mentions_that_lie_elsewhere() {
    // The first with offsets in bytes.
    brat(
        "T1\tPER 5 9\tRuiz\nT2\tLOC 14 88\tDoha\nT3\tLOC 3 3\t\n",
        str![[r#"
error: `input/a.ann` line 1: span 5..9 should read `Ruiz`, but the text has `uiz ` there
`input/a.ann` line 2: span 14..88 lies outside the text of 19 characters
`input/a.ann` line 3: span 3..3 is empty
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn brat_lines_that_are_malformed() {
    brat(
        "T1 PER 0 3\tZoë\nT2\tPER 0 x\tZoë\nT3\tPER 0 3\nX1\tPER 0 3\tZoë\n",
        str![[r#"
error: `input/a.ann` line 1: expected `T1<TAB>LABEL START END<TAB>surface`, or a line of another kind (R, *, E, A, M, N, #)
`input/a.ann` line 2: expected `T1<TAB>LABEL START END<TAB>surface`
`input/a.ann` line 3: expected `T1<TAB>LABEL START END<TAB>surface`
`input/a.ann` line 4: expected `T1<TAB>LABEL START END<TAB>surface`, or a line of another kind (R, *, E, A, M, N, #)
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn brat_mentions_without_a_text() {
    let desk = Desk::new();
    desk.write("input/a.txt", " ");
    desk.write("input/b.ann", "T1\tPER 0 3\tZoë\n");
    desk.refuses(
        "gold import input --into corpus --from brat",
        str![[r#"
error: `input/a.txt`: document `a` has no text
`input/b.ann`: there is no `.txt` file of the same name, in which its mentions lie
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn brat_of_a_file() {
    file(
        "Zoë",
        "brat",
        str![[r#"
error: folder `input` cannot be listed: Not a directory (os error 20)
hint: check the path and its permissions

"#]],
    );
}
