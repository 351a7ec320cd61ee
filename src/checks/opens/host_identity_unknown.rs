//! Nothing tells which recipient a host is, so whether it can open its files is not checked.

use crate::checks::declared::files as count;
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::identity::Identity;
use crate::manifest::HostKind;
use crate::source::Place;

use super::reader::Reader;

pub const RULE: Rule = Rule {
    id: "host-identity-unknown",
    level: Level::Note,
    page: include_str!("../../../docs/rules/host-identity-unknown.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    // `not-looked-at` says it: the rule file may well name the host.
    if world.policy.configs.iter().any(|config| !config.readable) {
        return;
    }
    for reader in Reader::all(world).filter(|reader| reader.user.is_none()) {
        let files = reader.needs(world);
        let (Some((_, declared)), Err(why)) = (files.values().next(), reader.holds(world)) else { continue };
        let name = &reader.host.name;
        // The mend is a line of the rule file, so that is the place to show.
        let config = world.policy.configs.first();
        let place = config.map_or_else(|| declared.place(), |config| Place::whole_file(config.path.clone()));
        verdict.findings.push(Finding {
            hosts: vec![name.clone()],
            help: Some(how_to_tell(&reader, world)),
            others: vec![Label::new(declared.place(), format!("`{name}` needs `{}` for this", declared.name))],
            ..RULE.finding(
                Label::new(place, format!("no recipient is known to be `{name}`")),
                format!(
                    "Which recipient `{name}` is, is not known: {why}. Whether it can open the {} of its secrets was \
                     not checked.",
                    count(files.len())
                ),
            )
        });
    }
}

fn how_to_tell<'a>(reader: &Reader<'a>, world: &World<'a>) -> String {
    let name = &reader.host.name;
    if reader.host.kind == HostKind::Home {
        return "give the user's recipient an anchor of the user's name in `.sops.yaml`".to_owned();
    }
    let line = match reader.identity(world) {
        Some(Identity::Unknown { settled_by, .. }) => settled_by.clone(),
        _ => format!("`[hosts.{name}]` in `sealnix.toml`"),
    };
    format!(
        "give the host's recipient the anchor `&{name}` in `.sops.yaml`, or keep its public key as \
         `hosts/{name}/ssh_host_ed25519_key.pub`, or write {line}"
    )
}
