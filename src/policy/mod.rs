//! `.sops.yaml`: its creation rules and anchors with places, and which rule takes which file.

mod drift;
mod expression;
mod glob;
mod names;
pub mod parse;
mod reach;
mod recipients;
pub mod select;

use regex::Regex;

use crate::sops::crypt::CryptRule;
use crate::source::{Place, RepoPath};
pub use drift::Drift;
pub use expression::{every, exactly};
pub use reach::Idle;
pub use select::Selection;

/// Every `.sops.yaml` of the repository.
#[derive(Debug, Default)]
pub struct Policy {
    /// Sorted by path.
    pub configs: Vec<Config>,
}

/// One `.sops.yaml`.
#[derive(Debug)]
pub struct Config {
    /// Its path.
    pub path: RepoPath,
    /// Whether it is YAML that sops could look into; otherwise nothing is known of its rules.
    pub readable: bool,
    /// It is not readable because it is more than is read here; sops may be content with it.
    pub is_beyond_bounds: bool,
    /// In order; the first that matches wins.
    pub rules: Vec<CreationRule>,
    /// Every anchor or key outside the rules that names a recipient, and every recipient with a
    /// comment behind it.
    pub names: Vec<Named>,
    /// What sops would refuse, in the order in which it was found.
    pub problems: Vec<Problem>,
    /// Fields that sops passes over and that look like ones that it knows.
    pub unknown_fields: Vec<UnknownField>,
}

/// Something that sops refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands.
    pub place: Place,
    /// Why, as a clause.
    pub why: String,
    /// The index of the rule that sops has to come to for this; without one it does not load the rule file.
    pub rule: Option<usize>,
    /// It is a recipient that is none.
    pub is_recipient: bool,
}

/// A field that sops does not know and passes over, most likely a misspelt one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownField {
    /// As written.
    pub name: String,
    /// The field that was probably meant.
    pub nearest: &'static str,
    /// Where it stands.
    pub place: Place,
}

/// One entry of `creation_rules`.
#[derive(Debug)]
pub struct CreationRule {
    /// The entry.
    pub place: Place,
    /// The expression as written, and where; absent matches every file.
    pub path_regex: Option<(String, Place)>,
    /// The compiled expression; absent with a `path_regex` that does not compile.
    pub regex: Option<Regex>,
    /// Recipients by key group; flat lists are one group. As `sops updatekeys` would write them.
    pub groups: Vec<Vec<RuleRecipient>>,
    /// `shamir_threshold`.
    pub threshold: Option<u32>,
    /// Which values it seals; absent where it leaves that to sops: `_unencrypted` stays clear.
    pub crypt: Option<CryptRule>,
    /// `mac_only_encrypted`.
    pub mac_only_encrypted: bool,
}

impl CreationRule {
    /// Its `path_regex`, as written.
    pub fn expression(&self) -> Option<&str> {
        self.path_regex.as_ref().map(|(expression, _)| expression.as_str())
    }
}

/// A recipient of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRecipient {
    /// The list it stands in, named as in a file's metadata: `age`, `pgp`, `kms`, ….
    pub kind: &'static str,
    /// The identity text, as in [`crate::sops::Recipient::identity`].
    pub identity: String,
    /// The anchor through which it is named.
    pub anchor: Option<String>,
    /// Whether it stands in a text, which commas part, rather than in a list: no alias can stand in there.
    pub in_text: bool,
    /// Where it stands in the rule.
    pub place: Place,
}

/// A name that a rule file gives to a recipient: an anchor, a map's key or a comment beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The anchor's name, the key, or the comment's text.
    pub name: String,
    /// The recipient's text.
    pub recipient: String,
    /// Where the name stands.
    pub place: Place,
    /// An anchor; otherwise a key or a comment.
    pub is_anchor: bool,
}
