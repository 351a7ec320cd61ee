//! What hangs on something unknown is unknown, never certain; what it cannot change stays known. The
//! table goes through everything that reads attributes, lists and conditions.

use std::fs;

use sealnix::nix::evaluate::{EvaluateError, evaluate_json};
use sealnix::source::Tree;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::scratch::Scratch;

/// `u` is any string. `maybe` holds `n` unless `u` is "n"; `list` is [ 1 ] with more items behind.
const GIVEN: &str = r#"let
  u = builtins.fetchurl "X";
  maybe = removeAttrs { n = "one"; } [ u ];
  list = [ 1 ] ++ builtins.fromJSON u;
in "#;

/// Why an expression is or is not decided, the expression, and its value where it is.
type Row = (&'static str, &'static str, Option<Value>);

/// What is wrong with the rows, if anything.
fn check(rows: &[Row]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(why, expression, expected)| {
            let ours = evaluate_json(&format!("{GIVEN}{expression}"), &Tree::default());
            let right = match (expected, &ours) {
                (None, Err(EvaluateError::Unknown(_))) => true,
                (Some(expected), Ok(ours)) => expected == ours,
                _ => false,
            };
            (!right).then(|| format!("{expression}\n    expected: {expected:?}, as {why}\n    ours: {ours:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn attributes_that_may_be_absent() {
    check(&[
        ("absent, the default counts", "({ n ? \"two\" }: n) maybe", None),
        ("without a default the call would fail if it were absent", "({ n }: n) maybe", Some(json!("one"))),
        ("`maybe` can hold no `m`", "({ n ? 1, m ? 2 }: m) maybe", Some(json!(2))),
        ("the default is that of an absent one", "({ n ? m, m ? 3 }: m) maybe", Some(json!(3))),
        ("an argument that nobody knows may have it", "({ n ? 2, ... }: n) (builtins.fromJSON u)", None),
        ("were it there, the call would fail", "({ m ? 2 }: m) maybe", Some(json!(2))),
        ("it is there for sure", "({ n ? 2 }: n) { n = 1; }", Some(json!(1))),
        ("absent, the outer one counts", "with { n = 2; }; with maybe; n", None),
        ("absent, an open set may hold it", "with builtins.fromJSON u; with maybe; n", None),
        ("the inner one is there", "with maybe; with { n = 2; }; n", Some(json!(2))),
        ("nothing else can give it", "with maybe; n", Some(json!("one"))),
        ("absent, both doubtful ones count", "with maybe; with removeAttrs { n = 2; } [ u ]; n", None),
        ("absent, the other side counts", "maybe.n or \"two\"", None),
        ("`maybe` can hold no `m`", "maybe.m or 2", Some(json!(2))),
        ("a plain selection would fail if it were absent", "maybe.n", Some(json!("one"))),
        ("so would an inherited one", "(let inherit (maybe) n; in n)", Some(json!("one"))),
        ("it is \"one\" wherever it can be read", "{ inherit (maybe) n; } == { n = \"two\"; }", Some(json!(false))),
        ("there or not", "maybe ? n", None),
        ("never there", "maybe ? m", Some(json!(false))),
        ("there or not", "builtins.hasAttr \"n\" maybe", None),
        ("equal only if it is there", "maybe == { n = \"one\"; }", None),
        ("equal only if it is absent", "maybe == { }", None),
        ("absent or another value: different both ways", "maybe == { n = \"two\"; }", Some(json!(false))),
        ("`maybe` can hold no `m`", "maybe == { m = 1; }", Some(json!(false))),
        ("`m` differs", "(maybe // { m = 1; }) == { n = \"one\"; m = 2; }", Some(json!(false))),
        ("both may be absent, then they are equal", "maybe == removeAttrs { n = \"two\"; } [ u ]", None),
        ("different only if it is there", "maybe != { }", None),
        ("perhaps on neither side", "(maybe // removeAttrs { n = 2; } [ u ]) ? n", None),
        ("perhaps on neither side", "(maybe // removeAttrs { n = 2; } [ u ]).n or 3", None),
        ("surely on the left", "({ n = 2; } // maybe) ? n", Some(json!(true))),
        ("surely on the right", "(maybe // { n = 2; }).n", Some(json!(2))),
        ("the whole set hangs on it", "maybe // { m = 2; }", None),
        ("mapped, it may still be absent", "builtins.mapAttrs (k: v: v + \"!\") maybe ? n", None),
        ("mapped, it may still be absent", "(builtins.mapAttrs (k: v: 1) maybe).n or 2", None),
        ("mapped, there is still no `m`", "builtins.mapAttrs (k: v: v + \"!\") maybe ? m", Some(json!(false))),
        ("one name or none", "builtins.attrNames maybe", None),
        ("one name or none", "builtins.length (builtins.attrNames maybe)", None),
        ("one value or none", "builtins.attrValues maybe", None),
        ("the names of values that nobody knows", "builtins.attrNames { a = u; }", Some(json!(["a"]))),
        ("without it nothing is left", "removeAttrs maybe [ \"n\" ]", Some(json!({}))),
        ("only the other name", "builtins.attrNames (maybe // { n = u; })", Some(json!(["n"]))),
        (
            "as a string, `outPath` counts where `__toString` is absent",
            "toString (removeAttrs { __toString = s: \"a\"; } [ u ] // { outPath = \"b\"; })",
            None,
        ),
        ("as a string, it must be there", "toString (removeAttrs { outPath = \"b\"; } [ u ])", Some(json!("b"))),
    ]);
}

#[test]
fn lists_with_more_items() {
    check(&[
        ("more items", "builtins.length list", None),
        ("items, whatever they are", "builtins.length [ u u ]", Some(json!(2))),
        ("2 may be among the others", "builtins.elem 2 list", None),
        ("1 is known to be there", "builtins.elem 1 list", Some(json!(true))),
        ("the others may be kept", "builtins.filter (x: x == 2) list", None),
        ("kept or not", "builtins.filter (x: x == u) [ \"a\" ]", None),
        ("what nobody knows is left out", "builtins.filter (x: false) [ u ]", Some(json!([]))),
        ("more items", "list ++ [ 2 ]", None),
        ("an item that is not read", "builtins.head ([ 1 ] ++ [ u ])", Some(json!(1))),
        ("the others may be those", "list == [ 1 2 ]", None),
        ("the others may stand between", "list ++ [ 2 ] == [ 1 3 2 ]", None),
        ("the others may stand before", "builtins.fromJSON u ++ [ 1 ] == [ 2 1 ]", None),
        ("it has an item", "list == [ ]", Some(json!(false))),
        ("too few items", "list ++ [ 2 ] == [ 1 ]", Some(json!(false))),
        ("the first items differ", "[ 1 u ] == [ 2 u ]", Some(json!(false))),
        ("the others may come first", "builtins.fromJSON u ++ [ 1 ] < [ 2 ]", None),
        ("the first items decide", "[ 1 u ] < [ 2 u ]", Some(json!(true))),
        ("more items to join", "builtins.concatStringsSep \",\" ([ \"a\" ] ++ builtins.fromJSON u)", None),
    ]);
}

#[test]
fn conditions_and_texts() {
    check(&[
        ("either branch", "if u == \"a\" then 1 else 2", None),
        ("the branch is not taken", "if true then 1 else u", Some(json!(1))),
        ("hangs on the left", "u == \"a\" && true", None),
        ("hangs on the right", "true && u == \"a\"", None),
        ("decided on the left", "false && u == \"a\"", Some(json!(false))),
        ("hangs on the left", "u == \"a\" || false", None),
        ("hangs on the right", "false || u == \"a\"", None),
        ("decided on the left", "true || u == \"a\"", Some(json!(true))),
        ("hangs on the left", "u == \"a\" -> false", None),
        ("decided on the left", "false -> u == \"a\"", Some(json!(true))),
        ("the text is part of it", "\"a${u}\"", None),
        ("a text that holds nothing of it", "\"a${{ x = u; y = \"b\"; }.y}\"", Some(json!("ab"))),
        ("the text is part of it", "\"a\" + u", None),
        ("the value is not read", "{ a = 1; b = u; }.a", Some(json!(1))),
        ("the value is read", "{ a = 1; b = u; }", None),
        ("it may be this name", "{ ${u} = 1; } ? a", None),
        ("written beside", "{ a = 1; ${u} = 2; } ? a", Some(json!(true))),
    ]);
}

/// `{ key = …; } // u`: what is read is right if `u` does not replace it. Whatever way it is read, a
/// secret that hangs on it says so; its twin, where nothing can replace it, is certain.
#[test]
fn what_may_be_replaced_is_assumed() {
    let ways = [
        "(SET).key",
        "(SET).key or \"z\"",
        "(({ key ? \"z\", ... }: key) (SET))",
        "(({ key, ... }: key) (SET))",
        "(with SET; key)",
        "(let inherit (SET) key; in key)",
        "{ inherit (SET) key; }.key",
        "(builtins.mapAttrs (n: v: v) (SET)).key",
        "(if (SET) ? key then \"ann\" else \"z\")",
        "(if { inherit (SET) key; } == { key = \"ann\"; } then \"ann\" else \"z\")",
        "(lib.optionalAttrs (builtins.fetchurl \"X\" == \"y\") { key = \"ann\"; } // SET).key",
        "(lib.recursiveUpdate { } (SET)).key",
        "\"${(SET).key}\"",
        "\"${OUT}\"",
    ];
    let sets = [
        ("assumed", "{ key = \"ann\"; } // { ${builtins.fetchurl \"X\"} = \"bob\"; }"),
        ("assumed", "{ key = \"ann\"; } // lib.optionalAttrs (builtins.fetchurl \"X\" == \"y\") { key = \"bob\"; }"),
        ("certain", "{ ${builtins.fetchurl \"X\"} = \"bob\"; } // { key = \"ann\"; }"),
    ];
    let mut expected = Vec::new();
    let mut secrets = String::new();
    for way in ways {
        for (certainty, set) in sets {
            let key = way.replace("SET", set).replace("OUT", &set.replace("key", "outPath"));
            secrets += &format!("sops.secrets.s{} = {{ key = {key}; }};\n", expected.len());
            expected.push((certainty, key));
        }
    }
    let host = host(&format!("{{ lib, ... }}: {{ {secrets} }}"));
    let wrong: Vec<String> = (expected.iter().enumerate())
        .filter_map(|(index, (certainty, key))| {
            let secret = &host["sops"]["secrets"][format!("s{index}")];
            let right = secret["key"] == "ann" && certainty_of(secret) == *certainty;
            (!right).then(|| format!("{key}\n    expected: ann, {certainty}\n    ours: {secret}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A secret that only one of two doubtful sets may hold may not be there at all.
#[test]
fn what_both_sides_may_lack_is_conditional() {
    let condition = |name: &str| format!("lib.optionalAttrs (builtins.fetchurl \"{name}\" == \"y\") {{ s = {{ }}; }}");
    let (a, b) = (condition("A"), condition("B"));
    for merged in [format!("{a} // {b}"), format!("lib.recursiveUpdate ({a}) ({b})")] {
        let host = host(&format!("{{ lib, ... }}: {{ sops.secrets = {merged}; }}"));
        assert_eq!(certainty_of(&host["sops"]["secrets"]["s"]), "conditional", "{merged}: {host}");
    }
    let host = host(&format!("{{ lib, ... }}: {{ sops.secrets = {a} // {{ s = {{ }}; }}; }}"));
    assert_eq!(certainty_of(&host["sops"]["secrets"]["s"]), "certain", "the right side surely has it");
}

/// The word for a certainty, without its reason.
fn certainty_of(secret: &Value) -> &str {
    match &secret["certainty"] {
        Value::String(word) => word,
        Value::Object(reasoned) => reasoned.keys().next().map_or("none", String::as_str),
        _ => "none",
    }
}

/// The host `web` of a flake whose only module beside sops-nix is `module`.
fn host(module: &str) -> Value {
    let flake = format!(
        r#"{{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.sops-nix.url = "github:Mic92/sops-nix";
  outputs = {{ nixpkgs, sops-nix, ... }}: {{
    nixosConfigurations.web = nixpkgs.lib.nixosSystem {{
      system = "x86_64-linux";
      modules = [ sops-nix.nixosModules.sops {{ sops.defaultSopsFile = ./secrets.yaml; }} ({module}) ];
    }};
  }};
}}"#
    );
    let folder = TempDir::new().expect("a temporary folder");
    fs::write(folder.path().join("flake.nix"), flake).expect("flake.nix is written");
    fs::write(folder.path().join("secrets.yaml"), "s: x\n").expect("secrets.yaml is written");
    let manifest = Scratch::copy_of(folder.path(), &[], &[]).sealnix(&["manifest"]).json().expect("a manifest");
    manifest["hosts"][0].clone()
}
