//! What a repository and a revision of it are called.

use super::HubError;
use std::fmt;

/// How a model's path begins that is meant in the cache.
pub const SCHEME: &str = "hub:";

/// The revision where none is written.
const DEFAULT: &str = "main";

/// A repository of a hub, `ORG/NAME`, and a revision: a branch, a tag, or a commit. Both can be part of a path and of an
/// address: they hold no step up and nothing that an address gives a meaning to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RepoName {
    repository: String,
    revision: String,
}

impl RepoName {
    /// Reads `ORG/NAME`, `ORG/NAME@REVISION`, and either after `hub:`.
    ///
    /// # Errors
    /// [`HubError::BadName`] with what is wrong.
    pub fn parse(typed: &str) -> Result<Self, HubError> {
        let bad = |reason: &'static str| HubError::BadName { typed: typed.to_owned(), reason };
        let bare = typed.strip_prefix(SCHEME).unwrap_or(typed);
        let (repository, revision) = bare.split_once('@').unwrap_or((bare, DEFAULT));
        let (org, name) = repository.split_once('/').ok_or_else(|| bad("it has no `/`"))?;
        if ![org, name].into_iter().all(is_part) {
            return Err(bad(
                "its parts may hold letters, digits, `-`, `_` and `.`, and begin and end with none of `-.`",
            ));
        }
        if !is_revision(revision) {
            return Err(bad("its revision is no name of a branch, a tag or a commit"));
        }
        Ok(Self { repository: repository.to_owned(), revision: revision.to_owned() })
    }

    /// `ORG/NAME`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// `NAME`.
    pub fn name(&self) -> &str {
        self.repository.rsplit_once('/').map_or(self.repository.as_str(), |(_, name)| name)
    }

    /// The branch, tag or commit.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The same repository at a commit.
    #[must_use]
    pub fn at(&self, commit: &str) -> Self {
        Self { repository: self.repository.clone(), revision: commit.to_owned() }
    }

    /// What [`RepoName::parse`] reads.
    pub fn typed(&self) -> String {
        format!("{}@{}", self.repository, self.revision)
    }
}

impl fmt::Display for RepoName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` at `{}`", self.repository, self.revision)
    }
}

fn is_part(part: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    // Two hyphens are how the cache writes the slash.
    let ends = part.starts_with(['-', '.']) || part.ends_with(['-', '.']);
    !part.is_empty() && part.len() <= 96 && part.chars().all(plain) && !ends && !part.contains("--")
}

fn is_revision(revision: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+/".contains(c);
    let part = |part: &str| !part.is_empty() && !part.starts_with('.');
    revision.chars().all(plain) && revision.split('/').all(part)
}

/// True for the digits of a commit.
pub(super) fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_revision_or_is_at_main() {
        let name = RepoName::parse("org/a.b-c").expect("a good name");
        assert_eq!((name.repository(), name.name(), name.revision()), ("org/a.b-c", "a.b-c", "main"));
        let name = RepoName::parse("hub:org/x@refs/pr/3").expect("a good name");
        assert_eq!(name.typed(), "org/x@refs/pr/3");
        assert_eq!(name.to_string(), "`org/x` at `refs/pr/3`");
        assert_eq!(name.at("0".repeat(40).as_str()).revision().len(), 40);
    }

    #[test]
    fn what_would_lead_out_of_the_cache_is_no_name() {
        for typed in ["x", "", "/x", "o/", "a/b/c", "../x", "o/..", "o/a--b", "o/-a", "o/a b", "o/x@", "o/x@../y"] {
            assert!(RepoName::parse(typed).is_err(), "{typed}");
        }
        for revision in ["a//b", "/a", "a/", ".git", "a/../b", "a?b", "a#b", "a%2Fb", "a\\b"] {
            assert!(RepoName::parse(&format!("o/x@{revision}")).is_err(), "{revision}");
        }
    }
}
