//! New host keys, and what is refused.

#![cfg(unix)]

use crate::support::scratch;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::scratch::{Run, Scratch};
use tempfile::TempDir;

/// Public keys that `age-keygen` made.
const ADMIN: &str = "age12eng0x9u8dg3xl2vwu5jgpl43hnag0h8058wgy35yhawwnfxqamqe5nwg7";
const WREN: &str = "age1qlrnltfql2lhnukecnsz0ghfcrwnrclq5x2z62feav5nea3grv2qcted8q";
const FINCH: &str = "age1e78zw46e875l6dmw6h9nhhry6kqw8ktjl3pakd47ecqqpau48vuqnqu9a9";

/// A public key that `ssh-keygen` made.
const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDKw2uDuOgsP29QCSrP9NH5l2pKC428xZAveeYYPyMRZp+7/PKSWyJ6QnIKBBinW6FndvhJXp/F1TUXZynp7gYamygtVSVHB+oD20flzZT/NnyZ6oBZnVZd0BPG4cpRW5LWaywX0NqLYH92c3W2X2PqbcHb1kTpeYBjlBKkxPUbiw==";

fn repository(files: &[(&str, &str)]) -> Scratch {
    let folder = TempDir::new().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Scratch::copy_of(folder.path(), &[], &[])
}

fn rules() -> String {
    format!(
        "keys:\n  - &admin {ADMIN}\n  - &web-1 {WREN}\ncreation_rules:\n  - path_regex: ^secrets/web-1\\.yaml$\n    \
         key_groups:\n      - age:\n          - *admin\n          - *web-1\n"
    )
}

fn with_rules() -> Scratch {
    repository(&[(".sops.yaml", &rules())])
}

fn refused(run: &Run, says: &str) {
    let said = run.stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
    assert_eq!(run.code, Some(2), "{}{said}", run.stdout);
    assert!(said.contains(says), "{said}");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_key_is_the_hosts() {
    let (repository, stick) = (with_rules(), TempDir::new().unwrap());
    let folder = stick.path().join("finch");
    let run = repository.sealnix(&["host", "add", "finch", "--new-key", folder.to_str().unwrap()]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains(&format!("nixos-anywhere --extra-files {}", folder.display())), "{}", run.stdout);
    let private = folder.join("etc/ssh/ssh_host_ed25519_key");
    let public = folder.join("etc/ssh/ssh_host_ed25519_key.pub");
    assert_eq!((mode(&private), mode(&public), mode(private.parent().unwrap())), (0o600, 0o644, 0o755));
    let line = fs::read_to_string(&public).unwrap();
    let age = sealnix::keys::ssh::PublicKey::parse(&line).unwrap().age.unwrap();
    let rules = fs::read_to_string(repository.path().join(".sops.yaml")).unwrap();
    assert!(rules.contains(&format!("- &finch {age}\n")), "{rules}");
    let module = fs::read_to_string(repository.path().join("secrets/finch.nix")).unwrap();
    assert!(module.contains("sops.age.sshKeyPaths = [ \"/etc/ssh/ssh_host_ed25519_key\" ];"), "{module}");
    if let Ok(told) = Command::new("ssh-keygen").arg("-y").arg("-f").arg(&private).output() {
        let words = |line: &str| line.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&String::from_utf8(told.stdout).unwrap()), words(&line));
    }
    // It is there now.
    let again = repository.sealnix(&["host", "add", "owl", "--new-key", folder.to_str().unwrap()]);
    refused(&again, "is there already");
}

#[test]
fn no_key_is_left_where_nothing_was_done() {
    let (repository, stick) = (with_rules(), TempDir::new().unwrap());
    let folder = stick.path().join("finch");
    let key = folder.to_str().unwrap();
    let dry = repository.sealnix(&["host", "add", "finch", "--new-key", key, "--dry-run"]);
    assert_eq!(dry.code, Some(0), "{}", dry.stderr);
    assert!(dry.stdout.contains("no key was made"), "{}", dry.stdout);
    refused(
        &repository.sealnix(&["host", "add", "web_1", "--new-key", key]),
        "`web-1` is there already with another key",
    );
    assert!(!folder.exists());
    refused(&repository.sealnix(&["host", "add", "finch", "--new-key", "keys"]), "lies in a git repository");
    assert!(!repository.path().join("keys").exists());
    assert_eq!(fs::read_to_string(repository.path().join(".sops.yaml")).unwrap(), rules());
}

