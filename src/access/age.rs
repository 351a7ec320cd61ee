//! Age files of agenix: whom the rules name for one, and who can read it as far as its header tells.

use std::collections::{BTreeMap, HashMap};

use crate::agenix::{Entry, RulesFile};
use crate::identity::{Held, Identity};
use crate::keys::Recipient;
use crate::keys::age_file::{Fit, Header, Kind, compare};
use crate::manifest::Agenix;
use crate::policy::Selection;
use crate::source::Place;
use crate::vault::{AgeFile, age_files::is_named_age};

use super::holder::Holder;
use super::readers::{Key, Owner, Readers};
use super::{Access, File, Repository, State};

/// Who says whom an age file is to be sealed for.
#[derive(Debug, Clone, Copy)]
pub enum AgeRule<'a> {
    /// An entry of a rules file.
    Entry(&'a RulesFile, &'a Entry),
    /// agenix-rekey makes it for the hosts that declare it.
    Rekey,
}

/// What agenix' rules say of an age file.
#[derive(Debug)]
pub struct Age<'a> {
    /// Who says whom it is to be sealed for, where anybody does.
    pub rule: Option<AgeRule<'a>>,
    /// Why there may be further recipients, as a clause.
    pub open: Option<&'a str>,
    /// In what the file surely differs from that.
    pub drift: Option<AgeDrift<'a>>,
}

/// In what a header does not fit the recipients that a file should have.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AgeDrift<'a> {
    /// They should be able to read it, and cannot.
    pub missing: Vec<&'a str>,
    /// They can read it, and should not.
    pub stale: Vec<&'a str>,
    /// How many more can, whom nothing names.
    pub unknown: usize,
    /// How many of the `age1…` recipients cannot; which ones does not show.
    pub lacking: usize,
}

/// A recipient as it is written somewhere.
#[derive(Debug, Clone)]
struct Written<'a> {
    recipient: Recipient,
    text: &'a str,
    place: Option<&'a Place>,
}

/// What age files are opened with, by everybody: an ssh key as it is, and not the age key made of it.
#[derive(Debug, Default)]
pub(super) struct AgeKeys<'a> {
    owners: HashMap<String, Vec<Owner>>,
    /// Every ssh key that anything names: a header's tags tell which of them can read a file.
    ssh: Vec<Written<'a>>,
}

impl<'a> AgeKeys<'a> {
    pub(super) fn of(repository: &Repository<'a>, holders: &[Holder<'a>]) -> Self {
        let mut owners: HashMap<String, Vec<Owner>> = HashMap::new();
        for (holder, key) in
            holders.iter().enumerate().flat_map(|(place, one)| one.keys.iter().map(move |key| (place, key)))
        {
            let text = key.ssh.as_ref().unwrap_or(&key.recipient);
            let owners = owners.entry(text.clone()).or_default();
            if !owners.iter().any(|owner| owner.holder == holder) {
                owners.push(Owner { holder, only_as_ssh: false });
            }
        }
        let mut ssh: BTreeMap<String, Written<'a>> = BTreeMap::new();
        let mut add = |recipient: &Recipient, text: &'a str, place: Option<&'a Place>| {
            if let Some(key) = recipient.ssh() {
                let written = || Written { recipient: recipient.clone(), text, place };
                ssh.entry(key.to_owned()).or_insert_with(written);
            }
        };
        let known = repository.identities.hosts.values().chain(repository.identities.users.values());
        let held = known.filter_map(|one| if let Identity::Known(held) = one { Some(held) } else { None }).flatten();
        for Held { ssh, place, .. } in held {
            if let Some((text, Ok(recipient))) = ssh.as_ref().map(|text| (text, Recipient::parse_age(text))) {
                add(&recipient, text, Some(place));
            }
        }
        for key in repository.agenix.entries().flat_map(|(_, entry)| &entry.public_keys) {
            if let Ok(recipient) = &key.recipient {
                add(recipient, recipient.canonical(), key.place.as_ref());
            }
        }
        for config in &repository.policy.configs {
            for named in &config.names {
                if let Ok(recipient) = Recipient::parse_age(&named.recipient) {
                    add(&recipient, &named.recipient, Some(&named.place));
                }
            }
        }
        for named in repository.agenix.files.iter().flat_map(|file| &file.names) {
            add(&named.recipient, named.recipient.canonical(), Some(&named.place));
        }
        AgeKeys { owners, ssh: ssh.into_values().collect() }
    }

    fn key(&self, written: &Written<'a>) -> Key<'a> {
        let owners = self.owners.get(written.recipient.canonical()).cloned().unwrap_or_default();
        Key { kind: "age", identity: written.text, place: written.place, owners }
    }
}

/// Whom a file is to be sealed for.
struct Intended<'a> {
    rule: AgeRule<'a>,
    keys: Vec<Written<'a>>,
    /// Why there may be others, as a clause.
    open: Option<&'a str>,
}

