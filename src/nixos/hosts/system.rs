//! `nixosSystem` and its kin: a call makes a [`Configuration`].

use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::unknown::Reason;
use crate::nix::value::{Attr, Attrs, Outcome, Thunk, Value};
use crate::nixos::configuration::{Class, Configuration, Root, Setup};
use crate::nixos::evaluated::{evaluated, roots_of};
use crate::nixos::packages;
use crate::nixos::world::World;

use super::input::Project;
use super::{fetch, pins, wirings};

/// Makes what absent inputs offer: by path (`import nixpkgs { … }`, `<nixpkgs/nixos>`), fetched, pinned.
pub fn install<'a>(eval: &Eval<'a>, world: &'a World<'a>) {
    eval.set_foreign_import(
        eval.alloc(move |eval: &Eval<'a>, name: &'a str, rest: &'a str| foreign_import(eval, world, name, rest)),
    );
    fetch::install(eval, world);
    pins::install(eval, world);
}

fn foreign_import<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    name: &'a str,
    rest: &'a str,
) -> Outcome<'a, Option<Value<'a>>> {
    let project = world.inputs().map_or(Project::Private, |inputs| inputs.project_of(eval, name));
    let file = rest.strip_suffix("default.nix").unwrap_or(rest).trim_end_matches('/');
    Ok(match (project, file) {
        (Project::Nixpkgs, "" | "pkgs/top-level") => Some(package_set(eval, world)),
        (Project::Nixpkgs, "lib") => Some(world.lib(eval)),
        (Project::Nixpkgs, "nixos/lib/eval-config.nix" | "nixos/lib/eval-config") => {
            Some(maker(eval, world, "nixosSystem", Class::Nixos))
        }
        (Project::Nixpkgs, "nixos") => Some(of_file(eval, world)),
        (Project::HomeManager, "modules") => Some(maker(eval, world, "homeManagerConfiguration", Class::Home)),
        (Project::NixDarwin, "") => Some(maker(eval, world, "darwinSystem", Class::Darwin)),
        (Project::Systems(systems), "") => {
            let systems: Vec<_> = systems.iter().map(|system| eval.done(eval.string(system))).collect();
            Some(eval.list(&systems))
        }
        // A library that is a function is the same one by path.
        (Project::Library(wiring), "") => {
            let offered = wirings::offers(eval, world, wiring, name)?;
            let is_function = offered.iter().any(|attr| attr.name == Symbol::new("__functor"));
            is_function.then(|| eval.attrs(offered))
        }
        (Project::FlakeCompat, "") => Some(fetch::flake_compat(eval, world)),
        // A checkout has its own.
        (_, "flake.nix") if !eval.tree.has_input(name) => Some(fetch::flake_file(eval, world, name)),
        _ => None,
    })
}

/// What `import nixpkgs` gives: a function of settings.
fn package_set<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Value<'a> {
    eval.native("nixpkgs", 1, move |eval, arguments| {
        let &[given] = arguments else { return eval.fail("one argument") };
        Ok(packages::imported(eval, world, given))
    })
}

/// `import <nixpkgs/nixos>`: a configuration, and what is built of it.
fn of_file<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Value<'a> {
    eval.native("nixos", 1, move |eval, arguments| {
        let made = call(eval, world, Class::Nixos, arguments)?;
        with_built(eval, made, [("system", "toplevel"), ("vm", "vm")])
    })
}

/// `pkgs.nixos`: a configuration of a module, or of a list of them, and what is built of it.
pub fn of_packages<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Value<'a> {
    eval.native("nixos", 1, move |eval, arguments| {
        let &[given] = arguments else { return eval.fail("one argument") };
        let modules = match eval.force(given)? {
            Value::List(_) => given,
            _ => eval.done(eval.list(&[given])),
        };
        let arguments = eval.done(eval.attrs(vec![eval.attr("modules", modules)]));
        let made = call(eval, world, Class::Nixos, &[arguments])?;
        with_built(eval, made, [("toplevel", "toplevel"), ("vm", "vm")])
    })
}

/// A configuration, and by a name each what `system.build` holds by another.
fn with_built<'a>(eval: &Eval<'a>, made: Value<'a>, names: [(&str, &'static str); 2]) -> Outcome<'a> {
    let built = names.map(|(name, build)| {
        let value = eval.lazy(move |eval| {
            let way = ["config", "system", "build", build];
            way.iter().try_fold(made, |value, name| eval.select_name(value, Symbol::new(name), None))
        });
        eval.attr(name, value)
    });
    eval.update(eval.attrs(built.to_vec()), made)
}

