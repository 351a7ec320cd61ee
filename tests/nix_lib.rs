//! nixpkgs' lib gives what it gives in Nix, for every expression that was recorded from there
//! (`fixtures/nix/record-lib.py`), and stays honest where something is unknown.

use sealnix::nix::arena::Arena;
use sealnix::nix::builtins::{Inside, json_of};
use sealnix::nix::eval::Eval;
use sealnix::nix::eval::limits::on_deep_stack;
use sealnix::nix::ir::Program;
use sealnix::nix::lib::hm;
use sealnix::nix::unknown::Stop;
use sealnix::nixos::world::World;
use sealnix::source::{Entry, Text, Tree};
use serde_json::{Value, json};

/// What became of an expression.
#[derive(Debug, PartialEq)]
enum Evaluated {
    Value(Value),
    Error(String),
    Unknown(String),
}

/// Evaluates an expression in which `lib` is nixpkgs' lib, with home-manager's beside it.
fn evaluate(expression: &str, tree: &Tree) -> Evaluated {
    let files = tree.texts.values().filter(|text| text.path().ends_with(".nix")).cloned();
    let expression = Text::new("«expression»".into(), format!("{{ lib }}: {expression}"));
    let program = Program::parse(files.chain([expression]).collect());
    on_deep_stack(|| {
        let arena = Arena::new();
        let eval = Eval::new(&arena, &program, tree);
        let expression = eval.file(program.by_path["«expression»"]);
        let lib = World::new(&eval).lib(&eval);
        let hm = eval.attrs(vec![eval.attr("hm", hm(&eval, eval.done(lib)))]);
        let lib = eval.done(eval.update(lib, hm).ok().unwrap());
        let arguments = eval.done(eval.attrs(vec![eval.attr("lib", lib)]));
        let value = eval.force(expression).and_then(|function| eval.call(function, arguments));
        let json = eval.settle(value).and_then(|value| json_of(&eval, value, &mut Inside::default()));
        match json {
            Ok(value) => Evaluated::Value(value),
            Err(Stop::Error(error)) => Evaluated::Error(error.message.to_owned()),
            Err(Stop::Unknown(unknown)) => Evaluated::Unknown(unknown.to_string()),
        }
    })
    .unwrap()
}

fn value(expression: &str) -> Evaluated {
    evaluate(expression, &Tree::default())
}

