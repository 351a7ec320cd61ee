//! `sealnix.toml`: who a host is where the repository does not tell, levels, excludes, policies.

use std::collections::BTreeMap;
use std::ops::Range;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, ValueDeserializer};

use crate::finding::Level;
use crate::keys::{Malformed, Recipient};
use crate::source::{Place, Text};

/// The file's name, at the repository's root.
pub const FILE_NAME: &str = "sealnix.toml";

/// What `sealnix.toml` says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// `[hosts.NAME] recipients`.
    pub hosts: BTreeMap<String, Vec<Given>>,
    /// `[users."user@host"] recipients`; `[users.user]` is that user on every host.
    pub users: BTreeMap<String, Vec<Given>>,
    /// `[levels] rule = "…"`.
    pub levels: BTreeMap<String, Setting>,
    /// `[inputs] NAME = "PATH"`: checkouts of flake inputs, each a folder relative to the repository.
    pub inputs: BTreeMap<String, String>,
    /// `[generate] "OUT" = "COMMAND"`: what is generated, by where it is written.
    pub generate: BTreeMap<String, Command>,
    /// `[agenix] rules`: the rules files of agenix or ragenix, relative to the repository.
    pub agenix_rules: Vec<FilePath>,
    /// `exclude`: patterns of paths that are not looked at.
    pub exclude: Vec<Glob>,
    /// `[[policy.deny]]`, as written.
    pub deny: Vec<PolicyTable>,
    /// `[[policy.rotate]]`, as written.
    pub rotate: Vec<PolicyTable>,
    /// `[[policy.require]]`, as written.
    pub require: Vec<PolicyTable>,
}

/// A recipient that the file gives to a host or user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The recipient.
    pub recipient: Recipient,
    /// Where it stands.
    pub place: Place,
}

/// The level that the file gives to a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Nothing for "off".
    pub level: Option<Level>,
    /// Where the rule's name stands, for a rule that there is not.
    pub place: Place,
}

/// A command that generates a file: the arguments of `sealnix generate`, with paths relative to the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// As written.
    pub line: String,
    /// Where it stands.
    pub place: Place,
}

/// A file of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePath {
    /// Its path, relative to the repository.
    pub path: String,
    /// Where it is named.
    pub place: Place,
}

/// A pattern over paths relative to the repository, as in a `.gitignore` at its root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    /// As written.
    pub pattern: String,
    /// Where it stands.
    pub place: Place,
}

/// One table of `[[policy.…]]`; the rules that use it know its fields.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyTable {
    /// Its fields.
    pub fields: toml::Table,
    /// Where it stands.
    pub place: Place,
}

/// A mistake in `sealnix.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}:{}: {mistake}", place.path, place.start.line)]
pub struct ConfigError {
    /// What.
    pub mistake: Mistake,
    /// Where.
    pub place: Place,
}

/// What is wrong in `sealnix.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Mistake {
    /// Not TOML.
    #[error("is not valid TOML: {0}")]
    Syntax(String),
    /// A key that is not known here.
    #[error("`{found}` is not known here; did you mean `{nearest}`?")]
    UnknownKey {
        /// As written.
        found: String,
        /// The most similar valid key.
        nearest: &'static str,
    },
    /// A value of another type.
    #[error("`{key}` must be {expected}, not {found}")]
    Type {
        /// The key.
        key: String,
        /// What belongs here.
        expected: &'static str,
        /// What stands here.
        found: &'static str,
    },
    /// Not a level.
    #[error("a level is \"off\", \"note\", \"warning\" or \"error\"; did you mean \"{nearest}\"?")]
    UnknownLevel {
        /// The most similar level.
        nearest: &'static str,
    },
    /// Not a recipient.
    #[error("this is not a recipient: {0}")]
    Recipient(Malformed),
    /// A file that is not there.
    #[error("there is no file `{path}`; paths are relative to the repository")]
    NoSuchFile {
        /// The path.
        path: String,
    },
    /// Not a pattern.
    #[error("this is no pattern of paths: {0}")]
    Pattern(String),
    /// A rule that there is not.
    #[error("there is no rule `{found}`; {}", match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`sealnix rules` lists them".to_owned(),
    })]
    UnknownRule {
        /// As written.
        found: String,
        /// The rule that was probably meant.
        nearest: Option<&'static str>,
    },
    /// No command of `sealnix generate`.
    #[error("this is no command of `sealnix generate`: {why}; write it as in \"module secrets/web.yaml\"")]
    Command {
        /// Why, as a clause.
        why: String,
    },
    /// A path that does not lie in the repository.
    #[error("a generated file must lie in the repository, and `{path}` does not")]
    Outside {
        /// The path.
        path: String,
    },
    /// A policy; no rule reads it yet.
    #[error("policies are not enforced by this version: take `[[policy.…]]` out, so that nobody relies on it")]
    NotEnforced,
}

