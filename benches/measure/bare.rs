//! What any tool has to do: the bare rnix parse of a repository's Nix files.

use std::hint::black_box;
use std::path::{Path, PathBuf};

/// The Nix files below a folder.
pub fn nix_files(tree: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(tree).into_iter().filter_entry(|entry| entry.file_name() != ".git");
    let files = entries.map(|entry| entry.unwrap()).filter(|entry| entry.file_type().is_file());
    files.map(walkdir::DirEntry::into_path).filter(|path| path.extension().is_some_and(|end| end == "nix")).collect()
}

/// Reads and parses a file, and nothing else.
pub fn parse(file: &Path) {
    if let Ok(text) = std::fs::read_to_string(file) {
        black_box(rnix::Root::parse(&text));
    }
}
