//! `lib.generators`: configuration files from attribute sets.

use super::attrsets::value_or;
use super::calling::{arguments, builtin, call, found, later, reworked, shown, stop, text};
use super::escapes::{backslashed, identifier};
use super::gather::{all_entries, all_items, name_of};
use super::outputs::derivation;
use super::separated::{NOTHING, joined};
use super::trivial::callable;
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::value::{Attr, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "mkKeyValueDefault", arity: 4, run: mk_key_value_default },
    Function { name: "mkLuaInline", arity: 1, run: mk_lua_inline },
    Function { name: "mkValueStringDefault", arity: 2, run: mk_value_string_default },
    Function { name: "toGitINI", arity: 1, run: to_git_ini },
    Function { name: "toINI", arity: 2, run: to_ini },
    Function { name: "toINIWithGlobalSection", arity: 2, run: to_ini_with_global_section },
    Function { name: "toJSON", arity: 2, run: to_json },
    Function { name: "toKeyValue", arity: 2, run: to_key_value },
    Function { name: "toPretty", arity: 2, run: to_pretty },
    Function { name: "toYAML", arity: 2, run: to_json },
];

fn to_json<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [_, value] = arguments(eval, args)?;
    builtin(eval, "toJSON", &[value])
}

fn mk_lua_inline<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [code] = arguments(eval, args)?;
    Ok(super::options::typed(eval, "lua-inline", vec![eval.attr("expr", code)]))
}

fn mk_value_string_default<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [_, value] = arguments(eval, args)?;
    value_text(eval, value)
}

/// A value as configuration files commonly write it.
pub fn value_text<'a>(eval: &Eval<'a>, thunk: &'a Thunk<'a>) -> Outcome<'a> {
    let value = eval.force(thunk)?;
    match value {
        Value::String(_) => Ok(value),
        Value::Bool(true) => Ok(eval.string("true")),
        Value::Bool(false) => Ok(eval.string("false")),
        Value::Null => Ok(eval.string("null")),
        Value::Int(_) | Value::Float(_) => Ok(Value::String(shown(eval, thunk)?)),
        Value::Attrs(_) if derivation(eval, value)? => Ok(Value::String(shown(eval, thunk)?)),
        Value::Unknown(why) => stop(why),
        other => eval.fail(&format!("a configuration file cannot hold {}", other.kind())),
    }
}

/// What one of the settings says, where it is given.
fn setting<'a>(eval: &Eval<'a>, settings: &'a Thunk<'a>, name: &str) -> Outcome<'a, Option<&'a Thunk<'a>>> {
    Ok(found(eval, eval.force(settings)?, Symbol::new(name))?.map(|value| eval.done(value)))
}

fn mk_key_value_default<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [settings, separator, key, value] = arguments(eval, args)?;
    let value = match setting(eval, settings, "mkValueString")? {
        Some(function) => later(eval, function, [value]),
        None => eval.lazy(move |eval| value_text(eval, value)),
    };
    let separator = eval.force_string(separator)?.text;
    key_value(eval, separator, eval.force_string(key)?.text, value)
}

fn key_value<'a>(eval: &Eval<'a>, separator: &str, key: &str, value: &'a Thunk<'a>) -> Outcome<'a> {
    let key = eval.done(eval.string(&format!("{}{separator}", backslashed(key, &[separator]))));
    joined(eval, &NOTHING, &[key, value])
}

/// How a file of sections and keys is written.
#[derive(Clone, Copy)]
struct Style<'a> {
    section: Option<&'a Thunk<'a>>,
    key_value: Option<&'a Thunk<'a>>,
    lists_as_duplicate_keys: bool,
    indent: &'a str,
}

