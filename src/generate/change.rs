//! What a command is about to write: shown as a diff, or written as a whole or not at all.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use similar::TextDiff;
use tempfile::NamedTempFile;
use thiserror::Error;

use crate::source::RepoPath;

/// Why nothing was written.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// The file is there and holds something else.
    #[error("`{path}` is there already and holds something else")]
    Exists {
        /// The file.
        path: RepoPath,
    },
    /// The path leads out of the repository.
    #[error("`{path}` does not lie in the repository")]
    Outside {
        /// The path.
        path: String,
    },
    /// The file is no text.
    #[error("`{path}` is not UTF-8")]
    NotText {
        /// The file.
        path: RepoPath,
    },
    /// A folder, a device, a pipe, or a link where links are not followed.
    #[error("`{path}` is no regular file: it is not replaced")]
    NotAFile {
        /// What is there.
        path: RepoPath,
    },
    /// Somebody else wrote into the file meanwhile.
    #[error("`{path}` was changed by someone else in the meantime; nothing was written")]
    Meanwhile {
        /// The file.
        path: RepoPath,
    },
    /// The system refused.
    #[error("`{path}` cannot be written; nothing was changed")]
    Write {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}

impl ChangeError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            ChangeError::Exists { .. } => Some("`--force` overwrites it, `--dry-run` shows what would change".into()),
            ChangeError::Meanwhile { .. } => Some("run the command again".into()),
            ChangeError::NotAFile { .. } => Some("choose another place".into()),
            ChangeError::Outside { .. } | ChangeError::NotText { .. } | ChangeError::Write { .. } => None,
        }
    }
}

/// One file before and after. Holds what will stand in a repository in clear: never a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    /// Nothing where there is no such file yet.
    before: Option<String>,
    after: String,
    /// A new file may be run.
    executable: bool,
}

/// The files that are to be written below one folder, the repository's root.
#[derive(Debug, Clone)]
pub struct Plan {
    root: PathBuf,
    changes: BTreeMap<RepoPath, Change>,
}

impl Plan {
    /// Nothing to write yet, below this folder.
    pub fn new(root: &Path) -> Self {
        Plan { root: root.to_owned(), changes: BTreeMap::new() }
    }

    /// The folder that the files lie in.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a file really lies, relative to the root: Nix too follows a symlink before it reads a path.
    pub fn real_path(&self, path: &str) -> Result<RepoPath, ChangeError> {
        let outside = || ChangeError::Outside { path: path.to_owned() };
        let refused = |source| ChangeError::Write { path: path.to_owned(), source };
        let root = fs::canonicalize(&self.root).map_err(refused)?;
        let target = target(&root, path)?;
        let names = target.strip_prefix(&root).map_err(|_| outside())?.iter().map(|name| name.to_str());
        names.collect::<Option<Vec<_>>>().map(|names| names.join("/").as_str().into()).ok_or_else(outside)
    }

    /// The text of a file as it will be after this plan; nothing where there is none.
    pub fn text(&self, path: &str) -> Result<Option<String>, ChangeError> {
        match self.changes.get(path) {
            Some(change) => Ok(Some(change.after.clone())),
            None => read(&self.root, path),
        }
    }

    /// Makes a file. One that is there and holds something else stays, unless it is forced away.
    pub fn create(&mut self, path: &str, text: String, force: bool) -> Result<(), ChangeError> {
        match self.text(path)? {
            Some(before) if before != text && !force => Err(ChangeError::Exists { path: path.into() }),
            _ => self.write(path, text),
        }
    }

    /// Makes a file that may be run; there is none yet.
    pub fn create_executable(&mut self, path: &str, text: String) -> Result<(), ChangeError> {
        self.create(path, text, false)?;
        if let Some(change) = self.changes.get_mut(path) {
            change.executable = true;
        }
        Ok(())
    }

