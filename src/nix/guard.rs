//! What is refused before rnix sees it.
//!
//! rnix recurses without a bound in lists, signs, `or` and operators, and takes quadratic time over
//! long chains, and neither a stack overflow nor a thread can be stopped. So one scan over its own
//! tokens measures first. The scan also demands that brackets match, operators have operands and
//! bindings end: in recovering from such errors rnix swallows closing brackets, and would nest
//! deeper than was measured.

use std::ops::Range;

use rnix::SyntaxKind::{self, *};

/// Largest file, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// Deepest nesting of brackets, strings and `let … in` (the most met in real files is 56).
pub const MAX_DEPTH: usize = 256;
/// Longest run of the signs `-` and `!` (71).
pub const MAX_SIGNS: usize = 256;
/// Longest run, in bytes, of the characters of names, numbers and paths, outside strings (372).
pub const MAX_RUN: usize = 8_192;
/// Most tokens of the unfinished expressions around a point: atoms of applications (167),
/// operators, `else if`, lambdas, `with`, … each may make the tree one deeper.
pub const MAX_PENDING: usize = 4_096;
/// Most steps that rnix' tokenizer may look ahead in total: at every token to the end of its run.
const MAX_LOOKAHEAD: usize = 16 << 20;
/// Most of (tokens × tokens pending at each), which bounds the quadratic time of tree building.
const MAX_WORK: usize = 64 << 20;

/// Why a text is not given to rnix, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is no Nix: what is wrong, as a clause.
    Syntax(String, Range<usize>),
    /// It may be Nix, but is over a bound: which, as a clause.
    TooMuch(String, Range<usize>),
}

/// Measures a text in linear time and without recursion.
pub fn check(source: &str) -> Result<(), Refusal> {
    if source.len() > MAX_BYTES {
        return Err(Refusal::TooMuch("is larger than 1 MiB".into(), 0..0));
    }
    if let Some(at) = source.find('\0') {
        return Err(Refusal::TooMuch("holds a NUL byte".into(), at..at + 1));
    }
    let mut scan = Scan::new(source);
    let mut tokens = rnix::tokenize(source);
    loop {
        if scan.current.bracket != Bracket::String {
            scan.look_ahead.at(scan.offset)?;
        }
        let Some((kind, text)) = tokens.next() else { return scan.finish() };
        let range = scan.offset..scan.offset + text.len();
        scan.offset = range.end;
        if !matches!(kind, TOKEN_WHITESPACE | TOKEN_COMMENT) {
            scan.token(kind, text, range)?;
        }
    }
}

/// What rnix' tokenizer looks at besides the token it is at: outside strings all of a run, at each
/// token of it.
pub(super) struct LookAhead<'a> {
    source: &'a str,
    run_end: usize,
    total: usize,
}

impl<'a> LookAhead<'a> {
    /// Nothing was looked at yet.
    pub(super) fn new(source: &'a str) -> Self {
        LookAhead { source, run_end: 0, total: 0 }
    }

    /// Accounts for the token at this offset, outside strings; offsets ascend.
    pub(super) fn at(&mut self, offset: usize) -> Result<(), Refusal> {
        if offset >= self.run_end {
            let rest = self.source.as_bytes().get(offset..).unwrap_or_default();
            let run = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"/_.+-<".contains(byte)).count();
            self.run_end = offset + run;
            if run > MAX_RUN {
                let why = format!("has a run of {run} characters without a blank (at most {MAX_RUN} are read)");
                return Err(Refusal::TooMuch(why, offset..self.run_end));
            }
        }
        self.total += self.run_end - offset;
        if self.total > MAX_LOOKAHEAD {
            return Err(Refusal::TooMuch("has too many long runs without a blank".into(), offset..self.run_end));
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bracket {
    File,
    Paren,
    List,
    /// `{ … }`: an attribute set, a legacy `let`, or a lambda's pattern.
    Braces,
    Let,
    Interpolation,
    String,
}

/// What stands between one bracket and its end.
struct Level {
    bracket: Bracket,
    opened: Range<usize>,
    /// Tokens of the expression that is not finished yet.
    pending: usize,
    /// `with` and `assert` that wait for their `;`.
    awaited: usize,
    /// Inside `inherit …;`, whose names do not nest.
    inherit: bool,
    /// After the `=` of a binding.
    assigned: bool,
}

impl Level {
    fn new(bracket: Bracket, opened: Range<usize>) -> Self {
        Level { bracket, opened, pending: 0, awaited: 0, inherit: false, assigned: false }
    }

    fn has_bindings(&self) -> bool {
        matches!(self.bracket, Bracket::Braces | Bracket::Let)
    }
}

struct Scan<'a> {
    offset: usize,
    current: Level,
    outer: Vec<Level>,
    /// The sum of all levels' `pending`.
    pending: usize,
    previous: SyntaxKind,
    previous_range: Range<usize>,
    /// An operand must follow.
    wants_operand: bool,
    signs: usize,
    look_ahead: LookAhead<'a>,
    work: usize,
}

impl<'a> Scan<'a> {
    fn new(source: &'a str) -> Self {
        Scan {
            offset: 0,
            current: Level::new(Bracket::File, 0..0),
            outer: Vec::new(),
            pending: 0,
            previous: TOKEN_SEMICOLON,
            previous_range: 0..0,
            wants_operand: false,
            signs: 0,
            look_ahead: LookAhead::new(source),
            work: 0,
        }
    }

