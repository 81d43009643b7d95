//! Models of a hub: pulled into a cache in the hub's own layout, and found there again.
//!
//! In: a repository's name and a revision. Out: the folder of a commit's snapshot, every file of which has the digest that the
//! hub names. Owns: `hf_hub`, whose client, token, addresses and names of files in the cache are used, and all that touches the
//! network. [`pull`] alone does; everything else here reads the cache. Must not: print, or read what models say.
//!
//! `models--ORG--NAME/blobs/` has contents by their digests, `snapshots/COMMIT/` links to them by their names in the
//! repository, `refs/` the commits of branches and tags. What has not wholly come is `blobs/DIGEST.part`.

mod cache;
mod cure;
mod digest;
mod download;
mod files;
mod name;
mod place;
mod pull;
mod remote;

pub use cache::{Snapshot, find, located, resolved, snapshots};
pub use files::lacking;
pub use name::{RepoName, SCHEME};
pub use place::Place;
pub use pull::{Event, Observer, Origin, Pulled, PulledFile, pull};

use std::io;
use std::path::PathBuf;

/// Why a model did not come from a hub or from its cache.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// What was typed names no repository.
    #[error("`{typed}` is no model of a hub: {reason}")]
    BadName {
        /// What was typed.
        typed: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The hub's address is none.
    #[error("`{0}` is no address of a hub")]
    Endpoint(String),
    /// There is no place for a cache.
    #[error("there is no place for a cache: no home folder, and none is named")]
    NoCache,
    /// The repository is not there.
    #[error("`{endpoint}` has no repository `{}`", name.repository())]
    NoRepository {
        /// What was asked for.
        name: RepoName,
        /// The hub.
        endpoint: String,
    },
    /// The repository has no such branch, tag or commit.
    #[error("repository `{}` of `{endpoint}` has no revision `{}`", name.repository(), name.revision())]
    NoRevision {
        /// What was asked for.
        name: RepoName,
        /// The hub.
        endpoint: String,
    },
    /// The hub does not open the repository.
    #[error("the hub does not open {name} to {} (status {status})", if *token { "this token" } else { "everyone" })]
    Denied {
        /// What was asked for.
        name: RepoName,
        /// 401 or 403.
        status: u16,
        /// True where a token went with the request.
        token: bool,
    },
    /// The hub answered something else.
    #[error("`{endpoint}` answered with status {status} when {name} was asked for{}", of_file(file.as_deref()))]
    Answered {
        /// What was asked for.
        name: RepoName,
        /// The file, where it was one.
        file: Option<String>,
        /// The hub.
        endpoint: String,
        /// The status.
        status: u16,
    },
    /// The answer is not one of a hub.
    #[error("the answer of `{endpoint}` about {name} cannot be used: {what}")]
    Confused {
        /// What was asked for.
        name: RepoName,
        /// The hub.
        endpoint: String,
        /// What is wrong with it.
        what: String,
    },
    /// The repository is not of a transformers model.
    #[error("{name} has no `config.json`, and nothing was downloaded")]
    NoConfig {
        /// The repository.
        name: RepoName,
    },
    /// The tokenizer is there in older files at most.
    #[error("{name} has no `tokenizer.json`, and nothing was downloaded")]
    NoTokenizer {
        /// The repository.
        name: RepoName,
        /// The class that opens its weights.
        class: String,
    },
    /// The weights are in files that run code when they are opened.
    #[error("{name} has its weights in pickled files only ({}), and nothing was downloaded", files.join(", "))]
    Pickled {
        /// The repository.
        name: RepoName,
        /// The files.
        files: Vec<String>,
        /// The class that can open them.
        class: String,
    },
    /// There are no weights in safetensors.
    #[error("{name} has no weights in safetensors, and nothing was downloaded")]
    NoWeights {
        /// The repository.
        name: RepoName,
    },
    /// The index of a sharded model cannot be used.
    #[error("`model.safetensors.index.json` of {name} {what}")]
    Index {
        /// The repository.
        name: RepoName,
        /// What is wrong with it.
        what: String,
    },
    /// There is no network, and the cache does not do.
    #[error("offline: {reason}, and the cache `{}` has {}", cache.display(), short(name, lacking))]
    Offline {
        /// What was asked for.
        name: RepoName,
        /// Why nothing can be downloaded.
        reason: String,
        /// True where the environment forbids it.
        forbidden: bool,
        /// The cache.
        cache: PathBuf,
        /// The files that the cache lacks; None where it has none at all.
        lacking: Option<Vec<String>>,
    },
    /// The cache has no whole snapshot.
    #[error("the cache `{}` has {}", cache.display(), short(name, lacking))]
    NotCached {
        /// What was asked for.
        name: RepoName,
        /// The cache.
        cache: PathBuf,
        /// The files that the cache lacks; None where it has none at all.
        lacking: Option<Vec<String>>,
    },
    /// The connection ended before an answer.
    #[error("the connection to `{endpoint}` was lost when {name} was asked for")]
    Lost {
        /// What was asked for.
        name: RepoName,
        /// The hub.
        endpoint: String,
        /// What the system said.
        source: io::Error,
    },
    /// A download stopped, and went on no more.
    #[error("the download of `{file}` of {name} broke off at {at} of {size_bytes} bytes")]
    Broken {
        /// The repository.
        name: RepoName,
        /// The file.
        file: String,
        /// Bytes that are kept.
        at: u64,
        /// Bytes of the whole.
        size_bytes: u64,
        /// What the system said.
        source: io::Error,
    },
    /// What came is not what the hub says it is.
    #[error("`{file}` of {name} has the digest {found}, but the hub names {expected}; it was not kept")]
    Digest {
        /// The repository.
        name: RepoName,
        /// The file.
        file: String,
        /// Of what came.
        found: String,
        /// What the hub names.
        expected: String,
    },
    /// A file in the cache is not what its name says.
    #[error("`{}` in the cache is damaged: its digest is not {expected}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What its name says.
        expected: String,
    },
    /// Another process downloads the same file.
    #[error("`{file}` of {name} is being downloaded by another process")]
    Busy {
        /// The repository.
        name: RepoName,
        /// The file.
        file: String,
    },
    /// The system refused.
    #[error("`{}` cannot be {what}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: `read`, `written`, …
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

fn of_file(file: Option<&str>) -> String {
    file.map(|file| format!(", file `{file}`")).unwrap_or_default()
}

/// What a cache has of a repository that it does not have whole.
fn short(name: &RepoName, lacking: &Option<Vec<String>>) -> String {
    match lacking {
        None => format!("no {name}"),
        Some(files) => format!("{name} without {}", files.join(", ")),
    }
}
