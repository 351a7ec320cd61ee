//! From TOML with spans to [`Config`], and what every section needs for that.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::pattern::{Names, Paths, Pattern};
use super::{Command, Config, ConfigError, FilePath, Given, Mistake, levels, policies};
use crate::keys::{Malformed, Recipient};
use crate::nearest::nearest;
use crate::source::{Place, Text};

pub(super) fn read(text: &Text) -> (Config, Vec<ConfigError>) {
    let mut reader = Reader { text, errors: Vec::new() };
    let mut config = Config::default();
    match DeTable::parse(text.content()) {
        Ok(table) => reader.root(table.get_ref(), &mut config),
        Err(error) => {
            let span = error.span().unwrap_or_default();
            reader.fail(&span, Mistake::Syntax(error.message().trim().to_owned()));
        }
    }
    reader.errors.sort_by(|a, b| a.place.cmp(&b.place));
    (config, reader.errors)
}

pub(super) type Key<'v, 'i> = &'v Spanned<DeString<'i>>;
pub(super) type Value<'v, 'i> = &'v Spanned<DeValue<'i>>;
pub(super) type Entries<'v, 'i> = Vec<(Key<'v, 'i>, Value<'v, 'i>)>;

/// What reads a section.
pub(super) struct Reader<'t> {
    pub(super) text: &'t Text,
    errors: Vec<ConfigError>,
}

