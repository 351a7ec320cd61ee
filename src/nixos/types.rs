//! What nixpkgs' option types mean when definitions are merged.

mod library;

pub use self::library::{lib_entries, submodule_type};
use super::configuration::Class;
use super::declaration::Declared;
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::value::{Attr, Attrs, Outcome, Thunk, Value};

/// A mark in the payload of the types of [`library`]: their `merge` is done here.
const OURS: &str = "sealnix";

/// How definitions of an option merge.
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "each variant says what its fields are")]
pub enum Kind<'a> {
    /// `attrsOf`, `lazyAttrsOf`.
    AttrsOf(&'a Thunk<'a>),
    /// `listOf`.
    ListOf(&'a Thunk<'a>),
    /// `submodule`, `submoduleWith`.
    Submodule(Submodule<'a>),
    /// `nullOr`.
    NullOr(&'a Thunk<'a>),
    /// `either`, `oneOf`.
    Either(&'a [&'a Thunk<'a>]),
    /// `coercedTo`.
    Coerced { from: &'a Thunk<'a>, function: &'a Thunk<'a>, to: &'a Thunk<'a> },
    /// `separatedString` and its kin.
    Separated(&'a str),
    /// `functionTo`.
    FunctionTo(&'a Thunk<'a>),
    /// `deferredModule`, with the modules that every value begins with.
    DeferredModule(&'a [&'a Thunk<'a>]),
    /// A type of the repository's own, with its `merge`.
    Custom(&'a Thunk<'a>),
    /// One definition, or several that agree.
    Scalar,
    /// `attrs`: as by `//`, nothing inside is looked at.
    Update,
    /// `anything`, or a type that is not known.
    Shape,
}

/// The parameters of `submoduleWith`.
#[derive(Clone, Copy)]
pub struct Submodule<'a> {
    /// `modules`.
    pub modules: &'a [&'a Thunk<'a>],
    /// `specialArgs`.
    pub special: &'a [Attr<'a>],
    /// `class`, as far as it means something here.
    pub class: Class,
    /// `shorthandOnlyDefinesConfig`: a set is config as a whole, whatever names it has.
    pub shorthand: bool,
}

impl<'a> Kind<'a> {
    /// The same with options that other modules declare beneath it: a submodule takes them in.
    #[must_use]
    pub fn with_options(self, eval: &Eval<'a>, beneath: &[Declared<'a>]) -> Self {
        match self {
            Kind::Submodule(submodule) if !beneath.is_empty() => {
                let module =
                    |declared: &Declared<'a>| eval.done(eval.attrs(vec![eval.attr("options", declared.value)]));
                let modules: Vec<_> = submodule.modules.iter().copied().chain(beneath.iter().map(module)).collect();
                Kind::Submodule(Submodule { modules: eval.slice(&modules), ..submodule })
            }
            kind => kind,
        }
    }

    /// Whether an option of this type has a value without any definition.
    pub fn has_empty_value(&self) -> bool {
        matches!(
            self,
            Kind::AttrsOf(_) | Kind::ListOf(_) | Kind::Submodule(_) | Kind::NullOr(_) | Kind::DeferredModule(_)
        )
    }
}

/// The kind of an option that several modules may declare: their submodules merge.
pub fn kind_of_all<'a>(eval: &Eval<'a>, types: &[&'a Thunk<'a>]) -> Outcome<'a, Kind<'a>> {
    let Some((first, others)) = types.split_first() else { return Ok(Kind::Shape) };
    if others.is_empty() {
        return kind(eval, first);
    }
    let kinds = types.iter().map(|&thunk| kind(eval, thunk)).collect::<Outcome<'a, Vec<_>>>()?;
    kinds
        .iter()
        .skip(1)
        .try_fold(kinds.first().copied().unwrap_or(Kind::Shape), |merged, kind| merge_kinds(eval, merged, *kind))
}

/// nixpkgs' `typeMerge`, for the types that merge.
fn merge_kinds<'a>(eval: &Eval<'a>, a: Kind<'a>, b: Kind<'a>) -> Outcome<'a, Kind<'a>> {
    let both = |a: &'a Thunk<'a>, b: &'a Thunk<'a>| -> &'a Thunk<'a> {
        let pair = [a, b];
        eval.lazy(move |eval| {
            let modules = pair.map(|thunk| kind(eval, thunk));
            match modules {
                [Ok(Kind::Submodule(a)), Ok(Kind::Submodule(b))] => {
                    let all = eval.slice(&[a.modules, b.modules].concat());
                    Ok(library::submodule_type(eval, eval.done(eval.list(all)), a.special, None, a.shorthand))
                }
                [Err(stop), _] | [_, Err(stop)] => Err(stop),
                _ => eval.force(pair[0]),
            }
        })
    };
    Ok(match (a, b) {
        (Kind::AttrsOf(a), Kind::AttrsOf(b)) => Kind::AttrsOf(both(a, b)),
        (Kind::ListOf(a), Kind::ListOf(b)) => Kind::ListOf(both(a, b)),
        (Kind::Submodule(a), Kind::Submodule(b)) => {
            Kind::Submodule(Submodule { modules: eval.slice(&[a.modules, b.modules].concat()), ..a })
        }
        (Kind::DeferredModule(a), Kind::DeferredModule(b)) => Kind::DeferredModule(eval.slice(&[a, b].concat())),
        (a, _) => a,
    })
}

