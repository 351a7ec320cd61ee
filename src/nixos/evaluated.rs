//! `lib.evalModules`, and what it gives.

use super::arguments::without_arguments;
use super::configuration::{Class, Configuration, Root, Setup};
use super::definition::Definition;
use super::extract::SCOPE;
use super::merge;
use super::module::Module;
use super::undeclared::{self, Undeclared};
use super::world::World;
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::value::{Attr, Attrs, Outcome, Thunk, Value};

/// `lib.evalModules`.
pub fn eval_modules<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[given] = arguments else { return eval.fail("one argument") };
    let given = eval.force_attrs(given)?;
    if given.get(Symbol::new("modules")).is_none() {
        return eval.fail("evalModules needs modules");
    }
    let mut setup = Configuration::empty(eval, world, &[]).setup();
    if let Some(Value::String(class)) =
        given.get(Symbol::new("class")).map(|class| eval.force(class.value)).transpose()?
    {
        setup.class_name = Some(class.text);
    }
    let mut extended = extended(eval, setup, given)?;
    extended.roots = eval.slice(&[extended.roots, &old_roots(eval, given)].concat());
    Ok(evaluated(eval, Configuration::new(eval, world, extended)))
}

/// What the old arguments `args` and `check` stand for.
fn old_roots<'a>(eval: &Eval<'a>, given: &'a Attrs<'a>) -> Vec<Root<'a>> {
    let roots = ["args", "check"].iter().filter_map(|name| {
        let value = given.get(Symbol::new(name))?.value;
        let says = eval.done(eval.attrs(vec![eval.attr(name, value)]));
        let module = eval.done(eval.attrs(vec![eval.attr("_module", says)]));
        Some(Root { module, file: "", own: true, doubt: None })
    });
    roots.collect()
}

/// More modules, special arguments or another prefix, as `extendModules` takes them.
fn extended<'a>(eval: &Eval<'a>, setup: Setup<'a>, given: &'a Attrs<'a>) -> Outcome<'a, Setup<'a>> {
    let field = |name: &str| given.get(Symbol::new(name)).map(|attr| attr.value);
    let mut roots = setup.roots.to_vec();
    if let Some(modules) = field("modules") {
        let file = roots.first().map_or("", |root| root.file);
        roots.extend(roots_of(eval, modules, file)?);
    }
    let mut special = setup.special.to_vec();
    let mut special_open = setup.special_open;
    if let Some(more) = field("specialArgs") {
        let more = eval.force_attrs(more)?;
        special.extend_from_slice(more.entries);
        special_open = special_open.or(more.open.map(|open| open.why));
    }
    let mut prefix = setup.prefix.to_vec();
    if let Some(given) = field("prefix") {
        prefix.clear();
        for name in eval.force_list(given)?.items {
            prefix.push(Symbol::new(eval.force_string(name)?.text));
        }
    }
    let (roots, special, prefix) = (eval.slice(&roots), eval.sorted(special), eval.slice(&prefix));
    Ok(Setup { roots, special, special_open, prefix, ..setup })
}

/// What `evalModules` and `nixosSystem` give: config, options and the way on from there.
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
        eval.attr("type", eval.lazy(move |eval| module_type(eval, configuration))),
        eval.attr(SCOPE, eval.done(Value::Int(i64::from(configuration.scope)))),
    ];
    if configuration.class == Class::Plain {
        entries.extend(of_plain(eval, configuration));
    } else {
        let packages = eval.lazy(move |eval| {
            let arguments = eval.force(configuration.arguments(eval))?;
            eval.select_name(arguments, Symbol::new("pkgs"), None)
        });
        entries.push(eval.attr("pkgs", packages));
        entries.extend(built(eval, configuration));
    }
    eval.attrs(entries)
}

/// What is built of a configuration, by the name that its maker documents for it.
fn built<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>) -> Option<Attr<'a>> {
    let (name, path): (_, &[&str]) = match configuration.class {
        Class::Darwin => ("system", &["system", "build", "toplevel"]),
        Class::Home => ("activationPackage", &["home", "activationPackage"]),
        Class::Nixos | Class::Plain => return None,
    };
    Some(eval.attr(name, eval.lazy(move |eval| configuration.at(eval, path.iter().copied()))))
}