impl<'a> Style<'a> {
    fn of(eval: &Eval<'a>, settings: &'a Thunk<'a>) -> Outcome<'a, Self> {
        let duplicates = value_or(eval, settings, Symbol::new("listsAsDuplicateKeys"), eval.done(Value::Bool(false)));
        let indent = value_or(eval, settings, Symbol::new("indent"), eval.done(eval.string("")));
        Ok(Style {
            section: setting(eval, settings, "mkSectionName")?,
            key_value: setting(eval, settings, "mkKeyValue")?,
            lists_as_duplicate_keys: eval.force_bool(duplicates)?,
            indent: eval.force_string(indent)?.text,
        })
    }

    /// The lines of one section.
    fn lines(self, eval: &Eval<'a>, set: &'a Thunk<'a>) -> Outcome<'a> {
        let mut pieces = Vec::new();
        for attr in all_entries(eval.force_attrs(set)?)? {
            let values = match eval.force(attr.value)? {
                Value::List(list) if self.lists_as_duplicate_keys => all_items(list)?,
                _ => &[eval.value_of(attr)],
            };
            for value in values {
                pieces.extend([self.line(eval, attr, value), eval.done(eval.string("\n"))]);
            }
        }
        joined(eval, &NOTHING, &pieces)
    }

    fn line(self, eval: &Eval<'a>, attr: &Attr<'a>, value: &'a Thunk<'a>) -> &'a Thunk<'a> {
        let name = name_of(eval, attr);
        eval.lazy(move |eval| {
            let line = match self.key_value {
                Some(function) => later(eval, function, [name, value]),
                None => {
                    let value = eval.lazy(move |eval| value_text(eval, value));
                    eval.done(key_value(eval, "=", eval.force_string(name)?.text, value)?)
                }
            };
            if self.indent.is_empty() {
                return eval.force(line);
            }
            joined(eval, &NOTHING, &[eval.done(eval.string(self.indent)), line])
        })
    }

    /// All sections, each under its name.
    fn sections(self, eval: &Eval<'a>, sections: &'a Thunk<'a>) -> Outcome<'a> {
        let mut pieces = Vec::new();
        for attr in all_entries(eval.force_attrs(sections)?)? {
            let name = name_of(eval, attr);
            let name = match self.section {
                Some(function) => text(eval, eval.done(call(eval, function, &[name])?))?.text.to_owned(),
                None => backslashed(attr.name.as_str(), &["[", "]"]),
            };
            let head = format!("{}[{name}]\n", if pieces.is_empty() { "" } else { "\n" });
            pieces.extend([eval.done(eval.string(&head)), eval.done(self.lines(eval, attr.value)?)]);
        }
        joined(eval, &NOTHING, &pieces)
    }
}

fn to_key_value<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [settings, set] = arguments(eval, args)?;
    Style::of(eval, settings)?.lines(eval, set)
}

fn to_ini<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [settings, sections] = arguments(eval, args)?;
    Style::of(eval, settings)?.sections(eval, sections)
}

fn to_ini_with_global_section<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [settings, parts] = arguments(eval, args)?;
    let style = Style::of(eval, settings)?;
    let none = eval.done(eval.attrs(Vec::new()));
    let global = value_or(eval, parts, Symbol::new("globalSection"), none);
    let sections = value_or(eval, parts, Symbol::new("sections"), none);
    let gap = if all_entries(eval.force_attrs(global)?)?.is_empty() { "" } else { "\n" };
    let pieces = [style.lines(eval, global)?, eval.string(gap), style.sections(eval, sections)?];
    joined(eval, &NOTHING, &pieces.map(|piece| eval.done(piece)))
}

