//! The Nix expressions that are evaluated: `nix/evaluate.nix` called with what a host needs. Everything is
//! in the one argument, so that nothing need be written to disk.

use std::path::Path;
use std::sync::LazyLock;

use super::hosts::Wanted;
use super::{Error, Repository};
use crate::manifest::HostKind;
use crate::source::git::WorkTree;
use crate::source::start::is_flake;

/// `nix/evaluate.nix` with the files that it is given, and those with what they import.
static EVALUATE: LazyLock<String> = LazyLock::new(|| {
    let evaluate = include_str!("../../nix/evaluate.nix");
    let colmena = include_str!("../../nix/colmena.nix");
    let manifest = PARTS.iter().fold(include_str!("../../nix/manifest.nix").to_owned(), |text, (name, part)| {
        text.replace(&format!("import ./manifest/{name}.nix"), &format!("(\n{part})"))
    });
    format!("(\n{evaluate}) {{ manifest = (\n{manifest}); colmena = (\n{colmena}); }}")
});

/// What `nix/manifest.nix` imports.
const PARTS: &[(&str, &str)] = &[
    ("facts", include_str!("../../nix/manifest/facts.nix")),
    ("files", include_str!("../../nix/manifest/files.nix")),
    ("definitions", include_str!("../../nix/manifest/definitions.nix")),
    ("agenix", include_str!("../../nix/manifest/agenix.nix")),
    ("search", include_str!("../../nix/manifest/search.nix")),
    ("sops", include_str!("../../nix/manifest/sops.nix")),
    ("homes", include_str!("../../nix/manifest/homes.nix")),
    ("containers", include_str!("../../nix/manifest/containers.nix")),
    ("nested", include_str!("../../nix/manifest/nested.nix")),
    ("accounts", include_str!("../../nix/manifest/accounts.nix")),
    ("units", include_str!("../../nix/manifest/units.nix")),
];

/// Where Nix reads the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source<'a> {
    /// As a flake.
    Flake {
        /// What `builtins.getFlake` is given.
        url: String,
        /// Where the repository is in the flake's source, empty or with a `/` first.
        folder: String,
    },
    /// As a file on disk.
    File {
        /// The repository's root.
        root: &'a str,
        /// The file, relative to it.
        entry: &'a str,
    },
}

impl<'a> Source<'a> {
    /// Where Nix reads this repository: of a flake in a git repository only what git tracks.
    pub fn of(repository: Repository<'a>) -> Result<Self, Error> {
        let tree = repository.tree;
        let cannot = |why: String| Error::Where { path: tree.root.clone(), why };
        let text = |path: &'a Path| path.to_str().ok_or_else(|| cannot("it is not UTF-8".to_owned()));
        let root = text(&tree.root)?;
        let entry = &**repository.entry;
        if !is_flake(entry) {
            return Ok(Source::File { root, entry });
        }
        let flake_folder = entry.strip_suffix("flake.nix").unwrap_or_default().trim_end_matches('/');
        let work_tree = WorkTree::around(&tree.root).map_err(|error| cannot(error.to_string()))?;
        let (scheme, top) = match &work_tree {
            Some(work_tree) => ("git+file://", work_tree.top().to_str().unwrap_or(root)),
            None => ("path:", root),
        };
        let folder = below(root, top);
        let dir = format!("{folder}/{flake_folder}");
        let dir = dir.trim_matches('/');
        let mut query = Vec::new();
        if !dir.is_empty() {
            query.push(format!("dir={}", percent_encoded(dir, "/")));
        }
        // Nix wants to be told, as it cannot count the revisions of such a clone.
        if work_tree.as_ref().is_some_and(WorkTree::is_shallow) {
            query.push("shallow=1".to_owned());
        }
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        // Old versions, 2.8 among them, do not undo the encoding of a path: only what must be is encoded.
        let url = format!("{scheme}{}{query}", percent_encoded(top, "/!$&'()*+,;=:@"));
        Ok(Source::Flake { url, folder: folder.to_owned() })
    }