    fn token(&mut self, kind: SyntaxKind, text: &str, range: Range<usize>) -> Result<(), Refusal> {
        if kind == TOKEN_ERROR {
            return Err(self.not_a_token(text, range));
        }
        if self.wants_operand && ends_expression(kind) {
            return Err(unexpected(text, range));
        }
        if self.previous == TOKEN_LET && kind != TOKEN_L_BRACE {
            self.open(Bracket::Let, self.previous_range.clone())?;
        }
        self.count(kind, &range)?;
        self.wants_operand = self.leaves_operand_wanted(kind);
        self.bracket(kind, text, range.clone())?;
        self.previous = kind;
        self.previous_range = range;
        Ok(())
    }

    /// Opens, closes and separates.
    fn bracket(&mut self, kind: SyntaxKind, text: &str, range: Range<usize>) -> Result<(), Refusal> {
        match kind {
            TOKEN_L_PAREN => self.open(Bracket::Paren, range),
            TOKEN_L_BRACK => self.open(Bracket::List, range),
            TOKEN_L_BRACE => self.open(Bracket::Braces, range),
            TOKEN_INTERPOL_START => self.open(Bracket::Interpolation, range),
            TOKEN_STRING_START => self.open(Bracket::String, range),
            TOKEN_R_PAREN => self.close(Bracket::Paren, text, range),
            TOKEN_R_BRACK => self.close(Bracket::List, text, range),
            TOKEN_R_BRACE => self.close(Bracket::Braces, text, range),
            TOKEN_INTERPOL_END => self.close(Bracket::Interpolation, text, range),
            TOKEN_STRING_END => self.close(Bracket::String, text, range),
            TOKEN_IN => self.close(Bracket::Let, text, range),
            TOKEN_WITH | TOKEN_ASSERT => {
                self.current.awaited += 1;
                Ok(())
            }
            TOKEN_INHERIT if matches!(self.previous, TOKEN_L_BRACE | TOKEN_SEMICOLON | TOKEN_LET) => {
                self.current.inherit = self.current.has_bindings();
                Ok(())
            }
            TOKEN_SEMICOLON if self.current.awaited > 0 => {
                self.current.awaited -= 1;
                self.wants_operand = true;
                Ok(())
            }
            TOKEN_ASSIGN if self.current.assigned => Err(expected("`;`", text, range)),
            TOKEN_ASSIGN if self.current.has_bindings() => {
                self.current.assigned = true;
                Ok(())
            }
            TOKEN_SEMICOLON if self.current.assigned || self.current.inherit => {
                self.current.assigned = false;
                self.current.inherit = false;
                self.forget_pending();
                Ok(())
            }
            TOKEN_COMMA if self.current.bracket == Bracket::Braces => {
                self.forget_pending();
                Ok(())
            }
            TOKEN_ASSIGN | TOKEN_SEMICOLON | TOKEN_COMMA => Err(unexpected(text, range)),
            _ => Ok(()),
        }
    }

    fn count(&mut self, kind: SyntaxKind, range: &Range<usize>) -> Result<(), Refusal> {
        self.signs = if matches!(kind, TOKEN_SUB | TOKEN_INVERT) { self.signs + 1 } else { 0 };
        if self.signs > MAX_SIGNS {
            return Err(Refusal::TooMuch(format!("has more than {MAX_SIGNS} signs in a row"), range.clone()));
        }
        let separate = self.current.bracket == Bracket::List
            && !matches!(kind, TOKEN_DOT | TOKEN_OR)
            && !matches!(self.previous, TOKEN_DOT | TOKEN_OR);
        if separate {
            self.forget_pending();
        }
        if !self.current.inherit && self.current.bracket != Bracket::String {
            self.current.pending += 1;
            self.pending += 1;
        }
        self.work += self.pending;
        if self.pending > MAX_PENDING || self.work > MAX_WORK {
            let why = format!("has an expression of more than {MAX_PENDING} parts");
            return Err(Refusal::TooMuch(why, range.clone()));
        }
        Ok(())
    }

