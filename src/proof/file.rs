//! What identities prove of one sops file.

use crate::keys::private::{Form, Identity, OpenError};
use crate::keys::recipient::canonical;
use crate::sops::data_key::{Group, NoKey, Unwrapped, unwrap};
use crate::sops::mac::{Examined, examine};
use crate::sops::{self, Document, Format, Leaf, Node, Recipient, Refused, Value};
use crate::source::{Place, RepoPath, Text};

/// One file and what was proved of it.
#[derive(Debug, Clone)]
pub struct FileProof {
    /// Its path.
    pub path: RepoPath,
    /// What it turned out to be.
    pub state: State,
}

/// What a file turned out to be.
#[derive(Debug, Clone)]
pub enum State {
    /// Its data key was had, and every value looked at.
    Opened(Opened),
    /// The identities do not give its data key.
    Closed(Closed),
    /// An age file as agenix has them: it opens as a whole or not at all.
    Age(Result<Opener, AgeClosed>),
    /// It holds sops metadata that sops would not take; why, as a clause, and where.
    Refused {
        /// Why.
        why: String,
        /// Where.
        place: Place,
    },
    /// It holds no sops metadata: it is in clear.
    NotSealed,
    /// It was not looked at; why, as a clause.
    NotLooked {
        /// Why.
        why: String,
    },
}

/// A file whose data key was had.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Who opened which group.
    pub openers: Vec<Opener>,
    /// How many key groups it has.
    pub groups: usize,
    /// What decrypting it showed.
    pub examined: Examined,
    /// What it holds that sops accepts changed.
    pub unprotected: Vec<Unprotected>,
}

/// An identity that opened something, by what is public of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opener {
    /// The key group, from 0.
    pub group: usize,
    /// The identity's recipient.
    pub recipient: String,
    /// In which form it opened.
    pub form: Form,
    /// Where the identity was found.
    pub source: String,
    /// What the file names the entry that opened, where that is another recipient; sops does not authenticate it.
    pub labelled: Option<String>,
}

/// A file whose data key was not had.
#[derive(Debug, Clone)]
pub struct Closed {
    /// Who opened which group.
    pub openers: Vec<Opener>,
    /// How many key groups it has.
    pub groups: usize,
    /// How many of them are needed.
    pub needed: usize,
    /// The groups that do not open, from 0, each with its recipients as the file names them.
    pub lacking: Vec<(usize, Vec<String>)>,
    /// The recipients whose entries are broken, and how.
    pub broken: Vec<(String, OpenError)>,
    /// Why there is no data key.
    pub why: NoKey,
    /// A group that names a recipient of these identities does not open.
    pub misnamed: bool,
    /// These identities should be enough, by what the file says of itself or since it was asked for.
    pub expected: bool,
}

/// Why an age file stays closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgeClosed {
    /// Why.
    pub why: OpenError,
    /// It should have opened, since it was asked for; an age file does not say for whom it is.
    pub expected: bool,
}

/// Something that may be changed without that sops sees it (reference: sops.md section 3). What this is in every
/// file, its metadata and the types of its sealed values, is said in the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unprotected {
    /// So many values stand in clear: their keys, their types and where one ends and the next begins.
    ClearNames(usize),
    /// So many values stand in clear and outside the MAC (`mac_only_encrypted`): all of them.
    ClearValues(usize),
    /// So many entries are empty or null: that they are there.
    Empty(usize),
    /// So many comments: that they are there.
    Comments(usize),
    /// So many comments stand in clear though the file's rules say that they are sealed.
    ClearComments(usize),
}

/// What a proof comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It opens, and is what was sealed.
    Right,
    /// It is sealed for others.
    ForOthers,
    /// It does not open though it should.
    Closed,
    /// It opens and is broken, or sops would not take it.
    Broken,
    /// It is not sealed at all.
    NotSealed,
    /// It was not looked at.
    NotLooked,
}

impl FileProof {
    /// Proves what can be proved of a file, in the form that its name says.
    pub fn of_text(text: &Text, identities: &[&Identity]) -> FileProof {
        FileProof::of_read(text.path(), sops::read(text), identities)
    }

    /// The same in a form that a declaration says.
    pub fn of_format(text: &Text, format: Format, identities: &[&Identity]) -> FileProof {
        FileProof::of_read(text.path(), sops::read_as(text, format), identities)
    }

    fn of_read(path: &RepoPath, read: Option<Result<Document, Refused>>, identities: &[&Identity]) -> FileProof {
        match read {
            Some(Ok(document)) => FileProof::of_document(&document, identities),
            Some(Err(refused)) => FileProof { path: path.clone(), state: refused.into() },
            None => FileProof { path: path.clone(), state: State::NotSealed },
        }
    }

    /// Proves what can be proved of a file that was read.
    pub fn of_document(document: &Document, identities: &[&Identity]) -> FileProof {
        if let Some(refused) = document.undecryptable() {
            return FileProof { path: document.path.clone(), state: refused.into() };
        }
        let Unwrapped { groups, needed, key } = unwrap(&document.metadata, identities);
        let openers = openers(document, &groups, identities);
        let state = match key {
            Ok(key) => match examine(document, &key, |_, _| {}) {
                Ok(examined) => State::Opened(Opened {
                    openers,
                    groups: groups.len(),
                    unprotected: unprotected(document, &examined),
                    examined,
                }),
                Err(refused) => refused.into(),
            },
            Err(why) => State::Closed(closed(document, &groups, openers, needed, why, identities)),
        };
        FileProof { path: document.path.clone(), state }
    }

