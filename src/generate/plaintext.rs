//! A plaintext in the shape of an encrypted file: the same keys in the same order, other values.

use std::fmt::Write;

use serde_yaml::{Mapping, Value as Yaml};

use super::GenerateError;
use crate::sops::seal::SealedType;
use crate::sops::{Child, Document, Format, Leaf, Node, Value};
use crate::source::Text;
use crate::source::splice::{Splice, spliced};
use crate::yaml::{self, Kind, Style};

/// The section that the keys before an ini file's first section are in.
const FIRST_SECTION: &str = "DEFAULT";

/// What stands in place of a value, by its kind. Null stays null and an empty text empty: sops seals neither.
#[derive(Debug, Clone, Copy)]
pub struct Values {
    /// A text, by the keys and list positions that lead to it. On one line, and plain in every format.
    pub text: fn(&[String]) -> String,
    /// A whole number.
    pub int: i64,
    /// A number with a fraction.
    pub float: f64,
    /// A boolean.
    pub bool: bool,
    /// A date, as YAML writes it.
    pub date: &'static str,
}

impl Values {
    fn of(&self, leaf: Leaf, path: &[String]) -> Yaml {
        let sealed_type = match leaf {
            Leaf::Null => return Yaml::Null,
            Leaf::ClearText { length: 0 } => return Yaml::String(String::new()),
            Leaf::ClearText { .. } => SealedType::Str,
            Leaf::ClearOther(sealed_type) => sealed_type,
            Leaf::Sealed(seal) => seal.sealed_type,
        };
        match sealed_type {
            SealedType::Int => self.int.into(),
            SealedType::Float => self.float.into(),
            SealedType::Bool => self.bool.into(),
            SealedType::Time => self.date.into(),
            SealedType::Str | SealedType::Bytes | SealedType::Comment | SealedType::Other => (self.text)(path).into(),
        }
    }
}

/// The plaintext, in the file's own format. That of a binary file is its one text.
pub fn plaintext(document: &Document, values: &Values) -> Result<String, GenerateError> {
    let unwritten = || GenerateError::NotPlain { path: document.path.clone() };
    let parts: Vec<Yaml> = document.parts.iter().map(|part| value(part, &mut Vec::new(), values)).collect();
    match document.format {
        Format::Yaml => {
            let parts = parts.iter().map(|part| serde_yaml::to_string(part).ok());
            let parts = parts.collect::<Option<Vec<_>>>().ok_or_else(unwritten)?;
            as_go_reads(parts.join("---\n")).ok_or_else(unwritten)
        }
        Format::Json => {
            let part = parts.first().ok_or_else(unwritten)?;
            serde_json::to_string_pretty(part).map(|text| text + "\n").map_err(|_| unwritten())
        }
        Format::Dotenv => Ok(parts.iter().flat_map(entries).map(|(name, value)| format!("{name}={value}\n")).collect()),
        Format::Ini => Ok(sections(parts.iter().flat_map(pairs))),
        Format::Binary => Ok((values.text)(&[]) + "\n"),
    }
}

/// A node with other values. As deep as the file, which its reader bounds.
fn value(node: &Node, path: &mut Vec<String>, values: &Values) -> Yaml {
    match &node.value {
        Value::Leaf(leaf) => values.of(*leaf, path),
        Value::List(items) => {
            let numbered = (1..).zip(items).map(|(position, item)| below(path, position.to_string(), item, values));
            Yaml::Sequence(numbered.collect())
        }
        Value::Map(children) => {
            let entry = |Child { key, node, .. }: &Child| (key.as_str().into(), below(path, key.clone(), node, values));
            // Of duplicates the last stays, as sops-nix reads them.
            Yaml::Mapping(children.iter().map(entry).collect::<Mapping>())
        }
    }
}

fn below(path: &mut Vec<String>, step: String, node: &Node, values: &Values) -> Yaml {
    path.push(step);
    let value = value(node, path, values);
    path.pop();
    value
}

/// What serde_yaml writes, with quotes where sops' YAML library would read something else: a key such as
/// `2024-01-02` or `1_000`, which sops refuses as no string. An empty text stands in double quotes, as sops
/// itself writes it.
fn as_go_reads(text: String) -> Option<String> {
    let text = Text::new("".into(), text);
    let yaml = yaml::parse(&text).ok()?;
    let mut edits = Vec::new();
    let mut pending: Vec<&yaml::Node> = yaml.documents.iter().collect();
    while let Some(node) = pending.pop() {
        pending.extend(node.items());
        for yaml::Entry { key, value } in node.entries() {
            if key.scalar().is_some_and(|key| key.style == Style::Plain && key.kind != Kind::Str) {
                edits.extend([Splice::insert(key.span.start, "'"), Splice::insert(key.span.end, "'")]);
            }
            pending.push(value);
        }
        if node.scalar().is_some_and(|scalar| scalar.style == Style::Quoted && scalar.text.is_empty()) {
            edits.push(Splice { range: node.span.clone(), text: "\"\"".to_owned() });
        }
    }
    spliced(text.content(), edits).ok()
}

/// The entries of a map, and its values as lines hold them.
fn pairs(map: &Yaml) -> impl Iterator<Item = (&str, &Yaml)> {
    map.as_mapping().into_iter().flatten().map(|(key, value)| (key.as_str().unwrap_or_default(), value))
}

fn entries(map: &Yaml) -> impl Iterator<Item = (&str, &str)> {
    pairs(map).map(|(key, value)| (key, value.as_str().unwrap_or_default()))
}

fn sections<'a>(sections: impl Iterator<Item = (&'a str, &'a Yaml)>) -> String {
    let mut text = String::new();
    for (name, section) in sections {
        if name != FIRST_SECTION || !text.is_empty() {
            let _ = writeln!(text, "{}[{name}]", if text.is_empty() { "" } else { "\n" });
        }
        for (name, value) in entries(section) {
            let _ = writeln!(text, "{}", format!("{name} = {value}").trim_end());
        }
    }
    text
}
