//! Identities: the private keys that open age files. What they hold is wiped when it is dropped, and nothing
//! here prints it: an [`Identity`] has neither `Debug` nor `Display`.

mod file;
mod open;
mod search;
mod secret;

use std::io;
use std::process::ExitStatus;
use std::sync::Mutex;

use thiserror::Error;

pub use file::read;
pub use open::OpenError;
pub use search::as_sops_looks;
pub use secret::read_wiped;

/// In which form a key opens. A file that is sealed for one form of an ssh key does not open with the other
/// (reference: sops.md section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `AGE-SECRET-KEY-1…`.
    Age,
    /// An ssh key as such, for recipients `ssh-ed25519 …` and `ssh-rsa …`.
    Ssh,
    /// An ssh-ed25519 key converted as `ssh-to-age` and sops-nix do it, for recipients `age1…`.
    Converted,
    /// `AGE-PLUGIN-…`: the key is held by another program.
    Plugin,
}

/// A private key in one form.
///
/// ```compile_fail
/// fn shown(identity: &sealnix::keys::private::Identity) -> String { format!("{identity:?}") }
/// ```
pub struct Identity {
    key: Key,
    /// In which form it opens.
    pub form: Form,
    /// The recipient that files are sealed for, which is public; of a plugin its name.
    pub recipient: String,
    /// Where it was found: a path or the name of a variable.
    pub source: String,
}

enum Key {
    Age(age::x25519::Identity),
    Ssh(age::ssh::Identity),
    /// One question at a time: somebody may have to touch a device.
    Plugin(Mutex<age::plugin::IdentityPluginV1<age::NoCallbacks>>),
}

/// What one place gave, or all of them.
#[derive(Default)]
pub struct Identities {
    /// What can open files, in the order in which it is tried.
    pub usable: Vec<Identity>,
    /// What was found and cannot be used.
    pub unusable: Vec<Unusable>,
    /// Where there was nothing.
    pub looked_in: Vec<String>,
}

/// A place whose identities cannot be used.
#[derive(Debug)]
pub struct Unusable {
    /// A path or the name of a variable.
    pub source: String,
    /// Why.
    pub why: IdentityError,
}

/// Why there is no identity. It holds no part of what was read.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// More than [`LARGEST`].
    #[error("it is larger than 16 MiB")]
    TooLarge,
    /// A line that is no identity; one such line breaks the whole file, as with sops.
    #[error("line {line} is not an identity (AGE-SECRET-KEY-1… or AGE-PLUGIN-…), so nothing of it counts")]
    Line {
        /// Its number, from 1.
        line: usize,
    },
    /// As [`IdentityError::Line`], for a line with blanks around it.
    #[error("line {line} has a blank before or after its text, so nothing of it counts, as with sops")]
    Blank {
        /// Its number, from 1.
        line: usize,
    },
    /// No line at all.
    #[error("it holds no identity")]
    Empty,
    /// A public key where the private one is needed.
    #[error("it holds a public key; its private key opens files")]
    Public,
    /// An age file where its content is needed.
    #[error(
        "it is protected by a passphrase, which sealnix does not ask for; give the decrypted identity, as in --identity <(age -d FILE)"
    )]
    Passphrase,
    /// An ssh key with a passphrase.
    #[error("it is an ssh key with a passphrase, which sealnix does not ask for")]
    SshPassphrase,
    /// An ssh key that age does not know, or none.
    #[error(
        "it is not an ssh key that age can use (ssh-ed25519 or ssh-rsa in OpenSSH's form; `ssh-keygen -p` writes that form)"
    )]
    Ssh,
    /// `AGE-SECRET-KEY-PQ-1…`.
    #[error("line {line} is a post-quantum identity, which sealnix cannot use yet")]
    Hybrid {
        /// Its number, from 1.
        line: usize,
    },
    /// There is no program for it.
    #[error("it needs the program `age-plugin-{name}`, which is not on PATH")]
    NoPlugin {
        /// The plugin's name.
        name: String,
    },
    /// The command line is not one.
    #[error("its command is empty or has a quote without its end")]
    CommandLine,
    /// The command cannot be started.
    #[error("its command cannot be started: {0}")]
    NotStarted(io::Error),
    /// The command said that it failed. What it wrote may hold the key.
    #[error("its command failed ({0})")]
    CommandFailed(ExitStatus),
    /// Neither `HOME` nor `XDG_CONFIG_HOME` says where the folder is.
    #[error("neither XDG_CONFIG_HOME nor HOME names a folder")]
    NoConfigFolder,
}

/// Whether bytes begin as an age file does, armored or not.
pub fn begins_as_age(bytes: &[u8]) -> bool {
    [&b"age-encryption"[..], b"-----BEGIN AGE"].iter().any(|start| bytes.starts_with(start))
}

/// The largest file that is read for identities, in bytes; age's own limit.
pub const LARGEST: usize = 16 << 20;
