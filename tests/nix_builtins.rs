//! The evaluator gives what Nix gives, for every expression that was recorded from it
//! (`fixtures/nix/record.py`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use sealnix::nix::evaluate::{EvaluateError, evaluate_json};
use sealnix::source::Tree;
use serde_json::Value;

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
