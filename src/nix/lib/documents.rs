//! `lib.generators`: values in the notation of other languages, and values cut off at a depth.

use super::attrsets::value_or;
use super::calling::{arguments, builtin, reworked, shown, stop, text, throw};
use super::gather::{all_entries, all_items};
use super::options::has_type;
use super::outputs::derivation;
use super::separated::{NOTHING, joined};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::value::{Attr, Attrs, List, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "toDhall", arity: 2, run: to_dhall },
    Function { name: "toLua", arity: 2, run: to_lua },
    Function { name: "toPlist", arity: 2, run: to_plist },
    Function { name: "withRecursion", arity: 2, run: with_recursion },
];

/// A text in the making: what is unknown in it, and what is inside its strings, stays in its pieces.
struct Document<'a, 'e> {
    eval: &'e Eval<'a>,
    pieces: Vec<&'a Thunk<'a>>,
}

impl<'a, 'e> Document<'a, 'e> {
    fn new(eval: &'e Eval<'a>) -> Self {
        Document { eval, pieces: Vec::new() }
    }

    fn write(&mut self, text: &str) {
        self.pieces.push(self.eval.done(self.eval.string(text)));
    }

    fn json(&mut self, value: &'a Thunk<'a>) -> Outcome<'a, ()> {
        self.pieces.push(self.eval.done(builtin(self.eval, "toJSON", &[value])?));
        Ok(())
    }

    /// What each item writes, with a text between them.
    fn items<T>(
        &mut self,
        items: &[T],
        between: &str,
        mut write: impl FnMut(&mut Self, &T) -> Outcome<'a, ()>,
    ) -> Outcome<'a, ()> {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.write(between);
            }
            write(self, item)?;
        }
        Ok(())
    }

    fn text(self) -> Outcome<'a> {
        joined(self.eval, &NOTHING, &self.pieces)
    }

    /// One level deeper, where each level's indent is as long as it is deep.
    fn deeper(&self, indent: &str) -> Outcome<'a, ()> {
        self.eval.limits.size(self.eval, indent.len().saturating_mul(indent.len()))
    }
}

fn setting<'a>(eval: &Eval<'a>, settings: &'a Thunk<'a>, name: &str, default: Value<'a>) -> Outcome<'a> {
    eval.force(value_or(eval, settings, Symbol::new(name), eval.done(default)))
}

fn to_lua<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [settings, value] = arguments(eval, args)?;
    let multiline = eval.as_bool(setting(eval, settings, "multiline", Value::Bool(true))?)?;
    let indent = eval.as_string(setting(eval, settings, "indent", eval.string(""))?)?.text;
    let mut document = Document::new(eval);
    if !eval.as_bool(setting(eval, settings, "asBindings", Value::Bool(false))?)? {
        lua(&mut document, value, multiline, indent)?;
        return document.text();
    }
    for attr in all_entries(eval.force_attrs(value)?)? {
        if !attr.name.as_str().split('.').all(super::strings::posix_name) {
            return throw(eval, "a name is no variable of Lua");
        }
        document.write(&format!("{indent}{} = ", attr.name));
        lua(&mut document, eval.value_of(attr), multiline, indent)?;
        document.write("\n");
    }
    document.text()
}

