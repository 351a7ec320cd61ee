//! `lib.cli`: command lines from attribute sets.

use super::attrsets::value_or;
use super::calling::{arguments, call, found, text, throw};
use super::escapes::escape_shell_args;
use super::gather::{Items, all_entries, all_items, name_of};
use super::generators::value_text;
use super::separated::{NOTHING, joined};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::value::{Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "toCommandLine", arity: 2, run: to_command_line },
    Function { name: "toCommandLineGNU", arity: 2, run: to_command_line_gnu },
    Function { name: "toCommandLineShell", arity: 2, run: |eval, args| quoted(eval, to_command_line(eval, args)?) },
    Function {
        name: "toCommandLineShellGNU",
        arity: 2,
        run: |eval, args| quoted(eval, to_command_line_gnu(eval, args)?),
    },
    Function { name: "toGNUCommandLine", arity: 2, run: to_gnu_command_line },
    Function {
        name: "toGNUCommandLineShell",
        arity: 2,
        run: |eval, args| quoted(eval, to_gnu_command_line(eval, args)?),
    },
];

fn quoted<'a>(eval: &Eval<'a>, words: Value<'a>) -> Outcome<'a> {
    escape_shell_args(eval, &[eval.done(words)])
}

/// Every option of a set with each of its values: a list has several.
fn options<'a>(
    eval: &Eval<'a>,
    set: &'a Thunk<'a>,
    mut render: impl FnMut(&'a Thunk<'a>, &'a Thunk<'a>) -> Outcome<'a, ()>,
) -> Outcome<'a, ()> {
    for attr in all_entries(eval.force_attrs(set)?)? {
        let name = name_of(eval, attr);
        match eval.force(attr.value)? {
            Value::List(list) => {
                for item in all_items(list)? {
                    render(name, item)?;
                }
            }
            _ => render(name, eval.value_of(attr))?,
        }
    }
    Ok(())
}

/// What is written before an option's value and how: from the format that is given for its name.
struct Format<'a> {
    option: &'a Thunk<'a>,
    separator: Option<&'a Thunk<'a>>,
    explicit_bool: bool,
    format: Option<&'a Thunk<'a>>,
}

fn render<'a>(eval: &Eval<'a>, format: &Format<'a>, value: &'a Thunk<'a>, words: &mut Items<'a>) -> Outcome<'a, ()> {
    match (eval.force(value)?, format.explicit_bool) {
        (Value::Null, _) | (Value::Bool(false), false) => return Ok(()),
        (Value::Bool(true), false) => {
            words.items.push(format.option);
            return Ok(());
        }
        _ => {}
    }
    let argument = match format.format {
        Some(function) => eval.lazy_call(function, value),
        None => eval.lazy(move |eval| value_text(eval, value)),
    };
    match format.separator {
        Some(separator) => {
            let pieces = [format.option, separator, argument];
            words.items.push(eval.lazy(move |eval| joined(eval, &NOTHING, &pieces)));
        }
        None => words.items.extend([format.option, argument]),
    }
    Ok(())
}

fn to_command_line<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [formats, set] = arguments(eval, args)?;
    let mut words = Items::default();
    options(eval, set, |name, value| {
        if eval.force_string(name)?.text.is_empty() {
            return throw(eval, "an option needs a name");
        }
        let given = call(eval, formats, &[name])?;
        let field = |name| eval.select_name(given, Symbol::new(name), None);
        let separator = match field("sep")? {
            Value::Null => None,
            separator => Some(eval.done(separator)),
        };
        let format = Format {
            option: eval.done(field("option")?),
            separator,
            explicit_bool: eval.as_bool(field("explicitBool")?)?,
            format: found(eval, given, Symbol::new("formatArg"))?.map(|function| eval.done(function)),
        };
        render(eval, &format, value, &mut words)
    })?;
    Ok(words.list(eval))
}

fn to_command_line_gnu<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [settings, set] = arguments(eval, args)?;
    let given = eval.force(settings)?;
    let setting = |name| Ok(found(eval, given, Symbol::new(name))?.map(|value| eval.done(value)));
    let (is_long, format) = (setting("isLong")?, setting("formatArg")?);
    let explicit = value_or(eval, settings, Symbol::new("explicitBool"), eval.done(Value::Bool(false)));
    let explicit_bool = eval.force_bool(explicit)?;
    let mut words = Items::default();
    options(eval, set, |name, value| {
        let text = eval.force_string(name)?.text;
        let long = match is_long {
            Some(function) => eval.as_bool(call(eval, function, &[name])?)?,
            None => text.len() > 1,
        };
        let option = eval.done(eval.string(&format!("{}{text}", if long { "--" } else { "-" })));
        let separator = Some(eval.done(eval.string(if long { "=" } else { "" })));
        render(eval, &Format { option, separator, explicit_bool, format }, value, &mut words)
    })?;
    Ok(words.list(eval))
}

/// The older form, in which every step can be replaced by a function.
fn to_gnu_command_line<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [settings, set] = arguments(eval, args)?;
    let given = eval.force(settings)?;
    let setting = |name| found(eval, given, Symbol::new(name));
    let (name_as, as_bool, as_list, as_option) =
        (setting("mkOptionName")?, setting("mkBool")?, setting("mkList")?, setting("mkOption")?);
    let separator = match setting("optionValueSeparator")? {
        None | Some(Value::Null) => None,
        Some(separator) => Some(eval.done(separator)),
    };
    let mut words = Items::default();
    for attr in all_entries(eval.force_attrs(set)?)? {
        let (name, value) = (name_of(eval, attr), eval.value_of(attr));
        let (own, values) = match eval.force(value)? {
            Value::Bool(_) => (as_bool, &[value][..]),
            Value::List(list) => (as_list, all_items(list)?),
            _ => (as_option, &[value][..]),
        };
        if let Some(function) = own {
            words.append(eval, eval.call_with(function, &[name, value])?)?;
            continue;
        }
        let option = match name_as {
            Some(function) => eval.done(eval.call_with(function, &[name])?),
            None => {
                let dashes = if text(eval, name)?.text.len() == 1 { "-" } else { "--" };
                eval.done(eval.string(&format!("{dashes}{}", attr.name)))
            }
        };
        for item in values {
            match (as_option, matches!(eval.force(value)?, Value::List(_))) {
                (Some(function), true) => words.append(eval, eval.call_with(function, &[name, item])?)?,
                (_, in_list) => {
                    let format = Format { option, separator, explicit_bool: in_list, format: None };
                    render(eval, &format, item, &mut words)?;
                }
            }
        }
    }
    Ok(words.list(eval))
}
