//! Package sets: what is in nixpkgs is unknown, but for what follows from the system and for what
//! the repository's own overlays add.

use std::cell::OnceCell;

use super::configuration::Configuration;
use super::hosts::system;
use super::world::World;
use crate::nix::eval::{Coercion, Eval};
use crate::nix::ir::Param;
use crate::nix::unknown::{Reason, Stop, Unknown};
use crate::nix::value::{Absent, Attrs, Open, Outcome, Thunk, Value};
use crate::nix::{Symbol, path};

/// A package set with its overlays.
struct Packages<'a> {
    world: &'a World<'a>,
    /// The system's name, perhaps unknown.
    system: &'a Thunk<'a>,
    /// The list of overlays; of those that are not known nothing is known either.
    overlays: &'a Thunk<'a>,
    /// What each overlay adds.
    layers: OnceCell<&'a [&'a Thunk<'a>]>,
}

/// nixpkgs without overlays.
pub fn plain<'a>(eval: &Eval<'a>, world: &'a World<'a>, system: &'a Thunk<'a>) -> Value<'a> {
    set(eval, world, system, eval.done(eval.list(&[])))
}

/// What `import nixpkgs { system = …; overlays = …; }` gives.
pub fn imported<'a>(eval: &Eval<'a>, world: &'a World<'a>, given: &'a Thunk<'a>) -> Value<'a> {
    let system = eval.lazy(move |eval| {
        let given = eval.force(given)?;
        let name = Symbol::new("system");
        // Otherwise it is that of the machine.
        match eval.has_name(given, name)? {
            true => eval.select_name(given, name, None),
            false => Ok(eval.unknown_value(Reason::World("currentSystem"))),
        }
    });
    set(eval, world, system, field(eval, given, "overlays"))
}

/// A configuration's `pkgs`: as its `nixpkgs` options say.
pub fn of_configuration<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>) -> Value<'a> {
    let nixpkgs = field(eval, configuration.config(eval), "nixpkgs");
    let system = eval.lazy(move |eval| {
        let nixpkgs = eval.settle(eval.force(nixpkgs))?;
        for name in ["hostPlatform", "system"] {
            let platform = eval.settle(eval.select_name(nixpkgs, Symbol::new(name), None))?;
            match platform {
                Value::String(_) => return Ok(platform),
                Value::Attrs(_) => return eval.select_name(platform, Symbol::new("system"), None),
                _ => {}
            }
        }
        Ok(eval.unknown_value(Reason::UnsetOption("nixpkgs.hostPlatform")))
    });
    set(eval, configuration.world, system, field(eval, nixpkgs, "overlays"))
}

fn field<'a>(eval: &Eval<'a>, of: &'a Thunk<'a>, name: &'static str) -> &'a Thunk<'a> {
    eval.lazy(move |eval| {
        let of = eval.force(of)?;
        eval.select_name(of, Symbol::new(name), None)
    })
}

fn set<'a>(eval: &Eval<'a>, world: &'a World<'a>, system: &'a Thunk<'a>, overlays: &'a Thunk<'a>) -> Value<'a> {
    let packages = Packages { world, system, overlays, layers: OnceCell::new() };
    eval.alloc(packages).below(eval, usize::MAX)
}

impl<'a> Packages<'a> {
    /// The set as the first `depth` overlays make it.
    fn below(&'a self, eval: &Eval<'a>, depth: usize) -> Value<'a> {
        unknown(eval, eval.alloc(move |eval: &Eval<'a>, name| self.attribute(eval, depth, name)))
    }

    fn attribute(&'a self, eval: &Eval<'a>, depth: usize, name: Symbol) -> Outcome<'a> {
        for layer in self.layers(eval).iter().take(depth).rev() {
            let (content, _) = eval.observe(|| eval.force(layer));
            if let Ok(content @ Value::Attrs(attrs)) = content
                && attrs.get(name).is_some()
            {
                return eval.select_name(content, name, None);
            }
        }
        match name.as_str() {
            "lib" => Ok(self.world.lib(eval)),
            "path" => Ok(eval.path(&path::of_input("nixpkgs"))),
            "nixos" => Ok(system::of_packages(eval, self.world)),
            "pkgs" => Ok(self.below(eval, usize::MAX)),
            "system" => eval.force(self.system),
            "stdenv" | "stdenvNoCC" => Ok(standard_environment(eval, self.system)),
            "hostPlatform" | "buildPlatform" | "targetPlatform" => platform(eval, self.system),
            "callPackage" => Ok(eval.native("callPackage", 2, move |eval, arguments| {
                let &[function, given] = arguments else { return eval.fail("two arguments") };
                self.call_package(eval, depth, function, given)
            })),
            "applyPatches" => Ok(eval.native("applyPatches", 1, |eval, arguments| {
                let &[given] = arguments else { return eval.fail("one argument") };
                patched(eval, given)
            })),
            "extend" => Ok(eval.native("extend", 1, move |eval, arguments| {
                let &[overlay] = arguments else { return eval.fail("one argument") };
                Ok(self.with(eval, eval.done(eval.list(&[overlay]))))
            })),
            "appendOverlays" => Ok(eval.native("appendOverlays", 1, move |eval, arguments| {
                let &[overlays] = arguments else { return eval.fail("one argument") };
                Ok(self.with(eval, overlays))
            })),
            _ => Ok(Value::Unknown(eval.unknown_attribute(eval.unknown(Reason::Package, None), name))),
        }
    }

