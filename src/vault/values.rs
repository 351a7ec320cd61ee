//! What a file in clear holds, by its form: names with values, as what is to be sealed does, or something else, such as a
//! program's code or a document.

use crate::nixos::uses::plain::is_secret_name;
use crate::sops::Format;
use crate::source::Text;
use crate::yaml;

/// What a file in clear holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contents {
    /// Something else, or nothing.
    Other,
    /// Names with a value each and nothing else.
    Values,
    /// Such ones, and one is named as secrets are: `DB_PASSWORD`.
    Secrets,
}

impl Contents {
    /// That of a text, by the form that its name says. Of YAML and JSON the values may lie in maps, and a list is none of
    /// them.
    pub fn of(text: &Text) -> Self {
        let lines = text.content().lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
        match Format::of(text.path()) {
            Format::Yaml | Format::Json => yaml::parse(text).map_or(Contents::Other, |yaml| of_maps(&yaml.documents)),
            Format::Dotenv => of_assignments(lines),
            Format::Ini => of_assignments(lines.filter(|line| !(line.starts_with('[') && line.ends_with(']')))),
            Format::Binary => Contents::Other,
        }
    }

    fn of_value(name: &str, value: &str) -> Self {
        match value.trim() {
            "" => Contents::Other,
            _ if is_secret_name(name) => Contents::Secrets,
            _ => Contents::Values,
        }
    }
}

fn of_assignments<'t>(lines: impl Iterator<Item = &'t str>) -> Contents {
    let mut contents = Contents::Other;
    for line in lines {
        let Some((name, value)) = line.split_once('=') else { return Contents::Other };
        contents = contents.max(Contents::of_value(name.trim(), value));
    }
    contents
}

/// An alias counts where its anchor is.
fn of_maps(documents: &[yaml::Node]) -> Contents {
    let mut contents = Contents::Other;
    // An explicit stack: the depth comes from the file.
    let mut pending: Vec<&yaml::Node> = documents.iter().collect();
    if documents.iter().any(|document| document.entries().is_empty()) {
        return Contents::Other;
    }
    while let Some(map) = pending.pop() {
        for entry in map.entries() {
            if !entry.value.items().is_empty() {
                return Contents::Other;
            }
            let name = entry.key.text().unwrap_or_default();
            contents = contents.max(Contents::of_value(name, entry.value.text().unwrap_or_default()));
            pending.push(&entry.value);
        }
    }
    contents
}
