//! One `evalModules`: modules in, a lazy `config` out.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::declaration::{self, Declared, Option_};
use super::definition::{Definition, expand, failure, push_down, resolve};
use super::evaluated::evaluated;
use super::facts::{Table, Territory};
use super::module::{self, Collected, Foreign, Module};
use super::world::World;
use super::{arguments, facts, merge};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::unknown::{Reason, Unknown};
use crate::nix::value::{Attr, AttrPlace, Attrs, Doubt, List, Open, Outcome, Thunk, Value};

/// What kind of configuration it is: which options exist besides those that modules declare.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// NixOS.
    Nixos,
    /// nix-darwin.
    Darwin,
    /// home-manager.
    Home,
    /// A submodule, or `lib.evalModules`: nothing but what modules declare.
    Plain,
}

impl Class {
    pub(super) fn table(self) -> Option<&'static Table> {
        match self {
            Class::Nixos => Some(&facts::NIXOS),
            Class::Darwin => Some(&facts::DARWIN),
            Class::Home => Some(&facts::HOME),
            Class::Plain => None,
        }
    }
}

/// A module to begin with.
#[derive(Clone, Copy)]
pub struct Root<'a> {
    /// Anything that `imports` takes.
    pub module: &'a Thunk<'a>,
    /// The file it counts as.
    pub file: &'a str,
    /// It is the repository's own.
    pub own: bool,
    /// Why it may not count.
    pub doubt: Option<&'a Unknown<'a>>,
}

/// One evaluated set of modules.
pub struct Configuration<'a> {
    /// Its number; the scope of its marks.
    pub scope: u32,
    /// What kind it is.
    pub class: Class,
    /// What `evalModules` was told that it is.
    pub class_name: Option<&'a str>,
    /// What it is an evaluation in.
    pub world: &'a World<'a>,
    /// The modules to begin with.
    pub roots: &'a [Root<'a>],
    /// `specialArgs`, and `name` for a submodule.
    pub special: &'a [Attr<'a>],
    /// Why there may be more special arguments.
    pub special_open: Option<&'a Unknown<'a>>,
    /// The option path of a submodule, for messages.
    pub prefix: &'a [Symbol],
    /// Why there may be more modules than these.
    pub open: Option<&'a Unknown<'a>>,
    collected: OnceCell<&'a Collected<'a>>,
    config: OnceCell<&'a Thunk<'a>>,
    options: OnceCell<&'a Thunk<'a>>,
    by_name: OnceCell<ByName<'a>>,
    pub(super) arguments: OnceCell<&'a Thunk<'a>>,
    pub(super) external: OnceCell<&'a [Attr<'a>]>,
}

/// Definitions by the first name of their option's path.
type ByName<'a> = &'a [(Symbol, &'a [Definition<'a>])];

/// What a new [`Configuration`] is made of.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    /// What kind it is.
    pub class: Class,
    /// What `evalModules` was told that it is, where it was.
    pub class_name: Option<&'a str>,
    /// The modules to begin with.
    pub roots: &'a [Root<'a>],
    /// `specialArgs`.
    pub special: &'a [Attr<'a>],
    /// Why there may be more special arguments.
    pub special_open: Option<&'a Unknown<'a>>,
    /// The option path of a submodule.
    pub prefix: &'a [Symbol],
    /// Why there may be more modules than these.
    pub open: Option<&'a Unknown<'a>>,
}

