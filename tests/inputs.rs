//! Inputs that are here: folders of the repository, and checkouts given by `--input` or `[inputs]`.
//! `fixtures/inputs/repository` has two private inputs, which lie beside it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::scratch::{Run, Scratch, fixtures};

fn repository() -> Scratch {
    Scratch::copy_of(&fixtures().join("inputs/repository"), &[], &[])
}

fn checkout(name: &str) -> Scratch {
    Scratch::copy_of(&fixtures().join("inputs").join(name), &[], &[])
}

fn given(name: &str, path: &Path) -> String {
    format!("--input={name}={}", path.display())
}

/// Name → file, mode, owner and place of each secret of the host.
fn secrets(run: &Run) -> Value {
    let manifest = run.json().unwrap();
    let secrets = manifest["hosts"][0]["sops"]["secrets"].as_object().unwrap().clone();
    let facts = |secret: &Value| {
        let at = format!("{}:{}", secret["at"]["file"].as_str().unwrap(), secret["at"]["line"]);
        json!([secret["sopsFile"]["path"], secret["mode"], secret["owner"], at])
    };
    secrets.iter().map(|(name, secret)| (name.clone(), facts(secret))).collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn a_folder_of_the_repository_is_a_flake_and_what_is_not_here_is_unknown() {
    let run = repository().sealnix(&["manifest"]);
    let expected = json!({
        // `self.user` of the flake in `modules`; its files are the repository's.
        "backup": ["modules/backup.yaml", "0400", "backup", "modules/flake.nix:6"],
        "wifi": ["input:vault/web.yaml", "0400", null, "web.nix:4"],
    });
    assert_eq!(secrets(&run), expected);
    let complete = &run.json().unwrap()["hosts"][0]["complete"]["secrets"];
    assert_eq!(complete, "the flake input private is not here");
}

/// Nix gives an input its flake's outputs, called with the inputs that it names itself, and `self`.
#[test]
fn a_checkout_gives_its_modules_and_the_host_is_complete() {
    let (private, vault) = (checkout("private"), checkout("vault"));
    let arguments = ["manifest", &given("private", private.path()), &given("vault", vault.path())];
    let run = repository().sealnix(&arguments);
    let expected = json!({
        "backup": ["modules/backup.yaml", "0400", "backup", "modules/flake.nix:6"],
        // A folder of the input is an input of the input; `readDir` sees what lies there.
        "queue": ["input:private/extra/queue.json", "0400", null, "input:private/extra/flake.nix:3"],
        // The module of the input takes the default file of the host that imports it.
        "relay/password": ["input:vault/web.yaml", "0440", null, "input:private/flake.nix:10"],
        "smtp/password": ["input:private/secrets.yaml", "0400", null, "input:private/mail.nix:3"],
        "smtp/pasword": ["input:private/secrets.yaml", "0400", null, "input:private/mail.nix:3"],
        "wifi": ["input:vault/web.yaml", "0400", null, "web.nix:4"],
    });
    assert_eq!(secrets(&run), expected);
    assert_eq!(run.json().unwrap()["hosts"][0]["complete"]["secrets"], true);
}

#[test]
fn the_configuration_file_gives_checkouts_too_relative_to_the_repository() {
    let (repository, private) = (repository(), checkout("private"));
    let name = private.path().file_name().unwrap().to_str().unwrap();
    fs::write(repository.path().join("sealnix.toml"), format!("[inputs]\nprivate = \"../{name}\"\n")).unwrap();
    repository.git(&["add", "sealnix.toml"]);
    let found = secrets(&repository.sealnix(&["manifest"]));
    assert_eq!(found["smtp/password"][0], "input:private/secrets.yaml");
    // The command line goes before it.
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("flake.nix"), "{ outputs = _: { nixosModules.mail = { }; }; }\n").unwrap();
    let found = secrets(&repository.sealnix(&["manifest", &given("private", other.path())]));
    assert_eq!(found.as_object().unwrap().keys().collect::<Vec<_>>(), ["backup", "wifi"]);
}

