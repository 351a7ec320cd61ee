//! A secret that is decrypted before users exist is to belong to one.

use crate::checks::installed::{Installed, installed};
use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Fact, HostKind};

pub const RULE: Rule = Rule {
    id: "early-secret-with-owner",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/early-secret-with-owner.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    // nix-darwin takes `neededForUsers` and makes nothing of it.
    let systems = world.manifest.hosts.iter().filter(|host| host.kind == HostKind::Nixos);
    for file in systems.flat_map(installed).filter(|file| file.is_early == Some(true)) {
        let fields = [("owner", file.owner), ("group", file.group)];
        let said: Vec<_> = fields.into_iter().filter(|(field, _)| file.says(field)).collect();
        if let Some((field, name)) = said.iter().find_map(|(field, whose)| Some((*field, other_than_root(whose)?))) {
            verdict.findings.push(finding(&file, field, name));
        } else if said.iter().any(|(_, whose)| whose.is_unknown()) {
            let clause =
                format!("whether the owner of {} on `{}` counts: it is not known", file.called(), file.host.name);
            verdict.undecided_of(file.host, clause);
        }
    }
}

fn other_than_root(whose: &Fact<Option<String>>) -> Option<&str> {
    whose.known()?.as_deref().filter(|name| *name != "root")
}

fn finding(file: &Installed<'_>, field: &str, name: &str) -> Finding {
    let secret = file.name;
    let declared = file.host.sops.as_ref().and_then(|sops| sops.secrets.get(secret));
    let key = declared.and_then(|declared| declared.key.known()).map_or(secret, String::as_str);
    let place = file.field_place(field);
    let others =
        (place != file.place()).then(|| Label::new(file.place(), format!("{} is declared here", file.called())));
    let kind = if field == "owner" { "user" } else { "group" };
    Finding {
        help: Some(format!(
            "leave `owner` and `group` out; what `{name}` is to read, declare once more under another name, with `key = \
             {};` and without `neededForUsers`",
            command::text(key)
        )),
        others: others.into_iter().collect(),
        ..file.finding(
            &RULE,
            Label::new(place, format!("no {kind} `{name}` exists yet")),
            format!(
                "Secret `{secret}` has `neededForUsers` and is to belong to `{name}`. It is written before there are \
                 users, so it becomes root's: sops-nix does not look the {kind} up and says nothing, and `{name}` is \
                 refused the file."
            ),
        )
    }
}
