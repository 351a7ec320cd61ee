//! `lib.systems`: what follows from the name of a system.

use super::calling::{arguments, found, stop};
use super::constants::open_set;
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::unknown::Reason;
use crate::nix::value::{Attr, List, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "elaborate", arity: 1, run: elaborate },
    Function { name: "equals", arity: 2, run: equals },
    Function { name: "systemToAttrs", arity: 1, run: system_to_attrs },
];

/// What of a platform are functions.
const FUNCTION_NAMES: [&str; 4] = ["canExecute", "emulator", "emulatorAvailable", "staticEmulatorAvailable"];

/// The systems that nixpkgs' flake has packages for.
const FLAKE_EXPOSED: [&str; 10] = [
    "x86_64-linux",
    "aarch64-linux",
    "x86_64-darwin",
    "armv6l-linux",
    "armv7l-linux",
    "i686-linux",
    "aarch64-darwin",
    "powerpc64le-linux",
    "riscv64-linux",
    "x86_64-freebsd",
];

/// What is no function.
pub fn values<'a>(eval: &Eval<'a>, _types: &'a Thunk<'a>) -> Vec<Attr<'a>> {
    let unknown = |name: &'static str| eval.attr(name, eval.done(open_set(eval, Vec::new(), Reason::Package)));
    let names = |name: &str, names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| eval.done(eval.string(name))).collect();
        eval.attr(name, eval.done(eval.list(&names)))
    };
    vec![
        names("flakeExposed", &FLAKE_EXPOSED),
        names("functionNames", &FUNCTION_NAMES),
        eval.attr("doubles", eval.done(doubles(eval))),
        unknown("architectures"),
        unknown("examples"),
        unknown("inspect"),
        unknown("parse"),
        unknown("platforms"),
    ]
}

/// Lists of systems by kind, each with those that hosts commonly are; there are more.
pub fn doubles<'a>(eval: &Eval<'a>) -> Value<'a> {
    let why = eval.unknown(Reason::Package, None);
    let kind = |name: &str, fits: fn(&str) -> bool| {
        let names = FLAKE_EXPOSED.iter().filter(|name| fits(name)).map(|name| eval.done(eval.string(name)));
        let items = names.collect::<Vec<_>>();
        eval.attr(name, eval.done(eval.list_of(List { items: eval.slice(&items), open: Some(why) })))
    };
    let entries = vec![
        kind("all", |_| true),
        kind("aarch64", |name| name.starts_with("aarch64-")),
        kind("darwin", |name| name.ends_with("-darwin")),
        kind("linux", |name| name.ends_with("-linux")),
        kind("unix", |_| true),
        kind("x86_64", |name| name.starts_with("x86_64-")),
    ];
    open_set(eval, entries, Reason::Package)
}

fn elaborate<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [system] = arguments(eval, args)?;
    let name = match eval.force(system)? {
        value @ Value::Attrs(_) => match found(eval, value, Symbol::new("system"))? {
            Some(name) => name,
            None => {
                return stop(eval.unknown(Reason::NotWritten("lib.systems.elaborate of a configuration name"), None));
            }
        },
        value => value,
    };
    platform(eval, eval.as_string(name)?.text)
}

fn system_to_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [system] = arguments(eval, args)?;
    match eval.force(system)? {
        Value::Unknown(why) => stop(why),
        value @ Value::Attrs(_) => Ok(value),
        _ => Ok(eval.attrs(vec![eval.attr("system", system)])),
    }
}

/// A platform as `lib.systems.elaborate` describes it: the attributes that follow from the name of
/// its system alone; the others are unknown.
pub fn platform<'a>(eval: &Eval<'a>, system: &str) -> Outcome<'a> {
    let Some((cpu, kernel)) = system.split_once('-') else {
        return eval.fail("the string is not the name of a system");
    };
    let is = |name: &str, holds: bool| eval.attr(name, eval.done(Value::Bool(holds)));
    let arm64 = cpu == "aarch64";
    let arm32 = cpu.starts_with("armv");
    let wide = ["aarch64", "x86_64", "powerpc64le", "powerpc64", "riscv64", "loongarch64", "s390x", "mips64el"];
    let entries = vec![
        eval.attr("system", eval.done(eval.string(system))),
        is("isLinux", kernel == "linux"),
        is("isDarwin", kernel == "darwin"),
        is("isMacOS", kernel == "darwin"),
        is("isFreeBSD", kernel == "freebsd"),
        is("isUnix", ["linux", "darwin", "freebsd", "openbsd", "netbsd", "solaris", "cygwin"].contains(&kernel)),
        is("isWindows", kernel == "windows"),
        is("isx86_64", cpu == "x86_64"),
        is("isx86_32", cpu == "i686"),
        is("isi686", cpu == "i686"),
        is("isx86", cpu == "x86_64" || cpu == "i686"),
        is("isAarch64", arm64),
        is("isAarch32", arm32),
        is("isAarch", arm64 || arm32),
        is("isArmv7", cpu.starts_with("armv7")),
        is("isRiscV", cpu.starts_with("riscv")),
        is("isRiscV64", cpu == "riscv64"),
        is("is64bit", wide.contains(&cpu)),
        is("is32bit", arm32 || cpu == "i686" || cpu == "riscv32"),
    ];
    Ok(open_set(eval, entries, Reason::Package))
}

fn equals<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    let system = |platform| eval.select_name(eval.force(platform)?, Symbol::new("system"), None);
    eval.equal(system(left)?, system(right)?).map(Value::Bool)
}