impl Config {
    /// Reads `sealnix.toml`.
    ///
    /// # Errors
    /// Every mistake of the file, in file order; it is not used in part.
    pub fn read(text: &Text) -> Result<Config, Vec<ConfigError>> {
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
        if reader.errors.is_empty() { Ok(config) } else { Err(reader.errors) }
    }

    /// Whether `exclude` names a path: the pattern is tried on the path and on every folder above it.
    pub fn excludes(&self) -> impl Fn(&str) -> bool + use<> {
        let mut builder = GitignoreBuilder::new("");
        for glob in &self.exclude {
            // `read` refuses what is no pattern.
            let _ = builder.add_line(None, &glob.pattern);
        }
        let patterns = builder.build().unwrap_or_else(|_| Gitignore::empty());
        move |path| !path.starts_with('/') && patterns.matched_path_or_any_parents(path, false).is_ignore()
    }

    /// What the file gives to a home-manager user of a host: by `user@host`, else by `user`.
    pub fn user(&self, user: &str, host: &str) -> Option<&Vec<Given>> {
        self.users.get(&format!("{user}@{host}")).or_else(|| self.users.get(user))
    }
}

type Entries<'v, 'i> = Vec<(&'v Spanned<DeString<'i>>, &'v Spanned<DeValue<'i>>)>;

struct Reader<'t> {
    text: &'t Text,
    errors: Vec<ConfigError>,
}

