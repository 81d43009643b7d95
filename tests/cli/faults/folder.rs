//! Run folders that cannot be written, resumed or read.

use crate::cli::desk::Desk;
use snapbox::{IntoData, str};

const RUN: &str = "run suite.toml --out out";

/// A report of a finished run after one replacement in its record.
fn report_after(from: &str, to: &str, message: impl IntoData) {
    let desk = Desk::small();
    desk.succeeds(RUN);
    desk.edit("out/run.json", from, to);
    desk.refuses("report out", message);
}

#[test]
fn a_folder_that_exists() {
    let desk = Desk::small();
    desk.write("out/notes.txt", "mine");
    desk.refuses(
        RUN,
        str![[r#"
error: `out` exists already, and a run overwrites nothing
hint: choose another --out, or move it away

"#]],
    );
}

#[test]
fn an_interrupted_run_that_is_not_taken_up() {
    let desk = Desk::small();
    desk.write("out.partial/identity", "sha256:00");
    desk.refuses(
        RUN,
        str![[r#"
error: an interrupted run stands in `out.partial`
hint: --resume takes it up; or remove the folder and run anew

"#]],
    );
}

#[test]
fn an_interrupted_run_of_something_else() {
    let desk = Desk::small();
    desk.write("out.partial/identity", "sha256:00");
    desk.refuses(
        &format!("{RUN} --resume"),
        str![[r#"
error: the interrupted run in `out.partial` was made from another suite, other files or another karat
hint: remove the folder and run anew, or go back to what it was made from

"#]],
    );
}

#[test]
fn a_place_that_cannot_be_written() {
    let desk = Desk::small();
    desk.refuses(
        "run suite.toml --out suite.toml/out",
        str![[r#"
error: `suite.toml/out.partial/identity` cannot be written: Not a directory (os error 20)
hint: check the path, its permissions, and the room on the disk

"#]],
    );
}

#[test]
fn a_report_of_nothing() {
    Desk::new().refuses(
        "report reports/none",
        str![[r#"
error: `reports/none` is no run: it has no `run.json`
hint: runs stand under reports/; name one

"#]],
    );
}

#[test]
fn a_report_of_a_folder_that_is_no_run() {
    Desk::small().refuses(
        "report corpus",
        str![[r#"
error: `corpus` is no run: it has no `run.json`
hint: runs stand under reports/; name one

"#]],
    );
}

#[test]
fn a_report_of_a_newer_run() {
    report_after(
        "\"format\": 2,",
        "\"format\": 3,",
        str![[r#"
error: `out/run.json` has format 3, but this karat reads 2
hint: upgrade karat

"#]],
    );
}

#[test]
fn a_report_of_a_damaged_record() {
    report_after(
        "\"format\": 2,",
        "\"format\": \"one\",",
        str![[r#"
error: `out/run.json` is not valid: invalid type: string "one", expected u32 at line 2 column 17
hint: the run is damaged: make it anew

"#]],
    );
}

#[test]
fn a_report_without_a_table() {
    let desk = Desk::small();
    desk.succeeds(RUN);
    std::fs::remove_file(desk.path("out/tables/errors.parquet")).unwrap();
    desk.refuses(
        "report out",
        str![[r#"
error: table `out/tables/errors.parquet` cannot be read: No such file or directory (os error 2)
hint: the run is damaged: make it anew

"#]],
    );
}

#[test]
fn a_report_with_a_damaged_table() {
    let desk = Desk::small();
    desk.succeeds(RUN);
    desk.write("out/tables/errors.parquet", "PAR1");
    desk.refuses("report out", str![[r#"
error: table `out/tables/errors.parquet` cannot be read: parquet: File out of specification: A Parquet file must contain a header and footer with at least 12 bytes
hint: the run is damaged: make it anew

"#]]);
}

#[test]
fn a_report_of_an_older_run() {
    report_after(
        "\"format\": 2,",
        "\"format\": 1,",
        str![[r#"
error: `out/run.json` has format 1, which this karat no longer reads
hint: make the run anew

"#]],
    );
}

#[test]
fn a_report_without_any_one_of_the_tables() {
    let desk = Desk::small();
    desk.succeeds(RUN);
    let tables: Vec<String> = desk.files("out/tables").into_keys().collect();
    assert_eq!(tables.len(), 11);
    for table in tables {
        let (path, aside) = (desk.path(&format!("out/tables/{table}")), desk.path("aside"));
        std::fs::rename(&path, &aside).unwrap();
        let message = format!(
            "error: table `out/tables/{table}` cannot be read: No such file or directory (os error 2)\nhint: the run is damaged: \
             make it anew\n"
        );
        desk.refuses("report out", message);
        std::fs::rename(&aside, &path).unwrap();
    }
}
