//! `[levels]`: of a rule everywhere, and in files that a pattern names.

use std::collections::BTreeMap;

use super::mistake::Mistake;
use super::pattern::Paths;
use super::reader::{Entries, Key, Reader, Value};
use crate::finding::Level;
use crate::source::Place;

/// The levels that the file gives to rules.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    /// Of a rule, wherever it finds something.
    pub everywhere: BTreeMap<String, Setting>,
    /// `[levels."PATTERN"]`, in file order.
    pub paths: Vec<PathLevels>,
}

/// The levels of what is found in some files.
#[derive(Debug, Clone)]
pub struct PathLevels {
    /// The files: one pattern.
    pub files: Paths,
    /// By rule.
    pub rules: BTreeMap<String, Setting>,
}

/// The level that the file gives to a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Nothing for "off".
    pub level: Option<Level>,
    /// Where the rule's name stands.
    pub place: Place,
}

impl Levels {
    /// What counts for a finding of a rule in a file: of the patterns that name the file the last, as in a `.gitignore`,
    /// else what counts everywhere.
    pub fn of(&self, rule: &str, path: &str) -> Option<&Setting> {
        let of_path = |levels: &'_ PathLevels| levels.files.take(path);
        let there = self.paths.iter().rev().filter(|levels| levels.rules.contains_key(rule)).find(|it| of_path(it));
        there.and_then(|levels| levels.rules.get(rule)).or_else(|| self.everywhere.get(rule))
    }

    /// Every rule that is named, with what it is given.
    pub fn settings(&self) -> impl Iterator<Item = (&String, &Setting)> {
        self.everywhere.iter().chain(self.paths.iter().flat_map(|levels| &levels.rules))
    }
}

pub(super) fn read(reader: &mut Reader<'_>, key: Key<'_, '_>, value: Value<'_, '_>) -> Levels {
    let (of_paths, everywhere): (Entries<'_, '_>, Entries<'_, '_>) =
        reader.table(key, value).into_iter().partition(|(_, value)| value.get_ref().is_table());
    let everywhere = settings(reader, everywhere);
    let mut paths = Vec::new();
    for (pattern, value) in of_paths {
        let files = reader.paths(vec![(pattern.get_ref().to_string(), reader.text.place(pattern.span()))]);
        let entries = reader.table(pattern, value);
        if entries.is_empty() {
            reader.fail(&pattern.span(), Mistake::Empty { key: pattern.get_ref().to_string() });
        }
        paths.push(PathLevels { files, rules: settings(reader, entries) });
    }
    Levels { everywhere, paths }
}

fn settings(reader: &mut Reader<'_>, entries: Entries<'_, '_>) -> BTreeMap<String, Setting> {
    let mut settings = BTreeMap::new();
    for (rule, value) in entries {
        let level = match value.get_ref().as_str() {
            Some("off") => None,
            Some("note") => Some(Level::Note),
            Some("warning") => Some(Level::Warning),
            Some("error") => Some(Level::Error),
            Some(_) => {
                reader.fail(&value.span(), Mistake::UnknownLevel);
                continue;
            }
            None => {
                reader.wrong_type(rule, value, "a level in quotes");
                continue;
            }
        };
        settings.insert(rule.get_ref().to_string(), Setting { level, place: reader.text.place(rule.span()) });
    }
    settings
}
