//! The secrets that the passwords of users are read from.

use std::collections::BTreeSet;

use crate::checks::World;
use crate::checks::declared::{Declared, declared};
use crate::manifest::{Certainty, Host, HostKind, Used};
use crate::source::Place;

/// A user's password, read from a sops secret of the host.
pub struct Password<'a> {
    pub declared: Declared<'a>,
    /// The attribute in `users.users`.
    pub user: &'a str,
    /// `hashedPasswordFile`, or its old name `passwordFile`.
    pub option: &'a str,
    /// Where the secret is named; none where only Nix knows that it is.
    pub place: Option<&'a Place>,
    /// How sure it is.
    pub certainty: Certainty,
}

/// Those of all hosts. A user's secret is one, however often it is named.
pub fn passwords<'a>(world: &World<'a>) -> Vec<Password<'a>> {
    let hosts = world.manifest.hosts.iter().filter(|host| host.kind == HostKind::Nixos);
    hosts.flat_map(|host| of_host(world, host)).collect()
}

fn of_host<'a>(world: &World<'a>, host: &'a Host) -> Vec<Password<'a>> {
    let own = |declared: &Declared<'a>| {
        std::ptr::eq(declared.host, host) && declared.user.is_none() && declared.container.is_none()
    };
    let secrets: Vec<Declared<'a>> = declared(world.manifest).filter(own).collect();
    let mut seen = BTreeSet::new();
    let mut passwords = Vec::new();
    for used in host.uses.iter().filter(|used| used.user.is_none() && !used.embedded) {
        let Used::SecretPath { name } = &used.what else { continue };
        let Some((user, option)) = used.option.strip_prefix("users.users.").and_then(|rest| rest.rsplit_once('.'))
        else {
            continue;
        };
        let Some(secret) = secrets.iter().find(|secret| secret.name == name) else { continue };
        if matches!(option, "hashedPasswordFile" | "passwordFile") && seen.insert((user, name.as_str())) {
            let certainty = used.certainty.clone().weaker(secret.secret.certainty.clone());
            passwords.push(Password { declared: *secret, user, option, place: Some(&used.at.0), certainty });
        }
    }
    // By its path, where Nix gives it and no code was found that does.
    for (user, account) in &host.users {
        let Some(path) = account.hashed_password_file.known().and_then(Option::as_ref) else { continue };
        let Some(secret) = secrets.iter().find(|secret| secret.secret.path.known() == Some(path)) else { continue };
        if seen.insert((user, secret.name)) {
            let certainty = secret.secret.certainty.clone();
            passwords.push(Password { declared: *secret, user, option: "hashedPasswordFile", place: None, certainty });
        }
    }
    passwords
}
