//! Hosts of flakes that flake-parts makes, with what it brings and with import-tree.

use std::fs;

use crate::support::declared::declared;
use crate::support::scratch::{Scratch, fixtures};

/// flake-parts: options beneath `flake` and in `perSystem`, modules said in several files, a foreign
/// module; real Nix with flake-parts itself gives the same.
#[test]
fn flake_parts_merges_modules_to_outputs() {
    let expected = "\
nixos gate
  backup/files files modules/common.nix:9
  backup/mail mail modules/common.nix:9
  gate/api api-x86_64-linux services.nix:18
  north north hosts/default.nix:12
  relay relay-key hosts/default.nix:27
nixos probe
  backup/files files modules/common.nix:9
  backup/mail mail modules/common.nix:9
  north north hosts/default.nix:12
  probe/api api-aarch64-linux services.nix:18
";
    assert_eq!(declared("flake-parts"), expected);
}

/// import-tree: a dendritic tree of flake-parts modules, drafts left out, files chosen by name; real
/// Nix with import-tree itself gives the same.
#[test]
fn import_tree_imports_a_folder() {
    let expected = "\
nixos wren
  backup backup extra/backup@on.nix:1
  mail/dkim mail/dkim modules/services/mail.nix:9
  mail/wren-rules mail/wren-rules modules/services/spam.nix:5
";
    assert_eq!(declared("import-tree"), expected);
}

/// What may make further hosts says so; a foreign module of another kind does not, and neither hides
/// what the repository makes itself.
#[test]
fn flake_modules_that_may_make_hosts_leave_them_open() {
    let table = [
        ("github:numtide/treefmt-nix", "imports = [ inputs.other.flakeModule ];", None),
        ("github:vic/den", "imports = [ inputs.other.flakeModules.default ];", Some("input other")),
        ("git+ssh://git@example.org/ours", "imports = [ inputs.other.flakeModule ];", Some("input other")),
        ("github:a/b", "imports = [ (inputs.other.lib.modulesOf ./parts) ];", Some("input other")),
        ("github:a/b", "flake = inputs.other.lib.flake;", Some("input other")),
        ("github:a/b", "flake.nixosConfigurations = inputs.other.lib.hosts;", Some("input other")),
        ("github:a/b", "imports = [ inputs.other.flakeModule ]; other.hosts.mail = { };", None),
    ];
    for (url, line, why) in table {
        let scratch = Scratch::copy_of(&fixtures().join("wirings/flake-parts/modules"), &[], &[]);
        let flake = format!(
            r#"{{
  inputs.flake-parts.url = "github:hercules-ci/flake-parts";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.other.url = "{url}";
  outputs = inputs: inputs.flake-parts.lib.mkFlake {{ inherit inputs; }} {{
    systems = [ ];
    imports = [ {{ flake.nixosConfigurations.own = inputs.nixpkgs.lib.nixosSystem {{ modules = [ ]; }}; }} {{ {line} }} ];
  }};
}}"#
        );
        fs::write(scratch.path().join("flake.nix"), flake).unwrap();
        scratch.git(&["add", "flake.nix"]);
        let manifest = scratch.sealnix(&["manifest"]).json().expect("a manifest");
        assert_eq!(manifest["hosts"][0]["name"], "own", "{url} {line}");
        let unknowns = manifest["unknowns"].as_array().cloned().unwrap_or_default();
        let said = unknowns.iter().map(|unknown| unknown["why"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        match why {
            Some(why) => assert!(said.iter().any(|said| said.contains(why)), "{url} {line}: {said:?}"),
            None => assert_eq!(said, [""; 0], "{url} {line}"),
        }
    }
}

/// Partitions: outputs that another evaluation makes, with inputs of its own; `touchup` hides hosts. A
/// module that is a path stays one. Real Nix with flake-parts itself gives the same hosts.
#[test]
fn flake_parts_takes_outputs_of_partitions() {
    let expected = "\
nixos common
  common x86_64-linux hosts.nix:7
nixos web
  web web fleet/web.nix:7
home ann
  token token modules/token.nix:3
";
    assert_eq!(declared("partitions"), expected);
}
