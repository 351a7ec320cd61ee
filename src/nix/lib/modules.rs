//! `lib.modules`: what definitions are wrapped in, as data that the module system reads, and
//! functions that make modules.

use super::calling::{arguments, later, throw_given};
use super::gather::{Items, all_items};
use super::options::{has_type, typed};
use super::trivial::FUNCTIONS as TRIVIAL;
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::value::{Attr, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "importApply", arity: 2, run: import_apply },
    Function { name: "importJSON", arity: 1, run: |eval, args| import_data(eval, args, "importJSON") },
    Function { name: "importTOML", arity: 1, run: |eval, args| import_data(eval, args, "importTOML") },
    Function { name: "mkAfter", arity: 1, run: |eval, args| ordered(eval, args, 1500) },
    Function { name: "mkAliasAndWrapDefinitions", arity: 2, run: mk_alias_and_wrap_definitions },
    Function { name: "mkAliasAndWrapDefsWithPriority", arity: 2, run: mk_alias_and_wrap_defs_with_priority },
    Function { name: "mkAliasDefinitions", arity: 1, run: mk_alias_definitions },
    Function { name: "mkAliasIfDef", arity: 2, run: mk_alias_if_def },
    Function { name: "mkAliasOptionModule", arity: 2, run: mk_alias_option_module },
    Function { name: "mkAliasOptionModuleMD", arity: 2, run: mk_alias_option_module },
    Function { name: "mkAssert", arity: 3, run: mk_assert },
    Function { name: "mkBefore", arity: 1, run: |eval, args| ordered(eval, args, 500) },
    Function { name: "mkChangedOptionModule", arity: 3, run: mk_changed_option_module },
    Function { name: "mkDefault", arity: 1, run: |eval, args| overriding(eval, args, 1000) },
    Function { name: "mkDefinition", arity: 1, run: mk_definition },
    Function { name: "mkDerivedConfig", arity: 2, run: mk_derived_config },
    Function { name: "mkFixStrictness", arity: 1, run: mk_fix_strictness },
    Function { name: "mkForce", arity: 1, run: |eval, args| overriding(eval, args, 50) },
    Function { name: "mkIf", arity: 2, run: mk_if },
    Function { name: "mkImageMediaOverride", arity: 1, run: |eval, args| overriding(eval, args, 60) },
    Function { name: "mkMerge", arity: 1, run: mk_merge },
    Function { name: "mkMergedOptionModule", arity: 3, run: mk_merged_option_module },
    Function { name: "mkOptionDefault", arity: 1, run: |eval, args| overriding(eval, args, 1500) },
    Function { name: "mkOrder", arity: 2, run: mk_order },
    Function { name: "mkOverride", arity: 2, run: mk_override },
    Function { name: "mkRemovedOptionModule", arity: 2, run: mk_removed_option_module },
    Function { name: "mkRenamedOptionModule", arity: 2, run: mk_alias_option_module },
    Function { name: "mkRenamedOptionModuleWith", arity: 1, run: rename_module },
    Function { name: "mkVMOverride", arity: 1, run: |eval, args| overriding(eval, args, 10) },
    Function { name: "doRename", arity: 1, run: rename_module },
    Function { name: "setDefaultModuleLocation", arity: 2, run: set_default_module_location },
];

/// What is no function.
pub fn values<'a>(eval: &Eval<'a>, _types: &'a Thunk<'a>) -> Vec<Attr<'a>> {
    vec![
        eval.attr("defaultOverridePriority", eval.done(Value::Int(DEFAULT_PRIORITY))),
        eval.attr("defaultOrderPriority", eval.done(Value::Int(1000))),
    ]
}

/// The priority of a definition that says none.
const DEFAULT_PRIORITY: i64 = 100;

fn condition<'a>(eval: &Eval<'a>, condition: &'a Thunk<'a>, content: &'a Thunk<'a>) -> Value<'a> {
    typed(eval, "if", vec![eval.attr("condition", condition), eval.attr("content", content)])
}

