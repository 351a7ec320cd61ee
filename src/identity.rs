//! Who holds which key, and by what evidence.

mod clan;
mod corroborate;
mod evaluated;
mod holder;
mod index;
mod name;
mod public_keys;

use std::collections::BTreeMap;

use crate::agenix::Agenix;
use crate::config::{Config, Given};
use crate::keys::Recipient;
use crate::keys::recipient::canonical;
use crate::manifest::{Host, HostKind, Manifest, Sops};
use crate::policy::Policy;
use crate::source::{Place, Tree};
use crate::vault::Vault;

use corroborate::Corroboration;
use holder::Holder;
pub use holder::{Says, fold, says, without_affixes_of_host};
pub use name::{Name, NamedKey, Written};

/// How it is known that a host holds a key, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// `[hosts.NAME]` in sealnix.toml.
    Config,
    /// A `.pub` file, `ssh_known_hosts` line or clan's `key.json` of the host in the repository.
    PublicKeyFile,
    /// The evaluated configuration says it: `age.rekey.hostPubkey`.
    Evaluated,
    /// An anchor or comment, or a name in a rules file of agenix, that is the host's name.
    Name,
    /// The same after folding case and `-_.`.
    FoldedName,
    /// The same after stripping a known prefix or suffix.
    StrippedName,
}

/// A recipient that a host holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The recipient's text, an ssh key in its converted `age1…` form; where only agenix uses that key, the key
    /// itself.
    pub recipient: String,
    /// The ssh public key it was converted from (type and blob, no comment).
    pub ssh: Option<String>,
    /// How it is known.
    pub evidence: Evidence,
    /// Where the evidence stands.
    pub place: Place,
    /// A second fact supports it (a per-host file or rule holds it); weak evidence needs this.
    pub corroborated: bool,
}

/// What is known of the keys of one host (or of a home-manager user).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// It holds these.
    Known(Vec<Held>),
    /// Nothing, or nothing sure, tells.
    Unknown {
        /// Why, as a clause.
        why: String,
        /// The line of `sealnix.toml` that would settle it.
        settled_by: String,
    },
}

/// The identities of every host and home-manager user.
#[derive(Debug, Default)]
pub struct Identities {
    /// By kind and name of the host: a system and a home-manager configuration may share a name.
    pub hosts: BTreeMap<(HostKind, String), Identity>,
    /// By kind and name of the host, and user.
    pub users: BTreeMap<(HostKind, String, String), Identity>,
}

impl Identities {
    /// What is known of a host, or of a home-manager user inside it.
    pub fn of(&self, host: &Host, user: Option<&str>) -> Option<&Identity> {
        let name = host.name.clone();
        match user {
            Some(user) => self.users.get(&(host.kind, name, user.to_owned())),
            None => self.hosts.get(&(host.kind, name)),
        }
    }

