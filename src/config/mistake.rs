//! What is wrong in `sealnix.toml`.

use thiserror::Error;

use crate::keys::Malformed;
use crate::source::Place;

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
    #[error("`{found}` is not known here; {}", match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("known are {}", known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")),
    })]
    UnknownKey {
        /// As written.
        found: String,
        /// The key that was probably meant.
        nearest: Option<&'static str>,
        /// Those that there are.
        known: Vec<&'static str>,
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
    #[error("a level is \"off\", \"note\", \"warning\" or \"error\"")]
    UnknownLevel,
    /// Not a recipient.
    #[error("this is not a recipient: {0}")]
    Recipient(Malformed),
    /// A file that is not there.
    #[error("there is no file `{path}`; paths are relative to the repository")]
    NoSuchFile {
        /// The path.
        path: String,
    },
    /// Not a pattern of paths.
    #[error("this is no pattern of paths: {0}")]
    Pattern(String),
    /// Not a pattern of names.
    #[error("this is no pattern of names: {0}")]
    NamePattern(String),
    /// A host or user that there is not.
    #[error("there is no {kind} `{found}`{}", did_you_mean(nearest.as_ref()))]
    Nobody {
        /// What is meant: "host" or "user".
        kind: &'static str,
        /// As written.
        found: String,
        /// The one that was probably meant.
        nearest: Option<String>,
    },
    /// A flake input that there is not.
    #[error("no flake has an input `{found}`{}", did_you_mean(nearest.as_ref()))]
    NoInput {
        /// As written.
        found: String,
        /// The input that was probably meant.
        nearest: Option<String>,
    },
    /// A checkout that is not there.
    #[error("`{path}` is not a folder that can be read; paths are relative to the repository")]
    NoFolder {
        /// As written.
        path: String,
    },
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
    /// A field that a table cannot do without.
    #[error("`{table}` needs `{field}`")]
    Missing {
        /// As written.
        table: String,
        /// The field.
        field: &'static str,
    },
    /// A list of nothing, which would be silently without effect.
    #[error("`{key}` is empty, so this says nothing")]
    Empty {
        /// The key.
        key: String,
    },
    /// Nobody whom a secret can reach.
    #[error("`{found}` is nobody whom a secret reaches: write \"containers\", \"container:NAME\" or \"unit:NAME\"")]
    UnknownTarget {
        /// As written.
        found: String,
    },
    /// A pattern where one name is to stand.
    #[error("`{0}` is no pattern: write \"containers\", or each container and unit by its name")]
    TargetPattern(String),
    /// Not a number of days.
    #[error("`days` must be a whole number of days, at least 1")]
    Days,
}

fn did_you_mean(nearest: Option<&String>) -> String {
    nearest.map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default()
}
