//! `check --eval` reads sops files that lie in another flake input from where Nix has put them.

use std::fs;

use tempfile::TempDir;

use crate::support::installed_nix::Store;
use crate::support::scratch::{Run, fixtures};

/// A host with two secrets from `inputs.vault`; the vault's file has the first one's key alone.
const FLAKE: &str = r#"{
  inputs.vault = { url = "path:VAULT"; flake = false; };
  outputs = { self, vault }: {
    nixosConfigurations.web =
      let
        file = "${vault}/web.yaml";
        secret = key: {
          name = key; inherit key; format = "yaml"; path = "/run/secrets/${key}"; mode = "0400"; owner = "root";
          group = "root"; neededForUsers = false; restartUnits = [ ]; reloadUnits = [ ]; sopsFile = file;
        };
        names = { "tailscale/auth_key" = { }; "tailscale/key" = { }; };
      in
      {
        options.sops.secrets.definitionsWithLocations = [ { file = ./flake.nix; value = names; } ];
        config = {
          networking.hostName = "web";
          nixpkgs.hostPlatform.system = "x86_64-linux";
          users.users.root.group = "root";
          users.groups.root = { };
          systemd.services = { };
          sops = { secrets = builtins.mapAttrs (name: _: secret name) names; templates = { }; placeholder = { }; };
        };
      };
  };
}
"#;

#[test]
fn a_file_of_an_input_is_where_nix_put_it() {
    let Some(nix) = Store::new() else { return };
    let vault = fixtures().join("inputs/vault");
    let repository = TempDir::new().unwrap();
    let flake = FLAKE.replace("VAULT", vault.to_str().unwrap());
    fs::write(repository.path().join("flake.nix"), flake).unwrap();
    let locked = nix.command("nix").args(["flake", "lock"]).current_dir(repository.path()).output().unwrap();
    assert!(locked.status.success(), "{}", String::from_utf8_lossy(&locked.stderr));

    let mut sealnix = nix.command(env!("CARGO_BIN_EXE_sealnix"));
    let run = Run::of(sealnix.args(["check", "--eval", "--format", "json"]).current_dir(repository.path()));
    let report = run.json().unwrap();
    let findings: Vec<(&str, &str)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["rule"].as_str().unwrap(), finding["secret"].as_str().unwrap_or_default()))
        .collect();
    // Nothing tells which key is the host's.
    assert_eq!(findings, [("host-identity-unknown", ""), ("key-missing", "tailscale/key")], "{report:#}");
}
