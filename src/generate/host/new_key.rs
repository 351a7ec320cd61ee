//! A new ssh host key, made outside the repository, for `nixos-anywhere --extra-files`.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use ssh_key::rand_core::OsRng;
use ssh_key::{Algorithm, LineEnding, PrivateKey};

use super::HostError;

/// Where the key lies in the folder, as on the host.
const FOLDER: &str = "etc/ssh";
const FILE: &str = "ssh_host_ed25519_key";

/// A key pair that is nowhere written yet. The private key is wiped from memory when it is dropped.
pub struct NewKey {
    /// The public key's line.
    pub public: String,
    key: PrivateKey,
    /// The folder of the two files, without any symlink.
    folder: PathBuf,
}

impl NewKey {
    /// Makes a key pair that may be written below a folder, which must lie in no git repository and not below
    /// `root`.
    pub fn make(folder: &Path, name: &str, root: &Path) -> Result<NewKey, HostError> {
        let folder = real_folder(folder, root)?;
        let files = [folder.join(FILE), folder.join(format!("{FILE}.pub"))];
        if let Some(path) = files.into_iter().find(|path| path.symlink_metadata().is_ok()) {
            return Err(HostError::KeyThere { path });
        }
        let mut key = PrivateKey::random(&mut OsRng, Algorithm::Ed25519).map_err(|_| HostError::NoKey)?;
        key.set_comment(format!("root@{name}"));
        let public = key.public_key().to_openssh().map_err(|_| HostError::NoKey)?;
        Ok(NewKey { public, key, folder })
    }

    /// Writes it.
    pub fn write(&self) -> Result<WrittenKey, HostError> {
        let text = self.key.to_openssh(LineEnding::LF).map_err(|_| HostError::NoKey)?;
        let mut written = WrittenKey { made: Vec::new(), folders: Vec::new() };
        written.folder(&self.folder)?;
        written.file(&self.folder.join(FILE), text.as_bytes(), 0o600)?;
        let line = format!("{}\n", self.public);
        written.file(&self.folder.join(format!("{FILE}.pub")), line.as_bytes(), 0o644)?;
        Ok(written)
    }
}

/// Where the key's folder really lies. A symlink below the folder that a person named is none of theirs.
fn real_folder(folder: &Path, root: &Path) -> Result<PathBuf, HostError> {
    let named = std::path::absolute(folder).map_err(|source| not_written(folder, source))?;
    let whole = named.join(FOLDER);
    let is_there = |path: &Path| path.symlink_metadata().is_ok();
    let below = whole.ancestors().take_while(|path| *path != named);
    if let Some(link) = below.into_iter().find(|path| path.is_symlink()) {
        return Err(HostError::KeyBehindLink { path: link.to_owned() });
    }
    let there = whole.ancestors().find(|path| is_there(path)).unwrap_or(&whole);
    let real = fs::canonicalize(there).map_err(|source| not_written(there, source))?;
    let rest = whole.strip_prefix(there).unwrap_or(Path::new(""));
    // Beyond what is there, `..` cannot be followed.
    let is_plain = rest.components().all(|part| matches!(part, Component::Normal(_)));
    let root = fs::canonicalize(root).map_err(|source| not_written(root, source))?;
    let is_inside = real.starts_with(&root) || real.ancestors().any(|folder| folder.join(".git").exists());
    if is_inside || !is_plain {
        return Err(HostError::KeyInRepository { path: named });
    }
    // Joining nothing would end in a slash.
    Ok(real.components().chain(rest.components()).collect())
}

fn not_written(path: &Path, source: io::Error) -> HostError {
    HostError::KeyNotWritten { path: path.to_owned(), source }
}

/// A key pair on disk, which is taken away again unless it is kept.
#[derive(Debug)]
pub struct WrittenKey {
    made: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl WrittenKey {
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

impl Drop for WrittenKey {
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
