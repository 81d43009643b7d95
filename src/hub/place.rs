//! Where models come from and where they are kept, read from the environment as Hugging Face's own tools read it.

use super::HubError;
use std::path::{Path, PathBuf};

/// The hub that is meant where no other is named.
const HUB: &str = "https://huggingface.co";

/// A hub and a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The folder that holds `models--ORG--NAME`.
    pub cache: PathBuf,
    /// The hub's address, without a slash at its end.
    pub endpoint: String,
    /// What opens gated and private repositories.
    pub token: Option<String>,
    /// True where `HF_HUB_OFFLINE` forbids the network.
    pub offline: bool,
}

impl Place {
    /// The place that the environment names, with another cache or another hub where they are given.
    ///
    /// Read are `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`, `HF_ENDPOINT`, `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HUB_OFFLINE`,
    /// and the token's file.
    ///
    /// # Errors
    /// [`HubError::NoCache`] where no folder is named and the user has no home; [`HubError::Endpoint`] for what is no
    /// address.
    pub fn from_environment(cache: Option<&Path>, endpoint: Option<&str>) -> Result<Self, HubError> {
        let home = std::env::home_dir();
        let variable = |name: &str| std::env::var(name).ok();
        Self::new(&variable, home.as_deref(), (cache, endpoint))
    }

    fn new(
        variable: &dyn Fn(&str) -> Option<String>,
        home: Option<&Path>,
        (cache, endpoint): (Option<&Path>, Option<&str>),
    ) -> Result<Self, HubError> {
        let set = |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let folder = |name: &str| {
            let value = set(name)?;
            Some(match (value.strip_prefix("~/"), home) {
                (Some(rest), Some(home)) => home.join(rest),
                _ => PathBuf::from(value),
            })
        };
        let general = || folder("XDG_CACHE_HOME").or_else(|| Some(home?.join(".cache")));
        let own = folder("HF_HOME").or_else(|| Some(general()?.join("huggingface")));
        let cache = match cache {
            Some(cache) => Some(cache.to_owned()),
            None => folder("HF_HUB_CACHE")
                .or_else(|| folder("HUGGINGFACE_HUB_CACHE"))
                .or(own.clone().map(|own| own.join("hub"))),
        };
        let endpoint = endpoint.map(str::to_owned).or_else(|| set("HF_ENDPOINT")).unwrap_or_else(|| HUB.to_owned());
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        let host = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(|c: char| c.is_whitespace() || "?#@".contains(c))) {
            return Err(HubError::Endpoint(endpoint));
        }
        let file = folder("HF_TOKEN_PATH").or(own.map(|own| own.join("token")));
        let stored = || std::fs::read_to_string(file?).ok();
        let token = set("HF_TOKEN").or_else(stored).map(|token| token.trim().to_owned());
        let yes = |value: String| ["1", "ON", "YES", "TRUE"].contains(&value.to_uppercase().as_str());
        Ok(Self {
            cache: cache.ok_or(HubError::NoCache)?,
            endpoint,
            token: token.filter(|token| !token.is_empty()),
            offline: set("HF_HUB_OFFLINE").is_some_and(yes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(variables: &[(&str, &str)], given: (Option<&Path>, Option<&str>)) -> Result<Place, HubError> {
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned());
        Place::new(&variable, Some(Path::new("/home/me")), given)
    }

    #[test]
    fn the_cache_is_where_the_hubs_own_tools_have_it() {
        let cache = |variables: &[(&str, &str)]| place(variables, (None, None)).expect("a place").cache;
        assert_eq!(cache(&[]), Path::new("/home/me/.cache/huggingface/hub"));
        assert_eq!(cache(&[("XDG_CACHE_HOME", "/c")]), Path::new("/c/huggingface/hub"));
        assert_eq!(cache(&[("HF_HOME", "~/hf"), ("XDG_CACHE_HOME", "/c")]), Path::new("/home/me/hf/hub"));
        assert_eq!(cache(&[("HF_HOME", "/hf"), ("HF_HUB_CACHE", "/models")]), Path::new("/models"));
        let given = place(&[("HF_HUB_CACHE", "/models")], (Some(Path::new("here")), None));
        assert_eq!(given.expect("a place").cache, Path::new("here"));
    }

    #[test]
    fn a_mirror_is_an_address() {
        let mirror = place(&[("HF_ENDPOINT", "http://mirror:80/")], (None, None)).expect("a place");
        assert_eq!(mirror.endpoint, "http://mirror:80");
        let given = place(&[("HF_ENDPOINT", "http://mirror")], (None, Some("https://other/hf"))).expect("a place");
        assert_eq!(given.endpoint, "https://other/hf");
        for bad in ["mirror", "ftp://mirror", "https://", "https://a b", "https://me:secret@mirror"] {
            assert!(matches!(place(&[], (None, Some(bad))), Err(HubError::Endpoint(_))), "{bad}");
        }
    }

    #[test]
    fn the_token_is_that_of_the_environment_or_of_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("token"), "filed\n").expect("written");
        let home = folder.path().to_str().expect("a path of this test");
        let token =
            |more: &[(&str, &str)]| place(&[&[("HF_HOME", home)], more].concat(), (None, None)).expect("a place").token;
        assert_eq!(token(&[]).as_deref(), Some("filed"));
        assert_eq!(token(&[("HF_TOKEN", " given\n")]).as_deref(), Some("given"));
        assert_eq!(token(&[("HF_TOKEN_PATH", "/nowhere")]), None);
    }

    #[test]
    fn offline_is_said_with_one_of_four_words() {
        let offline = |value: &str| place(&[("HF_HUB_OFFLINE", value)], (None, None)).expect("a place").offline;
        assert_eq!(
            ["1", "yes", "True", "on", "0", "", "no"].map(offline),
            [true, true, true, true, false, false, false]
        );
    }
}
