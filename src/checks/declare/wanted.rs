//! What all hosts together declare of the repository's sops files: what the rules about unused
//! things are drawn from. A secret that may be declared counts as one that is.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::World;
use crate::checks::declared::{configurations, containers, declared};
use crate::manifest::{Certainty, Complete};
use crate::source::RepoPath;

/// What is declared of one file.
#[derive(Default)]
pub struct OfFile<'a> {
    /// Some secret delivers it as a whole.
    pub is_whole: bool,
    /// The keys that secrets name.
    pub keys: BTreeSet<&'a str>,
    /// Some secret of it is in a configuration that has another default file, or none.
    pub is_named: bool,
    /// Why more of it may be declared, as a clause.
    pub unknown: Option<String>,
}

/// What is declared of all files.
#[derive(Default)]
pub struct Wanted<'a> {
    /// By path.
    pub files: BTreeMap<RepoPath, OfFile<'a>>,
    /// The keys of secrets whose file is not known: each may be of any file.
    pub keys: BTreeSet<&'a str>,
    /// Default files, which name no secret by themselves.
    pub defaults: BTreeSet<RepoPath>,
    /// Why any file may be declared, as a clause.
    pub unknown: Option<String>,
    /// What the absence of further secrets rests on.
    pub certainty: Certainty,
}

impl<'a> Wanted<'a> {
    /// Collects it.
    pub fn of(world: &World<'a>) -> Self {
        let mut wanted = Wanted { unknown: why_unknown(world), ..Wanted::default() };
        for declared in declared(world.manifest) {
            let (secret, key) = (declared.secret, declared.secret.key.known());
            let Some(file) = secret.sops_file.known() else {
                let keyed = matches!(secret.format.known().map(String::as_str), Some("yaml" | "json"));
                match key.filter(|key| keyed && !key.is_empty()) {
                    Some(key) => drop(wanted.keys.insert(key)),
                    None => {
                        let why =
                            format!("which file `{}` of {} is read from is not known", declared.name, declared.owner());
                        wanted.unknown.get_or_insert(why);
                    }
                }
                continue;
            };
            let of_file = wanted.files.entry(world.tree.behind_links(&file.path)).or_default();
            let default = declared.sops.default_sops_file.known().and_then(Option::as_ref);
            of_file.is_named |= default.is_none_or(|default| default.path != file.path);
            let not_known =
                |what: &str| format!("the {what} of `{}` of {} is not known", declared.name, declared.owner());
            match (secret.format.known().map(String::as_str), key) {
                (Some("binary" | "dotenv" | "ini"), _) => of_file.is_whole = true,
                (_, Some(key)) if key.is_empty() => of_file.is_whole = true,
                (_, None) => drop(of_file.unknown.get_or_insert_with(|| not_known("key"))),
                (None, _) => drop(of_file.unknown.get_or_insert_with(|| not_known("format"))),
                (_, Some(key)) => drop(of_file.keys.insert(key)),
            }
        }
        let own = configurations(world.manifest).map(|(.., sops)| sops);
        for sops in own.chain(containers(world.manifest).map(|(.., sops)| sops)) {
            let default = sops.default_sops_file.known().into_iter().flatten();
            wanted.defaults.extend(default.map(|file| world.tree.behind_links(&file.path)));
            if let Some(absent) = sops.assumed_absent.first() {
                wanted.certainty = wanted.certainty.weaker(Certainty::Assumed(absent.why.clone()));
            }
        }
        wanted
    }

    /// Whether a declaration or a default names a file.
    pub fn names(&self, path: &str) -> bool {
        self.files.contains_key(path) || self.defaults.contains(path)
    }

    /// Whether a declaration or a default names a file of this folder, one that is there or not.
    pub fn names_in(&self, folder: &str) -> bool {
        self.files.keys().chain(&self.defaults).any(|path| folder_of(path) == folder)
    }
}

/// The folder that a path lies in, "" for the root.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Why there may be hosts or secrets that are not seen, as a clause.
fn why_unknown(world: &World<'_>) -> Option<String> {
    let manifest = world.manifest;
    if manifest.hosts.is_empty() {
        return Some("no host is known".to_owned());
    }
    if world.entry.is_empty() {
        return Some("no file here makes the hosts, so there may be more than those of the manifest".to_owned());
    }
    let unseen = manifest.unknowns.first().map(|unknown| unknown.why.clone());
    let incomplete = || {
        manifest.hosts.iter().find_map(|host| match &host.complete.secrets {
            Complete::No(why) => Some(format!("`{}` may declare more secrets: {why}", host.name)),
            Complete::Yes => None,
        })
    };
    let failed = || {
        let failed = manifest.hosts.iter().find(|host| host.evaluation_error.is_some());
        failed.map(|host| format!("`{}` was not evaluated", host.name))
    };
    unseen.or_else(incomplete).or_else(failed)
}
