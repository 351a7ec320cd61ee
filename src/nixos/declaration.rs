//! Option declarations: what modules say under `options`.

use std::collections::BTreeMap;

use super::configuration::{Child, Configuration};
use super::definition::{Definition, Live, Resolved, failure, type_tag};
use super::module::Module;
use super::{merge, types};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::lib::modules::ALIASED;
use crate::nix::unknown::{Reason, Unknown};
use crate::nix::value::{Attr, AttrPlace, Attrs, List, Open, Outcome, Thunk, Value};

/// `highestPrio` of an option that nothing defines (nixpkgs: `filterOverrides'`).
const WEAKEST_PRIORITY: i64 = 9999;

/// What one module declares at one path: an option, or a set of them.
#[derive(Clone, Copy)]
pub struct Declared<'a> {
    /// The value under `options`.
    pub value: &'a Thunk<'a>,
    /// The module.
    pub module: &'a Module<'a>,
}

/// What is declared at a path.
pub enum Option_<'a> {
    /// An option, perhaps by several modules.
    Declared(Declaration<'a>),
    /// A set of options.
    Branch,
    /// Nothing.
    Undeclared,
}

/// An option, as one or several modules declare it.
#[derive(Clone, Copy)]
pub struct Declaration<'a> {
    /// What each module says, the first one first, and the module.
    by: &'a [(&'a Attrs<'a>, &'a Module<'a>)],
}

impl<'a> Declaration<'a> {
    /// An option that one module declares.
    pub fn of_one(eval: &Eval<'a>, option: &'a Attrs<'a>, module: &'a Module<'a>) -> Self {
        Declaration { by: eval.slice(&[(option, module)]) }
    }

    /// What is said of it; the first to say it counts.
    pub fn field(&self, name: &str) -> Option<&'a Thunk<'a>> {
        self.by.iter().find_map(|(option, _)| option.get(Symbol::new(name))).map(|attr| attr.value)
    }

    /// Its default, and the module that says it.
    pub fn default(&self) -> Option<(&'a Thunk<'a>, &'a Module<'a>)> {
        self.by.iter().find_map(|(option, module)| Some((option.get(Symbol::new("default"))?.value, *module)))
    }

    /// Refuses what nixpkgs refuses: a second default (description, …), a second definition of what
    /// is read-only. Of sealnix's own modules nothing is refused.
    pub fn check(&self, eval: &Eval<'a>, path: &[Symbol], definitions: &[Definition<'a>]) -> Outcome<'a, ()> {
        let by_own = || self.by.iter().filter(|(_, module)| module.own);
        let said_twice =
            |name: &&str| by_own().filter(|(option, _)| option.get(Symbol::new(name)).is_some()).count() > 1;
        if self.by.len() > 1 && ["apply", "default", "description", "example"].iter().any(said_twice) {
            return merge::refuse(eval, path, "is declared twice");
        }
        let Some(read_only) = self.field("readOnly") else { return Ok(()) };
        let sure = definitions.iter().filter(|definition| definition.doubt.is_none()).count();
        let many = sure + usize::from(self.default().is_some()) > 1;
        if many && matches!(eval.settle(eval.force(read_only))?, Value::Bool(true)) {
            return merge::refuse(eval, path, "is read-only and set several times");
        }
        Ok(())
    }

    /// Its type, if one is said; those of several declarations become one.
    pub fn kind(&self, eval: &Eval<'a>, path: &[Symbol]) -> Outcome<'a, Option<&'a Thunk<'a>>> {
        let said = self.by.iter().filter_map(|(option, _)| option.get(Symbol::new("type")));
        let said: Vec<_> = said.map(|attr| attr.value).collect();
        match (types::type_of_all(eval, &said)?, said.first()) {
            (None, Some(_)) if self.by.iter().all(|(_, module)| module.own) => {
                merge::refuse(eval, path, "is declared with types that do not merge")
            }
            (None, first) => Ok(first.copied()),
            (all, _) => Ok(all),
        }
    }
}

