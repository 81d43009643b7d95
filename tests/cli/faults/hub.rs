//! Models that do not come from a hub: nothing is kept that is not whole.

use crate::cli::desk::Desk;
use crate::cli::hub::server::{COMMIT, Hub, Repository, git};
use crate::cli::hub::{hub, line, sharded, tagger};
use snapbox::{IntoData, str};
use std::collections::BTreeMap;

/// A pull from a hub that behaves so; nothing is left behind.
fn behaving(repository: Repository, message: impl IntoData) {
    Desk::new().refuses(&line(&Hub::serve(repository)), message);
}

/// A pull of a repository with other files; nothing is left behind.
fn having(change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>), message: impl IntoData) {
    let mut files = tagger();
    change(&mut files);
    behaving(Repository { files, ..Repository::default() }, message);
}

/// A pull that fails while files come; what is whole is kept.
fn breaking(hub: &Hub, message: impl IntoData) {
    let desk = Desk::new();
    desk.karat(&line(hub)).assert().code(2).stdout_eq("").stderr_eq(message);
    assert!(!desk.path("hf/hub/models--org--tiny/refs").exists());
    assert!(desk.files("").keys().all(|name| !name.ends_with(".part")));
}

#[test]
fn what_is_no_name() {
    let desk = Desk::new();
    desk.refuses(
        "models pull bert-base-cased",
        str![[r#"
error: `bert-base-cased` is no model of a hub: it has no `/`
hint: write ORG/NAME or ORG/NAME@REVISION, such as facebook/bart-large-mnli@main

"#]],
    );
    desk.refuses("models pull org/../secret", str![[r#"
error: `org/../secret` is no model of a hub: its parts may hold letters, digits, `-`, `_` and `.`, and begin and end with none of `-.`
hint: write ORG/NAME or ORG/NAME@REVISION, such as facebook/bart-large-mnli@main

"#]]);
    desk.refuses(
        "models pull org/tiny@",
        str![[r#"
error: `org/tiny@` is no model of a hub: its revision is no name of a branch, a tag or a commit
hint: write ORG/NAME or ORG/NAME@REVISION, such as facebook/bart-large-mnli@main

"#]],
    );
    desk.refuses(
        "models pull org/tiny --endpoint hub.example.org",
        str![[r#"
error: `hub.example.org` is no address of a hub
hint: write it with its scheme, such as https://huggingface.co

"#]],
    );
}

#[test]
fn a_repository_that_is_not_there() {
    let desk = Desk::new();
    let hub = hub();
    let line = format!("models pull org/tinny --endpoint {}", hub.url());
    // As the real hub: without a token, what is not there and what is private look alike.
    desk.refuses(
        &line,
        str![[r#"
error: the hub does not open `org/tinny` at `main` to everyone (status 401)
hint: check the name; where it is gated or private, accept its terms on the hub and put a token into HF_TOKEN

"#]],
    );
    desk.karat(&line).env("HF_TOKEN", "mine").assert().code(2).stdout_eq("").stderr_eq(str![[r#"
error: `http://127.0.0.1:[..]` has no repository `org/tinny`
hint: check the name; a private repository needs a token that may read it in HF_TOKEN

"#]]);
}

#[test]
fn a_revision_that_is_not_there() {
    let hub = hub();
    Desk::new().refuses(
        &format!("models pull org/tiny@v2 --endpoint {}", hub.url()),
        str![[r#"
error: repository `org/tiny` of `http://127.0.0.1:[..]` has no revision `v2`
hint: name a branch, a tag or a whole commit; `karat models pull org/tiny` takes `main`

"#]],
    );
}

#[test]
fn a_private_and_a_gated_repository() {
    let hub = Hub::serve(Repository { files: tagger(), token: Some("right".to_owned()), ..Repository::default() });
    Desk::new().refuses(
        &line(&hub),
        str![[r#"
error: the hub does not open `org/tiny` at `main` to everyone (status 401)
hint: check the name; where it is gated or private, accept its terms on the hub and put a token into HF_TOKEN

"#]],
    );
    hub.repository().gated = true;
    Desk::new().refuses(
        &line(&hub),
        str![[r#"
error: the hub does not open `org/tiny` at `main` to everyone (status 401)
hint: check the name; where it is gated or private, accept its terms on the hub and put a token into HF_TOKEN

"#]],
    );
    let refused = Desk::new().karat(&line(&hub)).env("HF_TOKEN", "wrong").assert();
    refused.code(2).stdout_eq("").stderr_eq(str![[r#"
error: the hub does not open `org/tiny` at `main` to this token (status 403)
hint: accept its terms on the hub with the account of the token, or take a token that may read it

"#]]);
}

#[test]
fn pickled_weights() {
    having(
        |files| {
            let weights = files.remove("model.safetensors").unwrap();
            files.insert("pytorch_model.bin".to_owned(), weights);
        },
        str![[r#"
error: `org/tiny` at `main` has its weights in pickled files only (pytorch_model.bin), and nothing was downloaded
hint: pull a revision that the hub converted (`org/tiny@refs/pr/N`, N of its pull request "Adding `safetensors` variant"); or convert it, if you trust it: python -c "from transformers import AutoTokenizer as T, BertForTokenClassification as M; n = dict(pretrained_model_name_or_path='org/tiny', revision='main'); d = 'models/tiny'; M.from_pretrained(**n).save_pretrained(d, safe_serialization=True); T.from_pretrained(**n).save_pretrained(d)"

"#]],
    );
}

#[test]
fn no_weights_that_can_be_read() {
    having(
        |files| files.retain(|name, _| !name.ends_with(".safetensors") && !name.ends_with(".bin")),
        str![[r#"
error: `org/tiny` at `main` has no weights in safetensors, and nothing was downloaded
hint: choose a repository with model.safetensors

"#]],
    );
}

#[test]
fn no_tokenizer_and_no_configuration() {
    having(
        |files| drop(files.remove("tokenizer.json")),
        str![[r#"
error: `org/tiny` at `main` has no `tokenizer.json`, and nothing was downloaded
hint: transformers makes one of the older files: python -c "from transformers import AutoTokenizer as T, BertForTokenClassification as M; n = dict(pretrained_model_name_or_path='org/tiny', revision='main'); d = 'models/tiny'; M.from_pretrained(**n).save_pretrained(d, safe_serialization=True); T.from_pretrained(**n).save_pretrained(d)"

"#]],
    );
    having(
        |files| drop(files.remove("config.json")),
        str![[r#"
error: `org/tiny` at `main` has no `config.json`, and nothing was downloaded
hint: choose a repository of a transformers model

"#]],
    );
}

#[test]
fn an_index_that_names_what_is_not_there() {
    let mut files = tagger();
    sharded(&mut files);
    files.remove("model-00002-of-00002.safetensors");
    breaking(
        &Hub::serve(Repository { files: files.clone(), ..Repository::default() }),
        str![[r#"
error: `model.safetensors.index.json` of `org/tiny` at `main` names `model-00002-of-00002.safetensors`, which the repository does not have
hint: tell the repository's owner, or choose another revision

"#]],
    );
    let index = br#"{"weight_map": {"a": "../../../../.profile"}}"#;
    files.insert("model.safetensors.index.json".to_owned(), index.to_vec());
    breaking(
        &Hub::serve(Repository { files, ..Repository::default() }),
        str![[r#"
error: `model.safetensors.index.json` of `org/tiny` at `main` names a shard `../../../../.profile`, which is no file beside it
hint: tell the repository's owner, or choose another revision

"#]],
    );
}

#[test]
fn a_body_that_is_not_what_the_hub_names() {
    let hub = hub();
    hub.repository().corrupt = vec!["model.safetensors".to_owned()];
    breaking(
        &hub,
        str![[r#"
error: `model.safetensors` of `org/tiny` at `main` has the digest sha256:de0f5d3ab080ed48a07b79870f8ee21fdc3cfe9b9dbab6efaa011e2ee34d889b, but the hub names sha256:e1ad2a7759b496673ba8fe7c67396baf0375e3a475d0ef90868c30ad8cd43f64; it was not kept
hint: pull again; where it stays so, the hub or something on the way to it is at fault

"#]],
    );
    hub.repository().corrupt = vec!["config.json".to_owned()];
    breaking(
        &hub,
        str![[r#"
error: `config.json` of `org/tiny` at `main` has the digest git:5e8a358921a2481b0f9398f4ffff156fb6cfb70c, but the hub names git:8404cc31ae816e874772595947f7b23a8ca216de; it was not kept
hint: pull again; where it stays so, the hub or something on the way to it is at fault

"#]],
    );
}

#[test]
fn a_hub_that_is_ill() {
    behaving(
        Repository { status: Some(503), ..Repository::default() },
        str![[r#"
error: `http://127.0.0.1:[..]` answered with status 503 when `org/tiny` at `main` was asked for
hint: try again later: what has come is kept

"#]],
    );
    behaving(
        Repository { status: Some(418), ..Repository::default() },
        str![[r#"
error: `http://127.0.0.1:[..]` answered with status 418 when `org/tiny` at `main` was asked for
hint: check the address of the hub, or name another with --endpoint

"#]],
    );
}

#[test]
fn a_hub_that_falls_silent() {
    behaving(
        Repository { files: tagger(), silent: true, ..Repository::default() },
        str![[r#"
error: the connection to `http://127.0.0.1:[..]` was lost when `org/tiny` at `main` was asked for: Peer disconnected
hint: pull again: it goes on where it stopped

"#]],
    );
}

#[test]
fn answers_that_are_none_of_a_hub() {
    behaving(
        Repository { status: Some(200), ..Repository::default() },
        str![[r#"
error: the answer of `http://127.0.0.1:[..]` about `org/tiny` at `main` cannot be used: it does not describe a repository (missing field `sha` at line 1 column 2)
hint: check the address of the hub, or name another with --endpoint

"#]],
    );
    let etag = Some("../../x".to_owned());
    behaving(
        Repository { files: tagger(), etag, ..Repository::default() },
        str![[r#"
error: the answer of `http://127.0.0.1:[..]` about `org/tiny` at `main` cannot be used: `config.json` has no digest, but the ETag `W/"../../x"`
hint: check the address of the hub, or name another with --endpoint

"#]],
    );
    let other_commit = Some("../../../x".to_owned());
    behaving(
        Repository { files: tagger(), other_commit, ..Repository::default() },
        str![[r#"
error: the answer of `http://127.0.0.1:[..]` about `org/tiny` at `main` cannot be used: `config.json` comes from commit `../../../x`
hint: check the address of the hub, or name another with --endpoint

"#]],
    );
}

#[test]
fn offline_with_nothing_in_the_cache() {
    let desk = Desk::new();
    desk.refuses("models pull org/tiny", str![[r#"
error: offline: `http://127.0.0.1:9` cannot be reached (Connection refused (os error 111)), and the cache `hf/hub` has no `org/tiny` at `main`
hint: check the connection and pull again, or name a mirror with --endpoint

"#]]);
    let forbidden = desk.karat("models pull org/tiny@v1").env("HF_HUB_OFFLINE", "1").assert();
    forbidden.code(2).stdout_eq("").stderr_eq(str![[r#"
error: offline: HF_HUB_OFFLINE is set, and the cache `hf/hub` has no `org/tiny` at `v1`
hint: unset HF_HUB_OFFLINE and pull again

"#]]);
}

#[test]
fn offline_with_a_part_of_it_in_the_cache() {
    let desk = Desk::new();
    desk.succeeds(&line(&hub()));
    let snapshot = format!("hf/hub/models--org--tiny/snapshots/{COMMIT}");
    std::fs::remove_file(desk.path(&format!("{snapshot}/model.safetensors"))).unwrap();
    desk.refuses("models pull org/tiny", str![[r#"
error: offline: `http://127.0.0.1:9` cannot be reached (Connection refused (os error 111)), and the cache `hf/hub` has `org/tiny` at `main` without model.safetensors
hint: check the connection and pull again, or name a mirror with --endpoint

"#]]);
}

#[test]
fn offline_with_a_damaged_file_in_the_cache() {
    let desk = Desk::new();
    desk.succeeds(&line(&hub()));
    let digest = git(&tagger()["config.json"]);
    desk.write(&format!("hf/hub/models--org--tiny/blobs/{digest}"), "{}");
    desk.refuses("models pull org/tiny", str![[r#"
error: `hf/hub/models--org--tiny/snapshots/0123456789abcdef0123456789abcdef01234567/config.json` in the cache is damaged: its digest is not git:8404cc31ae816e874772595947f7b23a8ca216de
hint: pull again when there is a connection: it is replaced then

"#]]);
}

#[test]
fn a_file_that_another_process_downloads() {
    let desk = Desk::new();
    let lock = desk.path("hf/hub/models--org--tiny/blobs").join(format!("{}.lock", git(&tagger()["config.json"])));
    std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let held = std::fs::File::create(&lock).unwrap();
    held.lock().unwrap();
    desk.refuses(
        &line(&hub()),
        str![[r#"
error: `config.json` of `org/tiny` at `main` is being downloaded by another process
hint: wait for it to end, and pull again

"#]],
    );
}

#[test]
fn a_cache_that_cannot_be_written() {
    let desk = Desk::new();
    desk.write("file", "");
    desk.refuses(
        &format!("{} --cache file", line(&hub())),
        str![[r#"
error: `file/models--org--tiny/blobs` cannot be made: Not a directory (os error 20)
hint: check the path, its permissions, and the room on the disk

"#]],
    );
}

#[test]
fn what_is_inspected_or_listed_and_is_not_there() {
    let desk = Desk::new();
    desk.write("empty/notes.txt", "");
    desk.refuses(
        "models inspect nowhere",
        str![[r#"
error: there is no model folder `nowhere`
hint: a model is a folder with config.json, tokenizer.json and model.safetensors, such as models/ner-minilm-l6

"#]],
    );
    desk.refuses(
        "models inspect empty",
        str![[r#"
error: there is no model folder `empty`
hint: a model is a folder with config.json, tokenizer.json and model.safetensors, such as models/ner-minilm-l6

"#]],
    );
    desk.refuses(
        "models inspect org/tiny",
        str![[r#"
error: the cache `hf/hub` has no `org/tiny` at `main`
hint: `karat models pull org/tiny@main` brings it

"#]],
    );
    desk.refuses(
        "models list empty",
        str![[r#"
error: there is no model in `empty`
hint: a model is a folder with config.json, tokenizer.json and model.safetensors, such as models/ner-minilm-l6

"#]],
    );
}

#[test]
fn a_model_that_is_not_in_the_cache() {
    let desk = Desk::small();
    let input = "--input corpus/documents.jsonl --output out.jsonl";
    desk.refuses(
        &format!("predict --task ner --model hub:org/tiny@v1 {input}"),
        str![[r#"
error: the cache `hf/hub` has no `org/tiny` at `v1`
hint: `karat models pull org/tiny@v1` brings it

"#]],
    );
    desk.edit("suite.toml", "path = \"models/tagger\"", "path = \"hub:org/tiny\"");
    desk.edit("suite.toml", "path = \"models/judge\"", "path = \"hub:judge\"");
    desk.refuses("check suite.toml", str![[r#"
error: suite `suite.toml` line 16: model `judge`: `hub:judge` is no model of a hub: it has no `/`; write ORG/NAME or ORG/NAME@REVISION, such as facebook/bart-large-mnli@main
suite `suite.toml` line 10: model `tagger`: the cache `hf/hub` has no `org/tiny` at `main`; `karat models pull org/tiny@main` brings it
hint: suites/demo.toml is an example that works

"#]]);
}