fn prioritised<'a>(eval: &Eval<'a>, kind: &str, priority: &'a Thunk<'a>, content: &'a Thunk<'a>) -> Value<'a> {
    typed(eval, kind, vec![eval.attr("priority", priority), eval.attr("content", content)])
}

fn mk_if<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [when, content] = arguments(eval, args)?;
    Ok(condition(eval, when, content))
}

fn mk_assert<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [assertion, message, content] = arguments(eval, args)?;
    let when = eval.lazy(move |eval| {
        if eval.force_bool(assertion)? {
            return Ok(Value::Bool(true));
        }
        throw_given(eval, message)
    });
    Ok(condition(eval, when, content))
}

fn mk_merge<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [contents] = arguments(eval, args)?;
    Ok(merge(eval, contents))
}

fn merge<'a>(eval: &Eval<'a>, contents: &'a Thunk<'a>) -> Value<'a> {
    typed(eval, "merge", vec![eval.attr("contents", contents)])
}

fn mk_override<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [priority, content] = arguments(eval, args)?;
    Ok(prioritised(eval, "override", priority, content))
}

fn overriding<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], priority: i64) -> Outcome<'a> {
    let [content] = arguments(eval, args)?;
    Ok(prioritised(eval, "override", eval.done(Value::Int(priority)), content))
}

fn mk_order<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [priority, content] = arguments(eval, args)?;
    Ok(prioritised(eval, "order", priority, content))
}

fn ordered<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], priority: i64) -> Outcome<'a> {
    let [content] = arguments(eval, args)?;
    Ok(prioritised(eval, "order", eval.done(Value::Int(priority)), content))
}

fn mk_fix_strictness<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [content] = arguments(eval, args)?;
    eval.force(content)
}

fn mk_definition<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [definition] = arguments(eval, args)?;
    eval.update(eval.force(definition)?, typed(eval, "definition", Vec::new()))
}

fn of<'a>(eval: &Eval<'a>, set: &'a Thunk<'a>, name: &'static str) -> &'a Thunk<'a> {
    eval.lazy(move |eval| eval.select_name(eval.force(set)?, Symbol::new(name), None))
}

/// The priority of an option's definitions.
fn priority_of<'a>(eval: &Eval<'a>, option: &'a Thunk<'a>) -> &'a Thunk<'a> {
    let default = eval.done(Value::Int(DEFAULT_PRIORITY));
    super::attrsets::value_or(eval, option, Symbol::new("highestPrio"), default)
}

fn mk_derived_config<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [option, function] = arguments(eval, args)?;
    let content = later(eval, function, [of(eval, option, "value")]);
    Ok(prioritised(eval, "override", priority_of(eval, option), content))
}

fn mk_alias_if_def<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [option, content] = arguments(eval, args)?;
    Ok(if_defined(eval, option, content))
}

fn if_defined<'a>(eval: &Eval<'a>, option: &'a Thunk<'a>, content: &'a Thunk<'a>) -> Value<'a> {
    let when = eval.lazy(move |eval| {
        let defined = has_type(eval, "option", option)? && eval.force_bool(of(eval, option, "isDefined"))?;
        Ok(Value::Bool(defined))
    });
    condition(eval, when, content)
}

fn mk_alias_definitions<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [option] = arguments(eval, args)?;
    Ok(if_defined(eval, option, eval.done(merge(eval, of(eval, option, "definitions")))))
}

fn mk_alias_and_wrap_definitions<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [wrap, option] = arguments(eval, args)?;
    let definitions = eval.done(merge(eval, of(eval, option, "definitions")));
    Ok(if_defined(eval, option, later(eval, wrap, [definitions])))
}

