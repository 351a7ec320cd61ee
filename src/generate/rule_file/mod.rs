//! Edits of `.sops.yaml`: anchors, recipients of rules, rules. What is added looks like what stands beside
//! it, every other byte stays, and what does not read back as it was meant is not written.

mod anchors;
mod editing;
mod recipients;
mod rules;
mod slots;
mod start;

use thiserror::Error;

use crate::policy::{self, Config, CreationRule};
use crate::source::splice::{Splice, spliced};
use crate::source::{RepoPath, Text};
use crate::yaml::{self, Editor, Node, Yaml};

pub use editing::{Edited, Editing, Moved};
pub use recipients::Newcomer;
pub use rules::{Copied, Put, named_words};

/// Why a rule file is not edited.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuleFileError {
    /// Not YAML, or nothing that sops could look into.
    #[error("`{path}`, line {line}: it cannot be edited: it {why}")]
    Unreadable {
        /// The rule file.
        path: RepoPath,
        /// Where.
        line: u32,
        /// Why, as a clause.
        why: String,
    },
    /// It is written in a way that is not known how to edit.
    #[error("`{path}`, line {line}: sealnix does not know how to {what} here")]
    Style {
        /// The rule file.
        path: RepoPath,
        /// Where.
        line: u32,
        /// What was to be done.
        what: &'static str,
    },
    /// The anchor is there and names another key.
    #[error("`{path}`, line {line}: `&{name}` is there already and names another key")]
    OtherKey {
        /// The rule file.
        path: RepoPath,
        /// The anchor's line.
        line: u32,
        /// The anchor.
        name: String,
    },
    /// The edited text does not read back as it was meant.
    #[error("`{path}` was not changed: after the edit {why}")]
    NotAsMeant {
        /// The rule file.
        path: RepoPath,
        /// What is wrong, as a clause.
        why: String,
    },
}

/// A `.sops.yaml` with its text.
#[derive(Debug)]
pub struct RuleFile {
    text: Text,
    yaml: Yaml,
    /// What sops reads in it.
    pub config: Config,
}

impl RuleFile {
    /// Reads one.
    pub fn read(path: &RepoPath, content: &str) -> Result<Self, RuleFileError> {
        let text = Text::new(path.clone(), content);
        let config = policy::parse::read(&text);
        let unreadable = |line, why| RuleFileError::Unreadable { path: path.clone(), line, why };
        let yaml = yaml::parse(&text).map_err(|error| unreadable(error.place().start.line, error.to_string()))?;
        match config.problems.first() {
            Some(problem) if !config.readable => Err(unreadable(problem.place.start.line, problem.why.clone())),
            _ => Ok(RuleFile { text, yaml, config }),
        }
    }

    /// Its text.
    pub fn content(&self) -> &str {
        self.text.content()
    }

    fn editor(&self) -> Editor<'_> {
        Editor { yaml: &self.yaml, source: self.text.content() }
    }

    /// Itself after some edits.
    fn spliced(&self, splices: Vec<Splice>) -> Result<RuleFile, RuleFileError> {
        let path = self.text.path();
        let not_as_meant = |why: String| RuleFileError::NotAsMeant { path: path.clone(), why };
        let content = spliced(self.content(), splices).map_err(|error| not_as_meant(error.to_string()))?;
        RuleFile::read(path, &content).map_err(|error| not_as_meant(format!("it cannot be read: {error}")))
    }

    /// A rule as sops reads it.
    fn rule(&self, index: usize) -> Option<&CreationRule> {
        self.config.rules.get(index)
    }

    /// The item of `creation_rules` that a rule is written as; nothing where an alias stands there.
    fn rule_node(&self, index: usize) -> Option<&Node> {
        let start = self.rule(index)?.place.start.byte as usize;
        let items = self.yaml.get(self.yaml.documents.first()?, "creation_rules")?.items();
        items.iter().find(|item| item.span.start == start && !item.entries().is_empty())
    }

    fn unknown_style(&self, at: usize, what: &'static str) -> RuleFileError {
        RuleFileError::Style { path: self.text.path().clone(), line: self.text.position(at).line, what }
    }
}