    /// Whether the url is percent-encoded.
    pub fn is_encoded(&self) -> bool {
        matches!(self, Source::Flake { url, .. } if url.split('?').next().is_some_and(|path| path.contains('%')))
    }

    /// What gives the hosts in these outputs of the flake.
    pub fn listing(&self, outputs: &[&str]) -> String {
        let Source::Flake { url, .. } = self else { return "null".to_owned() };
        format!("({}).hostsOf {{ flake = {}; outputs = {}; }}", *EVALUATE, string(url), list(outputs))
    }

    /// What gives the manifest of a host, with or without its units.
    pub fn host(&self, wanted: &Wanted, units: bool) -> String {
        let Wanted { kind, name, attr, path } = wanted;
        let (function, own) = match self {
            Source::Flake { url, folder } => {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let place = format!("flake = {}; folder = {};", string(url), string(folder));
                ("inFlake", format!("{place} path = {};", list(&path)))
            }
            Source::File { root, entry } => {
                let file_name = entry.rsplit('/').next().unwrap_or(entry);
                let file = format!("file = /. + {};", string(&format!("{root}/{entry}")));
                let names = format!("fileName = {}; attr = {};", string(file_name), string(attr));
                ("inFile", format!("root = {}; {file} {names}", string(root)))
            }
        };
        let kind = match kind {
            HostKind::Nixos => "nixos",
            HostKind::Darwin => "darwin",
            HostKind::Home => "home",
        };
        let host = format!("kind = {}; name = {};", string(kind), string(name));
        format!("({}).{function} {{ {own} {host} units = {units}; }}", *EVALUATE)
    }
}

/// Where a folder is below the top of its work tree, empty or with a `/` first. The top may be `/` itself.
fn below<'r>(root: &'r str, top: &str) -> &'r str {
    root.strip_prefix(top.trim_end_matches('/')).unwrap_or_default()
}

/// A text as Nix code.
fn string(text: &str) -> String {
    let mut code = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' | '$' => code.extend(['\\', character]),
            '\n' => code.push_str("\\n"),
            '\r' => code.push_str("\\r"),
            _ => code.push(character),
        }
    }
    code + "\""
}

fn list(texts: &[&str]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| string(text)).collect();
    format!("[ {} ]", texts.join(" "))
}

/// Percent-encodes all but letters, digits, `-._~` and what `keep` has (RFC 3986, 2.3).
fn percent_encoded(text: &str, keep: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        let character = char::from(byte);
        if byte.is_ascii_alphanumeric() || "-._~".contains(character) || byte.is_ascii() && keep.contains(character) {
            encoded.push(character);
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Linux gives one argument 32 pages (execve(2)); a path may take a few of the bytes.
    const LONGEST_ARGUMENT: usize = 128 * 1024;

    #[test]
    fn the_code_is_whole_and_leaves_room_in_an_argument() {
        assert!(!EVALUATE.contains("import ./"), "a file is imported that is not in PARTS");
        assert!(EVALUATE.len() < LONGEST_ARGUMENT / 2, "{}", EVALUATE.len());
    }

    #[test]
    fn a_text_is_the_same_text_in_nix() {
        assert_eq!(string("a\"b\\c${d}\n"), r#""a\"b\\c\${d}\n""#);
    }

    #[test]
    fn a_folder_below_the_top_begins_with_a_slash() {
        assert_eq!(below("/etc/nixos", "/"), "/etc/nixos");
        assert_eq!(below("/srv/fleet/nix", "/srv/fleet"), "/nix");
        assert_eq!(below("/srv/fleet", "/srv/fleet"), "");
    }

    #[test]
    fn a_path_keeps_what_a_url_may_hold() {
        assert_eq!(percent_encoded("/a b/ü%#?+", "/+"), "/a%20b/%C3%BC%25%23%3F+");
    }
}