fn lua<'a>(document: &mut Document<'a, '_>, thunk: &'a Thunk<'a>, multiline: bool, indent: &str) -> Outcome<'a, ()> {
    let eval = document.eval;
    let _depth = eval.limits.enter(eval)?;
    document.deeper(indent)?;
    let inner = format!("{indent}  ");
    let (intro, outro) =
        if multiline { (format!("\n{inner}"), format!("\n{indent}")) } else { (" ".to_owned(), " ".to_owned()) };
    let between = format!(",{intro}");
    let value = eval.force(thunk)?;
    match value {
        Value::Null => document.write("nil"),
        Value::Int(_) | Value::Float(_) | Value::String(_) | Value::Bool(_) => document.json(thunk)?,
        Value::Unknown(_) => document.pieces.push(thunk),
        Value::List(list) if list.items.is_empty() && list.open.is_none() => document.write("{}"),
        Value::List(list) => {
            document.write(&format!("{{{intro}"));
            document.items(all_items(list)?, &between, |document, item| lua(document, item, multiline, &inner))?;
            document.write(&format!("{outro}}}"));
        }
        Value::Attrs(_) if has_type(eval, "lua-inline", thunk)? => {
            let code = eval.select_name(value, Symbol::new("expr"), None)?;
            document.write("(");
            document.pieces.push(eval.done(Value::String(text(eval, eval.done(code))?)));
            document.write(")");
        }
        Value::Attrs(attrs) if !derivation(eval, value)? => {
            let entries = all_entries(attrs)?;
            if entries.is_empty() {
                document.write("{}");
                return Ok(());
            }
            document.write(&format!("{{{intro}"));
            document.items(entries, &between, |document, attr| {
                document.write("[");
                document.json(eval.done(eval.string(attr.name.as_str())))?;
                document.write("] = ");
                lua(document, eval.value_of(attr), multiline, &inner)
            })?;
            document.write(&format!("{outro}}}"));
        }
        Value::Path(_) | Value::Attrs(_) => document.json(eval.done(Value::String(text(eval, thunk)?)))?,
        Value::Closure(_) | Value::Native(_) => return eval.fail("Lua has no functions of Nix"),
    }
    Ok(())
}

fn to_dhall<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [_, value] = arguments(eval, args)?;
    let mut document = Document::new(eval);
    dhall(&mut document, value)?;
    document.text()
}

fn dhall<'a>(document: &mut Document<'a, '_>, thunk: &'a Thunk<'a>) -> Outcome<'a, ()> {
    let eval = document.eval;
    let _depth = eval.limits.enter(eval)?;
    match eval.force(thunk)? {
        Value::Attrs(attrs) => {
            document.write("{ ");
            document.items(all_entries(attrs)?, ", ", |document, attr| {
                document.write(&format!("{} = ", attr.name));
                dhall(document, eval.value_of(attr))
            })?;
            document.write(" }");
        }
        Value::List(list) => {
            document.write("[ ");
            document.items(all_items(list)?, ", ", |document, item| dhall(document, item))?;
            document.write(" ]");
        }
        Value::Int(number) => document.write(&format!("{number:+}")),
        Value::Bool(value) => document.write(if value { "True" } else { "False" }),
        Value::Unknown(_) => document.pieces.push(thunk),
        Value::Float(_) | Value::String(_) | Value::Path(_) => document.json(thunk)?,
        Value::Null | Value::Closure(_) | Value::Native(_) => {
            return eval.fail("Dhall has neither null nor functions of Nix");
        }
    }
    Ok(())
}

fn to_plist<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [settings, value] = arguments(eval, args)?;
    let escape = eval.as_bool(setting(eval, settings, "escape", Value::Bool(false))?)?;
    let mut document = Document::new(eval);
    document.write(concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        "<!DOCTYPE plist PUBLIC \"-//Apple Computer//DTD PLIST 1.0//EN\" ",
        "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n",
    ));
    plist(&mut document, value, escape, "")?;
    document.write("\n</plist>");
    document.text()
}

