//! What `evalModules` and `nixosSystem` give: config, options and the way on from there.

use super::arguments::without_arguments;
use super::configuration::{Class, Configuration, Root, Setup};
use super::extract::SCOPE;
use super::types;
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::value::{Outcome, Thunk, Value};

/// The set that stands for a configuration.
pub fn evaluated<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>) -> Value<'a> {
    let config = eval.lazy(move |eval| {
        let config = eval.force(configuration.config(eval))?;
        Ok(without_arguments(eval, config))
    });
    let mut entries = vec![
        eval.attr("_type", eval.done(eval.string("configuration"))),
        eval.attr("config", config),
        eval.attr("options", configuration.options(eval)),
        eval.attr("extendModules", eval.done(extend_modules(eval, configuration))),
        eval.attr("type", eval.lazy(move |eval| Ok(type_of(eval, configuration)))),
        eval.attr(SCOPE, eval.done(Value::Int(i64::from(configuration.scope)))),
    ];
    if configuration.class != Class::Plain {
        let packages = eval.lazy(move |eval| {
            let arguments = eval.force(configuration.arguments(eval))?;
            eval.select_name(arguments, Symbol::new("pkgs"), None)
        });
        entries.push(eval.attr("pkgs", packages));
    }
    eval.attrs(entries)
}

/// `extendModules`: the same evaluation with more modules and special arguments.
pub fn extend_modules<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>) -> Value<'a> {
    eval.native("extendModules", 1, move |eval, arguments| {
        let [given] = arguments else { return eval.fail("one argument") };
        let given = eval.force_attrs(given)?;
        let mut roots = configuration.roots.to_vec();
        if let Some(modules) = given.get(Symbol::new("modules")) {
            let file = roots.first().map_or("", |root| root.file);
            roots.extend(roots_of(eval, modules.value, file)?);
        }
        let mut special = configuration.special.to_vec();
        if let Some(more) = given.get(Symbol::new("specialArgs")) {
            special.extend_from_slice(eval.force_attrs(more.value)?.entries);
        }
        let setup = Setup {
            class: configuration.class,
            roots: eval.slice(&roots),
            special: eval.sorted(special),
            prefix: configuration.prefix,
            open: configuration.open,
        };
        Ok(evaluated(eval, Configuration::new(eval, configuration.world, setup)))
    })
}

/// The type of an option whose value is such a configuration's `config`.
fn type_of<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>) -> Value<'a> {
    let modules: Vec<_> = configuration.roots.iter().map(|root| root.module).collect();
    types::submodule_type(eval, eval.done(eval.list(&modules)), configuration.special, None, false)
}

/// A list of modules as the repository wrote it in `file`.
pub fn roots_of<'a>(eval: &Eval<'a>, modules: &'a Thunk<'a>, file: &'a str) -> Outcome<'a, Vec<Root<'a>>> {
    let root = |module: &'a Thunk<'a>| Root { module, file, own: true, doubt: None };
    let list = match eval.settle(eval.force(modules))? {
        Value::Unknown(_) => return Ok(vec![root(modules)]),
        value => eval.as_list(value)?,
    };
    let more = list.open.map(|unknown| eval.done(Value::Unknown(unknown)));
    Ok(list.items.iter().copied().chain(more).map(root).collect())
}
