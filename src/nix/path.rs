//! Paths of an evaluation: the repository and absent flake inputs stand in the Nix store, as they
//! would in a flake, under names that no real store path has.

use std::borrow::Cow;

/// What the repository's root is called during evaluation.
pub const REPOSITORY: &str = "/nix/store/00000000000000000000000000000000-source";

/// What every path of an evaluation begins with, up to its name.
const STORE: &str = "/nix/store/00000000000000000000000000000000-";

const INPUT_PREFIX: &str = "/nix/store/00000000000000000000000000000000-input:";

/// Where an absolute path of an evaluation lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant says what its fields are")]
pub enum Located<'p> {
    /// In the repository; "" is its root.
    Repository(&'p str),
    /// In a flake input; `path` is `input:NAME/rest`, which is what a tree calls it that has the input.
    Input { name: &'p str, rest: &'p str, path: &'p str },
    /// Anywhere else.
    Outside(&'p str),
}

/// Where a path lies.
pub fn locate(path: &str) -> Located<'_> {
    if let Some(rest) = path.strip_prefix(REPOSITORY) {
        match rest.strip_prefix('/') {
            Some(rest) => return Located::Repository(rest),
            None if rest.is_empty() => return Located::Repository(""),
            None => {}
        }
    }
    if let (Some(rest), Some(path)) = (path.strip_prefix(INPUT_PREFIX), path.strip_prefix(STORE)) {
        let (name, rest) = rest.split_once('/').unwrap_or((rest, ""));
        return Located::Input { name, rest, path };
    }
    Located::Outside(path)
}

/// What a path is called in the output: relative to the repository, `input:NAME/rest`, or absolute.
pub fn display(path: &str) -> String {
    match locate(path) {
        Located::Repository("") => ".".to_owned(),
        Located::Repository(rest) => rest.to_owned(),
        Located::Input { path, .. } => path.to_owned(),
        Located::Outside(path) => path.to_owned(),
    }
}

/// The path that stands for a file of the repository, or for `input:NAME/path`.
pub fn in_repository(relative: &str) -> String {
    if relative.starts_with("input:") {
        return format!("{STORE}{relative}");
    }
    if relative.is_empty() { REPOSITORY.to_owned() } else { format!("{REPOSITORY}/{relative}") }
}

/// A file of a folder, as the tree calls both: "" is the root.
pub fn file_in(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The path that stands for a flake input.
pub fn of_input(name: &str) -> String {
    format!("{INPUT_PREFIX}{name}")
}

/// Resolves `.`, `..` and repeated slashes of an absolute path.
pub fn normalise(path: &str) -> Cow<'_, str> {
    let is_plain = |part: &[u8]| !matches!(part, b"" | b"." | b"..");
    if path.as_bytes().strip_prefix(b"/").is_some_and(|rest| rest.split(|&byte| byte == b'/').all(is_plain)) {
        return Cow::Borrowed(path);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() { Cow::Borrowed("/") } else { Cow::Owned(format!("/{}", parts.join("/"))) }
}

/// The folder that a path lies in.
pub fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((parent, _)) => parent,
    }
}
