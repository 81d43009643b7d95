//! The fields of a model's `config.json`, each checked when it is read.

use super::LoadError;
use super::config::Activation;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// A model's `config.json`. A field that is `null` counts as absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    path: PathBuf,
    fields: Map<String, Value>,
}

impl Settings {
    /// Reads `config.json` of a model folder.
    ///
    /// # Errors
    /// [`LoadError`] when the file is missing or holds no JSON object.
    pub fn read(folder: &Path) -> Result<Self, LoadError> {
        let path = folder.join("config.json");
        let bytes = std::fs::read(&path).map_err(|source| LoadError::Read { path: path.clone(), source })?;
        let fields = serde_json::from_slice(&bytes)
            .map_err(|error| LoadError::Malformed { path: path.clone(), reason: error.to_string() })?;
        Ok(Self { path, fields })
    }

    /// A number of things of which there is at least one.
    ///
    /// # Errors
    /// [`LoadError::Malformed`] when it is absent, zero or no whole number.
    pub fn size(&self, name: &str) -> Result<usize, LoadError> {
        match self.count(name)? {
            Some(size) if size > 0 => Ok(size),
            _ => Err(self.malformed(format!("`{name}` is missing or zero"))),
        }
    }

    /// A number of things, possibly none; None where it is absent.
    ///
    /// # Errors
    /// [`LoadError::Malformed`] when it is no whole number.
    pub fn count(&self, name: &str) -> Result<Option<usize>, LoadError> {
        self.field(name, "a whole number of at least 0", |value| value.as_u64().map(|count| count as usize))
    }

    /// A number; None where it is absent.
    ///
    /// # Errors
    /// [`LoadError::Malformed`] when it is something else.
    pub fn number(&self, name: &str) -> Result<Option<f64>, LoadError> {
        self.field(name, "a number", Value::as_f64)
    }

    /// What is added to a variance.
    ///
    /// # Errors
    /// [`LoadError::Malformed`] when it is no number, or negative.
    pub fn epsilon(&self, name: &str, default: f32) -> Result<f32, LoadError> {
        match self.number(name)? {
            Some(epsilon) if epsilon < 0.0 => Err(self.malformed(format!("`{name}` is {epsilon}, which is negative"))),
            epsilon => Ok(epsilon.map_or(default, |epsilon| epsilon as f32)),
        }
    }

    /// A yes or no.
    ///
    /// # Errors
    /// [`LoadError::Malformed`] when it is something else.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, LoadError> {
        Ok(self.field(name, "true or false", Value::as_bool)?.unwrap_or(default))
    }

    /// A word; None where it is absent.
    ///
    /// # Errors
    /// [`LoadError::Malformed`] when it is something else.
    pub fn text(&self, name: &str) -> Result<Option<&str>, LoadError> {
        match self.fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.not_a(name, "a word", other)),
        }
    }

    /// Words: a list, or one text in which `|` stands between them. None where it is absent.
    ///
    /// # Errors
    /// [`LoadError::Malformed`] when it is something else.
    pub fn words(&self, name: &str) -> Result<Option<Vec<String>>, LoadError> {
        self.field(name, "a list of words", |value| match value {
            Value::String(text) => Some(text.split('|').map(|word| word.trim().to_owned()).collect()),
            Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            _ => None,
        })
    }

    /// The fields of an object inside; None where it is absent.
    ///
    /// # Errors
    /// [`LoadError::Malformed`] when it is something else.
    pub fn inside(&self, name: &str) -> Result<Option<Self>, LoadError> {
        let fields = self.field(name, "an object", |value| value.as_object().cloned())?;
        Ok(fields.map(|fields| Self { path: self.path.clone(), fields }))
    }

    /// An activation by its name in Hugging Face transformers.
    ///
    /// # Errors
    /// [`LoadError::Unsupported`] for one that is not known.
    pub fn activation(&self, name: &str, default: Activation) -> Result<Activation, LoadError> {
        let Some(found) = self.text(name)? else { return Ok(default) };
        Activation::named(found).ok_or_else(|| self.unsupported(name, found, &Activation::NAMES.join(", ")))
    }

    /// Refuses a model whose field has another value than the one that is implemented; absent is fine.
    ///
    /// # Errors
    /// [`LoadError::Unsupported`].
    pub fn only(&self, name: &str, value: impl Into<Value>) -> Result<(), LoadError> {
        let value = value.into();
        match self.fields.get(name) {
            None | Some(Value::Null) => Ok(()),
            Some(found) if *found == value => Ok(()),
            Some(found) => Err(self.unsupported(name, &plain(found), &plain(&value))),
        }
    }

    /// The error for something in the file that makes no sense.
    pub fn malformed(&self, reason: String) -> LoadError {
        LoadError::Malformed { path: self.path.clone(), reason }
    }

    /// The error for a setting that no engine of karat has.
    pub fn unsupported(&self, name: &str, found: &str, supported: &str) -> LoadError {
        LoadError::Unsupported {
            path: self.path.clone(),
            found: format!("{name} `{found}`"),
            supported: supported.to_owned(),
        }
    }

    /// A field in its own type; None where it is absent.
    pub(super) fn field<T>(
        &self,
        name: &str,
        kind: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, LoadError> {
        match self.fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| self.not_a(name, kind, value)),
        }
    }

    fn not_a(&self, name: &str, kind: &str, found: &Value) -> LoadError {
        self.malformed(format!("`{name}` is {found}, not {kind}"))
    }
}

/// A value as a person writes it: text without quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(fields: &str) -> Settings {
        Settings { path: "config.json".into(), fields: serde_json::from_str(fields).expect("an object") }
    }

    #[test]
    fn what_is_absent_has_its_default_and_what_is_wrong_is_named() {
        let settings = settings(r#"{"size": 3, "zero": 0, "none": null, "eps": -1, "act": "swish", "flag": "yes"}"#);
        assert_eq!((settings.size("size").ok(), settings.count("none").ok()), (Some(3), Some(None)));
        let said = |error: LoadError| error.to_string();
        assert!(said(settings.size("zero").expect_err("refused")).ends_with("`zero` is missing or zero"));
        assert!(said(settings.epsilon("eps", 1.0).expect_err("refused")).ends_with("`eps` is -1, which is negative"));
        assert!(
            said(settings.flag("flag", true).expect_err("refused")).ends_with(r#"`flag` is "yes", not true or false"#)
        );
        let act = said(settings.activation("act", Activation::Gelu).expect_err("refused"));
        assert!(act.contains("asks for act `swish`, which this engine cannot run; it runs: gelu, "), "{act}");
    }

    #[test]
    fn only_one_value_may_be_the_one_that_is_implemented() {
        let settings = settings(r#"{"kind": "absolute", "decoder": false}"#);
        assert!(settings.only("kind", "absolute").is_ok() && settings.only("absent", 7).is_ok());
        let refused = settings.only("kind", "relative").expect_err("refused").to_string();
        assert!(
            refused.ends_with("asks for kind `absolute`, which this engine cannot run; it runs: relative"),
            "{refused}"
        );
        assert!(settings.only("decoder", true).is_err());
    }

    #[test]
    fn words_are_a_list_or_one_text() {
        let settings = settings(r#"{"list": ["c2p", "p2c"], "text": "p2c|c2p"}"#);
        assert_eq!(settings.words("list").expect("words").expect("there"), ["c2p", "p2c"]);
        assert_eq!(settings.words("text").expect("words").expect("there"), ["p2c", "c2p"]);
    }
}