/// In a checkout with git Nix sees what is tracked, as in the repository itself.
#[test]
fn a_checkout_holds_what_its_git_tracks() {
    let private = Scratch::copy_of(&fixtures().join("inputs/private"), &[], &["mail.nix"]);
    let run = repository().sealnix(&["manifest", &given("private", private.path())]);
    let complete = run.json().unwrap()["hosts"][0]["complete"]["secrets"].clone();
    assert!(complete.as_str().unwrap().contains("input:private/mail.nix"), "{complete}");
}

/// So it is where the repository itself has no flake, and Nix reads its folder as it is.
#[test]
fn a_checkout_beside_a_repository_without_a_flake_holds_what_its_git_tracks() {
    let private = Scratch::copy_of(&fixtures().join("inputs/private"), &[], &["mail.nix"]);
    let repository = Scratch::copy_of(&fixtures().join("wirings/alone"), &[], &["hardware-configuration.nix"]);
    let module = "{ imports = [ <sops-nix/modules/sops> ./hardware-configuration.nix <private/mail.nix> ]; }";
    fs::write(repository.path().join("configuration.nix"), module).unwrap();
    let manifest = repository.sealnix(&["manifest", &given("private", private.path())]).json().unwrap();
    let declared = manifest["hosts"][0]["sops"]["secrets"].as_object().unwrap();
    assert_eq!(declared.keys().collect::<Vec<_>>(), ["disk"]);
    let complete = manifest["hosts"][0]["complete"]["secrets"].as_str().unwrap();
    assert!(complete.contains("input:private/mail.nix"), "{complete}");
}