/// What is so of evaluations in which every option is declared: undeclared ones are refused.
fn of_plain<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>) -> [Attr<'a>; 4] {
    let checked = |value: &'a Thunk<'a>| {
        eval.lazy(move |eval| {
            configuration.refuse_undeclared(eval)?;
            eval.force(value)
        })
    };
    let module = eval.lazy(move |eval| configuration.at(eval, ["_module"]));
    [
        eval.attr("config", eval.lazy(move |eval| configuration.result(eval))),
        eval.attr("options", checked(configuration.options(eval))),
        eval.attr("_module", checked(module)),
        eval.attr("class", eval.done(configuration.class_name().map_or(Value::Null, |class| eval.string(class)))),
    ]
}

/// `extendModules`: the same evaluation with more modules and special arguments.
pub fn extend_modules<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>) -> Value<'a> {
    eval.native("extendModules", 1, move |eval, arguments| {
        let &[given] = arguments else { return eval.fail("one argument") };
        let setup = extended(eval, configuration.setup(), eval.force_attrs(given)?)?;
        Ok(evaluated(eval, Configuration::new(eval, configuration.world, setup)))
    })
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

/// The type of a submodule of the same modules.
fn module_type<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>) -> Outcome<'a> {
    let modules: Vec<_> = configuration.roots.iter().map(|root| root.module).collect();
    let given = vec![
        eval.attr("modules", eval.done(eval.list(&modules))),
        eval.attr("specialArgs", eval.done(eval.attrs(configuration.special.to_vec()))),
    ];
    let make = eval.force(merge::element_type(eval, configuration.world, "submoduleWith"))?;
    eval.call(make, eval.done(eval.attrs(given)))
}

/// The module that every evaluation has: the options below `_module`.
pub fn internal<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>) -> &'a Module<'a> {
    let config = eval.lazy(move |eval| {
        let mut arguments = vec![
            eval.attr("extendModules", eval.done(extend_modules(eval, configuration))),
            eval.attr("moduleType", eval.lazy(move |eval| module_type(eval, configuration))),
        ];
        arguments.extend(configuration.special.iter().filter(|attr| attr.name.as_str() == "name"));
        let special = eval.attrs(configuration.special.to_vec());
        let below =
            vec![eval.attr("args", eval.done(eval.attrs(arguments))), eval.attr("specialArgs", eval.done(special))];
        Ok(eval.attrs(vec![eval.attr("_module", eval.done(eval.attrs(below)))]))
    });
    let options = Some(configuration.world.internal_options(eval));
    eval.alloc(Module { file: "lib/modules.nix", own: false, options, config, doubt: None })
}

/// `args`, `check`, `freeformType` and `specialArgs`.
pub fn internal_options<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Value<'a> {
    let of_lib = |name: &'static str| merge::element_type(eval, world, name);
    let of = |name: &'static str, element: &'a Thunk<'a>| eval.lazy_call(of_lib(name), element);
    let option = |kind: &'a Thunk<'a>, more: Vec<Attr<'a>>| {
        let says = vec![
            eval.attr("_type", eval.done(eval.string("option"))),
            eval.attr("type", kind),
            eval.attr("internal", eval.done(Value::Bool(true))),
        ];
        eval.done(eval.attrs(says.into_iter().chain(more).collect()))
    };
    let default = |value: Value<'a>| vec![eval.attr("default", eval.done(value))];
    let below = vec![
        eval.attr("args", option(of("lazyAttrsOf", of_lib("raw")), Vec::new())),
        eval.attr("check", option(of_lib("bool"), default(Value::Bool(true)))),
        eval.attr("freeformType", option(of("nullOr", of_lib("optionType")), default(Value::Null))),
        eval.attr(
            "specialArgs",
            option(of_lib("unspecified"), vec![eval.attr("readOnly", eval.done(Value::Bool(true)))]),
        ),
    ];
    eval.attrs(vec![eval.attr("_module", eval.done(eval.attrs(below)))])
}

