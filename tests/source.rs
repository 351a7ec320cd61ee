//! The walk sees what Nix and git see: tracked, ignored, linked, unreadable.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use sealnix::source::{EntryPoint, Kind, Origin, Text, Tree, WalkError};
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        write(folder.path(), path, content);
    }
    folder
}

fn write(root: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"])
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn walk(root: &Path) -> Tree {
    Tree::walk(root).unwrap()
}

/// The files, `?` after those that git does not track.
fn files(tree: &Tree) -> Vec<String> {
    tree.files.iter().map(|(path, entry)| format!("{path}{}", if entry.tracked { "" } else { "?" })).collect()
}

fn texts(tree: &Tree) -> Vec<&str> {
    tree.texts.keys().map(|path| &**path).collect()
}

fn not_looked(tree: &Tree) -> Vec<(&str, &str)> {
    tree.not_looked.iter().map(|unread| (&*unread.path, &*unread.why)).collect()
}

#[test]
fn without_git_everything_is_tracked_and_nothing_ignored() {
    let folder = folder(&[("flake.nix", "{ }"), (".gitignore", "secret\n"), ("secret/a.yaml", "a: 1")]);
    let tree = walk(folder.path());
    assert!(!tree.git);
    assert_eq!(files(&tree), [".gitignore", "flake.nix", "secret/a.yaml"]);
    assert!(tree.is_visible("secret/a.yaml") && tree.exists("secret") && tree.exists("") && !tree.exists("secre"));
}

#[test]
fn tracked_untracked_and_ignored() {
    let folder = folder(&[
        ("flake.nix", "{ }"),
        ("new.nix", "{ }"),
        ("meant.nix", "{ }"),
        (".gitignore", "*.log\n/build/\nkept.log\n"),
        ("a.log", "x"),
        ("kept.log", "x"),
        ("build/tracked.nix", "1"),
        ("build/untracked.nix", "1"),
        ("build/deep/untracked.nix", "1"),
        ("sub/.gitignore", "!b.log\nc.txt\n"),
        ("sub/b.log", "x"),
        ("sub/c.txt", "x"),
        ("c.txt", "x"),
        ("private.txt", "x"),
    ]);
    let root = folder.path();
    git(root, &["init", "-q"]);
    git(root, &["add", "flake.nix"]);
    git(root, &["add", "-f", "kept.log", "build/tracked.nix"]);
    git(root, &["add", "-N", "meant.nix"]);
    write(root, ".git/info/exclude", "private.txt\n");
    let tree = walk(root);
    assert!(tree.git);
    let expected = [
        ".gitignore?",
        "build/tracked.nix",
        "c.txt?",
        "flake.nix",
        "kept.log",
        "meant.nix",
        "new.nix?",
        "sub/.gitignore?",
        "sub/b.log?",
    ];
    assert_eq!(files(&tree), expected);
    assert!(tree.is_visible("meant.nix") && !tree.is_visible("new.nix"));
    assert!(tree.exists("build") && !tree.exists("sub"));
    // What git itself says of the same tree.
    let output =
        Command::new("git").args(["ls-files", "-co", "--exclude-standard"]).current_dir(root).output().unwrap();
    let mut listed: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    listed.sort();
    assert_eq!(tree.files.keys().map(|path| path.to_string()).collect::<Vec<_>>(), listed);
}

#[test]
fn a_repository_without_an_index_tracks_nothing() {
    let folder = folder(&[("flake.nix", "{ }")]);
    git(folder.path(), &["init", "-q"]);
    assert_eq!(files(&walk(folder.path())), ["flake.nix?"]);
}

#[test]
fn a_damaged_index_is_an_error() {
    let folder = folder(&[("flake.nix", "{ }")]);
    git(folder.path(), &["init", "-q"]);
    for content in ["", "DIRC", &"DIRC\0\0\0\u{2}\0\0\0\u{7f}".repeat(9)] {
        write(folder.path(), ".git/index", content);
        assert!(matches!(Tree::walk(folder.path()), Err(WalkError::Git(_))));
    }
    assert!(matches!(Tree::walk(&folder.path().join("nowhere")), Err(WalkError::Root { .. })));
}

#[test]
fn a_root_inside_a_larger_work_tree() {
    let folder = folder(&[
        (".gitignore", "*.tmp\n"),
        ("nix/fleet/flake.nix", "{ }"),
        ("nix/fleet/a.tmp", "x"),
        ("nix/fleet/new.nix", "1"),
        ("other.nix", "1"),
    ]);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "nix/fleet/flake.nix", "other.nix"]);
    let tree = walk(&folder.path().join("nix/fleet"));
    assert_eq!(files(&tree), ["flake.nix", "new.nix?"]);
}

