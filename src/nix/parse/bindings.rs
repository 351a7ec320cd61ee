//! `a.b = 1; a = { c = 2; };` → one binding `a`: definitions are merged as Nix merges them, while
//! they are still syntax, because merging can move a body into another set's frame.
//!
//! Both sides must be attribute sets (parentheses around them do not matter), at every depth; any
//! other second definition is an error. The *first* set's `rec` decides for all that is merged into
//! it: a later `rec` is lost, and a later plain set's bodies see a first `rec` (tried with Nix 2.8,
//! see <https://github.com/NixOS/nix/issues/9020>). Nix before 2.20 refused some deep merges, and
//! dropped the dynamic names of the later set; newer ones keep them, and so does this.

use std::ops::Range;

use rnix::ast::{self, HasEntry};

use super::expression::{Lowering, missing, peel, range};
use super::scope::{Scope, Slots};
use super::{Fault, Lowered, string};
use crate::nix::Symbol;
use crate::nix::ir::{Attrs, Binding, BindingValue, Bindings, DynamicBinding, Expr, Node};

/// An attribute set or the bindings of a `let`, merged.
pub(super) struct Set {
    range: Range<usize>,
    recursive: bool,
    entries: Vec<Entry>,
    slots: Slots,
    sources: Vec<ast::Expr>,
    dynamic: Vec<(ast::Attr, Value)>,
}

struct Entry {
    name: Symbol,
    range: Range<usize>,
    value: Value,
}

enum Value {
    Expression(ast::Expr),
    Set(Box<Set>),
    Inherit,
    InheritFrom(u32),
}

impl Value {
    /// A value as written; sets are opened, as something may be merged into them.
    fn of(expression: ast::Expr) -> Lowered<Self> {
        Ok(match peel(expression)? {
            ast::Expr::AttrSet(set) => Value::Set(Box::new(Set::of_attrs(&set)?)),
            other => Value::Expression(other),
        })
    }
}

impl Set {
    fn new(range: Range<usize>, recursive: bool) -> Self {
        Set { range, recursive, entries: Vec::new(), slots: Slots::default(), sources: Vec::new(), dynamic: Vec::new() }
    }

    /// `{ … }` and `rec { … }`.
    pub(super) fn of_attrs(set: &ast::AttrSet) -> Lowered<Self> {
        Self::of(set, set.rec_token().is_some())
    }

    /// The bindings of `let … in …` or `let { … }`.
    pub(super) fn of_let(set: &impl HasEntry) -> Lowered<Self> {
        Self::of(set, true)
    }

    fn of(node: &impl HasEntry, recursive: bool) -> Lowered<Self> {
        let mut set = Set::new(range(node), recursive);
        for entry in node.entries() {
            match entry {
                ast::Entry::Inherit(inherit) => set.add_inherit(&inherit)?,
                ast::Entry::AttrpathValue(binding) => {
                    let path = binding.attrpath().ok_or_else(|| missing(&binding))?;
                    let value = Value::of(binding.value().ok_or_else(|| missing(&binding))?)?;
                    let names: Vec<_> = path.attrs().collect();
                    set.add_path(&names, value, range(&binding).end)?;
                }
            }
        }
        Ok(set)
    }

    fn add_inherit(&mut self, inherit: &ast::Inherit) -> Lowered<()> {
        let source = match inherit.from() {
            None => None,
            Some(from) => {
                self.sources.push(from.expr().ok_or_else(|| missing(&from))?);
                Some(self.sources.len() as u32 - 1)
            }
        };
        for attr in inherit.attrs() {
            let Some(name) = static_name(&attr)? else {
                let message = "dynamic attributes are not allowed in `inherit`".into();
                return Err(Fault { message, range: range(&attr) });
            };
            self.define(name, range(&attr), source.map_or(Value::Inherit, Value::InheritFrom))?;
        }
        Ok(())
    }

