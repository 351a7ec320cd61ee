//! `sealnix.toml`, with the mistakes that show only beside the rules and the repository.

use std::collections::BTreeSet;

use super::error::RunError;
use crate::checks;
use crate::config::{self, Config, ConfigError, Given, Mistake};
use crate::generate::recipe::Recipe;
use crate::manifest::{HostKind, Manifest};
use crate::nearest::nearest;
use crate::source::{Place, Tree};

/// What `sealnix.toml` says.
pub(super) fn read(tree: &Tree) -> Result<Config, RunError> {
    let Some(text) = tree.texts.get(config::FILE_NAME) else { return Ok(Config::default()) };
    let (config, mut errors) = Config::read_in_part(text);
    errors.extend(beyond_reading(&config, tree));
    errors.sort_by(|a, b| a.place.cmp(&b.place));
    if errors.is_empty() { Ok(config) } else { Err(RunError::Config(errors)) }
}

/// A mistake in the file that ends the run.
pub(super) fn error(mistake: Mistake, place: &Place) -> RunError {
    RunError::Config(vec![ConfigError { mistake, place: place.clone() }])
}

/// Whether there are the hosts and users whose recipients the file tells, where it is known who there is.
pub(super) fn are_of(config: &Config, manifest: &Manifest) -> Result<(), RunError> {
    let hosts = &manifest.hosts;
    if hosts.is_empty() || !manifest.unknowns.is_empty() {
        return Ok(());
    }
    let of_hosts = hosts.iter().map(|host| host.name.as_str());
    let inside = hosts.iter().flat_map(|host| host.home_users.keys().map(move |user| (user.as_str(), host)));
    let whole = inside.clone().map(|(user, host)| format!("{user}@{}", host.name));
    let alone = hosts.iter().filter(|host| host.kind == HostKind::Home).map(|host| host.name.as_str());
    let bare = alone.clone().filter_map(|name| Some(name.split_once('@')?.0));
    let users: BTreeSet<String> =
        whole.chain(inside.map(|(user, _)| user).chain(alone).chain(bare).map(str::to_owned)).collect();
    let knows_users = hosts.iter().all(|host| host.unknowns.is_empty() && host.complete.secrets.is_complete());
    let nobody = |kind, found: &String, given: &Vec<Given>, known: &mut dyn Iterator<Item = &str>| {
        let nearest = nearest(found, known).map(str::to_owned);
        Some(ConfigError {
            mistake: Mistake::Nobody { kind, found: found.clone(), nearest },
            place: given.first()?.place.clone(),
        })
    };
    let no_hosts = config.hosts.iter().filter(|(name, _)| !of_hosts.clone().any(|host| host == *name));
    let no_hosts = no_hosts.filter_map(|(name, given)| nobody("host", name, given, &mut of_hosts.clone()));
    let no_users = config.users.iter().filter(|(name, _)| knows_users && !users.contains(*name));
    let no_users =
        no_users.filter_map(|(name, given)| nobody("user", name, given, &mut users.iter().map(String::as_str)));
    let errors: Vec<ConfigError> = no_hosts.chain(no_users).collect();
    if errors.is_empty() { Ok(()) } else { Err(RunError::Config(errors)) }
}

/// Mistakes that only show beside the rules: what would be silently without effect.
fn beyond_reading(config: &Config, tree: &Tree) -> Vec<ConfigError> {
    let known = |name: &str| checks::rules().any(|rule| rule.id == name);
    let unknown = config.levels.settings().filter(|(name, _)| !known(name));
    let unknown = unknown.map(|(found, setting)| ConfigError {
        mistake: Mistake::UnknownRule { found: found.clone(), nearest: checks::nearest_rule(found) },
        place: setting.place.clone(),
    });
    let commands = config.generate.values().filter_map(|command| {
        let why = Recipe::read(&command.line).err()?;
        Some(ConfigError { mistake: Mistake::Command { why }, place: command.place.clone() })
    });
    let missing = config.agenix_rules.iter().filter(|file| !tree.files.contains_key(file.path.as_str()));
    let missing = missing.map(|file| ConfigError {
        mistake: Mistake::NoSuchFile { path: file.path.clone() },
        place: file.place.clone(),
    });
    unknown.chain(commands).chain(missing).collect()
}