impl<'a> Configuration<'a> {
    /// A configuration without modules: where there is none, but one is needed.
    pub fn empty(eval: &Eval<'a>, world: &'a World<'a>, prefix: &'a [Symbol]) -> &'a Self {
        let setup = Setup {
            class: Class::Plain,
            class_name: None,
            roots: &[],
            special: &[],
            special_open: None,
            prefix,
            open: None,
        };
        Configuration::new(eval, world, setup)
    }

    /// What it was made of.
    fn setup(&'a self) -> Setup<'a> {
        Setup {
            class: self.class,
            class_name: self.class_name,
            roots: self.roots,
            special: self.special,
            special_open: self.special_open,
            prefix: self.prefix,
            open: self.open,
        }
    }

    /// Whether what no module declares is no option: nothing but modules declares options, and all
    /// modules are known.
    pub fn is_closed(&'a self, eval: &Eval<'a>) -> bool {
        self.class == Class::Plain
            && self.collected(eval).is_ok_and(|collected| collected.open.is_none() && collected.foreign.is_empty())
    }

    /// The type that merges what is not declared.
    pub fn freeform(&'a self, eval: &Eval<'a>) -> Outcome<'a, Option<&'a Thunk<'a>>> {
        let path: &'a [Symbol] = eval.slice(&["_module", "freeformType"].map(Symbol::new));
        let definitions = self.definitions_at(eval, path)?;
        if definitions.is_empty() {
            return Ok(None);
        }
        let kind = merge::element_type(eval, self.world, "optionType");
        let nullable = merge::element_type(eval, self.world, "nullOr");
        let kind = eval.lazy_call(nullable, kind);
        let resolved = super::definition::resolve(eval, super::definition::discharge(eval, &definitions)?)?;
        match eval.settle(merge::merged(eval, self, path, kind, resolved))? {
            Value::Null => Ok(None),
            value => Ok(Some(eval.done(value))),
        }
    }

    fn undeclared_definitions(&'a self, eval: &Eval<'a>) -> Outcome<'a, Vec<Undeclared<'a>>> {
        let (declared, definitions) = (self.declared(eval)?, self.root_definitions(eval)?);
        let mut undeclared = Vec::new();
        undeclared::collect(eval, &[], &declared, &definitions, &mut undeclared)?;
        Ok(undeclared)
    }

    /// `config` with what the freeform type makes of what is not declared.
    pub fn with_freeform(&'a self, eval: &Eval<'a>, declared: Value<'a>) -> Outcome<'a> {
        let Some(kind) = self.freeform(eval)? else { return Ok(declared) };
        let freeform = undeclared::freeform(eval, self, kind, &self.undeclared_definitions(eval)?)?;
        undeclared::overlaid(eval, freeform, declared)
    }

    /// Stops where something is defined that is not declared and no freeform type takes.
    pub fn refuse_undeclared(&'a self, eval: &Eval<'a>) -> Outcome<'a, ()> {
        if !self.is_closed(eval) || self.freeform(eval)?.is_some() {
            return Ok(());
        }
        let undeclared = self.undeclared_definitions(eval)?;
        let sure = |it: &&Undeclared<'a>| {
            let Definition { doubt, assumed, .. } = it.definition;
            doubt.is_none() && assumed.is_none()
        };
        let Some(first) = undeclared.iter().find(sure) else { return Ok(()) };
        match eval.settle(self.at(eval, ["_module", "check"]))? {
            Value::Bool(true) => merge::refuse(eval, first.path, "does not exist"),
            _ => Ok(()),
        }
    }

    /// `config` as it is seen from outside.
    pub fn result(&'a self, eval: &Eval<'a>) -> Outcome<'a> {
        self.refuse_undeclared(eval)?;
        let config = eval.force(self.config(eval))?;
        let config = without_arguments(eval, config);
        let (Value::Attrs(attrs), false) = (config, self.class == Class::Plain) else { return Ok(config) };
        let scope = eval.attr(SCOPE, eval.done(Value::Int(i64::from(self.scope))));
        let entries = eval.sorted([attrs.entries, &[scope]].concat());
        Ok(eval.attrs_of(Attrs { entries, open: attrs.open }))
    }
}
