//! An entry file that is no flake: a hive of colmena, a NixOS module, or Nix that holds
//! configurations.

use std::collections::{BTreeSet, VecDeque};

use super::built;
use super::colmena;
use super::input::Inputs;
use super::listing::{Found, Listing, kind_of};
use super::system;
use crate::manifest::HostKind;
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::ir::Param;
use crate::nix::unknown::{Reason, Stop};
use crate::nix::value::{Attr, Attrs, Outcome, Thunk, Value};
use crate::nixos::configuration::Class;
use crate::nixos::world::World;

/// How deep in the entry file's value a configuration may lie: `hosts.europe.north.web`. No set is entered
/// twice.
const DEEPEST: usize = 6;

/// The name of a NixOS host that sets no `networking.hostName`: nixpkgs' own default.
const NAMELESS: &str = "nixos";

/// Adds the configurations of an entry file that is no flake.
pub fn list<'a>(eval: &Eval<'a>, world: &'a World<'a>, entry: &str, listing: &mut Listing<'a>) -> Outcome<'a, ()> {
    let Some(&file) = eval.program.by_path.get(entry) else {
        return eval.fail(&format!("{entry} is not in the repository"));
    };
    prepare(eval, world);
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
    if let Some((value, _)) = built::behind(eval, world, eval.done(value)) {
        add_alone(eval, world, value, listing);
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
    walk(eval, world, attrs, listing)?;
    if listing.hosts.is_empty() && listing.unknowns.is_empty() {
        return eval.fail("no configuration is in it");
    }
    Ok(())
}

/// Makes known what any file may import that no flake gives anything: `<nixpkgs>`, what it fetches, pins.
pub fn prepare<'a>(eval: &Eval<'a>, world: &'a World<'a>) {
    world.set_inputs(eval.alloc(Inputs::none()));
    system::install(eval, world);
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
    let name = host_name(eval, value).unwrap_or(NAMELESS);
    let kind = built::behind(eval, world, value).and_then(|(_, configuration)| kind_of(configuration.class));
    let kind = kind.unwrap_or_default();
    listing.add(Found { kind, name, attr: "", value, doubt: None });
}

/// `networking.hostName`, where it tells hosts apart.
fn host_name<'a>(eval: &Eval<'a>, configuration: &'a Thunk<'a>) -> Option<&'a str> {
    let names = ["config", "networking", "hostName"];
    let value = names.iter().try_fold(eval.force(configuration).ok()?, |value, name| {
        eval.settle(eval.select_name(value, Symbol::new(name), None)).ok()
    });
    match value? {
        Value::String(name) if !matches!(name.text, "" | NAMELESS) => Some(name.text),
        _ => None,
    }
}

/// Adds the configurations in a set and in the sets in it, those that lie higher first.
fn walk<'a>(eval: &Eval<'a>, world: &'a World<'a>, attrs: &'a Attrs<'a>, listing: &mut Listing<'a>) -> Outcome<'a, ()> {
    // By address: one may lead back to itself.
    let mut entered = BTreeSet::new();
    let mut sets: VecDeque<(&'a Attrs<'a>, Vec<&'a str>)> = VecDeque::from([(attrs, Vec::new())]);
    while let Some((attrs, above)) = sets.pop_front() {
        if !entered.insert(std::ptr::from_ref(attrs) as usize) {
            continue;
        }
        for entry in attrs.entries {
            let _ = eval.limits.enter(eval)?;
            let path = [above.as_slice(), &[entry.name.as_str()]].concat();
            if let Some(inner) = add_entry(eval, world, entry, &path, listing)
                && path.len() < DEEPEST
            {
                sets.push_back((inner, path));
            }
        }
        // What is added to packages is no host.
        if let Some(open) = attrs.open
            && (above.is_empty() || open.why.reason != Reason::Package)
        {
            let what = if above.is_empty() { "it".to_owned() } else { above.join(".") };
            listing.add_open(&what, open.why);
        }
    }
    Ok(())
}

/// Adds what an attribute holds, where that is a configuration or built from one. Gives the set that it
/// is otherwise.
fn add_entry<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    entry: &Attr<'a>,
    path: &[&'a str],
    listing: &mut Listing<'a>,
) -> Option<&'a Attrs<'a>> {
    let value = match eval.force(entry.value) {
        Ok(value) => value,
        Err(stop) => {
            listing.add_unknown(eval, &path.join("."), stop);
            return None;
        }
    };
    if let Some((configuration, made)) = built::behind(eval, world, entry.value) {
        let is_built = matches!(value, Value::Unknown(_));
        if let Some(kind) = kind_of(made.class)
            && !(is_built && listing.holds(eval, world, made))
        {
            // `web.toplevel` and `web.vm` are called after what they are built for.
            let of_host = is_built.then(|| host_name(eval, configuration)).flatten();
            let (name, attr) = (of_host.unwrap_or(entry.name.as_str()), eval.text(&path.join(".")));
            listing.add(Found { kind, name, attr, value: configuration, doubt: entry.doubt });
        }
        return None;
    }
    match value {
        // A source, or something built.
        Value::Attrs(inner) if inner.get(Symbol::new("outPath")).is_some() => None,
        Value::Attrs(inner) => Some(inner),
        // Packages are no hosts.
        Value::Unknown(why) if why.reason != Reason::Package => {
            listing.add_unknown(eval, &path.join("."), Stop::Unknown(why));
            None
        }
        _ => None,
    }
}
