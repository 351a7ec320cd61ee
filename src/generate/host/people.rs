//! Who is known to be a person. Only such keys get into a rule unasked: everything else may be a machine's.

use std::collections::{BTreeMap, BTreeSet};

use crate::generate::rule_file::{RuleFile, named_words};
use crate::identity::{Says, fold};
use crate::manifest::{Host, HostKind};

use super::holders::{Holder, OF_HOSTS, OF_PEOPLE, folder_before, says_group};
use super::{Holders, Repository};

/// The keys of a rule file that are known to be people's when the host `new` is added.
pub(super) fn known(holders: &Holders, file: &RuleFile, repository: &Repository<'_>, new: &str) -> BTreeSet<String> {
    let groups: BTreeMap<String, Vec<String>> = file.groups_of_anchors().into_iter().collect();
    let is_known = |holder: &Holder| {
        let mut around = holder.keys.iter().filter_map(|key| groups.get(key)).flatten();
        let said = holder.names.iter().any(|name| speaks_of_person(name)) || around.any(|name| is_list_of_people(name));
        !holder.is_host && !is_named_by_a_rule(holder, file) && (said || is_user(holder, repository))
    };
    let (known, others): (Vec<&Holder>, Vec<&Holder>) =
        holders.all.iter().filter(|holder| !holder.is_surely_host).partition(|holder| is_known(holder));
    // Where all else is known, the last one is.
    let last = match others[..] {
        [one] if is_nobody_else(one, holders, file, repository, new) => Some(one),
        _ => None,
    };
    known.into_iter().chain(last).flat_map(|holder| holder.keys.iter().cloned()).collect()
}

/// `admin`, `admin_kim`; not `home_server`.
fn speaks_of_person(name: &str) -> bool {
    let words: Vec<String> = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
    words.first().is_some_and(|first| is_of_people(first)) && !words.iter().any(|word| is_of_hosts(word))
}

/// A list, or a section's title.
fn is_list_of_people(name: &str) -> bool {
    let words: Vec<String> = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
    let is_title = name.split_whitespace().count() <= 5;
    is_title && words.iter().any(|word| is_of_people(word)) && !words.iter().any(|word| is_of_hosts(word))
}

/// `home` may be a machine.
fn is_of_people(word: &str) -> bool {
    OF_PEOPLE.contains(&word) && word != "home"
}

fn is_of_hosts(word: &str) -> bool {
    OF_HOSTS.contains(&word)
}

/// Whether a rule's expression names it as hosts are named: not below `users/`.
fn is_named_by_a_rule(holder: &Holder, file: &RuleFile) -> bool {
    let expressions = file.config.rules.iter().filter_map(|rule| rule.path_regex.as_ref());
    expressions.into_iter().any(|(expression, _)| {
        let words = named_words(expression, &holder.names);
        let folder = |at: usize| folder_before(expression.get(..at).unwrap_or_default());
        words.into_iter().any(|word| says_group(folder(word.start)) != Says::Person)
    })
}

/// A user who logs in: those of services may be called like machines.
fn is_user(holder: &Holder, repository: &Repository<'_>) -> bool {
    let hosts = &repository.manifest.hosts;
    let is_it = |name: &str| holder.names.iter().any(|own| fold(own) == fold(name));
    let is_machine = hosts.iter().any(|host| is_it(&host.name));
    let logs_in = |host: &Host| -> Vec<String> {
        let with_password =
            host.users.iter().filter(|(_, user)| matches!(user.hashed_password_file.known(), Some(Some(_))));
        with_password.map(|(name, _)| name).chain(host.home_users.keys()).cloned().collect()
    };
    !is_machine && hosts.iter().flat_map(logs_in).any(|user| user != "root" && is_it(&user))
}

/// The machines of a repository.
pub(super) fn machines<'a>(repository: &Repository<'a>) -> impl Iterator<Item = &'a Host> {
    repository.manifest.hosts.iter().filter(|host| host.kind != HostKind::Home)
}

/// Whether a key of which nothing tells can be no machine's: it is the only key of a file without rules, or the
/// machines are known, all of them that want a key have another one, and nothing is called like it.
fn is_nobody_else(one: &Holder, holders: &Holders, file: &RuleFile, repository: &Repository<'_>, new: &str) -> bool {
    let names: Vec<String> = one.names.iter().map(|name| fold(name)).collect();
    let resembles = |name: &str| names.iter().any(|own| own.contains(&fold(name)));
    let is_called_so = machines(repository).any(|host| resembles(&host.name));
    if one.is_host || names.is_empty() || is_called_so || is_named_by_a_rule(one, file) || has_folder(one, repository) {
        return false;
    }
    let has_key = |host: &&Host| holders.hosts().any(|holder| holder.names.contains(&host.name));
    let declares = |host: &Host| host.sops.as_ref().is_some_and(|sops| !sops.secrets.is_empty());
    let is_first = file.config.rules.is_empty() && holders.all.len() == 1;
    let wants = |host: &&Host| host.name != new && declares(host);
    is_first
        || machines(repository).any(|host| has_key(&host))
            && machines(repository).filter(wants).all(|host| has_key(&host))
}

/// Whether a folder of the repository has its name, but below one that is of people.
fn has_folder(one: &Holder, repository: &Repository<'_>) -> bool {
    let is_it = |folder: &str| one.names.iter().any(|name| fold(name) == fold(folder));
    repository.tree.files.keys().any(|path| {
        let folders: Vec<&str> = path.split('/').collect();
        let of_people = folders.iter().position(|folder| says_group(folder) == Says::Person);
        let folders = folders.get(..folders.len().saturating_sub(1)).unwrap_or_default();
        folders.iter().take(of_people.unwrap_or(folders.len())).any(|folder| is_it(folder))
    })
}
