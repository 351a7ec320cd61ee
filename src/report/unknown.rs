//! What is unknown, as sentences: a reason with the first thing that it concerns.

use std::collections::BTreeMap;

use crate::manifest::{Complete, Host, Manifest, Unknown};

/// A line for each reason with the number of things that it concerns, e.g. "`owner` of secret `wifi`
/// on web: it depends on a package (and 2 more)".
pub fn lines(manifest: &Manifest) -> Vec<(String, usize)> {
    let mut reasons: BTreeMap<&str, Vec<Option<String>>> = BTreeMap::new();
    for host in &manifest.hosts {
        for unknown in &host.unknowns {
            reasons.entry(&unknown.why).or_default().push(subject(unknown, Some(&host.name)));
        }
        // Where the host as a whole is unknown for a reason, its parts go without saying.
        let is_said = |why: &str| host.unknowns.iter().any(|unknown| unknown.secret.is_none() && unknown.why == why);
        let mut parts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (part, why) in incomplete_parts(host).filter(|(_, why)| !is_said(why)) {
            parts.entry(why).or_default().push(part);
        }
        for (why, parts) in parts {
            reasons.entry(why).or_default().push(Some(format!("the {} of {}", parts.join(" and "), host.name)));
        }
    }
    for unknown in &manifest.unknowns {
        reasons.entry(&unknown.why).or_default().push(subject(unknown, None));
    }
    reasons.into_iter().map(|(why, subjects)| (line(why, &subjects), subjects.len())).collect()
}

fn line(why: &str, subjects: &[Option<String>]) -> String {
    let subject = subjects.iter().flatten().next().map(|subject| format!("{subject}: ")).unwrap_or_default();
    let more = match subjects.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    format!("{subject}{why}{more}")
}

/// What is unknown; nothing where the reason names it.
fn subject(unknown: &Unknown, host: Option<&str>) -> Option<String> {
    let host = unknown.host.as_deref().or(host)?;
    let on = match &unknown.user {
        Some(user) => format!("{user} on {host}"),
        None => host.to_owned(),
    };
    Some(match (&unknown.secret, unknown.field.as_str()) {
        (Some(secret), "declared") => format!("whether {on} declares secret `{secret}`"),
        (Some(secret), field) => format!("`{field}` of secret `{secret}` on {on}"),
        (None, "declared") => format!("what {on} declares"),
        (None, "evaluated") => on,
        (None, "secrets" | "templates") => format!("the {} of {on}", unknown.field),
        (None, "homeUsers") => format!("the home-manager users of {on}"),
        (None, field) => format!("`{field}` on {on}"),
    })
}

/// Which of the secrets and templates of a host may be incomplete, and why. Users and units are left
/// out: without Nix they never are complete, as nixpkgs makes some too, and the page of a rule that
/// needs them says so.
pub fn incomplete_parts(host: &Host) -> impl Iterator<Item = (&'static str, &str)> {
    let parts = [("secrets", &host.complete.secrets), ("templates", &host.complete.templates)];
    parts.into_iter().filter_map(|(name, part)| match part {
        Complete::Yes => None,
        Complete::No(why) => Some((name, why.as_str())),
    })
}
