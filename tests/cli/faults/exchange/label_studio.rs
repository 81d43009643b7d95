//! Label Studio's tasks that are refused.

use super::file;
use snapbox::{IntoData, str};

/// An import of one task of Label Studio with this result, on line 2.
fn label_studio(result: &str, message: impl IntoData) {
    let task = format!(r#"{{"data": {{"text": "👍 Doha"}}, "annotations": [{{"result": [{result}]}}]}}"#);
    file(&format!("[\n{task}\n]"), "label-studio", message);
}

#[test]
fn label_studio_that_is_no_list_of_tasks() {
    file(
        "{\"data\": {}}",
        "label-studio",
        str![[r#"
error: `input` line 1: expected a list of tasks, [{"data": {"text": "…"}, "annotations": [{"result": […]}]}, …], but: invalid type: map, expected a sequence
hint: mend what is named above and try again; nothing was written

"#]],
    );
    file(
        "[\n{\"data\": {\"text\": \"a\"}\n]",
        "label-studio",
        str![[r#"
error: `input` line 3: expected a list of tasks, [{"data": {"text": "…"}, "annotations": [{"result": […]}]}, …], but at column 1: expected `,` or `}`
hint: mend what is named above and try again; nothing was written

"#]],
    );
    // JSON-MIN, another export of Label Studio.
    file(
        "[\n\n{\"text\": \"a\", \"label\": []},\n{\"data\": {\"image\": \"x\"}}]",
        "label-studio",
        str![[r#"
error: `input` line 3: expected a list of tasks, [{"data": {"text": "…"}, "annotations": [{"result": […]}]}, …], but of task 1: missing field `data`
`input` line 4: the task has no `data.text`
hint: mend what is named above and try again; nothing was written

"#]],
    );
    file(
        "[]",
        "label-studio",
        str![[r#"
error: `input`: there is no document in this file
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn label_studio_mentions_that_lie_elsewhere() {
    label_studio(
        r#"{"type": "labels", "value": {"start": 4, "end": 8, "text": "Doha", "labels": ["LOC"]}}"#,
        str![[r#"
error: `input` line 2: document `doc-1`: span 4..8 lies outside the text of 6 characters
hint: mend what is named above and try again; nothing was written

"#]],
    );
    label_studio(
        r#"{"type": "labels", "value": {"start": 1, "end": 99, "labels": ["LOC"]}}"#,
        str![[r#"
error: `input` line 2: document `doc-1`: span 1..99 lies outside the text of 6 characters
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn label_studio_mentions_of_two_labels() {
    label_studio(
        r#"{"type": "labels", "value": {"start": 2, "end": 6, "labels": ["LOC", "ORG"]}}"#,
        str![[r#"
error: `input` line 2: document `doc-1`: span 2..6 has 2 labels; a mention has one
hint: mend what is named above and try again; nothing was written

"#]],
    );
    label_studio(
        r#"{"type": "labels", "value": {"labels": ["LOC"]}}"#,
        str![[r#"
error: `input` line 2: document `doc-1`: a result of type `labels` has no `start` and `end`
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn label_studio_with_two_stances_towards_one_target() {
    let choice = |word: &str| {
        format!(r#"{{"type": "choices", "from_name": "stance-deal", "value": {{"choices": ["{word}"]}}}}"#)
    };
    label_studio(
        &format!("{}, {}", choice("favor"), choice("against")),
        str![[r#"
error: `input` line 2: document `doc-1` has more than one stance towards `deal`
hint: mend what is named above and try again; nothing was written

"#]],
    );
}
