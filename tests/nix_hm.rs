//! home-manager's `lib.hm` gives what it gives in Nix, for every expression that was recorded from
//! there (`fixtures/nix/record-lib.py`).

use serde_json::json;

use crate::support::recorded::{assert_equal, evaluate, recorded};

#[test]
fn home_managers_functions_have_the_values_that_they_have_in_nix() {
    assert_equal(&recorded("hm.json"));
}

#[test]
fn every_name_of_home_managers_lib_exists() {
    for (set, names) in recorded("hm.json")["names"].as_object().unwrap() {
        let set = if set == "hm" { "hm".to_owned() } else { format!("hm.{set}") };
        let missing = format!("builtins.filter (name: !({set} ? ${{name}})) (builtins.fromJSON ''{names}'')");
        assert_eq!(evaluate(&missing), Ok(Some(json!([]))), "{set}");
    }
}

/// A later home-manager may have more.
#[test]
fn what_another_home_manager_may_have_is_unknown() {
    for expression in ["hm.dag.frobnicate 1", "hm.frobnicate", "hm.maintainers.somebody"] {
        let unknown = evaluate(expression);
        assert_eq!(unknown, Err("the flake input home-manager is not here".to_owned()), "{expression}");
    }
}