#[test]
fn a_linked_work_tree() {
    let folder = folder(&[("main/flake.nix", "{ }")]);
    let main = folder.path().join("main");
    git(&main, &["init", "-q"]);
    git(&main, &["add", "."]);
    git(&main, &["commit", "-qm", "x"]);
    git(&main, &["worktree", "add", "-q", "../linked"]);
    write(&main, ".git/info/exclude", "private\n");
    write(folder.path(), "linked/private", "x");
    write(folder.path(), "linked/new.nix", "1");
    assert_eq!(files(&walk(&folder.path().join("linked"))), ["flake.nix", "new.nix?"]);
}

#[test]
fn submodules_and_other_repositories_are_not_entered() {
    let folder = folder(&[("library/a.nix", "1"), ("main/flake.nix", "{ }"), ("main/foreign/b.nix", "1")]);
    for repository in ["library", "main/foreign", "main"] {
        let path = folder.path().join(repository);
        git(&path, &["init", "-q"]);
        git(&path, &["add", if repository == "main" { "flake.nix" } else { "." }]);
        git(&path, &["commit", "-qm", "x"]);
    }
    let main = folder.path().join("main");
    git(&main, &["submodule", "add", "-q", "../library", "library"]);
    assert!(main.join("library/a.nix").exists());
    let tree = walk(&main);
    assert_eq!(files(&tree), [".gitmodules", "flake.nix"]);
    assert!(tree.is_in_submodule("library") && tree.is_in_submodule("library/a.nix"));
    assert!(!tree.is_in_submodule("library.nix"));
}

#[test]
fn symlinks_stay_inside() {
    let outside = folder(&[("x.nix", "1"), ("y.txt", "1")]);
    let folder = folder(&[("flake.nix", "{ }"), ("hosts/a/secrets.yaml", "a: 1"), ("hosts/a/default.nix", "2")]);
    let root = folder.path();
    symlink("hosts/a/secrets.yaml", root.join("linked.yaml")).unwrap();
    symlink("a", root.join("hosts/b")).unwrap();
    symlink("..", root.join("hosts/a/up")).unwrap();
    symlink(".", root.join("self")).unwrap();
    symlink(outside.path().join("x.nix"), root.join("out.nix")).unwrap();
    symlink(outside.path().join("y.txt"), root.join("out.txt")).unwrap();
    symlink(outside.path(), root.join("result")).unwrap();
    symlink(outside.path(), root.join("result-doc")).unwrap();
    symlink("nowhere", root.join("broken.nix")).unwrap();
    let tree = walk(root);
    let expected = [
        "flake.nix",
        "hosts/a/default.nix",
        "hosts/a/secrets.yaml",
        "hosts/b/default.nix",
        "hosts/b/secrets.yaml",
        "linked.yaml",
    ];
    assert_eq!(files(&tree), expected);
    assert_eq!(&**tree.texts["linked.yaml"].content(), "a: 1");
    assert_eq!(&**tree.texts["hosts/b/default.nix"].path(), "hosts/b/default.nix");
    // `broken.nix` is nothing for Nix too.
    assert_eq!(not_looked(&tree), [("out.nix", "is a symlink that leads out of the repository")]);
    assert_eq!(tree.children("hosts").unwrap(), BTreeMap::from([("a", Kind::Directory), ("b", Kind::Symlink)]));
}

#[test]
fn a_link_is_seen_if_it_and_its_target_are_tracked() {
    let folder = folder(&[("a.nix", "1"), ("new.nix", "1")]);
    let root = folder.path();
    symlink("a.nix", root.join("good.nix")).unwrap();
    symlink("new.nix", root.join("dangling.nix")).unwrap();
    symlink("a.nix", root.join("untracked.nix")).unwrap();
    git(root, &["init", "-q"]);
    git(root, &["add", "a.nix", "good.nix", "dangling.nix"]);
    assert_eq!(files(&walk(root)), ["a.nix", "dangling.nix?", "good.nix", "new.nix?", "untracked.nix?"]);
}