/// What a type means.
pub fn kind<'a>(eval: &Eval<'a>, thunk: &'a Thunk<'a>) -> Outcome<'a, Kind<'a>> {
    let Value::Attrs(shape) = eval.settle(eval.force(thunk))? else { return Ok(Kind::Shape) };
    let payload = |name: &str| field(eval, shape, &["functor", "payload", name]);
    let items = |thunk: &'a Thunk<'a>| eval.force_list(thunk).map(|list| list.items);
    let name = match field(eval, shape, &["name"]).map(|name| eval.force_string(name)) {
        Some(Ok(name)) => name.text,
        _ => "",
    };
    Ok(match (name, field(eval, shape, &["nestedTypes", "elemType"])) {
        ("attrsOf" | "lazyAttrsOf", Some(element)) => Kind::AttrsOf(element),
        ("listOf", Some(element)) => Kind::ListOf(element),
        ("nullOr", Some(element)) => Kind::NullOr(element),
        ("functionTo", Some(result)) => Kind::FunctionTo(result),
        ("submodule", _) => match payload("modules") {
            Some(modules) => Kind::Submodule(Submodule {
                modules: items(modules)?,
                special: special_of(eval, payload("specialArgs")),
                class: class_of(eval, payload("class")),
                shorthand: match payload("shorthandOnlyDefinesConfig") {
                    Some(shorthand) => eval.force_bool(shorthand)?,
                    None => false,
                },
            }),
            None => Kind::Shape,
        },
        ("either", _) => match payload("alternatives") {
            Some(alternatives) => Kind::Either(items(alternatives)?),
            None => Kind::Shape,
        },
        ("coercedTo", _) => match (payload("from"), payload("function"), payload("to")) {
            (Some(from), Some(function), Some(to)) => Kind::Coerced { from, function, to },
            _ => Kind::Shape,
        },
        ("separatedString", _) => match payload("sep") {
            Some(separator) => Kind::Separated(eval.force_string(separator)?.text),
            None => Kind::Scalar,
        },
        ("deferredModule", _) => Kind::DeferredModule(match payload("staticModules") {
            Some(modules) => items(modules)?,
            None => &[],
        }),
        ("attrs", _) => Kind::Update,
        ("anything" | "", _) => Kind::Shape,
        _ => match field(eval, shape, &["merge"]) {
            Some(merge) if payload(OURS).is_none() => Kind::Custom(merge),
            _ => Kind::Scalar,
        },
    })
}

/// What lies at a path of a type's set, which is not looked at itself.
fn field<'a>(eval: &Eval<'a>, shape: &'a Attrs<'a>, path: &[&str]) -> Option<&'a Thunk<'a>> {
    let (last, before) = path.split_last()?;
    let set = before.iter().try_fold(shape, |set, name| eval.force_attrs(set.get(Symbol::new(name))?.value).ok())?;
    Some(set.get(Symbol::new(last))?.value)
}

fn special_of<'a>(eval: &Eval<'a>, special: Option<&'a Thunk<'a>>) -> &'a [Attr<'a>] {
    match special.map(|special| eval.force_attrs(special)) {
        Some(Ok(special)) => special.entries,
        _ => &[],
    }
}

fn class_of<'a>(eval: &Eval<'a>, class: Option<&'a Thunk<'a>>) -> Class {
    match class.map(|class| eval.force(class)) {
        Some(Ok(Value::String(text))) => match text.text {
            "nixos" => Class::Nixos,
            "darwin" => Class::Darwin,
            "homeManager" => Class::Home,
            _ => Class::Plain,
        },
        _ => Class::Plain,
    }
}

/// Whether a type's `check` takes a value.
pub fn accepts<'a>(eval: &Eval<'a>, kind: &'a Thunk<'a>, value: &'a Thunk<'a>) -> Outcome<'a, bool> {
    let kind = eval.force_attrs(kind)?;
    let Some(check) = kind.get(Symbol::new("check")) else { return Ok(true) };
    let check = eval.force(check.value)?;
    let accepted = eval.settle(eval.call(check, value))?;
    eval.as_bool(accepted)
}