    fn leaves_operand_wanted(&self, kind: SyntaxKind) -> bool {
        match kind {
            // After a selection `or` is an operator; elsewhere it is a name.
            TOKEN_OR => {
                !self.current.inherit
                    && !matches!(self.previous, TOKEN_DOT | TOKEN_QUESTION | TOKEN_SEMICOLON | TOKEN_L_BRACE)
            }
            TOKEN_EQUAL | TOKEN_NOT_EQUAL | TOKEN_INVERT | TOKEN_ADD | TOKEN_SUB | TOKEN_MUL | TOKEN_DIV
            | TOKEN_CONCAT | TOKEN_UPDATE | TOKEN_IMPLICATION | TOKEN_AND_AND | TOKEN_OR_OR | TOKEN_LESS
            | TOKEN_LESS_OR_EQ | TOKEN_MORE | TOKEN_MORE_OR_EQ | TOKEN_PIPE_LEFT | TOKEN_PIPE_RIGHT | TOKEN_DOT
            | TOKEN_ASSIGN | TOKEN_COLON | TOKEN_QUESTION | TOKEN_AT | TOKEN_IF | TOKEN_THEN | TOKEN_ELSE
            | TOKEN_IN | TOKEN_WITH | TOKEN_ASSERT | TOKEN_L_PAREN | TOKEN_INTERPOL_START => true,
            _ => false,
        }
    }

    fn open(&mut self, bracket: Bracket, opened: Range<usize>) -> Result<(), Refusal> {
        if self.outer.len() >= MAX_DEPTH {
            return Err(Refusal::TooMuch(format!("is nested more than {MAX_DEPTH} deep"), opened));
        }
        self.outer.push(std::mem::replace(&mut self.current, Level::new(bracket, opened)));
        Ok(())
    }

    fn close(&mut self, bracket: Bracket, text: &str, range: Range<usize>) -> Result<(), Refusal> {
        if self.current.bracket != bracket {
            return Err(unexpected(text, range));
        }
        if self.current.assigned || self.current.awaited > 0 {
            return Err(expected("`;`", text, range));
        }
        self.forget_pending();
        if let Some(outer) = self.outer.pop() {
            self.current = outer;
        }
        Ok(())
    }

    fn forget_pending(&mut self) {
        self.pending -= self.current.pending;
        self.current.pending = 0;
    }

    fn not_a_token(&self, text: &str, range: Range<usize>) -> Refusal {
        if self.current.bracket == Bracket::String {
            return self.unclosed();
        }
        if text.starts_with("/*") {
            return Refusal::Syntax("this comment is never closed".into(), range.start..range.start + 2);
        }
        unexpected(text, range)
    }

    fn finish(self) -> Result<(), Refusal> {
        if self.current.bracket == Bracket::File { Ok(()) } else { Err(self.unclosed()) }
    }

    fn unclosed(&self) -> Refusal {
        let what = match self.current.bracket {
            Bracket::File => "this ends too early",
            Bracket::Paren => "this `(` is never closed",
            Bracket::List => "this `[` is never closed",
            Bracket::Braces => "this `{` is never closed",
            Bracket::Let => "this `let` has no `in`",
            Bracket::Interpolation => "this `${` is never closed",
            Bracket::String => "this string is never closed",
        };
        Refusal::Syntax(what.into(), self.current.opened.clone())
    }
}

fn ends_expression(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        TOKEN_R_PAREN
            | TOKEN_R_BRACK
            | TOKEN_R_BRACE
            | TOKEN_INTERPOL_END
            | TOKEN_SEMICOLON
            | TOKEN_COMMA
            | TOKEN_IN
            | TOKEN_THEN
            | TOKEN_ELSE
    )
}

fn unexpected(text: &str, range: Range<usize>) -> Refusal {
    Refusal::Syntax(format!("unexpected {}", quoted(text)), range)
}

fn expected(wanted: &str, text: &str, range: Range<usize>) -> Refusal {
    Refusal::Syntax(format!("unexpected {}, expected {wanted}", quoted(text)), range)
}

/// A token for a message: punctuation and keywords in backquotes. What else stands in a file that does
/// not parse may be the inside of a string, and so a password: it is not repeated.
pub(super) fn quoted(text: &str) -> String {
    const KEYWORDS: [&str; 11] = ["let", "in", "if", "then", "else", "with", "rec", "inherit", "assert", "or", "..."];
    match text {
        "" => "end of the file".into(),
        keyword if KEYWORDS.contains(&keyword) => format!("`{keyword}`"),
        sign if sign.len() <= 4 && sign.chars().all(|c| c.is_ascii_punctuation()) => format!("`{sign}`"),
        _ => "word".into(),
    }
}
