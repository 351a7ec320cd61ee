//! nixpkgs' option types: `lib.types`, as sets with nixpkgs' own shape, and what each means when
//! definitions are merged.

use super::configuration::{Class, Configuration, Root, Setup};
use super::module::Foreign;
use super::world::World;
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::unknown::{Stop, Unknown};
use crate::nix::value::{Attr, Outcome, Thunk, Value};

/// How definitions of an option merge.
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "each variant says what its fields are")]
pub enum Kind<'a> {
    /// `attrsOf`, `lazyAttrsOf`.
    AttrsOf(&'a Thunk<'a>),
    /// `listOf`.
    ListOf(&'a Thunk<'a>),
    /// `submodule`, `submoduleWith`.
    Submodule { modules: &'a [&'a Thunk<'a>], special: &'a [Attr<'a>], class: Class },
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
    /// `deferredModule`.
    DeferredModule,
    /// A type of the repository's own, with its `merge`.
    Custom(&'a Thunk<'a>),
    /// One definition, or several that agree.
    Scalar,
    /// `attrs`: as by `//`, nothing inside is looked at.
    Update,
    /// `anything`, or a type that is not known.
    Shape,
}

impl Kind<'_> {
    /// Whether an option of this type has a value without any definition.
    pub fn has_empty_value(&self) -> bool {
        matches!(
            self,
            Kind::AttrsOf(_) | Kind::ListOf(_) | Kind::Submodule { .. } | Kind::NullOr(_) | Kind::DeferredModule
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
                [Ok(Kind::Submodule { modules: a, special, .. }), Ok(Kind::Submodule { modules: b, .. })] => {
                    let all = eval.slice(&[a, b].concat());
                    Ok(submodule_type(eval, eval.done(eval.list(all)), special, None))
                }
                [Err(stop), _] | [_, Err(stop)] => Err(stop),
                _ => eval.force(pair[0]),
            }
        })
    };
    Ok(match (a, b) {
        (Kind::AttrsOf(a), Kind::AttrsOf(b)) => Kind::AttrsOf(both(a, b)),
        (Kind::ListOf(a), Kind::ListOf(b)) => Kind::ListOf(both(a, b)),
        (Kind::Submodule { modules: a, special, class }, Kind::Submodule { modules: b, .. }) => {
            Kind::Submodule { modules: eval.slice(&[a, b].concat()), special, class }
        }
        (a, _) => a,
    })
}

/// What a type means.
pub fn kind<'a>(eval: &Eval<'a>, thunk: &'a Thunk<'a>) -> Outcome<'a, Kind<'a>> {
    let Value::Attrs(attrs) = eval.settle(eval.force(thunk))? else { return Ok(Kind::Shape) };
    let at = |names: &[&str]| -> Option<&'a Thunk<'a>> {
        let mut value = Value::Attrs(attrs);
        let (last, before) = names.split_last()?;
        for name in before {
            let Value::Attrs(set) = value else { return None };
            value = eval.force(set.get(Symbol::new(name))?.value).ok()?;
        }
        let Value::Attrs(set) = value else { return None };
        Some(set.get(Symbol::new(last))?.value)
    };
    let payload = |name: &str| at(&["functor", "payload", name]);
    let name = match at(&["name"]).map(|name| eval.force_string(name)) {
        Some(Ok(name)) => name.text,
        _ => "",
    };
    let list = |thunk: &'a Thunk<'a>| eval.force_list(thunk).map(|list| list.items);
    Ok(match (name, at(&["nestedTypes", "elemType"])) {
        ("attrsOf" | "lazyAttrsOf", Some(element)) => Kind::AttrsOf(element),
        ("listOf", Some(element)) => Kind::ListOf(element),
        ("nullOr", Some(element)) => Kind::NullOr(element),
        ("functionTo", Some(result)) => Kind::FunctionTo(result),
        ("submodule", _) => {
            let Some(modules) = payload("modules") else { return Ok(Kind::Shape) };
            let special = match payload("specialArgs").map(|special| eval.force_attrs(special)) {
                Some(Ok(special)) => special.entries,
                _ => &[],
            };
            let class = match payload("class").map(|class| eval.force(class)) {
                Some(Ok(Value::String(text))) => match text.text {
                    "nixos" => Class::Nixos,
                    "darwin" => Class::Darwin,
                    "homeManager" => Class::Home,
                    _ => Class::Plain,
                },
                _ => Class::Plain,
            };
            Kind::Submodule { modules: list(modules)?, special, class }
        }
        ("either", _) => match payload("alternatives") {
            Some(alternatives) => Kind::Either(list(alternatives)?),
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
        ("deferredModule", _) => Kind::DeferredModule,
        ("attrs", _) => Kind::Update,
        ("anything" | "", _) => Kind::Shape,
        _ => match at(&["merge"]) {
            Some(merge) if payload("sealnix").is_none() => Kind::Custom(merge),
            _ => Kind::Scalar,
        },
    })
}

/// Whether a type's `check` takes a value.
pub fn accepts<'a>(eval: &Eval<'a>, kind: &'a Thunk<'a>, value: &'a Thunk<'a>) -> Outcome<'a, bool> {
    let kind = eval.force_attrs(kind)?;
    let Some(check) = kind.get(Symbol::new("check")) else { return Ok(true) };
    let check = eval.force(check.value)?;
    let accepted = eval.settle(eval.call(check, value))?;
    eval.as_bool(accepted)
}

