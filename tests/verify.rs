//! `sealnix verify`: what it says and how it ends, where identities come from, hosts, and that no value is shown.

#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::scratch::{Run, Scratch, fixtures};
use tempfile::TempDir;

const ALICE: &str = "age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a";

fn vector(name: &str, file: &str) -> PathBuf {
    fixtures().join("vectors").join(name).join(file)
}

fn identity(name: &str) -> PathBuf {
    fixtures().join("vectors/identities").join(name)
}

/// Runs it with an environment that gives no identity but those that are set here.
fn verify(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealnix"));
    command.arg("verify").args(arguments).current_dir(folder).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", "/nowhere").envs(environment.iter().copied());
    Run::of(&mut command)
}

/// Runs it on vectors; paths are told relative to their folder.
fn vectors(arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    verify(&fixtures().join("vectors"), arguments, environment)
}

/// A message without the frame that is drawn around it.
fn flat(text: &str) -> String {
    text.split_whitespace().filter(|word| !matches!(*word, "│" | "╰─▶" | "×")).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_file_is_right_broken_closed_or_not_sealed() {
    for (file, code, said) in [
        (
            "01-yaml-flat/enc.yaml",
            0,
            "right       01-yaml-flat/enc.yaml: 2 values, opened by age1g6e50tyffy…nlsp2a (identities/alice.agekey)\n",
        ),
        (
            "t04-renamed-key/enc.yaml",
            1,
            "            t04-renamed-key/enc.yaml:1:4: `z`: it was changed or moved since it was sealed\n",
        ),
        ("t09-edited-unencrypted-value/enc.yaml", 1, "its values open, but its MAC is wrong"),
        ("t15-lastmodified-changed/enc.yaml", 1, "its values open, but its MAC does not"),
        ("t21-version-removed/enc.yaml", 1, "broken      t21-version-removed/enc.yaml:11:1: has no `version`"),
        (
            "10-yaml-ssh-to-age-derived/enc.yaml",
            1,
            "closed      10-yaml-ssh-to-age-derived/enc.yaml: sealed for age1kaj8v8ps2u…wr9zcs\n",
        ),
        ("12-yaml-shamir-2of3/enc.yaml", 1, "            group 3 lacks one of age1uwtl6pp4py…p8mehf\n"),
        ("43-yaml-not-encrypted/enc.yaml", 1, "not sealed  43-yaml-not-encrypted/enc.yaml: holds no sops metadata"),
        (
            "44-yaml-encrypted-with-rotated-recipient-label/enc.yaml",
            0,
            "it names age1e5qnelgjvx…l80tm3 where age1g6e50tyffy…nlsp2a opens: sops checks no names\n",
        ),
        (
            "t33-moe-unencrypted-edited/enc.yaml",
            0,
            "sops does not see changes of 1 value in clear (mac_only_encrypted)\n",
        ),
        ("nothing.yaml", 2, "not looked  nothing.yaml: cannot be read"),
    ] {
        let run = vectors(&[file, "--identity", "identities/alice.agekey"], &[]);
        assert!(run.stdout.contains(said), "{file}: {}{}", run.stdout, run.stderr);
        assert_eq!(run.code, Some(code), "{file}");
    }
}

#[test]
fn bad_files_do_not_keep_others_from_being_proved() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("bytes.yaml"), b"\xff\xfe\0sops:").unwrap();
    fs::copy(vector("01-yaml-flat", "enc.yaml"), folder.path().join("good.yaml")).unwrap();
    let alice = identity("alice.agekey");
    let run = verify(folder.path(), &["bytes.yaml", ".", "good.yaml", "-i", alice.to_str().unwrap()], &[]);
    assert_eq!(run.code, Some(2));
    assert!(run.stdout.ends_with("3 files: 1 right, 2 not looked\n"), "{}", run.stdout);
}

