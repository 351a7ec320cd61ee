//! Submodules: a configuration of their own, with the definitions as modules.

use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::unknown::Unknown;
use crate::nix::value::{List, Outcome, Thunk, Value};
use crate::nixos::configuration::{Class, Configuration, Root, Setup};
use crate::nixos::definition::Resolved;
use crate::nixos::types::Submodule;

/// What the type's own documentation calls a submodule that has no name.
const NAMELESS: &str = "‹name›";

/// The value of a submodule.
pub fn submodule<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    parameters: Submodule<'a>,
    resolved: Resolved<'a>,
) -> Outcome<'a> {
    if let [only] = resolved.certain
        && let Value::Unknown(unknown) = only.value
    {
        return Ok(Value::Unknown(unknown));
    }
    let mut open = resolved.open;
    let (mut sets, mut others): (Vec<Root<'a>>, Vec<Root<'a>>) = (Vec::new(), Vec::new());
    for live in resolved.certain.iter().chain(resolved.perhaps) {
        let definition = &live.definition;
        let root = |module: Value<'a>| Root {
            module: eval.done(module),
            file: definition.module.file,
            own: definition.module.own,
            doubt: live.doubt(),
        };
        match live.value {
            // Config of a kind that no foreign module is known to hold.
            Value::Unknown(unknown) if parameters.class == Class::Plain => open = open.or(Some(unknown)),
            Value::Attrs(_) if parameters.shorthand => {
                sets.push(root(eval.attrs(vec![eval.attr("config", eval.done(live.value))])));
            }
            value => others.push(root(value)),
        }
    }
    let name = if resolved.is_empty() { &[] } else { path };
    submodule_configuration(eval, configuration, name, parameters, Definitions { sets: &sets, others: &others, open })
        .result(eval)
}

/// What defines a submodule.
#[derive(Default)]
pub struct Definitions<'d, 'a> {
    /// Sets that are config as a whole.
    pub sets: &'d [Root<'a>],
    /// Other modules.
    pub others: &'d [Root<'a>],
    /// Why there may be more.
    pub open: Option<&'a Unknown<'a>>,
}

/// The configuration of a submodule at a path, with these definitions.
pub fn submodule_configuration<'a>(
    eval: &Eval<'a>,
    outer: &'a Configuration<'a>,
    path: &'a [Symbol],
    Submodule { modules, special, class, class_name, .. }: Submodule<'a>,
    Definitions { sets, others, open }: Definitions<'_, 'a>,
) -> &'a Configuration<'a> {
    let file = outer.roots.first().map_or("", |root| root.file);
    let of_type = modules.iter().map(|&module| Root { module, file, own: class != Class::Plain, doubt: None });
    // nixpkgs comes to the modules of the type, and to definitions that are modules, by `imports`: after
    // the definitions that are sets.
    let roots: Vec<_> = sets.iter().copied().chain(of_type).chain(others.iter().copied()).collect();
    // The types of an extended lib evaluate with that lib.
    let extended = outer.special.iter().filter(|attr| attr.name.as_str() == "lib");
    let mut arguments: Vec<_> = extended.chain(special).copied().collect();
    let name = path.last().map_or(NAMELESS, |name| name.as_str());
    arguments.push(eval.attr("name", eval.done(eval.string(name))));
    let setup = Setup {
        class,
        class_name,
        roots: eval.slice(&roots),
        special: eval.sorted(arguments),
        special_open: outer.special_open,
        prefix: if class == Class::Plain { eval.slice(&[outer.prefix, path].concat()) } else { &[] },
        open,
    };
    Configuration::new(eval, outer.world, setup)
}

/// A `deferredModule`: a module that imports every definition.
pub fn deferred_module<'a>(eval: &Eval<'a>, always: &'a Thunk<'a>, resolved: Resolved<'a>) -> Outcome<'a> {
    let lives = resolved.certain.iter().chain(resolved.perhaps);
    let imports = lives.map(|live| {
        let file = eval.string(&super::shown_file(eval, live.definition.module.file));
        let module =
            [eval.attr("_file", eval.done(file)), eval.attr("imports", eval.done(eval.list(&[eval.done(live.value)])))];
        eval.done(eval.attrs(module.to_vec()))
    });
    let imports: Vec<_> = eval.force_list(always)?.items.iter().copied().chain(imports).collect();
    let list = List { items: eval.slice(&imports), open: resolved.open };
    Ok(eval.attrs(vec![eval.attr("imports", eval.done(eval.list_of(list)))]))
}
