//! `check --staged` where git's index is not the plain one: each is judged as what the next commit holds.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{flake, repository, write};
use crate::support::scratch::{Run, Scratch, fixtures, sealnix_in};

const STAGED: [&str; 2] = ["check", "--staged"];

const BAD: &str = "{ sops.secrets.token.sopsFile = ./none.yaml; }\n";

/// A repository whose host imports a module.
fn with_module(path: &str, text: &str) -> Scratch {
    repository(&[("flake.nix", &flake(&format!("./{path}"))), (path, text)])
}

fn commit(repository: &Scratch) {
    repository.git(&["-c", "user.name=n", "-c", "user.email=e", "commit", "--quiet", "--no-verify", "-m", "m"]);
}

#[track_caller]
fn says(run: &Run, code: i32, words: &str) {
    assert!(run.code == Some(code) && run.stdout.contains(words), "{:?} {}{}", run.code, run.stdout, run.stderr);
}

/// Runs git in a folder with a hook that calls sealnix; whether it succeeded, and what it said.
fn git_with_hook(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_sealnix")).parent().unwrap();
    let output = Command::new("git")
        .args(["-c", "user.name=n", "-c", "user.email=e"])
        .args(arguments)
        .current_dir(folder)
        .env("PATH", format!("{}:{}", program.display(), std::env::var("PATH").unwrap()))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[cfg(unix)]
fn install_hook(directory: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let hook = directory.join("hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\nexec sealnix check --staged\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
}

/// git commits line feeds; the work tree has others.
#[test]
fn line_ends_are_those_of_the_commit() {
    let repository = repository(&[]);
    let crlf = |text: &str| text.replace('\n', "\r\n");
    write(repository.path(), "flake.nix", &crlf(&flake("./web.nix")));
    write(repository.path(), "web.nix", &crlf("{\n  sops.secrets.a.sopsFile = ./none.yaml;\n}\n"));
    repository.git(&["-c", "core.autocrlf=true", "add", "."]);
    let run = repository.sealnix(&STAGED);
    says(&run, 1, "web.nix:2:16");
    assert!(!run.stdout.contains('\r'));
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_committed_all_the_same() {
    let repository = with_module("hosts/web/web.nix", BAD);
    write(repository.path(), "other/notes.md", "a\n");
    repository.git(&["add", "."]);
    commit(&repository);
    for index in ["--no-sparse-index", "--sparse-index"] {
        repository.git(&["sparse-checkout", "set", "--cone", index, "other"]);
        assert!(!repository.path().join("hosts").exists());
        says(&repository.sealnix(&STAGED), 1, "hosts/web/web.nix:1:");
        says(&sealnix_in(&repository.path().join("other"), &STAGED), 1, "hosts/web/web.nix:1:");
    }
}

#[test]
fn the_index_may_be_split_or_of_another_version_or_without_a_checksum() {
    for setting in ["core.splitIndex=true", "index.version=4", "index.skipHash=true"] {
        let repository = with_module("web.nix", BAD);
        repository.git(&["-c", setting, "update-index", "--force-write-index"]);
        commit(&repository);
        write(repository.path(), "notes.md", "a\n");
        repository.git(&["-c", setting, "add", "."]);
        says(&repository.sealnix(&STAGED), 1, "web.nix:1:");
    }
}

#[test]
fn what_git_would_not_commit_is_not_judged() {
    let repository = repository(&[("flake.nix", &flake("{ }"))]);
    commit(&repository);
    repository.git(&["checkout", "--quiet", "-b", "other"]);
    let change = |module: &str| {
        write(repository.path(), "flake.nix", &flake(module));
        repository.git(&["add", "."]);
        commit(&repository);
    };
    change("{ a = 1; }");
    repository.git(&["checkout", "--quiet", "-"]);
    change("{ a = 2; }");
    assert!(!git_with_hook(repository.path(), &["merge", "other"]).0);
    let run = repository.sealnix(&STAGED);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("flake.nix has a conflict that is not resolved"), "{}", run.stderr);
    write(repository.path(), "flake.nix", &flake("{ }"));
    repository.git(&["add", "."]);
    assert_eq!(repository.sealnix(&STAGED).code, Some(0));
}

#[test]
fn what_is_only_renamed_or_deleted_is_judged() {
    let repository =
        with_module("web.nix", "{ sops.secrets.a.sopsFile = ./common.yaml; sops.secrets.a.key = \"\"; }\n");
    write(repository.path(), "common.yaml", &fs::read_to_string(fixtures().join("fleet/secrets/common.yaml")).unwrap());
    repository.git(&["add", "."]);
    assert_eq!(repository.sealnix(&STAGED).code, Some(0));
    commit(&repository);
    repository.git(&["mv", "common.yaml", "other.yaml"]);
    says(&repository.sealnix(&STAGED), 1, "sops-file-missing");
    repository.git(&["mv", "other.yaml", "common.yaml"]);
    repository.git(&["rm", "--quiet", "--cached", "common.yaml"]);
    says(&repository.sealnix(&STAGED), 1, "`git add common.yaml`");
    repository.git(&["add", "common.yaml"]);
    // A module that is there and not in the commit.
    repository.git(&["rm", "--quiet", "--cached", "web.nix"]);
    says(&repository.sealnix(&STAGED), 2, "run `git add web.nix`");
    repository.git(&["add", "--intent-to-add", "web.nix"]);
    says(&repository.sealnix(&STAGED), 2, "run `git add web.nix`");
    // The flake itself.
    repository.git(&["rm", "--quiet", "--cached", "flake.nix"]);
    let run = repository.sealnix(&STAGED);
    assert!(run.code == Some(2) && run.stderr.contains("`git add flake.nix`"), "{}", run.stderr);
}

/// git quotes such names where it prints them.
#[test]
fn names_may_be_any() {
    let name = "schl\u{fc}ssel \"x\"\t/\u{e9}.nix";
    let module = "(./. + \"/schl\u{fc}ssel \\\"x\\\"\\t/\u{e9}.nix\")";
    let repository = repository(&[("flake.nix", &flake(module)), (name, BAD)]);
    write(repository.path(), name, "{ }");
    says(&repository.sealnix(&STAGED), 1, "sops-file-missing");
}

#[test]
fn a_submodule_is_another_repository() {
    let inner = with_module("web.nix", BAD);
    commit(&inner);
    let outer = repository(&[("flake.nix", &flake("{ }"))]);
    let url = inner.path().to_str().unwrap();
    outer.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "sub"]);
    assert_eq!(outer.sealnix(&STAGED).code, Some(0));
    says(&sealnix_in(&outer.path().join("sub"), &STAGED), 1, "web.nix:1:");
}

