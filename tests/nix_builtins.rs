//! The evaluator gives what Nix gives, for every expression that was recorded from it
//! (`fixtures/nix/record.py`).

use sealnix::nix::evaluate::{EvaluateError, evaluate_json};
use sealnix::source::{Entry, Text, Tree};
use serde_json::{Value, json};

#[test]
fn expressions_have_the_values_that_nix_gives_them() {
    let recorded = std::fs::read_to_string("fixtures/nix/builtins.json").unwrap();
    let recorded: Value = serde_json::from_str(&recorded).unwrap();
    let cases = recorded["cases"].as_array().unwrap();
    let wrong: Vec<_> = cases.iter().filter_map(difference).collect();
    assert!(wrong.is_empty(), "{} of {} differ from Nix:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn difference(case: &Value) -> Option<String> {
    let expression = case["expression"].as_str().unwrap();
    let ours = evaluate_json(expression, &Tree::default());
    let same = match (case.get("value"), &ours) {
        (Some(value), Ok(ours)) => value == ours,
        (None, Err(EvaluateError::Failed(_) | EvaluateError::Syntax(_))) => true,
        _ => false,
    };
    let nix = case.get("value").map_or("error".to_owned(), Value::to_string);
    (!same).then(|| format!("{expression}\n    Nix:  {nix}\n    ours: {ours:?}"))
}

/// The names stand around the whole file: before the global scope and before every `with`, behind what
/// the file binds itself. The values were seen in Nix 2.34.
#[test]
fn scoped_import_binds_names_around_a_file() {
    let mut tree = Tree::default();
    for (path, text) in [
        ("x.nix", "[ a (with { a = 9; b = 3; }; a + b) (import ./plain.nix) (builtins ? map) ]"),
        ("plain.nix", "\"plain\""),
        ("z.nix", "{ v = true; w = let a = 5; in a; inherit a; f = { a ? a0 }: a; }"),
    ] {
        tree.files.insert(path.into(), Entry { tracked: true, size: text.len() as u64 });
        tree.texts.insert(path.into(), Text::new(path.into(), text));
    }
    let cases = [
        ("builtins.scopedImport { a = 1; } ./x.nix", json!([1, 4, "plain", true])),
        (
            "builtins.scopedImport { a = 1; import = p: \"imported\"; builtins = { }; } ./x.nix",
            json!([1, 4, "imported", false]),
        ),
        (
            "removeAttrs (scopedImport { true = 7; a = 2; a0 = throw \"x\"; } ./z.nix) [ \"f\" ]",
            json!({"v": 7, "w": 5, "a": 2}),
        ),
        ("(builtins.scopedImport { a = 2; a0 = 3; } ./z.nix).f { }", json!(3)),
        (
            "[ (builtins.scopedImport { a = 1; } ./z.nix).a (builtins.scopedImport { a = 2; } ./z.nix).a ]",
            json!([1, 2]),
        ),
    ];
    for (expression, expected) in cases {
        assert_eq!(evaluate_json(expression, &tree).unwrap(), expected, "{expression}");
    }
    let failed = |expression| matches!(evaluate_json(expression, &tree), Err(EvaluateError::Failed(_)));
    assert!(failed("builtins.scopedImport { } ./x.nix"), "an undefined variable");
    assert!(failed("builtins.scopedImport 1 ./x.nix"), "no set");
    let open = evaluate_json("builtins.scopedImport ({ b = 1; } // builtins.fetchurl \"X\") ./x.nix", &tree);
    assert!(matches!(open, Err(EvaluateError::Unknown(_))), "{open:?}");
}
