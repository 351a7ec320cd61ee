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
    ssh_file(&mut found, "SOPS_AGE_SSH_PRIVATE_KEY_FILE");
    found.add("SOPS_AGE_SSH_PRIVATE_KEY_CMD", |name| {
        let Some(command) = env::var_os(name) else { return Ok(None) };
        native(&output(&command)?, name).map(Some)
    });
    if let Some(home) = home() {
        for name in ["id_ed25519", "id_rsa"] {
            let path = home.join(".ssh").join(name);
            found.add(&path.display().to_string(), |source| match path.exists() {
                true => native(&contents(&path)?, source).map(Some),
                false => Ok(None),
            });
        }
    }
    found.add("SOPS_AGE_KEY", |name| match env::var_os(name) {
        Some(text) => lines(&Zeroizing::new(text.into_encoded_bytes()), name, true).map(Some),
        None => Ok(None),
    });
    found.add("SOPS_AGE_KEY_FILE", |name| match env::var_os(name) {
        Some(path) => {
            let path = Path::new(&path);
            lines(&contents(path)?, &format!("{name} ({})", path.display()), false).map(Some)
        }
        None => Ok(None),
    });
    found.add("SOPS_AGE_KEY_CMD", |name| match env::var_os(name) {
        Some(command) => lines(&output(&command)?, name, false).map(Some),
        None => Ok(None),
    });
    match config_folder() {
        Some(folder) => {
            let path = folder.join("sops/age/keys.txt");
            found.add(&path.display().to_string(), |source| match path.exists() {
                true => lines(&contents(&path)?, source, false).map(Some),
                false => Ok(None),
            });
        }
        None => found.add("keys.txt", |_| Err(IdentityError::NoConfigFolder)),
    }
    found
}

impl Identities {
    /// Takes what one place gives; nothing where it is not there.
    fn add(&mut self, source: &str, place: impl FnOnce(&str) -> Result<Option<Identities>, IdentityError>) {
        match place(source) {
            Ok(Some(identities)) => {
                self.usable.extend(identities.usable);
                self.unusable.extend(identities.unusable);
            }
            Ok(None) => self.looked_in.push(source.to_owned()),
            Err(why) => self.unusable.push(Unusable { source: source.to_owned(), why }),
        }
    }
}

fn ssh_file(found: &mut Identities, name: &str) {
    found.add(name, |name| match env::var_os(name) {
        Some(path) => {
            let path = Path::new(&path);
            native(&contents(path)?, &format!("{name} ({})", path.display())).map(Some)
        }
        None => Ok(None),
    });
}

/// sops takes an ssh key as such only.
fn native(bytes: &[u8], source: &str) -> Result<Identities, IdentityError> {
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
