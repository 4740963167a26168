//! What a stored study is: a canonical description, kept readable in its file and compared by content.

use ntwk_io::{ModelText, StudyText};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// What the points of a study follow from: its kind, its model and its settings.
///
/// The description is JSON with sorted keys. Every key is a word written for the file, so that a field of a Rust type can
/// be renamed without making the files written before "another study".
#[derive(Debug, Clone, PartialEq)]
pub struct StudyIdentity {
    kind: String,
    model: ModelText,
    description: Value,
}

/// The kind of study whose files say everything with their model.
pub const PARAMETER_SWEEP: &str = "parameter sweep";

impl StudyIdentity {
    /// A study of this kind on a model, with the settings that are not in the model (an object, or null).
    #[must_use]
    pub fn new(kind: &'static str, model: ModelText, settings: &Value) -> Self {
        let description = sorted(&json!({
            "study": kind,
            "model_sha256": sha256(&model.text),
            "settings": settings,
        }));
        Self { kind: kind.to_owned(), model, description }
    }

    /// The study that a file describes; `None` for a description that is damaged.
    #[must_use]
    pub fn stored(model: ModelText, study: &StudyText) -> Option<Self> {
        let description: Value = serde_json::from_str(&study.json).ok()?;
        let kind = description["study"].as_str()?.to_owned();
        (sha256(&study.json) == study.sha256).then_some(Self { kind, model, description })
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &ModelText {
        &self.model
    }

    /// The description as a file holds it.
    #[must_use]
    pub fn text(&self) -> StudyText {
        let json = self.description.to_string();
        StudyText { sha256: sha256(&json), json }
    }

    /// What differs from the study of a file, in words; `None` for the same study.
    #[must_use]
    pub fn difference(&self, model: &ModelText, study: Option<&StudyText>) -> Option<String> {
        let Some(study) = study else {
            return if *model != self.model {
                Some(self.other_model(model))
            } else if self.kind == PARAMETER_SWEEP {
                None
            } else {
                Some(
                    "an earlier version of ntwk wrote it, without a description of the study"
                        .into(),
                )
            };
        };
        if sha256(&study.json) != study.sha256 {
            return Some("its description is damaged: the SHA-256 sum differs".to_owned());
        }
        let Ok(stored) = serde_json::from_str::<Value>(&study.json) else {
            return Some("its description is not JSON".to_owned());
        };
        if stored["study"] != self.description["study"] {
            return Some(format!("it is a {}", plain(&stored["study"])));
        }
        if stored["model_sha256"] != self.description["model_sha256"] || *model != self.model {
            return Some(self.other_model(model));
        }
        let (key, was, is) =
            first_difference("", &stored["settings"], &self.description["settings"])?;
        Some(format!("{key} is {was} in the file and {is} here"))
    }

    /// That the model of a file is another, with the first line that differs.
    fn other_model(&self, model: &ModelText) -> String {
        let (mut there, mut here) = (model.text.lines(), self.model.text.lines());
        let line = |line: Option<&str>| line.map_or("nothing".to_owned(), |l| l.trim().to_owned());
        loop {
            match (there.next(), here.next()) {
                (None, None) => return "the model or what varies in it differs".to_owned(),
                (a, b) if a == b => {}
                (a, b) => {
                    let (there, here) = (line(a), line(b));
                    return format!(
                        "the model or what varies in it differs: {there} in the file and {here} here"
                    );
                }
            }
        }
    }
}

/// SHA-256 in hexadecimal digits.
fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same value with the keys of all objects in alphabetical order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let mut entries: Vec<(&String, &Value)> = entries.iter().collect();
            entries.sort_by_key(|e| e.0);
            let entries = entries.into_iter().map(|(key, value)| (key.clone(), sorted(value)));
            Value::Object(entries.collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// The first place where two values differ: its key, both values.
fn first_difference(key: &str, was: &Value, is: &Value) -> Option<(String, String, String)> {
    let inner = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    match (was, is) {
        (Value::Object(a), Value::Object(b)) => {
            let names = b.keys().chain(a.keys().filter(|k| !b.contains_key(*k)));
            names.into_iter().find_map(|name| {
                let of = |m: &Map<String, Value>| m.get(name).cloned().unwrap_or_default();
                first_difference(&inner(name), &of(a), &of(b))
            })
        }
        // 600 and 600.0 are one number.
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => None,
        (a, b) if a == b => None,
        (a, b) => Some((key.to_owned(), plain(a), plain(b))),
    }
}

/// A value in words.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "not set".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(text: &str) -> ModelText {
        ModelText { format: "toml".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn studies_are_compared_by_content() {
        let settings =
            json!({ "duration_ms": 600.0, "at": { "place": "soma", "channels": ["Na"] } });
        let study = StudyIdentity::new("scan", model("a = 1"), &settings);
        let text = study.text();
        assert!(text.json.starts_with(r#"{"model_sha256":"#), "{}", text.json);
        assert!(text.json.contains(r#"{"channels":["Na"],"place":"soma"}"#), "{}", text.json);
        let other = |kind, m: &str, settings| {
            StudyIdentity::new(kind, model(m), &settings).difference(&model("a = 1"), Some(&text))
        };
        let same = json!({ "at": { "channels": ["Na"], "place": "soma" }, "duration_ms": 600 });
        assert_eq!(other("scan", "a = 1", same.clone()), None);
        let found = other("map", "a = 1", same.clone()).unwrap();
        assert_eq!(found, "it is a scan");
        let found = other("scan", "a = 2", same).unwrap();
        assert!(found.contains("model") && found.ends_with("a = 1 in the file and a = 2 here"));
        assert_eq!(StudyIdentity::stored(model("a = 1"), &text), Some(study.clone()));
        let changed = json!({ "duration_ms": 600.0, "at": { "place": "tip", "channels": ["Na"] } });
        let found = other("scan", "a = 1", changed).unwrap();
        assert_eq!(found, "at.place is soma in the file and tip here");
        let more =
            json!({ "duration_ms": 600.0, "at": { "place": "soma", "channels": ["Na"] }, "x": 1 });
        assert_eq!(other("scan", "a = 1", more).unwrap(), "x is not set in the file and 1 here");
    }

    #[test]
    fn a_damaged_description_is_noticed() {
        let study = StudyIdentity::new("scan", model("a"), &Value::Null);
        let mut text = study.text();
        text.json = text.json.replace("scan", "span");
        assert!(study.difference(&model("a"), Some(&text)).unwrap().contains("damaged"));
        assert_eq!(StudyIdentity::stored(model("a"), &text), None);
    }

    #[test]
    fn files_without_a_description_are_sweeps_of_their_model() {
        let sweep = StudyIdentity::new(PARAMETER_SWEEP, model("a"), &Value::Null);
        assert_eq!(sweep.difference(&model("a"), None), None);
        assert!(sweep.difference(&model("b"), None).is_some());
        let scan = StudyIdentity::new("scan", model("a"), &Value::Null);
        assert!(scan.difference(&model("a"), None).unwrap().contains("earlier version"));
    }
}
