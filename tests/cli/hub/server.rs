//! A hub on the loopback device, which speaks the protocol as far as a download needs it.
//!
//! As the real one does, it names small files by git's digest behind a redirect inside of itself, and large ones by SHA-256
//! behind a redirect to another host, which must not see the token.

use serde_json::json;
use sha1::Digest as _;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

/// The one commit.
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// What the hub has and how it behaves.
#[derive(Default)]
pub(crate) struct Repository {
    /// Contents by name.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// What opens it; None: it is open.
    pub(crate) token: Option<String>,
    /// True where its description is for everyone, and its files are not.
    pub(crate) gated: bool,
    /// After so many bytes of the weights, a connection breaks; one number a connection, from the last on.
    pub(crate) breaks: Vec<usize>,
    /// True where the host of the contents knows no ranges.
    pub(crate) whole_only: bool,
    /// Files of which another byte comes than there is.
    pub(crate) corrupt: Vec<String>,
    /// True where requests for files get no answer.
    pub(crate) silent: bool,
    /// The status of every answer, where it is not that of a hub that works.
    pub(crate) status: Option<u16>,
    /// The commit that files say they come from.
    pub(crate) other_commit: Option<String>,
    /// The `ETag` of small files, where it is no digest.
    pub(crate) etag: Option<String>,
    /// Every request that came.
    pub(crate) requests: Vec<Request>,
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) range: Option<String>,
    pub(crate) token: Option<String>,
}

/// The hub; it ends with the test's process.
pub(crate) struct Hub {
    pub(crate) port: u16,
    repository: Arc<Mutex<Repository>>,
}

impl Hub {
    /// A hub with the repository `org/tiny`.
    pub(crate) fn serve(repository: Repository) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let repository = Arc::new(Mutex::new(repository));
        let shared = Arc::clone(&repository);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                // A client that has what it wants hangs up; that is no failure of this thread's test.
                std::thread::spawn(move || drop(answer(&stream.unwrap(), port, &shared)));
            }
        });
        Self { port, repository }
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it has and how it behaves.
    pub(crate) fn repository(&self) -> MutexGuard<'_, Repository> {
        self.repository.lock().unwrap()
    }

    /// The ranges that were asked for of contents, without questions for the first byte.
    pub(crate) fn ranges(&self) -> Vec<String> {
        let requests = self.repository().requests.clone();
        let contents = requests.into_iter().filter(|request| request.path.starts_with("/cdn/"));
        contents.filter_map(|request| request.range).filter(|range| range != "bytes=0-0").collect()
    }
}

struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// Bytes of the body after which the connection breaks.
    breaks: Option<usize>,
}

