//! `flake.nix`, `nix/flake.nix`, `nix/package.nix` and the module for flake-parts.

use serde_json::json;

use crate::installed_nix::Store;

/// The flake's outputs, beside a nixpkgs that stands in for the real one.
const OUTPUTS: &str = "let
  nixpkgs = (import ./fixtures/stubs/nixpkgs/flake.nix).outputs { };
  outputs = (import ./flake.nix).outputs { self = outputs; inherit nixpkgs; };
  isDerivation = value: value.type == \"derivation\" && builtins.isString value.drvPath;
  everySystem = holds: set: builtins.attrNames set == nixpkgs.lib.platforms.unix && builtins.all holds (builtins.attrValues set);
  names = builtins.attrNames;
in ";

#[test]
fn every_output_is_what_its_name_says() {
    let Some(store) = Store::new() else { return };
    let said = store.evaluate(&format!(
        "{OUTPUTS} {{
          packages = everySystem (set: names set == [ \"default\" \"sealnix\" ] && builtins.all isDerivation (builtins.attrValues set)) outputs.packages;
          main = outputs.packages.x86_64-linux.default.meta.mainProgram;
          apps = everySystem (set: set.default.type == \"app\" && builtins.match \".*-sealnix-.*/bin/sealnix\" set.default.program != null) outputs.apps;
          checks = everySystem (set: names set == [ \"sealnix\" \"tests\" ] && builtins.all isDerivation (builtins.attrValues set)) outputs.checks;
          tested = everySystem (set: set.tests.checked && ! set.sealnix.checked) (builtins.mapAttrs (_: set: builtins.mapAttrs (_: check: {{ checked = check.drvAttrs.checked; }}) set) outputs.checks);
          devShells = everySystem (set: isDerivation set.default) outputs.devShells;
          formatter = everySystem isDerivation outputs.formatter;
          overlay = isDerivation (outputs.overlays.default nixpkgs.legacyPackages.x86_64-linux {{ }}).sealnix;
        }}"
    ));
    let expected = json!({
        "packages": true, "main": "sealnix", "apps": true, "checks": true, "tested": true, "devShells": true,
        "formatter": true, "overlay": true,
    });
    assert_eq!(said, expected);
}

/// Whoever wants only the functions does not fetch nixpkgs: they are those of the flake in `nix/`, which has no inputs.
#[test]
fn what_needs_no_nixpkgs_does_not_ask_for_it() {
    let Some(store) = Store::new() else { return };
    let said = store.evaluate(
        "let
          outputs = (import ./flake.nix).outputs { self = throw \"self\"; nixpkgs = throw \"nixpkgs\"; };
          alone = (import ./nix/flake.nix).outputs { };
          types = outputs: {
            names = builtins.attrNames (builtins.removeAttrs outputs [ \"apps\" \"checks\" \"devShells\" \"formatter\" \"overlays\" \"packages\" ]);
            functions = builtins.mapAttrs (_: builtins.typeOf) outputs.lib;
            modules = builtins.typeOf (import (builtins.head outputs.nixosModules.default.imports)) + \" \" + builtins.typeOf (import outputs.flakeModules.default);
            overlay = builtins.typeOf (outputs.overlays.default or (_: _));
            templates = builtins.mapAttrs (_: template: builtins.pathExists (template.path + \"/flake.nix\") && builtins.isString template.description) outputs.templates;
          };
        in { outputs = types outputs; alone = types alone; }",
    );
    assert_eq!(said["outputs"], said["alone"]);
    let expected = json!({
        "names": ["flakeModules", "lib", "nixosModules", "templates"],
        "functions": { "hostManifest": "lambda", "mkCheck": "lambda", "mkChecks": "lambda", "mkManifest": "lambda" },
        "modules": "lambda lambda",
        "overlay": "lambda",
        "templates": { "default": true, "flake": true, "flake-parts": true },
    });
    assert_eq!(said["outputs"], expected);
}

/// The check of each system that has it on, and no more asked of the others than their options.
#[test]
fn the_flake_parts_module_adds_the_checks() {
    let Some(store) = Store::new() else { return };
    let said = store.evaluate(
        "let
          nixpkgs = (import ./fixtures/stubs/nixpkgs/flake.nix).outputs { };
          inherit (nixpkgs) lib;
          self = { outPath = toString ./fixtures/fleet; nixosConfigurations = { atlas = throw \"atlas\"; beacon = throw \"beacon\"; }; };
          module = (import ./nix/flake-module.nix { inherit lib self; flake-parts-lib.mkPerSystemOption = module: module; }).options.perSystem;
          names = settings: builtins.attrNames (lib.evalModules {
            args = rec { system = \"x86_64-linux\"; pkgs = nixpkgs.legacyPackages.${system}; };
            modules = [ module settings { options.checks = lib.mkOption { type = lib.types.raw; default = { }; }; } ];
          }).config.checks;
        in {
          without = names { };
          off = names { sealnix.enable = false; };
          perHost = names { sealnix.perHost = true; };
        }",
    );
    let expected = json!({
        "without": ["sealnix"],
        "off": [],
        "perHost": ["sealnix-nixos-atlas", "sealnix-nixos-beacon", "sealnix-repository"],
    });
    assert_eq!(said, expected);
}
