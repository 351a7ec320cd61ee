//! A host is a recipient only with its ssh key itself, which sops-nix does not open files with.

use crate::access::Reach;
use crate::checks::deciding::{Deciding, deciding};
use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::source::Place;

use super::reader::{Needed, needed};

pub const RULE: Rule = Rule {
    id: "ssh-recipient-not-usable",
    level: Level::Error,
    page: include_str!("../../../docs/rules/ssh-recipient-not-usable.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for needed in needed(world) {
        let readers = needed.readers();
        let Some((Reach::OnlyAsSsh, through)) = readers.reach_of_one() else { continue };
        if needed.is_doubtful(verdict) {
            continue;
        }
        let places = through.into_iter().filter_map(|key| key.place).cloned();
        verdict.findings.push(finding(world, &needed, places.collect()));
    }
}

fn finding(world: &World<'_>, needed: &Needed<'_>, mut at: Vec<Place>) -> Finding {
    let Needed { who, document, .. } = needed;
    let path = &document.path;
    let primary = if at.is_empty() { document.metadata.place.clone() } else { at.remove(0) };
    let deciding = deciding(world.policy, path);
    let listed = deciding.iter().flat_map(Deciding::recipients);
    let listed = listed.filter(|one| needed.held.iter().any(|held| held.is(one.kind, &one.identity)));
    let in_rule = listed.map(|one| Label::new(one.place.clone(), "the rule names the ssh key")).next();
    Finding {
        help: Some(help(needed, deciding.as_ref())),
        others: needed.labels().into_iter().chain(in_rule).collect(),
        ..needed.finding(
            &RULE,
            Label::new(primary, format!("{who} is only here, as an ssh key")),
            format!(
                "{who} is a recipient of `{path}` only with its ssh key itself. sops-nix makes age keys of the keys in \
                 `sops.age.sshKeyPaths`, and those open nothing that is sealed for an `ssh-…` recipient. The build \
                 passes; activation then fails and installs no secret at all."
            ),
        )
    }
}

fn help(needed: &Needed<'_>, deciding: Option<&Deciding<'_>>) -> String {
    let itself = "`sops.environment.SOPS_AGE_SSH_PRIVATE_KEY_FILE = \"/etc/ssh/ssh_host_ed25519_key\";`";
    let converted = needed.held.iter().find(|held| held.ssh.is_some() && held.recipient.starts_with("age1"));
    let Some(converted) = converted else {
        return format!("an ssh key of this kind has no age form: give sops the key itself, with its path: {itself}");
    };
    let update = command::updatekeys(SopsFile::read(needed.document), deciding.map(|deciding| deciding.config));
    let place = deciding.map_or_else(|| "a creation rule for the file".to_owned(), Deciding::named);
    format!(
        "write its age form `{}` in {place} instead, then run `{update}`; or give sops the ssh key itself: {itself}",
        converted.recipient
    )
}
