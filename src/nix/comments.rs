//! Where the comments of a file are, without parsing it.

use std::ops::Range;

use rnix::SyntaxKind::{TOKEN_COMMENT, TOKEN_WHITESPACE};

use super::guard::{self, LookAhead, Refusal};
use super::literals::is_in_string;

/// The byte range of every comment that begins with `#`, in order; what stands in a string is none.
///
/// # Errors
/// If the text is no Nix, or over a bound: why, as a clause.
pub fn line_comments(text: &str) -> Result<Vec<Range<usize>>, String> {
    guard::check(text).map_err(|refusal| match refusal {
        Refusal::Syntax(why, _) | Refusal::TooMuch(why, _) => why,
    })?;
    let is_line = |range: &Range<usize>| text.get(range.clone()).is_some_and(|comment| comment.starts_with('#'));
    Ok(comments(text).into_iter().filter(is_line).collect())
}

/// The byte range of every comment, in order, with the signs that begin and end it; what stands in a string is none.
/// From the tokens alone, so that a file which does not parse has them too. What takes too long to tell apart has none.
pub fn comments(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut before = TOKEN_WHITESPACE;
    let mut start = 0;
    let mut look_ahead = LookAhead::new(text);
    let mut tokens = rnix::tokenize(text);
    while is_in_string(before) || look_ahead.at(start).is_ok() {
        let Some((kind, token)) = tokens.next() else { break };
        let range = start..start + token.len();
        start = range.end;
        match kind {
            TOKEN_COMMENT => found.push(range),
            TOKEN_WHITESPACE => {}
            _ => before = kind,
        }
    }
    found
}