impl<'a> Configuration<'a> {
    /// Registers a configuration; nothing is evaluated yet.
    pub fn new(eval: &Eval<'a>, world: &'a World<'a>, setup: Setup<'a>) -> &'a Self {
        let configuration = eval.alloc(Configuration {
            scope: world.next_scope(),
            class: setup.class,
            class_name: setup.class_name,
            world,
            roots: setup.roots,
            special: setup.special,
            special_open: setup.special_open,
            prefix: setup.prefix,
            open: setup.open,
            collected: OnceCell::new(),
            config: OnceCell::new(),
            options: OnceCell::new(),
            by_name: OnceCell::new(),
            arguments: OnceCell::new(),
            external: OnceCell::new(),
        });
        world.register(eval, configuration);
        configuration
    }

    /// The class that its modules may say they are for; none where any may be there.
    pub fn class_name(&self) -> Option<&'a str> {
        match self.class {
            Class::Nixos => Some("nixos"),
            Class::Darwin => Some("darwin"),
            Class::Home => Some("homeManager"),
            Class::Plain => self.class_name,
        }
    }

    /// What a foreign module is taken for.
    pub fn foreign(&self, eval: &Eval<'a>, unknown: &'a Unknown<'a>) -> Foreign {
        self.world.inputs().map_or(Foreign::Private, |inputs| inputs.foreign(eval, unknown, self.class))
    }

    /// Its modules.
    pub fn collected(&'a self, eval: &Eval<'a>) -> Outcome<'a, &'a Collected<'a>> {
        match self.collected.get() {
            Some(collected) => Ok(collected),
            None => {
                let collected = module::collect(eval, self)?;
                Ok(self.collected.get_or_init(|| collected))
            }
        }
    }

    /// `config`.
    pub fn config(&'a self, eval: &Eval<'a>) -> &'a Thunk<'a> {
        self.config.get_or_init(|| {
            eval.lazy(move |eval| {
                let declared = self.declared(eval)?;
                let definitions = self.root_definitions(eval)?;
                let config = self.branch(eval, &[], &declared, &definitions)?;
                match self.class {
                    Class::Plain if self.is_closed(eval) => self.with_freeform(eval, config),
                    Class::Plain => Ok(config),
                    _ => Ok(arguments::with_arguments(eval, self, config)),
                }
            })
        })
    }

    /// `options`.
    pub fn options(&'a self, eval: &Eval<'a>) -> &'a Thunk<'a> {
        self.options.get_or_init(|| {
            eval.lazy(move |eval| {
                let declared = self.declared(eval)?;
                declaration::options_value(eval, self, &[], &declared)
            })
        })
    }

    /// The options that modules declare at the root.
    pub fn declared(&'a self, eval: &Eval<'a>) -> Outcome<'a, Vec<Declared<'a>>> {
        let modules = self.collected(eval)?.modules;
        let declared = modules.iter().filter_map(|module| Some(Declared { value: module.options?, module }));
        Ok(declared.collect())
    }

    /// What every module gives to the root.
    pub fn root_definitions(&'a self, eval: &Eval<'a>) -> Outcome<'a, Vec<Definition<'a>>> {
        let modules = self.collected(eval)?.modules;
        Ok(modules.iter().map(|module: &&'a Module<'a>| Definition::plain(module.config, module)).collect())
    }

    /// The set of options below a path.
    pub fn branch(
        &'a self,
        eval: &Eval<'a>,
        path: &'a [Symbol],
        declared: &[Declared<'a>],
        definitions: &[Definition<'a>],
    ) -> Outcome<'a> {
        let expanded = push_down(eval, definitions)?;
        let ordered = |(definition, _): &(Definition<'a>, Value<'a>)| definition.is_ordered();
        if self.class == Class::Plain && expanded.definitions.iter().any(ordered) {
            return merge::refuse(eval, path, "is a set of options, whose definitions have no order");
        }
        self.branch_of(eval, path, declared, expanded)
    }

    /// [`Configuration::branch`] of definitions whose wrappers are off. Conditions are handed down.
    pub fn branch_of(
        &'a self,
        eval: &Eval<'a>,
        path: &'a [Symbol],
        declared: &[Declared<'a>],
        expanded: super::definition::Expanded<'a>,
    ) -> Outcome<'a> {
        let mut children: BTreeMap<Symbol, Child<'a>> = BTreeMap::new();
        let mut open = expanded.open;
        let mut hook = None;
        for declared in declared {
            open = open.or(declaration::children(eval, *declared, path, &mut children)?);
        }
        for (definition, value) in &expanded.definitions {
            match value {
                Value::Attrs(attrs) => {
                    for attr in attrs.entries {
                        children.entry(attr.name).or_default().definitions.push(definition.child(attr));
                    }
                    if let Some(opening) = attrs.open {
                        open = open.or(Some(opening.why));
                        hook = hook.or(opening.absent);
                    }
                }
                Value::Unknown(unknown) => {
                    open = open.or(Some(unknown));
                    hook = hook.or(unknown.absent);
                }
                other => {
                    let message = eval.text(&format!("{} is {}, not a set", dotted(path), other.kind()));
                    open = open.or(Some(eval.unknown(Reason::Failure(message), None)));
                }
            }
        }
        if !declared.is_empty() && open.is_none() && self.is_closed(eval) {
            children.retain(|_, child| !child.declared.is_empty());
        }
        let entries: Vec<_> = children.into_iter().map(|(name, child)| self.entry(eval, path, name, child)).collect();
        let open = match (open, hook) {
            // What the definition itself says of further names.
            (Some(why), Some(absent)) => Some(Open { why, absent: Some(absent) }),
            (open, _) => self.opening(eval, path, open)?,
        };
        Ok(eval.attrs_of(Attrs { entries: eval.slice(&entries), open }))
    }

    fn entry(&'a self, eval: &Eval<'a>, path: &'a [Symbol], name: Symbol, child: Child<'a>) -> Attr<'a> {
        let declared = eval.slice(&child.declared);
        let definitions = eval.slice(&child.definitions);
        let place = definitions.first().map_or(AttrPlace::Nowhere, |definition| definition.place.generated());
        let sure = !declared.is_empty()
            || definitions
                .iter()
                .any(|definition| definition.wrapping.conditions.is_empty() && definition.doubt.is_none());
        let doubt = (!sure).then(|| {
            let why = definitions.iter().find_map(|definition| definition.doubt);
            let unset = || eval.unknown(Reason::UnsetOption(dotted_in(eval, eval.appended(path, name))), None);
            Doubt::MaybeAbsent(why.unwrap_or_else(unset))
        });
        let value = eval.lazy(move |eval| self.value(eval, eval.appended(path, name), declared, definitions));
        Attr { name, value, place, doubt }
    }

    /// The value of what lies at a path: an option, a set of options, or something undeclared.
    fn value(
        &'a self,
        eval: &Eval<'a>,
        path: &'a [Symbol],
        declared: &'a [Declared<'a>],
        definitions: &'a [Definition<'a>],
    ) -> Outcome<'a> {
        match declaration::at(eval, declared, path)? {
            Option_::Declared(option) => merge::option(eval, self, path, &option, definitions),
            Option_::Branch => self.branch(eval, path, declared, definitions),
            Option_::Undeclared => self.undeclared(eval, path, definitions),
        }
    }

    /// What modules give to something that none of them declares: an option of nixpkgs or of a
    /// foreign module. Conditions are looked at only once it is known to be an option.
    pub fn undeclared(&'a self, eval: &Eval<'a>, path: &'a [Symbol], definitions: &[Definition<'a>]) -> Outcome<'a> {
        let expanded = expand(eval, definitions)?;
        let territory = self.territory(path);
        let is_set = |value: &Value<'a>| matches!(value, Value::Attrs(_) | Value::Unknown(_));
        let sets = expanded.definitions.iter().all(|(_, value)| is_set(value))
            && expanded.definitions.iter().any(|(_, value)| matches!(value, Value::Attrs(_)));
        if sets && !matches!(territory, Territory::Option(_)) {
            return self.branch_of(eval, path, &[], expanded);
        }
        let resolved = resolve(eval, expanded)?;
        if resolved.is_empty() {
            return self.absent(eval, path);
        }
        merge::by_shape(eval, self, path, resolved, territory)
    }

    /// Whether a path is that of one service of nixpkgs, which has an `enable` that is off unless
    /// someone sets it.
    pub fn is_service(&self, path: &[Symbol]) -> bool {
        let [services, service] = path else { return false };
        services.as_str() == "services"
            && self.class.table().is_some_and(|table| table.has_settings(&format!("services.{service}")))
    }

    /// Whether nixpkgs (nix-darwin, home-manager) declares nothing at a path or around it.
    pub fn is_foreign(&self, path: &[Symbol]) -> bool {
        let is_option =
            |length| matches!(path.get(..length).map(|above| self.territory(above)), Some(Territory::Option(_)));
        self.class != Class::Plain && self.territory(path) == Territory::Unknown && !(1..path.len()).any(is_option)
    }

    fn territory(&self, path: &[Symbol]) -> Territory {
        let full = self.prefix.iter().chain(path).map(|name| name.as_str());
        self.class.table().map_or(Territory::Unknown, |table| table.at(full))
    }

    fn opening(
        &'a self,
        eval: &Eval<'a>,
        path: &'a [Symbol],
        open: Option<&'a Unknown<'a>>,
    ) -> Outcome<'a, Option<Open<'a>>> {
        if self.class == Class::Plain {
            // What no module here declares, a module that is not here may.
            let collected = self.collected(eval)?;
            let why = open.or(collected.open).or(collected.foreign.first().copied());
            return Ok(why.map(|why| Open { why, absent: None }));
        }
        let why = open.unwrap_or_else(|| eval.unknown(Reason::UnsetOption(dotted_in(eval, path)), None));
        let absent = move |eval: &Eval<'a>, name: Symbol| match open {
            Some(why) => Ok(Value::Unknown(eval.unknown_attribute(why, name))),
            None => self.absent(eval, eval.appended(path, name)),
        };
        Ok(Some(Open { why, absent: Some(eval.alloc(absent)) }))
    }

    /// What an option is that nothing in the repository sets: nixpkgs' literal default, or false
    /// for an `enable` (both assumed), or unknown.
    fn absent(&'a self, eval: &Eval<'a>, path: &'a [Symbol]) -> Outcome<'a> {
        if self.class == Class::Plain {
            return Err(eval.error(
                crate::nix::unknown::ErrorKind::MissingAttribute,
                None,
                &format!("the option '{}' is used but not defined", dotted(path)),
            ));
        }
        match path {
            [module, args, name] if (module.as_str(), args.as_str()) == ("_module", "args") => {
                return self.unset_argument(eval, *name);
            }
            // Sets of options, though none of them is set.
            [module] | [module, _] if module.as_str() == "_module" => return self.branch(eval, path, &[], &[]),
            _ => {}
        }
        let mut why = eval.unknown(Reason::UnsetOption(dotted_in(eval, path)), None);
        if self.is_built(path) {
            why = eval.unknown_with(why, &[eval.done(evaluated(eval, self))]);
        }
        if let Some(default) = self.named_default(eval, path)? {
            eval.assume(why);
            return Ok(eval.string(default));
        }
        let is_user = matches!(path, [users, all, _, _] if (users.as_str(), all.as_str()) == ("users", "users"));
        let of_user = |field: &str| is_user && path.last().is_some_and(|name| name.as_str() == field);
        match self.territory(path) {
            // The table's default group is "", which no user of a working system has; its home of
            // "/var/empty" is that of users whom nothing describes.
            _ if of_user("group") || of_user("home") => {}
            // Empty in itself, but nixpkgs' own modules put things into it.
            Territory::Option(facts::Fact { kind: "submodule", default: Some("{}") }) => {}
            Territory::Option(facts::Fact { default: Some("{}"), .. })
                if path.first() == Some(&Symbol::new("systemd")) => {}
            // nixpkgs' own modules may add to it.
            Territory::Option(facts::Fact { kind: "list", default: Some("[]") }) => {
                return Ok(eval.list_of(List { items: &[], open: Some(why) }));
            }
            Territory::Option(facts::Fact { default: Some(default), .. }) => {
                eval.assume(why);
                return facts::json(eval, default);
            }
            _ if path.last().is_some_and(|name| name.as_str() == "enable") => {
                eval.assume(why);
                return Ok(Value::Bool(false));
            }
            _ => {}
        }
        let absent = move |eval: &Eval<'a>, name: Symbol| self.absent(eval, eval.appended(path, name));
        Ok(Value::Unknown(eval.alloc(Unknown { absent: Some(eval.alloc(absent)), ..*why })))
    }

    /// Whether a path is that of something built from the configuration as a whole.
    fn is_built(&self, path: &[Symbol]) -> bool {
        let path: Vec<_> = path.iter().map(|name| name.as_str()).collect();
        match self.class {
            Class::Nixos | Class::Darwin => matches!(path.as_slice(), ["system", "build", _]),
            Class::Home => path == ["home", "activationPackage"],
            Class::Plain => false,
        }
    }

    /// The value at a path of `config`.
    pub(super) fn at<'n>(&'a self, eval: &Eval<'a>, path: impl IntoIterator<Item = &'n str>) -> Outcome<'a> {
        path.into_iter().try_fold(eval.force(self.config(eval))?, |value, name| {
            eval.settle(eval.select_name(value, Symbol::new(name), None))
        })
    }

    /// The definitions of the option at a path, wrappers off, conditions not looked at.
    pub fn definitions_at(&'a self, eval: &Eval<'a>, path: &[Symbol]) -> Outcome<'a, Vec<Definition<'a>>> {
        let Some((first, below)) = path.split_first() else { return self.root_definitions(eval) };
        let by_name = self.definitions_by_name(eval)?;
        let found = by_name.iter().find(|(name, _)| name == first);
        let definitions = found.map_or_else(Vec::new, |(_, definitions)| definitions.to_vec());
        below.iter().try_fold(definitions, |definitions, name| {
            let expanded = push_down(eval, &definitions)?;
            let child = |(definition, value): &(Definition<'a>, Value<'a>)| match value {
                Value::Attrs(attrs) => Some(definition.child(attrs.get(*name)?)),
                _ => None,
            };
            Ok(expanded.definitions.iter().filter_map(child).collect())
        })
    }

    /// The definitions of each top-level name.
    fn definitions_by_name(&'a self, eval: &Eval<'a>) -> Outcome<'a, ByName<'a>> {
        if let Some(by_name) = self.by_name.get() {
            return Ok(by_name);
        }
        let mut by_name: BTreeMap<Symbol, Vec<_>> = BTreeMap::new();
        for (definition, value) in push_down(eval, &self.root_definitions(eval)?)?.definitions {
            let Value::Attrs(attrs) = value else { continue };
            for attr in attrs.entries {
                by_name.entry(attr.name).or_default().push(definition.child(attr));
            }
        }
        let by_name: Vec<_> = by_name.iter().map(|(name, definitions)| (*name, eval.slice(definitions))).collect();
        Ok(self.by_name.get_or_init(|| eval.slice(&by_name)))
    }

    /// Of a submodule, the definition that may set any of its options.
    pub fn undefined_part(&self) -> Option<&'a Unknown<'a>> {
        self.open.filter(|_| self.class == Class::Plain)
    }

    /// Why modules may be missing from it.
    pub fn incomplete(&'a self, eval: &Eval<'a>) -> Outcome<'a, Option<&'a Unknown<'a>>> {
        match self.collected(eval) {
            Ok(collected) => Ok(collected.open),
            Err(stop) => failure(eval, stop),
        }
    }
}

/// What modules say of one name.
#[derive(Default)]
pub struct Child<'a> {
    /// As options.
    pub declared: Vec<Declared<'a>>,
    /// As config.
    pub definitions: Vec<Definition<'a>>,
}

/// A path as people write it.
pub fn dotted(path: &[Symbol]) -> String {
    path.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(".")
}

fn dotted_in<'a>(eval: &Eval<'a>, path: &[Symbol]) -> &'a str {
    eval.text(&dotted(path))
}
