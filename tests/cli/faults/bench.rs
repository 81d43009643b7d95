//! Arguments of `karat bench` that cannot be served.

use crate::cli::desk::Desk;
use snapbox::{IntoData, str};

fn bench(line: &str, message: impl IntoData) {
    Desk::small().refuses(&format!("bench {line}"), message);
}

#[test]
fn a_folder_that_is_there() {
    bench(
        "suite.toml --out corpus",
        str![[r#"
error: `corpus` exists already, and a bench overwrites nothing
hint: choose another --out, or move it away

"#]],
    );
}

#[test]
fn a_folder_in_a_file() {
    bench(
        "suite.toml --out suite.toml/bench",
        str![[r#"
error: `suite.toml/bench` cannot be written: `suite.toml` is no folder
hint: choose another --out, or move it away

"#]],
    );
}

#[test]
fn no_setting_that_can_be_run() {
    let desk = Desk::small();
    desk.edit("suite.toml", "models = [\"judge\", \"majority\"]", "models = [\"judge\"]");
    desk.refuses("bench suite.toml --device cuda --threads 1 --engine native", str![[r#"
error: no setting can be run: model `tagger` (native (cuda) f32, 1 thread): engine `native` does not run models in f32 on cuda; it does in [..] on cpu; model `gazetteer`: a floor has no forward pass; model `judge` (native (cuda) f32, 1 thread): engine `native` does not run models in f32 on cuda; it does in [..] on cpu
hint: `native` runs on the CPU; `cargo build --release --features rust-bert` builds the other engine in

"#]]);
}

#[test]
fn a_model_that_is_not_there() {
    bench(
        "--task ner --model models/nobody --input corpus/documents.jsonl",
        str![[r#"
error: there is no model folder `models/nobody`
hint: a model is a folder with config.json, tokenizer.json and model.safetensors, such as models/ner-minilm-l6

"#]],
    );
}

#[test]
fn a_stance_model_for_names() {
    bench(
        "--task ner --model models/judge --input corpus/documents.jsonl",
        str![[r#"
error: model `models/judge`: task `ner` needs a token-classification head, but the model is a BertForSequenceClassification
hint: choose a model that was trained for the task

"#]],
    );
}

#[test]
fn gold_of_another_text() {
    let desk = Desk::small();
    desk.edit("corpus/gold/ner.jsonl", "\"text\": \"Zoë Ruiz\"", "\"text\": \"Zoë Cruz\"");
    desk.refuses(
        "bench --task ner --model models/tagger --input corpus/documents.jsonl --gold corpus/gold/ner.jsonl",
        str![[r#"
error: `corpus/gold/ner.jsonl` line 1: document `a`: span 0..8 should read `Zoë Cruz`, but the text has `Zoë Ruiz` there; offsets count characters, not bytes
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn a_width_of_nothing() {
    bench(
        "suite.toml --width 0",
        str![[r#"
error: invalid value '0' for '--width <SHARE>': it must be above 0

For more information, try '--help'.

"#]],
    );
}

#[test]
fn a_model_without_documents() {
    bench(
        "--task ner --model models/tagger",
        str![[r#"
error: the following required arguments were not provided:
  --input <FILE|DIR>

Usage: karat bench --task <TASK> --input <FILE|DIR> --model <DIR> [SUITE]

For more information, try '--help'.

"#]],
    );
}

#[test]
fn a_suite_and_a_model() {
    bench(
        "suite.toml --task ner --model models/tagger --input corpus/documents.jsonl",
        str![[r#"
error: the argument '[SUITE]' cannot be used with '--model <DIR>'

Usage: karat bench --task <TASK> --input <FILE|DIR> <SUITE>

For more information, try '--help'.

"#]],
    );
}

#[test]
fn no_thread() {
    bench(
        "suite.toml --threads 2,0",
        str![[r#"
error: invalid value '0' for '--threads <N,…>': number would be zero for non-zero type

For more information, try '--help'.

"#]],
    );
}

#[test]
fn targets_for_names() {
    bench(
        "--task ner --model models/tagger --input corpus/documents.jsonl --targets corpus/targets.toml",
        str![[r#"
error: `--targets` belongs to task `stance`, but `--task ner` is asked for
hint: leave the option out

"#]],
    );
}

#[test]
fn gold_of_another_target() {
    let desk = Desk::small();
    desk.write("targets.toml", "deal = \"the deal\"\n");
    desk.refuses(
        "bench --task stance --model models/judge --input corpus/documents.jsonl --targets targets.toml --gold corpus/gold/stance.jsonl",
        str![[r#"
error: `corpus/gold/stance.jsonl` line 2: document `a`: target `talks` is not in targets.toml (deal)
`corpus/gold/stance.jsonl` line 4: document `c`: target `talks` is not in targets.toml (deal)
hint: mend what is named above and try again; nothing was written

"#]],
    );
}

#[test]
fn documents_without_tokens() {
    let desk = Desk::small();
    desk.write("in.jsonl", "{\"id\": \"a\", \"text\": \"\\u200b\"}\n");
    desk.refuses(
        "bench --task ner --model models/tagger --input in.jsonl",
        str![[r#"
error: corpus `in.jsonl`: no document has a token for model `tagger`
hint: there is nothing to measure; choose other documents

"#]],
    );
}

#[test]
#[cfg(unix)]
fn documents_that_can_be_read_once() {
    bench(
        "--task ner --model models/tagger --input /dev/null",
        str![[r#"
error: `/dev/null` is neither a file nor a folder, and every pass of a bench reads its documents anew
hint: write the documents to a file first

"#]],
    );
}