/// The sops files of a checkout are read like those of the repository.
#[test]
fn what_a_checkout_seals_is_checked() {
    let (private, vault) = (checkout("private"), checkout("vault"));
    let arguments = ["check", "--format=json", &given("private", private.path()), &given("vault", vault.path())];
    let run = repository().sealnix(&arguments);
    let mut found: Vec<Value> = run.json().unwrap()["findings"].as_array().unwrap().clone();
    found.retain(|finding| finding["level"] == "error");
    let sealed_in_vault = found.iter().find(|finding| finding["secret"] == "relay/password").expect("a finding");
    let help = sealed_in_vault["help"].as_str().unwrap();
    assert!(help.contains("`sops web.yaml # in the checkout of vault`"), "{help}");
    let found: Vec<_> =
        found.iter().map(|finding| json!([finding["rule"], finding["secret"], finding["key"]])).collect();
    let expected = [
        // Said of the file.
        json!(["file-not-encrypted", null, null]),
        json!(["key-missing", "relay/password", "relay/password"]),
        json!(["key-missing", "smtp/pasword", "smtp/pasword"]),
        json!(["sops-file-missing", "backup", null]),
    ];
    for one in &expected {
        assert!(found.contains(one), "{one} is not in {found:#?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

/// `--use-store` finds what `flake.lock` locks by its hash; the name in the store is the one that
/// `nix-store --print-fixed-path --recursive sha256 HASH source` gives for this hash.
#[test]
fn the_store_holds_what_is_locked_and_is_asked_only_on_demand() {
    let (repository, store) = (repository(), tempfile::tempdir().unwrap());
    let source = store.path().join("j6x55z428hhmgvc0v2fbi1iz9mjkqn4w-source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("flake.nix"), "{ outputs = _: { nixosModules.mail.sops.secrets.stored = { }; }; }\n")
        .unwrap();
    let locked = json!({ "type": "git", "url": "ssh://git@git.example.org/ada/private",
        "narHash": "sha256-lYm+o5HTptO6iNGG6L41EMhGGyh2L9gt5P7stJH8gqI=" });
    let nowhere = json!({ "type": "git", "url": "ssh://git@git.example.org/ada/vault",
        "narHash": "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" });
    let lock = json!({ "version": 7, "root": "root", "nodes": {
        "root": { "inputs": { "private": "private_2", "vault": "vault", "nixpkgs": ["private", "nixpkgs"] } },
        "private_2": { "locked": locked },
        "vault": { "locked": nowhere },
    } });
    fs::write(repository.path().join("flake.lock"), lock.to_string()).unwrap();
    repository.git(&["add", "flake.lock"]);
    let names = |run: &Run| secrets(run).as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let use_store = format!("--use-store={}", store.path().display());
    assert_eq!(names(&repository.sealnix(&["manifest", &use_store])), ["backup", "stored", "wifi"]);
    assert_eq!(names(&repository.sealnix(&["manifest"])), ["backup", "wifi"]);
    // What a person gives goes before it.
    let private = checkout("private");
    let run = repository.sealnix(&["manifest", &use_store, &given("private", private.path())]);
    assert!(!names(&run).contains(&"stored".to_owned()));
    // A flake in a folder below is locked there.
    let below = Scratch::copy_of(&fixtures().join("inputs/repository"), &[], &[]);
    fs::create_dir(below.path().join("nix")).unwrap();
    below.git(&["mv", "flake.nix", "web.nix", "modules", "nix"]);
    fs::write(below.path().join("nix/flake.lock"), lock.to_string()).unwrap();
    assert_eq!(names(&below.sealnix(&["manifest", "nix/flake.nix", &use_store])), ["backup", "stored", "wifi"]);
}

#[test]
fn a_checkout_that_is_of_no_use_is_an_error() {
    let (repository, vault) = (repository(), checkout("vault"));
    for (argument, said) in [
        (given("valut", vault.path()), "no flake has an input `valut`"),
        (given("vault", Path::new("nowhere")), "nowhere is not a folder that can be read"),
        ("--input=vault".to_owned(), "write it NAME=PATH"),
    ] {
        let run = repository.sealnix(&["manifest", &argument]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{argument}");
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
}

#[test]
fn a_mistake_of_the_settings_has_its_line() {
    let repository = repository();
    for (settings, said) in [
        ("[inputs]\nvault = \"nowhere\"", "sealnix.toml:2: `nowhere` is not a folder that can be read"),
        ("[inputs]\nvalut = \".\"", "sealnix.toml:2: no flake has an input `valut`; did you mean `vault`?"),
        ("exlude = [\"a\"]\n[levels]\nkey-mising = \"off\"", "sealnix.toml:1: `exlude` is not known here"),
        ("exlude = [\"a\"]\n[levels]\nkey-mising = \"off\"", "sealnix.toml:3: there is no rule `key-mising`"),
    ] {
        fs::write(repository.path().join("sealnix.toml"), settings).unwrap();
        let run = repository.sealnix(&["check"]);
        assert_eq!(run.code, Some(2), "{settings}");
        // Drawn over several lines.
        let stderr = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ").replace(" \u{2502}", "");
        assert!(stderr.contains(said), "{}", run.stderr);
    }
}

/// `builtins.getFlake` gives a flake as an input is one: with its outputs, and its own inputs beside them.
#[test]
fn a_flake_that_is_got_has_inputs() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file is written");
    fs::create_dir(folder.path().join("more")).expect("a folder");
    write("secrets.yaml", "token: x\n");
    write(
        "more/flake.nix",
        r#"{
          inputs.nixpkgs.url = "github:NixOS/nixpkgs";
          inputs.sops-nix.url = "github:Mic92/sops-nix";
          outputs = _: { key = "from-more"; };
        }"#,
    );
    write(
        "flake.nix",
        r#"{
          outputs = _: let more = builtins.getFlake (toString ./more); in {
            nixosConfigurations.web = more.inputs.nixpkgs.lib.nixosSystem {
              modules = [
                more.inputs.sops-nix.nixosModules.sops
                { sops.defaultSopsFile = ./secrets.yaml; sops.secrets.token.key = more.key; }
              ];
            };
          };
        }"#,
    );
    let manifest = Scratch::copy_of(folder.path(), &[], &[]).sealnix(&["manifest"]).json().unwrap();
    let host = &manifest["hosts"][0];
    assert_eq!(host["sops"]["secrets"]["token"]["key"], "from-more", "{}", host["unknowns"]);
    assert_eq!(host["complete"]["secrets"], true);
}
