//! What code may see of the repository's files, and what stays unknown. Expected values follow from
//! the manual's words for each builtin; what is unknown follows from what is not in the repository.

use sealnix::nix::evaluate::{EvaluateError, evaluate_json};
use sealnix::source::{Entry, Link, Text, Tree};
use serde_json::json;

/// A repository in git: `untracked.nix` is not in the index, `big.bin` was not read, and
/// `hosts/gamma.nix` is a symlink.
fn tree() -> Tree {
    let mut tree = Tree { git: true, ..Tree::default() };
    let files = [
        ("default.nix", "{ root = 1; }", true),
        ("hosts/alpha/default.nix", "{ lib ? null, ... }: { name = \"alpha\"; inherit lib; }", true),
        ("hosts/beta.nix", "import ./alpha { }", true),
        ("hosts/data.json", "{\"a\": [1]}", true),
        ("hosts-old/x", "", true),
        ("broken.nix", "{ a = ; }", true),
        ("untracked.nix", "1", false),
        ("drafts/untracked.txt", "draft", false),
    ];
    for (path, content, tracked) in files {
        tree.files.insert(path.into(), Entry { tracked, size: content.len() as u64 });
        tree.texts.insert(path.into(), Text::new(path.into(), content));
    }
    tree.links.insert("hosts/gamma.nix".into(), Link { tracked: true, target: Some("hosts/beta.nix".into()) });
    tree.files.insert("hosts/gamma.nix".into(), Entry { tracked: true, size: 18 });
    tree.texts.insert("hosts/gamma.nix".into(), Text::new("hosts/gamma.nix".into(), "import ./alpha { }"));
    tree.files.insert("big.bin".into(), Entry { tracked: true, size: 5 << 20 });
    tree
}

fn value(expression: &str) -> serde_json::Value {
    evaluate_json(expression, &tree()).unwrap_or_else(|error| panic!("{expression}: {error}"))
}

fn why_unknown(expression: &str) -> String {
    match evaluate_json(expression, &tree()) {
        Err(EvaluateError::Unknown(why)) => why,
        other => panic!("{expression} gave {other:?}"),
    }
}

fn failure(expression: &str) -> String {
    match evaluate_json(expression, &tree()) {
        Err(EvaluateError::Failed(why)) => why,
        other => panic!("{expression} gave {other:?}"),
    }
}

#[test]
fn files_are_imported_and_read() {
    assert_eq!(value("import ./."), json!({"root": 1}));
    assert_eq!(value("import ./hosts/beta.nix"), json!({"name": "alpha", "lib": null}));
    assert_eq!(value("import (./hosts + \"/alpha\") { lib = 2; }"), json!({"name": "alpha", "lib": 2}));
    assert_eq!(value("builtins.fromJSON (builtins.readFile ./hosts/data.json)"), json!({"a": [1]}));
    assert_eq!(value("builtins.readFile \"${./hosts}/data.json\""), json!("{\"a\": [1]}"));
    assert_eq!(value("builtins.hashFile \"sha256\" ./hosts-old/x == builtins.hashString \"sha256\" \"\""), json!(true));
    assert_eq!(
        value("builtins.readFile (builtins.path { path = ./hosts; name = \"h\"; } + \"/data.json\")"),
        json!("{\"a\": [1]}")
    );
}

#[test]
fn folders_hold_what_git_tracks() {
    assert_eq!(
        value("builtins.readDir ./hosts"),
        json!({"alpha": "directory", "beta.nix": "regular", "data.json": "regular", "gamma.nix": "symlink"})
    );
    assert_eq!(
        value("builtins.readDir ./."),
        json!({"big.bin": "regular", "broken.nix": "regular", "default.nix": "regular", "hosts": "directory", "hosts-old": "directory"})
    );
    assert_eq!(
        value("map builtins.pathExists [ ./. ./hosts ./hosts/beta.nix ./hosts/none ./untracked.nix ./drafts ]"),
        json!([true, true, true, false, false, false])
    );
    assert_eq!(
        value("map builtins.pathExists [ (toString ./hosts + \"/\") (toString ./hosts/beta.nix + \"/\") ]"),
        json!([true, false])
    );
    assert_eq!(value("map builtins.readFileType [ ./hosts ./hosts/beta.nix ]"), json!(["directory", "regular"]));
    assert_eq!(
        value("[ (baseNameOf ./hosts/beta.nix) (baseNameOf (dirOf ./hosts/beta.nix)) ]"),
        json!(["beta.nix", "hosts"])
    );
}