#[test]
fn a_key_is_not_led_into_a_repository() {
    use std::os::unix::fs::symlink;
    let (repository, stick) = (with_rules(), TempDir::new().unwrap());
    fs::create_dir_all(repository.path().join("keys")).unwrap();
    let made = |folder: &str, dry: bool| {
        let folder = stick.path().join(folder);
        let mut arguments = vec!["host", "add", "finch", "--new-key", folder.to_str().unwrap()];
        arguments.extend(dry.then_some("--dry-run"));
        repository.sealnix(&arguments)
    };
    fs::create_dir_all(stick.path().join("one")).unwrap();
    symlink(repository.path().join("keys"), stick.path().join("one/etc")).unwrap();
    fs::create_dir_all(stick.path().join("two/etc")).unwrap();
    symlink(repository.path().join("keys"), stick.path().join("two/etc/ssh")).unwrap();
    symlink(repository.path().join("keys"), stick.path().join("three")).unwrap();
    let way = format!("four/../../{}", repository.path().join("keys").strip_prefix("/").unwrap().display());
    for dry in [true, false] {
        refused(&made("one", dry), "is a symlink");
        refused(&made("two", dry), "is a symlink");
        refused(&made("three", dry), "lies in a git repository");
        refused(&made(&way, dry), "lies in a git repository");
    }
    assert_eq!(fs::read_dir(repository.path().join("keys")).unwrap().count(), 0);
    assert!(!stick.path().join("four").exists());
    // The repository need not be git's.
    fs::remove_dir_all(repository.path().join(".git")).unwrap();
    fs::write(repository.path().join("flake.nix"), "{ outputs = _: { }; }").unwrap();
    let below = repository.sealnix(&["host", "add", "finch", "--new-key", "keys"]);
    assert_eq!(below.code, Some(2), "{}", below.stdout);
    assert_eq!(fs::read_dir(repository.path().join("keys")).unwrap().count(), 0);
}

#[test]
fn what_is_refused() {
    let repository = with_rules();
    let add = |arguments: &[&str]| repository.sealnix(&[&["host", "add"], arguments].concat());
    refused(&add(&["../finch", "--age", FINCH]), "is no name of a host");
    refused(&add(&["finch", "--age", "age1x"]), "this is no recipient");
    refused(&add(&["finch", "--ssh", RSA]), "an RSA key cannot be used");
    refused(&add(&["web-1", "--age", FINCH]), "`web-1` is there already with another key");
    refused(&add(&["finch", "--age", WREN]), "it is that of `web-1`");
    refused(&add(&["finch", "--age", FINCH, "--config", "other/.sops.yaml"]), "there is no rule file");
    refused(&add(&["finch"]), "required");
    refused(&repository.sealnix(&["host", "remove", "owl"]), "names no key of `owl`");
    let agenix = self::repository(&[("secrets/web.age", "age-encryption.org/v1\n"), ("secrets.nix", "{ }")]);
    refused(&agenix.sealnix(&["host", "add", "finch", "--age", FINCH]), "agenix");
    let bare = self::repository(&[("flake.nix", "{ outputs = _: { }; }")]);
    refused(&bare.sealnix(&["host", "add", "finch", "--age", FINCH]), "`sealnix init` writes one");
}

#[test]
fn a_person_is_added_where_it_is_clear() {
    let rules = format!(
        "keys:\n  - &ann {ADMIN}\n  - &ben {WREN}\ncreation_rules:\n  - path_regex: a\n    age: [*ann, *ben]\n  - \
         path_regex: b\n    age: [*ben]\n"
    );
    let repository = repository(&[(".sops.yaml", &rules)]);
    refused(&repository.sealnix(&["recipient", "add", "kim", "--age", FINCH]), "`--like NAME`");
    let like = repository.sealnix(&["recipient", "add", "kim", "--age", FINCH, "--like", "ann"]);
    assert_eq!(like.code, Some(0), "{}", like.stderr);
    let edited = fs::read_to_string(repository.path().join(".sops.yaml")).unwrap();
    assert!(edited.contains("age: [*ann, *ben, *kim]\n") && edited.contains("age: [*ben]\n"), "{edited}");
}

#[test]
fn from_a_folder_below_and_without_a_flake() {
    let repository = repository(&[(".sops.yaml", &rules()), ("secrets/note.txt", "x")]);
    let below = repository.path().join("secrets");
    let run = scratch::sealnix_in(&below, &["host", "add", "finch", "--age", FINCH, "--dry-run"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.starts_with("The hosts' configurations are not known"), "{}", run.stdout);
    assert!(run.stdout.contains("+  - path_regex: ^secrets/finch\\.yaml$\n"), "{}", run.stdout);
    let list = repository.sealnix(&["host", "list"]);
    assert!(list.stdout.ends_with("no host was found\n"), "{}", list.stdout);
}
