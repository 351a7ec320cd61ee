//! The public key files in the repository, and the hosts they belong to.

use std::collections::{BTreeMap, BTreeSet};

use crate::keys::Recipient;
use crate::source::{Place, Text, Tree};

use super::corroborate::Corroboration;
use super::holder::{Holder, Kind};
use super::index::Index;
use super::{Evidence, Held};

/// Folders whose keys belong to people.
const FOLDERS_OF_PEOPLE: [&str; 6] = ["users", "user", "home", "homes", "people", "admins"];

/// What a host's key is called, behind the host's name or in its folder.
const HOST_KEY_WORDS: [&str; 7] = ["ssh", "host", "age", "key", "ed25519", "sops", "public"];

/// A file that holds one public key.
struct PublicKeyFile<'a> {
    folder: &'a str,
    /// The file's name without `.pub`.
    stem: &'a str,
    recipient: Recipient,
    place: Place,
    /// It is the only one of its folder that is not an RSA key.
    is_alone: bool,
}

/// How surely a file belongs to a host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Belongs {
    /// Its folder or the start of its name says so; its key must be a recipient somewhere.
    Perhaps,
    /// Its name says that it is the host's.
    Surely,
}

/// What `.pub` files and `ssh_known_hosts` say of each host.
pub(super) fn of_hosts(hosts: &[Holder], tree: &Tree, corroboration: &Corroboration<'_>) -> Vec<Vec<Held>> {
    let index = Index::of(Kind::Host, hosts);
    let mut claims = known_hosts(hosts, &index, tree);
    for file in &files(tree) {
        let owners = file.owners(&index);
        let surest = owners.values().max().copied();
        for (place, belongs) in owners.into_iter().filter(|(_, belongs)| Some(*belongs) == surest) {
            let (Some(host), Some(claims)) = (hosts.get(place), claims.get_mut(place)) else { continue };
            let held = Held::new(&file.recipient, Evidence::PublicKeyFile, file.place.clone());
            let counts = host.uses_ssh_keys || held.ssh.is_none();
            if counts && (belongs == Belongs::Surely || corroboration.is_recipient(&held)) {
                claims.push(held);
            }
        }
    }
    claims
}

fn files(tree: &Tree) -> Vec<PublicKeyFile<'_>> {
    let texts = tree.texts.iter().filter(|(path, _)| path.ends_with(".pub"));
    let mut files: Vec<PublicKeyFile<'_>> = texts.filter_map(|(path, text)| read(path, text)).collect();
    let mut in_folder: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &files {
        *in_folder.entry(file.folder).or_default() += 1;
    }
    for file in &mut files {
        file.is_alone = in_folder.get(file.folder) == Some(&1);
    }
    files
}

/// Reads a file of exactly one key that can be an age recipient.
fn read<'a>(path: &'a str, text: &Text) -> Option<PublicKeyFile<'a>> {
    let mut lines = lines(text).filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let (at, line) = lines.next()?;
    if lines.next().is_some() {
        return None;
    }
    let recipient = Recipient::parse_age(line).ok().filter(|recipient| recipient.held_as().starts_with("age1"))?;
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let place = text.place(at..at + line.len());
    Some(PublicKeyFile { folder, stem: name.strip_suffix(".pub")?, recipient, place, is_alone: false })
}

/// Each line with its offset.
fn lines(text: &Text) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.content().split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end())
    })
}

impl PublicKeyFile<'_> {
    /// The hosts that it may belong to.
    fn owners(&self, index: &Index<'_>) -> BTreeMap<usize, Belongs> {
        let mut owners = BTreeMap::new();
        let mut folders = self.folder.rsplit('/');
        let is_of_people = |folder: &str| FOLDERS_OF_PEOPLE.contains(&folder);
        let words: Vec<&str> = self.stem.split(['_', '-', '.']).collect();
        let is_for_boot = words.iter().any(|word| matches!(*word, "initrd" | "boot" | "stage1"));
        if is_for_boot || self.folder.split('/').any(is_of_people) {
            return owners;
        }
        let says_host_key = |words: &[&str]| words.iter().all(|word| HOST_KEY_WORDS.contains(word));
        let (parent, above) = (folders.next().unwrap_or_default(), folders.next().unwrap_or_default());
        let mut add = |hosts: &[usize], belongs: Belongs| {
            for &host in hosts {
                let known = owners.entry(host).or_insert(belongs);
                *known = belongs.max(*known);
            }
        };
        if self.is_alone {
            add(index.folded(parent), Belongs::Perhaps);
        }
        // `web_ssh_host_ed25519_key.pub`, or `web_` and something else.
        for end in 1..words.len() {
            let (name, rest) = words.split_at(end);
            let belongs = if says_host_key(rest) { Belongs::Surely } else { Belongs::Perhaps };
            add(index.folded(&name.concat()), belongs);
        }
        if says_host_key(&words) {
            add(index.folded(parent), Belongs::Surely);
            add(index.folded(above), Belongs::Surely);
        }
        let fitting: Vec<_> = index.fitting(self.stem).into_keys().collect();
        add(&fitting, Belongs::Surely);
        owners
    }
}

/// The lines of `ssh_known_hosts` files that name a host; hashed names tell nothing.
fn known_hosts(hosts: &[Holder], index: &Index<'_>, tree: &Tree) -> Vec<Vec<Held>> {
    let mut claims = vec![Vec::new(); hosts.len()];
    let is_known_hosts = |path: &str| matches!(path.rsplit('/').next(), Some("ssh_known_hosts" | "known_hosts"));
    for (_, text) in tree.texts.iter().filter(|(path, _)| is_known_hosts(path)) {
        for (at, line) in lines(text).filter(|(_, line)| !line.starts_with(['#', '@', '|'])) {
            let Some((names, key)) = line.split_once(char::is_whitespace) else { continue };
            let named: BTreeSet<usize> =
                names.split(',').flat_map(|name| index.named(without_port(name))).copied().collect();
            if named.is_empty() {
                continue;
            }
            let recipient = Recipient::parse_age(key).ok().filter(|recipient| recipient.held_as().starts_with("age1"));
            let Some(recipient) = recipient else { continue };
            let held = Held::new(&recipient, Evidence::PublicKeyFile, text.place(at..at + line.len()));
            for place in named {
                if let (Some(claims), true) =
                    (claims.get_mut(place), hosts.get(place).is_some_and(|host| host.uses_ssh_keys))
                {
                    claims.push(held.clone());
                }
            }
        }
    }
    claims
}

/// `web` of `[web]:2222` (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
fn without_port(name: &str) -> &str {
    name.strip_prefix('[').and_then(|name| name.split_once("]:")).map_or(name, |(name, _)| name)
}
