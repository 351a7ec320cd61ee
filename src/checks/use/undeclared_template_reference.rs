//! The configuration uses `config.sops.templates.X`, and nothing declares X.

use crate::checks::{Rule, Verdict, World};
use crate::finding::Level;
use crate::manifest::Namespace;

use super::undeclared;

pub const RULE: Rule = Rule {
    id: "undeclared-template-reference",
    level: Level::Error,
    page: include_str!("../../../docs/rules/undeclared-template-reference.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    undeclared::check(&RULE, Namespace::Templates, world, verdict);
}
