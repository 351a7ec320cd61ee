//! Which files' texts are read: what has a known name, and what looks like sops.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use rayon::prelude::*;

use super::place::RepoPath;
use super::text::Text;
use super::tree::{Entry, NotLooked, Tree};

const MIB: u64 = 1 << 20;
/// Largest file of a kind that is read for its name, and largest sops file in a format of sops.
pub(super) const MAX_NAMED: u64 = 16 * MIB;
/// Largest data file that is kept whatever it holds: it may be a plaintext that should be sealed.
const MAX_PLAIN: u64 = MIB;
/// Largest file of any other name that is searched for sops' marks.
const MAX_OTHER: u64 = 4 * MIB;
/// Largest script that is kept.
const MAX_SCRIPT: u64 = 256 << 10;
/// Largest file that is read in one go, text or not.
const SMALL: u64 = 64 << 10;
/// A file with a NUL among its first bytes is no text.
const HEAD: u64 = 8 << 10;
/// Sops writes its metadata last: enough of a large file to see it.
pub(super) const TAIL: u64 = 64 << 10;

/// Why a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Its name says that it matters.
    Named,
    /// A public key. One that is no text (of GPG, or encrypted itself by git-crypt) names no recipient.
    Key,
    /// A format that sops writes.
    Data,
    /// What may open sops files without Nix: kept for the paths that it names.
    Script,
    /// Anything: sops' binary store knows no names.
    Other,
}

/// Reads the tree's files in parallel: the texts, and what should have been one and is not. How large each is shows
/// only here, where it is open.
pub(super) fn texts(tree: &mut Tree) -> (BTreeMap<RepoPath, Text>, Vec<NotLooked>) {
    let Tree { root, files, .. } = tree;
    let files: Vec<_> = files.iter_mut().collect();
    let read = |(path, entry): (&RepoPath, &mut Entry)| {
        let content;
        (entry.size, content) = sized(&root.join(&**path), path);
        match content {
            Ok(content) => Some(Ok(Text::new(path.clone(), content?))),
            Err(why) => Some(Err(NotLooked { path: path.clone(), why })),
        }
    };
    let found: Vec<_> = files.into_par_iter().filter_map(read).collect();
    let mut texts = BTreeMap::new();
    let mut not_looked = Vec::new();
    for result in found {
        match result {
            Ok(text) => drop(texts.insert(text.path().clone(), text)),
            Err(unread) => not_looked.push(unread),
        }
    }
    (texts, not_looked)
}

/// The size of a file, and its text if it matters; an error if it does and cannot be had: why, as a clause.
fn sized(on_disk: &Path, path: &str) -> (u64, Result<Option<String>, String>) {
    match File::open(on_disk) {
        Ok(mut file) => {
            let size = file.metadata().map_or(0, |metadata| metadata.len());
            (size, text(&mut file, path, size))
        }
        Err(error) => (fs::metadata(on_disk).map_or(0, |metadata| metadata.len()), Err(unreadable(&error))),
    }
}

/// The text if it matters; an error if it does and cannot be had: why, as a clause.
pub(super) fn read(on_disk: &Path, path: &str, size: u64) -> Result<Option<String>, String> {
    text(&mut File::open(on_disk).map_err(|error| unreadable(&error))?, path, size)
}

