//! What a cache holds, read without the network.

use super::files::lacking;
use super::name::{RepoName, SCHEME, is_commit};
use super::{HubError, Place};
use hf_hub::{Cache, Repo, RepoType};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A commit of a repository in a cache.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Snapshot {
    /// The repository at this commit.
    pub name: RepoName,
    /// Its folder.
    pub folder: PathBuf,
    /// The branches and tags that were this commit when they were pulled.
    pub refs: Vec<String>,
}

/// A repository at a revision, as the hub's client names its files.
pub(super) fn repo(name: &RepoName) -> Repo {
    Repo::with_revision(name.repository().to_owned(), RepoType::Model, name.revision().to_owned())
}

/// The folder of a repository in a cache.
pub(super) fn home(cache: &Path, name: &RepoName) -> PathBuf {
    cache.join(repo(name).folder_name())
}

/// The folder of a commit's snapshot.
pub(super) fn snapshot(cache: &Path, name: &RepoName, commit: &str) -> PathBuf {
    Cache::new(cache.to_owned()).repo(repo(name)).pointer_path(commit)
}

/// The whole snapshot of a revision, which is a commit or what `refs/` of the cache knows.
///
/// # Errors
/// [`HubError::NotCached`] where there is none, or files are missing in it.
pub fn find(cache: &Path, name: &RepoName) -> Result<Snapshot, HubError> {
    let not_cached = |lacking| HubError::NotCached { name: name.clone(), cache: cache.to_owned(), lacking };
    let known = std::fs::read_to_string(home(cache, name).join("refs").join(name.revision()));
    let known = known.ok().map(|commit| commit.trim().to_owned()).filter(|commit| is_commit(commit));
    let commit = Some(name.revision().to_owned()).filter(|revision| is_commit(revision)).or(known);
    let commit = commit.ok_or_else(|| not_cached(None))?;
    let folder = snapshot(cache, name, &commit);
    if !folder.is_dir() {
        return Err(not_cached(None));
    }
    let lacking = lacking(&folder);
    if !lacking.is_empty() {
        return Err(not_cached(Some(lacking)));
    }
    Ok(Snapshot { name: name.at(&commit), folder, refs: Vec::new() })
}

/// `hub:ORG/NAME@REVISION` with the commit that the revision is; None for a path that is another thing.
///
/// # Errors
/// [`HubError`] where the cache has no whole snapshot of it.
pub fn resolved(path: &Path) -> Option<Result<PathBuf, HubError>> {
    let commit = |snapshot: Snapshot| PathBuf::from(format!("{SCHEME}{}", snapshot.name.typed()));
    Some(meant(path)?.map(commit))
}

/// The folder that a model's path means: `hub:ORG/NAME@REVISION` is one in the cache, any other path is itself.
///
/// # Errors
/// [`HubError`] where the cache has no whole snapshot of it.
pub fn located(path: &Path) -> Result<Cow<'_, Path>, HubError> {
    meant(path).map_or(Ok(Cow::Borrowed(path)), |snapshot| Ok(Cow::Owned(snapshot?.folder)))
}

fn meant(path: &Path) -> Option<Result<Snapshot, HubError>> {
    let typed = path.to_str().filter(|path| path.starts_with(SCHEME))?;
    let cached = || find(&Place::from_environment(None, None)?.cache, &RepoName::parse(typed)?);
    Some(cached())
}

/// Every snapshot of a cache, whole or not, by name and commit. Where there is no cache there is none.
///
/// # Errors
/// [`HubError::Io`] where a folder cannot be listed.
pub fn snapshots(cache: &Path) -> Result<Vec<Snapshot>, HubError> {
    let mut snapshots = Vec::new();
    for (folder, named) in folders(cache)? {
        let Some((org, name)) = named.strip_prefix("models--").and_then(|rest| rest.split_once("--")) else { continue };
        let Ok(name) = RepoName::parse(&format!("{org}/{name}")) else { continue };
        let refs = refs(&folder.join("refs"))?;
        for (folder, commit) in folders(&folder.join("snapshots"))? {
            if is_commit(&commit) {
                let refs = refs
                    .iter()
                    .filter(|(name, known)| **known == commit && !is_commit(name))
                    .map(|(name, _)| name.clone());
                snapshots.push(Snapshot { name: name.at(&commit), folder, refs: refs.collect() });
            }
        }
    }
    snapshots.sort();
    Ok(snapshots)
}

/// The folders of a folder with their names; none where it is not there.
fn folders(folder: &Path) -> Result<Vec<(PathBuf, String)>, HubError> {
    let paths = entries(folder)?.into_iter().filter(|path| path.is_dir());
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(paths.filter_map(|path| name(&path).map(|name| (path, name))).collect())
}

/// What is in a folder; nothing where it is not there.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, HubError> {
    let failed = |source| HubError::Io { path: folder.to_owned(), what: "listed", source };
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(failed),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed(error)),
    }
}

/// The commits of branches and tags, by their names, which may hold slashes.
fn refs(home: &Path) -> Result<BTreeMap<String, String>, HubError> {
    let mut refs = BTreeMap::new();
    let mut left = vec![home.to_owned()];
    while let Some(folder) = left.pop() {
        for path in entries(&folder)? {
            if path.is_dir() {
                left.push(path);
            } else if let (Ok(commit), Ok(name)) = (std::fs::read_to_string(&path), path.strip_prefix(home)) {
                refs.insert(name.to_string_lossy().replace('\\', "/"), commit.trim().to_owned());
            }
        }
    }
    Ok(refs)
}
