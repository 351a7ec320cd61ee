//! In what a file's recipients differ from those of its rule.

use std::collections::BTreeSet;

use crate::sops::Recipient;

use super::RuleRecipient;

/// What `sops updatekeys` would change of a file's recipients.
#[derive(Debug)]
pub struct Drift<'a> {
    /// Named by the rule, not in the file.
    pub missing: Vec<&'a RuleRecipient>,
    /// In the file, not named by the rule.
    pub stale: Vec<&'a Recipient>,
}

impl<'a> Drift<'a> {
    /// Compares as `sops updatekeys` does: group by group in their order, each as a set of
    /// identity texts (reference: sops, `cmd/sops/subcommand/updatekeys`). Nothing if they agree.
    pub fn between(file: &'a [Vec<Recipient>], rule: &'a [Vec<RuleRecipient>]) -> Option<Self> {
        let mut drifted = false;
        let (mut missing, mut stale) = (Vec::new(), Vec::new());
        for group in 0..file.len().max(rule.len()) {
            let sealed = file.get(group).map_or(&[][..], Vec::as_slice);
            let ruled = rule.get(group).map_or(&[][..], Vec::as_slice);
            let sealed_set: BTreeSet<_> = sealed.iter().map(|one| (one.kind, &one.identity)).collect();
            let ruled_set: BTreeSet<_> = ruled.iter().map(|one| (one.kind, &one.identity)).collect();
            drifted |= sealed_set != ruled_set;
            missing.extend(ruled.iter().filter(|one| !sealed_set.contains(&(one.kind, &one.identity))));
            stale.extend(sealed.iter().filter(|one| !ruled_set.contains(&(one.kind, &one.identity))));
        }
        drifted.then_some(Drift { missing, stale })
    }

    /// Whether both sides hold the same recipients, in other groups.
    pub fn only_regrouped(&self) -> bool {
        let missing: BTreeSet<_> = self.missing.iter().map(|one| &one.identity).collect();
        let stale: BTreeSet<_> = self.stale.iter().map(|one| &one.identity).collect();
        missing == stale
    }
}
