//! What can end a command, and what to do about it.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use crate::access::Unheard;
use crate::by_nix;
use crate::config::ConfigError;
use crate::generate::GenerateError;
use crate::keys::private::{IdentityError, Unusable};
use crate::levels::baseline::BaselineError;
use crate::manifest::Manifest;
use crate::manifest::read::ReadError;
use crate::nearest::nearest;
use crate::nix::eval::limits::DeepStackError;
use crate::source::{RepoPath, StartError, WalkError};

/// Why a command could not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The manifest cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is nothing to begin with.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Git does not track the entry file, so Nix does not see it.
    #[error("git does not track {entry}, so Nix does not see it")]
    Untracked {
        /// The entry file.
        entry: RepoPath,
    },
    /// The entry file could not be looked at.
    #[error("{entry} {why}")]
    EntryNotLooked {
        /// The entry file.
        entry: RepoPath,
        /// Why, as a clause.
        why: String,
    },
    /// The repository cannot be walked.
    #[error(transparent)]
    Walk(#[from] WalkError),
    /// No evaluation took place.
    #[error(transparent)]
    Evaluate(#[from] DeepStackError),
    /// `sealnix.toml` has mistakes.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Config(Vec<ConfigError>),
    /// Nix was not asked, or gave no answer.
    #[error(transparent)]
    ByNix(#[from] by_nix::Error),
    /// A comparison with nothing, or with two things.
    #[error("--compare needs a FILE or --eval, and not both")]
    NothingToCompare,
    /// The manifest is none.
    #[error(transparent)]
    Manifest(#[from] ReadError),
    /// The manifest is that of another repository.
    #[error("{} is the manifest of another repository: none of the files it names is in {}", path.display(), root.display())]
    Foreign {
        /// The manifest.
        path: PathBuf,
        /// The repository that is checked.
        root: PathBuf,
    },
    /// A checkout is given for an input that there is not.
    #[error("no flake has an input `{name}`")]
    NoSuchInput {
        /// The name that was given.
        name: String,
        /// Those that there are.
        inputs: Vec<String>,
    },
    /// There is no such host.
    #[error("there is no host `{host}`")]
    NoSuchHost {
        /// What was asked for.
        host: String,
        /// Those that there are.
        hosts: Vec<String>,
    },
    /// A file that is to hold identities holds none.
    #[error("{} gives no identity", path.display())]
    Identity {
        /// The file.
        path: PathBuf,
        /// Why.
        source: IdentityError,
    },
    /// Nothing can open files.
    #[error("there is no identity to open files with{}", reasons(unusable))]
    NoIdentity {
        /// What was found and cannot be used.
        unusable: Vec<Unusable>,
        /// Where there was nothing.
        looked_in: Vec<String>,
    },
    /// Nobody is called so.
    #[error("{}", match unheard {
        Unheard::Nowhere => "no sops file and no rule of a .sops.yaml holds this recipient".to_owned(),
        _ => format!("no host, no user and no name in a .sops.yaml is called `{word}`"),
    })]
    Unheard {
        /// What was asked for.
        word: String,
        /// What it is instead.
        unheard: Unheard,
    },
    /// There is no such rule.
    #[error("there is no rule `{rule}`")]
    NoSuchRule {
        /// What was asked for.
        rule: String,
        /// The rule that was probably meant.
        nearest: Option<&'static str>,
    },
    /// Neither git nor an entry file says where the repository is.
    #[error("there is no repository around {}: neither git nor a flake.nix", folder.display())]
    NoRepository {
        /// Where one was looked for.
        folder: PathBuf,
    },
    /// A path leads out of the repository.
    #[error("{} does not lie in the repository {}", path.display(), root.display())]
    OutsideRepository {
        /// The path as given.
        path: PathBuf,
        /// The repository's root.
        root: PathBuf,
    },
    /// Nothing was generated.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// One file is named where every file is meant.
    #[error("--check and --all are for every generated file: they take no command and no --out")]
    EveryFile,
    /// Some generated files could not be looked at.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    NotGenerated(Vec<GenerateError>),
    /// The result could not be written.
    #[error("cannot write the result")]
    Write(#[from] io::Error),
    /// The baseline cannot be read.
    #[error("the baseline {} cannot be read", path.display())]
    NoBaseline {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The baseline is none.
    #[error("{} is no baseline", path.display())]
    Baseline {
        /// The file.
        path: PathBuf,
        /// Why.
        source: BaselineError,
    },
    /// The baseline cannot be written.
    #[error("cannot write the baseline to {}", path.display())]
    BaselineNotSaved {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file that was to hold the report cannot be written.
    #[error("cannot write the report to {}", path.display())]
    NotSaved {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The result could not be turned into JSON.
    #[error("cannot write the result as JSON")]
    Json(#[from] serde_json::Error),
}

/// Why what was found cannot be used, for the end of a sentence.
fn reasons(unusable: &[Unusable]) -> String {
    let reasons: Vec<String> = unusable.iter().map(|Unusable { source, why }| format!("{source}: {why}")).collect();
    if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) }
}

impl RunError {
    /// There is no host of this name.
    pub fn no_such_host(name: &str, manifest: &Manifest) -> Self {
        let hosts: BTreeSet<&str> = manifest.hosts.iter().map(|host| host.name.as_str()).collect();
        RunError::NoSuchHost { host: name.to_owned(), hosts: hosts.into_iter().map(str::to_owned).collect() }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            RunError::Start(StartError::NoEntry { .. }) => Some(
                "give the folder that holds the entry file, or that file; without a path sealnix takes the repository \
                 around the current folder"
                    .to_owned(),
            ),
            RunError::Start(StartError::Several { .. }) => {
                Some("give the folder or the file that makes the hosts".to_owned())
            }
            RunError::Start(StartError::Root { .. } | StartError::Outside { .. }) => {
                Some("--root is the folder of the repository, and PATH a folder or file in it".to_owned())
            }
            RunError::Start(_) => Some("give the folder of the repository, or its entry file".to_owned()),
            RunError::Foreign { .. } => Some("make one of this repository: docs/manifest.md says how".to_owned()),
            RunError::Unreadable { .. } | RunError::Manifest(_) => {
                Some("docs/manifest.md says how to make a manifest with Nix; `sealnix manifest` prints one".to_owned())
            }
            RunError::NoSuchRule { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            RunError::NoSuchRule { nearest: None, .. } => Some("`sealnix rules` lists them".to_owned()),
            RunError::NoSuchHost { hosts, .. } if hosts.is_empty() => Some("no host was found".to_owned()),
            RunError::NoSuchHost { host, hosts } => Some(meant(host, hosts, "the hosts are")),
            RunError::Unheard { unheard, .. } => heard_instead(unheard),
            RunError::NoSuchInput { name, inputs } => Some(meant(name, inputs, "the inputs are")),
            RunError::NoIdentity { looked_in, .. } if !looked_in.is_empty() => {
                Some(format!("give one with --identity FILE; there was none in {}", looked_in.join(", ")))
            }
            RunError::NoRepository { .. } => Some("`git init` makes one".to_owned()),
            RunError::NoBaseline { .. } => Some("`--update-baseline` makes it".to_owned()),
            RunError::Baseline { .. } => {
                Some("`--update-baseline` makes it anew where the file is not there".to_owned())
            }
            RunError::ByNix(error) => error.help(),
            RunError::Generate(error) => error.help(),
            RunError::Untracked { entry } => Some(format!("run `git add {entry}`")),
            RunError::NothingToCompare
            | RunError::OutsideRepository { .. }
            | RunError::EntryNotLooked { .. }
            | RunError::Walk(_)
            | RunError::Evaluate(_)
            | RunError::Config(_)
            | RunError::NotGenerated(_)
            | RunError::EveryFile
            | RunError::Identity { .. }
            | RunError::NoIdentity { .. }
            | RunError::Write(_)
            | RunError::BaselineNotSaved { .. }
            | RunError::NotSaved { .. }
            | RunError::Json(_) => None,
        }
    }
}

/// The name that was probably meant; else all that there are.
fn meant(name: &str, known: &[String], all: &str) -> String {
    match nearest(name, known.iter().map(String::as_str)) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("{all} {}", known.join(", ")),
    }
}

/// What to ask instead.
fn heard_instead(unheard: &Unheard) -> Option<String> {
    match unheard {
        Unheard::Nowhere => None,
        Unheard::Secret(files) => {
            let files: Vec<&str> = files.iter().map(String::as_str).take(3).collect();
            Some(format!("it is a secret; `sealnix why FILE` says who can read its file: {}", files.join(", ")))
        }
        Unheard::File => Some("it is a file: `sealnix why FILE` says who can read it".to_owned()),
        Unheard::Unknown(Some(nearest)) => Some(format!("did you mean `{nearest}`?")),
        Unheard::Unknown(None) => Some("`sealnix hosts` lists the hosts, `sealnix matrix` everybody".to_owned()),
    }
}
