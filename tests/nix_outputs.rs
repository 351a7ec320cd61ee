//! `flake.nix`, `nix/package.nix`, the modules and the templates, evaluated by the installed Nix.
//!
//! There is no nixpkgs here. `fixtures/stubs/nixpkgs` stands in for it: it has just those functions and packages that
//! these files call, checks what it is given, and builds nothing. So these tests prove that every output evaluates, is
//! what its name says, and passes nixpkgs only what is written in the stub; they do not prove that the package builds,
//! nor that nixpkgs' functions are what the stub takes them for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use std::io::Write;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// Set by `.ci/run`: without Nix the tests fail.
const DEMANDED: &str = "SEALNIX_TEST_NEEDS_NIX";

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
    let Some(said) = evaluate(&format!(
        "{OUTPUTS} {{
          packages = everySystem (set: names set == [ \"default\" \"sealnix\" ] && builtins.all isDerivation (builtins.attrValues set)) outputs.packages;
          main = outputs.packages.x86_64-linux.default.meta.mainProgram;
          apps = everySystem (set: set.default.type == \"app\" && builtins.match \"/nix/store/.*-sealnix-.*/bin/sealnix\" set.default.program != null) outputs.apps;
          checks = everySystem (set: names set == [ \"sealnix\" \"tests\" ] && builtins.all isDerivation (builtins.attrValues set)) outputs.checks;
          tested = everySystem (set: set.tests.checked && ! set.sealnix.checked) (builtins.mapAttrs (_: set: builtins.mapAttrs (_: check: {{ checked = check.drvAttrs.checked; }}) set) outputs.checks);
          devShells = everySystem (set: isDerivation set.default) outputs.devShells;
          formatter = everySystem isDerivation outputs.formatter;
          overlay = isDerivation (outputs.overlays.default nixpkgs.legacyPackages.x86_64-linux {{ }}).sealnix;
        }}"
    )) else {
        return;
    };
    let expected = json!({
        "packages": true, "main": "sealnix", "apps": true, "checks": true, "tested": true, "devShells": true,
        "formatter": true, "overlay": true,
    });
    assert_eq!(said, expected);
}

/// Whoever wants only the functions does not fetch nixpkgs: they are those of the flake in `nix/`, which has no inputs.
#[test]
fn what_needs_no_nixpkgs_does_not_ask_for_it() {
    let Some(said) = evaluate(
        "let
          outputs = (import ./flake.nix).outputs { self = throw \"self\"; nixpkgs = throw \"nixpkgs\"; };
          alone = (import ./nix/flake.nix).outputs { };
          types = outputs: {
            names = builtins.attrNames (builtins.removeAttrs outputs [ \"apps\" \"checks\" \"devShells\" \"formatter\" \"overlays\" \"packages\" ]);
            functions = builtins.mapAttrs (_: builtins.typeOf) outputs.lib;
            modules = builtins.typeOf (import outputs.nixosModules.default) + \" \" + builtins.typeOf (import outputs.flakeModules.default);
            overlay = builtins.typeOf (outputs.overlays.default or (_: _));
            templates = builtins.mapAttrs (_: template: builtins.pathExists (template.path + \"/flake.nix\") && builtins.isString template.description) outputs.templates;
          };
        in { outputs = types outputs; alone = types alone; }",
    ) else {
        return;
    };
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

/// The value of an expression whose paths are relative to the repository; none where there is no Nix and none is demanded.
fn evaluate(expression: &str) -> Option<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Nothing is written: with --eval Nix only computes the names of what it would put into the store.
    let output = Command::new("nix-instantiate")
        .args(["--store", "dummy://", "--eval", "--strict", "--json", "--expr", expression])
        .env("NIX_CONFIG", "build-users-group =")
        .env("HOME", "/nonexistent")
        .current_dir(root)
        .output();
    let Ok(output) = output else {
        assert!(std::env::var_os(DEMANDED).is_none(), "nix-instantiate is not installed (Debian: nix-bin)");
        // Not captured, unlike what eprintln! writes.
        std::io::stderr().write_all(b"SKIPPED: nix-instantiate is not installed (Debian: nix-bin)\n").unwrap();
        return None;
    };
    assert!(output.status.success(), "{expression}\n{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
