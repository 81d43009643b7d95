//! What `karat models pull` leaves in the cache, and what it does when a connection breaks.

use super::server::{COMMIT, Hub, Repository, git, sha256};
use super::{hub, line, sharded, tagger};
use crate::cli::desk::Desk;
use snapbox::str;
use std::path::PathBuf;

const HOME: &str = "hf/hub/models--org--tiny";
const WEIGHTS: &str = "model.safetensors";

fn snapshot(file: &str) -> String {
    format!("{HOME}/snapshots/{COMMIT}/{file}")
}

fn blob(digest: &str) -> String {
    format!("{HOME}/blobs/{digest}")
}

#[test]
fn a_repository_is_pulled_into_the_hubs_own_layout() {
    let (desk, hub) = (Desk::new(), hub());
    desk.karat(&line(&hub)).assert().success().stderr_eq("").stdout_eq(str![[r#"
org/tiny@main is commit 0123456789abcdef0123456789abcdef01234567
folder  hf/hub/models--org--tiny/snapshots/0123456789abcdef0123456789abcdef01234567
files   4, 93.81 kB (4 downloaded); every digest is right

In a suite:
[models.tiny]
path = "hub:org/tiny@0123456789abcdef0123456789abcdef01234567"

"#]]);
    let files = tagger();
    for name in ["config.json", "tokenizer.json", "README.md", WEIGHTS] {
        let digest = if name == WEIGHTS { sha256(&files[name]) } else { git(&files[name]) };
        let link = std::fs::read_link(desk.path(&snapshot(name))).unwrap();
        assert_eq!(link, PathBuf::from(format!("../../blobs/{digest}")));
        assert_eq!(std::fs::read(desk.path(&snapshot(name))).unwrap(), files[name]);
        assert!(!desk.path(&blob(&digest)).is_symlink());
    }
    assert_eq!(desk.read(&format!("{HOME}/refs/main")), COMMIT);
    assert_eq!(std::fs::read_dir(desk.path(&snapshot(""))).unwrap().count(), 4, "nothing else is taken");
    let parts = desk.files(&blob("")).into_keys().filter(|name| name.ends_with(".part")).count();
    assert_eq!(parts, 0);
}

#[test]
fn a_second_pull_checks_digests_and_downloads_nothing() {
    let (desk, hub) = (Desk::new(), hub());
    desk.succeeds(&line(&hub));
    let before = hub.ranges().len();
    let json: serde_json::Value =
        serde_json::from_str(&desk.succeeds(&format!("{} --format json", line(&hub)))).unwrap();
    assert_eq!(hub.ranges().len(), before);
    assert_eq!(
        (&json["commit"], &json["revision"], &json["offline"]),
        (&COMMIT.into(), &"main".into(), &serde_json::Value::Null)
    );
    let files = json["files"].as_array().unwrap();
    assert!(files.iter().all(|file| file["origin"] == "cached"), "{files:?}");
    assert_eq!(files[3]["digest"], format!("sha256:{}", sha256(&tagger()[WEIGHTS])));
    assert_eq!(files[0]["digest"], format!("git:{}", git(&tagger()["config.json"])));
}

#[test]
fn what_was_damaged_in_the_cache_is_downloaded_anew() {
    let (desk, hub) = (Desk::new(), hub());
    desk.succeeds(&line(&hub));
    let weights = blob(&sha256(&tagger()[WEIGHTS]));
    let mut bytes = std::fs::read(desk.path(&weights)).unwrap();
    bytes[70_000] ^= 1;
    desk.write(&weights, &bytes);
    desk.karat(&line(&hub)).assert().success().stderr_eq(str![[r#"
note: what the cache had of `model.safetensors` is damaged; it is downloaded anew

"#]]);
    assert_eq!(std::fs::read(desk.path(&weights)).unwrap(), tagger()[WEIGHTS]);
}

#[test]
fn a_tag_and_a_commit_and_a_converted_revision_are_pulled() {
    let hub = hub();
    for revision in ["v1", "refs/pr/1", COMMIT] {
        let desk = Desk::new();
        desk.succeeds(&format!("models pull org/tiny@{revision} --endpoint {}/", hub.url()));
        assert!(desk.path(&snapshot(WEIGHTS)).is_file());
        // A commit needs no name.
        assert_eq!(desk.path(&format!("{HOME}/refs/{revision}")).is_file(), revision != COMMIT);
    }
}

#[test]
fn a_connection_that_breaks_is_taken_up_where_it_broke() {
    let (desk, hub) = (Desk::new(), hub());
    hub.repository().breaks = vec![40_000, 30_000];
    desk.succeeds(&line(&hub));
    assert_eq!(hub.ranges(), ["bytes=0-", "bytes=30000-", "bytes=70000-"]);
    assert_eq!(std::fs::read(desk.path(&snapshot(WEIGHTS))).unwrap(), tagger()[WEIGHTS]);
}

#[test]
fn a_download_that_broke_off_is_taken_up_by_the_next_pull() {
    let (desk, hub) = (Desk::new(), hub());
    hub.repository().breaks = vec![0, 0, 0, 0, 50_000];
    desk.karat(&line(&hub)).assert().code(2).stdout_eq("").stderr_eq(str![[r#"
error: the download of `model.safetensors` of `org/tiny` at `main` broke off at 50000 of 90940 bytes: Peer disconnected
hint: pull again: it goes on where it stopped

"#]]);
    let part = blob(&format!("{}.part", sha256(&tagger()[WEIGHTS])));
    assert_eq!(std::fs::read(desk.path(&part)).unwrap(), tagger()[WEIGHTS][..50_000]);
    assert!(!desk.path(&snapshot(WEIGHTS)).exists() && !desk.path(&format!("{HOME}/refs")).exists());
    let line = format!("{} --format json", line(&hub));
    let json: serde_json::Value = serde_json::from_str(&desk.succeeds(&line)).unwrap();
    assert_eq!(hub.ranges().last().unwrap(), "bytes=50000-");
    let origins: Vec<_> =
        json["files"].as_array().unwrap().iter().map(|file| file["origin"].as_str().unwrap()).collect();
    assert_eq!(origins, ["cached", "cached", "cached", "resumed"]);
    assert!(!desk.path(&part).exists());
    assert_eq!(std::fs::read(desk.path(&snapshot(WEIGHTS))).unwrap(), tagger()[WEIGHTS]);
}

#[test]
fn what_an_interrupted_download_left_is_never_taken_for_whole() {
    let weights = &tagger()[WEIGHTS];
    let wrong: Vec<u8> = weights.iter().map(|byte| byte ^ 1).collect();
    // All of it but the name; wrong bytes of the right length; a wrong beginning; more than there is.
    let left = [weights.clone(), wrong.clone(), wrong[..1000].to_vec(), [weights.as_slice(), b"more"].concat()];
    for (part, ranges) in
        left.into_iter().zip([vec![], vec!["bytes=0-"], vec!["bytes=1000-", "bytes=0-"], vec!["bytes=0-"]])
    {
        let (desk, hub) = (Desk::new(), hub());
        desk.write(&blob(&format!("{}.part", sha256(weights))), part);
        desk.succeeds(&line(&hub));
        assert_eq!(hub.ranges(), ranges);
        assert_eq!(std::fs::read(desk.path(&snapshot(WEIGHTS))).unwrap(), *weights);
    }
}

#[test]
fn a_host_without_ranges_sends_the_whole_again() {
    let (desk, hub) = (Desk::new(), hub());
    hub.repository().whole_only = true;
    hub.repository().breaks = vec![30_000];
    desk.succeeds(&line(&hub));
    assert_eq!(hub.ranges(), ["bytes=0-", "bytes=30000-"]);
    assert_eq!(std::fs::read(desk.path(&snapshot(WEIGHTS))).unwrap(), tagger()[WEIGHTS]);
}

#[test]
fn all_shards_of_an_index_are_pulled() {
    let mut files = tagger();
    sharded(&mut files);
    let (desk, hub) = (Desk::new(), Hub::serve(Repository { files, ..Repository::default() }));
    desk.succeeds(&line(&hub));
    for name in ["model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    {
        assert_eq!(std::fs::read(desk.path(&snapshot(name))).unwrap(), hub.repository().files[name], "{name}");
    }
}

#[test]
fn a_token_opens_what_is_private_and_goes_to_the_hub_only() {
    let (desk, hub) = (Desk::new(), hub());
    hub.repository().token = Some("secret".to_owned());
    // The server fails a request to the other host that carries a token.
    desk.karat(&line(&hub)).env("HF_TOKEN", "secret").assert().success();
    let stored = Desk::new();
    stored.write("hf/token", "secret\n");
    stored.succeeds(&line(&hub));
    let tokens = hub.repository().requests.iter().filter(|request| request.token.is_some()).count();
    assert!(tokens > 0);
}

#[test]
fn without_a_connection_the_cache_is_used_and_that_is_said() {
    let (desk, hub) = (Desk::new(), hub());
    let online = desk.succeeds(&line(&hub));
    let before = hub.repository().requests.len();
    let forbidden = desk.karat(&line(&hub)).env("HF_HUB_OFFLINE", "1").assert().success();
    forbidden
        .stderr_eq(str![[r#"
note: offline: HF_HUB_OFFLINE is set; the cache has `org/tiny` at `main`

"#]])
        .stdout_eq(str![[r#"
org/tiny@main is commit 0123456789abcdef0123456789abcdef01234567
folder  hf/hub/models--org--tiny/snapshots/0123456789abcdef0123456789abcdef01234567
files   4, 93.81 kB (4 in the cache); every digest is right

In a suite:
[models.tiny]
path = "hub:org/tiny@0123456789abcdef0123456789abcdef01234567"

"#]]);
    assert_eq!(hub.repository().requests.len(), before);
    // The desk's own endpoint is one that nothing listens to.
    desk.karat("models pull org/tiny").assert().success().stderr_eq(str![[r#"
note: offline: `http://127.0.0.1:9` cannot be reached (Connection refused (os error 111)); the cache has `org/tiny` at `main`

"#]]);
    let commit = desk.karat(&format!("models pull org/tiny@{COMMIT}")).assert().success();
    let said = String::from_utf8(commit.get_output().stdout.clone()).unwrap();
    assert_eq!(online.lines().last(), said.lines().last());
}

#[test]
fn a_cache_of_ones_own_is_named_by_its_folder() {
    let (desk, hub) = (Desk::new(), hub());
    let said = desk.succeeds(&format!("{} --cache here", line(&hub)));
    let folder = desk.path(&format!("here/models--org--tiny/snapshots/{COMMIT}"));
    assert!(said.ends_with(&format!("\npath = \"{}\"\n", folder.display())), "{said}");
    assert!(folder.join(WEIGHTS).is_file() && !desk.path("hf").exists());
}
