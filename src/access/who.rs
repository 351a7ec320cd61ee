//! Who is meant by a word: a host, a user, a name of a rule file, a recipient.

use std::collections::{BTreeMap, BTreeSet};

use crate::identity::{Name, fold};
use crate::keys::Recipient;
use crate::nearest::nearest;

use super::{Access, File, Who};

/// How many characters of a recipient are enough to name it.
const ENOUGH: usize = 10;

/// What a word means, and of whom.
#[derive(Debug, Clone, Copy)]
pub enum Meaning<'a> {
    /// It is its name.
    Name,
    /// It is the name of a home-manager user, of this and perhaps of other hosts.
    User,
    /// It is `networking.hostName`.
    HostName,
    /// A rule file, or one of agenix, calls one of its keys so.
    Called(Name<'a>),
    /// It is one of its recipients.
    Recipient,
}

/// Everybody who is meant by a word, by their places among the holders, and why.
#[derive(Debug)]
pub struct Asked<'a> {
    /// In the order of the holders.
    pub holders: BTreeMap<usize, Meaning<'a>>,
}

/// Nobody is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unheard {
    /// It is a recipient that no sops file and no rule holds.
    Nowhere,
    /// It is the name of secrets, which these files hold.
    Secret(BTreeSet<String>),
    /// It is a file of the repository.
    File,
    /// It is nothing that is known; the name that was probably meant.
    Unknown(Option<String>),
}

impl<'a> Access<'a> {
    /// Everybody who may be meant. A name that is somebody's as it is written is nobody's who is only called alike.
    ///
    /// # Errors
    /// If nobody is.
    pub fn asked(&self, word: &str) -> Result<Asked<'a>, Unheard> {
        if word.is_empty() {
            return Err(Unheard::Unknown(None));
        }
        let by = |means: &dyn Fn(usize) -> Option<Meaning<'a>>| {
            let all = (0..self.holders.len()).filter_map(|place| Some((place, means(place)?)));
            Some(Asked { holders: all.collect() }).filter(|asked| !asked.holders.is_empty())
        };
        let recipient = Recipient::parse_any(word);
        let found = match &recipient {
            Some(recipient) => by(&|place| self.holds(place, recipient)),
            None => by(&|place| self.is_called(place, &|name| name == word))
                .or_else(|| by(&|place| self.is_called(place, &|name| fold(name) == fold(word))))
                .or_else(|| by(&|place| self.holds_the_start(place, word))),
        };
        found.ok_or_else(|| match recipient {
            Some(_) => Unheard::Nowhere,
            None => self.unheard(word),
        })
    }

    fn is_called(&self, place: usize, is_it: &dyn Fn(&str) -> bool) -> Option<Meaning<'a>> {
        let holder = self.holders.get(place)?;
        if is_it(&holder.name()) || is_it(&holder.title) {
            return Some(Meaning::Name);
        }
        match holder.who {
            Who::User(_, user) if is_it(user) => return Some(Meaning::User),
            Who::Host(host) if host.host_name.known().and_then(Option::as_deref).is_some_and(is_it) => {
                return Some(Meaning::HostName);
            }
            Who::Host(host) if host.name.split_once('@').is_some_and(|(user, _)| is_it(user)) => {
                return Some(Meaning::User);
            }
            _ => {}
        }
        holder.names.iter().copied().find(|name| is_it(name.text)).map(Meaning::Called)
    }

    fn holds(&self, place: usize, recipient: &Recipient) -> Option<Meaning<'a>> {
        let texts = [recipient.canonical(), recipient.held_as()];
        self.holders.get(place)?.texts().any(|text| texts.contains(&text)).then_some(Meaning::Recipient)
    }

    /// The start of a recipient, or as it is shown in short, with `…` in its middle.
    fn holds_the_start(&self, place: usize, word: &str) -> Option<Meaning<'a>> {
        let (start, end) = word.split_once('…').unwrap_or((word, ""));
        let is_it = |text: &str| start.len() >= ENOUGH && text.starts_with(start) && text.ends_with(end);
        self.holders.get(place)?.texts().any(is_it).then_some(Meaning::Recipient)
    }

    fn unheard(&self, word: &str) -> Unheard {
        let declaring = self.declared.iter().filter(|(_, by)| by.values().any(|names| names.contains(word)));
        let files: BTreeSet<String> = declaring.map(|(path, _)| (*path).to_owned()).collect();
        if !files.is_empty() {
            return Unheard::Secret(files);
        }
        if self.repository.tree.files.contains_key(word) {
            return Unheard::File;
        }
        let names = self.holders.iter().flat_map(|holder| {
            let called = holder.names.iter().map(|name| name.text.to_owned());
            std::iter::once(holder.name()).chain(called)
        });
        let names: Vec<String> = names.collect();
        Unheard::Unknown(nearest(word, names.iter().map(String::as_str)).map(str::to_owned))
    }

    /// The files that somebody can read, alone or with others, or declares.
    pub fn files_of(&self, holder: usize) -> impl Iterator<Item = &File<'a>> {
        let concerns = move |file: &&File<'a>| self.cell(file, holder).mark.is_some();
        self.files.iter().filter(concerns)
    }
}