#[test]
fn expressions_have_the_values_that_they_have_in_nix() {
    let recorded = std::fs::read_to_string("fixtures/nix/lib.json").unwrap();
    let recorded: Value = serde_json::from_str(&recorded).unwrap();
    let cases = recorded["cases"].as_array().unwrap();
    let wrong: Vec<_> = cases.iter().filter_map(difference).collect();
    assert!(wrong.is_empty(), "{} of {} differ from Nix:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// What sealnix does not have must be there to say so, or code that only mentions it fails.
#[test]
fn every_name_of_nixpkgs_lib_exists() {
    let recorded = std::fs::read_to_string("fixtures/nix/lib.json").unwrap();
    let recorded: Value = serde_json::from_str(&recorded).unwrap();
    for (namespace, names) in recorded["names"].as_object().unwrap() {
        let set = if namespace == "lib" { "lib".to_owned() } else { format!("lib.{namespace}") };
        let missing = format!("builtins.filter (name: !({set} ? ${{name}})) (builtins.fromJSON ''{names}'')");
        assert_eq!(value(&missing), Evaluated::Value(json!([])), "{set}");
    }
}

/// A name whose value is in a file of Nix must be there.
#[test]
fn every_name_of_lib_has_a_value() {
    let recorded = std::fs::read_to_string("fixtures/nix/lib.json").unwrap();
    let recorded: Value = serde_json::from_str(&recorded).unwrap();
    for namespace in recorded["names"].as_object().unwrap().keys().filter(|name| *name != "lib") {
        let kinds = value(&format!("lib.mapAttrs (_: builtins.isFunction) lib.{namespace}"));
        assert!(!matches!(kinds, Evaluated::Error(_)), "lib.{namespace}: {kinds:?}");
    }
}

/// What nixpkgs' lib had in May 2023 or later and has dropped since: its names at the first of every
/// third month, as Nix lists them.
#[test]
fn names_that_nixpkgs_dropped_exist() {
    let dropped: &[(&str, &[&str])] = &[
        ("attrsets", &["cartesianProductOfSets", "zip", "zipWithNames"]),
        ("meta", &["cpePatchVersionInUpdateWithVendor", "tryCPEPatchVersionInUpdateWithVendor"]),
        ("misc", &["mapAttrsFlatten"]),
        ("options", &["literalExample", "mdDoc", "mkPackageOptionMD"]),
        ("sources", &["pathIsDirectory", "pathIsRegularFile", "pathType"]),
        ("strings", &["isCoercibleToString", "readPathsFromFile", "replaceChars"]),
    ];
    let beneath = ["cpePatchVersionInUpdateWithVendor", "tryCPEPatchVersionInUpdateWithVendor", "isCoercibleToString"];
    for (namespace, names) in dropped {
        for name in *names {
            let at_top = if beneath.contains(name) { String::new() } else { format!(" && lib ? {name}") };
            let exists = value(&format!("lib.{namespace} ? {name}{at_top}"));
            assert_eq!(exists, Evaluated::Value(json!(true)), "lib.{namespace}.{name}");
        }
    }
}

fn difference(case: &Value) -> Option<String> {
    let expression = case["expression"].as_str().unwrap();
    let ours = value(expression);
    let same = match (case.get("value"), &ours) {
        (Some(value), Evaluated::Value(ours)) => value == ours,
        (None, Evaluated::Error(_)) => true,
        _ => false,
    };
    let nix = case.get("value").map_or("error".to_owned(), Value::to_string);
    (!same).then(|| format!("{expression}\n    Nix:  {nix}\n    ours: {ours:?}"))
}

/// Something that no evaluation can know.
const UNKNOWN: &str = "(builtins.fetchurl \"X\")";

fn with_unknown(expression: &str) -> Evaluated {
    value(&format!("let u = {UNKNOWN}; in {expression}"))
}

/// What is known of a set or list stays known, whatever else may be in it.
#[test]
fn what_is_sure_stays_known() {
    let cases = [
        // An attribute that may be absent can still be read where somebody says that it is there.
        ("(lib.optionalAttrs u { a = 1; }).a", json!(1)),
        ("(lib.filterAttrs (n: v: n == \"a\" || v == u) { a = 1; b = 2; }).a", json!(1)),
        ("lib.filterAttrs (n: v: n == \"a\") { a = 1; b = u; }", json!({"a": 1})),
        // The condition decides which attributes there are, and no others.
        ("(lib.optionalAttrs u { a = 1; }) ? b", json!(false)),
        ("lib.optionals false u", json!([])),
        ("lib.optional true 1", json!([1])),
        ("lib.elem 1 ([ 1 ] ++ lib.optional u 2)", json!(true)),
        ("lib.any (x: x == 1) (lib.optional u 2 ++ [ 1 ])", json!(true)),
        ("(lib.recursiveUpdate { a.b = 1; } { a.c = u; }).a.b", json!(1)),
        ("(lib.recursiveUpdate { a.b = 1; } { a = u; }).a.b", json!(1)),
        ("(lib.recursiveUpdate u { a = 1; }).a", json!(1)),
        ("(lib.genAttrs ([ \"a\" ] ++ u) (n: n)).a", json!("a")),
        ("(lib.mapAttrs' (n: v: { name = n + \"1\"; value = v; }) ({ a = 1; } // u)).a1", json!(1)),
        ("(lib.mergeAttrsList [ { a = 1; } u { b = 2; } ]).b", json!(2)),
        ("lib.mutuallyExclusive ([ 1 ] ++ u) [ 1 ]", json!(false)),
        ("lib.matchAttrs { a = 1; b = 2; } { a = u; b = 3; }", json!(false)),
        ("lib.attrByPath [ \"a\" ] 0 { a = 1; b = u; }", json!(1)),
        ("lib.foldr (a: b: a) 0 [ 1 u ]", json!(1)),
        // An item of unknown name may come before one of the same name: what is read is assumed.
        ("(builtins.listToAttrs [ { name = u; value = 0; } { name = \"a\"; value = 1; } ]).a", json!(1)),
    ];
    for (expression, expected) in cases {
        assert_eq!(with_unknown(expression), Evaluated::Value(expected), "{expression}");
    }
}

/// What hangs on something unknown is unknown, and not guessed.
#[test]
fn what_hangs_on_something_unknown_is_unknown() {
    let cases = [
        "(lib.optionalAttrs u { a = 1; }) ? a",
        "builtins.deepSeq (lib.optionalAttrs u { a = throw \"x\"; }) 1",
        "lib.optionalAttrs u { a = 1; }",
        "lib.filterAttrs (n: v: v == u) { a = 1; }",
        "lib.optional u 1",
        "lib.length (lib.optionals u [ 1 2 ])",
        "lib.attrNames (lib.mergeAttrsList [ { a = 1; } u ])",
        "lib.elem 3 ([ 1 ] ++ lib.optional u 3)",
        "lib.all (x: x == 1) ([ 1 ] ++ lib.optional u 1)",
        "lib.foldl' (a: b: a + b) 0 ([ 1 ] ++ lib.optional u 1)",
        "lib.concatStringsSep \",\" ([ \"a\" ] ++ lib.optional u \"b\")",
        "lib.concatMapStringsSep \",\" (x: x) [ \"a\" u ]",
        "lib.last ([ 1 ] ++ u)",
        "lib.unique ([ 1 ] ++ u)",
        "lib.hasPrefix \"a\" u",
        "lib.removeSuffix \"a\" u",
        "lib.findFirst (x: x == u) 0 [ 1 ]",
        "lib.attrByPath [ \"a\" ] 0 u",
        "lib.hasAttrByPath [ \"a\" \"b\" ] { a = u; }",
        "lib.recursiveUpdate { a = 1; } u",
        "lib.getExe u",
        // Of two names the platform's decides.
        "(lib.systems.elaborate { system = \"x86_64-linux\"; config = \"aarch64-unknown-linux-gnu\"; }).isx86_64",
        "(lib.systems.elaborate { system = \"x86_64-linux\"; config = \"aarch64-unknown-linux-gnu\"; }).system",
        "(lib.systems.elaborate { system = \"x86_64-linux\"; config = u; }).isx86_64",
        "(rec { __overrides = { b = 1; } // u; }).c or 1",
        "lib.makeBinPath [ u ]",
        "lib.boolToString (u == 1)",
        "lib.optionalString (u == 1) \"x\"",
        "lib.generators.toLua { } u",
        "lib.version",
        "lib.licenses.mit",
    ];
    for expression in cases {
        let ours = with_unknown(expression);
        assert!(matches!(ours, Evaluated::Unknown(_)), "{expression}: {ours:?}");
    }
}

/// As the last nixpkgs that had them said in their documentation.
#[test]
fn functions_that_nixpkgs_dropped_have_their_values() {
    let cases = [
        ("lib.zip (n: v: v) [ { a = 1; } { a = 2; } ]", json!({"a": [1, 2]})),
        ("lib.replaceChars [ \"a\" ] [ \"b\" ] \"aa\"", json!("bb")),
        (
            "lib.meta.cpePatchVersionInUpdateWithVendor \"gnu\" \"1.2.3\"",
            json!({"vendor": "gnu", "version": "1.2", "update": "3"}),
        ),
        ("(lib.meta.tryCPEPatchVersionInUpdateWithVendor \"gnu\" \"1.2\").success", json!(false)),
    ];
    for (expression, expected) in cases {
        assert_eq!(value(expression), Evaluated::Value(expected), "{expression}");
    }
}

/// A module for an old option reads `config` and `options` (nixpkgs, lib/modules.nix: doRename).
#[test]
fn modules_for_old_options_are_functions() {
    let expected = Evaluated::Value(json!(true));
    assert_eq!(value("builtins.isFunction (lib.mkRenamedOptionModule [ \"a\" \"b\" ] [ \"c\" ])"), expected);
    assert_eq!(value("builtins.isFunction (lib.mkRemovedOptionModule [ \"a\" ] \"use b\")"), expected);
}

/// home-manager's manual, "Activation scripts": an entry is its data and its neighbours.
#[test]
fn entries_of_an_order_are_data() {
    assert_eq!(
        value("lib.hm.dag.entryAfter [ \"writeBoundary\" ] \"x\""),
        Evaluated::Value(json!({"data": "x", "before": [], "after": ["writeBoundary"]})),
    );
    assert_eq!(
        value("lib.hm.dag.entryBetween [ \"b\" ] [ \"a\" ] 1"),
        Evaluated::Value(json!({"data": 1, "before": ["b"], "after": ["a"]})),
    );
}

/// Files of the repository, of which git tracks all but one: Nix does not see that one.
#[test]
fn file_functions_see_what_git_tracks() {
    let mut tree = Tree { git: true, ..Tree::default() };
    for (path, tracked) in [("m/a.nix", true), ("m/sub/b.nix", true), ("m/c.txt", true), ("m/new.nix", false)] {
        tree.files.insert(path.into(), Entry { tracked, size: 2 });
        tree.texts.insert(path.into(), Text::new(path.into(), "{}"));
    }
    let names = "map (p: lib.path.removePrefix ./m p)";
    let cases = [
        (format!("{names} (lib.filesystem.listFilesRecursive ./m)"), json!(["./a.nix", "./c.txt", "./sub/b.nix"])),
        (
            format!("{names} (lib.fileset.toList (lib.fileset.fileFilter (f: f.hasExt \"nix\") ./m))"),
            json!(["./a.nix", "./sub/b.nix"]),
        ),
        (
            format!(
                "{names} (lib.fileset.toList (lib.fileset.difference ./m (lib.fileset.unions [ ./m/sub ./m/c.txt ])))"
            ),
            json!(["./a.nix"]),
        ),
        ("lib.filter (lib.hasSuffix \".nix\") (lib.attrNames (builtins.readDir ./m))".to_owned(), json!(["a.nix"])),
        ("lib.pathIsDirectory ./m/sub".to_owned(), json!(true)),
        ("lib.pathIsRegularFile ./m/sub".to_owned(), json!(false)),
        ("lib.importJSON ./m/c.txt".to_owned(), json!({})),
        ("(lib.modules.importApply ./m/a.nix { })._file == ./m/a.nix".to_owned(), json!(true)),
        ("lib.cleanSource ./m == ./m".to_owned(), json!(true)),
    ];
    for (expression, expected) in cases {
        assert_eq!(evaluate(&expression, &tree), Evaluated::Value(expected), "{expression}");
    }
}
