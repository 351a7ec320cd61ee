//! The examples of docs/environment.md, followed as a person would.

use std::fs;
use std::process::Command;

use crate::support::installed;
use crate::support::sealed;
use crate::support::walkthrough;

const FLAKE: &str = r#"{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  outputs = { nixpkgs, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [
        {
          users.users.hypervisor = { isSystemUser = true; group = "hypervisor"; };
          systemd.services.hypervisor.serviceConfig.User = "hypervisor";
        }
      ];
    };
  };
}
"#;

#[test]
fn the_page_is_true() {
    if !installed::SOPS.is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let fleet = folder.path().join("fleet");
    fs::create_dir_all(fleet.join("secrets")).unwrap();
    let body = "api_token: STR\nsmtp:\n    password: STR\n    port: INT\n";
    fs::write(fleet.join("secrets/hypervisor.yaml"), sealed::yaml(body)).unwrap();
    fs::write(fleet.join("flake.nix"), FLAKE).unwrap();
    for arguments in [&["init", "--quiet"][..], &["add", "."]] {
        assert!(Command::new("git").args(arguments).current_dir(&fleet).status().unwrap().success());
    }
    walkthrough::follow("environment.md", folder.path());
}