impl Reader<'_> {
    fn fail(&mut self, span: &Range<usize>, mistake: Mistake) {
        self.errors.push(ConfigError { mistake, place: self.text.place(span.clone()) });
    }

    fn root(&mut self, root: &DeTable<'_>, config: &mut Config) {
        for (key, value) in root {
            match key.get_ref().as_ref() {
                "hosts" => config.hosts = self.holders(key, value),
                "users" => config.users = self.holders(key, value),
                "levels" => config.levels = self.levels(key, value),
                "inputs" => config.inputs = self.folders(key, value),
                "generate" => config.generate = self.commands(key, value),
                "agenix" => config.agenix_rules = self.agenix(key, value),
                "exclude" => config.exclude = self.globs(key, value),
                "policy" => self.policies(key, value, config),
                _ => {
                    let known = ["hosts", "users", "levels", "inputs", "generate", "agenix", "exclude", "policy"];
                    self.unknown(key, &known);
                }
            }
        }
    }

    /// `[agenix]`.
    fn agenix(&mut self, key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) -> Vec<FilePath> {
        let mut rules = Vec::new();
        for (field, value) in self.table(key, value) {
            if field.get_ref() == "rules" {
                let paths = self.texts(field, value).into_iter();
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

    fn globs(&mut self, key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) -> Vec<Glob> {
        let mut globs = Vec::new();
        for (pattern, place) in self.texts(key, value) {
            match GitignoreBuilder::new("").add_line(None, &pattern) {
                Ok(_) => globs.push(Glob { pattern, place }),
                Err(error) => self.errors.push(ConfigError { mistake: Mistake::Pattern(error.to_string()), place }),
            }
        }
        globs
    }

    /// `[hosts.NAME]` or `[users.NAME]`.
    fn holders(&mut self, key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) -> BTreeMap<String, Vec<Given>> {
        let mut holders = BTreeMap::new();
        for (name, value) in self.table(key, value) {
            let mut given = Vec::new();
            for (field, value) in self.table(name, value) {
                if field.get_ref() != "recipients" {
                    self.unknown(field, &["recipients"]);
                    continue;
                }
                for (recipient, place) in self.texts(field, value) {
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

    fn levels(&mut self, key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) -> BTreeMap<String, Setting> {
        let mut levels = BTreeMap::new();
        for (rule, value) in self.table(key, value) {
            let level = match value.get_ref().as_str() {
                Some("off") => None,
                Some("note") => Some(Level::Note),
                Some("warning") => Some(Level::Warning),
                Some("error") => Some(Level::Error),
                Some(other) => {
                    let nearest = nearest(other, &["off", "note", "warning", "error"]);
                    self.fail(&value.span(), Mistake::UnknownLevel { nearest });
                    continue;
                }
                None => {
                    self.wrong_type(rule, value, "a level in quotes");
                    continue;
                }
            };
            levels.insert(rule.get_ref().to_string(), Setting { level, place: self.text.place(rule.span()) });
        }
        levels
    }

    fn folders(&mut self, key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) -> BTreeMap<String, String> {
        let mut folders = BTreeMap::new();
        for (name, value) in self.table(key, value) {
            match value.get_ref().as_str() {
                Some(folder) => drop(folders.insert(name.get_ref().to_string(), folder.to_owned())),
                None => self.wrong_type(name, value, "a path in quotes"),
            }
        }
        folders
    }

    fn commands(&mut self, key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) -> BTreeMap<String, Command> {
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

    fn policies(&mut self, key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>, config: &mut Config) {
        for (kind, value) in self.table(key, value) {
            let tables = match kind.get_ref().as_ref() {
                "deny" => &mut config.deny,
                "rotate" => &mut config.rotate,
                "require" => &mut config.require,
                _ => {
                    self.unknown(kind, &["deny", "rotate", "require"]);
                    continue;
                }
            };
            let Some(items) = value.get_ref().as_array() else {
                self.wrong_type(kind, value, "an array of tables, written [[policy.…]]");
                continue;
            };
            for item in items.iter() {
                match toml::Table::deserialize(ValueDeserializer::from(item.clone())) {
                    Ok(fields) => tables.push(PolicyTable { fields, place: self.text.place(item.span()) }),
                    Err(_) => self.wrong_type(kind, item, "a table"),
                }
            }
        }
    }

    fn table<'v, 'i>(&mut self, key: &Spanned<DeString<'_>>, value: &'v Spanned<DeValue<'i>>) -> Entries<'v, 'i> {
        match value.get_ref().as_table() {
            Some(table) => table.iter().collect(),
            None => {
                self.wrong_type(key, value, "a table");
                Vec::new()
            }
        }
    }

    fn texts(&mut self, key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) -> Vec<(String, Place)> {
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

    fn wrong_type(&mut self, key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>, expected: &'static str) {
        let (key, found) = (key.get_ref().to_string(), value.get_ref().type_str());
        self.fail(&value.span(), Mistake::Type { key, expected, found });
    }

    fn unknown(&mut self, key: &Spanned<DeString<'_>>, known: &[&'static str]) {
        let found = key.get_ref().to_string();
        let nearest = nearest(&found, known);
        self.fail(&key.span(), Mistake::UnknownKey { found, nearest });
    }
}

fn parse_recipient(text: &str) -> Result<Recipient, Malformed> {
    match Recipient::parse_age(text) {
        Err(Malformed::UnknownForm) => Recipient::parse_pgp(text).map_err(|_| Malformed::UnknownForm),
        parsed => parsed,
    }
}

fn nearest(found: &str, known: &[&'static str]) -> &'static str {
    let distance = |name: &&&'static str| strsim::damerau_levenshtein(found, name);
    known.iter().min_by_key(distance).copied().unwrap_or_default()
}