#[test]
fn the_json_holds_the_same() {
    let shamir = "12-yaml-shamir-2of3/enc.yaml";
    let json = vectors(
        &[
            "t03-encrypted-int-replaced-by-plain-int/enc.yaml",
            shamir,
            "-i",
            "identities/bob.agekey",
            "-i",
            "identities/alice.agekey",
            "--format",
            "json",
        ],
        &[],
    )
    .json()
    .unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["identities"][1]["recipient"], ALICE);
    let [broken, open] = json["files"].as_array().unwrap().as_slice() else { panic!("{json}") };
    assert_eq!((&broken["outcome"], &broken["mac"]), (&"broken".into(), &"notComputed".into()));
    assert_eq!(broken["broken"][0]["key"], serde_json::json!(["num"]));
    assert_eq!(broken["broken"][0]["place"]["line"], 4);
    assert_eq!((&open["outcome"], &open["groups"], &open["mac"]), (&"right".into(), &3.into(), &"right".into()));
    assert_eq!(open["openedBy"].as_array().unwrap().len(), 2);
}

#[test]
fn identities_are_looked_for_as_sops_does_and_added_together() {
    let file = "12-yaml-shamir-2of3/enc.yaml";
    let (alice, bob) = (fs::read_to_string(identity("alice.agekey")).unwrap(), identity("bob.agekey"));
    let bob = bob.to_str().unwrap();
    let one = vectors(&[file], &[("SOPS_AGE_KEY", &alice)]);
    assert_eq!(one.code, Some(1), "{}", one.stdout);
    let both = vectors(&[file], &[("SOPS_AGE_KEY", &alice), ("SOPS_AGE_KEY_FILE", bob)]);
    assert_eq!(both.code, Some(0), "{}", both.stdout);
    let command = format!("cat '{bob}'");
    assert_eq!(vectors(&[file], &[("SOPS_AGE_KEY", &alice), ("SOPS_AGE_KEY_CMD", &command)]).code, Some(0));
    // No shell: this is a program `cat` with four words behind it.
    let shell = vectors(&[file], &[("SOPS_AGE_KEY", &alice), ("SOPS_AGE_KEY_CMD", &format!("cat {bob} | cat"))]);
    assert_eq!(shell.code, Some(1));
    assert!(shell.stdout.contains("not used: SOPS_AGE_KEY_CMD: its command failed"), "{}", shell.stdout);
    let home = TempDir::new().unwrap();
    let keys = home.path().join(".config/sops/age");
    fs::create_dir_all(&keys).unwrap();
    fs::copy(bob, keys.join("keys.txt")).unwrap();
    let at_home =
        [("HOME", home.path().to_str().unwrap()), ("SOPS_AGE_KEY", &*alice), ("SOPS_AGE_KEY_FILE", "/nowhere")];
    let run = vectors(&[file], &at_home);
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    // A place that cannot be used is no matter where all opens.
    assert!(!run.stdout.contains("/nowhere"), "{}", run.stdout);
}

#[test]
fn with_named_identities_nothing_else_is_used() {
    let bob = identity("bob.agekey");
    let given = ["12-yaml-shamir-2of3/enc.yaml", "--identity", "identities/alice.agekey"];
    let run = vectors(&given, &[("SOPS_AGE_KEY_FILE", bob.to_str().unwrap())]);
    assert_eq!(run.code, Some(1), "{}", run.stdout);
}

#[test]
fn an_ssh_key_has_two_forms() {
    let (native, converted) = ("08-yaml-ssh-ed25519-native/enc.yaml", "10-yaml-ssh-to-age-derived/enc.yaml");
    let key = identity("ssh_ed25519");
    // As for sops, a key in its own places counts as such only.
    let environment = [("SOPS_AGE_SSH_PRIVATE_KEY_FILE", key.to_str().unwrap())];
    assert_eq!(vectors(&[native], &environment).code, Some(0));
    assert_eq!(vectors(&[converted], &environment).code, Some(1));
    let both = vectors(&[native, converted, "-i", "identities/ssh_ed25519"], &[]);
    assert_eq!(both.code, Some(0), "{}", both.stdout);
    assert!(
        both.stdout.contains("opened by age1kaj8v8ps2u…wr9zcs, converted from the ssh key (identities/ssh_ed25519)")
    );
    let home = TempDir::new().unwrap();
    fs::create_dir(home.path().join(".ssh")).unwrap();
    fs::copy(identity("ssh_rsa"), home.path().join(".ssh/id_rsa")).unwrap();
    let run = vectors(&["09-yaml-ssh-rsa-native/enc.yaml"], &[("HOME", home.path().to_str().unwrap())]);
    assert_eq!(run.code, Some(0), "{}", run.stdout);
}