    /// Proves that an age file opens, and is whole.
    pub fn of_age(path: RepoPath, sealed: &[u8], identities: &[&Identity]) -> FileProof {
        let mut why = OpenError::NotForIt;
        for identity in identities {
            match identity.length(sealed) {
                Ok(_) => return FileProof { path, state: State::Age(Ok(opener(0, identity, None))) },
                Err(OpenError::NotForIt) => {}
                Err(error) => why = error,
            }
        }
        FileProof { path, state: State::Age(Err(AgeClosed { why, expected: false })) }
    }

    /// Says that it should open, whomever it is sealed for.
    pub fn that_must_open(mut self) -> FileProof {
        match &mut self.state {
            State::Closed(closed) => closed.expected = true,
            State::Age(Err(closed)) => closed.expected = true,
            _ => {}
        }
        self
    }

    /// What it comes to.
    pub fn outcome(&self) -> Outcome {
        match &self.state {
            State::Opened(opened) if opened.examined.is_right() => Outcome::Right,
            State::Opened(_) | State::Refused { .. } => Outcome::Broken,
            State::Closed(closed) if !closed.expected => Outcome::ForOthers,
            State::Closed(_) => Outcome::Closed,
            State::Age(Ok(_)) => Outcome::Right,
            State::Age(Err(AgeClosed { why: OpenError::NotForIt, expected })) => match expected {
                true => Outcome::Closed,
                false => Outcome::ForOthers,
            },
            State::Age(Err(AgeClosed { why: OpenError::NotAge, .. })) => Outcome::NotSealed,
            State::Age(Err(_)) => Outcome::Broken,
            State::NotSealed => Outcome::NotSealed,
            State::NotLooked { .. } => Outcome::NotLooked,
        }
    }

    /// Who opened it.
    pub fn openers(&self) -> &[Opener] {
        match &self.state {
            State::Opened(Opened { openers, .. }) | State::Closed(Closed { openers, .. }) => openers,
            State::Age(Ok(opener)) => std::slice::from_ref(opener),
            _ => &[],
        }
    }
}

impl From<Refused> for State {
    fn from(Refused { why, place, .. }: Refused) -> State {
        State::Refused { why, place }
    }
}

fn opener(group: usize, identity: &Identity, labelled: Option<String>) -> Opener {
    let Identity { recipient, form, source, .. } = identity;
    Opener { group, recipient: recipient.clone(), form: *form, source: source.clone(), labelled }
}

fn openers(document: &Document, groups: &[Group], identities: &[&Identity]) -> Vec<Opener> {
    let pairs = document.metadata.groups.iter().zip(groups).enumerate();
    let opened = pairs.filter_map(|(number, (recipients, group))| {
        let (recipient, identity) = group.opened?;
        let (recipient, identity) = (recipients.get(recipient)?, identities.get(identity)?);
        let is_another = identity.form != Form::Plugin && !is(identity, recipient);
        Some(opener(number, identity, is_another.then(|| recipient.identity.clone())))
    });
    opened.collect()
}

/// Whether the file names this identity's recipient so.
fn is(identity: &Identity, recipient: &Recipient) -> bool {
    recipient.kind == "age" && canonical("age", &recipient.identity) == canonical("age", &identity.recipient)
}

fn closed(
    document: &Document,
    groups: &[Group],
    openers: Vec<Opener>,
    needed: usize,
    why: NoKey,
    identities: &[&Identity],
) -> Closed {
    let pairs = || document.metadata.groups.iter().zip(groups);
    let names_one = |recipients: &[Recipient]| {
        recipients.iter().any(|recipient| identities.iter().any(|identity| is(identity, recipient)))
    };
    let named = pairs().filter(|(recipients, _)| names_one(recipients));
    // A group that names an identity and does not open is broken, whatever else is lacking.
    let misnamed = named.clone().any(|(_, group)| group.opened.is_none());
    let lacking = pairs().enumerate().filter(|(_, (_, group))| group.opened.is_none());
    let broken = pairs().flat_map(|(recipients, group)| {
        group.broken.iter().filter_map(|(place, error)| Some((recipients.get(*place)?.identity.clone(), *error)))
    });
    Closed {
        groups: groups.len(),
        needed,
        lacking: lacking
            .map(|(number, (recipients, _))| {
                (number, recipients.iter().map(|recipient| recipient.identity.clone()).collect())
            })
            .collect(),
        broken: broken.collect(),
        misnamed,
        expected: misnamed || named.count() >= needed || openers.len() >= needed,
        openers,
        why,
    }
}

fn unprotected(document: &Document, examined: &Examined) -> Vec<Unprotected> {
    let clear = match document.metadata.mac_only_encrypted {
        true => Unprotected::ClearValues(examined.clear),
        false => Unprotected::ClearNames(examined.clear),
    };
    let all = [
        (examined.clear, clear),
        (empty(document), Unprotected::Empty(empty(document))),
        (examined.comments, Unprotected::Comments(examined.comments)),
        (examined.unsealed_comments, Unprotected::ClearComments(examined.unsealed_comments)),
    ];
    all.into_iter().filter(|(count, _)| *count > 0).map(|(_, what)| what).collect()
}

/// How many values are empty or null.
fn empty(document: &Document) -> usize {
    let mut empty = 0;
    // An explicit stack: the depth comes from the file.
    let mut pending: Vec<&Node> = document.parts.iter().collect();
    while let Some(node) = pending.pop() {
        match &node.value {
            Value::Map(children) => pending.extend(children.iter().map(|child| &child.node)),
            Value::List(items) => pending.extend(items),
            Value::Leaf(Leaf::Null | Leaf::ClearText { length: 0 }) => empty += 1,
            Value::Leaf(_) => {}
        }
    }
    empty
}
