//! Why no host was added or removed.

use std::path::PathBuf;

use thiserror::Error;

use crate::generate::rule_file::RuleFileError;
use crate::keys::Malformed;
use crate::nix::lib::escapes::shell_word;
use crate::source::RepoPath;

/// Why no host was added or removed.
#[derive(Debug, Error)]
pub enum HostError {
    /// Not a name.
    #[error("`{name}` is no name of a host: letters, digits, `-`, `_` and `.`, beginning with a letter or digit")]
    Name {
        /// As given.
        name: String,
    },
    /// Somebody is called nearly the same.
    #[error("`{name}` differs from `{other}`, which is there already, only in case or separators")]
    Resembles {
        /// The new name.
        name: String,
        /// The known one.
        other: String,
    },
    /// The name is there with another key.
    #[error("`{path}`, line {line}: `{name}` is there already with another key")]
    OtherKey {
        /// The rule file.
        path: RepoPath,
        /// Where.
        line: u32,
        /// The name.
        name: String,
    },
    /// The key is there under another name.
    #[error("this key is there already: it is that of `{other}`")]
    SameKey {
        /// Whose it is.
        other: String,
    },
    /// Not a recipient.
    #[error("this is no recipient: {0}")]
    Recipient(#[from] Malformed),
    /// An ssh key of which there is no age recipient.
    #[error("an RSA key cannot be used: sops-nix makes an age key of an ed25519 key only, and gives RSA keys to GnuPG")]
    Rsa,
    /// Not a key that a rule's `age` list takes here.
    #[error("this is an OpenPGP or plugin key; only an age or ssh-ed25519 key can be a host's")]
    Kind,
    /// The folder of a new key lies in a git repository, or below the one that is edited.
    #[error("{} lies in a git repository or below this one, which is no place for a private key", path.display())]
    KeyInRepository {
        /// The folder.
        path: PathBuf,
    },
    /// A symlink lies where the key is to be written.
    #[error("{} is a symlink; a private key is written only where it was said", path.display())]
    KeyBehindLink {
        /// The symlink.
        path: PathBuf,
    },
    /// There is a key already.
    #[error("{} is there already", path.display())]
    KeyThere {
        /// The file.
        path: PathBuf,
    },
    /// The new key cannot be written.
    #[error("{} cannot be written; no key was left", path.display())]
    KeyNotWritten {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The system gives no random numbers.
    #[error("no key could be made")]
    NoKey,
    /// There is no rule file.
    #[error("there is no `.sops.yaml`")]
    NoRuleFile,
    /// The repository's secrets are agenix's.
    #[error("there is no `.sops.yaml`: the secrets of this repository are agenix's, which sealnix only checks")]
    Agenix,
    /// There are several rule files and none of them at the root.
    #[error("there are several rule files: {}", paths.join(", "))]
    Several {
        /// The rule files.
        paths: Vec<String>,
    },
    /// The rule file that was named is not there.
    #[error("there is no rule file `{path}`")]
    NoSuchRuleFile {
        /// As given.
        path: String,
    },
    /// Nobody of that name.
    #[error("`{path}` names no key of `{name}`")]
    Unknown {
        /// The rule file.
        path: RepoPath,
        /// As given.
        name: String,
        /// Those that it names.
        known: Vec<String>,
    },
    /// The name is of the other kind.
    #[error("`{name}` is {}, as far as is known", if *is_host { "a host" } else { "a person's or backup key, not a host's" })]
    OtherKind {
        /// As given.
        name: String,
        /// It is a host.
        is_host: bool,
    },
    /// The name fits several.
    #[error("`{name}` may be any of {}", candidates.join(", "))]
    Ambiguous {
        /// As given.
        name: String,
        /// Those whom it fits.
        candidates: Vec<String>,
    },
    /// One key has several names, and only one is to go.
    #[error("`{path}`: {} name one key, so taking one out would take the others' access", names.iter().map(|name| format!("`&{name}`")).collect::<Vec<_>>().join(" and "))]
    SharedKey {
        /// The rule file.
        path: RepoPath,
        /// The anchors.
        names: Vec<String>,
    },
    /// Nobody was taken out of a rule file that is written in a way that is not known.
    #[error("{source}")]
    NotTakenOut {
        /// Why.
        source: RuleFileError,
        /// What a person writes instead, and what is left to do.
        lines: Vec<String>,
    },
    /// The rules hold different people, and nobody says which are meant.
    #[error("the rules hold different people's keys, so which of them `{name}` is to open is not known")]
    Like {
        /// The new name.
        name: String,
        /// Whose rules it may be given.
        candidates: Vec<String>,
    },
    /// The rule file is written in a way that is not known, or the edit would do more than was meant.
    #[error("{source}")]
    ByHand {
        /// Why.
        source: RuleFileError,
        /// What a person writes instead.
        lines: Vec<String>,
    },
}

impl HostError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            HostError::NoRuleFile => Some("`sealnix init` writes one".to_owned()),
            HostError::KeyInRepository { .. } | HostError::KeyBehindLink { .. } => {
                Some("name a folder outside, such as one on a stick".to_owned())
            }
            HostError::KeyThere { .. } => {
                Some("`--ssh-file` takes its public key; to make another one, name another folder".to_owned())
            }
            HostError::Several { .. } => Some("name the one that is meant with `--config FILE`".to_owned()),
            HostError::Rsa => {
                Some("take `/etc/ssh/ssh_host_ed25519_key.pub` of the host, or make one with `--new-key`".to_owned())
            }
            HostError::Unknown { known, .. } if !known.is_empty() => Some(format!("it names {}", known.join(", "))),
            HostError::Like { candidates, .. } => {
                Some(format!("`--like NAME` adds it to the rules that hold NAME: one of {}", candidates.join(", ")))
            }
            HostError::OtherKind { name, is_host } => {
                let kind = if *is_host { "host" } else { "recipient" };
                Some(format!("`sealnix {kind} remove {}` takes it out", shell_word(name)))
            }
            HostError::Ambiguous { .. } => Some("say which by its anchor or its key".to_owned()),
            HostError::SharedKey { .. } => {
                Some("give each a key of its own first, or take the anchor and its aliases out by hand".to_owned())
            }
            HostError::NotTakenOut { lines, .. } => Some(format!("write by hand:\n{}", lines.join("\n"))),
            HostError::ByHand { lines, .. } if !lines.is_empty() => {
                Some(format!("write by hand:\n{}", lines.join("\n")))
            }
            _ => None,
        }
    }
}