/// In the hook of a linked work tree, of a submodule and of a repository that lies elsewhere, git says where it is at work.
#[test]
#[cfg(unix)]
fn the_hook_knows_its_repository_wherever_that_lies() {
    let inner = with_module("web.nix", "{ }\n");
    commit(&inner);
    let outer = repository(&[("flake.nix", &flake("{ }"))]);
    outer.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        inner.path().to_str().unwrap(),
        "sub",
    ]);
    install_hook(&outer.path().join(".git/modules/sub"));
    install_hook(&inner.path().join(".git"));
    let elsewhere = tempfile::tempdir().unwrap();
    let (linked, files) = (elsewhere.path().join("linked"), elsewhere.path().join("files"));
    inner.git(&["worktree", "add", "--quiet", linked.to_str().unwrap()]);
    let (directory, work_tree) = (elsewhere.path().join("git"), format!("--work-tree={}", files.display()));
    let of_directory = format!("--git-dir={}", directory.display());
    let apart = [of_directory.as_str(), work_tree.as_str()];
    write(&files, "flake.nix", &flake("./web.nix"));
    write(&files, "web.nix", "{ }\n");
    inner.git(&["init", "--quiet", "--bare", directory.to_str().unwrap()]);
    assert!(git_with_hook(&files, &[&apart[..], &["add", "."]].concat()).0);
    install_hook(&directory);
    for (folder, git) in [(outer.path().join("sub"), &[][..]), (linked, &[]), (files, &apart)] {
        write(&folder, "web.nix", BAD);
        write(&folder, "notes.md", "a\n");
        let run = |arguments: &[&str]| git_with_hook(&folder, &[git, arguments].concat());
        assert!(run(&["add", "notes.md"]).0);
        let (committed, said) = run(&["commit", "--all", "-m", "m"]);
        assert!(!committed && said.contains("sops-file-missing"), "{}: {said}", folder.display());
        // The mistake is not staged.
        let (committed, said) = run(&["commit", "-m", "m"]);
        assert!(committed, "{}: {said}", folder.display());
        let (committed, said) = run(&["commit", "-m", "m", "web.nix"]);
        assert!(!committed && said.contains("sops-file-missing"), "{}: {said}", folder.display());
    }
}

#[test]
#[cfg(unix)]
fn a_file_that_may_be_run_is_a_file() {
    use std::os::unix::fs::PermissionsExt;
    let repository = with_module("web.nix", BAD);
    fs::set_permissions(repository.path().join("web.nix"), fs::Permissions::from_mode(0o755)).unwrap();
    repository.git(&["add", "."]);
    fs::remove_file(repository.path().join("web.nix")).unwrap();
    says(&repository.sealnix(&STAGED), 1, "web.nix:1:");
}