type Check = for<'a> fn(&Eval<'a>, Value<'a>) -> bool;

/// Types without parameters: name in `lib.types`, name of the type, what it takes.
const SIMPLE: &[(&str, &str, Check)] = &[
    ("anything", "anything", |_, _| true),
    ("raw", "raw", |_, _| true),
    ("unspecified", "unspecified", |_, _| true),
    ("attrs", "attrs", |_, value| matches!(value, Value::Attrs(_))),
    ("bool", "bool", |_, value| matches!(value, Value::Bool(_))),
    ("boolByOr", "bool", |_, value| matches!(value, Value::Bool(_))),
    ("int", "int", |_, value| matches!(value, Value::Int(_))),
    ("float", "float", |_, value| matches!(value, Value::Float(_))),
    ("number", "number", |_, value| matches!(value, Value::Int(_) | Value::Float(_))),
    ("str", "str", |_, value| matches!(value, Value::String(_))),
    ("string", "str", |_, value| matches!(value, Value::String(_))),
    ("nonEmptyStr", "nonEmptyStr", |_, value| matches!(value, Value::String(text) if !text.text.trim().is_empty())),
    (
        "singleLineStr",
        "singleLineStr",
        |_, value| matches!(value, Value::String(text) if !text.text.trim_end_matches('\n').contains('\n')),
    ),
    ("passwdEntry", "passwdEntry", |_, value| matches!(value, Value::String(_))),
    ("path", "path", is_path),
    ("externalPath", "path", is_path),
    ("pathInStore", "path", is_path),
    ("package", "package", is_package),
    ("shellPackage", "package", is_package),
    ("pkgs", "pkgs", is_package),
    ("optionType", "optionType", |_, value| matches!(value, Value::Attrs(_))),
    ("fileset", "fileset", |_, _| true),
    ("luaInline", "luaInline", |_, value| matches!(value, Value::Attrs(_))),
    ("deferredModule", "deferredModule", |_, _| true),
];

fn is_path<'a>(_: &Eval<'a>, value: Value<'a>) -> bool {
    match value {
        Value::Path(_) => true,
        Value::String(text) => text.text.starts_with('/'),
        Value::Attrs(attrs) => attrs.get(Symbol::new("outPath")).is_some(),
        _ => false,
    }
}

fn is_package<'a>(_: &Eval<'a>, value: Value<'a>) -> bool {
    matches!(value, Value::Attrs(_) | Value::Path(_))
}

/// Integer types of `types.ints`: name, least, greatest.
const INTS: &[(&str, i64, i64)] = &[
    ("unsigned", 0, i64::MAX),
    ("positive", 1, i64::MAX),
    ("u8", 0, 255),
    ("u16", 0, 65_535),
    ("u32", 0, 4_294_967_295),
    ("s8", -128, 127),
    ("s16", -32_768, 32_767),
    ("s32", -2_147_483_648, 2_147_483_647),
];

/// What the module system adds to nixpkgs' lib.
pub fn lib_entries<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Vec<Attr<'a>> {
    let types = eval.done(types_set(eval));
    vec![
        eval.attr("types", types),
        eval.attr("mkOptionType", eval.done(eval.native("mkOptionType", 1, mk_option_type))),
        eval.attr(
            "isOptionType",
            eval.done(eval.native("isOptionType", 1, |eval, arguments| {
                let [value] = arguments else { return eval.fail("one argument") };
                let value = eval.force(value)?;
                Ok(Value::Bool(super::definition::type_tag(eval, value) == Some("option-type")))
            })),
        ),
        eval.attr(
            "evalModules",
            eval.done(eval.native("evalModules", 1, move |eval, arguments| eval_modules(eval, world, arguments))),
        ),
    ]
}

