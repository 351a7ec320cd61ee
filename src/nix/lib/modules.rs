//! `lib.modules`: what definitions are wrapped in, as data that the module system reads, and
//! functions that make modules.

use super::calling::{arguments, later, stop, throw_given};
use super::gather::{Items, all_items, path_of};
use super::options::{has_type, option_name, typed};
use super::trivial::FUNCTIONS as TRIVIAL;
use crate::nix::builtins::Function;
use crate::nix::eval::{Eval, Found};
use crate::nix::symbol::Symbol;
use crate::nix::unknown::Reason;
use crate::nix::value::{Attr, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "collectModules", arity: 1, run: |eval, _| inside(eval, "lib.modules.collectModules") },
    Function { name: "importApply", arity: 2, run: import_apply },
    Function { name: "importJSON", arity: 1, run: |eval, args| import_data(eval, args, "importJSON") },
    Function { name: "importTOML", arity: 1, run: |eval, args| import_data(eval, args, "importTOML") },
    Function { name: "mergeModules", arity: 1, run: |eval, _| inside(eval, "lib.mergeModules") },
    Function { name: "mergeModules'", arity: 1, run: |eval, _| inside(eval, "lib.mergeModules'") },
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
    Function { name: "mkRenamedOptionModule", arity: 2, run: mk_renamed_option_module },
    Function { name: "mkRenamedOptionModuleWith", arity: 1, run: mk_renamed_option_module_with },
    Function { name: "mkVMOverride", arity: 1, run: |eval, args| overriding(eval, args, 10) },
    Function { name: "doRename", arity: 1, run: do_rename },
    Function { name: "setDefaultModuleLocation", arity: 2, run: set_default_module_location },
];

/// What is no function.
pub fn values<'a>(eval: &Eval<'a>, _types: &'a Thunk<'a>) -> Vec<Attr<'a>> {
    vec![
        eval.attr("defaultOverridePriority", eval.done(Value::Int(DEFAULT_PRIORITY))),
        eval.attr("defaultOrderPriority", eval.done(Value::Int(1000))),
    ]
}

/// Of an option in the module argument `options`, beside what nixpkgs has there: an `mkMerge` of
/// its strongest definitions, each with its priority, those that may not count with a condition.
pub const ALIASED: &str = "«definitions»";

/// The priority of a definition that says none.
const DEFAULT_PRIORITY: i64 = 100;

/// What works on the trees that nixpkgs makes of modules. Ours are others; `evalModules` is what
/// people call.
fn inside<'a>(eval: &Eval<'a>, function: &'static str) -> Outcome<'a> {
    stop(eval.unknown(Reason::NotOffered(function), None))
}

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

/// A module that declares an option at `path`; what it says beside is in `says`.
fn option_at<'a>(eval: &Eval<'a>, path: &'a Thunk<'a>, says: Vec<Attr<'a>>) -> &'a Thunk<'a> {
    set_by_path(eval, path, eval.done(typed(eval, "option", says)))
}

fn set_by_path<'a>(eval: &Eval<'a>, path: &'a Thunk<'a>, value: &'a Thunk<'a>) -> &'a Thunk<'a> {
    eval.lazy(move |eval| {
        // The names further in are needed only when somebody looks there.
        let nested = |below: &'a Thunk<'a>, &name: &&'a Thunk<'a>| {
            eval.lazy(move |eval| Ok(eval.attrs(vec![eval.generated_attr(eval.force_string(name)?, below)])))
        };
        eval.force(all_items(eval.force_list(path)?)?.iter().rev().fold(value, nested))
    })
}

fn get_by_path<'a>(eval: &Eval<'a>, path: &'a Thunk<'a>, set: &'a Thunk<'a>) -> &'a Thunk<'a> {
    eval.lazy(move |eval| {
        let names = path_of(eval, path)?;
        names.iter().try_fold(eval.force(set)?, |value, name| eval.settle(eval.select_name(value, *name, None)))
    })
}

/// A module that is a function of `config` and `options`.
fn module<'a>(
    eval: &Eval<'a>,
    name: &'static str,
    make: impl Fn(&Eval<'a>, &'a Thunk<'a>, &'a Thunk<'a>) -> Outcome<'a> + 'a,
) -> Value<'a> {
    eval.native(name, 1, move |eval, args| {
        let [args] = arguments(eval, args)?;
        make(eval, of(eval, args, "config"), of(eval, args, "options"))
    })
}

