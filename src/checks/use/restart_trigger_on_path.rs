//! A unit is to restart when the path of a secret changes, which it never does.

use crate::checks::installed::Installed;
use crate::checks::units::names;
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Level};
use crate::manifest::{Destination, Host, Use};

use super::file::File;

pub const RULE: Rule = Rule {
    id: "restart-trigger-on-path",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/restart-trigger-on-path.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for host in &world.manifest.hosts {
        verdict.findings.extend(host.uses.iter().filter_map(|used| finding(host, used)));
    }
}

/// The trigger that a use is written in, with its unit. What is made of a path, such as a file that holds it, may
/// change with other things.
pub fn trigger<'a>(host: &'a Host, used: &'a Use) -> Option<(&'a str, &'a str)> {
    let (Destination::Unit { name, setting } | Destination::UserUnit { name, setting }) = used.destination(host) else {
        return None;
    };
    let is_trigger = matches!(setting, "restartTriggers" | "reloadTriggers" | "Unit.X-Restart-Triggers");
    (is_trigger && !used.embedded).then_some((name, setting))
}

fn finding(host: &Host, used: &Use) -> Option<Finding> {
    let (unit, setting) = trigger(host, used)?;
    let file = File::of(host, used)?;
    let called = file.called();
    let option = file.option();
    let service = format!("{unit}.service");
    let is_system = matches!(used.destination(host), Destination::Unit { .. });
    let installed = Installed::of(host, &used.what).filter(|_| used.user.is_none());
    let restarts = installed.is_some_and(|file| {
        let [restarted, reloaded] = [file.restart_units, file.reload_units];
        [restarted, reloaded].into_iter().filter_map(|units| units.known()).flatten().any(|name| names(name, unit))
    });
    let (harm, help) = match file.set {
        _ if restarts => (
            "It does no harm here: the secret itself names the unit.".to_owned(),
            format!("take it out: `{service}` is in `restartUnits` or `reloadUnits` of {called} already"),
        ),
        "age.secrets" => (
            "The build passes; after the secret changes, the unit keeps the old value.".to_owned(),
            format!(
                "write `{setting} = [ config.{option}.file ];`, the encrypted file, whose path in the store changes with it"
            ),
        ),
        _ if is_system && used.user.is_none() => (
            "The build passes; after the secret changes, the unit keeps the old value.".to_owned(),
            format!("take it out and write `{option}.restartUnits = [ \"{service}\" ];`"),
        ),
        _ => (
            "The build passes; after the secret changes, the unit keeps the old value.".to_owned(),
            "trigger on the encrypted file, `\"${./secrets/FILE}\"`, whose path in the store changes with it"
                .to_owned(),
        ),
    };
    Some(Finding {
        help: Some(help),
        names: vec![unit.to_owned()],
        ..file.finding(
            &RULE,
            "a constant: it never changes".to_owned(),
            format!(
                "`{setting}` of unit `{unit}` holds the path of {called}, which stays the same when its content \
                 changes: it never triggers anything. {harm}"
            ),
        )
    })
}
