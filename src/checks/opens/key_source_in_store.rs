//! A private key is named in such a way that Nix copies it to its store.

use crate::checks::declared::{Declared, configurations, owner};
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Host, KeySource, Sops};
use crate::source::Place;

pub const RULE: Rule = Rule {
    id: "key-source-in-store",
    level: Level::Error,
    page: include_str!("../../../docs/rules/key-source-in-store.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for (host, user, sops) in configurations(world.manifest) {
        let copied = sops.key_sources.iter().filter(|(_, source)| source.copied);
        verdict.findings.extend(copied.map(|(option, source)| finding(host, user, sops, option, source)));
    }
}

fn finding(host: &Host, user: Option<&str>, sops: &Sops, option: &str, source: &KeySource) -> Finding {
    let declared = sops.secrets.iter().next();
    let declared = declared.map(|(name, secret)| Declared { host, user, container: None, sops, name, secret }.place());
    let set_at = source.at.as_ref().map(|at| at.0.clone());
    let place = set_at.or(declared).unwrap_or_else(|| Place::whole_file("flake.nix".into()));
    let is_list = option.ends_with("Paths");
    let example = if is_list { "[ \"/etc/ssh/ssh_host_ed25519_key\" ]" } else { "\"/var/lib/sops-nix/key.txt\"" };
    Finding {
        hosts: vec![host.name.clone()],
        user: user.map(str::to_owned),
        certainty: source.certainty.clone(),
        help: Some(format!(
            "name the place of the key on the host as a text, in quotes: `sops.{option} = {example};`. A private key \
             that is in the repository or in a store already is no secret any more: make a new one, and run \
             `sops updatekeys` and `sops rotate` on what it opens"
        )),
        names: vec![option.to_owned()],
        ..RULE.finding(
            Label::new(place, "a Nix path, or a path in the store"),
            format!(
                "`sops.{option}` of {} names a private key by a Nix path or in the Nix store. Nix copies what a path \
                 names to its store, where everybody on the machine can read it, and to every binary cache; where \
                 it may not (a file outside a flake, or `keyFile`), the configuration does not build.",
                owner(host, user)
            ),
        )
    }
}
