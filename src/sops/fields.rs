//! The fields of the metadata, read as each format's library reads them into sops' types: go-yaml v3,
//! Go's encoding/json, and for the flat formats texts that sops turns into JSON itself
//! (source: `Metadata` in stores/stores.go and `DecodeNonStrings` in stores/flatten.go of getsops/sops).

use crate::source::{Place, Text};
use crate::yaml::{Entry, Kind, Node, Style, Value, Yaml};

use super::document::Format;
use super::read::Refused;

/// How many maps that are merged into one by `<<` are looked into for a field.
const MAX_MERGED: usize = 16;

/// A text, and the node that it is of.
type Found<'a> = (&'a str, &'a Node);

/// A file's metadata and how its format reads it.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    /// The file.
    pub text: &'a Text,
    /// Its tree.
    pub yaml: &'a Yaml,
    /// How it is read.
    pub format: Format,
}

impl<'a> Fields<'a> {
    /// A text that is there and neither null nor empty.
    pub fn text(&self, map: &'a Node, name: &str) -> Result<Option<Found<'a>>, Refused> {
        let Some(node) = self.value(map, name) else { return Ok(None) };
        let scalar = node.scalar().filter(|scalar| !self.is_json() || scalar.style == Style::Quoted);
        match scalar {
            Some(scalar) if scalar.text.is_empty() => Ok(None),
            Some(scalar) => Ok(Some((&scalar.text, node))),
            None => Err(self.refuse(node, &format!("has a `{name}` in its sops metadata that is not a text"))),
        }
    }

    /// A truth; what is absent is false.
    pub fn truth(&self, map: &'a Node, name: &str) -> Result<bool, Refused> {
        let Some(node) = self.value(map, name) else { return Ok(false) };
        let scalar = node.scalar();
        let truth = match self.format {
            Format::Yaml => scalar.and_then(|scalar| scalar.truth()),
            Format::Json | Format::Binary => {
                scalar.filter(|scalar| scalar.kind == Kind::Bool).map(|scalar| &*scalar.text == "true")
            }
            // All but this is false.
            Format::Dotenv | Format::Ini => scalar.map(|scalar| &*scalar.text == "true"),
        };
        let why = || format!("has a `{name}` in its sops metadata that is neither true nor false");
        truth.ok_or_else(|| self.refuse(node, &why()))
    }

    /// A whole number.
    pub fn whole(&self, map: &'a Node, name: &str) -> Result<Option<i64>, Refused> {
        let Some(node) = self.value(map, name) else { return Ok(None) };
        let scalar = node.scalar();
        let number = match self.format {
            Format::Yaml => scalar.and_then(|scalar| scalar.whole()),
            Format::Json | Format::Binary => {
                scalar.filter(|scalar| scalar.style == Style::Plain).and_then(|scalar| scalar.text.parse().ok())
            }
            Format::Dotenv | Format::Ini => scalar.and_then(|scalar| whole_of_text(&scalar.text)),
        };
        let why = || format!("has a `{name}` in its sops metadata that is no number");
        number.map(Some).ok_or_else(|| self.refuse(node, &why()))
    }

    /// The maps of a list. YAML passes over null; in JSON it is a map that is empty.
    pub fn maps(&self, map: &'a Node, name: &str) -> Result<Vec<&'a Node>, Refused> {
        let last = self.named(map, name).pop();
        let Some(list) = last.filter(|node| !node.is_null()) else { return Ok(Vec::new()) };
        let Value::List(items) = &list.value else {
            let why = format!("has `{name}` in its sops metadata as something else than a list");
            return Err(self.refuse(list, &why));
        };
        let items = items.iter().map(|item| self.yaml.resolve(item));
        let items = items.filter(|item| self.format != Format::Yaml || !item.is_null());
        let is_map = |node: &Node| matches!(node.value, Value::Map(_)) || node.is_null();
        let why = || format!("has an entry in `{name}` of its sops metadata that is no map");
        items.map(|item| if is_map(item) { Ok(item) } else { Err(self.refuse(item, &why())) }).collect()
    }

    /// Texts by name, in file order.
    pub fn texts(&self, map: &'a Node, name: &str) -> Result<Vec<(&'a str, &'a str)>, Refused> {
        let Some(node) = self.value(map, name) else { return Ok(Vec::new()) };
        let text = |node| match self.yaml.resolve(node) {
            node if node.is_null() => Some(""),
            node => {
                node.scalar().filter(|scalar| !self.is_json() || scalar.style == Style::Quoted).map(|one| &*one.text)
            }
        };
        let pair = |entry: &'a Entry| Some((text(&entry.key)?, text(&entry.value)?));
        let pairs: Option<Vec<_>> = node.entries().iter().map(pair).collect();
        let is_map = matches!(node.value, Value::Map(_));
        let why = || format!("has a `{name}` in its sops metadata that is not of texts");
        pairs.filter(|_| is_map).ok_or_else(|| self.refuse(node, &why()))
    }

    /// A refusal of what stands in a node.
    pub fn refuse(&self, node: &Node, why: &str) -> Refused {
        self.refuse_at(self.text.place(node.span.clone()), why)
    }

    /// A refusal.
    pub fn refuse_at(&self, place: Place, why: &str) -> Refused {
        Refused { is_metadata: true, ..Refused::new(why, place) }
    }

    /// The value that a field has in the end; null leaves it as it is.
    fn value(&self, map: &'a Node, name: &str) -> Option<&'a Node> {
        self.named(map, name).into_iter().rfind(|node| !node.is_null())
    }

    /// What the file gives a field, one after the other. JSON takes a name in any case. The flat
    /// formats become JSON, whose names sops sorts.
    fn named(&self, map: &'a Node, name: &str) -> Vec<&'a Node> {
        if self.format == Format::Yaml {
            return self.merged(map, name).into_iter().collect();
        }
        let is_named = |entry: &&Entry| entry.key.text().is_some_and(|key| is_folded(key, name));
        map.entries().iter().filter(is_named).map(|entry| &entry.value).collect()
    }

    /// A field of a map of YAML, or of those that are merged into it: of several the first.
    fn merged(&self, map: &'a Node, name: &str) -> Option<&'a Node> {
        let mut pending = vec![map];
        for _ in 0..MAX_MERGED {
            let map = pending.pop()?;
            if let Some(node) = self.yaml.get(map, name) {
                return Some(node);
            }
            for merge in self.yaml.resolve(map).entries().iter().filter(|entry| is_merge(&entry.key)) {
                let merged = self.yaml.resolve(&merge.value);
                pending.extend(merged.items().iter().rev());
                pending.extend(matches!(merged.value, Value::Map(_)).then_some(merged));
            }
        }
        None
    }

    fn is_json(&self) -> bool {
        matches!(self.format, Format::Json | Format::Binary)
    }
}

fn is_merge(key: &Node) -> bool {
    key.scalar().is_some_and(|key| &*key.text == "<<" && key.style == Style::Plain)
}

/// Whether encoding/json takes a key for a field: letters may have any case, and two letters look like others
/// (`foldName` in its fold.go).
pub(super) fn is_folded(key: &str, field: &str) -> bool {
    let folded = key.chars().map(|letter| match letter {
        'ſ' => 's',
        '\u{212a}' => 'k',
        letter => letter.to_ascii_lowercase(),
    });
    folded.eq(field.chars())
}

/// Go's `strconv.Atoi`, and of `strconv.ParseFloat`, for older versions of sops wrote `2.0`, what is decimal.
fn whole_of_text(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
        let parts: Vec<&str> = text.split('_').collect();
        let are_parted = parts.windows(2).all(|pair| match pair {
            [before, after] => is_digit(before.as_bytes().last()) && is_digit(after.as_bytes().first()),
            _ => false,
        });
        let number: f64 = parts.concat().parse().ok().filter(|_| are_parted)?;
        let is_whole = number.trunc() == number && number.abs() < i64::MAX as f64;
        is_whole.then_some(number as i64)
    })
}
