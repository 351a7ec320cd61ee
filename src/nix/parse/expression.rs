//! Expressions. The depth of the recursion is bounded by [`crate::nix::guard`].

use std::ops::Range;

use rnix::ast::{self, BinOpKind, LiteralKind, UnaryOpKind};
use rnix::{NodeOrToken, SyntaxKind};
use rowan::ast::AstNode;

use super::bindings::{Set, static_name};
use super::scope::{Scope, Scopes, Slots, is_global};
use super::string::{self, Piece};
use super::{Fault, Lowered};
use crate::nix::Symbol;
use crate::nix::ir::{Expr, FileId, Formal, Lambda, Name, Node, Operator, Param, Part, PathBase, Span, Var};

/// The lowering of one file.
pub(super) struct Lowering {
    file: FileId,
    pub(super) scopes: Scopes,
    /// The names that nothing binds, in file order.
    pub(super) unbound: Vec<Symbol>,
}

impl Lowering {
    pub(super) fn new(file: FileId) -> Self {
        Lowering { file, scopes: Scopes::default(), unbound: Vec::new() }
    }

    /// What a name means where the innermost `skipped` frames are not there.
    pub(super) fn variable(&mut self, name: Symbol, skipped: usize) -> Var {
        let var = self.scopes.resolve(name, skipped);
        if matches!(var, Var::Global(name) if !is_global(name.as_str())) {
            self.unbound.push(name);
        }
        var
    }

    pub(super) fn span(&self, range: Range<usize>) -> Span {
        Span { file: self.file, start: range.start as u32, end: range.end as u32 }
    }

    pub(super) fn expression(&mut self, expression: &ast::Expr) -> Lowered<Node> {
        let expression = peel(expression.clone())?;
        let expr = match &expression {
            ast::Expr::AttrSet(set) => return self.set(Set::of_attrs(set)?),
            ast::Expr::Apply(apply) => self.apply(apply)?,
            ast::Expr::Assert(assert) => Expr::Assert {
                condition: self.child(assert.condition(), assert)?,
                body: self.child(assert.body(), assert)?,
            },
            ast::Expr::IfElse(choice) => Expr::If {
                condition: self.child(choice.condition(), choice)?,
                then: self.child(choice.body(), choice)?,
                otherwise: self.child(choice.else_body(), choice)?,
            },
            ast::Expr::Select(select) => self.select(select)?,
            ast::Expr::Str(string) => self.string(string)?,
            ast::Expr::PathAbs(path) => self.path(path, PathBase::Root)?,
            ast::Expr::PathRel(path) => self.path(path, PathBase::File)?,
            ast::Expr::PathHome(path) => self.path(path, PathBase::Home)?,
            ast::Expr::PathSearch(path) => {
                let text = path.syntax().text().to_string();
                Expr::SearchPath(text.trim_matches(['<', '>']).into())
            }
            ast::Expr::Literal(literal) => number_or_uri(literal)?,
            ast::Expr::Lambda(lambda) => self.lambda(lambda)?,
            ast::Expr::LegacyLet(legacy) => self.legacy_let(legacy)?,
            ast::Expr::LetIn(let_in) => {
                let body = let_in.body().ok_or_else(|| missing(let_in))?;
                self.let_in(Set::of_let(let_in)?, &body)?
            }
            ast::Expr::List(list) => {
                Expr::List(list.items().map(|item| self.expression(&item)).collect::<Lowered<_>>()?)
            }
            ast::Expr::BinOp(operation) => self.infix(operation)?,
            ast::Expr::UnaryOp(operation) => {
                let operand = self.child(operation.expr(), operation)?;
                match operation.operator() {
                    Some(UnaryOpKind::Invert) => Expr::Not(operand),
                    Some(UnaryOpKind::Negate) => Expr::Negate(operand),
                    None => return Err(missing(operation)),
                }
            }
            ast::Expr::Ident(ident) => Expr::Var(self.variable(symbol(ident)?, 0)),
            ast::Expr::With(with) => self.with(with)?,
            ast::Expr::HasAttr(has) => {
                Expr::Has { subject: self.child(has.expr(), has)?, path: self.names(has.attrpath(), has)? }
            }
            ast::Expr::CurPos(_) => Expr::CurrentPosition,
            // `peel` leaves no parentheses, and an error or a root in a root is no tree of rnix'.
            ast::Expr::Paren(_) | ast::Expr::Root(_) | ast::Expr::Error(_) => return Err(missing(&expression)),
        };
        Ok(Node { span: self.span(range(&expression)), expr })
    }

    fn child(
        &mut self,
        child: Option<ast::Expr>,
        parent: &impl AstNode<Language = rnix::NixLanguage>,
    ) -> Lowered<Box<Node>> {
        let child = child.ok_or_else(|| missing(parent))?;
        Ok(Box::new(self.expression(&child)?))
    }