#[test]
fn what_git_does_not_track_is_said_to_be_so() {
    assert!(failure("import ./untracked.nix").contains("git does not track it"));
    assert!(failure("builtins.readFile ./drafts/untracked.txt").contains("git does not track it"));
    assert!(failure("import ./none.nix").contains("does not exist"));
    assert!(failure("builtins.readDir ./none").contains("does not exist"));
    assert!(failure("builtins.readFile ./hosts").contains("folder"));
    assert!(failure("builtins.readFile \"hosts\"").contains("absolute"));
}

#[test]
fn the_world_outside_is_unknown() {
    assert!(why_unknown("builtins.readFile ./big.bin").contains("big.bin was not looked at"));
    assert!(why_unknown("import ./broken.nix").contains("broken.nix has a syntax error"));
    assert!(why_unknown("builtins.readFile /etc/hostname").contains("readFile"));
    assert!(why_unknown("import <nixpkgs> { }").contains("nixpkgs"));
    for expression in [
        "builtins.getEnv \"HOME\"",
        "builtins.currentSystem",
        "builtins.currentTime",
        "(builtins.getFlake \"nixpkgs\").lib",
        "import (fetchTarball \"https://example.org/x.tar.gz\")",
        "builtins.toFile \"a\" \"b\"",
        "\"${derivation { name = \"a\"; }}\"",
        "builtins.pathExists /etc",
    ] {
        why_unknown(expression);
    }
}

/// `u` below is unknown; the value of each expression does not depend on it, or does.
#[test]
fn unknown_spreads_only_where_it_is_needed() {
    let with_unknown = |expression: &str| format!("let u = builtins.fetchurl \"X\"; in {expression}");
    for (expression, expected) in [
        ("builtins.length [ u u ]", json!(2)),
        ("builtins.elem 1 [ u 1 ]", json!(true)),
        ("builtins.any (x: x) [ u true ]", json!(true)),
        ("builtins.all (x: x) [ u false ]", json!(false)),
        ("builtins.head (map (x: 1) [ u ])", json!(1)),
        ("builtins.attrNames { a = u; }", json!(["a"])),
        ("(builtins.mapAttrs (n: v: n) { a = u; }).a", json!("a")),
        ("({ a = 1; } // u).a", json!(1)),
        ("(removeAttrs { a = 1; b = 2; } [ u ]).a", json!(1)),
        ("(builtins.listToAttrs [ { name = u; value = 1; } { name = \"b\"; value = 2; } ]).b", json!(2)),
        ("builtins.hasAttr \"b\" (builtins.intersectAttrs { a = 1; } { a = u; b = 1; })", json!(false)),
        ("builtins.foldl' (a: b: b) u [ 1 2 ]", json!(2)),
        ("builtins.seq u 1", json!(1)),
        ("builtins.deepSeq [ u ] 1", json!(1)),
        ("builtins.replaceStrings [ \"x\" ] [ u ] \"a\"", json!("a")),
        ("(removeAttrs { a = false; } [ u ]).a or false", json!(false)),
    ] {
        let expression = with_unknown(expression);
        assert_eq!(value(&expression), expected, "{expression}");
    }
    for expression in [
        "builtins.elem 1 [ u 2 ]",
        "builtins.any (x: x) [ u false ]",
        "builtins.all (x: x) [ u true ]",
        "builtins.length (builtins.filter (x: x) [ u true ])",
        "builtins.attrNames ({ a = 1; } // u)",
        "builtins.attrNames (removeAttrs { a = 1; } [ u ])",
        "(removeAttrs { a = true; } [ u ]).a or false",
        "({ a = 1; } // u).b",
        "builtins.length ([ 1 ] ++ u)",
        "builtins.concatStringsSep \",\" [ \"a\" u ]",
        "builtins.sort (a: b: a < b) [ 1 u ]",
        "builtins.toJSON { a = u; }",
        "builtins.isString u",
        "(builtins.tryEval u).success",
        "builtins.listToAttrs [ { name = u; value = 1; } ]",
        "builtins.groupBy (x: u) [ 1 ]",
        "builtins.hasAttr \"x\" u",
        "builtins.match u \"a\"",
    ] {
        why_unknown(&with_unknown(expression));
    }
}

#[test]
fn what_is_too_large_is_a_limit() {
    assert!(why_unknown("builtins.length (builtins.genList (x: x) 1000000000)").contains("limit"));
    let doubling =
        "let f = n: s: if n == 0 then s else f (n - 1) (builtins.concatStringsSep \"\" [ s s ]); in f 64 \"x\"";
    assert!(why_unknown(doubling).contains("limit"));
}
