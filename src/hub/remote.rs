//! The hub, asked over the network.
//!
//! `hf_hub` gives the client, the addresses and the token. Its own download gives a file its name before a digest is looked at,
//! and sends the token on to wherever the hub redirects to; so files are received in `download`.

use super::cache::repo;
use super::digest::Digest;
use super::name::is_commit;
use super::{HubError, Place, RepoName};
use hf_hub::api::sync::{ApiBuilder, ApiRepo};
use hf_hub::{Cache, Repo};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::time::Duration;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(15);

/// How long nothing may come before a connection is given up.
const SILENCE: Duration = Duration::from_secs(60);

/// Redirects that are followed.
const HOPS: u32 = 10;

/// The most that is read of the description of a repository.
const DESCRIPTION_BYTES: u64 = 32 << 20;

/// A repository of a hub.
pub(super) struct Remote {
    repo: ApiRepo,
    /// The revision that is asked for: what the user named, then the commit that it is.
    at: RepoName,
    /// What the user named, for messages.
    name: RepoName,
    endpoint: String,
    token: bool,
}

/// What a revision is.
pub(super) struct Description {
    /// The commit.
    pub(super) commit: String,
    /// The files, by their paths in the repository.
    pub(super) files: Vec<String>,
    /// The model's class, where the hub knows it.
    pub(super) class: Option<String>,
}

/// A file of a commit.
#[derive(Debug, Clone)]
pub(super) struct RemoteFile {
    pub(super) name: String,
    /// Where it is, at the hub itself.
    pub(super) url: String,
    pub(super) size_bytes: u64,
    pub(super) digest: Digest,
}

/// An answer, whatever its status.
pub(super) struct Response {
    pub(super) status: u16,
    headers: BTreeMap<String, String>,
    pub(super) body: Box<dyn Read>,
}

impl Response {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// First byte and whole size that `Content-Range` names; the first is missing where nothing could be given.
    pub(super) fn range(&self) -> Option<(Option<u64>, u64)> {
        let (range, size) = self.header("content-range")?.trim().strip_prefix("bytes")?.trim().split_once('/')?;
        let first = range.split_once('-').and_then(|(first, _)| first.parse().ok());
        size.parse().ok().map(|size| (first, size))
    }
}

#[derive(Deserialize)]
struct Written {
    sha: String,
    siblings: Vec<Sibling>,
    config: Option<WrittenConfig>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
}

#[derive(Deserialize)]
struct WrittenConfig {
    #[serde(default)]
    architectures: Vec<String>,
}

impl Remote {
    /// The repository that `name` names, at the revision of `at`. Nothing is asked yet.
    pub(super) fn new(place: &Place, name: &RepoName, at: &RepoName) -> Result<Self, HubError> {
        let builder = ApiBuilder::from_cache(Cache::new(place.cache.clone()))
            .with_endpoint(place.endpoint.clone())
            .with_token(place.token.clone())
            .with_user_agent("karat", env!("CARGO_PKG_VERSION"));
        let remote = |repo: Repo| builder.build().map(|api| api.repo(repo));
        let repo = remote(repo(at)).map_err(|error| HubError::Confused {
            name: name.clone(),
            endpoint: place.endpoint.clone(),
            what: error.to_string(),
        })?;
        let (endpoint, token) = (place.endpoint.clone(), place.token.is_some());
        Ok(Self { repo, at: at.clone(), name: name.clone(), endpoint, token })
    }

    /// What the revision is; None with the reason where the hub cannot be reached.
    pub(super) fn describe(&self) -> Result<Result<Description, String>, HubError> {
        let url = format!("{}/api/{}", self.endpoint, repo(&self.at).api_url());
        let response = match self.get(&url, None, HOPS) {
            Ok(response) => response,
            Err(error) => return Ok(Err(format!("`{}` cannot be reached ({error})", self.endpoint))),
        };
        if response.status != 200 {
            return Err(self.refusal(&response, None));
        }
        let mut text = Vec::new();
        let read = response.body.take(DESCRIPTION_BYTES).read_to_end(&mut text);
        read.map_err(|source| self.lost(source))?;
        let written: Written = serde_json::from_slice(&text)
            .map_err(|error| self.confused(format!("it does not describe a repository ({error})")))?;
        if !is_commit(&written.sha) {
            return Err(self.confused(format!("`{}` is no commit", written.sha)));
        }
        let class = written.config.and_then(|config| config.architectures.into_iter().next());
        let files = written.siblings.into_iter().map(|sibling| sibling.rfilename).collect();
        Ok(Ok(Description { commit: written.sha, files, class }))
    }