#[test]
fn what_is_no_identity_is_said_without_its_text() {
    let folder = TempDir::new().unwrap();
    let key = fs::read_to_string(identity("alice.agekey")).unwrap();
    let key = key.lines().find(|line| line.starts_with("AGE-SECRET-KEY")).unwrap();
    let yubikey = "AGE-PLUGIN-YUBIKEY-1QQPQGQVR8VEZLZCFXCX4Q";
    for (content, said) in [
        (
            format!("# a comment\n {key}\n"),
            "line 2 has a blank before or after its text, so nothing of it counts, as with sops",
        ),
        (format!("{key}\nhunter2\n"), "line 2 is not an identity"),
        (format!("{}Q\n", &key[..key.len() - 1]), "line 1 is not an identity"),
        ("# nothing\n\n".to_owned(), "it holds no identity"),
        (ALICE.to_owned(), "it holds a public key; its private key opens files"),
        ("age-encryption.org/v1\n-> scrypt a 18\nb\n--- c\n".to_owned(), "it is protected by a passphrase"),
        ("-----BEGIN AGE ENCRYPTED FILE-----\n".to_owned(), "it is protected by a passphrase"),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY-----\n".to_owned(),
            "it is not an ssh key that age can use",
        ),
        ("AGE-SECRET-KEY-PQ-1QQQ\n".to_owned(), "line 1 is a post-quantum identity, which sealnix cannot use yet"),
        (key.to_lowercase(), "line 1 is not an identity"),
        (yubikey.to_owned(), "is not"),
    ] {
        fs::write(folder.path().join("key"), &content).unwrap();
        let file = vector("01-yaml-flat", "enc.yaml");
        let run = verify(folder.path(), &[file.to_str().unwrap(), "-i", "key"], &[]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{content}");
        assert!(flat(&run.stderr).contains(said), "{content}: {}", run.stderr);
        assert!(!run.stderr.contains(key) && !run.stderr.contains("hunter2"), "{}", run.stderr);
    }
}

