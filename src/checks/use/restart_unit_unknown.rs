//! `restartUnits` or `reloadUnits` names a unit that the host does not have.

use crate::checks::declared::{Declared, declared};
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Fact, HostKind};

use super::units::{Standing, standing};

pub const RULE: Rule = Rule {
    id: "restart-unit-unknown",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/restart-unit-unknown.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    // Neither home-manager's nor nix-darwin's module has these options.
    let all_known = |declared: &Declared<'_>| {
        let host = declared.host;
        let is_own = declared.user.is_none() && declared.container.is_none();
        host.kind == HostKind::Nixos && is_own && host.complete.units.is_complete()
    };
    for declared in declared(world.manifest).filter(all_known) {
        let Declared { secret, .. } = declared;
        for (field, units) in [("restartUnits", &secret.restart_units), ("reloadUnits", &secret.reload_units)] {
            look_up(&declared, field, units, verdict);
        }
    }
}

fn look_up(declared: &Declared<'_>, field: &'static str, units: &Fact<Vec<String>>, verdict: &mut Verdict) {
    let Declared { host, name, .. } = *declared;
    let Fact::Known(units) = units else {
        let clause = format!("whether the `{field}` of secret `{name}` on `{}` exist: they are not known", host.name);
        verdict.undecided_of(host, clause);
        return;
    };
    for unit in units {
        match standing(host, unit) {
            Standing::There => {}
            Standing::Unknown(why) => {
                let clause =
                    format!("whether `{unit}` in `{field}` of secret `{name}` is a unit of `{}`: {why}", host.name);
                verdict.undecided_of(host, clause);
            }
            Standing::NoEnding(meant) => {
                let what = "is no unit's full name";
                verdict.findings.push(finding(declared, field, unit, meant, what));
            }
            Standing::Missing(near) => {
                verdict.findings.push(finding(declared, field, unit, near, "is no unit of the host"));
            }
        }
    }
}

fn finding(declared: &Declared<'_>, field: &str, unit: &str, meant: Option<String>, what: &str) -> Finding {
    let name = declared.name;
    let verb = if field == "restartUnits" { "restarted" } else { "reloaded" };
    // What is not active is started, and what is not active is not reloaded (NixOS' switch-to-configuration).
    let harm = if field == "restartUnits" && what.ends_with("host") {
        "The build passes; once the secret changes, switching fails as systemd does not find the unit."
    } else {
        "The build passes; once the secret changes, what reads it keeps the old value."
    };
    let instead = meant.as_ref().map(|meant| format!("; `{meant}` is")).unwrap_or_default();
    let place = declared.secret.field_place(field).cloned().unwrap_or_else(|| declared.place());
    let help = match &meant {
        Some(meant) => format!("write `{field} = [ \"{meant}\" ];`"),
        None => format!("name a unit that is there in `{field}`, or leave it out"),
    };
    let others =
        (place != declared.place()).then(|| Label::new(declared.place(), format!("secret `{name}` is declared here")));
    Finding {
        help: Some(help),
        suggestion: meant,
        primary: Label::new(place, format!("there is no `{unit}`")),
        others: others.into_iter().collect(),
        ..declared.finding(
            &RULE,
            "",
            format!("`{unit}`, which is to be {verb} when secret `{name}` changes, {what}{instead}. {harm}"),
        )
    }
}