/// How an option was renamed.
#[derive(Clone, Copy)]
struct Renaming<'a> {
    from: &'a Thunk<'a>,
    to: &'a Thunk<'a>,
    /// Whether definitions of the old option are passed on.
    condition: &'a Thunk<'a>,
    /// Whether who defines the old option is warned.
    warn: &'a Thunk<'a>,
    /// What reading the old option makes of the new one's value.
    apply: Option<&'a Thunk<'a>>,
    /// Whether its definitions keep their priority.
    with_priority: &'a Thunk<'a>,
}

impl<'a> Renaming<'a> {
    fn new(eval: &Eval<'a>, from: &'a Thunk<'a>, to: &'a Thunk<'a>, warn: bool) -> Self {
        let always = eval.done(Value::Bool(true));
        let warn = eval.done(Value::Bool(warn));
        Renaming { from, to, condition: always, warn, apply: None, with_priority: always }
    }

    /// Definitions of the option at `from` count at `to`, with their priority; reading it gives what is
    /// at `to` (nixpkgs: `doRename`).
    fn module(self, eval: &Eval<'a>) -> Value<'a> {
        let Renaming { from, to, .. } = self;
        module(eval, "doRename", move |eval, config, options| {
            let apply = eval.native("apply", 1, move |eval, _| match self.apply {
                Some(apply) => eval.call(eval.force(apply)?, get_by_path(eval, to, config)),
                None => eval.force(get_by_path(eval, to, config)),
            });
            let says = vec![eval.attr("visible", eval.done(Value::Bool(false))), eval.attr("apply", eval.done(apply))];
            let old = get_by_path(eval, from, options);
            // What nixpkgs takes from `definitions` and `highestPrio`, with those that may not count.
            let all = of(eval, old, ALIASED);
            let handed_on = eval.lazy(move |eval| {
                if eval.force_bool(self.with_priority)? {
                    return eval.force(all);
                }
                Ok(merge(eval, of(eval, old, "definitions")))
            });
            let told = eval.lazy(move |eval| {
                // Where it is not known whether there are warnings, none are given.
                match eval.look_up(eval.force(options)?, Symbol::new("warnings"))? {
                    Found::Attribute(_) => eval.force(warnings(eval, vec![self.warning(eval, old)])),
                    Found::Absent | Found::Perhaps(_) => Ok(eval.attrs(Vec::new())),
                }
            });
            let contents = eval.done(eval.list(&[set_by_path(eval, to, handed_on), told]));
            let config = condition(eval, self.condition, eval.done(merge(eval, contents)));
            let declared = option_at(eval, from, says);
            Ok(eval.attrs(vec![eval.attr("options", declared), eval.attr("config", eval.done(config))]))
        })
    }

    fn warning(self, eval: &Eval<'a>, old: &'a Thunk<'a>) -> &'a Thunk<'a> {
        let warned = eval.lazy(move |eval| {
            Ok(Value::Bool(eval.force_bool(self.warn)? && eval.force_bool(of(eval, old, "isDefined"))?))
        });
        eval.done(condition(eval, warned, warning(eval, self.from, self.to, "renamed")))
    }
}

/// What who defines an old option is told.
fn warning<'a>(eval: &Eval<'a>, from: &'a Thunk<'a>, to: &'a Thunk<'a>, what: &'static str) -> &'a Thunk<'a> {
    eval.lazy(move |eval| {
        let (old, new) = (option_name(eval, from)?, option_name(eval, to)?);
        Ok(eval.string(&format!("the option {old} was {what}: use {new}")))
    })
}

/// A definition of `warnings`.
fn warnings<'a>(eval: &Eval<'a>, warnings: Vec<&'a Thunk<'a>>) -> &'a Thunk<'a> {
    eval.done(eval.attrs(vec![eval.attr("warnings", eval.done(eval.list(&warnings)))]))
}

fn mk_alias_option_module<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [from, to] = arguments(eval, args)?;
    Ok(Renaming::new(eval, from, to, false).module(eval))
}

fn mk_renamed_option_module<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [from, to] = arguments(eval, args)?;
    Ok(Renaming::new(eval, from, to, true).module(eval))
}

