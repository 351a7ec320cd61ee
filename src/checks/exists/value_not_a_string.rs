//! The value is sealed as a number or a boolean, which sops-nix does not deliver.

use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::sops::{Format, Found, Leaf};

use super::lookup::{Lookup, lookups};

pub const RULE: Rule = Rule {
    id: "value-not-a-string",
    level: Level::Error,
    page: include_str!("../../../docs/rules/value-not-a-string.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    verdict.findings.extend(lookups(world).filter_map(|lookup| finding(&lookup)));
}

fn finding(lookup: &Lookup<'_>) -> Option<Finding> {
    let Lookup { declared, document, key, found } = lookup;
    let Found::Leaf { leaf: Leaf::Sealed(seal), child } = *found else { return None };
    let path = &document.path;
    // Sops sealed it in the form of the name, whatever form the secret declares.
    let what = seal.sealed_type.not_text(Format::of(path))?;
    let key_at = declared.field_label("key", "its key is written here");
    let in_file = Label::new(child.key_place.clone(), format!("sealed as {what}"));
    Some(Finding {
        key: Some((*key).to_owned()),
        help: Some(format!("open it with `{}` and put the value in quotes", command::edit(SopsFile::read(document)))),
        others: key_at.into_iter().chain([in_file]).collect(),
        names: vec![path.to_string()],
        ..declared.finding(
            &RULE,
            format!("needs text at `{key}`"),
            format!(
                "`{key}` in `{path}` is sealed as {what}, and sops-nix delivers only text. The build passes; \
                 activation then fails with \"is not a string\" and installs no secret at all."
            ),
        )
    })
}