    /// One node a chain, found by a loop: chains are long.
    fn apply(&mut self, apply: &ast::Apply) -> Lowered<Expr> {
        let mut arguments = vec![apply.argument().ok_or_else(|| missing(apply))?];
        let mut function = apply.lambda().ok_or_else(|| missing(apply))?;
        while let ast::Expr::Apply(inner) = &function {
            arguments.push(inner.argument().ok_or_else(|| missing(inner))?);
            function = inner.lambda().ok_or_else(|| missing(inner))?;
        }
        let function = Box::new(self.expression(&function)?);
        let arguments = arguments.iter().rev().map(|argument| self.expression(argument)).collect::<Lowered<_>>()?;
        Ok(Expr::Apply { function, arguments })
    }

    fn select(&mut self, select: &ast::Select) -> Lowered<Expr> {
        let default = match select.default_expr() {
            Some(default) => Some(Box::new(self.expression(&default)?)),
            None => None,
        };
        let path = self.names(select.attrpath(), select)?;
        Ok(Expr::Select { subject: self.child(select.expr(), select)?, path, default })
    }

    fn names(
        &mut self,
        path: Option<ast::Attrpath>,
        parent: &impl AstNode<Language = rnix::NixLanguage>,
    ) -> Lowered<Box<[Name]>> {
        let path = path.ok_or_else(|| missing(parent))?;
        path.attrs()
            .map(|attr| match static_name(&attr)? {
                Some(name) => Ok(Name::Static(name, self.span(range(&attr)))),
                None => Ok(Name::Dynamic(Box::new(self.computed_name(&attr)?))),
            })
            .collect()
    }

    /// The expression of a dynamic name.
    pub(super) fn computed_name(&mut self, attr: &ast::Attr) -> Lowered<Node> {
        match attr {
            ast::Attr::Dynamic(dynamic) => {
                let inner = dynamic.expr().ok_or_else(|| missing(dynamic))?;
                self.expression(&inner)
            }
            ast::Attr::Str(string) => {
                let expr = self.string(string)?;
                Ok(Node { span: self.span(range(string)), expr })
            }
            ast::Attr::Ident(ident) => Err(missing(ident)),
        }
    }

    fn string(&mut self, string: &ast::Str) -> Lowered<Expr> {
        let mut parts = Vec::new();
        let mut pieces = string::pieces(string);
        if pieces.is_empty() {
            return Ok(Expr::String("".into()));
        }
        if let [Piece::Text(text)] = pieces.as_mut_slice() {
            return Ok(Expr::String(std::mem::take(text).into()));
        }
        for piece in pieces {
            parts.push(match piece {
                Piece::Text(text) => Part::Text(text.into()),
                Piece::Interpolation(interpolation) => {
                    Part::Interpolation(*self.child(interpolation.expr(), &interpolation)?)
                }
            });
        }
        Ok(Expr::Interpolated(parts.into()))
    }

    fn path(&mut self, path: &impl AstNode<Language = rnix::NixLanguage>, base: PathBase) -> Lowered<Expr> {
        let mut parts = Vec::new();
        for child in path.syntax().children_with_tokens() {
            match child {
                NodeOrToken::Token(token) => {
                    let text = token.text();
                    let text = if base == PathBase::Home { text.strip_prefix("~/").unwrap_or(text) } else { text };
                    parts.push(Part::Text(text.into()));
                }
                NodeOrToken::Node(node) => {
                    let inner = ast::Interpol::cast(node).and_then(|interpolation| interpolation.expr());
                    parts.push(Part::Interpolation(*self.child(inner, path)?));
                }
            }
        }
        Ok(Expr::Path { base, parts: parts.into() })
    }

    fn lambda(&mut self, lambda: &ast::Lambda) -> Lowered<Expr> {
        let mut slots = Slots::default();
        let mut declare = |ident: &ast::Ident| {
            let name = symbol(ident)?;
            let slot = slots.len() as u32;
            if slots.insert(name, slot).is_some() {
                return Err(Fault { message: format!("duplicate function argument `{name}`"), range: range(ident) });
            }
            Ok(name)
        };
        let param = lambda.param().ok_or_else(|| missing(lambda))?;
        let mut entries = Vec::new();
        let mut whole = None;
        let mut simple = None;
        match &param {
            ast::Param::IdentParam(param) => {
                simple = Some(declare(&param.ident().ok_or_else(|| missing(param))?)?);
            }
            ast::Param::Pattern(pattern) => {
                for entry in pattern.pat_entries() {
                    let ident = entry.ident().ok_or_else(|| missing(&entry))?;
                    entries.push((declare(&ident)?, range(&ident), entry.default()));
                }
                if let Some(ident) = pattern.pat_bind().and_then(|bind| bind.ident()) {
                    whole = Some(declare(&ident)?);
                }
            }
        }
        self.scopes.push(Scope::Names(slots));
        let formals = self.formals(entries);
        let body = self.child(lambda.body(), lambda);
        self.scopes.pop();
        let ellipsis = matches!(&param, ast::Param::Pattern(pattern) if pattern.ellipsis_token().is_some());
        let param = match simple {
            Some(name) => Param::Name(name),
            None => Param::Pattern { formals: formals?, ellipsis, whole },
        };
        Ok(Expr::Lambda(Box::new(Lambda { param, body: *body? })))
    }