/// What is declared at a path.
pub fn at<'a>(eval: &Eval<'a>, declared: &[Declared<'a>], path: &[Symbol]) -> Outcome<'a, Option_<'a>> {
    let mut options = Vec::new();
    let mut branches = Vec::new();
    for declared in declared {
        let value = match eval.force(declared.value) {
            Ok(value) => value,
            Err(stop) => {
                failure(eval, stop)?;
                continue;
            }
        };
        match (type_tag(eval, value), value) {
            (Some("option"), Value::Attrs(attrs)) => options.push((attrs, declared.module)),
            (Some(_), Value::Attrs(_)) if declared.module.own => {
                return merge::refuse(eval, path, "is declared by something that is no option");
            }
            (_, Value::Attrs(_)) => branches.push(*declared),
            _ => {}
        }
    }
    if options.is_empty() {
        return Ok(if declared.is_empty() { Option_::Undeclared } else { Option_::Branch });
    }
    for branch in branches {
        options.push((beneath(eval, branch, &options, path)?, branch.module));
    }
    Ok(Option_::Declared(Declaration { by: eval.slice(&options) }))
}

/// Options that are declared beneath one that is a submodule: they are options of the submodule
/// (nixpkgs: `optionTreeToOption`).
fn beneath<'a>(
    eval: &Eval<'a>,
    branch: Declared<'a>,
    options: &[(&'a Attrs<'a>, &'a Module<'a>)],
    path: &[Symbol],
) -> Outcome<'a, &'a Attrs<'a>> {
    let Some(kind) = options.iter().find_map(|(option, _)| option.get(Symbol::new("type"))) else {
        return merge::refuse(eval, path, "is declared without a type, and others beneath it");
    };
    if !matches!(types::kind(eval, kind.value)?, types::Kind::Submodule(_) | types::Kind::Shape) {
        return merge::refuse(eval, path, "is of a type that holds no options, and others are declared beneath it");
    }
    let module = eval.attrs(vec![eval.attr("options", branch.value)]);
    let kind = types::submodule_of(eval, kind.value, eval.done(module))?;
    eval.as_attrs(wrapped(eval, "option", vec![eval.attr("type", eval.done(kind))]))
}

/// Adds what is declared one name further down; says why there may be more.
pub fn children<'a>(
    eval: &Eval<'a>,
    declared: Declared<'a>,
    path: &[Symbol],
    into: &mut BTreeMap<Symbol, Child<'a>>,
) -> Outcome<'a, Option<&'a Unknown<'a>>> {
    match eval.settle(eval.force(declared.value)) {
        Ok(Value::Attrs(attrs)) => {
            for attr in attrs.entries {
                let child = Declared { value: attr.value, module: declared.module };
                into.entry(attr.name).or_default().declared.push(child);
            }
            Ok(None)
        }
        Ok(Value::Unknown(unknown)) => Ok(Some(unknown)),
        Ok(_) => merge::refuse(eval, path, "is declared by something that is neither an option nor a set of them"),
        Err(stop) => failure(eval, stop),
    }
}

/// The module argument `options`, for `options ? x` and `options.x.isDefined`.
pub fn options_value<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    declared: &[Declared<'a>],
) -> Outcome<'a> {
    let mut names: BTreeMap<Symbol, Child<'a>> = BTreeMap::new();
    let mut open = None;
    for declared in declared {
        open = open.or(children(eval, *declared, path, &mut names)?);
    }
    let entries: Vec<_> = names
        .into_iter()
        .map(|(name, child)| {
            let path = eval.appended(path, name);
            let declared = eval.slice(&child.declared);
            let value = eval.lazy(move |eval| match at(eval, declared, path)? {
                Option_::Declared(declaration) => option_value(eval, configuration, path, declaration),
                _ => options_value(eval, configuration, path, declared),
            });
            Attr { name, value, place: AttrPlace::Nowhere, doubt: None }
        })
        .collect();
    let unset = || eval.unknown(Reason::UnsetOption("options"), None);
    let open = open.or_else(|| (!configuration.is_closed(eval)).then(unset));
    let open = open.map(|why| Open { why, absent: None });
    Ok(eval.attrs_of(Attrs { entries: eval.slice(&entries), open }))
}