    /// Finds the keys of every host and home-manager user. What `sealnix.toml` says of a holder
    /// is all that counts for it; otherwise different kinds of evidence add up, and two different
    /// answers of one kind make none.
    pub fn find(
        manifest: &Manifest,
        policy: &Policy,
        agenix: &Agenix,
        vault: &Vault,
        tree: &Tree,
        config: &Config,
    ) -> Identities {
        let corroboration = Corroboration::of(vault, policy, agenix);
        let by_name = |holders: &[Holder]| {
            [
                holder::named(holders, NamedKey::of_policy(policy), &corroboration),
                holder::named(holders, NamedKey::of_agenix(agenix), &corroboration),
            ]
        };
        let hosts: Vec<Holder> = manifest.hosts.iter().map(Holder::of_host).collect();
        let [in_policy, in_agenix] = by_name(&hosts);
        let in_files = public_keys::of_hosts(&hosts, tree, &corroboration);
        let own = manifest.hosts.iter().zip(&hosts).map(|(host, holder)| evaluated::of(host.agenix.as_ref(), holder));
        let sources = [in_files, clan::of_hosts(&hosts, tree), own.collect(), in_policy, in_agenix];
        let mut identities = Identities::default();
        for ((host, holder), claims) in manifest.hosts.iter().zip(&hosts).zip(by_holder(sources, hosts.len())) {
            let identity = settle(holder, given_to(config, host), claims, policy, agenix);
            identities.hosts.insert((host.kind, host.name.clone()), identity);
        }
        let pairs = manifest.hosts.iter().flat_map(|host| host.home_users.keys().map(move |user| (host, user)));
        let users: Vec<Holder> = pairs.clone().map(|(host, user)| Holder::of_user(user, host)).collect();
        let own = pairs.clone().zip(&users).map(|((host, user), holder)| {
            let of_user = host.home_users.get(user).and_then(|user| user.agenix.as_ref());
            evaluated::of(of_user, holder)
        });
        let [in_policy, in_agenix] = by_name(&users);
        let claims = by_holder([own.collect(), in_policy, in_agenix], users.len());
        for (((host, user), holder), claims) in pairs.zip(&users).zip(claims) {
            let own = settle(holder, config.user(user, &host.name), claims, policy, agenix);
            let of_host = identities.of(host, None).filter(|_| uses_key_of_host(host, user));
            let identity = match (own, of_host) {
                (Identity::Known(own), Some(Identity::Known(more))) => Identity::Known([own, more.clone()].concat()),
                (Identity::Unknown { .. }, Some(of_host)) => of_host.clone(),
                (own, _) => own,
            };
            identities.users.insert((host.kind, host.name.clone(), user.clone()), identity);
        }
        identities
    }
}

/// What each source says of each holder, by holder.
fn by_holder<const N: usize>(sources: [Vec<Vec<Held>>; N], holders: usize) -> Vec<Vec<Vec<Held>>> {
    let mut claims = vec![Vec::new(); holders];
    for source in sources {
        claims.iter_mut().zip(source).for_each(|(claims, of_source)| claims.push(of_source));
    }
    claims
}

/// What `sealnix.toml` gives to a host; to a home-manager configuration that stands alone also as
/// a user.
fn given_to<'a>(config: &'a Config, host: &Host) -> Option<&'a Vec<Given>> {
    let as_user = || match host.name.split_once('@') {
        Some((user, machine)) => config.user(user, machine),
        None => config.users.get(&host.name),
    };
    let is_user = host.kind == HostKind::Home;
    config.hosts.get(&host.name).or_else(|| if is_user { as_user() } else { None })
}

/// Whether a home-manager user decrypts with the key of the host.
fn uses_key_of_host(host: &Host, user: &str) -> bool {
    let Some(user) = host.home_users.get(user) else { return false };
    let paths_of_agenix = user.agenix.as_ref().and_then(|agenix| agenix.identity_paths.known());
    if paths_of_agenix.into_iter().flatten().any(|path| path.starts_with("/etc/ssh/")) {
        return true;
    }
    let Some(Sops { age: of_user, .. }) = &user.sops else { return false };
    let ssh_paths = of_user.ssh_key_paths.known().map(Vec::as_slice).unwrap_or_default();
    let key_file_of_host = host.sops.as_ref().and_then(|sops| sops.age.key_file.known()).and_then(Option::as_ref);
    let key_file = of_user.key_file.known().and_then(Option::as_ref);
    ssh_paths.iter().any(|path| path.starts_with("/etc/ssh/"))
        || key_file.is_some_and(|file| Some(file) == key_file_of_host)
}

