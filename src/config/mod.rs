//! `sealnix.toml`: who a host is where the repository does not tell, levels, excludes, policies.

mod levels;
mod mistake;
mod pattern;
mod policies;
mod reader;

use std::collections::BTreeMap;

use crate::keys::Recipient;
use crate::source::{Place, Text};
pub use levels::{Levels, PathLevels, Setting};
pub use mistake::{ConfigError, Mistake};
pub use pattern::{Names, Paths, Pattern};
pub use policies::{Deny, Require, Required, Rotate, Target, Wanted, Who};

/// The file's name, at the repository's root.
pub const FILE_NAME: &str = "sealnix.toml";

/// What `sealnix.toml` says.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// `[hosts.NAME] recipients`.
    pub hosts: BTreeMap<String, Vec<Given>>,
    /// `[users."user@host"] recipients`; `[users.user]` is that user on every host.
    pub users: BTreeMap<String, Vec<Given>>,
    /// `[levels] rule = "…"` and `[levels."PATTERN"] rule = "…"`.
    pub levels: Levels,
    /// `[inputs] NAME = "PATH"`: checkouts of flake inputs, each a folder relative to the repository.
    pub inputs: BTreeMap<String, FilePath>,
    /// `[generate] "OUT" = "COMMAND"`: what is generated, by where it is written.
    pub generate: BTreeMap<String, Command>,
    /// `[agenix] rules`: the rules files of agenix or ragenix, relative to the repository.
    pub agenix_rules: Vec<FilePath>,
    /// `exclude`: what is not looked at.
    pub exclude: Paths,
    /// `[[policy.deny]]`: which secrets must not reach which containers and units.
    pub deny: Vec<Deny>,
    /// `[[policy.require]]`: who must be able to open which files.
    pub require: Vec<Require>,
    /// `[[policy.rotate]]`: how old which files may be.
    pub rotate: Vec<Rotate>,
}

/// A recipient that the file gives to a host or user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The recipient.
    pub recipient: Recipient,
    /// Where it stands.
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

/// A file or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePath {
    /// Its path, relative to the repository.
    pub path: String,
    /// Where it is named.
    pub place: Place,
}

impl Config {
    /// Reads `sealnix.toml`.
    ///
    /// # Errors
    /// Every mistake of the file, in file order; it is not used in part.
    pub fn read(text: &Text) -> Result<Config, Vec<ConfigError>> {
        let (config, errors) = Config::read_in_part(text);
        if errors.is_empty() { Ok(config) } else { Err(errors) }
    }

    /// Likewise, with what could be read all the same: to look there for further mistakes.
    pub fn read_in_part(text: &Text) -> (Config, Vec<ConfigError>) {
        reader::read(text)
    }

    /// What the file gives to a home-manager user of a host: by `user@host`, else by `user`.
    pub fn user(&self, user: &str, host: &str) -> Option<&Vec<Given>> {
        self.users.get(&format!("{user}@{host}")).or_else(|| self.users.get(user))
    }
}
