//! The rules file of agenix and ragenix (`secrets.nix`): which `.age` files there are to be, whom each is sealed
//! for, and what the keys are called. agenix evaluates it with Nix, so sealnix evaluates it too; what
//! cannot be known is unknown with the reason. `docs/agenix.md` says what is read.

mod names;
mod read;

use crate::keys::{Malformed, Recipient};
use crate::manifest::Certainty;
use crate::source::{Place, RepoPath};

/// The name by which agenix finds its rules where nothing else is said.
pub const FILE_NAME: &str = "secrets.nix";

/// Every rules file of the repository.
#[derive(Debug, Default)]
pub struct Agenix {
    /// Sorted by path.
    pub files: Vec<RulesFile>,
}

/// One rules file.
#[derive(Debug, Default)]
pub struct RulesFile {
    /// Its path.
    pub path: RepoPath,
    /// One a file that it names, sorted by name.
    pub entries: Vec<Entry>,
    /// What it and the files that it imports call keys.
    pub names: Vec<Named>,
    /// What they call lists of keys.
    pub groups: Vec<Group>,
    /// Why it may have other entries.
    pub open: Option<Gap>,
}

/// One entry: `"db.age".publicKeys = [ … ];`.
#[derive(Debug, Clone)]
pub struct Entry {
    /// As written. agenix finds an entry only by exactly this text.
    pub name: String,
    /// The file that it names, relative to the rules file's folder: agenix' own folder is the one that it is
    /// called in, which is that one as a rule, and ragenix' is always that one.
    pub file: RepoPath,
    /// Whom it is sealed for, in order.
    pub public_keys: Vec<PublicKey>,
    /// Why there may be other keys, or other ones.
    pub open: Option<Gap>,
    /// Whether the file is to be text; none where that is not known. ragenix does not look at it.
    pub armor: Option<bool>,
    /// Whether the entry is there at all.
    pub certainty: Certainty,
    /// Where its name is written, or what that was made from.
    pub place: Option<Place>,
}

/// One line of a `publicKeys` text: agenix makes a recipient of each that is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// As written, with the comment of an ssh key.
    pub text: String,
    /// The recipient that it is.
    pub recipient: Result<Recipient, Malformed>,
    /// Where it is written, as far as one literal is it.
    pub place: Option<Place>,
}

/// A name that is bound to one key: `atlas = "ssh-ed25519 …";`, or an attribute of a set that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The last name: `atlas` of `systems.atlas`.
    pub name: String,
    /// The names of the sets around it, outermost first: `systems`.
    pub within: Vec<String>,
    /// The key.
    pub recipient: Recipient,
    /// Where the name stands.
    pub place: Place,
}

/// A name that is bound to a list of keys: `servers = [ atlas borealis ];`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The last name.
    pub name: String,
    /// The names of the sets around it, outermost first.
    pub within: Vec<String>,
    /// The keys that are known.
    pub recipients: Vec<Recipient>,
    /// Where the name stands.
    pub place: Place,
}

/// Something that could not be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Why, as a clause.
    pub why: String,
    /// Where the reason stands.
    pub place: Option<Place>,
}

impl Entry {
    /// The keys that are recipients.
    pub fn recipients(&self) -> Vec<Recipient> {
        self.public_keys.iter().filter_map(|key| key.recipient.as_ref().ok().cloned()).collect()
    }

    /// Whether all its keys are known, and that it is there.
    pub fn is_complete(&self) -> bool {
        self.open.is_none() && self.certainty == Certainty::Certain
    }
}

impl Agenix {
    /// Every entry, with the rules file that it stands in.
    pub fn entries(&self) -> impl Iterator<Item = (&RulesFile, &Entry)> {
        self.files.iter().flat_map(|file| file.entries.iter().map(move |entry| (file, entry)))
    }

    /// The entries that name a file of the repository.
    pub fn entries_of(&self, file: &str) -> impl Iterator<Item = (&RulesFile, &Entry)> {
        self.entries().filter(move |(_, entry)| &*entry.file == file)
    }
}
