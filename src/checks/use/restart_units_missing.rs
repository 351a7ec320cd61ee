//! A unit reads a secret, and nothing restarts it when the secret changes.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::installed::Installed;
use crate::checks::units::names;
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Level};
use crate::manifest::{Certainty, Destination, Fact, Host, HostKind, Use, Used};

use super::file::File;
use super::restart_trigger_on_path::trigger;

pub const RULE: Rule = Rule {
    id: "restart-units-missing",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/restart-units-missing.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for host in world.manifest.hosts.iter().filter(|host| host.kind == HostKind::Nixos) {
        let mut said = BTreeSet::new();
        let mut of_units: BTreeMap<&str, Vec<&Use>> = BTreeMap::new();
        for used in &host.uses {
            if let Destination::Unit { name, .. } = used.destination(host) {
                of_units.entry(name).or_default().push(used);
            }
        }
        for used in &host.uses {
            let Some(unit) = reader(host, used) else { continue };
            let Some(file) = Installed::of(host, &used.what).filter(|_| said.insert((unit, &used.what))) else {
                continue;
            };
            match is_restarted(host, unit, of_units.get(unit).map_or(&[], Vec::as_slice), used, &file) {
                Some(true) => {}
                Some(false) => verdict.findings.extend(finding(host, unit, used, &file)),
                None => {
                    let called = file.called();
                    let clause = format!(
                        "whether unit `{unit}` on `{}` restarts with {called}: not all is known of it",
                        host.name
                    );
                    verdict.undecided_of(host, clause);
                }
            }
        }
    }
}

/// The unit that reads a file when it starts, and goes on running.
fn reader<'a>(host: &'a Host, used: &'a Use) -> Option<&'a str> {
    let Destination::Unit { name, setting } = used.destination(host) else { return None };
    let service = setting.strip_prefix("serviceConfig.");
    let reads = match service {
        Some(setting) => {
            let once =
                ["Environment", "EnvironmentFile", "LoadCredential", "ExecStart", "ExecStartPre", "ExecStartPost"];
            once.contains(&setting)
        }
        None => setting.starts_with("environment.") || matches!(setting, "script" | "preStart" | "postStart"),
    };
    // Each run of a job reads it anew; of a unit whose program nixpkgs writes, whether it is one is not known.
    let goes_on = host.units.get(name)?.runs_once == Fact::Known(false);
    (reads && goes_on && used.user.is_none()).then_some(name)
}

/// Whether a change of the file restarts the unit; none where that is not known.
fn is_restarted(host: &Host, unit: &str, of_unit: &[&Use], used: &Use, file: &Installed<'_>) -> Option<bool> {
    // What triggers on the path has a finding of its own.
    let triggers = |other: &&Use| other.what == used.what && trigger(host, other).is_some();
    if of_unit.iter().any(triggers) || names_unit(file, unit) == Some(true) {
        return Some(true);
    }
    let by_secret = |name: &str| {
        let secret = Installed::of(host, &Used::SecretPath { name: name.to_owned() });
        match (secret.and_then(|secret| names_unit(&secret, unit)), is_hashed(host, of_unit, name)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        }
    };
    match &used.what {
        Used::SecretPath { name } => by_secret(name),
        // A template changes when a secret in it does.
        Used::TemplatePath { name } => {
            let placeholders = host.sops.as_ref()?.templates.get(name)?.placeholders.known()?;
            let restarting: Vec<_> = placeholders.iter().map(|name| by_secret(name)).collect();
            if restarting.contains(&None) {
                return None;
            }
            let by_each = !restarting.is_empty() && restarting.iter().all(|restarts| *restarts == Some(true));
            if by_each { Some(true) } else { names_unit(file, unit) }
        }
        _ => names_unit(file, unit),
    }
}

/// Whether a trigger of the unit is the hash of the sealed file of a secret, which changes with the secret; none where
/// that is not known.
fn is_hashed(host: &Host, of_unit: &[&Use], name: &str) -> Option<bool> {
    let file = |name: &str| host.sops.as_ref()?.secrets.get(name)?.sops_file.known().map(|file| &file.path);
    let hashes = of_unit.iter().filter(|other| other.option.ends_with("Triggers"));
    let hashes: Vec<Option<bool>> = hashes
        .filter_map(|other| match &other.what {
            Used::FileHash { name: hashed } if hashed == name => Some(Some(true)),
            Used::FileHash { name: hashed } => Some(file(name).zip(file(hashed)).map(|(ours, hashed)| ours == hashed)),
            _ => None,
        })
        .collect();
    if hashes.contains(&Some(true)) {
        return Some(true);
    }
    (!hashes.contains(&None)).then_some(false)
}

fn names_unit(file: &Installed<'_>, unit: &str) -> Option<bool> {
    let lists = [file.restart_units, file.reload_units].map(|units| units.known());
    if lists.into_iter().flatten().flatten().any(|name| names(name, unit)) {
        return Some(true);
    }
    lists.iter().all(Option::is_some).then_some(false)
}

fn finding(host: &Host, unit: &str, used: &Use, installed: &Installed<'_>) -> Option<Finding> {
    let file = File::of(host, used)?;
    let called = file.called();
    // systemd restarts no template, only what is made of it.
    let service = if unit.ends_with('@') { format!("{unit}INSTANCE.service") } else { format!("{unit}.service") };
    let others = installed.restart_units.known().map(Vec::as_slice).unwrap_or_default();
    let units: Vec<String> = others.iter().chain([&service]).map(|name| format!("\"{name}\"")).collect();
    let finding = file.finding(
        &RULE,
        format!("unit `{unit}` reads {called} when it starts"),
        format!(
            "Unit `{unit}` reads {called}, and nothing restarts it when that changes: neither `restartUnits` nor \
             `reloadUnits` names it. The build passes; after a switch with a new value the unit goes on with the old one, \
             until something else restarts it.",
        ),
    );
    Some(Finding {
        help: Some(format!("write `{}.restartUnits = [ {} ];`", file.option(), units.join(" "))),
        certainty: weaker(&finding.certainty, installed),
        names: vec![unit.to_owned()],
        ..finding
    })
}

fn weaker(certainty: &Certainty, file: &Installed<'_>) -> Certainty {
    certainty.clone().weaker(file.certainty().clone())
}
