//! Where the comments of a file are, without parsing it.

use std::ops::Range;

use rnix::SyntaxKind::TOKEN_COMMENT;

use super::guard::{self, Refusal};

/// The byte range of every comment that begins with `#`, in order; what stands in a string is none.
///
/// # Errors
/// If the text is no Nix, or over a bound: why, as a clause.
pub fn line_comments(text: &str) -> Result<Vec<Range<usize>>, String> {
    guard::check(text).map_err(|refusal| match refusal {
        Refusal::Syntax(why, _) | Refusal::TooMuch(why, _) => why,
    })?;
    let tokens = rnix::tokenize(text).scan(0, |start, (kind, token)| {
        let range = *start..*start + token.len();
        *start = range.end;
        Some((kind, token, range))
    });
    let comments = tokens.filter(|(kind, token, _)| *kind == TOKEN_COMMENT && token.starts_with('#'));
    Ok(comments.map(|(_, _, range)| range).collect())
}