#[test]
fn read_dir_shows_what_a_git_flake_holds() {
    let folder = folder(&[
        ("flake.nix", "{ }"),
        ("a/x.nix", "1"),
        ("a-b/y.nix", "1"),
        ("a.nix", "1"),
        ("a/deep/er/z.nix", "1"),
        ("new/n.nix", "1"),
        ("m/new.nix", "1"),
        ("m/old.nix", "1"),
    ]);
    let root = folder.path();
    symlink("a.nix", root.join("link.nix")).unwrap();
    git(root, &["init", "-q"]);
    git(root, &["add", "flake.nix", "a", "a-b", "a.nix", "m/old.nix", "link.nix"]);
    let tree = walk(root);
    let expected = [
        ("a", Kind::Directory),
        ("a-b", Kind::Directory),
        ("a.nix", Kind::Regular),
        ("flake.nix", Kind::Regular),
        ("link.nix", Kind::Symlink),
        ("m", Kind::Directory),
    ];
    assert_eq!(tree.children("").unwrap(), BTreeMap::from(expected));
    assert_eq!(tree.children("a").unwrap(), BTreeMap::from([("deep", Kind::Directory), ("x.nix", Kind::Regular)]));
    assert_eq!(tree.children("m").unwrap(), BTreeMap::from([("old.nix", Kind::Regular)]));
    assert_eq!(tree.children("new"), None);
    assert_eq!(tree.children("a.nix"), None);
}

const SEALED: &str = "a: ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]\nsops:\n  lastmodified: \"2026\"\n";

#[test]
fn the_texts_that_matter_are_read() {
    let folder = folder(&[
        ("a.nix", "1"),
        (".sops.yaml", "creation_rules: []"),
        ("flake.lock", "{}"),
        ("sealnix.toml", ""),
        ("key.pub", "ssh-ed25519 AAAA"),
        ("ssh_known_hosts", ""),
        (".gitattributes", ""),
        ("plain.yaml", "a: 1"),
        ("secret", SEALED),
        ("readme.md", "about sops"),
        ("notes.txt", "x"),
    ]);
    write(folder.path(), "picture.png", [b"sops lastmodified".as_slice(), &[0; 100]].concat());
    write(folder.path(), "large.yaml", format!("a: {}", "x".repeat(2 << 20)));
    write(folder.path(), "large-sealed.yaml", format!("b: {}\n{SEALED}", "x".repeat(2 << 20)));
    let tree = walk(folder.path());
    let expected = [
        ".gitattributes",
        ".sops.yaml",
        "a.nix",
        "flake.lock",
        "key.pub",
        "large-sealed.yaml",
        "plain.yaml",
        "sealnix.toml",
        "secret",
        "ssh_known_hosts",
    ];
    assert_eq!(texts(&tree), expected);
    assert_eq!(not_looked(&tree), []);
    assert_eq!(tree.files["picture.png"].size, 117);
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = folder(&[("fine.nix", "1")]);
    let root = folder.path();
    write(root, "latin.nix", b"\"\xe9\"");
    write(root, "latin.txt", b"\xe9");
    // A key of GPG, or one that git-crypt sealed: no recipient of ssh or age.
    write(root, "gpg.pub", b"\x99\x02\x0d\x04");
    write(root, "git-crypt.pub", b"\0GITCRYPT\0\xd9");
    write(root, "latin-sealed", [SEALED.as_bytes(), b"\xe9"].concat());
    write(root, "huge.yaml", format!("{}\n{SEALED}", "x: y\n".repeat(4 << 20)));
    write(root, "huge.json", "x".repeat(17 << 20));
    write(root, "huge.bin", format!("{}\n{SEALED}", "x: y\n".repeat(1 << 20)));
    let tree = walk(root);
    assert_eq!(texts(&tree), ["fine.nix"]);
    let expected = [
        ("huge.bin", "is larger than 4 MiB"),
        ("huge.yaml", "is larger than 16 MiB"),
        ("latin-sealed", "is not UTF-8"),
        ("latin.nix", "is not UTF-8"),
    ];
    assert_eq!(not_looked(&tree), expected);
}

