//! The module of NixOS, in a host that has just the options that a manifest is made of.

use std::fs;

use serde_json::{Value, json};

use crate::support::installed_nix::Store;
use crate::support::scratch::{Scratch, fixtures};

/// The derivation is the same before and after a change that is none of the host's, and another after one that is.
#[test]
fn only_what_a_host_needs_changes_its_check() {
    let repository = host();
    let write = |file: &str, text: &str| {
        let file = repository.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    let Some(store) = Store::new() else { return };
    let derivation = || store.evaluate(&format!("({}).drvPath", check_of(&repository, ANY)));
    let before = derivation();

    write("docs/machines/atlas.md", "It stands in the cellar.");
    write("secrets/beacon.yaml", "another: host");
    write("hosts/beacon/default.nix", "{ }");
    write("hosts/atlas/default.nix", &HOST.replace("sops.secrets", "# Read on the console\n\n  sops.secrets"));
    assert_eq!(derivation(), before);

    for (file, text) in [
        ("secrets/atlas.yaml", "console:\n    token: changed"),
        (".sops.yaml", "creation_rules: []"),
        ("sealnix.toml", "[levels]\nkey-missing = \"warning\"\n"),
        ("keys/atlas.pub", "ssh-ed25519 changed"),
        ("hosts/atlas/default.nix", &HOST.replace("\"root\"", "null")),
        (
            "hosts/atlas/default.nix",
            &HOST.replace("sops.secrets", "# sealnix: ignore[key-missing] so it is\n  sops.secrets"),
        ),
    ] {
        let kept = fs::read_to_string(repository.path().join(file)).ok();
        write(file, text);
        assert_ne!(derivation(), before, "{file}");
        match kept {
            Some(kept) => write(file, &kept),
            None => fs::remove_file(repository.path().join(file)).unwrap(),
        }
        assert_eq!(derivation(), before, "{file} as it was");
    }
}

/// Of its modules their names are left, and of one that silences a rule the lines.
#[test]
fn the_manifest_of_a_hosts_check_names_files_without_lines() {
    let repository = host();
    let Some(store) = Store::new() else { return };
    let manifest = || store.evaluate(&format!("({}).manifest", check_of(&repository, ANY)));
    let said = manifest();
    let secret = &said["hosts"][0]["sops"]["secrets"]["console/token"];
    let definition = json!({ "file": "hosts/atlas/default.nix", "pos": null, "fields": { "owner": null } });
    assert_eq!(secret["definitions"], json!([definition]));
    assert_eq!(secret["at"], Value::Null);
    assert_eq!(secret["sopsFile"]["path"], "secrets/atlas.yaml");
    assert_eq!(said["hosts"][0]["name"], "atlas");

    fs::write(repository.path().join("hosts/atlas/default.nix"), HOST.replace("{\n", "{ # sealnix: ignore[x] y\n"))
        .unwrap();
    let said = manifest();
    let at = &said["hosts"][0]["sops"]["secrets"]["console/token"]["at"];
    assert_eq!((&at["file"], &at["line"]), (&json!("hosts/atlas/default.nix"), &json!(4)));
}

/// The checker is the builder: what it says is in Nix's log, and its summary in what it made.
#[test]
fn the_host_is_built_only_if_its_secrets_are_in_order() {
    let Some(store) = Store::new() else { return };
    let repository = host();
    let package = store.package(env!("CARGO_BIN_EXE_sealnix"));
    let made = store.build(&check_of(&repository, &package)).unwrap();
    assert!(made.contains("1 host, 1 secret, 1 sops file: 0 errors"), "{made}");

    let misspelt = HOST.replace("console/token", "console/tokn");
    fs::write(repository.path().join("hosts/atlas/default.nix"), &misspelt).unwrap();
    let log = store.build(&check_of(&repository, &package)).unwrap_err();
    assert!(log.contains("`console/tokn` is not in `secrets/atlas.yaml`; `console/token` is."), "{log}");
    assert!(log.contains("hosts/atlas/default.nix: needs `console/tokn`"), "{log}");

    for comment in ["# sealnix: ignore[key-missing] made by hand", "#sealnix:ignore[key-missing] likewise"] {
        let silenced = misspelt.replace("  sops.secrets", &format!("  {comment}\n  sops.secrets"));
        fs::write(repository.path().join("hosts/atlas/default.nix"), silenced).unwrap();
        let made = store.build(&check_of(&repository, &package)).unwrap();
        assert!(made.contains("1 finding suppressed"), "{comment}: {made}");
    }
}

/// Of a module that is named without a line it is no matter whether it is there, beside one that is.
#[test]
fn one_module_may_silence_a_rule_and_another_not() {
    let Some(store) = Store::new() else { return };
    let repository = host();
    let host = HOST.replace("{\n  networking", "{\n  imports = [ ./console.nix ];\n  networking");
    fs::write(repository.path().join("hosts/atlas/default.nix"), host).unwrap();
    let module = "{\n  # sealnix: ignore[key-missing] made by hand\n  sops.secrets.\"console/tokn\" = { };\n}\n";
    fs::write(repository.path().join("hosts/atlas/console.nix"), module).unwrap();
    let made = store.build(&check_of(&repository, &store.package(env!("CARGO_BIN_EXE_sealnix")))).unwrap();
    assert!(made.contains("1 finding suppressed"), "{made}");
    assert!(made.contains("1 host, 2 secrets, 1 sops file: 0 errors"), "{made}");
}

/// A link's target is read, wherever it lies.
#[test]
#[cfg(unix)]
fn a_file_behind_a_link_is_read() {
    let Some(store) = Store::new() else { return };
    let repository = host();
    let inside = |path: &str| repository.path().join(path);
    fs::create_dir(inside("sealed")).unwrap();
    fs::rename(inside("secrets/atlas.yaml"), inside("sealed/atlas.yaml")).unwrap();
    std::os::unix::fs::symlink("../sealed/atlas.yaml", inside("secrets/atlas.yaml")).unwrap();
    let made = store.build(&check_of(&repository, &store.package(env!("CARGO_BIN_EXE_sealnix")))).unwrap();
    assert!(made.contains("1 host, 1 secret, 10 sops files: 0 errors"), "{made}");
}

/// A package that is only named.
const ANY: &str = "{ type = \"derivation\"; outPath = \"/sealnix\"; }";

/// A module of the host atlas, whose file holds `console.token`.
const HOST: &str = "{
  networking.hostName = \"atlas\";
  sops.defaultSopsFile = ../../secrets/atlas.yaml;
  sops.secrets.\"console/token\" = { owner = \"root\"; };
}
";

/// The repository of `fixtures/fleet-mended` with that module in the place of the host's own.
fn host() -> Scratch {
    let repository = Scratch::copy_of(&fixtures().join("fleet-mended"), &[], &[]);
    fs::write(repository.path().join("hosts/atlas/default.nix"), HOST).unwrap();
    repository
}

/// The check that the NixOS module gives the host, as an expression.
fn check_of(repository: &Scratch, package: &str) -> String {
    let repository = repository.path().display();
    format!(
        "let
          lib = import ./fixtures/stubs/nixpkgs/lib.nix;
          host = lib.evalModules {{
            args.pkgs = import ./fixtures/stubs/nixpkgs/packages.nix {{ system = builtins.currentSystem; }};
            modules = [
              ./fixtures/stubs/nixpkgs/nixos/options.nix
              ./nix/nixos-module.nix
              (/. + \"{repository}/hosts/atlas\")
              {{
                sealnix = {{
                  enable = true;
                  src = /. + \"{repository}\";
                  package = {package};
                }};
              }}
            ];
          }};
        in builtins.head host.config.system.checks"
    )
}
