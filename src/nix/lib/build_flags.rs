//! `lib.strings`: flags of configure, CMake and Meson.

use super::calling::{arguments, throw};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::value::{Outcome, Thunk};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "cmakeBool", arity: 2, run: |eval, args| flag(eval, args, ":BOOL", ["FALSE", "TRUE"]) },
    Function { name: "cmakeFeature", arity: 2, run: |eval, args| setting(eval, args, ":STRING") },
    Function { name: "cmakeOptionType", arity: 3, run: cmake_option_type },
    Function { name: "enableFeature", arity: 2, run: |eval, args| feature(eval, args, ["disable", "enable"]) },
    Function { name: "enableFeatureAs", arity: 3, run: |eval, args| feature_as(eval, args, ["disable", "enable"]) },
    Function { name: "mesonBool", arity: 2, run: |eval, args| flag(eval, args, "", ["false", "true"]) },
    Function { name: "mesonEnable", arity: 2, run: |eval, args| flag(eval, args, "", ["disabled", "enabled"]) },
    Function { name: "mesonOption", arity: 2, run: |eval, args| setting(eval, args, "") },
    Function { name: "withFeature", arity: 2, run: |eval, args| feature(eval, args, ["without", "with"]) },
    Function { name: "withFeatureAs", arity: 3, run: |eval, args| feature_as(eval, args, ["without", "with"]) },
];

const CMAKE_TYPES: [&str; 6] = ["BOOL", "FILEPATH", "PATH", "STRING", "INTERNAL", "LIST"];

fn cmake_option_type<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [kind, name, value] = arguments(eval, args)?;
    let kind = eval.force_string(kind)?.text.to_ascii_uppercase();
    if !CMAKE_TYPES.contains(&kind.as_str()) {
        return throw(eval, "CMake has no such option type");
    }
    setting(eval, &[name, value], &format!(":{kind}"))
}

fn setting<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], kind: &str) -> Outcome<'a> {
    let [name, value] = arguments(eval, args)?;
    let name = eval.force_string(name)?;
    let value = eval.force_string(value)?;
    let text = eval.text(&format!("-D{}{kind}={}", name.text, value.text));
    Ok(eval.string_of(text, eval.join_contexts(&[name.context, value.context]), name.origin))
}

fn flag<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], kind: &str, [no, yes]: [&str; 2]) -> Outcome<'a> {
    let [name, flag] = arguments(eval, args)?;
    let value = eval.string(if eval.force_bool(flag)? { yes } else { no });
    setting(eval, &[name, eval.done(value)], kind)
}

fn feature<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], [no, yes]: [&str; 2]) -> Outcome<'a> {
    let [flag, feature] = arguments(eval, args)?;
    let prefix = if eval.force_bool(flag)? { yes } else { no };
    Ok(eval.string(&format!("--{prefix}-{}", eval.force_string(feature)?.text)))
}

fn feature_as<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], [no, yes]: [&str; 2]) -> Outcome<'a> {
    let [flag, feature, value] = arguments(eval, args)?;
    let name = eval.force_string(feature)?.text;
    if !eval.force_bool(flag)? {
        return Ok(eval.string(&format!("--{no}-{name}")));
    }
    let value = super::calling::text(eval, value)?;
    Ok(super::calling::reworked(eval, value, &format!("--{yes}-{name}={}", value.text)))
}
