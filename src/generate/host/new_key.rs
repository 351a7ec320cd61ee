//! A new ssh host key, made outside the repository, for `nixos-anywhere --extra-files`.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ssh_key::rand_core::OsRng;
use ssh_key::{Algorithm, LineEnding, PrivateKey};

use super::HostError;

/// Where the key lies in the folder, as on the host.
const FOLDER: &str = "etc/ssh";
const FILE: &str = "ssh_host_ed25519_key";

/// A key pair on disk, which is taken away again unless it is kept.
#[derive(Debug)]
pub struct NewKey {
    /// The public key's line.
    pub public: String,
    made: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

/// The public key's line of a pair that is nowhere written: for a look at what would be done.
pub fn example() -> Result<String, HostError> {
    let key = PrivateKey::random(&mut OsRng, Algorithm::Ed25519).map_err(|_| HostError::NoKey)?;
    key.public_key().to_openssh().map_err(|_| HostError::NoKey)
}

/// Makes a key pair below a folder, which must lie in no git repository.
pub fn make(folder: &Path, name: &str) -> Result<NewKey, HostError> {
    let folder = std::path::absolute(folder).map_err(|source| not_written(folder, source))?;
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(&folder);
    let real = fs::canonicalize(there).map_err(|source| not_written(there, source))?;
    if real.ancestors().any(|folder| folder.join(".git").exists()) {
        return Err(HostError::KeyInRepository { path: folder });
    }
    let (private, public) = (folder.join(FOLDER).join(FILE), folder.join(FOLDER).join(format!("{FILE}.pub")));
    if let Some(path) = [&private, &public].into_iter().find(|path| path.symlink_metadata().is_ok()) {
        return Err(HostError::KeyThere { path: path.clone() });
    }
    let mut key = PrivateKey::random(&mut OsRng, Algorithm::Ed25519).map_err(|_| HostError::NoKey)?;
    key.set_comment(format!("root@{name}"));
    let line = key.public_key().to_openssh().map_err(|_| HostError::NoKey)?;
    let text = key.to_openssh(LineEnding::LF).map_err(|_| HostError::NoKey)?;
    let mut new = NewKey { public: line, made: Vec::new(), folders: Vec::new() };
    new.folder(&folder.join(FOLDER))?;
    new.file(&private, text.as_bytes(), 0o600)?;
    let line = format!("{}\n", new.public);
    new.file(&public, line.as_bytes(), 0o644)?;
    Ok(new)
}

fn not_written(path: &Path, source: io::Error) -> HostError {
    HostError::KeyNotWritten { path: path.to_owned(), source }
}

impl NewKey {
    /// Leaves the key where it is.
    pub fn keep(mut self) {
        self.made.clear();
        self.folders.clear();
    }

    fn folder(&mut self, folder: &Path) -> Result<(), HostError> {
        let missing: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder).map_err(|source| not_written(folder, source))?;
            self.folders.push(folder.to_owned());
            set_mode(folder, 0o755).map_err(|source| not_written(folder, source))?;
        }
        Ok(())
    }

    /// Nobody else can open it at any time.
    fn file(&mut self, path: &Path, content: &[u8], mode: u32) -> Result<(), HostError> {
        let failed = |source| not_written(path, source);
        let mut file = create(path).map_err(failed)?;
        self.made.push(path.to_owned());
        file.write_all(content).and_then(|()| file.sync_all()).map_err(failed)?;
        set_mode(path, mode).map_err(failed)
    }
}

impl Drop for NewKey {
    fn drop(&mut self) {
        // The error that led here is told; there is nobody to tell a second one.
        self.made.iter().for_each(|path| drop(fs::remove_file(path)));
        self.folders.iter().rev().for_each(|path| drop(fs::remove_dir(path)));
    }
}

#[cfg(unix)]
fn create(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// The umask may have taken more.
#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}
