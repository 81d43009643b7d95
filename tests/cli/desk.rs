//! A temporary folder in which `karat` runs, so that messages hold no path of this machine.

use crate::engine::tiny;
use serde_json::json;
use snapbox::IntoData;
use snapbox::cmd::Command;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;

/// The folder.
pub(crate) struct Desk {
    folder: TempDir,
}

impl Desk {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A small corpus with gold for both tasks, two tiny models, both floors, and `suite.toml` over all of them.
    pub(crate) fn small() -> Self {
        let desk = Self::new();
        desk.write("corpus/corpus.toml", "name = \"small\"\nversion = \"1\"\nlabels = [\"LOC\", \"ORG\", \"PER\"]\n");
        desk.write("corpus/targets.toml", "deal = \"the deal\"\ntalks = \"talks\"\n");
        desk.write("corpus/documents.jsonl", DOCUMENTS);
        desk.write("corpus/gold/ner.jsonl", ENTITIES);
        desk.write("corpus/gold/stance.jsonl", STANCES);
        desk.write("suite.toml", SUITE);
        desk.tiny_model("models/tagger", "token", ["O", "B-PER", "I-PER"]);
        desk.tiny_model("models/judge", "sequence", ["contradiction", "neutral", "entailment"]);
        desk.write("models/gazetteer/floor.toml", "kind = \"gazetteer\"\n");
        desk.write("models/gazetteer/names.tsv", "PER\tZoë Ruiz\nLOC\tDoha\nORG\tGaza\n");
        desk.write("models/majority/floor.toml", "kind = \"majority\"\n");
        desk
    }

    /// A model folder from a tiny checkpoint, the names of its three classes, and a tokenizer over its vocabulary.
    pub(crate) fn tiny_model(&self, folder: &str, checkpoint: &str, labels: [&str; 3]) {
        let read = |name: &str| std::fs::read(tiny(checkpoint).join(name)).unwrap();
        let mut config: serde_json::Value = serde_json::from_slice(&read("config.json")).unwrap();
        config["id2label"] = json!({ "0": labels[0], "1": labels[1], "2": labels[2] });
        self.write(&format!("{folder}/config.json"), config.to_string());
        self.write(&format!("{folder}/model.safetensors"), read("model.safetensors"));
        self.write(&format!("{folder}/tokenizer.json"), tokenizer().to_string());
    }

    /// A place in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and the folders that it stands in.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// A folder of this repository, under another name.
    pub(crate) fn link(&self, folder: &str, name: &str) {
        std::os::unix::fs::symlink(repository(folder), self.path(name)).unwrap();
    }

    /// A copy of a folder of this repository, whose files can be changed.
    pub(crate) fn copy(&self, folder: &str, name: &str) {
        for entry in std::fs::read_dir(repository(folder)).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap();
            self.write(&format!("{name}/{file}"), std::fs::read(&path).unwrap());
        }
    }

    /// Names the classes of a model anew, and changes nothing else.
    pub(crate) fn relabel(&self, folder: &str, labels: [&str; 3]) {
        let config = format!("{folder}/config.json");
        let mut json: serde_json::Value = serde_json::from_str(&self.read(&config)).unwrap();
        json["id2label"] = json!({ "0": labels[0], "1": labels[1], "2": labels[2] });
        self.write(&config, json.to_string());
    }

    /// Reads a text file.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Replaces the one place where `from` stands in a file.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {name}");
        self.write(name, text.replace(from, to));
    }

    /// `karat` with arguments that are separated by spaces. Its cache of the hub is in the folder, and the hub is where nothing
    /// listens.
    pub(crate) fn karat(&self, line: &str) -> Command {
        let command = Command::new(env!("CARGO_BIN_EXE_karat")).args(line.split_whitespace());
        let of_the_user = ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE"];
        let proxies = ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "http_proxy", "https_proxy"];
        let command = of_the_user.into_iter().chain(proxies).fold(command, Command::env_remove);
        command.env("HF_HOME", "hf").env("HF_ENDPOINT", "http://127.0.0.1:9").current_dir(self.folder.path())
    }

    /// Runs `karat`, which must succeed, and returns stdout.
    pub(crate) fn succeeds(&self, line: &str) -> String {
        let output = self.karat(line).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "karat {line}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs `karat`, of whose stdout nothing is read, and returns its exit code and stderr.
    pub(crate) fn unread(&self, line: &str) -> (Option<i32>, String) {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_karat"))
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    /// Runs `karat`, which must exit with code 2, print nothing on stdout and exactly `message` on stderr, and leave every
    /// file as it was and none beside them.
    pub(crate) fn refuses(&self, line: &str, message: impl IntoData) {
        let before = self.files("");
        self.karat(line).assert().code(2).stdout_eq("").stderr_eq(message);
        let after = self.files("");
        assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
        assert!(before == after, "a file was changed");
    }

    /// Every file under a folder with its bytes, and every folder with none, by its path in that folder.
    pub(crate) fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let home = self.path(folder);
        let mut files = BTreeMap::new();
        let mut folders = vec![home.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(&home).unwrap().to_str().unwrap().to_owned();
                if path.is_dir() {
                    files.insert(name + "/", Vec::new());
                    folders.push(path);
                } else {
                    files.insert(name, std::fs::read(&path).unwrap());
                }
            }
        }
        files
    }
}