#[test]
fn without_any_identity_it_says_where_it_looked() {
    let command = "sh -c 'echo AGE-SECRET-KEY-hunter2; exit 3'";
    let run = vectors(&["01-yaml-flat/enc.yaml"], &[("SOPS_AGE_KEY_CMD", command), ("SOPS_AGE_KEY_FILE", "/no/such")]);
    assert_eq!(run.code, Some(2));
    let said = flat(&run.stderr);
    for part in [
        "SOPS_AGE_KEY_FILE (/no/such): it cannot be read",
        "its command failed (exit status: 3)",
        "/nowhere/.config/sops/age/keys.txt",
        "/nowhere/.ssh/id_ed25519",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
}

/// The limit is the parent's; a command inherits it.
#[cfg(target_os = "linux")]
#[test]
fn before_a_key_is_read_there_are_no_core_dumps() {
    let key = identity("alice.agekey");
    let command = format!("sh -c 'grep -i core /proc/$PPID/limits >&2; cat {}'", key.display());
    let run = vectors(&["01-yaml-flat/enc.yaml"], &[("SOPS_AGE_KEY_CMD", &command)]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let words: Vec<&str> = run.stderr.split_whitespace().collect();
    assert_eq!(words, ["Max", "core", "file", "size", "0", "0", "bytes"]);
}

/// A repository with one NixOS host, vectors as its sealed files.
fn repository(secrets: &str, files: &[(&str, &str)]) -> Scratch {
    let folder = TempDir::new().unwrap();
    let fixture = fixtures().join("rules/key-missing/fires");
    fs::copy(fixture.join("flake.nix"), folder.path().join("flake.nix")).unwrap();
    fs::create_dir(folder.path().join("secrets")).unwrap();
    for (name, vector) in files {
        fs::copy(fixtures().join("vectors").join(vector), folder.path().join("secrets").join(name)).unwrap();
    }
    let module = format!(
        "{{\n  sops.age.keyFile = \"/key\";\n  sops.defaultSopsFile = ./secrets/a.yaml;\n  sops.secrets = {{ {secrets} }};\n}}\n"
    );
    fs::write(folder.path().join("configuration.nix"), module).unwrap();
    Scratch::copy_of(folder.path(), &[], &[])
}

fn of_host(repository: &Scratch, key: &str) -> Run {
    let key = identity(key);
    verify(repository.path(), &["--host", "web", "-i", key.to_str().unwrap()], &[])
}

#[test]
fn a_host_opens_all_that_it_declares_or_is_told_what_not() {
    let files = [
        ("a.yaml", "02-yaml-types/enc.yaml"),
        ("b.json", "29-json-types/enc.json"),
        ("c.env", "33-dotenv-basic/enc.env"),
    ];
    let good = "s = { }; \"env\" = { sopsFile = ./secrets/c.env; format = \"dotenv\"; }; whole = { key = \"\"; };";
    let run = of_host(&repository(good, &files), "alice.agekey");
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("web opens all that it declares: 3 declared secrets\n"), "{}", run.stdout);

    let bad = format!(
        "{good} i = {{ }}; nowhere = {{ }}; wrong = {{ sopsFile = ./secrets/c.env; }}; gone.sopsFile = ./secrets/gone.yaml;"
    );
    let run = of_host(&repository(&bad, &files), "alice.agekey");
    assert_eq!(run.code, Some(1), "{}{}", run.stdout, run.stderr);
    for said in [
        "web opens 3 of 7 declared secrets\n",
        "  i: not delivered: `i` in secrets/a.yaml is a whole number, and sops-nix delivers text only\n",
        "  nowhere: not delivered: `nowhere` is not in secrets/a.yaml\n",
        "  wrong: not delivered: secrets/c.env is not what its format says\n",
        "  gone: not delivered: there is no secrets/gone.yaml\n",
    ] {
        assert!(run.stdout.contains(said), "{said}{}", run.stdout);
    }
}

#[test]
fn a_host_with_another_key_opens_nothing() {
    let run = of_host(&repository("s = { };", &[("a.yaml", "02-yaml-types/enc.yaml")]), "bob.agekey");
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.contains("  s: not delivered: secrets/a.yaml does not open\n"), "{}", run.stdout);
    let broken = of_host(&repository("a = { };", &[("a.yaml", "t06-reordered-keys/enc.yaml")]), "alice.agekey");
    assert!(broken.stdout.contains("  a: not delivered: secrets/a.yaml is broken\n"), "{}", broken.stdout);
    let nobody = verify(
        repository("s = { };", &[("a.yaml", "02-yaml-types/enc.yaml")]).path(),
        &["--host", "mail", "-i", identity("bob.agekey").to_str().unwrap()],
        &[],
    );
    assert_eq!(nobody.code, Some(2));
    assert!(flat(&nobody.stderr).contains("there is no host `mail`"), "{}", nobody.stderr);
}

/// An admin's key opens everything, which says nothing of the host.
#[test]
fn what_somebody_elses_key_opens_proves_nothing_of_the_host() {
    const BOB: &str = "age1e5qnelgjvx3kxxzsp6rzu0sa4khyv3j7zh6egzs8l99k5m2qkatql80tm3";
    let repository = repository("s = { };", &[("a.yaml", "02-yaml-types/enc.yaml")]);
    let config = format!("[hosts.web]\nrecipients = [\"{BOB}\"]\n");
    fs::write(repository.path().join("sealnix.toml"), config).unwrap();
    let run = of_host(&repository, "alice.agekey");
    assert_eq!(run.code, Some(2), "{}{}", run.stdout, run.stderr);
    for said in [
        "these identities open all that web declares, and are none of its own: 1 declared secret\n",
        &format!("the repository says that it holds {BOB}, which is none of these identities\n"),
    ] {
        assert!(run.stdout.contains(said), "{said}{}", run.stdout);
    }
}