fn mk_alias_and_wrap_defs_with_priority<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [wrap, option] = arguments(eval, args)?;
    let definitions = of(eval, option, "definitions");
    let prioritised = eval.lazy(move |eval| {
        let list = eval.force_list(definitions)?;
        let with_priority =
            |item: &&'a Thunk<'a>| eval.done(prioritised(eval, "override", priority_of(eval, option), item));
        Ok(Items { items: list.items.iter().map(with_priority).collect(), open: list.open }.list(eval))
    });
    Ok(if_defined(eval, option, later(eval, wrap, [eval.done(merge(eval, prioritised))])))
}

fn set_default_module_location<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [file, module] = arguments(eval, args)?;
    Ok(located(eval, file, module))
}

fn located<'a>(eval: &Eval<'a>, file: &'a Thunk<'a>, module: &'a Thunk<'a>) -> Value<'a> {
    eval.attrs(vec![eval.attr("_file", file), eval.attr("imports", eval.done(eval.list(&[module])))])
}

fn import_apply<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [path, argument] = arguments(eval, args)?;
    let module = eval.lazy(move |eval| super::calling::builtin(eval, "import", &[path, argument]));
    Ok(located(eval, path, module))
}

/// A module that sets what a file of data says.
fn import_data<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], reader: &'static str) -> Outcome<'a> {
    let [path] = arguments(eval, args)?;
    let config = eval.lazy(move |eval| match TRIVIAL.iter().find(|function| function.name == reader) {
        Some(function) => (function.run)(eval, &[path]),
        None => eval.fail("no such reader"),
    });
    Ok(eval.attrs(vec![eval.attr("_file", path), eval.attr("config", config)]))
}

/// A module that declares one hidden option. nixpkgs writes these modules as functions of `options`
/// and `config` that hand definitions on; here the declaration says as data what becomes of them,
/// and the module system does it: `aliasOf` (a path: definitions count there, with their
/// priorities, and reading gives that option's value), `changedBy` (a function from the whole
/// `config` to the value at `aliasOf`, once the option is defined), `mergedBy` (the same for several
/// options together), `removed` (why it may not be defined).
fn hidden_option<'a>(eval: &Eval<'a>, path: &[&'a Thunk<'a>], mut says: Vec<Attr<'a>>) -> Value<'a> {
    says.push(eval.attr("visible", eval.done(Value::Bool(false))));
    let mut inner = eval.done(typed(eval, "option", says));
    for &name in path.iter().rev() {
        let below = inner;
        inner = eval.lazy(move |eval| Ok(eval.attrs(vec![eval.generated_attr(eval.force_string(name)?, below)])));
    }
    eval.attrs(vec![eval.attr("options", inner)])
}

/// The names of an option's path.
fn option_path<'a>(eval: &Eval<'a>, path: &'a Thunk<'a>) -> Outcome<'a, &'a [&'a Thunk<'a>]> {
    all_items(eval.force_list(path)?)
}

fn mk_alias_option_module<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [from, to] = arguments(eval, args)?;
    Ok(hidden_option(eval, option_path(eval, from)?, vec![eval.attr("aliasOf", to)]))
}

fn rename_module<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [settings] = arguments(eval, args)?;
    let (from, to) = (of(eval, settings, "from"), of(eval, settings, "to"));
    mk_alias_option_module(eval, &[from, to])
}

fn mk_changed_option_module<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [from, to, change] = arguments(eval, args)?;
    let says = vec![eval.attr("aliasOf", to), eval.attr("changedBy", change)];
    Ok(hidden_option(eval, option_path(eval, from)?, says))
}

fn mk_merged_option_module<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [from, to, change] = arguments(eval, args)?;
    let mut modules = Vec::new();
    for path in option_path(eval, from)? {
        let says = vec![eval.attr("aliasOf", to), eval.attr("mergedBy", change)];
        modules.push(eval.done(hidden_option(eval, option_path(eval, path)?, says)));
    }
    Ok(eval.attrs(vec![eval.attr("imports", eval.done(eval.list(&modules)))]))
}

fn mk_removed_option_module<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [path, instructions] = arguments(eval, args)?;
    Ok(hidden_option(eval, option_path(eval, path)?, vec![eval.attr("removed", instructions)]))
}
