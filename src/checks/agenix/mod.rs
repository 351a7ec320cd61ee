//! Do the files of agenix and its rules files agree?

mod age_file_missing;
mod age_host_not_a_recipient;
mod age_recipients_drifted;
mod age_rule_missing;
pub(super) mod declared;
mod entries;

use super::{Rule, World};
use crate::access::{Access, Repository, short};
use crate::agenix::Agenix;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] =
    &[age_file_missing::RULE, age_rule_missing::RULE, age_recipients_drifted::RULE, age_host_not_a_recipient::RULE];

/// Who can read what, where there are age files.
fn access<'w, 'a>(world: &'w World<'a>) -> Option<&'w Access<'a>> {
    let &World { tree, manifest, vault, policy, agenix, identities, .. } = world;
    let repository = Repository { tree, manifest, vault, policy, agenix, identities };
    (!vault.age.is_empty()).then(|| world.access.get_or_init(|| Access::of(repository)))
}

/// What the rules of agenix call a recipient, before its shortened text.
fn called_by_rules(agenix: &Agenix, recipient: &str) -> Option<String> {
    let mut names = agenix.files.iter().flat_map(|file| &file.names);
    let named = names.find(|named| named.recipient.canonical() == recipient)?;
    Some(format!("`{}` ({})", named.name, short(recipient)))
}
