//! Which files `.gitattributes` give to a filter that encrypts: as git itself says.

use std::fs;
use std::path::Path;
use std::process::Command;

use sealnix::source::{Text, Tree};
use tempfile::TempDir;

/// What `git check-attr` says of a path's filter.
fn said_by_git(folder: &Path, path: &str) -> String {
    let output = Command::new("git")
        .args(["check-attr", "filter", "--", path])
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git is installed");
    let line = String::from_utf8(output.stdout).unwrap();
    line.trim().rsplit(": ").next().unwrap_or_default().to_owned()
}

/// Files of attributes, a path, and whether it is encrypted.
type Case = (&'static [(&'static str, &'static str)], &'static str, bool);

const CASES: &[Case] = &[
    (&[(".gitattributes", "secrets/** filter=git-crypt diff=git-crypt\n")], "secrets/a.nix", true),
    (&[(".gitattributes", "secrets/** filter=git-crypt\n")], "a.nix", false),
    (&[(".gitattributes", "*.nix filter=git-crypt-other\n")], "a/b.nix", true),
    (&[(".gitattributes", "*.nix filter=lfs\n")], "a.nix", false),
    // The last line that says anything of the filter counts, in whatever way.
    (&[(".gitattributes", "*.nix filter=git-crypt\na.nix -filter\n")], "a.nix", false),
    (&[(".gitattributes", "a.nix -filter\n*.nix filter=git-crypt\n")], "a.nix", true),
    (&[(".gitattributes", "*.nix filter=git-crypt\na.nix !filter\n")], "a.nix", false),
    (&[(".gitattributes", "*.nix filter=git-crypt\na.nix text\n")], "a.nix", true),
    (&[(".gitattributes", "*.nix filter=lfs filter=git-crypt\n")], "a.nix", true),
    (&[(".gitattributes", "*.nix filter=git-crypt filter=lfs\n")], "a.nix", false),
    // The innermost folder comes first, though only where it says something of the filter.
    (&[(".gitattributes", "*.nix filter=git-crypt\n"), ("a/.gitattributes", "*.nix -filter\n")], "a/b.nix", false),
    (&[(".gitattributes", "*.nix -filter\n"), ("a/.gitattributes", "*.nix filter=git-crypt\n")], "a/b.nix", true),
    (&[(".gitattributes", "*.nix filter=git-crypt\n"), ("a/.gitattributes", "*.nix text\n")], "a/b.nix", true),
    (&[("a/.gitattributes", "b.nix filter=git-crypt\n")], "b.nix", false),
    // A pattern that matches a folder says nothing of what is in it.
    (&[(".gitattributes", "secrets filter=git-crypt\n")], "secrets/a.nix", false),
    (&[(".gitattributes", "secrets/ filter=git-crypt\n")], "secrets/a.nix", false),
    (&[(".gitattributes", "secrets/* filter=git-crypt\n")], "secrets/a/b.nix", false),
    // Comments, patterns that git refuses, and one with blanks.
    (&[(".gitattributes", "# a.nix filter=git-crypt\n")], "a.nix", false),
    (&[(".gitattributes", "!a.nix filter=git-crypt\n")], "a.nix", false),
    (&[(".gitattributes", "\"a b.nix\" filter=git-crypt\n")], "a b.nix", true),
    // Macros: of the root's file alone, before or behind their use, one of another, and only where they are set.
    (&[(".gitattributes", "[attr]sealed filter=git-crypt diff=git-crypt\n*.nix sealed\n")], "a.nix", true),
    (&[(".gitattributes", "*.nix sealed\n[attr]sealed filter=git-crypt\n")], "a.nix", true),
    (&[(".gitattributes", "[attr]sealed filter=git-crypt\n*.nix -sealed\n")], "a.nix", false),
    (&[(".gitattributes", "[attr]sealed filter=git-crypt\n")], "sealed", false),
    (&[(".gitattributes", "[attr]sealed filter=git-crypt\n"), ("a/.gitattributes", "*.nix sealed\n")], "a/b.nix", true),
    (&[("a/.gitattributes", "[attr]sealed filter=git-crypt\n*.nix sealed\n")], "a/b.nix", false),
    (&[(".gitattributes", "[attr]outer inner\n[attr]inner filter=git-crypt\n*.nix outer\n")], "a.nix", true),
    (&[(".gitattributes", "[attr]sealed filter=git-crypt\n*.nix sealed\na.nix -filter\n")], "a.nix", false),
    (&[(".gitattributes", "[attr]sealed filter=git-crypt\n*.nix sealed -filter\n")], "a.nix", false),
    (&[(".gitattributes", "[attr]sealed filter=git-crypt\n*.nix -filter sealed\n")], "a.nix", true),
    (&[(".gitattributes", "[attr]s filter=git-crypt\n[attr]s filter=lfs\n*.nix s\n")], "a.nix", false),
    (&[(".gitattributes", "[attr]s filter=lfs\n[attr]s filter=git-crypt\n*.nix s\n")], "a.nix", true),
    (&[(".gitattributes", "[attr]a b\n[attr]b a\n*.nix a\n")], "a.nix", false),
    (&[(".gitattributes", "*.nix filter=git-crypt\r\na.txt text\r\n")], "a.nix", true),
];

#[test]
fn as_git_says() {
    for (files, path, is_encrypted) in CASES {
        let scratch = TempDir::new().unwrap();
        let init = Command::new("git").args(["init", "--quiet"]).current_dir(scratch.path()).status();
        assert!(init.expect("git is installed").success());
        let mut tree = Tree::default();
        for (name, text) in *files {
            let file = scratch.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
            tree.texts.insert((*name).into(), Text::new((*name).into(), *text));
        }
        let by_git = said_by_git(scratch.path(), path);
        assert_eq!(by_git.starts_with("git-crypt"), *is_encrypted, "git on {files:?} {path}: {by_git}");
        assert_eq!(tree.encrypted(path).is_some(), *is_encrypted, "{files:?} {path}");
    }
}
