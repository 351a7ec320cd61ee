//! Of an age file: whom agenix' rules name for it, and in what it differs.

use crate::access::{Access, AgeRule, File, Key, Readers, State, short};
use crate::report::holders::holders_of;
use crate::report::summary::count;
use crate::source::visible::clean_line;

/// Which entry decides, and where it stands.
pub(super) fn decision(file: &File<'_>) -> Vec<String> {
    let Some(age) = &file.age else { return Vec::new() };
    let mut lines = vec![match age.rule {
        Some(AgeRule::Entry(rules, entry)) => {
            let line = entry.place.as_ref().map(|place| format!(": line {}", place.start.line)).unwrap_or_default();
            format!("The entry `{}` of {} decides{line}", entry.name, rules.path)
        }
        Some(AgeRule::Rekey) => "agenix-rekey makes it for the hosts that declare it.".to_owned(),
        None => "No rules file of agenix has an entry for it.".to_owned(),
    }];
    lines.extend(age.open.map(|why| format!("It may be for others too: {why}")));
    lines
}

/// In what the file differs from the entry, a line each.
pub(super) fn difference(access: &Access<'_>, file: &File<'_>) -> Vec<String> {
    let Some(drift) = file.age.as_ref().and_then(|age| age.drift.as_ref()) else { return Vec::new() };
    let named = |readers: Option<&Readers<'_>>, identities: &[&str]| -> Vec<String> {
        let key = |identity: &&str| readers.and_then(|readers| readers.keys().find(|key| key.identity == *identity));
        let who = |key: &Key<'_>| holders_of(access, key);
        let names = identities.iter().map(|one| key(one).map_or_else(|| clean_line(&short(one)), who));
        names.collect()
    };
    let mut missing = named(file.should.as_ref(), &drift.missing);
    if drift.lacking > 0 {
        missing.push(format!("{} of its age1… recipients, the file does not tell which", drift.lacking));
    }
    let mut stale = named(file.can.as_ref(), &drift.stale);
    if drift.unknown > 0 {
        stale.push(format!("{} that the file does not name", count(drift.unknown, "recipient")));
    }
    let lines = [("Should but cannot", missing), ("Can but should not", stale)];
    let lines = lines.into_iter().filter(|(_, who)| !who.is_empty());
    lines.map(|(title, who)| format!("{title}: {}", who.join(", "))).collect()
}

/// What to do where no command mends it.
pub(super) fn advice(file: &File<'_>) -> Option<String> {
    let age = file.age.as_ref()?;
    match (age.rule, file.state) {
        (None, State::Age(_)) => Some(format!(
            "agenix neither edits nor rekeys it without an entry in `secrets.nix`: `\"{}\".publicKeys = [ … ];`",
            file.path.rsplit('/').next().unwrap_or_default()
        )),
        (Some(_), State::Age(_)) => Some("Nothing is to be mended.".to_owned()),
        _ => None,
    }
}