impl<'a> Intended<'a> {
    fn of(repository: &Repository<'a>, path: &str) -> Option<Self> {
        Intended::by_entry(repository, path).or_else(|| Intended::by_rekey(repository, path))
    }

    fn by_entry(repository: &Repository<'a>, path: &str) -> Option<Self> {
        let (rules, entry) = repository.agenix.entries_of(path).next()?;
        let keys = entry.public_keys.iter().filter_map(|key| {
            let recipient = key.recipient.as_ref().ok()?;
            let place = key.place.as_ref().or(entry.place.as_ref());
            Some(Written { recipient: recipient.clone(), text: recipient.canonical(), place })
        });
        let keys: Vec<_> = keys.collect();
        let open = match &entry.open {
            Some(gap) => Some(gap.why.as_str()),
            None if keys.len() < entry.public_keys.len() => Some("one of its keys is malformed"),
            None if !entry.is_complete() => Some("it may not be there"),
            None => None,
        };
        Some(Intended { rule: AgeRule::Entry(rules, entry), keys, open })
    }

    fn by_rekey(repository: &Repository<'a>, path: &str) -> Option<Self> {
        let makes = |agenix: &Agenix| {
            let mut secrets = agenix.secrets.values();
            secrets.any(|secret| {
                secret.file.known().is_some_and(|file| &*file.path == path)
                    && matches!(secret.rekey_file.known(), Some(Some(_)))
            })
        };
        let told = repository.manifest.hosts.iter().flat_map(|host| {
            let of_users = host.home_users.values().map(|user| &user.agenix);
            std::iter::once(&host.agenix).chain(of_users).flatten().filter(|agenix| makes(agenix))
        });
        let rekeys: Vec<_> = told.filter_map(|agenix| agenix.rekey.as_ref()).collect();
        let keys = rekeys.iter().filter_map(|rekey| {
            let text = rekey.host_pubkey.known()?;
            let place = rekey.host_pubkey_at.as_ref().map(|spot| &spot.0);
            Some(Written { recipient: Recipient::parse_age(text).ok()?, text, place })
        });
        let keys: Vec<_> = keys.collect();
        let open = (keys.len() < rekeys.len()).then_some("the key of a host is not known");
        (!rekeys.is_empty()).then_some(Intended { rule: AgeRule::Rekey, keys, open })
    }
}

/// Who can read a file, and in what that differs from who should.
fn read<'a>(
    keys: &AgeKeys<'a>,
    header: &Header,
    intended: Option<&Intended<'a>>,
) -> (Readers<'a>, Option<AgeDrift<'a>>) {
    let listed = intended.map(|intended| intended.keys.as_slice()).unwrap_or_default();
    let recipients: Vec<Recipient> = listed.iter().map(|one| one.recipient.clone()).collect();
    let fit = compare(header, &recipients);
    let is_complete = intended.is_some_and(|intended| intended.open.is_none());
    let fits = is_complete && !fit.is_drifted();
    let others: Vec<&Written<'a>> = keys.ssh.iter().filter(|one| !recipients.contains(&one.recipient)).collect();
    let every: Vec<Recipient> = recipients.iter().chain(others.iter().map(|one| &one.recipient)).cloned().collect();
    let with_others = compare(header, &every);
    let stale = others
        .iter()
        .enumerate()
        .filter(|(index, _)| !with_others.without_stanza.contains(&(recipients.len() + index)));
    let stale: Vec<&Written<'a>> = stale.map(|(_, one)| *one).collect();
    // Of recipients that leave no tag it only shows that all are there, or not.
    let is_tagged = |index: usize, recipient: &Recipient| {
        !matches!(recipient, Recipient::X25519(_) | Recipient::Hybrid(_)) && !fit.undecided.contains(&index)
    };
    let can = listed.iter().enumerate().filter(|(index, one)| {
        if is_tagged(*index, &one.recipient) { !fit.without_stanza.contains(index) } else { fits }
    });
    let can = can.map(|(_, one)| one).chain(stale.iter().copied()).map(|one| keys.key(one)).collect();
    let is_anonymous = |kind| matches!(kind, Kind::X25519 | Kind::Hybrid | Kind::Other);
    let anonymous = header.stanzas.iter().filter(|stanza| is_anonymous(stanza.kind())).count();
    let untold = with_others.stale.iter().filter_map(|index| header.stanzas.get(*index));
    let untold = untold.filter(|stanza| !is_anonymous(stanza.kind())).count();
    let readers = Readers::of_age_file(can, if fits { 0 } else { anonymous } + untold);
    (readers, intended.and_then(|intended| drift(intended, &fit, &stale, untold)))
}

