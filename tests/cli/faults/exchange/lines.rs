//! Lines of spaCy and of SemEval that are refused.

use super::file;
use snapbox::str;

#[test]
fn spacy_lines_that_are_malformed() {
    let lines = [
        r#"{"text": "Zoë", "spans": [{"start": 0, "end": 3}]}"#,
        r#"{"text": "Zoë", "entities": [[0, 4, "PER"]]}"#,
        r#"{"text": "Zoë", "entities": [[0, 3, "PER"], [1, 2, "PER"]]}"#,
        r#"{"spans": []}"#,
        r#"["Zoë"]"#,
        r#"{"text": "Zoë""#,
        r#"{"text": "Zoë", "title": "a", "meta": {"title": "b"}}"#,
        r#"{"text": "Zoë", "cats": {"deal=favor": 1, "deal=against": 1}}"#,
        r#"{"text": " "}"#,
        "3",
    ];
    file(
        &lines.join("\n"),
        "spacy",
        str![[r#"
error: `input` line 1: a mention is {"start", "end", "label"} or [start, end, label], not `{"end":3,"start":0}`
`input` line 2: span 0..4 lies outside the text of 3 characters
`input` line 3: spans 0..3 and 1..2 overlap; gold is flat
`input` line 4: expected {"text": "…", "spans": [{"start": …, "end": …, "label": "…"}, …], "meta": {"id": "…"}}, but there is no `text`
`input` line 5: expected `["text", {"entities": […]}]`
`input` line 6: expected {"text": "…", "spans": [{"start": …, "end": …, "label": "…"}, …], "meta": {"id": "…"}}, but at column 15: EOF while parsing an object
`input` line 7: `title` stands both in `meta` and beside it
`input` line 8: `cats` gives more than one stance towards `deal`
`input` line 9: document `doc-1` has no text
`input` line 10: expected {"text": "…", "spans": [{"start": …, "end": …, "label": "…"}, …], "meta": {"id": "…"}}
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn semeval_without_its_header() {
    file(
        "101\tAtheism\tdear lord\tAGAINST\n",
        "semeval",
        str![[r#"
error: `input` line 1: expected a header with the columns ID, Target, Tweet, Stance, separated by tabs
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn semeval_lines_that_are_malformed() {
    let lines = [
        "ID\tTarget\tTweet\tStance",
        "1\tAtheism\ta\tfavor",
        "2\tAtheism\ta\tb\tFAVOR",
        "3\tAtheism\ta\tFAVOR",
        "3\tAtheism\tb\tFAVOR",
        "4\tatheism\ta\tNONE",
        "5\t\ta\tNONE",
    ];
    file(
        &lines.join("\n"),
        "semeval",
        str![[r#"
error: `input` line 2: stance `favor` is not one of FAVOR, AGAINST, NONE
`input` line 3: 5 fields where the header has 4; a text holds no tab
`input` line 5: document `3` had another text before
`input` line 5: document `3` has a stance towards `Atheism` already
`input` line 6: targets `Atheism` and `atheism` would share the id `atheism`
`input` line 7: the target is empty
hint: mend what is named above and try again; nothing was written

"#]],
    );
}
