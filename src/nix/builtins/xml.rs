//! `toXML`, as the manual shows it.

use super::{Function, arguments};
use crate::nix::eval::Eval;
use crate::nix::ir::{Lambda, Param};
use crate::nix::symbol::Symbol;
use crate::nix::unknown::{Reason, Stop};
use crate::nix::value::{Attrs, Doubt, Mark, Outcome, Thunk, Value};

pub const FUNCTIONS: &[Function] = &[Function { name: "toXML", arity: 1, run: to_xml }];

fn to_xml<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    let mut writer =
        Writer { text: "<?xml version='1.0' encoding='utf-8'?>\n<expr>\n".to_owned(), depth: 1, contexts: Vec::new() };
    writer.value(eval, eval.force(value)?)?;
    writer.text.push_str("</expr>\n");
    Ok(eval.string_of(eval.text(&writer.text), eval.join_contexts(&writer.contexts), None))
}

struct Writer<'a> {
    text: String,
    depth: usize,
    contexts: Vec<&'a [Mark<'a>]>,
}

impl<'a> Writer<'a> {
    fn line(&mut self, tag: &str) {
        self.text.extend(std::iter::repeat_n("  ", self.depth));
        self.text.push_str(tag);
        self.text.push('\n');
    }

    fn scalar(&mut self, tag: &str, value: &str) {
        self.line(&format!("<{tag} value=\"{}\" />", escaped(value)));
    }

    fn nested(
        &mut self,
        tag: &str,
        attributes: &str,
        content: impl FnOnce(&mut Self) -> Outcome<'a, ()>,
    ) -> Outcome<'a, ()> {
        self.line(&format!("<{tag}{attributes}>"));
        self.depth += 1;
        content(self)?;
        self.depth -= 1;
        self.line(&format!("</{tag}>"));
        Ok(())
    }

    fn value(&mut self, eval: &Eval<'a>, value: Value<'a>) -> Outcome<'a, ()> {
        let _depth = eval.limits.enter(eval)?;
        eval.limits.size(eval, self.text.len())?;
        match value {
            Value::Null => self.line("<null />"),
            Value::Bool(value) => self.scalar("bool", if value { "true" } else { "false" }),
            Value::Int(value) => self.scalar("int", &value.to_string()),
            Value::Float(value) => self.scalar("float", &value.to_string()),
            Value::Path(path) => self.scalar("path", path),
            Value::String(text) => {
                self.contexts.push(text.context);
                self.scalar("string", text.text);
            }
            Value::List(list) => {
                if let Some(why) = list.open {
                    return Err(Stop::Unknown(why));
                }
                self.nested("list", "", |writer| {
                    list.items.iter().try_for_each(|item| writer.value(eval, eval.force(item)?))
                })?;
            }
            Value::Attrs(attrs) => self.attrs(eval, attrs)?,
            Value::Closure(closure) => self.nested("function", "", |writer| writer.parameter(closure.lambda))?,
            Value::Native(_) => self.line("<unevaluated />"),
            Value::Unknown(why) => return Err(Stop::Unknown(why)),
        }
        Ok(())
    }

    fn attrs(&mut self, eval: &Eval<'a>, attrs: &'a Attrs<'a>) -> Outcome<'a, ()> {
        if let Some(open) = attrs.open {
            return Err(Stop::Unknown(open.why));
        }
        if attrs.get(Symbol::new("type")).is_some() && attrs.get(Symbol::new("drvPath")).is_some() {
            return Err(Stop::Unknown(eval.unknown(Reason::Package, None)));
        }
        self.nested("attrs", "", |writer| {
            attrs.entries.iter().try_for_each(|attr| {
                if let Some(Doubt::MaybeAbsent(why)) = attr.doubt {
                    return Err(Stop::Unknown(why));
                }
                let value = eval.select_name(Value::Attrs(attrs), attr.name, None)?;
                writer.nested("attr", &format!(" name=\"{}\"", escaped(attr.name.as_str())), |writer| {
                    writer.value(eval, value)
                })
            })
        })
    }

    fn parameter(&mut self, lambda: &Lambda) -> Outcome<'a, ()> {
        let (formals, ellipsis, whole) = match &lambda.param {
            Param::Name(name) => {
                self.line(&format!("<varpat name=\"{}\" />", escaped(name.as_str())));
                return Ok(());
            }
            Param::Pattern { formals, ellipsis, whole } => (formals, *ellipsis, *whole),
        };
        let whole = whole.map_or(String::new(), |name| format!(" name=\"{}\"", escaped(name.as_str())));
        let attributes = format!("{}{whole}", if ellipsis { " ellipsis=\"1\"" } else { "" });
        let mut names: Vec<_> = formals.iter().map(|formal| formal.name).collect();
        names.sort();
        self.nested("attrspat", &attributes, |writer| {
            names.iter().for_each(|name| writer.line(&format!("<attr name=\"{}\" />", escaped(name.as_str()))));
            Ok(())
        })
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\n', "&#xA;")
}
