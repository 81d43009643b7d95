//! `karat predict` that is killed, that finds another one at work, and whose input changes under its hands.

use super::desk::Desk;
use super::stream::{jsonl, texts};
use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SLOW: &str = "predict --task ner --model models/ner --threads 1";
const QUICK: &str = "predict --task ner --model models/gazetteer --input corpus/documents.jsonl";

/// A desk with a model that takes its time, and documents as one file and as a folder.
fn desk() -> Desk {
    let desk = Desk::small();
    desk.link("models/ner-minilm-l6", "models/ner");
    let documents = texts(120);
    desk.write("in.jsonl", jsonl(&documents));
    for (id, text) in &documents {
        desk.write(&format!("in/{id}.txt"), text);
    }
    desk
}

/// Starts `karat` and waits until a file is there.
fn started(desk: &Desk, line: &str, file: &str) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_karat"))
        .args(line.split(' '))
        .current_dir(desk.path(""))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !desk.path(file).exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        assert!(begun.elapsed() < Duration::from_mins(1), "no `{file}` came");
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

fn killed(mut child: Child) {
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success(), "it was faster than its end");
}

#[test]
fn a_killed_process_leaves_whole_shards_and_is_taken_up() {
    let desk = desk();
    let line = format!("{SLOW} --input in.jsonl --shard-documents 4");
    let child = started(&desk, &format!("{line} --output out/"), "out/predictions/part-00001.parquet");
    // As long as it lives, nobody else takes up what it writes.
    let beside = desk.karat(&format!("{line} --output out/ --resume")).assert();
    beside.code(2).stdout_eq("").stderr_eq(
        "error: `out/` cannot be written: another process is writing it\n\
         hint: wait until it has ended, or name another place; nothing was changed\n",
    );
    killed(child);
    for (name, bytes) in desk.files("out/predictions") {
        assert!(name.starts_with(".karat-") || (bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1")), "{name}");
    }
    // The end may also come while `predict.json` is written.
    desk.write("out/.karat-a1b2c3", "half");
    desk.succeeds(&format!("{line} --output out/ --resume"));
    desk.succeeds(&format!("{line} --output whole/"));
    assert!(desk.files("out") == desk.files("whole"));
}

#[test]
fn a_process_that_was_killed_before_its_manifest_leaves_nothing_that_counts() {
    for more in ["", " --resume"] {
        let desk = Desk::small();
        desk.write("out/.karat-a1b2c3", "half");
        desk.write("out/predict.lock", "");
        desk.succeeds(&format!("{QUICK} --output out/{more}"));
        let names: Vec<String> = desk.files("out").into_keys().collect();
        assert_eq!(names, ["predict.json", "predictions/", "predictions/part-00000.parquet"]);
    }
}

#[test]
fn only_what_karat_was_writing_is_removed() {
    let desk = Desk::small();
    let line = "predict --task ner --model models/tagger --input corpus/documents.jsonl --output out/ --logits logits/";
    desk.succeeds(line);
    desk.write("logits/.karat-a1b2c3", "half");
    desk.write("logits/mine/.karat-a1b2c3", "mine");
    desk.write("out/mine/.karat-a1b2c3", "mine");
    desk.succeeds(&format!("{line} --resume"));
    assert!(!desk.path("logits/.karat-a1b2c3").exists());
    assert!(desk.path("logits/mine/.karat-a1b2c3").exists() && desk.path("out/mine/.karat-a1b2c3").exists());
}

#[test]
fn one_file_that_was_killed_can_be_seen_and_is_written_anew() {
    let desk = desk();
    let line = format!("{SLOW} --input in.jsonl --output out.jsonl --logits out.parquet");
    let before = desk.files("");
    let child = started(&desk, &line, "out.jsonl.partial");
    let beside = desk.karat(&line).assert();
    let busy = beside.code(2).stdout_eq("").get_output().stderr.clone();
    assert!(String::from_utf8(busy).unwrap().contains("cannot be written: another process is writing it\nhint: wait"));
    killed(child);
    let left: Vec<String> = desk.files("").into_keys().filter(|name| !before.contains_key(name)).collect();
    assert_eq!(left, ["out.jsonl.partial", "out.parquet.partial"]);
    desk.succeeds(&line);
    desk.succeeds(&line.replace("out.", "whole."));
    assert!(!desk.path("out.jsonl.partial").exists() && !desk.path("out.parquet.partial").exists());
    for name in ["jsonl", "parquet"] {
        let bytes = |file: &str| std::fs::read(desk.path(&format!("{file}.{name}"))).unwrap();
        assert!(bytes("out") == bytes("whole"));
    }
}

#[test]
fn an_input_that_changes_is_not_answered_as_what_it_was() {
    for sharded in [true, false] {
        let desk = desk();
        let line = format!("{SLOW} --input in");
        let (more, file, last) = if sharded {
            ("--output out/ --shard-documents 4", "out/predictions/part-00001.parquet", "part-00029.parquet")
        } else {
            ("--output out.jsonl", "out.jsonl.partial", "")
        };
        let line = format!("{line} {more}");
        let child = started(&desk, &line, file);
        let text = desk.read("in/d0119.txt");
        desk.write("in/d0119.txt", text.replace("119", "911"));
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "error: `in` was changed while it was read\nhint: let it stand while karat reads it, and try again\n"
        );
        assert_eq!(output.status.code(), Some(2));
        desk.write("in/d0119.txt", text);
        if sharded {
            assert!(!desk.read("out/predict.json").contains(last), "a shard of what was changed");
            desk.succeeds(&format!("{line} --resume"));
            desk.succeeds(&line.replace("out/", "whole/"));
            assert!(desk.files("out") == desk.files("whole"));
        } else {
            assert!(!desk.path("out.jsonl").exists() && !desk.path("out.jsonl.partial").exists());
        }
    }
}

#[test]
fn a_lock_that_nobody_holds_locks_nothing() {
    let desk = Desk::small();
    desk.write("out/predict.lock", "");
    let lock = File::options().write(true).open(desk.path("out/predict.lock")).unwrap();
    lock.lock().unwrap();
    desk.karat(&format!("{QUICK} --output out/")).assert().code(2);
    lock.unlock().unwrap();
    desk.succeeds(&format!("{QUICK} --output out/"));
}

#[test]
fn a_closed_stdout_is_a_failure_only_where_something_is_lost() {
    for (logits, code, message) in [
        ("", 0, ""),
        (
            " --logits out.parquet",
            2,
            "error: `-` cannot be written: Broken pipe (os error 32)\n\
             hint: what reads stdout must read all of it, or the logits are not whole\n",
        ),
    ] {
        let desk = Desk::small();
        // More than a pipe holds: until it is closed for good, what is written waits.
        let line = |at: usize| format!("{{\"id\": \"{at:0>100}\", \"text\": \"x\"}}\n");
        desk.write("in.jsonl", (0..3000).map(line).collect::<String>());
        let line = "predict --task ner --model models/tagger --input in.jsonl --output -";
        assert_eq!(desk.unread(&format!("{line}{logits}")), (Some(code), message.to_owned()));
        assert!(!desk.path("out.parquet").exists() && !desk.path("out.parquet.partial").exists());
    }
}