fn option_value<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    declaration: Declaration<'a>,
) -> Outcome<'a> {
    // What the first declaration says stands over what others do.
    let mut entries: Vec<_> = declaration.by.iter().rev().flat_map(|(option, _)| option.entries).copied().collect();
    let value = eval.lazy(move |eval| {
        let mut value = eval.force(configuration.config(eval))?;
        for name in path {
            value = eval.settle(eval.select_name(value, *name, None))?;
        }
        Ok(value)
    });
    let resolved = move |eval: &Eval<'a>| -> Outcome<'a, Resolved<'a>> {
        let definitions = configuration.definitions_at(eval, path)?;
        merge::resolve_with_default(eval, configuration, &declaration, &definitions)
    };
    let is_defined = eval.lazy(move |eval| {
        let resolved = resolved(eval)?;
        match resolved.perhaps.first().and_then(Live::doubt) {
            Some(why) if resolved.certain.is_empty() => Ok(Value::Unknown(why)),
            _ => Ok(Value::Bool(!resolved.certain.is_empty())),
        }
    });
    let of_each = |field: fn(&Eval<'a>, &Live<'a>) -> Value<'a>| {
        eval.lazy(move |eval| {
            let resolved = resolved(eval)?;
            let items: Vec<_> = resolved.certain.iter().map(|live| eval.done(field(eval, live))).collect();
            let open = resolved.perhaps.iter().find_map(Live::doubt).or(resolved.open);
            let open = open.map(|why| merge::with_values(eval, why, &resolved));
            Ok(eval.list_of(List { items: eval.slice(&items), open }))
        })
    };
    let highest_priority = eval.lazy(move |eval| {
        let resolved = resolved(eval)?;
        match (resolved.overridable(), resolved.certain.first()) {
            (Some(why), _) => Ok(Value::Unknown(why)),
            (None, Some(live)) => Ok(Value::Int(live.definition.priority())),
            (None, None) => Ok(Value::Int(WEAKEST_PRIORITY)),
        }
    });
    let aliased = eval.lazy(move |eval| {
        let resolved = resolved(eval)?;
        let items: Vec<_> = resolved.certain.iter().chain(resolved.perhaps).map(|live| rewrapped(eval, live)).collect();
        let contents = eval.done(eval.list_of(List { items: eval.slice(&items), open: resolved.open }));
        Ok(wrapped(eval, "merge", vec![eval.attr("contents", contents)]))
    });
    let file = |eval: &Eval<'a>, live: &Live<'a>| eval.string(&merge::shown_file(eval, live.definition.module.file));
    entries.push(eval.attr("value", value));
    entries.push(eval.attr("definitions", of_each(|_, live| live.value)));
    entries.push(eval.attr("definitionsWithLocations", of_each(merge::located)));
    entries.push(eval.attr("files", of_each(file)));
    entries.push(eval.attr("isDefined", is_defined));
    entries.push(eval.attr("highestPrio", highest_priority));
    entries.push(eval.attr(ALIASED, aliased));
    entries.extend(described(eval, configuration, path, declaration));
    Ok(eval.attrs(entries))
}

/// What an option says of itself: where it lies, who declares it, its type.
fn described<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    declaration: Declaration<'a>,
) -> [Attr<'a>; 5] {
    let full = configuration.prefix.iter().chain(path);
    let location: Vec<_> = full.map(|name| eval.done(eval.string(name.as_str()))).collect();
    let location = eval.done(eval.list(&location));
    // nixpkgs goes through them from the last module to the first, too.
    let files = declaration.by.iter().map(|(_, module)| eval.done(eval.string(&merge::shown_file(eval, module.file))));
    let files: Vec<_> = files.collect();
    let kind = eval.lazy(move |eval| match declaration.kind(eval, path)? {
        Some(kind) => eval.force(kind),
        None => eval.force(merge::element_type(eval, configuration.world, "unspecified")),
    });
    let shown = eval.native("__toString", 1, move |eval, _| {
        let lib = configuration.world.lib(eval);
        eval.call(eval.select_name(lib, Symbol::new("showOption"), None)?, location)
    });
    [
        eval.attr("_type", eval.done(eval.string("option"))),
        eval.attr("__toString", eval.done(shown)),
        eval.attr("declarations", eval.done(eval.list(&files))),
        eval.attr("loc", location),
        eval.attr("type", kind),
    ]
}

/// A definition as a module would write it.
fn rewrapped<'a>(eval: &Eval<'a>, live: &Live<'a>) -> &'a Thunk<'a> {
    let priority = eval.done(Value::Int(live.definition.priority()));
    let content = eval.attr("content", eval.done(live.value));
    let prioritised = wrapped(eval, "override", vec![eval.attr("priority", priority), content]);
    match live.doubt() {
        None => eval.done(prioritised),
        Some(why) => {
            let condition = eval.attr("condition", eval.done(Value::Unknown(why)));
            eval.done(wrapped(eval, "if", vec![condition, eval.attr("content", eval.done(prioritised))]))
        }
    }
}

fn wrapped<'a>(eval: &Eval<'a>, tag: &str, mut entries: Vec<Attr<'a>>) -> Value<'a> {
    entries.push(eval.attr("_type", eval.done(eval.string(tag))));
    eval.attrs(entries)
}