/// What surely differs. Where not all recipients are known, nobody is surely one too many.
fn drift<'a>(intended: &Intended<'a>, fit: &Fit, stale: &[&Written<'a>], untold: usize) -> Option<AgeDrift<'a>> {
    let missing = fit.without_stanza.iter().filter_map(|index| intended.keys.get(*index)).map(|one| one.text).collect();
    let mut drift = AgeDrift { missing, lacking: fit.x25519.lacking() + fit.hybrid.lacking(), ..AgeDrift::default() };
    if intended.open.is_none() {
        drift.stale = stale.iter().map(|one| one.text).collect();
        let surplus = fit.x25519.surplus() + fit.hybrid.surplus();
        drift.unknown = untold + if fit.undecided.is_empty() { surplus } else { 0 };
    } else {
        drift.lacking = 0;
    }
    (drift != AgeDrift::default()).then_some(drift)
}

impl<'a> Access<'a> {
    /// What there is to say of an age file; nothing of a path that is none and that no rule of agenix names.
    pub(super) fn age_file(&self, path: &str) -> Option<File<'a>> {
        let repository = &self.repository;
        let lies_there = repository.vault.age.get(path);
        let intended = Intended::of(repository, path);
        let is_called_so = is_named_age(path) && !repository.agenix.files.is_empty();
        if repository.vault.sealed_file(path).is_some() || lies_there.is_none() && intended.is_none() && !is_called_so {
            return None;
        }
        let state = match lies_there {
            Some(AgeFile::Read(header)) => State::Age(header),
            Some(AgeFile::Unread { why, .. }) => State::Unread(why),
            None => self.unsealed(path),
        };
        let read = match state {
            State::Age(header) => Some(read(&self.age_keys, header, intended.as_ref())),
            _ => None,
        };
        let (can, drift) = read.map_or((None, None), |(can, drift)| (Some(can), drift));
        let should = intended
            .as_ref()
            .map(|intended| Readers::of_age_file(intended.keys.iter().map(|one| self.age_keys.key(one)).collect(), 0));
        let (rule, open) = (intended.as_ref().map(|one| one.rule), intended.as_ref().and_then(|one| one.open));
        Some(File {
            path: path.to_owned(),
            state,
            can,
            should,
            selection: Selection::NoConfig,
            age: Some(Age { rule, open, drift }),
            declared: self.declared.get(path).cloned().unwrap_or_default(),
        })
    }

    /// Whether one of somebody's keys may be a recipient of an age file whose header does not tell.
    pub(super) fn may_read(&self, file: &File<'a>, place: usize) -> bool {
        let untold = file.can.as_ref().is_some_and(|can| can.anonymous > 0);
        let has_untold_key = |holder: &Holder<'_>| holder.keys.iter().any(|held| held.ssh.is_none());
        untold && self.holders.get(place).is_some_and(has_untold_key)
    }

    /// Whether the keys that agenix may open a file with on a host are all known: `age.identityPaths` holds no other
    /// one that may be a reader whom nothing names.
    pub(super) fn knows_age_keys(&self, file: &File<'a>, place: usize) -> bool {
        let (Some(can), Some(holder)) = (&file.can, self.holders.get(place)) else { return false };
        let nameless = can.keys().filter(|key| key.owners.iter().all(|owner| !self.is_named(owner.holder)));
        let nameless: Vec<&str> = nameless.map(|key| key.identity).collect();
        let paths = holder.agenix().and_then(|agenix| agenix.identity_paths.known());
        let of_type =
            |start: &str| holder.keys.iter().any(|held| held.ssh.as_ref().is_some_and(|ssh| ssh.starts_with(start)));
        let hides_none = |path: &String| match path.rsplit('/').next() {
            Some("ssh_host_ed25519_key") if of_type("ssh-ed25519") => true,
            Some("ssh_host_rsa_key") => of_type("ssh-rsa") || !nameless.iter().any(|key| key.starts_with("ssh-rsa")),
            _ => nameless.is_empty(),
        };
        // A key that only its converted form is known of may lie there converted.
        let listed = can.keys().chain(file.should.iter().flat_map(Readers::keys));
        let converted = listed.into_iter().any(|key| {
            key.identity.starts_with("age1") && holder.keys.iter().any(|held| held.recipient == key.identity)
        });
        can.anonymous == 0 && !converted && paths.is_some_and(|paths| paths.iter().all(hides_none))
    }

    fn is_named(&self, place: usize) -> bool {
        self.holders.get(place).is_some_and(|holder| holder.kind() != super::Kind::Key)
    }
}

impl<'a> Holder<'a> {
    /// What is to be written into a rules file of agenix for it: the name that one gives to its key, or the recipient.
    pub fn as_bound(&self) -> Option<String> {
        let bound = self.names.iter().find(|name| name.written == crate::identity::Written::Bound);
        bound.map(|name| name.text.to_owned()).or_else(|| {
            let key = self.keys.first()?;
            Some(format!("\"{}\"", key.ssh.as_ref().unwrap_or(&key.recipient)))
        })
    }
}
