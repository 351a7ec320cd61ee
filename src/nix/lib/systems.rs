//! `lib.systems`: what follows from the name of a system.

use super::calling::{arguments, found, stop};
use super::constants::open_set;
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::unknown::Reason;
use crate::nix::value::{Attr, Attrs, List, Outcome, Thunk, Value};

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
    let given = eval.force(system)?;
    let Value::Attrs(set) = given else { return platform(eval, eval.as_string(given)?.text) };
    let Some(name) = found(eval, given, Symbol::new("system"))? else {
        return stop(eval.unknown(Reason::Package, None));
    };
    let name = eval.as_string(name)?.text;
    if set.entries.len() == 1 && set.open.is_none() {
        return platform(eval, name);
    }
    // What else is said may change what follows from the name; the name of another platform does.
    if is_of_another(eval, *set, name)? {
        let others: Vec<_> = set.entries.iter().copied().filter(|attr| attr.name.as_str() != "system").collect();
        return Ok(open_set(eval, others, Reason::Package));
    }
    let entries = named(eval, name)?;
    eval.update(open_set(eval, entries, Reason::Package), given)
}

/// Whether the `config` of a description may name another processor or kernel than this system.
fn is_of_another<'a>(eval: &Eval<'a>, given: Attrs<'a>, system: &str) -> Outcome<'a, bool> {
    let Some(config) = given.get(Symbol::new("config")) else { return Ok(false) };
    let Value::String(config) = eval.force(eval.value_of(config))? else { return Ok(true) };
    let usual = eval.select_name(platform(eval, system)?, Symbol::new("config"), None)?;
    let is_usual = matches!(usual, Value::String(usual) if usual.text == config.text);
    let mut parts = config.text.split('-');
    let names_both = system
        .split_once('-')
        .is_some_and(|(cpu, kernel)| parts.next() == Some(cpu) && parts.any(|part| part == kernel));
    Ok(!is_usual && !names_both)
}

fn system_to_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [system] = arguments(eval, args)?;
    match eval.force(system)? {
        Value::Unknown(why) => stop(why),
        value @ Value::Attrs(_) => Ok(value),
        _ => Ok(eval.attrs(vec![eval.attr("system", system)])),
    }
}

/// What none of the systems is that nixpkgs' flake has packages for.
const NEVER: &[&str] = &[
    "isAbiElfv1",
    "isAbiElfv2",
    "isAlpha",
    "isAndroid",
    "isArc",
    "isAvr",
    "isBigEndian",
    "isCygwin",
    "isGenode",
    "isGhcjs",
    "isILP32",
    "isJavaScript",
    "isLoongArch64",
    "isM68k",
    "isMicroBlaze",
    "isMinGW",
    "isMips",
    "isMips32",
    "isMips64",
    "isMmix",
    "isMsp430",
    "isMsvc",
    "isMusl",
    "isNetBSD",
    "isNone",
    "isOpenBSD",
    "isOr1k",
    "isPE",
    "isRedox",
    "isRiscV32",
    "isRx",
    "isS390",
    "isS390x",
    "isSh4",
    "isSparc",
    "isSparc64",
    "isStatic",
    "isSunOS",
    "isUClibc",
    "isVc4",
    "isWasi",
    "isWasm",
    "isiOS",
];

/// A platform as `lib.systems.elaborate` describes it: the attributes that follow from the name of
/// its system alone; the others are unknown.
pub fn platform<'a>(eval: &Eval<'a>, system: &str) -> Outcome<'a> {
    let mut entries = named(eval, system)?;
    if let Some((cpu, kernel)) = system.split_once('-').filter(|_| FLAKE_EXPOSED.contains(&system)) {
        entries.extend(described(eval, cpu, kernel));
    }
    Ok(open_set(eval, entries, Reason::Package))
}

