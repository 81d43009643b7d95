//! Help teaches, wrong arguments are refused with their usage, and a pipe gets no progress bar.

use super::desk::Desk;

/// Help of a command names all of `words`, on stdout.
fn teaches(line: &str, words: &[&str]) {
    let desk = Desk::new();
    let help = desk.succeeds(line);
    for word in words {
        assert!(help.contains(word), "`karat {line}` does not say `{word}`:\n{help}");
    }
    assert!(help.lines().all(|line| line.chars().count() <= 120), "a line is too long:\n{help}");
}

#[test]
fn help_names_every_command() {
    let words = [
        "run",
        "predict",
        "score",
        "report",
        "compare",
        "bless",
        "gate",
        "history",
        "bench",
        "check",
        "gold",
        "models",
        "Examples:",
        "Exit codes:",
        "suites/mine.toml",
    ];
    teaches("--help", &words);
    teaches("help", &words);
}

#[test]
fn help_of_comparisons_names_their_options() {
    teaches("compare --help", &["<RUN>...", "--margin", "--replicates", "--seed", "--interval", "bca", "--format"]);
    teaches("bless --help", &["<RUN>", "--name", "--reason", "--replace", "--into", "baselines"]);
    let policy = ["[gate]", "inconclusive", "max_age_days", "[[gate.metrics]]", "floor", "Exit codes:"];
    teaches(
        "gate --help",
        &[&["<RUN>", "--baseline", "--from", "--policy", "--junit", "--comment", "--json"], &policy[..]].concat(),
    );
    teaches("history --help", &["--add", "--series", "--metric", "--between", "--margin", "--format", "svg"]);
}

#[test]
fn help_of_each_command_names_its_options() {
    teaches(
        "run --help",
        &[
            "[SUITE]",
            "--out",
            "--resume",
            "--limit",
            "--from",
            "--threads",
            "--engine",
            "--precision",
            "--format",
            "suites/demo.toml",
        ],
    );
    teaches(
        "predict --help",
        &[
            "--task",
            "--model",
            "--input",
            "--output",
            "DIR/predict.json",
            "--shard-documents",
            "--resume",
            "--targets",
            "--logits",
            "--aggregation",
            "--rule",
            "--window-rule",
            "--max-tokens",
            "--overlap",
            "--threads",
            "--engine",
            "--precision",
            "--format",
            "entail-vs-contradict",
        ],
    );
    teaches(
        "score --help",
        &[
            "--task",
            "--gold",
            "--pred",
            "--both",
            "--from",
            "--metrics",
            "--scheme",
            "--unit",
            "--per-document",
            "--documents",
            "--replicates",
            "--seed",
            "--format",
            "json",
            "seqeval-strict",
        ],
    );
    teaches("report --help", &["<RUN>", "--format", "md", "html"]);
    let sweep = ["--threads", "--batch-tokens", "--engine", "--precision", "--device"];
    let limits = ["[SUITE]", "--model", "--width", "--rounds", "--minutes", "--latency", "--price-per-hour", "--out"];
    teaches("bench --help", &[&sweep[..], &limits[..]].concat());
    teaches("check --help", &["[SUITE]", "--format"]);
    teaches("models --help", &["list", "inspect", "pull", "Examples:"]);
    teaches("models list --help", &["[FOLDER]...", "--cache", "--format", "table"]);
    teaches("models inspect --help", &["<FOLDER|ORG/NAME[@REVISION]>", "--load", "--cache", "--format"]);
    teaches(
        "models pull --help",
        &["<ORG/NAME[@REVISION]>", "--cache", "--endpoint", "--format", "HF_TOKEN", "HF_HUB_OFFLINE", "hub:ORG/NAME"],
    );
    teaches("gold --help", &["check", "agree", "suspects", "seal", "import", "export"]);
    teaches(
        "gold suspects --help",
        &["<RUN>", "--task", "--corpus", "--confidence", "--limit", "--format", "json", "patch"],
    );
    let formats = ["brackets", "conll", "brat", "label-studio", "spacy", "semeval", "iob1", "bilou"];
    teaches(
        "gold import --help",
        &[&["<INPUT>", "--into", "--from", "--scheme", "--check", "--force"], &formats[..]].concat(),
    );
    teaches("gold export --help", &[&["<CORPUS>", "--to", "--output", "--scheme"], &formats[..]].concat());
}

#[test]
fn the_version_is_that_of_the_package() {
    assert_eq!(Desk::new().succeeds("--version"), format!("karat {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_arguments_are_refused_with_the_usage() {
    let predict = "predict --task stance --model m --input i --output o";
    for (line, word) in [
        ("", "Usage: karat <COMMAND>"),
        ("ran", "unrecognized subcommand 'ran'"),
        ("run --fast", "unexpected argument '--fast'"),
        ("run --threads 0", "--threads"),
        ("run --limit 0", "--limit"),
        ("run --engine torch", "[possible values: native, rust-bert]"),
        ("score --task ner --gold g", "--pred <FILE>"),
        ("score --task nir --gold g --pred p", "[possible values: ner, stance]"),
        ("score --task ner --gold g --pred p --replicates 99", "--replicates"),
        ("predict --task ner --model m --input i", "--output <FILE|DIR/>"),
        (predict, "--targets <FILE>"),
        ("report", "<RUN>"),
    ] {
        let desk = Desk::small();
        let before = desk.files("");
        let output = desk.karat(line).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "karat {line}");
        assert!(output.stdout.is_empty(), "karat {line}");
        assert!(stderr.contains(word), "`karat {line}` does not say `{word}`:\n{stderr}");
        assert!(stderr.contains("Usage: karat") || stderr.contains("For more information, try '--help'"), "{stderr}");
        assert!(before == desk.files(""), "karat {line} changed a file");
    }
}

#[test]
fn where_stderr_is_no_terminal_there_is_no_progress_bar() {
    let desk = Desk::small();
    desk.edit("suite.toml", "models = [\"tagger\", \"gazetteer\"]", "models = [\"gazetteer\"]");
    desk.karat("run suite.toml --out out --no-probes").assert().success().stderr_eq("report: out/report.md\n");
    let line = "predict --task ner --model models/tagger --input corpus/documents.jsonl --output out.jsonl";
    desk.karat(&format!("{line} --format json")).assert().success().stderr_eq("");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let desk = Desk::small();
    desk.succeeds("run suite.toml --out out");
    assert_eq!(desk.unread("report out"), (Some(0), String::new()));
}
