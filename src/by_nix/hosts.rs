//! Which hosts Nix is asked for: those of a flake as Nix lists them, in the order in which the static
//! finder looks for them; without a flake those that were found statically.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::expression::Source;
use super::message::{self, Roots};
use super::program::Nix;
use super::{Error, Repository};
use crate::manifest::{Complete, CompleteParts, EvaluationError, Host, HostKind};
use crate::source::NotLooked;

/// The outputs of a flake that hold hosts; of two of one kind and name the first counts.
const OUTPUTS: [&str; 4] = ["nixosConfigurations", "darwinConfigurations", "homeConfigurations", "colmena"];

/// Likewise, beneath packages: these take longer, and what does not evaluate among them is no host.
const PACKAGES: [&str; 2] = ["legacyPackages", "packages"];

/// The system whose homes are taken where several have homes of the same names.
const FIRST: &str = "x86_64-linux";

/// A host that Nix is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What it is.
    pub kind: HostKind,
    /// Its name.
    pub name: String,
    /// Its attribute path, as the static finder writes it.
    pub attr: String,
    /// The path's steps in a flake; none without one.
    pub path: Vec<String>,
}

impl Wanted {
    /// The host, of which only this error is known.
    pub fn failed(&self, error: EvaluationError) -> Host {
        let unknown = || Complete::No("Nix could not evaluate the host".to_owned());
        Host {
            kind: self.kind,
            name: self.name.clone(),
            attr: self.attr.clone(),
            evaluation_error: Some(error),
            complete: CompleteParts { secrets: unknown(), templates: unknown(), users: unknown(), units: unknown() },
            ..Host::default()
        }
    }
}

/// What there is to evaluate.
#[derive(Debug, Default)]
pub struct Listed {
    /// The hosts, each once.
    pub wanted: Vec<Wanted>,
    /// Those that were found statically in an output that Nix cannot evaluate.
    pub failed: Vec<Host>,
    /// The flake, where Nix cannot evaluate such an output and no host was found there.
    pub not_looked: Vec<NotLooked>,
    /// Where Nix has the repository.
    pub roots: Roots,
}

/// Nix's answer to [`Source::listing`].
#[derive(Deserialize)]
struct Answer {
    root: String,
    hosts: Vec<Named>,
    /// What may hold hosts and throws.
    unread: Vec<String>,
}

#[derive(Deserialize)]
struct Named {
    kind: HostKind,
    name: String,
    path: Vec<String>,
}

/// Lists the hosts.
///
/// # Errors
/// Nix does not run, or no output of the flake evaluates.
pub fn list(nix: &Nix, source: &Source<'_>, repository: Repository<'_>) -> Result<Listed, Error> {
    let Source::Flake { folder, .. } = source else { return Ok(found_statically(repository)) };
    let mut listing = Listing { nix, source, repository, folder, listed: Listed::default(), names: BTreeSet::new() };
    listing.listed.roots.add(&repository.tree.root.to_string_lossy());
    match listing.ask(&OUTPUTS)? {
        Ok(hosts) => listing.add(hosts),
        // One by one: what does not evaluate hides no other.
        Err(_) => listing.one_by_one()?,
    }
    match listing.ask(&PACKAGES)? {
        Ok(hosts) => {
            let (first, others): (Vec<_>, Vec<_>) =
                hosts.into_iter().partition(|host| host.path.get(1).is_some_and(|system| system == FIRST));
            listing.add(first);
            listing.add(others);
        }
        Err(said) => listing.homes_found_statically(&said),
    }
    Ok(listing.listed)
}

fn found_statically(repository: Repository<'_>) -> Listed {
    let mut roots = Roots::default();
    roots.add(&repository.tree.root.to_string_lossy());
    let wanted = repository.statically.hosts.iter().map(wanted).collect();
    Listed { wanted, roots, ..Listed::default() }
}

struct Listing<'a> {
    nix: &'a Nix,
    source: &'a Source<'a>,
    repository: Repository<'a>,
    folder: &'a str,
    listed: Listed,
    names: BTreeSet<(HostKind, String)>,
}

impl Listing<'_> {
    fn ask(&mut self, outputs: &[&str]) -> Result<Result<Vec<Wanted>, String>, Error> {
        let json = match self.nix.eval(&self.source.listing(outputs))? {
            Ok(json) => json,
            Err(said) => return Ok(Err(said)),
        };
        let answer: Answer = serde_json::from_str(&json).map_err(|_| Error::NoListing)?;
        self.listed.roots.add(&format!("{}{}", answer.root, self.folder));
        for set in answer.unread {
            self.not_listed(&set, None);
        }
        let wanted = |named: Named| {
            let Named { kind, name, path } = named;
            Wanted { kind, name, attr: path.join("."), path }
        };
        Ok(Ok(answer.hosts.into_iter().map(wanted).collect()))
    }

    fn add(&mut self, hosts: Vec<Wanted>) {
        let new = hosts.into_iter().filter(|host| self.names.insert((host.kind, host.name.clone())));
        self.listed.wanted.extend(new);
    }

    /// The homes beneath packages that were found statically, where Nix cannot list them.
    fn homes_found_statically(&mut self, said: &str) {
        let Repository { tree, statically, .. } = self.repository;
        let below = |host: &&Host| PACKAGES.iter().any(|output| host.attr.starts_with(&format!("{output}.")));
        let home = |host: &Host| {
            // `packages.SYSTEM.homeConfigurations.NAME`, and only the name may hold dots.
            let path = host.attr.splitn(4, '.').map(str::to_owned).collect();
            Wanted { path, ..wanted(host) }
        };
        let homes: Vec<Wanted> = statically.hosts.iter().filter(below).map(home).collect();
        if homes.is_empty() {
            let error = message::read(said, &self.listed.roots, tree);
            self.not_listed(&PACKAGES.join("` or `"), Some(&error));
        }
        self.add(homes);
    }

    /// Notes what may hold hosts and does not evaluate.
    fn not_listed(&mut self, output: &str, error: Option<&EvaluationError>) {
        let said = error.map(|error| format!(": {}", error.message)).unwrap_or_default();
        let why = format!("may hold hosts in `{output}`, which Nix cannot evaluate{said}");
        self.listed.not_looked.push(NotLooked { path: self.repository.entry.clone(), why });
    }

    /// Asks for each output by itself. Where one does not evaluate, neither do the hosts in it.
    fn one_by_one(&mut self) -> Result<(), Error> {
        let mut failed = Vec::new();
        for output in OUTPUTS {
            match self.ask(&[output])? {
                Ok(hosts) => self.add(hosts),
                Err(said) => failed.push((output, said)),
            }
        }
        let Repository { tree, entry, statically } = self.repository;
        for (output, said) in &failed {
            let error = message::read(said, &self.listed.roots, tree);
            if failed.len() == OUTPUTS.len() {
                let (message, encoded) = (error.message, self.source.is_encoded());
                return Err(Error::Flake { entry: entry.clone(), message, encoded });
            }
            let mut inside =
                statically.hosts.iter().filter(|host| host.attr.starts_with(output)).map(wanted).peekable();
            if inside.peek().is_none() {
                self.not_listed(output, Some(&error));
            }
            // Another output may have it too.
            let left = inside.filter(|host| !self.names.contains(&(host.kind, host.name.clone())));
            self.listed.failed.extend(left.map(|host| host.failed(error.clone())));
        }
        Ok(())
    }
}

/// A host as it was found statically.
fn wanted(host: &Host) -> Wanted {
    Wanted { kind: host.kind, name: host.name.clone(), attr: host.attr.clone(), path: Vec::new() }
}