    fn formals(&mut self, entries: Vec<(Symbol, Range<usize>, Option<ast::Expr>)>) -> Lowered<Box<[Formal]>> {
        let mut formals = Vec::with_capacity(entries.len());
        for (name, range, default) in entries {
            let default = default.map(|default| self.expression(&default)).transpose()?;
            formals.push(Formal { name, span: self.span(range), default });
        }
        Ok(formals.into())
    }

    /// `let { …; body = …; }` is `(rec { … }).body`, as in Nix.
    fn legacy_let(&mut self, legacy: &ast::LegacyLet) -> Lowered<Expr> {
        let subject = Box::new(self.set(Set::of_let(legacy)?)?);
        let path = Box::new([Name::Static(Symbol::new("body"), subject.span)]);
        Ok(Expr::Select { subject, path, default: None })
    }

    fn with(&mut self, with: &ast::With) -> Lowered<Expr> {
        let scope = self.child(with.namespace(), with)?;
        self.scopes.push(Scope::With);
        let body = self.child(with.body(), with);
        self.scopes.pop();
        Ok(Expr::With { scope, body: body? })
    }

    fn infix(&mut self, operation: &ast::BinOp) -> Lowered<Expr> {
        let left = self.child(operation.lhs(), operation)?;
        let right = self.child(operation.rhs(), operation)?;
        let operator = match operation.operator().ok_or_else(|| missing(operation))? {
            BinOpKind::And => return Ok(Expr::And(left, right)),
            BinOpKind::Or => return Ok(Expr::Or(left, right)),
            BinOpKind::Implication => return Ok(Expr::Implies(left, right)),
            BinOpKind::PipeRight => return Ok(Expr::Apply { function: right, arguments: Box::new([*left]) }),
            BinOpKind::PipeLeft => return Ok(Expr::Apply { function: left, arguments: Box::new([*right]) }),
            BinOpKind::Concat => Operator::Concat,
            BinOpKind::Update => Operator::Update,
            BinOpKind::Add => Operator::Add,
            BinOpKind::Sub => Operator::Subtract,
            BinOpKind::Mul => Operator::Multiply,
            BinOpKind::Div => Operator::Divide,
            BinOpKind::Equal => Operator::Equal,
            BinOpKind::NotEqual => Operator::NotEqual,
            BinOpKind::Less => Operator::Less,
            BinOpKind::LessOrEq => Operator::LessOrEqual,
            BinOpKind::More => Operator::Greater,
            BinOpKind::MoreOrEq => Operator::GreaterOrEqual,
        };
        Ok(Expr::Binary(operator, left, right))
    }
}

fn number_or_uri(literal: &ast::Literal) -> Lowered<Expr> {
    let text = literal.syntax().text().to_string();
    let invalid = |what| Fault { message: format!("invalid {what} `{text}`"), range: range(literal) };
    match literal.kind() {
        LiteralKind::Integer(_) => text.parse().map(Expr::Int).map_err(|_| invalid("integer")),
        LiteralKind::Float(_) => text.parse().map(Expr::Float).map_err(|_| invalid("float")),
        LiteralKind::Uri(_) => Ok(Expr::String(text.into())),
    }
}

/// The expression inside parentheses, however many.
pub(super) fn peel(mut expression: ast::Expr) -> Lowered<ast::Expr> {
    while let ast::Expr::Paren(paren) = &expression {
        expression = paren.expr().ok_or_else(|| missing(paren))?;
    }
    Ok(expression)
}

pub(super) fn range(node: &impl AstNode<Language = rnix::NixLanguage>) -> Range<usize> {
    node.syntax().text_range().into()
}

/// A node lacks a part that every valid one has.
pub(super) fn missing(node: &impl AstNode<Language = rnix::NixLanguage>) -> Fault {
    Fault { message: "this is not complete".into(), range: range(node) }
}

fn symbol(ident: &ast::Ident) -> Lowered<Symbol> {
    let mut tokens = ident.syntax().children_with_tokens().filter_map(NodeOrToken::into_token);
    let name = tokens.find(|token| matches!(token.kind(), SyntaxKind::TOKEN_IDENT | SyntaxKind::TOKEN_OR));
    name.map(|token| Symbol::new(token.text())).ok_or_else(|| missing(ident))
}