fn mk_option_type<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [given] = arguments else { return eval.fail("one argument") };
    let given = eval.force_attrs(given)?;
    let mut entries = vec![eval.attr("_type", eval.done(eval.string("option-type")))];
    if given.get(Symbol::new("check")).is_none() {
        let always = eval.native("check", 1, |_, _| Ok(Value::Bool(true)));
        entries.push(eval.attr("check", eval.done(always)));
    }
    entries.extend_from_slice(given.entries);
    Ok(eval.attrs(entries))
}

fn eval_modules<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [given] = arguments else { return eval.fail("one argument") };
    let given = eval.force_attrs(given)?;
    let field = |name: &str| given.get(Symbol::new(name)).map(|attr| attr.value);
    let Some(modules) = field("modules") else { return eval.fail("evalModules needs modules") };
    let modules = eval.force_list(modules)?;
    let special = match field("specialArgs") {
        Some(special) => eval.force_attrs(special)?.entries,
        None => &[],
    };
    let root = |&module: &&'a Thunk<'a>| Root { module, file: "", own: true, doubt: None };
    let roots: Vec<_> = modules.items.iter().map(root).collect();
    let inputs: &'a (dyn Fn(&Eval<'a>, &'a Unknown<'a>, Class) -> Foreign + 'a) =
        eval.alloc(|_: &Eval<'a>, _, _| Foreign::Public);
    let setup = Setup { class: Class::Plain, roots: eval.slice(&roots), special, prefix: &[], inputs };
    Ok(evaluated(eval, Configuration::new(eval, world, setup), Vec::new()))
}

/// What `evalModules` (and `nixosSystem`) give: config, options and the way to them.
pub fn evaluated<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>, more: Vec<Attr<'a>>) -> Value<'a> {
    let scope = eval.done(Value::Int(i64::from(configuration.scope)));
    let mut entries = vec![
        eval.attr("_type", eval.done(eval.string("configuration"))),
        eval.attr("config", configuration.config(eval)),
        eval.attr("options", configuration.options(eval)),
        eval.attr(super::extract::SCOPE, scope),
    ];
    entries.extend(more);
    eval.attrs(entries)
}

fn types_set<'a>(eval: &Eval<'a>) -> Value<'a> {
    let mut entries: Vec<Attr<'a>> = SIMPLE
        .iter()
        .map(|&(name, type_name, check)| {
            let lazy = eval.lazy(move |eval| {
                Ok(option_type(eval, type_name, Vec::new(), Vec::new(), move |eval, value| Ok(check(eval, value))))
            });
            eval.attr(name, lazy)
        })
        .collect();
    for (name, separator) in [("lines", "\n"), ("commas", ","), ("envVar", ":")] {
        entries
            .push(eval.attr(name, eval.lazy(move |eval| Ok(separated_type(eval, eval.done(eval.string(separator)))))));
    }
    entries.push(eval.attr("ints", eval.lazy(|eval| Ok(int_types(eval)))));
    entries.push(eval.attr("numbers", eval.lazy(|eval| Ok(number_types(eval)))));
    entries.extend(parametrised(eval));
    eval.attrs(entries)
}

fn int_types<'a>(eval: &Eval<'a>) -> Value<'a> {
    let ranged = |eval: &Eval<'a>, least: i64, greatest: i64| {
        option_type(eval, "int", Vec::new(), Vec::new(), move |_, value| {
            Ok(matches!(value, Value::Int(number) if (least..=greatest).contains(&number)))
        })
    };
    let mut entries: Vec<_> =
        INTS.iter().map(|&(name, least, greatest)| eval.attr(name, eval.done(ranged(eval, least, greatest)))).collect();
    let between = eval.native("between", 2, move |eval, arguments| {
        let [least, greatest] = arguments else { return eval.fail("two arguments") };
        Ok(ranged(eval, eval.force_int(least)?, eval.force_int(greatest)?))
    });
    entries.push(eval.attr("between", eval.done(between)));
    eval.attrs(entries)
}

fn number_types<'a>(eval: &Eval<'a>) -> Value<'a> {
    let number = |eval: &Eval<'a>| {
        option_type(eval, "number", Vec::new(), Vec::new(), |_, value| {
            Ok(matches!(value, Value::Int(_) | Value::Float(_)))
        })
    };
    let between = eval.native("between", 2, move |eval, _| Ok(number(eval)));
    eval.attrs(vec![
        eval.attr("between", eval.done(between)),
        eval.attr("positive", eval.done(number(eval))),
        eval.attr("nonnegative", eval.done(number(eval))),
    ])
}