/// What the two parts of a system's name say.
fn named<'a>(eval: &Eval<'a>, system: &str) -> Outcome<'a, Vec<Attr<'a>>> {
    let Some((cpu, kernel)) = system.split_once('-') else {
        return eval.fail("the string is not the name of a system");
    };
    let wide = ["aarch64", "x86_64", "powerpc64le", "powerpc64", "riscv64", "loongarch64", "s390x", "mips64el"];
    let (arm32, x86_32) = (cpu.starts_with("armv"), cpu == "i686");
    let unix = ["linux", "darwin", "freebsd", "openbsd", "netbsd", "solaris", "cygwin"];
    let mut entries = vec![eval.attr("system", eval.done(eval.string(system)))];
    entries.extend(predicates(
        eval,
        [
            ("isLinux", kernel == "linux"),
            ("isDarwin", kernel == "darwin"),
            ("isMacOS", kernel == "darwin"),
            ("isFreeBSD", kernel == "freebsd"),
            ("isUnix", unix.contains(&kernel)),
            ("isWindows", kernel == "windows"),
            ("isx86_64", cpu == "x86_64"),
            ("isx86_32", x86_32),
            ("isi686", x86_32),
            ("isx86", cpu == "x86_64" || x86_32),
            ("isAarch64", cpu == "aarch64"),
            ("isAarch32", arm32),
            ("isAarch", cpu == "aarch64" || arm32),
            ("isArmv7", cpu.starts_with("armv7")),
            ("isRiscV", cpu.starts_with("riscv")),
            ("isRiscV64", cpu == "riscv64"),
            ("is64bit", wide.contains(&cpu)),
            ("is32bit", arm32 || x86_32 || cpu == "riscv32"),
        ],
    ));
    Ok(entries)
}

fn predicates<'a>(
    eval: &Eval<'a>,
    answers: impl IntoIterator<Item = (&'static str, bool)>,
) -> impl Iterator<Item = Attr<'a>> {
    answers.into_iter().map(|(name, holds)| eval.attr(name, eval.done(Value::Bool(holds))))
}

/// What is known besides of a system that nixpkgs' flake has packages for.
fn described<'a>(eval: &Eval<'a>, cpu: &str, kernel: &str) -> Vec<Attr<'a>> {
    let text = |name: &str, text: &str| eval.attr(name, eval.done(eval.string(text)));
    let set = |name: &str, entries| eval.attr(name, eval.done(open_set(eval, entries, Reason::Package)));
    let (darwin, arm32) = (kernel == "darwin", cpu.starts_with("armv"));
    // What Linux calls the processor, and the machine itself.
    let (linux, machine) = match cpu {
        "i686" => ("i386", cpu),
        "aarch64" => ("arm64", if darwin { "arm64" } else { cpu }),
        "powerpc64le" => ("powerpc", "ppc64le"),
        "riscv64" => ("riscv", cpu),
        _ => (if arm32 { "arm" } else { cpu }, cpu),
    };
    let (config, libc, library, uname) = match kernel {
        "linux" if arm32 => (format!("{cpu}-unknown-linux-gnueabihf"), "glibc", ".so", "Linux"),
        "linux" => (format!("{cpu}-unknown-linux-gnu"), "glibc", ".so", "Linux"),
        "darwin" => (format!("{machine}-apple-darwin"), "libSystem", ".dylib", "Darwin"),
        kernel => (format!("{cpu}-unknown-{kernel}"), "fblibc", ".so", "FreeBSD"),
    };
    let bits = Value::Int(if arm32 || cpu == "i686" { 32 } else { 64 });
    let processor = set("cpu", vec![text("name", cpu), eval.attr("bits", eval.done(bits))]);
    let mut entries = vec![
        text("config", &config),
        text("libc", libc),
        text("linuxArch", linux),
        set("extensions", vec![text("sharedLibrary", library)]),
        set("uname", vec![text("system", uname), text("processor", machine)]),
        set("parsed", vec![processor, set("kernel", vec![text("name", kernel)])]),
    ];
    entries.extend(predicates(eval, NEVER.iter().map(|&name| (name, false))));
    entries.extend(predicates(
        eval,
        [
            ("hasSharedLibraries", true),
            ("isLittleEndian", true),
            ("isBSD", kernel == "freebsd"),
            ("isEabi", arm32),
            ("isElf", !darwin),
            ("isGnu", kernel == "linux"),
            ("isMacho", darwin),
            ("isPower", cpu.starts_with("powerpc")),
            ("isPower64", cpu.starts_with("powerpc64")),
        ],
    ));
    entries
}

fn equals<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    let system = |platform| eval.select_name(eval.force(platform)?, Symbol::new("system"), None);
    eval.equal(system(left)?, system(right)?).map(Value::Bool)
}
