//! `karat models pull`.

use super::arguments::PullOptions;
use super::bytes;
use crate::cli::arguments::TextOrJson;
use crate::cli::{emit, say};
use crate::hub::{Event, Observer, Origin, Place, Pulled, RepoName, SCHEME, pull};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::sync::Mutex;

pub(super) fn run(options: &PullOptions) -> anyhow::Result<()> {
    let name = RepoName::parse(&options.model)?;
    let place = Place::from_environment(options.cache.as_deref(), options.endpoint.as_deref())?;
    let bar = Bar(Mutex::new(ProgressBar::hidden()));
    let pulled = pull(&place, &name, &bar).inspect_err(|_| bar.clear())?;
    bar.clear();
    if let Some(reason) = &pulled.offline {
        say(&format!("note: offline: {reason}; the cache has {name}"));
    }
    match options.format {
        TextOrJson::Text => emit(&text(&name, &pulled, options.cache.is_some())?),
        TextOrJson::Json => emit(&format!("{}\n", json(&name, &pulled))),
    }
}

fn text(name: &RepoName, pulled: &Pulled, own_cache: bool) -> anyhow::Result<String> {
    let size: u64 = pulled.files.iter().map(|file| file.size_bytes).sum();
    let came = |origin| pulled.files.iter().filter(|file| file.origin == origin).count();
    let from = [("downloaded", Origin::Downloaded), ("resumed", Origin::Resumed), ("in the cache", Origin::Cached)];
    let from = from.into_iter().map(|(word, origin)| (word, came(origin))).filter(|(_, count)| *count > 0);
    let from: Vec<String> = from.map(|(word, count)| format!("{count} {word}")).collect();
    let checked = match pulled.files.iter().filter(|file| file.digest.is_none()).count() {
        0 => "every digest is right".to_owned(),
        unknown => format!("{unknown} without a digest to check"),
    };
    let path = if own_cache {
        std::path::absolute(&pulled.folder)?.display().to_string()
    } else {
        format!("{SCHEME}{}", pulled.name.typed())
    };
    let key = if pulled.name.name().contains('.') { format!("\"{}\"", name.name()) } else { name.name().to_owned() };
    Ok(format!(
        "{} is commit {}\nfolder  {}\nfiles   {}, {} ({}); {checked}\n\nIn a suite:\n[models.{key}]\npath = {}\n",
        name.typed(),
        pulled.name.revision(),
        pulled.folder.display(),
        pulled.files.len(),
        bytes(size),
        from.join(", "),
        json!(path)
    ))
}

fn json(name: &RepoName, pulled: &Pulled) -> serde_json::Value {
    let files = pulled.files.iter().map(|file| {
        let origin = match file.origin {
            Origin::Cached => "cached",
            Origin::Resumed => "resumed",
            Origin::Downloaded => "downloaded",
        };
        json!({ "name": file.name, "size_bytes": file.size_bytes, "digest": file.digest, "origin": origin })
    });
    json!({
        "version": 1, "repository": name.repository(), "revision": name.revision(), "commit": pulled.name.revision(),
        "folder": pulled.folder, "offline": pulled.offline, "files": files.collect::<Vec<_>>(),
    })
}

/// A bar for the file that is received.
struct Bar(Mutex<ProgressBar>);

impl Bar {
    fn clear(&self) {
        self.current().finish_and_clear();
    }

    fn current(&self) -> std::sync::MutexGuard<'_, ProgressBar> {
        self.0.lock().expect("no thread panics while it draws")
    }

    fn begin(&self, bar: ProgressBar, template: &str, name: &str) {
        self.clear();
        let style = ProgressStyle::with_template(template).expect("the template is well formed");
        let bar = bar.with_style(style).with_prefix(name.to_owned());
        bar.tick();
        *self.current() = bar;
    }
}

impl Observer for Bar {
    fn notice(&self, event: &Event<'_>) {
        match event {
            Event::Resolved { name, commit } => {
                self.begin(ProgressBar::new_spinner(), "{prefix}", &format!("{name}: {commit}"))
            }
            Event::Started { file, size_bytes, at } => {
                let template = "{prefix} {bar:30} {percent:>3}% {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta} left";
                self.begin(ProgressBar::new(*size_bytes).with_position(*at), template, file);
                // What has come before says nothing about how fast the rest comes.
                self.current().reset_eta();
            }
            Event::Received { bytes } => self.current().inc(*bytes),
            Event::Finished => self.clear(),
            Event::Checking { file } => {
                self.begin(ProgressBar::new_spinner(), "{prefix}", &format!("{file}: its digest"));
            }
            Event::Discarded { file } => {
                self.clear();
                crate::cli::say(&format!("note: what the cache had of `{file}` is damaged; it is downloaded anew"));
            }
        }
    }
}
