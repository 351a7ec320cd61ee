//! Names of systemd's units, and which of them a host has.

use crate::manifest::Host;
use crate::nearest::nearest;

/// The endings of unit names (systemd.unit(5)).
const ENDINGS: [&str; 11] = [
    ".service",
    ".socket",
    ".device",
    ".mount",
    ".automount",
    ".swap",
    ".target",
    ".path",
    ".timer",
    ".slice",
    ".scope",
];

/// The endings of units that people write; the others are also made from other facts, such as mounts.
const WRITTEN: [&str; 4] = [".service", ".socket", ".timer", ".path"];

/// Units that systemd brings itself, besides those that begin with its name.
const OF_SYSTEMD: [&str; 13] = [
    "autovt@",
    "console-getty",
    "container-getty@",
    "dbus",
    "debug-shell",
    "emergency",
    "getty@",
    "kmod-static-nodes",
    "modprobe@",
    "rescue",
    "serial-getty@",
    "user@",
    "user-runtime-dir@",
];

/// Whether a host has a unit.
pub enum Standing {
    /// It has.
    There,
    /// The name has no ending; the full name of the unit that is meant, where there is one.
    NoEnding(Option<String>),
    /// It has none; the one that is probably meant.
    Missing(String),
    /// It may come from what does not say its units; why, as a clause.
    Unknown(String),
}

/// Looks a unit up. What the host's own configuration defines is known completely; what systemd and other
/// packages bring is not.
pub fn standing(host: &Host, unit: &str) -> Standing {
    let Some((stem, ending)) = ENDINGS.iter().find_map(|ending| Some((unit.strip_suffix(ending)?, *ending))) else {
        let full = format!("{unit}.service");
        return Standing::NoEnding(if is_there(host, unit, ".service") { Some(full) } else { near(host, &full) });
    };
    if is_there(host, stem, ending) {
        return Standing::There;
    }
    if !WRITTEN.contains(&ending) || stem.starts_with("systemd-") || OF_SYSTEMD.contains(&template(stem).as_str()) {
        return Standing::Unknown("systemd may bring it".to_owned());
    }
    match near(host, unit) {
        Some(near) => Standing::Missing(near),
        // Units of packages (`systemd.packages`) are named as they like, and generators make more.
        None => Standing::Unknown("a package or a generator may bring it".to_owned()),
    }
}

/// Whether a name in `restartUnits` means a service: by its full name, or as an instance of it. One without the
/// ending was meant so.
pub fn names(unit: &str, service: &str) -> bool {
    let stem = unit.strip_suffix(".service").unwrap_or(unit);
    stem == service || template(stem) == service
}

fn is_there(host: &Host, stem: &str, ending: &str) -> bool {
    let has = |stem: &str| match ending {
        ".service" => host.units.contains_key(stem),
        _ => host.units.contains_key(&format!("{stem}{ending}")),
    };
    has(stem) || has(&template(stem))
}

/// The template of an instance: `backup@` of `backup@home`; what is no instance stays as it is.
fn template(stem: &str) -> String {
    stem.split_once('@').map_or_else(|| stem.to_owned(), |(name, _)| format!("{name}@"))
}

/// The unit of the host that is probably meant, by its full name.
fn near(host: &Host, unit: &str) -> Option<String> {
    let full = |name: &String| {
        let has_ending = ENDINGS.iter().any(|ending| name.ends_with(ending));
        if has_ending { name.clone() } else { format!("{name}.service") }
    };
    let names: Vec<String> = host.units.keys().map(full).collect();
    nearest(unit, names.iter().map(String::as_str)).map(str::to_owned)
}
