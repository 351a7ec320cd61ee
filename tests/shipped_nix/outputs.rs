//! `flake.nix`, `nix/flake.nix`, `nix/package.nix` and the module for flake-parts.

use serde_json::json;

use crate::support::installed_nix::Store;

#[test]
fn every_output_is_what_its_name_says() {
    let Some(store) = Store::new() else { return };
    let expected = json!({
        "packages": true, "mainProgram": "sealnix", "apps": true, "checks": true, "devShells": true, "formatter": true,
        "overlay": true,
    });
    assert_eq!(store.evaluate("import ./tests/shipped_nix/outputs.nix"), expected);
}

/// Whoever wants only the functions does not fetch nixpkgs: it is not asked for, not even for the names of the outputs.
#[test]
fn what_needs_no_nixpkgs_does_not_ask_for_it() {
    let Some(store) = Store::new() else { return };
    let said = store.evaluate("import ./tests/shipped_nix/without-nixpkgs.nix");
    let names = [
        "apps",
        "checks",
        "devShells",
        "flakeModules",
        "formatter",
        "lib",
        "nixosModules",
        "overlays",
        "packages",
        "templates",
    ];
    assert_eq!(said["names"], json!(names));
    let expected = json!({
        "lib": { "colmenaNodes": "lambda", "hostManifest": "lambda", "mkCheck": "lambda", "mkChecks": "lambda", "mkManifest": "lambda" },
        "modules": ["lambda", "lambda"],
        "templates": { "default": true, "flake": true, "flake-parts": true },
    });
    assert_eq!(said["ofFlake"], expected);
    assert_eq!(said["ofFolder"], expected);
}

/// No host is evaluated for the names of the checks.
#[test]
fn the_flake_parts_module_adds_the_checks() {
    let Some(store) = Store::new() else { return };
    let expected = json!({
        "without": ["sealnix"],
        "off": [],
        "hive": ["sealnix-nixos-node", "sealnix-repository"],
        "perHost": ["sealnix-nixos-atlas", "sealnix-nixos-beacon", "sealnix-repository"],
    });
    assert_eq!(store.evaluate("import ./tests/shipped_nix/flake-module.nix"), expected);
}
