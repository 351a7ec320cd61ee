//! What Nix refuses in a module of a host is said with its place; the host's other modules are read.

use serde_json::Value;

use crate::support::small_flake::host;

/// Why secrets may be missing on a host with this module beside one that declares `token`.
fn why(module: &str) -> String {
    let host = host(&format!("{{ imports = [ {{ sops.secrets.token = {{ }}; }} ({module}) ]; }}"));
    assert!(host["sops"]["secrets"]["token"].is_object(), "{module}: the other module is read: {host}");
    match &host["complete"]["secrets"] {
        Value::String(why) => why.clone(),
        complete => panic!("{module}: {complete}"),
    }
}

#[test]
fn what_nix_refuses() {
    for (module, expected) in [
        ("{ options.web = { }; sops.secrets.db = { }; }", "`sops` stands beside `config` or `options`"),
        ("{ config = { }; networking.hostName = \"web\"; }", "`networking` stands beside `config` or `options`"),
        ("{ _class = \"homeManager\"; }", "a module for homeManager does not belong into a configuration of nixos"),
        ("[ { } ]", "a module is a list, not a set"),
        ("{ imports = { }; }", "`imports` is a set, not a list"),
        ("{ disabledModules = [ { } ]; }", "a disabled module is a set without a key"),
    ] {
        let why = why(module);
        assert!(why.contains(expected), "{module}\n    expected: {expected}\n    ours: {why}");
    }
}

#[test]
fn what_nix_takes() {
    for module in [
        "{ options.web = { }; config.sops.secrets.db = { }; meta = { }; }",
        "{ _class = \"nixos\"; sops.secrets.db = { }; }",
        "{ lib, ... }: lib.mkMerge [ { sops.secrets.db = { }; } ]",
        "{ imports = [ ]; require = [ ]; key = \"k\"; _file = \"f\"; sops.secrets.db = { }; }",
    ] {
        let host = host(module);
        assert!(host["sops"]["secrets"]["db"].is_object(), "{module}: {host}");
        assert_eq!(host["complete"]["secrets"], Value::Bool(true), "{module}");
    }
}