/// Since which release a renamed option warns depends on the release; those of today are old enough.
fn mk_renamed_option_module_with<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [settings] = arguments(eval, args)?;
    Ok(Renaming::new(eval, of(eval, settings, "from"), of(eval, settings, "to"), true).module(eval))
}

fn do_rename<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [settings] = arguments(eval, args)?;
    let usual = Renaming::new(eval, of(eval, settings, "from"), of(eval, settings, "to"), false);
    let field = |name, default| super::attrsets::value_or(eval, settings, Symbol::new(name), default);
    let renaming = Renaming {
        condition: field("condition", usual.condition),
        warn: of(eval, settings, "warn"),
        apply: Some(of(eval, settings, "use")),
        with_priority: field("withPriority", usual.with_priority),
        ..usual
    };
    Ok(renaming.module(eval))
}

fn mk_changed_option_module<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [from, to, change] = arguments(eval, args)?;
    Ok(merged_options(eval, eval.done(eval.list(&[from])), to, change))
}

fn mk_merged_option_module<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [from, to, change] = arguments(eval, args)?;
    Ok(merged_options(eval, from, to, change))
}

/// `to` is what `change` makes of `config`, once one of the options at `from` is defined.
fn merged_options<'a>(eval: &Eval<'a>, from: &'a Thunk<'a>, to: &'a Thunk<'a>, change: &'a Thunk<'a>) -> Value<'a> {
    const UNDEFINED: &str = "_mkMergedOptionModule";
    module(eval, "mkMergedOptionModule", move |eval, config, _| {
        let paths = all_items(eval.force_list(from)?)?;
        let mut modules = Vec::new();
        for path in paths {
            let says = vec![
                eval.attr("visible", eval.done(Value::Bool(false))),
                eval.attr("default", eval.done(eval.string(UNDEFINED))),
            ];
            modules.push(eval.done(eval.attrs(vec![eval.attr("options", option_at(eval, path, says))])));
        }
        let defined = move |eval: &Eval<'a>, path: &'a Thunk<'a>| {
            Ok(match eval.settle(eval.force(get_by_path(eval, path, config)))? {
                value @ Value::Unknown(_) => value,
                Value::String(text) if text.text == UNDEFINED => Value::Bool(false),
                _ => Value::Bool(true),
            })
        };
        let when = eval.lazy(move |eval| {
            let mut any = Value::Bool(false);
            for path in paths {
                match defined(eval, path)? {
                    Value::Bool(false) => {}
                    Value::Bool(true) => return Ok(Value::Bool(true)),
                    unknown => any = unknown,
                }
            }
            Ok(any)
        });
        let changed = condition(eval, when, later(eval, change, [config]));
        let told = paths.iter().map(|&path| {
            let warned = eval.lazy(move |eval| defined(eval, path));
            eval.done(condition(eval, warned, warning(eval, path, to, "changed")))
        });
        let contents = [set_by_path(eval, to, eval.done(changed)), warnings(eval, told.collect())];
        Ok(eval.attrs(vec![
            eval.attr("imports", eval.done(eval.list(&modules))),
            eval.attr("config", eval.done(merge(eval, eval.done(eval.list(&contents))))),
        ]))
    })
}

/// An option that may not be read; what defines it has no effect, and an assertion says so.
fn mk_removed_option_module<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [path, instructions] = arguments(eval, args)?;
    Ok(module(eval, "mkRemovedOptionModule", move |eval, _, options| {
        let apply = eval.native("apply", 1, move |eval, _| throw_given(eval, instructions));
        let says = vec![eval.attr("visible", eval.done(Value::Bool(false))), eval.attr("apply", eval.done(apply))];
        let holds = eval.lazy(move |eval| {
            let defined = eval.force_bool(of(eval, get_by_path(eval, path, options), "isDefined"))?;
            Ok(Value::Bool(!defined))
        });
        let assertion = eval.attrs(vec![eval.attr("assertion", holds), eval.attr("message", instructions)]);
        let assertions = eval.done(eval.list(&[eval.done(assertion)]));
        let config = eval.done(eval.attrs(vec![eval.attr("assertions", assertions)]));
        Ok(eval.attrs(vec![eval.attr("options", option_at(eval, path, says)), eval.attr("config", config)]))
    }))
}