fn parametrised<'a>(eval: &Eval<'a>) -> Vec<Attr<'a>> {
    type Make = for<'a> fn(&Eval<'a>, &[&'a Thunk<'a>]) -> Outcome<'a>;
    const MAKERS: &[(&str, usize, Make)] = &[
        ("attrsOf", 1, |eval, arguments| {
            container(eval, "attrsOf", arguments, |value| matches!(value, Value::Attrs(_)))
        }),
        ("lazyAttrsOf", 1, |eval, arguments| {
            container(eval, "lazyAttrsOf", arguments, |value| matches!(value, Value::Attrs(_)))
        }),
        ("attrsWith", 1, |eval, arguments| {
            let [given] = arguments else { return eval.fail("one argument") };
            let given = eval.force(given)?;
            let element = eval.lazy(move |eval| eval.select_name(given, Symbol::new("elemType"), None));
            container(eval, "attrsOf", &[element], |value| matches!(value, Value::Attrs(_)))
        }),
        ("listOf", 1, |eval, arguments| container(eval, "listOf", arguments, |value| matches!(value, Value::List(_)))),
        ("nonEmptyListOf", 1, |eval, arguments| {
            container(eval, "listOf", arguments, |value| matches!(value, Value::List(list) if !list.items.is_empty()))
        }),
        ("nullOr", 1, null_or),
        ("uniq", 1, |eval, arguments| same(eval, arguments, 0)),
        ("unique", 2, |eval, arguments| same(eval, arguments, 1)),
        ("addCheck", 2, add_check),
        ("functionTo", 1, |eval, arguments| {
            container(eval, "functionTo", arguments, |value| matches!(value, Value::Closure(_) | Value::Native(_)))
        }),
        ("enum", 1, enumeration),
        ("strMatching", 1, |eval, _| {
            Ok(option_type(eval, "strMatching", Vec::new(), Vec::new(), |_, value| {
                Ok(matches!(value, Value::String(_)))
            }))
        }),
        ("separatedString", 1, |eval, arguments| {
            let [separator] = arguments else { return eval.fail("one argument") };
            Ok(separated_type(eval, separator))
        }),
        ("pathWith", 1, |eval, _| {
            Ok(option_type(eval, "path", Vec::new(), Vec::new(), |eval, value| Ok(is_path(eval, value))))
        }),
        ("either", 2, |eval, arguments| either(eval, eval.done(eval.list(arguments)))),
        ("oneOf", 1, |eval, arguments| {
            let [alternatives] = arguments else { return eval.fail("one argument") };
            either(eval, alternatives)
        }),
        ("coercedTo", 3, coerced_to),
        ("submodule", 1, |eval, arguments| {
            let [module] = arguments else { return eval.fail("one argument") };
            let module = *module;
            // `submodule [ a b ]` is taken as a list of modules.
            let modules = eval.lazy(move |eval| match eval.force(module)? {
                list @ Value::List(_) => Ok(list),
                _ => Ok(eval.list(&[module])),
            });
            Ok(submodule_type(eval, modules, &[], None))
        }),
        ("submoduleWith", 1, |eval, arguments| {
            let [given] = arguments else { return eval.fail("one argument") };
            let given = eval.force_attrs(given)?;
            let field = |name: &str| given.get(Symbol::new(name)).map(|attr| attr.value);
            let Some(modules) = field("modules") else { return eval.fail("submoduleWith needs modules") };
            let special = match field("specialArgs") {
                Some(special) => eval.force_attrs(special)?.entries,
                None => &[],
            };
            Ok(submodule_type(eval, modules, special, field("class")))
        }),
        ("deferredModuleWith", 1, |eval, _| {
            Ok(option_type(eval, "deferredModule", Vec::new(), Vec::new(), |_, _| Ok(true)))
        }),
    ];
    MAKERS.iter().map(|&(name, arity, make)| eval.attr(name, eval.done(eval.native(name, arity, make)))).collect()
}