    /// Size and digest of a file, without its content. The remote must be at a commit.
    pub(super) fn file(&self, name: &str) -> Result<RemoteFile, HubError> {
        let mut url = self.repo.url(name);
        let mut response = self.first_byte(&url, 0)?;
        for _ in 0..HOPS {
            // A step inside of the hub says more than where it comes from; one to another host is that of the content.
            let inside = response.header("location").filter(|to| redirects(response.status) && to.starts_with('/'));
            let Some(path) = inside.filter(|path| !path.starts_with("//")) else { break };
            url = format!("{}{path}", origin(&self.endpoint));
            response = self.first_byte(&url, 0)?;
        }
        let size = |response: &Response| {
            let linked = response.header("x-linked-size").and_then(|size| size.parse().ok());
            let whole = || response.header("content-length").filter(|_| response.status == 200)?.parse().ok();
            linked.or_else(|| response.range().map(|(_, size)| size)).or_else(whole)
        };
        if !redirects(response.status) && !self.has_content(&response) {
            return Err(self.refusal(&response, Some(name)));
        }
        if let Some(other) = response.header("x-repo-commit").filter(|commit| *commit != self.at.revision()) {
            return Err(self.confused(format!("`{name}` comes from commit `{other}`")));
        }
        let etag = response.header("x-linked-etag").or(response.header("etag")).unwrap_or_default();
        let digest = Digest::of_etag(etag)
            .ok_or_else(|| self.confused(format!("`{name}` has no digest, but the ETag `{etag}`")))?;
        let size_bytes = match size(&response) {
            Some(size) => Some(size),
            None if redirects(response.status) => {
                let content = self.first_byte(&url, HOPS)?;
                if !self.has_content(&content) {
                    return Err(self.refusal(&content, Some(name)));
                }
                size(&content)
            }
            None => None,
        };
        let size_bytes = size_bytes.ok_or_else(|| self.confused(format!("`{name}` has no size")))?;
        Ok(RemoteFile { name: name.to_owned(), url, size_bytes, digest })
    }

    /// The content of a file from a byte on.
    pub(super) fn content(&self, file: &RemoteFile, from: u64) -> io::Result<Response> {
        self.get(&file.url, Some(format!("bytes={from}-")), HOPS)
    }

    fn first_byte(&self, url: &str, hops: u32) -> Result<Response, HubError> {
        self.get(url, Some("bytes=0-0".to_owned()), hops).map_err(|source| self.lost(source))
    }

    /// A part, the whole, or the refusal to give a part of nothing.
    fn has_content(&self, response: &Response) -> bool {
        matches!(response.status, 200 | 206) || (response.status == 416 && response.range() == Some((None, 0)))
    }

    /// One request. The token goes to the hub alone; the client takes it off where it follows a redirect to another host.
    fn get(&self, url: &str, range: Option<String>, hops: u32) -> io::Result<Response> {
        let request = self.repo.info_request().uri(url);
        let request = match range {
            Some(range) => request.header("Range", range),
            None => request,
        };
        let request = request.config().http_status_as_error(false).max_redirects(hops).accept_encoding("identity");
        let request =
            request.timeout_resolve(Some(CONNECT)).timeout_connect(Some(CONNECT)).timeout_per_read(Some(SILENCE));
        let (parts, body) = request.build().call().map_err(|error| error.into_io())?.into_parts();
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let headers = parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())));
        Ok(Response { status: parts.status.as_u16(), headers: headers.collect(), body: Box::new(body.into_reader()) })
    }

    /// The error that a status is.
    pub(super) fn refusal(&self, response: &Response, file: Option<&str>) -> HubError {
        let (name, endpoint) = (self.name.clone(), self.endpoint.clone());
        match (response.status, response.header("x-error-code")) {
            (status @ (401 | 403), _) => HubError::Denied { name, status, token: self.token },
            (404, Some("RevisionNotFound")) => HubError::NoRevision { name, endpoint },
            (404, _) if file.is_none() => HubError::NoRepository { name, endpoint },
            (status, _) => HubError::Answered { name, file: file.map(str::to_owned), endpoint, status },
        }
    }

    fn lost(&self, source: io::Error) -> HubError {
        HubError::Lost { name: self.name.clone(), endpoint: self.endpoint.clone(), source }
    }

    fn confused(&self, what: String) -> HubError {
        HubError::Confused { name: self.name.clone(), endpoint: self.endpoint.clone(), what }
    }
}

fn redirects(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Scheme and host of an address.
fn origin(endpoint: &str) -> &str {
    let host = endpoint.find("://").map_or(0, |at| at + 3);
    endpoint[host..].find('/').map_or(endpoint, |end| &endpoint[..host + end])
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_origin_has_no_path() {
        assert_eq!(super::origin("https://mirror:80/hf/x"), "https://mirror:80");
        assert_eq!(super::origin("http://hub"), "http://hub");
    }
}
