//! An entry file that is no flake: a hive of colmena, a NixOS module, or Nix that holds
//! configurations.

use super::colmena;
use super::input::Inputs;
use super::listing::{Found, Listing};
use super::system;
use crate::manifest::HostKind;
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::ir::Param;
use crate::nix::unknown::{Reason, Stop};
use crate::nix::value::{Attrs, Outcome, Thunk, Value};
use crate::nixos::configuration::Class;
use crate::nixos::extract;
use crate::nixos::world::World;

/// How deep in the entry file's value a configuration may lie: `hosts.europe.web`.
const DEEPEST: usize = 3;

/// The name of a NixOS host that sets no `networking.hostName`: nixpkgs' own default.
const NAMELESS: &str = "nixos";

/// Adds the configurations of an entry file that is no flake.
pub fn list<'a>(eval: &Eval<'a>, world: &'a World<'a>, entry: &str, listing: &mut Listing<'a>) -> Outcome<'a, ()> {
    let Some(&file) = eval.program.by_path.get(entry) else {
        return eval.fail(&format!("{entry} is not in the repository"));
    };
    world.set_inputs(eval.alloc(Inputs::none()));
    system::install(eval, world);
    let file = eval.file(file);
    let file_name = entry.rsplit('/').next().unwrap_or(entry);
    if file_name == "configuration.nix" {
        return alone(eval, world, file, listing);
    }
    let value = match (eval.force(file)?, file_name) {
        (value, "hive.nix") => value,
        (Value::Closure(closure), _) => match &closure.lambda.param {
            Param::Pattern { formals, ellipsis, .. } if formals.iter().any(|formal| formal.default.is_none()) => {
                if *ellipsis {
                    return alone(eval, world, file, listing);
                }
                return eval.fail("it is a function, and nothing says what it is called with");
            }
            _ => eval.settle(eval.call(Value::Closure(closure), eval.done(eval.attrs(Vec::new()))))?,
        },
        (value, _) => value,
    };
    if configuration(eval, world, value).is_some() {
        add_alone(eval, world, eval.done(value), listing);
        return Ok(());
    }
    let hive = match value {
        Value::Attrs(attrs) if attrs.get(Symbol::new("nodes")).is_some() => false,
        Value::Attrs(attrs) => colmena::is_hive(attrs) || file_name == "hive.nix",
        _ => file_name == "hive.nix",
    };
    if hive {
        let nodes = colmena::nodes(eval, world, value).map(Some);
        listing.add_set(eval, HostKind::Nixos, "", nodes);
        return Ok(());
    }
    let attrs = eval.as_attrs(value)?;
    if attrs.get(Symbol::new("imports")).is_some() {
        return alone(eval, world, file, listing);
    }
    walk(eval, world, attrs, &[], listing)?;
    if listing.hosts.is_empty() && listing.unknowns.is_empty() {
        return eval.fail("no configuration is in it");
    }
    Ok(())
}

/// Adds the host that one NixOS module makes.
fn alone<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    module: &'a Thunk<'a>,
    listing: &mut Listing<'a>,
) -> Outcome<'a, ()> {
    let modules = eval.done(eval.list(&[module]));
    let arguments = eval.done(eval.attrs(vec![eval.attr("modules", modules)]));
    let made = eval.call(system::maker(eval, world, "nixosSystem", Class::Nixos), arguments)?;
    add_alone(eval, world, eval.done(made), listing);
    Ok(())
}

/// Adds a configuration that only its host name names.
fn add_alone<'a>(eval: &Eval<'a>, world: &'a World<'a>, value: &'a Thunk<'a>, listing: &mut Listing<'a>) {
    let names = ["config", "networking", "hostName"];
    let host_name = eval.force(value).and_then(|value| {
        names.iter().try_fold(value, |value, name| eval.settle(eval.select_name(value, Symbol::new(name), None)))
    });
    let name = match host_name {
        Ok(Value::String(name)) if !name.text.is_empty() => name.text,
        _ => NAMELESS,
    };
    let kind = eval.force(value).ok().and_then(|value| configuration(eval, world, value)).unwrap_or_default();
    listing.add(Found { kind, name, attr: "", value, doubt: None });
}

/// What a value configures, if it is a configuration.
fn configuration<'a>(eval: &Eval<'a>, world: &'a World<'a>, value: Value<'a>) -> Option<HostKind> {
    match extract::configuration_of(eval, world, value).ok()?.class {
        Class::Nixos => Some(HostKind::Nixos),
        Class::Darwin => Some(HostKind::Darwin),
        Class::Home => Some(HostKind::Home),
        Class::Plain => None,
    }
}

/// Adds the configurations in a set and in the sets in it.
fn walk<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    attrs: &'a Attrs<'a>,
    above: &[&'a str],
    listing: &mut Listing<'a>,
) -> Outcome<'a, ()> {
    let _depth = eval.limits.enter(eval)?;
    for entry in attrs.entries {
        let name = entry.name.as_str();
        let path = [above, &[name]].concat();
        match eval.force(entry.value) {
            Ok(value) => {
                if let Some(kind) = configuration(eval, world, value) {
                    let attr = eval.text(&path.join("."));
                    listing.add(Found { kind, name, attr, value: entry.value, doubt: entry.doubt });
                    continue;
                }
                match value {
                    // A source, or something built.
                    Value::Attrs(inner) if inner.get(Symbol::new("outPath")).is_some() => {}
                    Value::Attrs(inner) if path.len() < DEEPEST => walk(eval, world, inner, &path, listing)?,
                    // Packages are no hosts.
                    Value::Unknown(why) if why.reason != Reason::Package => {
                        listing.add_unknown(eval, &path.join("."), Stop::Unknown(why));
                    }
                    _ => {}
                }
            }
            Err(stop) => listing.add_unknown(eval, &path.join("."), stop),
        }
    }
    // What is added to packages is no host.
    if let Some(open) = attrs.open
        && (above.is_empty() || open.why.reason != Reason::Package)
    {
        let what = if above.is_empty() { "it".to_owned() } else { above.join(".") };
        listing.unknowns.push(format!("{what} may hold more: {}", open.why));
    }
    Ok(())
}
