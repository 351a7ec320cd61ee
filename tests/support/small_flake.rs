//! Repositories of one small flake.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::scratch::Scratch;

/// The host `web` of a flake whose only module is `module`, with sops-nix and home-manager.
pub fn host(module: &str) -> Value {
    let outputs = format!(
        r#"{{ self, nixpkgs, sops-nix, home-manager, ... }}@inputs: {{
    nixosConfigurations.web = nixpkgs.lib.nixosSystem {{
      system = "x86_64-linux";
      specialArgs = {{ inherit inputs; }};
      modules = [
        sops-nix.nixosModules.sops
        home-manager.nixosModules.home-manager
        {{ sops.defaultSopsFile = ./secrets.yaml; }}
        ({module})
      ];
    }};
  }}"#
    );
    manifest_of(&flake(&outputs))["hosts"][0].clone()
}

/// A flake of these outputs, a function of nixpkgs, sops-nix and home-manager.
pub fn flake(outputs: &str) -> String {
    format!(
        r#"{{
  inputs = {{
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    sops-nix.url = "github:Mic92/sops-nix";
    home-manager.url = "github:nix-community/home-manager";
  }};
  outputs = {outputs};
}}"#
    )
}

/// A repository of this flake.
pub fn repository(flake: &str) -> Scratch {
    let folder = TempDir::new().expect("a temporary folder");
    fs::write(folder.path().join("flake.nix"), flake).expect("flake.nix is written");
    fs::write(folder.path().join("secrets.yaml"), "token: x\n").expect("secrets.yaml is written");
    Scratch::copy_of(folder.path(), &[], &[])
}

/// The manifest of a repository of this flake.
pub fn manifest_of(flake: &str) -> Value {
    repository(flake).sealnix(&["manifest"]).json().expect("a manifest")
}