#[test]
fn a_hosts_ssh_key_counts_converted_as_for_sops_nix() {
    let key = |file: &str| {
        let keys = fs::read_to_string(vector(file, "expected.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&keys).unwrap()["keys"][0][0][0].as_str().unwrap().to_owned()
    };
    let secret = |file: &str| format!("s = {{ key = \"{}\"; }};", key(file));
    let (native, derived) = ("08-yaml-ssh-ed25519-native", "10-yaml-ssh-to-age-derived");
    let with = |file: &str| repository(&secret(file), &[("a.yaml", &format!("{file}/enc.yaml"))]);
    assert_eq!(of_host(&with(derived), "ssh_ed25519").code, Some(0));
    let run = of_host(&with(native), "ssh_ed25519");
    assert_eq!(run.code, Some(1));
    assert!(
        run.stdout.contains("secrets/a.yaml opens with the ssh key as such, and sops-nix uses it only converted"),
        "{}",
        run.stdout
    );
}

#[test]
fn of_a_repository_what_names_the_identity_must_be_right_and_one_file_there_must_be() {
    let repository = |files: &[(&str, &str)]| repository("", files);
    let alice = identity("alice.agekey");
    let run = |files: &[(&str, &str)]| verify(repository(files).path(), &["-i", alice.to_str().unwrap()], &[]);
    let (good, others, shamir) = (
        ("a.yaml", "01-yaml-flat/enc.yaml"),
        ("b.yaml", "10-yaml-ssh-to-age-derived/enc.yaml"),
        ("c.yaml", "12-yaml-shamir-2of3/enc.yaml"),
    );
    let proved = run(&[good, others, shamir]);
    assert_eq!(proved.code, Some(0), "{}", proved.stdout);
    assert!(proved.stdout.ends_with("3 files: 1 right, 2 for others\n"), "{}", proved.stdout);
    assert_eq!(run(&[others, shamir]).code, Some(1));
    assert_eq!(run(&[good, ("d.yaml", "t18-mac-edited/enc.yaml")]).code, Some(1));
    // It names bob, and only alice opens it.
    let bob = identity("bob.agekey");
    let label = [
        ("a.yaml", "44-yaml-encrypted-with-rotated-recipient-label/enc.yaml"),
        ("b.yaml", "07-yaml-two-recipients/enc.yaml"),
    ];
    let closed = verify(repository(&label).path(), &["-i", bob.to_str().unwrap()], &[]);
    assert_eq!(closed.code, Some(1));
    assert!(closed.stdout.contains("closed      secrets/a.yaml"), "{}", closed.stdout);
}

/// An age file sealed for alice; the `age` crate is what `verify` opens it with, so the `age` program's own are in
/// the vectors.
fn age_file(text: &[u8]) -> Vec<u8> {
    let recipient: age::x25519::Recipient = ALICE.parse().unwrap();
    age::encrypt(&recipient, text).unwrap()
}

#[test]
fn age_files_open_as_a_whole() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let sealed = age_file(&vec![7; 200_000]);
    write("good.age", &sealed);
    write("cut.age", &sealed[..150_000]);
    let mut edited = sealed.clone();
    edited[190_000] ^= 1;
    write("edited.age", &edited);
    write("none.age", b"age, but none");
    for (file, key, code, said) in [
        ("good.age", "alice.agekey", 0, "right       good.age: opened by age1g6e50tyffy…nlsp2a"),
        ("good.age", "bob.agekey", 1, "closed      good.age: it is not sealed for this identity"),
        ("cut.age", "alice.agekey", 1, "broken      cut.age: it was changed after it was sealed"),
        ("edited.age", "alice.agekey", 1, "broken      edited.age: it was changed after it was sealed"),
        ("none.age", "alice.agekey", 1, "not sealed  none.age"),
    ] {
        let key = identity(key);
        let run = verify(folder.path(), &[file, "-i", key.to_str().unwrap()], &[]);
        assert!(run.stdout.contains(said), "{}", run.stdout);
        assert_eq!(run.code, Some(code), "{file}");
    }
}

#[test]
fn where_nothing_opens_it_says_so() {
    let others = repository("", &[("a.yaml", "10-yaml-ssh-to-age-derived/enc.yaml")]);
    let alice = identity("alice.agekey");
    let run = verify(others.path(), &["-i", alice.to_str().unwrap()], &[]);
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.contains("nothing is proved: no file opens with age1g6e50tyffy…nlsp2a\n"), "{}", run.stdout);
}