#[test]
fn where_to_begin() {
    let folder = folder(&[
        ("repo/flake.nix", "{ }"),
        ("repo/default.nix", "{ }"),
        ("repo/hosts/a/configuration.nix", "{ }"),
        ("repo/deep/er/x.txt", ""),
        ("plain/hive.nix", "{ }"),
        ("empty/x.txt", ""),
        ("repository/.git/HEAD", ""),
        ("repository/default.nix", ""),
        ("repository/sub/x.txt", ""),
        ("below/nix/flake.nix", "{ }"),
        ("below/.direnv/flake.nix", "{ }"),
        ("two/a/flake.nix", "{ }"),
        ("two/b/c/flake.nix", "{ }"),
    ]);
    let base = fs::canonicalize(folder.path()).unwrap();
    let find = |path: Option<&str>, current: &str| {
        let found = EntryPoint::find(path.map(Path::new), &base.join(current)).ok()?;
        let root = found.root.strip_prefix(&base).unwrap().to_str().unwrap().to_owned();
        Some((root, found.entries.join(",")))
    };
    let found = |root: &str, entry: &str| Some((root.to_owned(), entry.to_owned()));
    assert_eq!(find(None, "repo/deep/er"), found("repo", "flake.nix,default.nix"));
    assert_eq!(find(None, "repository/sub"), found("repository", "default.nix"));
    assert_eq!(find(Some("repo"), ""), found("repo", "flake.nix,default.nix"));
    assert_eq!(find(Some("plain"), ""), found("plain", "hive.nix"));
    assert_eq!(find(Some("../../hosts/a"), "repo/deep/er"), found("repo/hosts/a", "configuration.nix"));
    assert_eq!(find(Some("repo/hosts/a/configuration.nix"), ""), found("repo", "hosts/a/configuration.nix"));
    assert_eq!(find(Some("empty"), ""), None);
    assert_eq!(find(Some("nowhere"), ""), None);
    // The one flake below; of several nobody can say which is meant.
    assert_eq!(find(Some("below"), ""), found("below", "nix/flake.nix"));
    let error = EntryPoint::find(Some(Path::new("two")), &base).unwrap_err().to_string();
    assert!(error.ends_with("below it are a/flake.nix, b/c/flake.nix"), "{error}");
}

#[test]
fn positions_count_characters_and_bytes() {
    let text = Text::new("a".into(), "ä\nbü c\n");
    let position = |byte| {
        let position = text.position(byte);
        (position.line, position.column, position.byte)
    };
    assert_eq!([position(0), position(1), position(2), position(3)], [(1, 1, 0), (1, 1, 0), (1, 2, 2), (2, 1, 3)]);
    assert_eq!([position(7), position(8), position(99)], [(2, 4, 7), (2, 5, 8), (3, 1, 9)]);
    // Nix counts columns in bytes.
    assert_eq!(text.offset_of_nix_position(2, 5), 7);
}

/// The forms of git-clone(1) and of flake references.
#[test]
fn the_owner_of_a_repository_is_read_from_its_url() {
    let origin = Origin::of_url("git@github.com:Ann/machines.git");
    assert!(origin.is_some());
    for same in [
        "https://github.com/ann/modules",
        "ssh://git@github.com/ann/modules.git",
        "git+ssh://git@github.com:22/ann/modules",
        "github:ann/modules/main",
    ] {
        assert_eq!(Origin::of_url(same), origin, "{same}");
    }
    for other in ["github:bob/modules", "gitlab:ann/modules", "https://git.example.org/ann/modules"] {
        assert_ne!(Origin::of_url(other), origin, "{other}");
    }
    for nobody in
        ["nixpkgs", "./modules", "/srv/modules", "path:./modules", "https://example.org", "file:///srv/git/modules"]
    {
        assert_eq!(Origin::of_url(nobody), None, "{nobody}");
    }
}

#[test]
fn the_remote_origin_says_who_owns_the_repository() {
    let folder = folder(&[("flake.nix", "{ }")]);
    let root = folder.path();
    git(root, &["init", "-q"]);
    assert_eq!(Tree::walk(root).unwrap().origin, None);
    git(root, &["remote", "add", "fork", "https://github.com/bob/machines"]);
    git(root, &["remote", "add", "origin", "git@github.com:Ann/machines.git"]);
    assert_eq!(Tree::walk(root).unwrap().origin, Origin::of_url("github:ann/machines"));
}