/// Git's sections: a dotted path `a.b.c` is the section `[a "b.c"]`.
fn to_git_ini<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [set] = arguments(eval, args)?;
    let mut sections: Vec<(String, Vec<(&'a str, &'a Thunk<'a>)>)> = Vec::new();
    for attr in all_entries(eval.force_attrs(set)?)? {
        git_sections(eval, attr.name.as_str().to_owned(), attr.value, &mut sections)?;
    }
    sections.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut pieces = Vec::new();
    for (name, keys) in sections {
        let gap = if pieces.is_empty() { "" } else { "\n" };
        pieces.push(eval.done(eval.string(&format!("{gap}[{}]\n", git_section_name(&name)))));
        for (key, value) in keys {
            git_lines(eval, key, value, &mut pieces)?;
        }
    }
    joined(eval, &NOTHING, &pieces)
}

fn git_section_name(name: &str) -> String {
    match name.split_once('.') {
        Some((section, rest)) if !name.contains('"') => format!("{section} \"{rest}\""),
        _ => name.to_owned(),
    }
}

/// The keys of a section, and the sections in it.
fn git_sections<'a>(
    eval: &Eval<'a>,
    name: String,
    set: &'a Thunk<'a>,
    sections: &mut Vec<(String, Vec<(&'a str, &'a Thunk<'a>)>)>,
) -> Outcome<'a, ()> {
    let _depth = eval.limits.enter(eval)?;
    let entries = all_entries(eval.force_attrs(set)?)?;
    let mut keys = Vec::new();
    for attr in entries {
        match eval.force(attr.value)? {
            value @ Value::Attrs(_) if !derivation(eval, value)? => {
                git_sections(eval, format!("{name}.{}", attr.name), attr.value, sections)?;
            }
            _ => keys.push((attr.name.as_str(), eval.value_of(attr))),
        }
    }
    if !keys.is_empty() || entries.is_empty() && !name.contains('.') {
        sections.push((name, keys));
    }
    Ok(())
}

fn git_lines<'a>(eval: &Eval<'a>, key: &str, value: &'a Thunk<'a>, pieces: &mut Vec<&'a Thunk<'a>>) -> Outcome<'a, ()> {
    let values = match eval.force(value)? {
        Value::List(list) => all_items(list)?,
        _ => &[value],
    };
    if values.is_empty() {
        pieces.push(eval.done(eval.string("\n")));
    }
    for &value in values {
        let quoted = eval.lazy(move |eval| match eval.force(value)? {
            Value::String(string) => {
                let escaped = string.text.replace('\\', "\\\\").replace('"', "\\\"");
                let escaped = escaped.replace('\n', "\\n").replace('\t', "\\t");
                Ok(reworked(eval, string, &format!("\"{escaped}\"")))
            }
            _ => value_text(eval, value),
        });
        let start = eval.done(eval.string("\t"));
        pieces.extend([start, eval.done(key_value(eval, " = ", key, quoted)?), eval.done(eval.string("\n"))]);
    }
    Ok(())
}

fn to_pretty<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [settings, value] = arguments(eval, args)?;
    let multiline = value_or(eval, settings, Symbol::new("multiline"), eval.done(Value::Bool(true)));
    let indent = value_or(eval, settings, Symbol::new("indent"), eval.done(eval.string("")));
    let indent = eval.force_string(indent)?.text;
    let allows = value_or(eval, settings, Symbol::new("allowPrettyValues"), eval.done(Value::Bool(false)));
    let layout = Layout { multiline: eval.force_bool(multiline)?, allows_pretty: eval.force_bool(allows)? };
    let text = print(eval, value, layout, indent)?;
    Ok(eval.string(&text))
}

/// How values are shown.
#[derive(Clone, Copy)]
struct Layout {
    multiline: bool,
    /// A set of `__pretty` and `val` says itself how it is shown.
    allows_pretty: bool,
}