#[test]
fn a_home_manager_user_is_a_reader_of_its_own() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("secrets")).unwrap();
    fs::copy(vector("08-yaml-ssh-ed25519-native", "enc.yaml"), folder.path().join("secrets/a.yaml")).unwrap();
    fs::write(
        folder.path().join("flake.nix"),
        "{\n  inputs = { nixpkgs.url = \"github:NixOS/nixpkgs\"; sops-nix.url = \"github:Mic92/sops-nix\"; home-manager.url = \"github:nix-community/home-manager\"; };\n  \
         outputs = { nixpkgs, sops-nix, home-manager, ... }: {\n    homeConfigurations.\"kim@web\" = home-manager.lib.homeManagerConfiguration {\n      \
         pkgs = nixpkgs.legacyPackages.x86_64-linux;\n      modules = [ sops-nix.homeManagerModules.sops { sops.secrets.k.sopsFile = ./secrets/a.yaml; } ];\n    };\n  };\n}\n",
    )
    .unwrap();
    let repository = Scratch::copy_of(folder.path(), &[], &[]);
    let key = identity("ssh_ed25519");
    // sops finds a person's key at home, and uses it as such.
    let run = verify(repository.path(), &["--host", "kim@web", "-i", key.to_str().unwrap()], &[]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("kim@web opens all that it declares: 1 declared secret\n"), "{}", run.stdout);
}

#[test]
fn age_secrets_that_a_host_declares_are_proved_too() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.age"), age_file(b"x")).unwrap();
    let flake = |secrets: &str| {
        format!(
            "{{\n  inputs = {{ nixpkgs.url = \"github:NixOS/nixpkgs\"; agenix.url = \"github:ryantm/agenix\"; }};\n  \
             outputs = {{ nixpkgs, agenix, ... }}: {{\n    nixosConfigurations.web = nixpkgs.lib.nixosSystem {{\n      \
             modules = [ agenix.nixosModules.default {{ age.secrets = {{ {secrets} }}; }} ];\n    }};\n  }};\n}}\n"
        )
    };
    for (secrets, key, code, said) in [
        ("a.file = ./a.age;", "alice.agekey", 0, "web opens all that it declares: 1 declared secret\n"),
        ("a.file = ./a.age;", "bob.agekey", 1, "  age.secrets.a: not delivered: a.age does not open\n"),
        ("b.file = ./b.age;", "alice.agekey", 1, "  age.secrets.b: not delivered: there is no b.age\n"),
    ] {
        fs::write(folder.path().join("flake.nix"), flake(secrets)).unwrap();
        let run = of_host(&Scratch::copy_of(folder.path(), &[], &[]), key);
        assert!(run.stdout.contains(said), "{}{}", run.stdout, run.stderr);
        assert_eq!(run.code, Some(code), "{}", run.stdout);
    }
}

