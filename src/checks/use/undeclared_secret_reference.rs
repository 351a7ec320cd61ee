//! The configuration uses `config.sops.secrets.X` or `config.age.secrets.X`, and nothing declares X.

use crate::checks::{Rule, Verdict, World};
use crate::finding::Level;
use crate::manifest::Namespace;

use super::undeclared;

pub const RULE: Rule = Rule {
    id: "undeclared-secret-reference",
    level: Level::Error,
    page: include_str!("../../../docs/rules/undeclared-secret-reference.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    undeclared::check(&RULE, Namespace::Secrets, world, verdict);
    undeclared::check(&RULE, Namespace::AgeSecrets, world, verdict);
}