impl Answer {
    fn new(status: u16, headers: Vec<(&'static str, String)>, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers, body: body.into(), breaks: None }
    }

    fn refusal(status: u16, code: &str) -> Self {
        Self::new(status, vec![("X-Error-Code", code.to_owned())], "{}")
    }
}

fn answer(stream: &TcpStream, port: u16, shared: &Mutex<Repository>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let token = headers.get("authorization").and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
    let request = Request { path, range: headers.get("range").cloned(), token };
    let mut repository = shared.lock().unwrap();
    repository.requests.push(request.clone());
    let answer = route(&request, port, &mut repository);
    let silent = repository.silent && request.path.contains("/resolve/");
    drop(repository);
    if silent {
        return stream.shutdown(Shutdown::Both);
    }
    let mut head =
        format!("HTTP/1.1 {} X\r\nConnection: close\r\nContent-Length: {}\r\n", answer.status, answer.body.len());
    for (name, value) in &answer.headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    let mut stream = stream;
    stream.write_all(head.as_bytes())?;
    stream.write_all(b"\r\n")?;
    stream.write_all(&answer.body[..answer.breaks.unwrap_or(answer.body.len()).min(answer.body.len())])?;
    stream.shutdown(Shutdown::Both)
}

fn route(request: &Request, port: u16, repository: &mut Repository) -> Answer {
    if let Some(status) = repository.status {
        return Answer::refusal(status, "");
    }
    let known = repository.token.is_none() || request.token == repository.token;
    if let Some(digest) = request.path.strip_prefix("/cdn/") {
        assert_eq!(request.token, None, "the token left the hub");
        return content(request, digest, repository);
    }
    let (refused, code) = match (&request.token, repository.gated) {
        (Some(_), true) => (403, "GatedRepo"),
        (None, true) => (401, "GatedRepo"),
        (Some(_), false) => (404, "RepoNotFound"),
        (None, false) => (401, "RepoNotFound"),
    };
    if let Some(revision) = request.path.strip_prefix("/api/models/org/tiny/revision/") {
        if !known && !repository.gated {
            return Answer::refusal(refused, code);
        }
        let known = [COMMIT, "main", "v1", "refs%2Fpr%2F1"];
        return if known.contains(&revision) {
            description(repository)
        } else {
            Answer::refusal(404, "RevisionNotFound")
        };
    }
    let inside = request.path.strip_prefix(&format!("/api/resolve-cache/models/org/tiny/{COMMIT}/"));
    let Some(file) = inside.or_else(|| request.path.strip_prefix(&format!("/org/tiny/resolve/{COMMIT}/"))) else {
        let open = request.token.is_some() || !request.path.starts_with("/api/models/");
        return Answer::refusal(if open { 404 } else { 401 }, "RepoNotFound");
    };
    if !known {
        return Answer::refusal(refused, code);
    }
    let Some(bytes) = repository.files.get(file) else { return Answer::refusal(404, "EntryNotFound") };
    let commit = repository.other_commit.clone().unwrap_or_else(|| COMMIT.to_owned());
    if file.ends_with(".safetensors") {
        let digest = sha256(bytes);
        let headers = vec![
            ("Location", format!("http://localhost:{port}/cdn/{digest}")),
            ("X-Repo-Commit", commit),
            ("X-Linked-Etag", format!("\"{digest}\"")),
            ("X-Linked-Size", bytes.len().to_string()),
        ];
        return Answer::new(302, headers, "");
    }
    if inside.is_none() {
        let location = format!("/api/resolve-cache/models/org/tiny/{COMMIT}/{file}");
        return Answer::new(307, vec![("Location", location), ("X-Repo-Commit", commit)], "");
    }
    let etag = repository.etag.clone().unwrap_or_else(|| git(bytes));
    let mut body = bytes.clone();
    if repository.corrupt.iter().any(|name| name == file) {
        body[0] ^= 1;
    }
    ranged(request, body, vec![("ETag", format!("W/\"{etag}\"")), ("X-Repo-Commit", commit)], false)
}

fn description(repository: &Repository) -> Answer {
    let siblings: Vec<_> = repository.files.keys().map(|name| json!({ "rfilename": name })).collect();
    let config = json!({ "architectures": ["BertForTokenClassification"], "model_type": "bert" });
    let json =
        json!({ "id": "org/tiny", "sha": COMMIT, "gated": repository.gated, "siblings": siblings, "config": config });
    Answer::new(200, vec![("Content-Type", "application/json".to_owned())], json.to_string())
}

/// A large file, from the host of the contents.
fn content(request: &Request, digest: &str, repository: &mut Repository) -> Answer {
    let found = repository.files.iter().find(|(_, bytes)| sha256(bytes) == digest);
    let Some((name, bytes)) = found.map(|(name, bytes)| (name.clone(), bytes.clone())) else {
        return Answer::refusal(404, "");
    };
    let mut body = bytes;
    if repository.corrupt.contains(&name) {
        body[20] ^= 1;
    }
    let mut answer = ranged(request, body, Vec::new(), repository.whole_only);
    if request.range.as_deref() != Some("bytes=0-0") {
        answer.breaks = repository.breaks.pop();
    }
    answer
}

/// The part of a body that is asked for.
fn ranged(request: &Request, body: Vec<u8>, mut headers: Vec<(&'static str, String)>, whole: bool) -> Answer {
    let range = request.range.as_deref().filter(|_| !whole).and_then(|range| range.strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else {
        return Answer::new(200, headers, body);
    };
    headers.push(("Accept-Ranges", "bytes".to_owned()));
    let first: usize = first.parse().unwrap();
    if first >= body.len() {
        headers.push(("Content-Range", format!("bytes */{}", body.len())));
        return Answer::new(416, headers, "");
    }
    let last = last.parse().unwrap_or(usize::MAX).min(body.len() - 1);
    headers.push(("Content-Range", format!("bytes {first}-{last}/{}", body.len())));
    Answer::new(206, headers, &body[first..=last])
}

/// The digest of a large file.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&sha2::Sha256::digest(bytes))
}

/// The digest of a small file.
pub(crate) fn git(bytes: &[u8]) -> String {
    let mut sha = sha1::Sha1::new();
    sha.update(format!("blob {}\0", bytes.len()));
    sha.update(bytes);
    hexadecimal(&sha.finalize())
}

fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    })
}
