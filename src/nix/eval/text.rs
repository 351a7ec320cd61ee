//! Interpolated strings and path literals.

use super::coerce::Coercion;
use super::{Eval, Outcome, Value};
use crate::nix::ir::{Part, PathBase, Span};
use crate::nix::path;
use crate::nix::unknown::{Reason, Stop, Unknown};
use crate::nix::value::Scope;

impl<'a> Eval<'a> {
    pub(super) fn interpolate(&self, parts: &'a [Part], scope: Scope<'a>, span: Span) -> Outcome<'a> {
        let mut text = String::new();
        let mut contexts = Vec::new();
        let mut unknown: Option<&'a Unknown<'a>> = None;
        for part in parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Interpolation(node) => {
                    let value = self.settle(self.nested(node, scope))?;
                    match self.coerce(value, Coercion::Plain) {
                        Ok(part) => {
                            text.push_str(part.text);
                            self.limits.size(self, text.len())?;
                            contexts.push(part.context);
                        }
                        Err(Stop::Unknown(why)) if !why.is_limit() => unknown = unknown.or(Some(why)),
                        Err(stop) => return Err(stop),
                    }
                }
            }
        }
        match unknown {
            None => {
                let context = self.join_contexts(&contexts);
                Ok(self.string_of(self.text(&text), context, Some(span)))
            }
            Some(why) => Ok(Value::Unknown(self.unknown_text(parts, scope, why, span))),
        }
    }

    /// An unknown text keeps its pieces, so that what is in them is found and the literal ones can be read.
    fn unknown_text(&self, parts: &'a [Part], scope: Scope<'a>, why: &'a Unknown<'a>, span: Span) -> &'a Unknown<'a> {
        let pieces: Vec<_> = parts
            .iter()
            .map(|part| match part {
                Part::Text(literal) => self.done(self.literal(literal, span)),
                Part::Interpolation(node) => self.suspend(node, scope),
            })
            .collect();
        let pieces = self.slice(&pieces);
        self.alloc(Unknown { parts: pieces, pieces, span: Some(span), ..*why })
    }

    pub(super) fn path_literal(&self, base: PathBase, parts: &'a [Part], scope: Scope<'a>, span: Span) -> Outcome<'a> {
        let mut text = match base {
            PathBase::Root => String::new(),
            PathBase::Home => return Err(Stop::Unknown(self.unknown(Reason::World("home folder"), Some(span)))),
            PathBase::File => {
                let Some(file) = self.program.files.get(span.file.0 as usize) else { return self.fail("no such file") };
                let file = path::in_repository(&file.path);
                format!("{}/", path::parent(&file))
            }
        };
        for part in parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Interpolation(node) => {
                    let value = self.nested(node, scope)?;
                    text.push_str(self.coerce(value, Coercion::Plain)?.text);
                    self.limits.size(self, text.len())?;
                }
            }
        }
        Ok(self.path(&text))
    }
}
