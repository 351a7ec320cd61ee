//! Who is to own what a service reads: the user it runs as.

use std::collections::BTreeSet;

use crate::cli::run;
use crate::cli::subject::Subject;
use crate::generate::secret;
use crate::manifest::{Host, Manifest, Unit};

/// What the repository says of a service's user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Every host that defines it runs it as this account.
    Account(String),
    /// It needs none: root reads it, or no account is there before it starts.
    None,
    /// It is not known; why, as a sentence's end.
    Unknown(String),
}

/// Looks through the hosts of the repository around the current folder.
pub fn of_unit(unit: &str) -> Owner {
    match run::declared(Subject::default()) {
        Ok(declared) => agreed(&declared.manifest, unit),
        Err(error) => Owner::Unknown(error.to_string()),
    }
}

fn agreed(manifest: &Manifest, unit: &str) -> Owner {
    let whole = secret::unit_name(unit);
    let service = whole.strip_suffix(".service").unwrap_or(&whole);
    let units = manifest.hosts.iter().filter_map(|host| Some((host, host.units.get(service)?)));
    let users: Vec<(&str, Option<Owner>)> = units.map(|(host, unit)| (host.name.as_str(), user(host, unit))).collect();
    let Some((_, first)) = users.first() else {
        return Owner::Unknown(format!("no host defines {whole}"));
    };
    if let Some((host, _)) = users.iter().find(|(_, user)| user.is_none()) {
        return Owner::Unknown(format!("on {host} it is not known as whom {whole} runs"));
    }
    match first {
        Some(owner) if users.iter().all(|(_, user)| user.as_ref() == Some(owner)) => owner.clone(),
        _ => {
            let names: BTreeSet<&str> = users.iter().map(|(_, user)| name(user.as_ref())).collect();
            let names = names.into_iter().collect::<Vec<_>>().join(", ");
            Owner::Unknown(format!("the hosts run {whole} as different users: {names}"))
        }
    }
}

/// As whom a unit runs; nothing where that is not known. systemd makes the user of `DynamicUser` only when the
/// unit starts, so none can own anything before; where that is not known, an account of the host's is none of these.
fn user(host: &Host, unit: &Unit) -> Option<Owner> {
    let Some(user) = unit.user.known()?.as_deref().filter(|user| *user != "root") else { return Some(Owner::None) };
    match unit.dynamic_user.known() {
        Some(true) => Some(Owner::None),
        None if host.user(user).is_none() => None,
        Some(false) | None => Some(Owner::Account(user.to_owned())),
    }
}

fn name(owner: Option<&Owner>) -> &str {
    match owner {
        Some(Owner::Account(name)) => name,
        _ => "root",
    }
}
