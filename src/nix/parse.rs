//! rnix's tree → [`super::ir`], then the tree is dropped.

mod bindings;
mod expression;
mod scope;
mod string;

use std::ops::Range;

use rnix::{ParseError, SyntaxKind};

use crate::source::Text;

use super::Symbol;
use super::guard::{self, Refusal};
use super::ir::{Content, FileId, Node, Span};
use expression::Lowering;

/// What is wrong with a file, as a clause, and where.
#[derive(Debug)]
struct Fault {
    message: String,
    range: Range<usize>,
}

type Lowered<T> = Result<T, Fault>;

/// Parses and lowers one file. Needs a large stack: call it through [`super::Program::parse`].
pub(super) fn parse(text: &Text, file: FileId) -> Content {
    let span = |range: Range<usize>| Span { file, start: range.start as u32, end: range.end as u32 };
    match guard::check(text.content()) {
        Ok(()) => (),
        Err(Refusal::Syntax(message, range)) => return Content::SyntaxError { message, span: Some(span(range)) },
        Err(Refusal::TooMuch(why, range)) => return Content::NotLooked { why, span: Some(span(range)) },
    }
    let parsed = rnix::Root::parse(text.content());
    // Trees with errors are never touched: rnix' accessors panic on them.
    if parsed.errors().contains(&ParseError::RecursionLimitExceeded) {
        return Content::NotLooked { why: "is nested too deeply".into(), span: None };
    }
    let with_range = parsed.errors().iter().find(|error| range_of(error).is_some());
    if let Some(error) = with_range.or(parsed.errors().first()) {
        let range = range_of(error).map(|range| range.start..range.start + first_token(text, range).len());
        return Content::SyntaxError { message: describe(error, text), span: range.map(span) };
    }
    match lower(&parsed.tree(), file) {
        Ok(node) => Content::Parsed(node),
        Err(Fault { message, range }) => Content::SyntaxError { message, span: Some(span(range)) },
    }
}

/// The names in a file that nothing binds, in its order; none of a file that does not parse. Nix takes such a file
/// for none. Needs a large stack: call it through [`super::Program::unbound`].
pub(super) fn unbound(text: &Text) -> Vec<Symbol> {
    if guard::check(text.content()).is_err() {
        return Vec::new();
    }
    let parsed = rnix::Root::parse(text.content());
    if !parsed.errors().is_empty() {
        return Vec::new();
    }
    let mut lowering = Lowering::new(FileId::OWN);
    match parsed.tree().expr() {
        Some(expression) if lowering.expression(&expression).is_ok() => lowering.unbound,
        _ => Vec::new(),
    }
}

fn lower(root: &rnix::Root, file: FileId) -> Lowered<Node> {
    match root.expr() {
        Some(expression) => Lowering::new(file).expression(&expression),
        None => Err(Fault { message: "there is no expression in it".into(), range: 0..0 }),
    }
}

fn range_of(error: &ParseError) -> Option<Range<usize>> {
    match error {
        ParseError::Unexpected(range)
        | ParseError::UnexpectedExtra(range)
        | ParseError::UnexpectedWanted(_, range, _)
        | ParseError::UnexpectedDoubleBind(range)
        | ParseError::DuplicatedArgs(range, _) => Some((*range).into()),
        _ => None,
    }
}

/// rnix skips far to find its way again; the error is the token where it began.
fn first_token(text: &Text, range: Range<usize>) -> &str {
    let skipped = text.content().get(range).unwrap_or_default();
    rnix::tokenize(skipped).next().map_or("", |(_, token)| token)
}

fn describe(error: &ParseError, text: &Text) -> String {
    let found = |range: &rnix::TextRange| guard::quoted(first_token(text, (*range).into()));
    match error {
        ParseError::UnexpectedWanted(_, range, wanted) => {
            let found = found(range);
            match wanted.as_ref() {
                [only] if symbol(*only).is_some() => {
                    format!("unexpected {found}, expected {}", symbol(*only).unwrap_or_default())
                }
                _ => format!("unexpected {found}"),
            }
        }
        ParseError::Unexpected(range) | ParseError::UnexpectedExtra(range) => {
            format!("unexpected {}", found(range))
        }
        ParseError::UnexpectedDoubleBind(_) => "the argument is named twice".into(),
        ParseError::DuplicatedArgs(_, name) => format!("duplicate function argument `{name}`"),
        _ => "the file ends too early".into(),
    }
}

fn symbol(kind: SyntaxKind) -> Option<&'static str> {
    match kind {
        SyntaxKind::TOKEN_SEMICOLON => Some("`;`"),
        SyntaxKind::TOKEN_ASSIGN => Some("`=`"),
        SyntaxKind::TOKEN_COLON => Some("`:`"),
        SyntaxKind::TOKEN_L_BRACE => Some("`{`"),
        SyntaxKind::TOKEN_R_BRACE => Some("`}`"),
        SyntaxKind::TOKEN_R_PAREN => Some("`)`"),
        SyntaxKind::TOKEN_THEN => Some("`then`"),
        SyntaxKind::TOKEN_ELSE => Some("`else`"),
        SyntaxKind::TOKEN_IDENT => Some("a name"),
        _ => None,
    }
}