    /// What a function of packages gives, where that is a set of its own making: packages are unknown.
    fn call_package(
        &'a self,
        eval: &Eval<'a>,
        depth: usize,
        function: &'a Thunk<'a>,
        given: &'a Thunk<'a>,
    ) -> Outcome<'a> {
        let all = eval.done(self.below(eval, depth));
        let made = self.call_with_packages(eval, function, given, all);
        match eval.settle(made) {
            Ok(made @ Value::Attrs(_)) => Ok(made),
            Err(stop @ Stop::Unknown(_)) => Err(stop),
            _ => Err(Stop::Unknown(eval.unknown(Reason::Package, None))),
        }
    }

    fn call_with_packages(
        &'a self,
        eval: &Eval<'a>,
        function: &'a Thunk<'a>,
        given: &'a Thunk<'a>,
        all: &'a Thunk<'a>,
    ) -> Outcome<'a> {
        let function = match eval.force(function)? {
            Value::Path(path) => eval.import(path)?,
            function => function,
        };
        let Value::Closure(closure) = function else { return Ok(function) };
        let Param::Pattern { formals, .. } = &closure.lambda.param else { return Ok(function) };
        // Whether there is a package of a name that has a default is not known.
        let needed = formals.iter().filter(|formal| formal.default.is_none()).map(|formal| formal.name);
        let package = |name: Symbol| {
            let value = eval.lazy(move |eval| eval.select_name(eval.force(all)?, name, None));
            eval.attr(name.as_str(), value)
        };
        let packages = eval.attrs(needed.map(package).collect());
        let arguments = eval.update(packages, eval.force(given)?)?;
        eval.call(function, eval.done(arguments))
    }

    fn with(&'a self, eval: &Eval<'a>, more: &'a Thunk<'a>) -> Value<'a> {
        let overlays = eval.lazy(move |eval| {
            let mut overlays = Packages::known(eval, self.overlays).to_vec();
            overlays.extend(Packages::known(eval, more));
            Ok(eval.list(&overlays))
        });
        set(eval, self.world, self.system, overlays)
    }

    fn known(eval: &Eval<'a>, overlays: &'a Thunk<'a>) -> &'a [&'a Thunk<'a>] {
        match eval.observe(|| eval.force(overlays)).0 {
            Ok(Value::List(list)) => list.items,
            _ => &[],
        }
    }

    fn layers(&'a self, eval: &Eval<'a>) -> &'a [&'a Thunk<'a>] {
        if let Some(layers) = self.layers.get() {
            return layers;
        }
        let overlays = Packages::known(eval, self.overlays);
        if overlays.is_empty() {
            // The list may be asked for while it is being computed.
            return &[];
        }
        let layer = |(depth, &overlay): (usize, &&'a Thunk<'a>)| {
            eval.lazy(move |eval| {
                let given_final = eval.call(eval.force(overlay)?, eval.done(self.below(eval, usize::MAX)))?;
                eval.call(given_final, eval.done(self.below(eval, depth)))
            })
        };
        let layers: Vec<_> = overlays.iter().enumerate().map(layer).collect();
        self.layers.get_or_init(|| eval.slice(&layers))
    }
}

/// A patched source is taken for what it was, which is assumed.
fn patched<'a>(eval: &Eval<'a>, given: &'a Thunk<'a>) -> Outcome<'a> {
    let source = eval.select_name(eval.force(given)?, Symbol::new("src"), None)?;
    let out_path = Value::String(eval.coerce(source, Coercion::Plain)?);
    let why = eval.unknown(Reason::Package, None);
    eval.assume(why);
    let entries = eval.slice(&[eval.attr("outPath", eval.done(out_path))]);
    Ok(eval.attrs_of(Attrs { entries, open: Some(Open { why, absent: None }) }))
}

/// Something of a package set, whose attributes `absent` gives.
fn unknown<'a>(eval: &Eval<'a>, absent: &'a Absent<'a>) -> Value<'a> {
    let why = eval.unknown(Reason::Package, None);
    Value::Unknown(eval.alloc(Unknown { absent: Some(absent), ..*why }))
}

/// `stdenv`
fn standard_environment<'a>(eval: &Eval<'a>, system: &'a Thunk<'a>) -> Value<'a> {
    let absent = move |eval: &Eval<'a>, name: Symbol| -> Outcome<'a> {
        match name.as_str() {
            "hostPlatform" | "buildPlatform" | "targetPlatform" => platform(eval, system),
            "system" => eval.force(system),
            "isLinux" | "isDarwin" | "isAarch64" | "isx86_64" => {
                let platform = platform(eval, system)?;
                eval.select_name(platform, name, None)
            }
            _ => Ok(Value::Unknown(eval.unknown_attribute(eval.unknown(Reason::Package, None), name))),
        }
    };
    unknown(eval, eval.alloc(absent))
}

/// `hostPlatform` of a system string.
fn platform<'a>(eval: &Eval<'a>, system: &'a Thunk<'a>) -> Outcome<'a> {
    let system = eval.force_string(system)?;
    let (cpu, kernel) = system.text.split_once('-').unwrap_or((system.text, ""));
    let is = |name: &str, value: bool| eval.attr(name, eval.done(Value::Bool(value)));
    let entries = vec![
        eval.attr("system", eval.done(Value::String(system))),
        is("isLinux", kernel == "linux"),
        is("isDarwin", kernel == "darwin"),
        is("isx86_64", cpu == "x86_64"),
        is("isx86", matches!(cpu, "x86_64" | "i686")),
        is("isAarch64", cpu == "aarch64"),
        is("isAarch", matches!(cpu, "aarch64" | "armv7l" | "armv6l")),
        is("is64bit", matches!(cpu, "x86_64" | "aarch64" | "riscv64")),
    ];
    let open = Open { why: eval.unknown(Reason::Package, None), absent: None };
    Ok(eval.attrs_of(Attrs { entries: eval.sorted(entries), open: Some(open) }))
}
