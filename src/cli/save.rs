//! Writing a result into a file.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file that is there in whole or not at all: written beside its place and renamed. Straight
/// into its place where that folder takes no other file, as with macOS' build sandbox, where a
/// builder writes nothing but `$out`; and into what is no regular file, such as `/dev/stderr`.
pub fn save(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return fs::write(path, content);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    match OpenOptions::new().write(true).create_new(true).open(&beside) {
        Ok(mut file) => {
            // What nobody else may read stays so.
            let as_before = fs::metadata(path).map_or(Ok(()), |found| file.set_permissions(found.permissions()));
            let written = as_before.and_then(|()| file.write_all(content)).and_then(|()| fs::rename(&beside, path));
            written.inspect_err(|_| drop(fs::remove_file(&beside)))
        }
        Err(_) => fs::write(path, content),
    }
}
