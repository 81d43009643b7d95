//! What to do where a model did not come.

use super::{HubError, RepoName};

impl HubError {
    /// What to do about it.
    pub fn cure(&self) -> String {
        match self {
            Self::BadName { .. } => "write ORG/NAME or ORG/NAME@REVISION, such as facebook/bart-large-mnli@main".to_owned(),
            Self::Endpoint(_) => "write it with its scheme, such as https://huggingface.co".to_owned(),
            Self::NoCache => "name one with --cache, or set HF_HUB_CACHE".to_owned(),
            Self::NoRepository { .. } => {
                "check the name; a private repository needs a token that may read it in HF_TOKEN".to_owned()
            }
            Self::NoRevision { name, .. } => {
                format!("name a branch, a tag or a whole commit; `karat models pull {}` takes `main`", name.repository())
            }
            Self::Denied { token: false, .. } => {
                "check the name; where it is gated or private, accept its terms on the hub and put a token into HF_TOKEN"
                    .to_owned()
            }
            Self::Denied { .. } => {
                "accept its terms on the hub with the account of the token, or take a token that may read it".to_owned()
            }
            Self::Answered { status, .. } if *status == 429 || *status >= 500 => {
                "try again later: what has come is kept".to_owned()
            }
            Self::Answered { .. } | Self::Confused { .. } => "check the address of the hub, or name another with --endpoint".to_owned(),
            Self::NoConfig { .. } => "choose a repository of a transformers model".to_owned(),
            Self::NoTokenizer { name, class } => {
                format!("transformers makes one of the older files: {}", saved(name, class))
            }
            Self::Pickled { name, class, .. } => format!(
                "pull a revision that the hub converted (`{}@refs/pr/N`, N of its pull request \"Adding `safetensors` variant\"); \
                 or convert it, if you trust it: {}",
                name.repository(),
                saved(name, class)
            ),
            Self::NoWeights { .. } => "choose a repository with model.safetensors".to_owned(),
            Self::Index { .. } => "tell the repository's owner, or choose another revision".to_owned(),
            Self::Offline { forbidden: true, .. } => "unset HF_HUB_OFFLINE and pull again".to_owned(),
            Self::Offline { .. } => "check the connection and pull again, or name a mirror with --endpoint".to_owned(),
            Self::NotCached { name, .. } => format!("`karat models pull {}` brings it", name.typed()),
            Self::Lost { .. } | Self::Broken { .. } => "pull again: it goes on where it stopped".to_owned(),
            Self::Digest { .. } => "pull again; where it stays so, the hub or something on the way to it is at fault".to_owned(),
            Self::Damaged { .. } => "pull again when there is a connection: it is replaced then".to_owned(),
            Self::Busy { .. } => "wait for it to end, and pull again".to_owned(),
            Self::Io { .. } => "check the path, its permissions, and the room on the disk".to_owned(),
        }
    }
}

/// The call that writes a repository's model as karat reads it.
fn saved(name: &RepoName, class: &str) -> String {
    format!(
        "python -c \"from transformers import AutoTokenizer as T, {class} as M; n = dict(pretrained_model_name_or_path='{}', \
         revision='{}'); d = 'models/{}'; M.from_pretrained(**n).save_pretrained(d, safe_serialization=True); \
         T.from_pretrained(**n).save_pretrained(d)\"",
        name.repository(),
        name.revision(),
        name.name()
    )
}
