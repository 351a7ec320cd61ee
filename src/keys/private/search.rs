//! Where sops looks for identities (reference: sops.md section 5; sops, `loadIdentities` in age/keysource.go).

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::file::{lines, ssh_forms};
use super::{Identities, IdentityError, LARGEST, Unusable, read_wiped};

/// Every identity that sops would use here, all places added together: `SOPS_AGE_SSH_PRIVATE_KEY_FILE` and
/// `…_CMD`, `~/.ssh/id_ed25519` and `~/.ssh/id_rsa`, `SOPS_AGE_KEY`, `SOPS_AGE_KEY_FILE`, `SOPS_AGE_KEY_CMD` and
/// the `keys.txt` of the person's configuration. An ssh key opens in its own form only. A place whose content
/// cannot be used takes nothing from the others.
pub fn as_sops_looks() -> Identities {
    let mut found = Identities::default();
    found.add_file("SOPS_AGE_SSH_PRIVATE_KEY_FILE", native);
    found.add_variable("SOPS_AGE_SSH_PRIVATE_KEY_CMD", |command, name| native(&output(&command)?, name));
    for name in ["id_ed25519", "id_rsa"] {
        if let Some(home) = home() {
            found.add_place(&home.join(".ssh").join(name), native);
        }
    }
    found.add_variable("SOPS_AGE_KEY", |text, name| lines(&Zeroizing::new(text.into_encoded_bytes()), name, true));
    found.add_file("SOPS_AGE_KEY_FILE", |bytes, source| lines(bytes, source, false));
    found.add_variable("SOPS_AGE_KEY_CMD", |command, name| lines(&output(&command)?, name, false));
    match config_folder() {
        Some(folder) => found.add_place(&folder.join("sops/age/keys.txt"), |bytes, source| lines(bytes, source, false)),
        None => found.add("keys.txt", Err(IdentityError::NoConfigFolder)),
    }
    found
}

type Given = Result<Identities, IdentityError>;

impl Identities {
    fn add(&mut self, source: &str, given: Given) {
        match given {
            Ok(identities) => {
                self.usable.extend(identities.usable);
                self.unusable.extend(identities.unusable);
            }
            Err(why) => self.unusable.push(Unusable { source: source.to_owned(), why }),
        }
    }

    /// What a variable gives, if it is set.
    fn add_variable(&mut self, name: &str, read: impl FnOnce(OsString, &str) -> Given) {
        match env::var_os(name) {
            Some(value) => self.add(name, read(value, name)),
            None => self.looked_in.push(name.to_owned()),
        }
    }

    /// What the file gives that a variable names, if it is set.
    fn add_file(&mut self, name: &str, read: fn(&[u8], &str) -> Given) {
        match env::var_os(name).map(PathBuf::from) {
            Some(path) => {
                let source = format!("{name} ({})", path.display());
                self.add(&source, contents(&path).and_then(|bytes| read(&bytes, &source)));
            }
            None => self.looked_in.push(name.to_owned()),
        }
    }

    /// What a file gives, if it is there.
    fn add_place(&mut self, path: &Path, read: fn(&[u8], &str) -> Given) {
        let source = path.display().to_string();
        match path.exists() {
            true => self.add(&source, contents(path).and_then(|bytes| read(&bytes, &source))),
            false => self.looked_in.push(source),
        }
    }
}

/// sops takes an ssh key as such only.
fn native(bytes: &[u8], source: &str) -> Given {
    let (native, _converted) = ssh_forms(bytes, source)?;
    Ok(Identities { usable: vec![native], ..Identities::default() })
}

fn contents(path: &Path) -> Result<Zeroizing<Vec<u8>>, IdentityError> {
    read_wiped(File::open(path)?, LARGEST)
}

/// What a command writes: split into words as by a shell, run without one, its terminal left to it. It may ask
/// for a PIN there, so it has all the time it needs.
fn output(command: &OsString) -> Result<Zeroizing<Vec<u8>>, IdentityError> {
    let words = command.to_str().and_then(shlex::split).unwrap_or_default();
    let (program, arguments) = words.split_first().ok_or(IdentityError::CommandLine)?;
    let mut child =
        Command::new(program).args(arguments).stdout(Stdio::piped()).spawn().map_err(IdentityError::NotStarted)?;
    let written = child.stdout.take().map(|stdout| read_wiped(stdout, LARGEST)).transpose();
    let status = child.wait()?;
    if !status.success() {
        return Err(IdentityError::CommandFailed(status));
    }
    written?.ok_or(IdentityError::Empty)
}

/// As Go's `os.UserHomeDir`.
fn home() -> Option<PathBuf> {
    env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}

/// As Go's `os.UserConfigDir`; on macOS sops asks `XDG_CONFIG_HOME` too.
fn config_folder() -> Option<PathBuf> {
    let set = env::var_os("XDG_CONFIG_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    match set {
        Some(folder) if folder.is_absolute() || cfg!(target_os = "macos") => Some(folder),
        Some(_relative) => None,
        None if cfg!(target_os = "macos") => home().map(|home| home.join("Library/Application Support")),
        None => home().map(|home| home.join(".config")),
    }
}
