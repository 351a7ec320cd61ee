//! Who decrypts: a host, or a home-manager user on it, and the files that it needs to open.

use std::collections::BTreeMap;

use crate::access::another_key::other_way;
use crate::access::{Readers, converts_ssh_keys};
use crate::checks::deciding::Deciding;
use crate::checks::declared::{Declared, Named, configurations, owner};
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label};
use crate::identity::{Evidence, Held, Identity};
use crate::manifest::{Certainty, Host, Sops};
use crate::policy::{Config, RuleRecipient};
use crate::sops::Document;

/// One who decrypts.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub host: &'a Host,
    pub user: Option<&'a str>,
    pub sops: &'a Sops,
}

impl<'a> Reader<'a> {
    /// Every host with sops options, and every home-manager user with its own.
    pub fn all(world: &World<'a>) -> impl Iterator<Item = Reader<'a>> {
        configurations(world.manifest).map(|(host, user, sops)| Reader { host, user, sops })
    }

    /// The keys it holds; or why they are not known, as a clause.
    pub fn holds(&self, world: &World<'a>) -> Result<&'a [Held], &'a str> {
        match self.identity(world) {
            Some(Identity::Known(held)) if !held.is_empty() => Ok(held),
            Some(Identity::Unknown { why, .. }) => Err(why),
            Some(Identity::Known(_)) | None => Err("nothing in the repository tells its key"),
        }
    }

    /// What is known of its keys.
    pub fn identity(&self, world: &World<'a>) -> Option<&'a Identity> {
        world.identities.of(self.host, self.user)
    }

    /// The files it needs, each with the declaration that needs it most surely.
    pub fn needs(&self, world: &World<'a>) -> BTreeMap<&'a str, (&'a Document, Declared<'a>)> {
        let mut files = BTreeMap::new();
        for (name, secret) in &self.sops.secrets {
            let declared =
                Declared { host: self.host, user: self.user, container: None, sops: self.sops, name, secret };
            let Named::Read(document) = declared.file(world) else { continue };
            let (_, surest) = files.entry(&*document.path).or_insert((document, declared));
            if secret.certainty < surest.secret.certainty {
                *surest = declared;
            }
        }
        files
    }
}

/// A file that somebody needs whose keys are known.
pub struct Needed<'a> {
    /// Who, for a sentence.
    pub who: String,
    pub reader: Reader<'a>,
    pub held: &'a [Held],
    pub document: &'a Document,
    /// The declaration that needs it most surely.
    pub declared: Declared<'a>,
}

/// Every file that somebody needs whose keys are known.
pub fn needed<'a>(world: &World<'a>) -> impl Iterator<Item = Needed<'a>> {
    Reader::all(world).flat_map(|reader| {
        let held = reader.holds(world).ok();
        let files = held.map(|held| (held, reader.needs(world).into_values()));
        files.into_iter().flat_map(move |(held, files)| {
            files.map(move |(document, declared)| {
                let who = owner(reader.host, reader.user);
                Needed { who, reader, held, document, declared }
            })
        })
    })
}

impl<'a> Needed<'a> {
    /// How far the keys come with the file.
    pub fn readers(&self) -> Readers<'a> {
        // What a home-manager user has in `~/.ssh` nothing tells.
        let converts = self.reader.user.is_none() && converts_ssh_keys(self.reader.host);
        Readers::of_one(&self.document.metadata, self.held, converts)
    }

    /// Whether it may open the file by a key that is not known here; then that is said.
    pub fn is_doubtful(&self, verdict: &mut Verdict) -> bool {
        let way = other_way(self.reader.sops, self.held, self.document);
        if let Some(way) = &way {
            let clause = format!("whether {} can open `{}`: {way}", self.who, self.document.path);
            verdict.undecided_of(self.reader.host, clause);
        }
        way.is_some()
    }

    /// Who needs the file, and what tells that the keys are its.
    pub fn labels(&self) -> Vec<Label> {
        let (who, declared) = (&self.who, &self.declared);
        let needs = Label::new(declared.place(), format!("{who} needs the file for `{}`", declared.name));
        let keys = self.held.iter().map(|held| Label::new(held.place.clone(), format!("this is the key of {who}")));
        [needs].into_iter().chain(keys).collect()
    }

    /// A finding about the file and who needs it.
    pub fn finding(&self, rule: &Rule, primary: Label, message: String) -> Finding {
        Finding {
            certainty: self.declared.secret.certainty.clone().weaker(sureness(self.held, &self.who)),
            hosts: vec![self.reader.host.name.clone()],
            user: self.reader.user.map(str::to_owned),
            ..rule.finding(primary, message)
        }
    }
}

/// What to write into a rule: the anchor where its own file has one, since that of another is not known there.
pub fn to_write(config: Option<&Config>, held: &[Held]) -> String {
    let Some(first) = held.first() else { return "its recipient".to_owned() };
    let mut names = config.into_iter().flat_map(|config| &config.names);
    match names.find(|named| named.is_anchor && named.recipient == first.recipient) {
        Some(named) => format!("`*{}`", named.name),
        None => format!("`{}`", first.recipient),
    }
}

/// How to add a key to a rule, as a clause. No alias can stand in a text that holds several recipients.
pub fn to_add(deciding: &Deciding<'_>, held: &[Held]) -> String {
    let (key, rule) = (to_write(Some(deciding.config), held), deciding.named());
    let Some(first) = held.first() else { return format!("add {key} to {rule}") };
    let mut listed = deciding.recipients().filter(|one| one.in_text && (one.kind == "pgp") == first.is_pgp());
    match listed.next() {
        None => format!("add {key} to {rule}"),
        Some(RuleRecipient { kind, anchor: Some(anchor), .. }) => {
            let key = key.trim_matches('`');
            format!("make a list of the `{kind}` of {rule}, `{kind}: [*{anchor}, {key}]`")
        }
        Some(RuleRecipient { kind, .. }) => {
            format!("add `{}` to the `{kind}` of {rule}, behind a comma", first.recipient)
        }
    }
}

/// How sure it is that these keys are the host's. A name that only resembles the host's wants a
/// second fact.
pub fn sureness(held: &[Held], who: &str) -> Certainty {
    let sure = |held: &Held| held.evidence != Evidence::StrippedName || held.corroborated;
    if held.iter().any(sure) {
        Certainty::Certain
    } else {
        Certainty::Assumed(format!("only a name that resembles it says that the key belongs to {who}"))
    }
}
