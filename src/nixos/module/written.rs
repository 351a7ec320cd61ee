//! A module as it is written, with its parts told apart (nixpkgs, lib/modules.nix: unifyModuleSyntax).

use crate::nix::Symbol;
use crate::nix::eval::{Coercion, Eval};
use crate::nix::unknown::{ErrorKind, Stop};
use crate::nix::value::{Attr, Attrs, Doubt, Outcome, Thunk, Value};
use crate::nixos::definition::type_tag;

/// What may stand beside `config` and `options`.
const BESIDE: [&str; 9] =
    ["_class", "_file", "key", "disabledModules", "imports", "options", "config", "meta", "freeformType"];
/// What is no config in a module that is written without them.
const BESIDE_CONFIG: [&str; 7] = ["_class", "_file", "key", "disabledModules", "require", "imports", "freeformType"];

/// The parts of a module.
pub struct Written<'a> {
    /// `imports`, and what it was called before.
    pub imports: Vec<&'a Thunk<'a>>,
    /// `options`.
    pub options: Option<&'a Thunk<'a>>,
    /// `config`, or the whole set where the module is written without it.
    pub config: &'a Thunk<'a>,
    /// `disabledModules`.
    pub disabled: Option<&'a Thunk<'a>>,
}

/// Tells the parts of a module apart.
pub fn written<'a>(eval: &Eval<'a>, module: &'a Attrs<'a>) -> Outcome<'a, Written<'a>> {
    let field = |name: &str| module.get(Symbol::new(name)).map(|attr| attr.value);
    let structured = field("config").is_some() || field("options").is_some();
    let stray = |attr: &&Attr<'a>| {
        let sure = !matches!(attr.doubt, Some(Doubt::MaybeAbsent(_)));
        structured && sure && !BESIDE.contains(&attr.name.as_str())
    };
    if let Some(stray) = module.entries.iter().find(stray) {
        return Err(misplaced(eval, stray));
    }
    let config = match field("config") {
        Some(config) => config,
        None if structured => eval.done(eval.attrs(Vec::new())),
        None => eval.done(shorthand(eval, module)),
    };
    let beside = ["meta", "freeformType"].map(|name| field(name).filter(|_| structured || name != "meta"));
    let imports = ["require", "imports"].into_iter().filter_map(field).collect();
    Ok(Written {
        imports,
        options: field("options"),
        config: with_beside(eval, config, beside),
        disabled: field("disabledModules"),
    })
}

fn misplaced<'a>(eval: &Eval<'a>, stray: &Attr<'a>) -> Stop<'a> {
    let message = format!("`{}` stands beside `config` or `options`: it belongs into `config`", stray.name);
    eval.error(ErrorKind::Thrown, stray.place.of_name(), &message)
}

/// A set as it stands in `imports`. A function or a file may give what these may not be: a `mkMerge`.
pub fn directly<'a>(eval: &Eval<'a>, set: &'a Attrs<'a>) -> Outcome<'a> {
    match type_tag(eval, Value::Attrs(set)) {
        None | Some("module") => Ok(Value::Attrs(set)),
        // A definition of a submodule: all of it is config.
        Some("if" | "override") => Ok(eval.attrs(vec![eval.attr("config", eval.done(Value::Attrs(set)))])),
        Some(other) => eval.fail(&format!("a module is a set of the type {other}")),
    }
}

/// Refuses a module that says it is for another kind of configuration.
pub fn check_class<'a>(eval: &Eval<'a>, module: &'a Attrs<'a>, expected: Option<&str>) -> Outcome<'a, ()> {
    let (Some(expected), Some(class)) = (expected, module.get(Symbol::new("_class"))) else { return Ok(()) };
    match eval.force(class.value)? {
        Value::String(class) if class.text != expected => {
            eval.fail(&format!("a module for {} does not belong into a configuration of {expected}", class.text))
        }
        _ => Ok(()),
    }
}

/// The `key` that a module says it is known by.
pub fn key_of<'a>(eval: &Eval<'a>, module: Value<'a>) -> Option<String> {
    let Value::Attrs(attrs) = module else { return None };
    let key = eval.force(attrs.get(Symbol::new("key"))?.value).ok()?;
    Some(eval.coerce(key, Coercion::Full).ok()?.text.to_owned())
}

/// `config` with what modules may say beside it: `meta`, and the type of what is not declared.
fn with_beside<'a>(
    eval: &Eval<'a>,
    config: &'a Thunk<'a>,
    [meta, freeform]: [Option<&'a Thunk<'a>>; 2],
) -> &'a Thunk<'a> {
    let set = |name: &str, value: &'a Thunk<'a>| eval.done(eval.attrs(vec![eval.attr(name, value)]));
    let meta = meta.map(|meta| set("meta", meta));
    let freeform = freeform.map(|kind| set("_module", set("freeformType", kind)));
    let more: Vec<_> = meta.into_iter().chain(freeform).collect();
    if more.is_empty() {
        return config;
    }
    let contents = eval.done(eval.list(&[&[config], more.as_slice()].concat()));
    let merge = vec![eval.attr("_type", eval.done(eval.string("merge"))), eval.attr("contents", contents)];
    eval.done(eval.attrs(merge))
}

/// A module without `config` and `options` is all config but for what modules have beside it.
fn shorthand<'a>(eval: &Eval<'a>, attrs: &'a Attrs<'a>) -> Value<'a> {
    let is_config = |attr: &&Attr<'a>| !BESIDE_CONFIG.contains(&attr.name.as_str());
    let entries: Vec<Attr<'a>> = attrs.entries.iter().filter(is_config).copied().collect();
    eval.attrs_of(Attrs { entries: eval.slice(&entries), open: attrs.open })
}