fn plist<'a>(document: &mut Document<'a, '_>, thunk: &'a Thunk<'a>, escape: bool, indent: &str) -> Outcome<'a, ()> {
    let eval = document.eval;
    let _depth = eval.limits.enter(eval)?;
    document.deeper(indent)?;
    let inner = format!("\t{indent}");
    match eval.force(thunk)? {
        Value::Null => {}
        Value::Bool(value) => document.write(&format!("{indent}<{value}/>")),
        Value::Int(number) => document.write(&format!("{indent}<integer>{number}</integer>")),
        Value::Float(_) => document.write(&format!("{indent}<real>{}</real>", shown(eval, thunk)?.text)),
        Value::String(_) | Value::Path(_) => element(document, "string", thunk, escape, indent)?,
        Value::List(list) => {
            document.write(&format!("{indent}<array>\n"));
            document.items(all_items(list)?, "\n", |document, item| plist(document, item, escape, &inner))?;
            document.write(&format!("\n{indent}</array>"));
        }
        Value::Attrs(attrs) => {
            let mut entries = Vec::new();
            for attr in all_entries(attrs)? {
                if attr.name.as_str() != "_module" && !matches!(eval.force(attr.value)?, Value::Null) {
                    entries.push(attr);
                }
            }
            document.write(&format!("{indent}<dict>\n"));
            document.items(&entries, "\n", |document, attr| {
                element(document, "key", eval.done(eval.string(attr.name.as_str())), escape, &inner)?;
                document.write("\n");
                plist(document, eval.value_of(attr), escape, &inner)
            })?;
            document.write(&format!("\n{indent}</dict>"));
        }
        Value::Unknown(_) => document.pieces.push(thunk),
        Value::Closure(_) | Value::Native(_) => return eval.fail("a property list has no functions"),
    }
    Ok(())
}

fn element<'a>(
    document: &mut Document<'a, '_>,
    name: &str,
    content: &'a Thunk<'a>,
    escape: bool,
    indent: &str,
) -> Outcome<'a, ()> {
    let content = shown(document.eval, content)?;
    let mut text = content.text.to_owned();
    if escape {
        for (character, entity) in [("&", "&amp;"), ("\"", "&quot;"), ("'", "&apos;"), ("<", "&lt;"), (">", "&gt;")] {
            text = text.replace(character, entity);
        }
    }
    document.write(&format!("{indent}<{name}>"));
    document.pieces.push(document.eval.done(reworked(document.eval, content, &text)));
    document.write(&format!("</{name}>"));
    Ok(())
}

/// How deep a value may be, and what is there instead of what is deeper.
#[derive(Clone, Copy)]
struct Cut {
    limit: i64,
    throws: bool,
}

fn with_recursion<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [settings, value] = arguments(eval, args)?;
    let limit = eval.select_name(eval.force(settings)?, Symbol::new("depthLimit"), None)?;
    let Value::Int(limit) = limit else {
        return match limit {
            Value::Unknown(why) => stop(why),
            _ => throw(eval, "the limit is no number"),
        };
    };
    let throws = eval.as_bool(setting(eval, settings, "throwOnDepthLimit", Value::Bool(true))?)?;
    cut(eval, Cut { limit, throws }, 0, value)
}

impl Cut {
    fn reached<'a>(self, eval: &Eval<'a>) -> Outcome<'a> {
        if self.throws { throw(eval, "a value is too deep") } else { Ok(eval.string("<unevaluated>")) }
    }
}

fn cut<'a>(eval: &Eval<'a>, at: Cut, depth: i64, thunk: &'a Thunk<'a>) -> Outcome<'a> {
    let below = depth + 1;
    let next = |item: &'a Thunk<'a>| {
        eval.lazy(move |eval| if below > at.limit { at.reached(eval) } else { cut(eval, at, below, item) })
    };
    match eval.force(thunk)? {
        Value::Attrs(attrs) => {
            let untouched = |name: &str| matches!(name, "__functor" | "__functionArgs" | "__toString" | "__pretty");
            let entry = |attr: &Attr<'a>| match untouched(attr.name.as_str()) {
                true => *attr,
                false => Attr { value: next(attr.value), ..*attr },
            };
            let entries: Vec<_> = attrs.entries.iter().map(entry).collect();
            Ok(eval.attrs_of(Attrs { entries: eval.slice(&entries), open: attrs.open }))
        }
        Value::List(list) => {
            let items: Vec<_> = list.items.iter().map(|&item| next(item)).collect();
            Ok(eval.list_of(List { items: eval.slice(&items), open: list.open }))
        }
        _ if below > at.limit => at.reached(eval),
        value => Ok(value),
    }
}
