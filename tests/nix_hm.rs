//! home-manager's `lib.hm` gives what it gives in Nix, for every expression that was recorded from
//! there (`fixtures/nix/record-lib.py`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use bumpalo::Bump;
use sealnix::nix::builtins::{Inside, json_of};
use sealnix::nix::eval::Eval;
use sealnix::nix::eval::limits::on_deep_stack;
use sealnix::nix::ir::Program;
use sealnix::nix::lib::hm;
use sealnix::nix::unknown::{Reason, Stop};
use sealnix::nixos::world::World;
use sealnix::source::{Text, Tree};
use serde_json::{Value, json};

#[test]
fn home_managers_functions_have_the_values_that_they_have_in_nix() {
    let recorded = recorded();
    let cases = recorded["cases"].as_array().unwrap();
    let wrong: Vec<_> = cases.iter().filter_map(|case| difference(&recorded, case)).collect();
    assert!(wrong.is_empty(), "{} of {} differ from Nix:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn every_name_of_home_managers_lib_exists() {
    for (set, names) in recorded()["names"].as_object().unwrap() {
        let set = if set == "hm" { "hm".to_owned() } else { format!("hm.{set}") };
        let missing = format!("builtins.filter (name: !({set} ? ${{name}})) (builtins.fromJSON ''{names}'')");
        assert_eq!(evaluate(&format!("{{ lib, hm }}: {missing}")), Ok(Some(json!([]))), "{set}");
    }
}

/// A later home-manager may have more.
#[test]
fn what_another_home_manager_may_have_is_unknown() {
    for expression in ["hm.dag.frobnicate 1", "hm.frobnicate", "hm.maintainers.somebody"] {
        let unknown = evaluate(&format!("{{ lib, hm }}: {expression}"));
        assert_eq!(unknown, Err("the flake input home-manager is not here".to_owned()), "{expression}");
    }
}

fn recorded() -> Value {
    serde_json::from_str(&std::fs::read_to_string("fixtures/nix/hm.json").unwrap()).unwrap()
}

fn difference(recorded: &Value, case: &Value) -> Option<String> {
    let expression = case["expression"].as_str().unwrap();
    let ours = evaluate(&format!("{{ lib, hm }}: {}{expression}", recorded["given"].as_str().unwrap()));
    let same = match (case.get("value"), &ours) {
        (Some(value), Ok(Some(ours))) => value == ours,
        (None, Ok(None)) => true,
        _ => false,
    };
    let nix = case.get("value").map_or("error".to_owned(), Value::to_string);
    (!same).then(|| format!("{expression}\n    Nix:  {nix}\n    ours: {ours:?}"))
}

/// The value; none for an error, also for one that sealnix keeps as an unknown so that the rest is seen.
fn evaluate(expression: &str) -> Result<Option<Value>, String> {
    let program = Program::parse(vec![Text::new("expression.nix".into(), expression)]);
    let tree = Tree::default();
    on_deep_stack(|| {
        let bump = Bump::new();
        let eval = Eval::new(&bump, &program, &tree);
        let lib = eval.done(World::new(&eval).lib(&eval));
        let arguments = vec![eval.attr("lib", lib), eval.attr("hm", hm(&eval, lib))];
        let function = eval.force(eval.file(program.by_path["expression.nix"]));
        let value = function.and_then(|function| eval.settle(eval.call(function, eval.done(eval.attrs(arguments)))));
        match value.and_then(|value| json_of(&eval, value, &mut Inside::default())) {
            Ok(value) => Ok(Some(value)),
            Err(Stop::Error(_)) => Ok(None),
            Err(Stop::Unknown(unknown)) if matches!(unknown.reason, Reason::Failure(_)) => Ok(None),
            Err(Stop::Unknown(unknown)) => Err(unknown.to_string()),
        }
    })
    .unwrap()
}
