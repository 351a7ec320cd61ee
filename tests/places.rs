//! The promise: what sealnix says reaches the places where people work, in the form that those take.

mod action;
mod github;
mod index;
mod pre_commit;
mod sarif;
mod shell;
mod staged;
#[cfg(unix)]
mod terminal;

use std::fs;
use std::path::Path;

use crate::support::scratch::{Scratch, fixtures};

/// The fleet with its five mistakes, in a git repository of its own.
fn fleet() -> Scratch {
    Scratch::copy_of(&fixtures().join("fleet"), &["expected.json"], &[])
}

/// A git repository with these files.
fn repository(files: &[(&str, &str)]) -> Scratch {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(path, text)| write(folder.path(), path, text));
    Scratch::copy_of(folder.path(), &[], &[])
}

/// Writes a file and the folders above it.
fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A flake with one host that has a key, whose module this is.
fn flake(module: &str) -> String {
    format!(
        "{{\n  outputs = {{ nixpkgs, sops-nix, ... }}: {{\n    nixosConfigurations.web = nixpkgs.lib.nixosSystem {{\n      \
         modules = [\n        sops-nix.nixosModules.sops\n        {{ sops.age.keyFile = \"/var/lib/key.txt\"; }}\n        {module}\n      ];\n    }};\n  }};\n}}\n"
    )
}