/// What the evidence comes to. `claims` has a list for each source; only one source contradicts itself: a host may
/// open sops files with one key and those of agenix with another.
fn settle(
    holder: &Holder,
    given: Option<&Vec<Given>>,
    claims: Vec<Vec<Held>>,
    policy: &Policy,
    agenix: &Agenix,
) -> Identity {
    if let Some(given) = given {
        let held = given.iter().map(|given| Held::new(&given.recipient, Evidence::Config, given.place.clone()));
        return Identity::Known(held.collect());
    }
    if let Some((one, other)) = claims.iter().find_map(|of_source| contradiction(of_source)) {
        let line = |held: &Held| format!("{}:{}", held.place.path, held.place.start.line);
        let why = format!("{} and {} name two different keys for it", line(one), line(other));
        return Identity::Unknown { why, settled_by: holder.settling_line() };
    }
    let mut known: Vec<Held> = Vec::new();
    let mut claims = claims.concat();
    claims.sort_by_key(|held| held.evidence);
    for claim in claims {
        match known.iter_mut().find(|held| held.recipient == claim.recipient) {
            Some(held) => {
                held.corroborated |= claim.corroborated || held.evidence != claim.evidence;
                held.ssh = held.ssh.take().or(claim.ssh);
            }
            None => known.push(claim),
        }
    }
    if known.is_empty() {
        let name = holder.name();
        let why = match policy.configs.iter().find(|config| !config.readable) {
            Some(config) => format!("`{}`, which may name it, could not be read", config.path),
            None if agenix.files.is_empty() => {
                format!("no anchor or comment of a .sops.yaml and no .pub file is named `{name}`")
            }
            None => format!("no name in a .sops.yaml or in agenix' rules and no .pub file is `{name}`"),
        };
        return Identity::Unknown { why, settled_by: holder.settling_line() };
    }
    Identity::Known(known)
}

/// Two different keys that the same kind of evidence gives. A key of another system (OpenPGP
/// beside age) does not contradict.
fn contradiction(claims: &[Held]) -> Option<(&Held, &Held)> {
    claims.iter().enumerate().find_map(|(index, one)| {
        let others = claims.iter().skip(index + 1);
        let mut of_this_kind = others.filter(|other| other.evidence == one.evidence && other.system() == one.system());
        of_this_kind.find(|other| other.recipient != one.recipient).map(|other| (one, other))
    })
}

/// Whether two texts of one kind of recipient (as in a file's metadata) name the same key.
pub fn is_same_key(kind: &str, one: &str, other: &str) -> bool {
    canonical(kind, one) == canonical(kind, other)
}

/// What opens with a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum System {
    Age,
    Ssh,
    Pgp,
}

impl Held {
    /// Strong evidence needs no second fact.
    fn new(recipient: &Recipient, evidence: Evidence, place: Place) -> Held {
        Held {
            recipient: recipient.held_as().to_owned(),
            ssh: recipient.ssh().map(str::to_owned),
            evidence,
            place,
            corroborated: evidence != Evidence::StrippedName,
        }
    }

    /// A key that agenix uses as it is. Where a host's sops-nix uses no ssh key, it opens nothing of sops.
    fn for_agenix(recipient: &Recipient, evidence: Evidence, place: Place, holder: &Holder) -> Held {
        let held = Held::new(recipient, evidence, place);
        match &held.ssh {
            Some(ssh) if !holder.converts_ssh_keys() => Held { recipient: ssh.clone(), ..held },
            _ => held,
        }
    }

    /// A key that only a rule file, or nothing, gives to somebody.
    pub fn named(recipient: &Recipient, place: Place) -> Held {
        Held::new(recipient, Evidence::Name, place)
    }

    /// The texts of the recipients that it opens for.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.recipient.as_str()).chain(self.ssh.as_deref())
    }

    /// Whether a recipient of a sops file or rule is this key, however either is written.
    pub fn is(&self, kind: &str, identity: &str) -> bool {
        let text = canonical(kind, identity);
        text == self.recipient || Some(&text) == self.ssh.as_ref()
    }

    /// Whether it is the fingerprint of an OpenPGP key.
    pub fn is_pgp(&self) -> bool {
        self.system() == System::Pgp
    }

    fn system(&self) -> System {
        match &self.recipient {
            text if text.starts_with("age1") => System::Age,
            text if text.starts_with("ssh-") => System::Ssh,
            _ => System::Pgp,
        }
    }
}