    /// Makes a file or replaces all its text: that of a file that was read, edited in places.
    pub fn write(&mut self, path: &str, text: String) -> Result<(), ChangeError> {
        let before = match self.changes.remove(path) {
            Some(change) => change.before,
            None => read(&self.root, path)?,
        };
        if before.as_ref() != Some(&text) {
            self.changes.insert(path.into(), Change { before, after: text, executable: false });
        }
        Ok(())
    }

    /// Replaces the text of a file that was read some time ago; if it is another one by now, nothing is written.
    pub fn edit(&mut self, path: &str, read: &str, text: String) {
        let before = match self.changes.remove(path) {
            Some(change) => change.before,
            None => Some(read.to_owned()),
        };
        if before.as_ref() != Some(&text) {
            self.changes.insert(path.into(), Change { before, after: text, executable: false });
        }
    }

    /// Whether everything is already as it should be.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The files that change; whether each is new.
    pub fn files(&self) -> impl Iterator<Item = (&RepoPath, bool)> {
        self.changes.iter().map(|(path, change)| (path, change.before.is_none()))
    }

    /// All changes as a unified diff, as `git apply` takes it.
    pub fn diff(&self) -> String {
        self.changes.iter().map(|(path, Change { before, after, .. })| diff(path, before.as_deref(), after)).collect()
    }

    /// Writes every file, or none: each beside its place first, then all renamed; if that fails half way,
    /// what was replaced is put back.
    pub fn apply(&self) -> Result<(), ChangeError> {
        let mut made = Made::default();
        let mut ready = Vec::new();
        for (path, change) in &self.changes {
            if read(&self.root, path)? != change.before {
                return Err(ChangeError::Meanwhile { path: path.clone() });
            }
            let refused = |source| ChangeError::Write { path: path.to_string(), source };
            let target = target(&self.root, path)?;
            made.folder_of(&target).map_err(refused)?;
            let beside = beside(&target, &change.after, change.executable).map_err(refused)?;
            ready.push((path, target, beside, change.before.as_deref()));
        }
        for (path, target, beside, before) in ready {
            let kept = beside.persist(&target).map_err(|error| error.error);
            kept.map_err(|source| ChangeError::Write { path: path.to_string(), source })?;
            made.written.push((target, before));
        }
        made.stays = true;
        Ok(())
    }
}

/// What writing one file would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// There is none yet.
    Makes,
    /// It replaces what is there.
    Replaces,
    /// The file holds this already.
    Nothing,
}

/// What writing a text into one file, which may lie anywhere, would do; `None` is a text that is not known yet. One
/// that is there and holds something else stays, unless it is forced away. A link is not followed: what it leads to
/// is not what was named.
pub fn effect(path: &Path, text: Option<&str>, force: bool) -> Result<Effect, ChangeError> {
    let shown = path.display().to_string();
    match held(path, fs::symlink_metadata(path), &shown)? {
        None => Ok(Effect::Makes),
        Some(before) if text.is_some_and(|text| before == text.as_bytes()) => Ok(Effect::Nothing),
        Some(_) if force => Ok(Effect::Replaces),
        Some(_) => Err(ChangeError::Exists { path: shown.as_str().into() }),
    }
}

/// Writes one file that lies anywhere, whole or not at all, as [`effect`] says.
pub fn write_one(path: &Path, text: &str, force: bool) -> Result<(), ChangeError> {
    let refused = |source| ChangeError::Write { path: path.display().to_string(), source };
    match effect(path, Some(text), force)? {
        Effect::Nothing => return Ok(()),
        Effect::Replaces => {}
        Effect::Makes => fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(refused)?,
    }
    // `./NAME` for a bare name: a file beside it lies in the same folder.
    let path = Path::new(".").join(path);
    let file = beside(&path, text, false).map_err(refused)?;
    file.persist(&path).map(drop).map_err(|error| refused(error.error))
}