    /// Adds `a.b.c = value`. `end` is the byte after the binding.
    fn add_path(&mut self, path: &[ast::Attr], value: Value, end: usize) -> Lowered<()> {
        let mut set = self;
        let mut rest = path;
        while let [attr, following @ ..] = rest {
            rest = following;
            let inner = following.first().map(|next| range(next).start..end);
            match (static_name(attr)?, inner) {
                (Some(name), None) => return set.define(name, range(attr), value),
                (None, None) => {
                    set.dynamic.push((attr.clone(), value));
                    return Ok(());
                }
                (Some(name), Some(inner)) => set = set.child(name, range(attr), inner)?,
                (None, Some(inner)) => {
                    let mut child = Set::new(inner, false);
                    child.add_path(following, value, end)?;
                    set.dynamic.push((attr.clone(), Value::Set(Box::new(child))));
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The set that `name` is, made if it is not there.
    fn child(&mut self, name: Symbol, range: Range<usize>, inner: Range<usize>) -> Lowered<&mut Set> {
        if !self.slots.contains_key(&name) {
            self.define(name, range.clone(), Value::Set(Box::new(Set::new(inner, false))))?;
        }
        match self.slot(name) {
            Some(Entry { value: Value::Set(set), .. }) => Ok(set),
            _ => Err(already_defined(name, range)),
        }
    }

    fn define(&mut self, name: Symbol, range: Range<usize>, value: Value) -> Lowered<()> {
        match (self.slot(name), value) {
            (None, value) => {
                self.slots.insert(name, self.entries.len() as u32);
                self.entries.push(Entry { name, range, value });
                Ok(())
            }
            (Some(Entry { value: Value::Set(first), .. }), Value::Set(second)) => first.merge(*second),
            _ => Err(already_defined(name, range)),
        }
    }

    fn slot(&mut self, name: Symbol) -> Option<&mut Entry> {
        let slot = *self.slots.get(&name)?;
        self.entries.get_mut(slot as usize)
    }

    fn merge(&mut self, other: Set) -> Lowered<()> {
        let shift = self.sources.len() as u32;
        self.sources.extend(other.sources);
        for Entry { name, range, value } in other.entries {
            let value = match value {
                Value::InheritFrom(source) => Value::InheritFrom(source + shift),
                value => value,
            };
            self.define(name, range, value)?;
        }
        self.dynamic.extend(other.dynamic);
        Ok(())
    }

    /// Where and what the first dynamic name is.
    pub(super) fn first_dynamic(&self) -> Option<Range<usize>> {
        self.dynamic.first().map(|(attr, _)| range(attr))
    }
}

impl Lowering {
    /// A set as an expression.
    pub(super) fn set(&mut self, set: Set) -> Lowered<Node> {
        let recursive = set.recursive;
        let span = self.span(set.range.clone());
        if recursive {
            self.scopes.push(Scope::Names(set.slots.clone()));
        }
        let lowered = self.bindings(set);
        if recursive {
            self.scopes.pop();
        }
        let (bindings, dynamic) = lowered?;
        let mut names: Vec<_> = bindings.bindings.iter().map(|binding| binding.name).zip(0u32..).collect();
        names.sort();
        let by_name = names.into_iter().map(|(_, place)| place).collect();
        Ok(Node { span, expr: Expr::Attrs(Box::new(Attrs { recursive, bindings, by_name, dynamic })) })
    }

    /// The bindings of a `let` and its body, in their frame.
    pub(super) fn let_in(&mut self, set: Set, body: &ast::Expr) -> Lowered<Expr> {
        if let Some(range) = set.first_dynamic() {
            return Err(Fault { message: "dynamic attributes are not allowed in `let`".into(), range });
        }
        self.scopes.push(Scope::Names(set.slots.clone()));
        let lowered = self.bindings(set).and_then(|(bindings, _)| Ok((bindings, self.expression(body)?)));
        self.scopes.pop();
        let (bindings, body) = lowered?;
        Ok(Expr::Let { bindings: Box::new(bindings), body: Box::new(body) })
    }

    fn bindings(&mut self, set: Set) -> Lowered<(Bindings, Box<[DynamicBinding]>)> {
        let own_frame = usize::from(set.recursive);
        let inherit_sources = set.sources.iter().map(|source| self.expression(source)).collect::<Lowered<_>>()?;
        let mut bindings = Vec::with_capacity(set.entries.len());
        for Entry { name, range, value } in set.entries {
            let value = match value {
                Value::Inherit => BindingValue::Inherit(self.variable(name, own_frame)),
                Value::InheritFrom(source) => BindingValue::InheritFrom(source),
                value => BindingValue::Plain(self.value(value)?),
            };
            bindings.push(Binding { name, span: self.span(range), value });
        }
        let mut dynamic = Vec::with_capacity(set.dynamic.len());
        for (attr, value) in set.dynamic {
            dynamic.push(DynamicBinding { name: self.computed_name(&attr)?, value: self.value(value)? });
        }
        Ok((Bindings { inherit_sources, bindings: bindings.into() }, dynamic.into()))
    }

    fn value(&mut self, value: Value) -> Lowered<Node> {
        match value {
            Value::Expression(expression) => self.expression(&expression),
            Value::Set(set) => self.set(*set),
            // Only static names are inherited, and those are handled where they stand.
            Value::Inherit | Value::InheritFrom(_) => {
                Err(Fault { message: "dynamic attributes are not allowed in `inherit`".into(), range: 0..0 })
            }
        }
    }
}

/// The name that stands there, if no evaluation is needed to know it.
pub(super) fn static_name(attr: &ast::Attr) -> Lowered<Option<Symbol>> {
    let text = match attr {
        ast::Attr::Ident(ident) => ident.ident_token().map(|token| token.text().to_owned()),
        ast::Attr::Str(string) => string::plain_text(string),
        ast::Attr::Dynamic(dynamic) => match peel(dynamic.expr().ok_or_else(|| missing(dynamic))?)? {
            ast::Expr::Str(string) => string::plain_text(&string),
            _ => None,
        },
    };
    match (text, attr) {
        (None, ast::Attr::Ident(ident)) => Err(missing(ident)),
        (text, _) => Ok(text.as_deref().map(Symbol::new)),
    }
}

fn already_defined(name: Symbol, range: Range<usize>) -> Fault {
    Fault { message: format!("attribute `{name}` is already defined"), range }
}