/// `sops.secrets` that rest on what only the network has.
#[test]
fn what_may_be_declared_beside_is_not_known_to_open() {
    let files = [("a.yaml", "02-yaml-types/enc.yaml")];
    let unknown = "import (builtins.fetchurl \"https://example.org/secrets.nix\")";
    for (known, said) in
        [("", "web opens all that is known of it: 0 declared secrets\n"), ("s = { };", "1 declared secret\n")]
    {
        let repository = repository(&format!("}} // {unknown} // {{ {known}"), &files);
        let run = of_host(&repository, "alice.agekey");
        assert!(run.stdout.contains(said), "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("\n  it may declare more secrets: "), "{}", run.stdout);
        assert_eq!(run.code, Some(2), "{}", run.stdout);
        let key = identity("alice.agekey");
        let options = ["--host", "web", "-i", key.to_str().unwrap(), "--format", "json"];
        let json = verify(repository.path(), &options, &[]).json().unwrap();
        assert!(json["hosts"][0]["opensAll"].is_null() && json["hosts"][0]["incomplete"].is_string(), "{json}");
    }
    // What does not open is more than what is not known.
    let run =
        of_host(&repository(&format!("}} // {unknown} // {{ gone.sopsFile = ./gone.yaml;"), &files), "alice.agekey");
    assert_eq!(run.code, Some(1), "{}", run.stdout);
}

#[test]
fn a_secret_that_may_not_be_declared_need_not_open() {
    let condition = "import (builtins.fetchurl \"https://example.org/condition.nix\")";
    let secrets = format!("_type = \"if\"; condition = {condition}; content = {{ gone = {{ }}; }};");
    let run = of_host(&repository(&secrets, &[("a.yaml", "02-yaml-types/enc.yaml")]), "alice.agekey");
    assert!(
        run.stdout.contains("gone: not known: `gone` is not in secrets/a.yaml; but it may not be declared at all: "),
        "{}{}",
        run.stdout,
        run.stderr
    );
    assert_eq!(run.code, Some(2), "{}", run.stdout);
}

#[test]
fn who_opens_secrets_inside_the_host_is_named() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.age"), age_file(b"x")).unwrap();
    fs::write(
        folder.path().join("flake.nix"),
        "{\n  inputs = { nixpkgs.url = \"github:NixOS/nixpkgs\"; agenix.url = \"github:ryantm/agenix\"; home-manager.url = \"github:nix-community/home-manager\"; };\n  \
         outputs = { nixpkgs, agenix, home-manager, ... }: {\n    nixosConfigurations.web = nixpkgs.lib.nixosSystem {\n      \
         modules = [ agenix.nixosModules.default home-manager.nixosModules.home-manager {\n        age.secrets.a.file = ./a.age;\n        \
         home-manager.users.kim = { imports = [ agenix.homeManagerModules.default ]; age.secrets.k.file = ./a.age; };\n      } ];\n    };\n  };\n}\n",
    )
    .unwrap();
    let run = of_host(&Scratch::copy_of(folder.path(), &[], &[]), "alice.agekey");
    assert!(
        run.stdout.contains("note: home-manager user kim is not part of this: --host kim@web\n"),
        "{}{}",
        run.stdout,
        run.stderr
    );
    assert_eq!(run.code, Some(0), "{}", run.stdout);
}

/// A command may ask a person for the key.
#[test]
fn no_key_is_asked_for_where_there_is_nothing_to_prove() {
    let repository = repository("s = { };", &[("a.yaml", "02-yaml-types/enc.yaml")]);
    let asked = repository.path().join("asked");
    let command = format!("sh -c 'touch {}; cat {}'", asked.display(), identity("alice.agekey").display());
    let environment = [("SOPS_AGE_KEY_CMD", &*command)];
    assert_eq!(verify(repository.path(), &["--host", "mail"], &environment).code, Some(2));
    assert!(!asked.exists());
    assert_eq!(verify(repository.path(), &["--host", "web"], &environment).code, Some(0));
    assert!(asked.exists());
}

#[test]
fn what_is_called_an_age_file_and_is_none_fails_in_a_repository() {
    let alice = identity("alice.agekey");
    let sealed = age_file(b"x");
    for (content, said) in [
        (&sealed[..40], "broken      secrets/x.age: it was changed after it was sealed"),
        (&sealed[1..], "not sealed  secrets/x.age: it is not an age file"),
        (&b"token"[..], "not sealed  secrets/x.age: it is not an age file"),
    ] {
        let repository = repository("", &[("a.yaml", "01-yaml-flat/enc.yaml")]);
        fs::write(repository.path().join("secrets/x.age"), content).unwrap();
        let run = verify(repository.path(), &["-i", alice.to_str().unwrap()], &[]);
        assert!(run.stdout.contains(said), "{}", run.stdout);
        assert_eq!(run.code, Some(1), "{}", run.stdout);
    }
}
