//! Which values of a file are to be sealed: the one crypt rule that its metadata names
//! (source: `shouldBeEncrypted` in sops.go of getsops/sops; reference: sops.md section 1).

use regex::Regex;

use super::pattern;

/// The option of which a file may have one. Every test looks at any key on the way to a value, so
/// what is said of a map holds for all below it.
#[derive(Debug, Clone)]
pub enum CryptRule {
    /// Clear below a key that ends so. What sops takes where a file names none: `_unencrypted`.
    UnencryptedSuffix(Box<str>),
    /// Sealed only below a key that ends so.
    EncryptedSuffix(Box<str>),
    /// Clear below a key that matches.
    UnencryptedRegex(Expression),
    /// Sealed only below a key that matches.
    EncryptedRegex(Expression),
    /// Clear after a comment that matches.
    UnencryptedCommentRegex(Expression),
    /// Sealed only after a comment that matches; that comment itself stays clear.
    EncryptedCommentRegex(Expression),
}

/// A regular expression; one that does not compile matches nothing, and sops says nothing of it.
#[derive(Debug, Clone)]
pub struct Expression {
    /// As written.
    pub text: Box<str>,
    /// Compiled, if it compiles.
    pub regex: Option<Regex>,
}

impl Expression {
    fn new(text: &str) -> Expression {
        Expression { text: text.into(), regex: pattern::compile(text).ok() }
    }

    fn matches(&self, text: &str) -> bool {
        self.regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

impl Default for CryptRule {
    fn default() -> Self {
        CryptRule::UnencryptedSuffix("_unencrypted".into())
    }
}

impl CryptRule {
    /// The names of the options, in metadata as in creation rules.
    pub const OPTIONS: [&'static str; 6] = [
        "unencrypted_suffix",
        "encrypted_suffix",
        "unencrypted_regex",
        "encrypted_regex",
        "unencrypted_comment_regex",
        "encrypted_comment_regex",
    ];

    /// The rule that an option of [`CryptRule::OPTIONS`] with this text makes.
    pub fn new(option: &str, text: &str) -> Option<CryptRule> {
        Some(match option {
            "unencrypted_suffix" => CryptRule::UnencryptedSuffix(text.into()),
            "encrypted_suffix" => CryptRule::EncryptedSuffix(text.into()),
            "unencrypted_regex" => CryptRule::UnencryptedRegex(Expression::new(text)),
            "encrypted_regex" => CryptRule::EncryptedRegex(Expression::new(text)),
            "unencrypted_comment_regex" => CryptRule::UnencryptedCommentRegex(Expression::new(text)),
            "encrypted_comment_regex" => CryptRule::EncryptedCommentRegex(Expression::new(text)),
            _ => return None,
        })
    }

    /// The name of its option, and the text that it has in the file.
    pub fn option(&self) -> (&'static str, &str) {
        match self {
            CryptRule::UnencryptedSuffix(suffix) => ("unencrypted_suffix", suffix),
            CryptRule::EncryptedSuffix(suffix) => ("encrypted_suffix", suffix),
            CryptRule::UnencryptedRegex(expression) => ("unencrypted_regex", &expression.text),
            CryptRule::EncryptedRegex(expression) => ("encrypted_regex", &expression.text),
            CryptRule::UnencryptedCommentRegex(expression) => ("unencrypted_comment_regex", &expression.text),
            CryptRule::EncryptedCommentRegex(expression) => ("encrypted_comment_regex", &expression.text),
        }
    }

    /// Whether its expression is one. Suffixes always are.
    pub fn compiles(&self) -> bool {
        match self {
            CryptRule::UnencryptedSuffix(_) | CryptRule::EncryptedSuffix(_) => true,
            CryptRule::UnencryptedRegex(expression)
            | CryptRule::EncryptedRegex(expression)
            | CryptRule::UnencryptedCommentRegex(expression)
            | CryptRule::EncryptedCommentRegex(expression) => expression.regex.is_some(),
        }
    }

    /// Whether a key marks what lies below it.
    pub fn marks_key(&self, key: &str) -> bool {
        match self {
            CryptRule::UnencryptedSuffix(suffix) | CryptRule::EncryptedSuffix(suffix) => key.ends_with(&**suffix),
            CryptRule::UnencryptedRegex(expression) | CryptRule::EncryptedRegex(expression) => expression.matches(key),
            CryptRule::UnencryptedCommentRegex(_) | CryptRule::EncryptedCommentRegex(_) => false,
        }
    }

    /// Whether a comment marks what comes after it: the next item and all in it.
    pub fn marks_after(&self, comment: &str) -> bool {
        match self {
            CryptRule::UnencryptedCommentRegex(expression) | CryptRule::EncryptedCommentRegex(expression) => {
                expression.matches(comment)
            }
            _ => false,
        }
    }

    /// Whether a comment that marks what comes after it is itself marked: it stays clear either way.
    pub fn marks_itself(&self) -> bool {
        matches!(self, CryptRule::UnencryptedCommentRegex(_))
    }

    /// Whether sops seals a value that is marked, by any key on the way to it or any comment in force, or is not.
    pub fn seals(&self, is_marked: bool) -> bool {
        match self {
            CryptRule::EncryptedSuffix(_) | CryptRule::EncryptedRegex(_) | CryptRule::EncryptedCommentRegex(_) => {
                is_marked
            }
            CryptRule::UnencryptedSuffix(_)
            | CryptRule::UnencryptedRegex(_)
            | CryptRule::UnencryptedCommentRegex(_) => !is_marked,
        }
    }
}
