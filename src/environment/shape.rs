//! Which variables a text sets as an environment file, and how each is quoted (reference: systemd.exec(5),
//! EnvironmentFile; sops.md section 8).

use serde::{Deserialize, Serialize};

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Known text.
    Text(String),
    /// What a secret of this name is put in for.
    Secret(String),
    /// Text that is not known.
    Unknown,
}

/// A variable that a text sets, without its value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// What stands before the `=`, where that is a name or was meant as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its line in the text, from 1.
    pub line: u32,
    /// The secrets in its value, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Held>,
    /// A quote in its value is never closed: it takes in all that follows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unclosed: bool,
}

/// A secret in a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its attribute name.
    pub secret: String,
    /// What it stands between.
    pub quote: Quote,
}

/// The quotes around a part of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quote {
    /// None.
    None,
    /// `'…'`.
    Single,
    /// `"…"`.
    Double,
    /// It depends on text that is not known.
    Unknown,
}

/// The variables that a text sets, in order. A secret counts as text without quotes, escapes and line breaks.
pub fn variables(pieces: &[Piece]) -> Vec<Variable> {
    let tokens = pieces.iter().flat_map(|piece| match piece {
        Piece::Text(text) => text.chars().map(Token::Char).collect::<Vec<_>>(),
        Piece::Secret(name) => vec![Token::Secret(name)],
        Piece::Unknown => vec![Token::Unknown],
    });
    Reader { tokens: tokens.collect::<Vec<_>>().into_iter().peekable(), line: 1 }.variables()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Char(char),
    Secret(&'a str),
    Unknown,
}

impl Token<'_> {
    fn is_break(self) -> bool {
        matches!(self, Token::Char('\n' | '\r'))
    }

    fn is_blank(self) -> bool {
        matches!(self, Token::Char(' ' | '\t' | '\n' | '\r'))
    }
}

struct Reader<'a> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token<'a>>>,
    line: u32,
}

impl<'a> Reader<'a> {
    fn next_if(&mut self, wanted: impl FnOnce(Token<'a>) -> bool) -> Option<Token<'a>> {
        let token = self.tokens.next_if(|token| wanted(*token))?;
        self.line += u32::from(token == Token::Char('\n'));
        Some(token)
    }

    fn variables(mut self) -> Vec<Variable> {
        let mut variables = Vec::new();
        loop {
            while self.next_if(Token::is_blank).is_some() {}
            match self.tokens.peek() {
                None => return variables,
                Some(Token::Char('#' | ';')) => while self.next_if(|token| !token.is_break()).is_some() {},
                Some(_) => variables.extend(self.variable()),
            }
        }
    }

    /// None for a line without `=`.
    fn variable(&mut self) -> Option<Variable> {
        let line = self.line;
        let mut name = Some(String::new());
        while let Some(token) = self.next_if(|token| token != Token::Char('=') && !token.is_break()) {
            match (token, &mut name) {
                (Token::Char(c), Some(name)) => name.push(c),
                _ => name = None,
            }
        }
        self.next_if(|token| token == Token::Char('='))?;
        // What ends in `=` may be anything in Base64.
        let is_empty = self.tokens.peek().is_none_or(|token| token.is_break() || *token == Token::Char('='));
        let name = name.filter(|_| !is_empty).map(|name| name.trim_end().to_owned()).filter(|name| is_meant(name));
        let mut variable = Variable { name, line, ..Variable::default() };
        self.value(&mut variable);
        Some(variable)
    }

    /// What follows `=`: quoted parts one after the other, then perhaps a part without quotes.
    fn value(&mut self, variable: &mut Variable) {
        loop {
            match self.tokens.peek() {
                Some(Token::Char(quote @ ('\'' | '"'))) => {
                    let quote = *quote;
                    self.next_if(|_| true);
                    if !self.quoted(quote, variable) {
                        return;
                    }
                }
                Some(Token::Char(' ' | '\t')) => drop(self.next_if(|_| true)),
                Some(Token::Char('\n' | '\r')) | None => return,
                // It may begin with a quote.
                Some(Token::Unknown) => return self.unquoted(Quote::Unknown, variable),
                Some(_) => return self.unquoted(Quote::None, variable),
            }
        }
    }

    /// Whether the quote is closed.
    fn quoted(&mut self, mark: char, variable: &mut Variable) -> bool {
        let mut quote = if mark == '"' { Quote::Double } else { Quote::Single };
        while let Some(token) = self.next_if(|_| true) {
            match token {
                Token::Char(c) if c == mark => return true,
                Token::Char('\\') if mark == '"' => drop(self.next_if(|token| matches!(token, Token::Char(_)))),
                Token::Char(_) => {}
                Token::Secret(secret) => variable.secrets.push(Held { secret: secret.to_owned(), quote }),
                // It may close the quote.
                Token::Unknown => quote = Quote::Unknown,
            }
        }
        variable.unclosed = quote != Quote::Unknown;
        false
    }

    fn unquoted(&mut self, quote: Quote, variable: &mut Variable) {
        while let Some(token) = self.next_if(|token| !token.is_break()) {
            match token {
                Token::Secret(secret) => variable.secrets.push(Held { secret: secret.to_owned(), quote }),
                Token::Char('\\') => drop(self.next_if(|token| matches!(token, Token::Char(_)))),
                Token::Char(_) | Token::Unknown => {}
            }
        }
    }
}

/// Whether a text before `=` was meant as a name; anything else may be a value of something.
fn is_meant(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let bare = name.strip_prefix("export ").unwrap_or(name);
    !bare.is_empty() && bare.len() <= 64 && bare.chars().all(plain)
}