/// A type as nixpkgs shapes it: its parameters under `functor.payload`.
fn option_type<'a>(
    eval: &Eval<'a>,
    name: &'a str,
    nested: Vec<Attr<'a>>,
    mut payload: Vec<Attr<'a>>,
    check: impl Fn(&Eval<'a>, Value<'a>) -> Outcome<'a, bool> + 'a,
) -> Value<'a> {
    let check = eval.native("check", 1, move |eval, arguments| {
        let [value] = arguments else { return eval.fail("one argument") };
        match eval.settle(eval.force(value))? {
            Value::Unknown(unknown) => Err(Stop::Unknown(unknown)),
            value => Ok(Value::Bool(check(eval, value)?)),
        }
    });
    payload.push(eval.attr("sealnix", eval.done(Value::Bool(true))));
    let payload = eval.done(eval.attrs(payload));
    let functor = vec![eval.attr("name", eval.done(eval.string(name))), eval.attr("payload", payload)];
    let merge = eval.native("merge", 2, merge_by_hand);
    let empty = |eval: &Eval<'a>, _: &[&'a Thunk<'a>]| Ok(eval.attrs(Vec::new()));
    eval.attrs(vec![
        eval.attr("_type", eval.done(eval.string("option-type"))),
        eval.attr("name", eval.done(eval.string(name))),
        eval.attr("description", eval.done(eval.string(name))),
        eval.attr("check", eval.done(check)),
        eval.attr("merge", eval.done(merge)),
        eval.attr("nestedTypes", eval.done(eval.attrs(nested))),
        eval.attr("functor", eval.done(eval.attrs(functor))),
        eval.attr("getSubOptions", eval.done(eval.native("getSubOptions", 1, empty))),
    ])
}

/// `type.merge loc defs` called by the repository's own types: one definition is its value.
fn merge_by_hand<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [_, definitions] = arguments else { return eval.fail("two arguments") };
    let definitions = eval.force_list(definitions)?;
    let Some(last) = definitions.items.last() else { return eval.fail("no definition") };
    let last = eval.force(last)?;
    eval.select_name(last, Symbol::new("value"), None)
}

fn container<'a>(
    eval: &Eval<'a>,
    name: &'a str,
    arguments: &[&'a Thunk<'a>],
    check: fn(&Value<'_>) -> bool,
) -> Outcome<'a> {
    let [element] = arguments else { return eval.fail("one argument") };
    Ok(option_type(eval, name, vec![eval.attr("elemType", element)], Vec::new(), move |_, value| Ok(check(&value))))
}

fn null_or<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [element] = arguments else { return eval.fail("one argument") };
    let element = *element;
    Ok(option_type(eval, "nullOr", vec![eval.attr("elemType", element)], Vec::new(), move |eval, value| {
        if matches!(value, Value::Null) { Ok(true) } else { accepts(eval, element, eval.done(value)) }
    }))
}

fn same<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>], index: usize) -> Outcome<'a> {
    match arguments.get(index) {
        Some(kind) => eval.force(kind),
        None => eval.fail("a type is missing"),
    }
}

fn add_check<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [kind, check] = arguments else { return eval.fail("two arguments") };
    let kind = eval.force_attrs(kind)?;
    let mut entries = kind.entries.to_vec();
    entries.push(eval.attr("check", check));
    Ok(eval.attrs(entries))
}

fn enumeration<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [values] = arguments else { return eval.fail("one argument") };
    let values = *values;
    Ok(option_type(eval, "enum", Vec::new(), vec![eval.attr("values", values)], move |eval, value| {
        for item in eval.force_list(values)?.items {
            if eval.equal(eval.force(item)?, value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }))
}

fn separated_type<'a>(eval: &Eval<'a>, separator: &'a Thunk<'a>) -> Value<'a> {
    option_type(eval, "separatedString", Vec::new(), vec![eval.attr("sep", separator)], |_, value| {
        Ok(matches!(value, Value::String(_)))
    })
}

fn either<'a>(eval: &Eval<'a>, alternatives: &'a Thunk<'a>) -> Outcome<'a> {
    Ok(option_type(eval, "either", Vec::new(), vec![eval.attr("alternatives", alternatives)], move |eval, value| {
        for alternative in eval.force_list(alternatives)?.items {
            if accepts(eval, alternative, eval.done(value))? {
                return Ok(true);
            }
        }
        Ok(false)
    }))
}

fn coerced_to<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[from, function, to] = arguments else { return eval.fail("three arguments") };
    let payload = vec![eval.attr("from", from), eval.attr("function", function), eval.attr("to", to)];
    Ok(option_type(eval, "coercedTo", Vec::new(), payload, move |eval, value| {
        let value = eval.done(value);
        Ok(accepts(eval, from, value)? || accepts(eval, to, value)?)
    }))
}

fn submodule_type<'a>(
    eval: &Eval<'a>,
    modules: &'a Thunk<'a>,
    special: &'a [Attr<'a>],
    class: Option<&'a Thunk<'a>>,
) -> Value<'a> {
    let special = eval.done(eval.attrs(special.to_vec()));
    let mut payload = vec![eval.attr("modules", modules), eval.attr("specialArgs", special)];
    payload.extend(class.map(|class| eval.attr("class", class)));
    option_type(eval, "submodule", Vec::new(), payload, |_, value| {
        Ok(matches!(value, Value::Attrs(_) | Value::Closure(_) | Value::Native(_) | Value::Path(_)))
    })
}