/// A unified diff of one file. It names an absolute path without its first `/`, as git does.
pub fn diff(path: &str, before: Option<&str>, after: &str) -> String {
    let path = path.trim_start_matches('/');
    let lines = TextDiff::from_lines(before.unwrap_or_default(), after);
    let (old, new) = match before {
        Some(_) => (format!("a/{path}"), format!("b/{path}")),
        None => ("/dev/null".to_owned(), format!("b/{path}")),
    };
    lines.unified_diff().header(&old, &new).to_string()
}

/// What was made so far; taken back unless it stays.
#[derive(Default)]
struct Made<'a> {
    folders: Vec<PathBuf>,
    written: Vec<(PathBuf, Option<&'a str>)>,
    stays: bool,
}

impl Made<'_> {
    fn folder_of(&mut self, target: &Path) -> io::Result<()> {
        let missing: Vec<&Path> = target.ancestors().skip(1).take_while(|folder| !folder.exists()).collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder)?;
            self.folders.push(folder.to_owned());
        }
        Ok(())
    }
}

impl Drop for Made<'_> {
    fn drop(&mut self) {
        if self.stays {
            return;
        }
        // The error that led here is told; there is nobody to tell a second one.
        for (path, before) in self.written.iter().rev() {
            let _ = match before {
                Some(before) => beside(path, before, false).and_then(|file| Ok(file.persist(path).map(drop)?)),
                None => fs::remove_file(path),
            };
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Where a file is really written: a symlink stays one, and may not lead out of the repository.
fn target(root: &Path, path: &str) -> Result<PathBuf, ChangeError> {
    let outside = || ChangeError::Outside { path: path.to_owned() };
    let is_inside = |part: Component<'_>| matches!(part, Component::Normal(_));
    if path.is_empty() || !Path::new(path).components().all(is_inside) {
        return Err(outside());
    }
    let refused = |source| ChangeError::Write { path: path.to_owned(), source };
    let root = fs::canonicalize(root).map_err(refused)?;
    let whole = root.join(path);
    let there = whole.ancestors().find(|path| fs::symlink_metadata(path).is_ok()).unwrap_or(&root);
    let real = fs::canonicalize(there).map_err(refused)?;
    if !real.starts_with(&root) {
        return Err(outside());
    }
    let rest = whole.strip_prefix(there).unwrap_or(Path::new(""));
    Ok(if rest.as_os_str().is_empty() { real } else { real.join(rest) })
}

fn read(root: &Path, path: &str) -> Result<Option<String>, ChangeError> {
    let target = target(root, path)?;
    let bytes = held(&target, fs::metadata(&target), path)?;
    bytes.map(String::from_utf8).transpose().map_err(|_| ChangeError::NotText { path: path.into() })
}

/// What a regular file holds; nothing where there is none. Anything else is not opened: a pipe would wait for a
/// writer, and a file in the place of a device would break the machine.
fn held(path: &Path, metadata: io::Result<Metadata>, shown: &str) -> Result<Option<Vec<u8>>, ChangeError> {
    let refused = |source| ChangeError::Write { path: shown.to_owned(), source };
    match metadata {
        Ok(metadata) if metadata.is_file() => fs::read(path).map(Some).map_err(refused),
        Ok(_) => Err(ChangeError::NotAFile { path: shown.into() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(refused(source)),
    }
}

/// The text in a file beside its place, with the permissions that it will have there.
fn beside(target: &Path, text: &str, executable: bool) -> io::Result<NamedTempFile> {
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".sealnix-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Those of any new file: the umask takes from them.
        builder.permissions(fs::Permissions::from_mode(if executable { 0o777 } else { 0o666 }));
    }
    #[cfg(not(unix))]
    let _ = executable;
    let mut file = builder.tempfile_in(folder)?;
    if let Some(permissions) = fs::metadata(target).ok().as_ref().map(Metadata::permissions) {
        file.as_file().set_permissions(permissions)?;
    }
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}
