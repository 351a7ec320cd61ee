//! What Nix said of expressions over nixpkgs' `lib` and home-manager's `hm`
//! (`fixtures/nix/record-lib.py`), and what sealnix says.

use sealnix::nix::arena::Arena;
use sealnix::nix::builtins::{Inside, json_of};
use sealnix::nix::eval::Eval;
use sealnix::nix::eval::limits::on_deep_stack;
use sealnix::nix::ir::Program;
use sealnix::nix::lib::hm;
use sealnix::nix::unknown::{Reason, Stop};
use sealnix::nixos::world::World;
use sealnix::source::{Text, Tree};
use serde_json::Value;

/// A file of `fixtures/nix`.
pub fn recorded(file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(format!("fixtures/nix/{file}")).unwrap()).unwrap()
}

/// Fails with every case in which sealnix differs from Nix.
#[track_caller]
pub fn assert_equal(recorded: &Value) {
    let cases = recorded["cases"].as_array().unwrap();
    let given = recorded["given"].as_str().unwrap();
    let wrong: Vec<_> = cases.iter().filter_map(|case| difference(given, case)).collect();
    assert!(wrong.is_empty(), "{} of {} differ from Nix:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn difference(given: &str, case: &Value) -> Option<String> {
    let expression = case["expression"].as_str().unwrap();
    let ours = evaluate(&format!("{given}{expression}"));
    let same = match (case.get("value"), &ours) {
        (Some(value), Ok(Some(ours))) => value == ours,
        (None, Ok(None)) => true,
        _ => false,
    };
    let nix = case.get("value").map_or("error".to_owned(), Value::to_string);
    (!same).then(|| format!("{expression}\n    Nix:  {nix}\n    ours: {ours:?}"))
}

/// The value; none for an error, also for one that sealnix keeps as an unknown so that the rest is seen.
pub fn evaluate(expression: &str) -> Result<Option<Value>, String> {
    let program = Program::parse(vec![Text::new("expression.nix".into(), format!("{{ lib, hm }}: {expression}"))]);
    let tree = Tree::default();
    on_deep_stack(|| {
        let arena = Arena::new();
        let eval = Eval::new(&arena, &program, &tree);
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
