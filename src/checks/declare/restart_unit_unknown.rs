//! `restartUnits` or `reloadUnits` names a unit that the host does not have.

use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Fact, Host, HostKind};

use crate::checks::installed::{Installed, installed};
use crate::checks::units::{Standing, standing};

pub const RULE: Rule = Rule {
    id: "restart-unit-unknown",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/restart-unit-unknown.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    // Neither home-manager's nor nix-darwin's module has these options.
    let all_known = |host: &&Host| host.kind == HostKind::Nixos && host.complete.units.is_complete();
    for file in world.manifest.hosts.iter().filter(all_known).flat_map(installed) {
        look_up(&file, "restartUnits", file.restart_units, verdict);
        look_up(&file, "reloadUnits", file.reload_units, verdict);
    }
}

fn look_up(file: &Installed<'_>, field: &'static str, units: &Fact<Vec<String>>, verdict: &mut Verdict) {
    let (host, called) = (file.host, file.called());
    let Fact::Known(units) = units else {
        let clause = format!("whether the `{field}` of {called} on `{}` exist: they are not known", host.name);
        verdict.undecided_of(host, clause);
        return;
    };
    for unit in units {
        match standing(host, unit) {
            Standing::There => {}
            Standing::Unknown(why) => {
                let clause = format!("whether `{unit}` in `{field}` of {called} is a unit of `{}`: {why}", host.name);
                verdict.undecided_of(host, clause);
            }
            Standing::NoEnding(meant) => {
                verdict.findings.push(finding(file, field, unit, meant, "is no unit's full name"));
            }
            Standing::Missing(near) => {
                verdict.findings.push(finding(file, field, unit, Some(near), "is no unit of the host"));
            }
        }
    }
}

fn finding(file: &Installed<'_>, field: &str, unit: &str, meant: Option<String>, what: &str) -> Finding {
    let called = file.called();
    let verb = if field == "restartUnits" { "restarted" } else { "reloaded" };
    // What is not active is started, and what is not active is not reloaded (NixOS' switch-to-configuration).
    let harm = if field == "restartUnits" && what.ends_with("host") {
        "The build passes; once it changes, switching fails as systemd does not find the unit."
    } else {
        "The build passes; once it changes, what reads it keeps the old value."
    };
    let instead = meant.as_ref().map(|meant| format!("; `{meant}` is")).unwrap_or_default();
    let place = file.field_place(field);
    let help = match &meant {
        Some(meant) => format!("write `{field} = [ \"{meant}\" ];`"),
        None => format!("name a unit that is there in `{field}`, or leave it out"),
    };
    let others = (place != file.place()).then(|| Label::new(file.place(), format!("{called} is declared here")));
    Finding {
        help: Some(help),
        suggestion: meant,
        others: others.into_iter().collect(),
        names: vec![field.to_owned(), unit.to_owned()],
        ..file.finding(
            &RULE,
            Label::new(place, format!("there is no `{unit}`")),
            format!("`{unit}`, which is to be {verb} when {called} changes, {what}{instead}. {harm}"),
        )
    }
}