/// The same of a file that is open.
pub(super) fn text(file: &mut (impl Read + Seek), path: &str, size: u64) -> Result<Option<String>, String> {
    let role = role(path);
    let limit = if matches!(role, Role::Other | Role::Script) { MAX_OTHER } else { MAX_NAMED };
    if size > limit {
        let too_large = format!("is larger than {} MiB", limit / MIB);
        let matters =
            role == Role::Named || role == Role::Key || tail_is_sops(file).map_err(|error| unreadable(&error))?;
        return if matters { Err(too_large) } else { Ok(None) };
    }
    // With room to see that it ends there.
    let mut bytes = Vec::with_capacity(size as usize + 64);
    let first = if size <= SMALL { limit } else { HEAD };
    file.by_ref().take(first).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    let is_text = role == Role::Named || !bytes.iter().take(HEAD as usize).any(|&byte| byte == 0);
    if !is_text && role != Role::Data {
        return Ok(None);
    }
    if size > SMALL {
        // It may have grown since its size was taken.
        file.take(limit).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    }
    if !is_text {
        // UTF-16 is every second byte a NUL.
        bytes.retain(|&byte| byte != 0);
        return if looks_like_sops(&String::from_utf8_lossy(&bytes)) { Err("is not UTF-8".into()) } else { Ok(None) };
    }
    match String::from_utf8(bytes) {
        Ok(text) if matches!(role, Role::Named | Role::Key) => Ok(Some(text)),
        Ok(text) if role == Role::Data && size <= MAX_PLAIN => Ok(Some(text)),
        Ok(text) if role == Role::Script && size <= MAX_SCRIPT => Ok(Some(text)),
        Ok(text) if holds_private_key(&text) => Ok(Some(text)),
        Ok(text) => Ok(looks_like_sops(&text).then_some(text)),
        Err(error) => {
            let matters = role == Role::Named || looks_like_sops(&String::from_utf8_lossy(error.as_bytes()));
            if matters { Err("is not UTF-8".into()) } else { Ok(None) }
        }
    }
}

fn role(path: &str) -> Role {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match (name, extension) {
        (".sops.yaml" | ".sops.yml" | "flake.lock" | "sealnix.toml" | ".gitattributes", _) => Role::Named,
        (_, "nix") => Role::Named,
        (_, "pub") => Role::Key,
        _ if name.ends_with("known_hosts") => Role::Named,
        (_, "yaml" | "yml" | "json" | "env" | "ini") => Role::Data,
        (_, "tf" | "tfvars" | "hcl" | "sh" | "bash" | "fish" | "py" | "just" | "mk") => Role::Script,
        ("justfile" | "Justfile" | ".justfile" | "Makefile" | ".envrc", _) => Role::Script,
        _ => Role::Other,
    }
}

/// What a private key in clear cannot be without; the vault looks closer.
fn holds_private_key(text: &str) -> bool {
    text.contains("PRIVATE KEY") || text.contains("AGE-SECRET-KEY-")
}

/// Sops' metadata in any of its formats: `sops` as a key, a section or a prefix of keys, and what
/// only stands beside it.
fn looks_like_sops(text: &str) -> bool {
    const MARKS: [&str; 4] = ["ENC[AES256_GCM", "\"mac\"", "sops_mac", "lastmodified"];
    let is_sealed = text.contains("ENC[AES256_GCM,data:");
    is_sealed || text.contains("sops") && MARKS.iter().any(|mark| text.contains(mark))
}

fn tail_is_sops(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    file.seek(SeekFrom::End(-(TAIL as i64)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    Ok(looks_like_sops(&String::from_utf8_lossy(&tail)))
}

impl Tree {
    /// A whole file, if it is UTF-8.
    pub(super) fn whole(&self, path: &str) -> Option<String> {
        match self.staged_beginning(path, usize::MAX) {
            Some(bytes) => String::from_utf8(bytes.ok()?).ok(),
            None => fs::read_to_string(self.on_disk(path)).ok(),
        }
    }

    /// The first bytes of a file, `most` of them at most; an error as a clause.
    pub fn beginning(&self, path: &str, most: usize) -> Result<Vec<u8>, String> {
        if let Some(staged) = self.staged_beginning(path, most) {
            return staged;
        }
        let mut bytes = Vec::new();
        let file = File::open(self.on_disk(path)).map_err(|error| unreadable(&error))?;
        file.take(most as u64).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        Ok(bytes)
    }
}

/// An error of the system as a clause.
pub(super) fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "cannot be read: permission denied".into(),
        io::ErrorKind::NotFound => "cannot be read: it is gone".into(),
        _ => format!("cannot be read: {error}"),
    }
}