/// A file of this repository.
pub(crate) fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

const DOCUMENTS: &str = r#"{"id": "a", "text": "Zoë Ruiz is in favour of the deal. Doha is in on talks."}
{"id": "b", "text": "In Gaza no one is for this deal; Ana Sol is against it, and Doha is neutral."}
{"id": "c", "text": "This text takes no side."}
"#;

const ENTITIES: &str = r#"{"id": "a", "entities": [{"start": 0, "end": 8, "label": "PER", "text": "Zoë Ruiz"}, {"start": 35, "end": 39, "label": "LOC", "text": "Doha"}]}
{"id": "b", "entities": [{"start": 3, "end": 7, "label": "LOC"}, {"start": 33, "end": 40, "label": "PER"}, {"start": 60, "end": 64, "label": "ORG", "text": "Doha"}]}
{"id": "c", "entities": []}
"#;

const STANCES: &str = r#"{"id": "a", "target": "deal", "stance": "favor"}
{"id": "a", "target": "talks", "stance": "favor"}
{"id": "b", "target": "deal", "stance": "against"}
{"id": "c", "target": "talks", "stance": "neutral"}
"#;

const SUITE: &str = r#"version = 1
name = "small"
seed = 7
statistics = { replicates = 200 }

[corpora.small]
path = "corpus"

[models.tagger]
path = "models/tagger"

[models.gazetteer]
path = "models/gazetteer"

[models.judge]
path = "models/judge"

[models.majority]
path = "models/majority"

[[evaluations]]
task = "ner"
corpus = "small"
models = ["tagger", "gazetteer"]
windows = { max_tokens = 32, overlap = 8 }

[[evaluations]]
task = "stance"
corpus = "small"
models = ["judge", "majority"]
"#;

/// Words of the default hypotheses; every other word is spelt in letters.
const WORDS: &str = "the author of this text is in favour favourable towards against critical neutral takes no side on";

/// A WordPiece tokenizer over less than the 97 entries of the tiny checkpoints.
fn tokenizer() -> serde_json::Value {
    let specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"].map(str::to_owned);
    let letters = ('a'..='z').map(String::from).chain(('a'..='z').map(|letter| format!("##{letter}")));
    let marks = ".,;:'-!?".chars().map(String::from);
    let all = specials.into_iter().chain(letters).chain(marks).chain(WORDS.split(' ').map(str::to_owned));
    let vocabulary: BTreeMap<String, usize> = all.enumerate().map(|(id, token)| (token, id)).collect();
    let special = |id: usize, content: &str| {
        json!({ "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true })
    };
    let token = |id: &str, kind: usize| json!({ "SpecialToken": { "id": id, "type_id": kind } });
    let text = |id: &str, kind: usize| json!({ "Sequence": { "id": id, "type_id": kind } });
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [special(0, "[PAD]"), special(1, "[UNK]"), special(2, "[CLS]"), special(3, "[SEP]")],
        "normalizer": { "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
            "lowercase": true },
        "pre_tokenizer": { "type": "BertPreTokenizer" },
        "post_processor": { "type": "TemplateProcessing",
            "single": [token("[CLS]", 0), text("A", 0), token("[SEP]", 0)],
            "pair": [token("[CLS]", 0), text("A", 0), token("[SEP]", 0), text("B", 1), token("[SEP]", 1)],
            "special_tokens": {
                "[CLS]": { "id": "[CLS]", "ids": [2], "tokens": ["[CLS]"] },
                "[SEP]": { "id": "[SEP]", "ids": [3], "tokens": ["[SEP]"] } } },
        "decoder": null,
        "model": { "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocabulary },
    })
}