impl Reader<'_> {
    pub(super) fn fail(&mut self, span: &Range<usize>, mistake: Mistake) {
        self.errors.push(ConfigError { mistake, place: self.text.place(span.clone()) });
    }

    /// Nothing is read of what is wrong.
    pub(super) fn fail_at<T>(&mut self, place: Place, mistake: Mistake) -> Option<T> {
        self.errors.push(ConfigError { mistake, place });
        None
    }

    fn root(&mut self, root: &DeTable<'_>, config: &mut Config) {
        for (key, value) in root {
            match key.get_ref().as_ref() {
                "hosts" => config.hosts = self.holders(key, value),
                "users" => config.users = self.holders(key, value),
                "levels" => config.levels = levels::read(self, key, value),
                "inputs" => config.inputs = self.folders(key, value),
                "generate" => config.generate = self.commands(key, value),
                "agenix" => config.agenix_rules = self.agenix(key, value),
                "exclude" => {
                    let patterns = self.some_texts(key, value);
                    config.exclude = self.paths(patterns);
                }
                "policy" => policies::read(self, key, value, config),
                _ => {
                    let known = ["hosts", "users", "levels", "inputs", "generate", "agenix", "exclude", "policy"];
                    self.unknown(key, &known);
                }
            }
        }
    }

    /// `[agenix]`.
    fn agenix(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> Vec<FilePath> {
        let mut rules = Vec::new();
        for (field, value) in self.table(key, value) {
            if field.get_ref() == "rules" {
                let paths = self.some_texts(field, value).into_iter();
                rules.extend(paths.map(|(path, place)| FilePath {
                    path: path.strip_prefix("./").map_or(path.clone(), str::to_owned),
                    place,
                }));
            } else {
                self.unknown(field, &["rules"]);
            }
        }
        rules
    }

    /// `[hosts.NAME]` or `[users.NAME]`.
    fn holders(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> BTreeMap<String, Vec<Given>> {
        let mut holders = BTreeMap::new();
        for (name, value) in self.table(key, value) {
            let mut given = Vec::new();
            let fields = self.table(name, value);
            if fields.is_empty() && value.get_ref().is_table() {
                let table = format!("[{}.{}]", key.get_ref(), name.get_ref());
                self.fail(&name.span(), Mistake::Missing { table, field: "recipients" });
            }
            for (field, value) in fields {
                if field.get_ref() != "recipients" {
                    self.unknown(field, &["recipients"]);
                    continue;
                }
                for (recipient, place) in self.some_texts(field, value) {
                    match parse_recipient(&recipient) {
                        Ok(recipient) => given.push(Given { recipient, place }),
                        Err(error) => self.errors.push(ConfigError { mistake: Mistake::Recipient(error), place }),
                    }
                }
            }
            holders.insert(name.get_ref().to_string(), given);
        }
        holders
    }

    fn folders(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> BTreeMap<String, FilePath> {
        let mut folders = BTreeMap::new();
        for (name, value) in self.table(key, value) {
            match value.get_ref().as_str() {
                Some(folder) => {
                    let folder = FilePath { path: folder.to_owned(), place: self.text.place(value.span()) };
                    folders.insert(name.get_ref().to_string(), folder);
                }
                None => self.wrong_type(name, value, "a path in quotes"),
            }
        }
        folders
    }

    fn commands(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> BTreeMap<String, Command> {
        let mut commands = BTreeMap::new();
        for (path, value) in self.table(key, value) {
            let written = path.get_ref().to_string();
            let path_in = written.strip_prefix("./").unwrap_or(&written);
            if !path_in.split('/').all(|step| !matches!(step, "" | "." | "..")) {
                self.fail(&path.span(), Mistake::Outside { path: written });
                continue;
            }
            match value.get_ref().as_str() {
                Some(line) => {
                    let command = Command { line: line.to_owned(), place: self.text.place(value.span()) };
                    commands.insert(path_in.to_owned(), command);
                }
                None => self.wrong_type(path, value, "a command in quotes"),
            }
        }
        commands
    }

    /// The entries of a table, in file order.
    pub(super) fn table<'v, 'i>(&mut self, key: Key<'_, '_>, value: Value<'v, 'i>) -> Entries<'v, 'i> {
        match value.get_ref().as_table() {
            Some(table) => {
                let mut entries: Vec<_> = table.iter().collect();
                entries.sort_by_key(|(key, _)| key.span().start);
                entries
            }
            None => {
                self.wrong_type(key, value, "a table");
                Vec::new()
            }
        }
    }

    pub(super) fn texts(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> Vec<(String, Place)> {
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "a list of texts");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items.iter() {
            match item.get_ref().as_str() {
                Some(text) => texts.push((text.to_owned(), self.text.place(item.span()))),
                None => self.wrong_type(key, item, "a list of texts"),
            }
        }
        texts
    }

    /// Likewise, where none at all would be without effect.
    pub(super) fn some_texts(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> Vec<(String, Place)> {
        if value.get_ref().as_array().is_some_and(|items| items.is_empty()) {
            self.fail(&value.span(), Mistake::Empty { key: key.get_ref().to_string() });
        }
        self.texts(key, value)
    }

    pub(super) fn paths(&mut self, patterns: Vec<(String, Place)>) -> Paths {
        let patterns = patterns.into_iter().map(pattern).collect();
        Paths::new(patterns).unwrap_or_else(|error| self.no_pattern(error, Mistake::Pattern))
    }

    pub(super) fn names(&mut self, patterns: Vec<(String, Place)>) -> Names {
        let patterns = patterns.into_iter().map(pattern).collect();
        Names::new(patterns).unwrap_or_else(|error| self.no_pattern(error, Mistake::NamePattern))
    }

    fn no_pattern<T: Default>(&mut self, (pattern, why): (Pattern, String), mistake: fn(String) -> Mistake) -> T {
        self.errors.push(ConfigError { mistake: mistake(why), place: pattern.place });
        T::default()
    }

    pub(super) fn wrong_type(&mut self, key: Key<'_, '_>, value: Value<'_, '_>, expected: &'static str) {
        let (key, found) = (key.get_ref().to_string(), value.get_ref().type_str());
        self.fail(&value.span(), Mistake::Type { key, expected, found });
    }

    pub(super) fn unknown(&mut self, key: Key<'_, '_>, known: &[&'static str]) {
        let found = key.get_ref().to_string();
        let near = nearest(&found, known.iter().copied());
        let nearest = known.iter().copied().find(|key| Some(*key) == near);
        self.fail(&key.span(), Mistake::UnknownKey { found, nearest, known: known.to_vec() });
    }
}

pub(super) fn parse_recipient(text: &str) -> Result<Recipient, Malformed> {
    match Recipient::parse_age(text) {
        Err(Malformed::UnknownForm) => Recipient::parse_pgp(text).map_err(|_| Malformed::UnknownForm),
        parsed => parsed,
    }
}

fn pattern((text, place): (String, Place)) -> Pattern {
    Pattern { text, place }
}