/// A function that makes a configuration of a class from `modules` and what else its flake documents.
pub fn maker<'a>(eval: &Eval<'a>, world: &'a World<'a>, name: &'static str, class: Class) -> Value<'a> {
    eval.native(name, 1, move |eval, arguments| call(eval, world, class, arguments))
}

/// What nixpkgs' flake adds to its lib.
pub fn nixpkgs_lib<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Vec<Attr<'a>> {
    vec![eval.attr("nixosSystem", eval.done(maker(eval, world, "nixosSystem", Class::Nixos)))]
}

/// home-manager's `lib`.
pub fn home_manager_lib<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Value<'a> {
    let make = maker(eval, world, "homeManagerConfiguration", Class::Home);
    let hm = crate::nix::lib::hm(eval, eval.lazy(move |eval| Ok(world.lib(eval))));
    open(eval, "home-manager", vec![eval.attr("homeManagerConfiguration", eval.done(make)), eval.attr("hm", hm)])
}

/// nix-darwin's `lib`.
pub fn darwin_lib<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Value<'a> {
    let make = maker(eval, world, "darwinSystem", Class::Darwin);
    open(eval, "nix-darwin", vec![eval.attr("darwinSystem", eval.done(make))])
}

fn open<'a>(eval: &Eval<'a>, input: &'a str, entries: Vec<Attr<'a>>) -> Value<'a> {
    let why = eval.unknown(Reason::Input(input), None);
    let open = crate::nix::value::Open { why, absent: None };
    eval.attrs_of(Attrs { entries: eval.sorted(entries), open: Some(open) })
}

fn call<'a>(eval: &Eval<'a>, world: &'a World<'a>, class: Class, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [given] = arguments else { return eval.fail("one argument") };
    let given = eval.force_attrs(given)?;
    let field = |name: &str| given.get(Symbol::new(name)).map(|attr| attr.value);
    let mut roots = Vec::new();
    for name in ["modules", "extraModules"] {
        if let Some(modules) = field(name) {
            roots.extend(roots_of(eval, modules, "flake.nix")?);
        }
    }
    // The configuration's own file of older home-manager code.
    roots.extend(field("configuration").map(|module| Root { module, file: "flake.nix", own: true, doubt: None }));
    roots.extend(base_roots(eval, world, class, field("system")));
    let mut special: Vec<Attr<'a>> = Vec::new();
    let mut special_open = None;
    for name in ["specialArgs", "extraSpecialArgs"] {
        if let Some(arguments) = field(name) {
            let arguments = eval.force_attrs(arguments)?;
            special.extend_from_slice(arguments.entries);
            special_open = special_open.or(arguments.open.map(|open| open.why));
        }
    }
    for name in ["lib", "pkgs"] {
        special.extend(field(name).map(|value| eval.attr(name, value)));
    }
    let setup = Setup {
        class,
        class_name: None,
        roots: eval.slice(&roots),
        special: eval.sorted(special),
        special_open,
        prefix: &[],
        open: None,
    };
    Ok(evaluated(eval, Configuration::new(eval, world, setup)))
}

/// sealnix's own modules for a class, and the system that the call names.
fn base_roots<'a>(eval: &Eval<'a>, world: &'a World<'a>, class: Class, system: Option<&'a Thunk<'a>>) -> Vec<Root<'a>> {
    let mut roots = Vec::new();
    let base = match class {
        Class::Nixos => Some("«nixos»"),
        Class::Home => Some("«home»"),
        Class::Darwin | Class::Plain => None,
    };
    if let Some((file, module)) = base.and_then(|file| Some((file, world.own_file(eval, file)?))) {
        roots.push(Root { module, file, own: false, doubt: None });
    }
    if let Some(system) = system {
        let by_default = eval.attrs(vec![
            eval.attr("_type", eval.done(eval.string("override"))),
            eval.attr("priority", eval.done(Value::Int(1000))),
            eval.attr("content", system),
        ]);
        let nixpkgs = eval.attrs(vec![eval.attr("system", eval.done(by_default))]);
        let module = eval.done(eval.attrs(vec![eval.attr("nixpkgs", eval.done(nixpkgs))]));
        roots.push(Root { module, file: "«nixos»", own: false, doubt: None });
    }
    roots
}
