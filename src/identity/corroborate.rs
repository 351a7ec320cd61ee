//! The second fact: a file or rule of the holder's own that holds the key.

use crate::policy::Policy;
use crate::vault::Vault;

use super::Held;
use super::holder::Holder;

/// Where second facts are looked for.
pub(super) struct Corroboration<'a> {
    pub(super) vault: &'a Vault,
    pub(super) policy: &'a Policy,
}

impl Corroboration<'_> {
    /// Whether a sops file named after the holder (or in a folder that is), or a rule that names
    /// it, holds the key.
    pub(super) fn holds(&self, holder: &Holder, held: &Held) -> bool {
        self.own_file_holds(holder, held) || self.own_rule_holds(holder, held)
    }

    /// Whether any file or rule at all holds the key.
    pub(super) fn is_recipient(&self, held: &Held) -> bool {
        let in_file = || {
            let recipients = self.vault.documents().flat_map(|document| document.metadata.recipients());
            recipients.into_iter().any(|recipient| held.is(recipient.kind, &recipient.identity))
        };
        let in_rule = || {
            let rules = self.policy.configs.iter().flat_map(|config| &config.rules);
            rules
                .flat_map(|rule| rule.groups.iter().flatten())
                .any(|recipient| held.is(recipient.kind, &recipient.identity))
        };
        in_rule() || in_file()
    }

    fn own_file_holds(&self, holder: &Holder, held: &Held) -> bool {
        let own = self.vault.documents().filter(|document| is_named_after(&document.path, holder));
        own.flat_map(|document| document.metadata.recipients())
            .any(|recipient| held.is(recipient.kind, &recipient.identity))
    }

    fn own_rule_holds(&self, holder: &Holder, held: &Held) -> bool {
        let rules = self.policy.configs.iter().flat_map(|config| &config.rules);
        let own = rules.filter(|rule| {
            let expression = rule.path_regex.as_ref().map(|(expression, _)| expression.as_str());
            expression.is_some_and(|expression| mentions(expression, holder))
        });
        own.flat_map(|rule| rule.groups.iter().flatten()).any(|recipient| held.is(recipient.kind, &recipient.identity))
    }
}

/// Whether the file or a folder above it bears the holder's name.
fn is_named_after(path: &str, holder: &Holder) -> bool {
    path.split('/').any(|part| {
        let stem = part.trim_start_matches('.').split('.').next().unwrap_or(part);
        holder.is_folded(part) || holder.is_folded(stem)
    })
}

/// Whether a regular expression has the holder's name as one of its words.
fn mentions(expression: &str, holder: &Holder) -> bool {
    let literal = expression.replace('\\', "");
    let words = literal.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_')));
    words.into_iter().any(|word| holder.is_folded(word))
}