fn print<'a>(eval: &Eval<'a>, thunk: &'a Thunk<'a>, layout: Layout, indent: &str) -> Outcome<'a, String> {
    let _depth = eval.limits.enter(eval)?;
    let (intro, outro) = if layout.multiline {
        (format!("\n{indent}  "), format!("\n{indent}"))
    } else {
        (" ".to_owned(), " ".to_owned())
    };
    let deeper = format!("{indent}  ");
    // Every level holds its indent, so those of a thousand levels are as large as a text may be.
    eval.limits.size(eval, indent.len().saturating_mul(indent.len()))?;
    let value = eval.force(thunk)?;
    Ok(match value {
        Value::Int(_) => shown(eval, thunk)?.text.to_owned(),
        Value::Float(_) => eval.as_string(builtin(eval, "toJSON", &[thunk])?)?.text.to_owned(),
        Value::String(string) => print_string(string.text, layout.multiline, &intro, &outro),
        Value::Bool(value) => value.to_string(),
        Value::Null => "null".to_owned(),
        Value::Path(path) => path.to_owned(),
        Value::Unknown(why) => return stop(why),
        Value::List(list) => {
            let items = all_items(list)?.iter().map(|item| print(eval, item, layout, &deeper));
            let items = items.collect::<Outcome<'a, Vec<_>>>()?;
            eval.limits.size(eval, items.iter().map(|item| item.len() + intro.len()).sum())?;
            if items.is_empty() { "[ ]".to_owned() } else { format!("[{intro}{}{outro}]", items.join(&intro)) }
        }
        value if callable(eval, value)? => print_function(eval, thunk)?,
        Value::Attrs(_) if layout.allows_pretty && is_pretty(eval, value)? => {
            let field = |name| eval.select_name(value, Symbol::new(name), None);
            let shown = eval.call(field("__pretty")?, eval.done(field("val")?))?;
            eval.as_string(shown)?.text.to_owned()
        }
        Value::Attrs(_) if derivation(eval, value)? => {
            let name = value_or(eval, thunk, Symbol::new("name"), eval.done(eval.string("???")));
            format!("<derivation {}>", text(eval, name)?.text)
        }
        Value::Attrs(attrs) => {
            let mut lines = Vec::new();
            for attr in all_entries(attrs)? {
                lines.push(format!(
                    "{} = {};",
                    identifier(attr.name.as_str()),
                    print(eval, attr.value, layout, &deeper)?
                ));
            }
            eval.limits.size(eval, lines.iter().map(|line| line.len() + intro.len()).sum())?;
            if lines.is_empty() { "{ }".to_owned() } else { format!("{{{intro}{}{outro}}}", lines.join(&intro)) }
        }
        Value::Closure(_) | Value::Native(_) => "<function>".to_owned(),
    })
}

fn is_pretty<'a>(eval: &Eval<'a>, value: Value<'a>) -> Outcome<'a, bool> {
    Ok(eval.has_name(value, Symbol::new("__pretty"))? && eval.has_name(value, Symbol::new("val"))?)
}

fn print_string(string: &str, multiline: bool, intro: &str, outro: &str) -> String {
    let lines: Vec<&str> = string.split('\n').collect();
    match lines.split_last() {
        Some((last, rest)) if multiline && !rest.is_empty() => {
            let escape = |line: &&str| line.replace("''", "'''").replace("${", "''${");
            let rest: Vec<_> = rest.iter().map(escape).collect();
            let end = if last.is_empty() { outro.to_owned() } else { format!("{intro}{}", escape(last)) };
            format!("''{intro}{}{end}''", rest.join(intro))
        }
        _ => {
            let lines: Vec<_> = lines.iter().map(|line| backslashed(line, &["\\", "\"", "${"])).collect();
            format!("\"{}\"", lines.join("\\n"))
        }
    }
}

fn print_function<'a>(eval: &Eval<'a>, function: &'a Thunk<'a>) -> Outcome<'a, String> {
    let formals = eval.as_attrs(super::trivial::function_args(eval, &[function])?)?;
    let mut names = Vec::new();
    for attr in all_entries(formals)? {
        names.push(format!("{}{}", attr.name, if eval.force_bool(attr.value)? { "?" } else { "" }));
    }
    Ok(if names.is_empty() { "<function>".to_owned() } else { format!("<function, args: {{{}}}>", names.join(", ")) })
}
