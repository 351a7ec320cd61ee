//! The rules. A check sees the five parts of [`World`] and nothing else: it never touches Nix
//! syntax, YAML or the disk, so it cannot be wrong about parsing.

pub mod exists;
pub mod opens;
pub mod policy;
pub mod read;
pub mod sealed;
pub mod r#use;

use crate::finding::{Finding, Level};
use crate::identity::Identities;
use crate::manifest::Manifest;
use crate::policy::Policy;
use crate::source::Tree;
use crate::vault::Vault;

/// All that a check may look at.
#[derive(Debug)]
pub struct World<'a> {
    /// What each host declares and uses.
    pub manifest: &'a Manifest,
    /// Every sops file.
    pub vault: &'a Vault,
    /// Every rule file.
    pub policy: &'a Policy,
    /// Who holds which key.
    pub identities: &'a Identities,
    /// What lies in the repository.
    pub tree: &'a Tree,
}

/// What a rule says.
#[derive(Debug, Default)]
pub struct Verdict {
    /// The mistakes.
    pub findings: Vec<Finding>,
    /// What could not be decided because something is unknown, one clause a case; the summary
    /// counts these.
    pub undecided: Vec<String>,
}

/// One rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its id, stable for ever; also the name of its page.
    pub id: &'static str,
    /// Its default level.
    pub level: Level,
    /// Its page, `docs/rules/<id>.md`.
    pub page: &'static str,
    /// Finds its mistakes.
    pub check: fn(&World<'_>, &mut Verdict),
}

/// Every rule, family by family, in the order of the documentation.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [read::RULES, exists::RULES, opens::RULES, sealed::RULES, policy::RULES, r#use::RULES].into_iter().flatten()
}
