//! What package sets give although nixpkgs is not here: the functions that a repository's own
//! overlays add, and the lib that they extend. The expected hosts and keys follow from nixpkgs'
//! manual: `final` is the whole set, `prev` what the earlier overlays made, the last one wins.

use serde_json::Value;

use crate::support::small_flake::{flake, manifest_of};

/// The manifest of a flake whose outputs are `outputs`, of its inputs.
fn manifest(outputs: &str) -> Value {
    manifest_of(&flake(&format!("inputs: {outputs}")))
}

/// `NAME KEY` of every host's secret `token`.
fn keys(outputs: &str) -> Vec<String> {
    let manifest = manifest(outputs);
    assert_eq!(manifest["unknowns"], Value::Null, "all hosts are known");
    let key = |host: &Value| {
        assert_eq!(host["complete"]["secrets"], true, "{}", host["unknowns"]);
        format!("{} {}", host["name"].as_str().unwrap(), host["sops"]["secrets"]["token"]["key"].as_str().unwrap())
    };
    manifest["hosts"].as_array().expect("hosts").iter().map(key).collect()
}

#[test]
fn overlays_make_hosts() {
    let outputs = r#"
      let
        machines = final: prev: {
          machine = key: prev.lib.nixosSystem {
            inherit (prev) system;
            modules = [
              inputs.sops-nix.nixosModules.sops
              { sops.defaultSopsFile = ./secrets.yaml; sops.secrets.token.key = final.prefix + key; }
            ];
          };
          prefix = "a/";
        };
        later = final: prev: { prefix = prev.prefix + "b/"; };
        pkgs = import inputs.nixpkgs { system = "x86_64-linux"; overlays = [ machines later ]; };
        extended = inputs.nixpkgs.legacyPackages.x86_64-linux.extend machines;
      in
      {
        nixosConfigurations = {
          web = pkgs.machine "web";
          mail = (extended.appendOverlays [ later later ]).machine "mail";
        };
      }"#;
    assert_eq!(keys(outputs), ["mail a/b/b/mail", "web a/b/web"]);
}

#[test]
fn an_overlay_may_extend_the_lib() {
    let outputs = r#"
      let
        overlay = final: prev: { lib = prev.lib.extend (_: _: { keyOf = name: "key-of-${name}"; }); };
        pkgs = import inputs.nixpkgs { system = "x86_64-linux"; overlays = [ overlay ]; };
        module = { pkgs, ... }: {
          imports = [ inputs.sops-nix.nixosModules.sops ];
          sops.defaultSopsFile = ./secrets.yaml;
          sops.secrets.token.key = pkgs.lib.keyOf "token";
        };
      in
      {
        nixosConfigurations = {
          given = inputs.nixpkgs.lib.nixosSystem { inherit pkgs; modules = [ module ]; };
          own = inputs.nixpkgs.lib.nixosSystem { modules = [ module { nixpkgs.overlays = [ overlay ]; } ]; };
        };
      }"#;
    assert_eq!(keys(outputs), ["given key-of-token", "own key-of-token"]);
}

/// home-manager gives its users the packages of the host, or another set for the same system.
#[test]
fn users_have_the_system_of_the_host() {
    let outputs = r#"{
        nixosConfigurations.web = inputs.nixpkgs.lib.nixosSystem {
          system = "aarch64-linux";
          modules = [
            inputs.home-manager.nixosModules.home-manager
            {
              home-manager.users.ann = { pkgs, ... }: {
                imports = [ inputs.sops-nix.homeManagerModules.sops ];
                sops.defaultSopsFile = ./secrets.yaml;
                sops.secrets.${if pkgs.stdenv.isAarch64 then "arm" else "other"} = { };
              };
            }
          ];
        };
      }"#;
    let manifest = manifest(outputs);
    let secrets = manifest["hosts"][0]["homeUsers"]["ann"]["sops"]["secrets"].as_object().expect("secrets");
    assert_eq!(secrets.keys().collect::<Vec<_>>(), ["arm"]);
}

/// An input's own nixpkgs is a nixpkgs too.
#[test]
fn an_input_has_a_nixpkgs() {
    let outputs = r#"
      let pkgs = inputs.home-manager.inputs.nixpkgs.legacyPackages.x86_64-linux; in
      {
        nixosConfigurations.web = pkgs.lib.nixosSystem {
          modules = [
            inputs.sops-nix.nixosModules.sops
            { sops.defaultSopsFile = ./secrets.yaml; sops.secrets.token = { }; }
          ];
        };
      }"#;
    assert_eq!(keys(outputs), ["web token"]);
}
