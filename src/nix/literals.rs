//! The text inside a Nix file that is no code: what strings, comments and bare URLs hold. Found from
//! the tokens alone, so that a file which does not parse has it too.

use std::ops::Range;

use rnix::SyntaxKind;

use super::guard::LookAhead;

/// Where a file holds text that is no code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Literals {
    /// The bytes between the delimiters, line by line and without the blanks around a line; neither
    /// interpolated code nor attribute names are in it. Ascending and apart.
    pub ranges: Vec<Range<usize>>,
    /// Where the line begins on which the first string in single double quotes stands that holds a
    /// line break. It is legal and rare; in a file that does not parse, probably a quote is missing and
    /// from there on code and text may have changed places.
    pub doubtful_from: Option<usize>,
}

/// A string that is open.
#[derive(Default)]
struct Open {
    parts: Vec<Range<usize>>,
    start: usize,
    /// `"`, rather than `''`.
    is_plain: bool,
    is_interpolated: bool,
    after_dot: bool,
}

impl Literals {
    /// Finds them.
    pub fn of(text: &str) -> Self {
        let mut found = Literals::default();
        let mut open: Vec<Open> = Vec::new();
        // A string that has just ended: what follows tells whether it is an attribute name.
        let mut ended: Option<Open> = None;
        let mut before = SyntaxKind::TOKEN_WHITESPACE;
        let mut start = 0;
        let mut look_ahead = LookAhead::new(text);
        let mut tokens = rnix::tokenize(text);
        loop {
            if !is_in_string(before) && look_ahead.at(start).is_err() {
                // What takes too long to tell apart may all be text.
                found.add(text, start..text.len());
                break;
            }
            let Some((kind, token)) = tokens.next() else { break };
            let range = start..start + token.len();
            start = range.end;
            match kind {
                SyntaxKind::TOKEN_WHITESPACE => continue,
                SyntaxKind::TOKEN_COMMENT => {
                    found.add(text, comment(token, &range));
                    continue;
                }
                _ => {}
            }
            if let Some(string) = ended.take() {
                let is_name = matches!(kind, SyntaxKind::TOKEN_ASSIGN | SyntaxKind::TOKEN_DOT) || string.after_dot;
                found.string(text, string, is_name);
            }
            match kind {
                SyntaxKind::TOKEN_STRING_START => open.push(Open {
                    start: range.start,
                    is_plain: token == "\"",
                    after_dot: before == SyntaxKind::TOKEN_DOT,
                    ..Open::default()
                }),
                SyntaxKind::TOKEN_STRING_CONTENT => match open.last_mut() {
                    Some(string) => string.parts.push(range),
                    None => found.add(text, range),
                },
                SyntaxKind::TOKEN_INTERPOL_START => {
                    if let Some(string) = open.last_mut() {
                        string.is_interpolated = true;
                    }
                }
                SyntaxKind::TOKEN_STRING_END => ended = open.pop(),
                SyntaxKind::TOKEN_URI => found.add(text, range),
                _ => {}
            }
            before = kind;
        }
        for string in open.into_iter().chain(ended) {
            found.string(text, string, false);
        }
        found.ranges.sort_by_key(|range| range.start);
        found
    }

    fn string(&mut self, text: &str, string: Open, is_name: bool) {
        let content = |part: &Range<usize>| text.get(part.clone()).unwrap_or_default();
        if string.is_plain && string.parts.iter().any(|part| content(part).contains('\n')) {
            let line = text.get(..string.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
            self.doubtful_from = Some(self.doubtful_from.map_or(line, |first| first.min(line)));
        }
        if !is_name || string.is_interpolated {
            string.parts.into_iter().for_each(|part| self.add(text, part));
        }
    }

    fn add(&mut self, text: &str, range: Range<usize>) {
        let mut start = range.start;
        for line in text.get(range).unwrap_or_default().split_inclusive('\n') {
            let from = start + line.len() - line.trim_start().len();
            let part = from..from + line.trim().len();
            self.ranges.extend(Some(part).filter(|part| !part.is_empty()));
            start += line.len();
        }
    }
}

/// Whether what follows a token of this kind is the inside of a string.
pub(super) fn is_in_string(before: SyntaxKind) -> bool {
    use SyntaxKind::{TOKEN_INTERPOL_END, TOKEN_STRING_CONTENT, TOKEN_STRING_START};
    matches!(before, TOKEN_STRING_START | TOKEN_STRING_CONTENT | TOKEN_INTERPOL_END)
}

/// What stands in a comment.
fn comment(token: &str, range: &Range<usize>) -> Range<usize> {
    match token.strip_prefix("/*") {
        Some(inside) => range.start + 2..range.end - if inside.ends_with("*/") { 2 } else { 0 },
        None => range.start + 1..range.end,
    }
}
