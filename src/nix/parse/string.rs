//! String literals: escapes resolved, indentation stripped.

use rnix::SyntaxKind::{TOKEN_STRING_CONTENT, TOKEN_STRING_START};
use rnix::ast::{self, InterpolPart};
use rowan::ast::AstNode;

/// A piece of a string.
pub(super) enum Piece {
    Text(String),
    Interpolation(ast::Interpol),
}

/// The pieces of a string of a tree without errors; neighbouring texts are joined.
pub(super) fn pieces(string: &ast::Str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if is_indented(string) {
        for part in string.normalized_parts() {
            match part {
                InterpolPart::Literal(text) => push_text(&mut pieces, text),
                InterpolPart::Interpolation(interpolation) => pieces.push(Piece::Interpolation(interpolation)),
            }
        }
        return pieces;
    }
    for child in string.syntax().children_with_tokens() {
        match child {
            rowan::NodeOrToken::Token(token) if token.kind() == TOKEN_STRING_CONTENT => {
                push_text(&mut pieces, unescape(token.text()));
            }
            rowan::NodeOrToken::Token(_) => (),
            rowan::NodeOrToken::Node(node) => pieces.extend(ast::Interpol::cast(node).map(Piece::Interpolation)),
        }
    }
    pieces
}

/// The text of a string without interpolation.
pub(super) fn plain_text(string: &ast::Str) -> Option<String> {
    let mut pieces = pieces(string).into_iter();
    match (pieces.next(), pieces.next()) {
        (None, _) => Some(String::new()),
        (Some(Piece::Text(text)), None) => Some(text),
        _ => None,
    }
}

fn is_indented(string: &ast::Str) -> bool {
    let mut tokens = string.syntax().children_with_tokens().filter_map(|child| child.into_token());
    tokens.any(|token| token.kind() == TOKEN_STRING_START && token.text() == "''")
}

fn push_text(pieces: &mut Vec<Piece>, text: String) {
    match pieces.last_mut() {
        _ if text.is_empty() => (),
        Some(Piece::Text(before)) => before.push_str(&text),
        _ => pieces.push(Piece::Text(text)),
    }
}

/// The escapes of `"…"`. As in Nix (and not in rnix) a CR, or CR LF, that stands there is an LF.
fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut characters = raw.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some(other) => text.push(other),
                None => (),
            },
            '\r' => {
                characters.next_if_eq(&'\n');
                text.push('\n');
            }
            other => text.push(other),
        }
    }
    text
}
