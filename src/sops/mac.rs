//! A whole file decrypted and its message authentication code checked, value after value: never more than one
//! of them is in memory (reference: sops.md section 3; sops, `Tree.Decrypt` in sops.go).

use std::fmt::Write;

use sha2::{Digest, Sha256, Sha512};

use super::decrypt::{Broken, DataKey, Plain};
use super::document::{Document, Format};
use super::plain::{self, Numbers};
use super::read::Refused;
use super::seal::SealedType;
use super::walk::{Visit, Visited, walk};
use crate::source::Place;

/// More broken values of a file than this are counted and not named.
pub const NAMED: usize = 100;
/// So many characters of a broken value's keys are kept.
const SHOWN: usize = 1 << 10;

/// What decrypting a file showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// How many values were opened, comments left out.
    pub opened: usize,
    /// The first [`NAMED`] values that do not open, in file order. sops stops at the first.
    pub broken: Vec<BrokenLeaf>,
    /// How many values more do not open.
    pub more_broken: usize,
    /// Whether the file is as a whole what was sealed.
    pub mac: Mac,
    /// How many values stand in clear and are not empty.
    pub clear: usize,
    /// How many comments there are, sealed or not.
    pub comments: usize,
    /// How many comments do not open though the file's rules say that they are sealed; sops takes them as clear.
    pub unsealed_comments: usize,
}

/// A value that does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenLeaf {
    /// The keys that lead to it, long ones cut; list indices are none.
    pub path: Vec<String>,
    /// Where it stands.
    pub place: Place,
    /// Why it does not open.
    pub why: Broken,
}

/// What the message authentication code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mac {
    /// The file is what was sealed, as far as the code covers it.
    Right,
    /// A value was changed, added, removed or moved.
    Wrong,
    /// The code itself does not open, or `lastmodified` was changed, which it is sealed with.
    Unreadable(Broken),
    /// Not computed, since values are broken.
    Unknown,
}

impl Examined {
    /// Whether sops would decrypt the file.
    pub fn is_right(&self) -> bool {
        self.broken.is_empty() && self.mac == Mac::Right
    }

    fn nothing() -> Examined {
        Examined {
            opened: 0,
            broken: Vec::new(),
            more_broken: 0,
            mac: Mac::Unknown,
            clear: 0,
            comments: 0,
            unsealed_comments: 0,
        }
    }

    /// Takes a comment that the file's rules seal. Nothing protects its type: sops hashes what has the type of text
    /// like a value, takes what it cannot open for a comment in clear, and fails on the rest.
    fn take_comment(&mut self, opened: Result<Plain, Broken>, hashes: &mut Hashes) -> Result<(), Broken> {
        match opened {
            Ok(Plain { sealed_type: SealedType::Comment, .. }) => Ok(()),
            Ok(Plain { sealed_type: SealedType::Str, bytes }) => {
                hashes.take(&bytes);
                Ok(())
            }
            Ok(_) => Err(Broken::NoComment),
            Err(why @ (Broken::Bytes | Broken::Path)) => Err(why),
            Err(_) => {
                self.unsealed_comments += 1;
                Ok(())
            }
        }
    }

    fn add_broken(&mut self, visit: &Visit<'_>, why: Broken) {
        if self.broken.len() == NAMED {
            self.more_broken += 1;
            return;
        }
        let path = visit.path.iter().map(|key| key.chars().take(SHOWN).collect()).collect();
        self.broken.push(BrokenLeaf { path, place: visit.place.clone(), why });
    }
}

/// Decrypts every value and checks the MAC. `see` is shown each value that opens, before it is wiped.
///
/// # Errors
/// If the file cannot be walked.
pub fn examine(
    document: &Document,
    key: &DataKey,
    mut see: impl FnMut(&Visit<'_>, &Plain),
) -> Result<Examined, Refused> {
    let metadata = &document.metadata;
    let mut hashes = Hashes::new(document.format, metadata.mac_only_encrypted);
    let mut examined = Examined::nothing();
    walk(&document.text, document.format, &metadata.crypt, |visit| {
        let sealed = visit.is_sealed;
        let mut open = |text| key.open(text, visit.path).inspect(|plain| see(visit, plain));
        let taken = match (visit.value, sealed) {
            (Visited::Comment(_), false) => {
                examined.comments += 1;
                Ok(())
            }
            (Visited::Comment(text), true) => {
                examined.comments += 1;
                examined.take_comment(open(text), &mut hashes)
            }
            (Visited::Sealed(text) | Visited::Text(text), true) => open(text).map(|plain| {
                // A comment in a list is an item in the file.
                if plain.sealed_type == SealedType::Comment {
                    examined.comments += 1;
                } else {
                    examined.opened += usize::from(!text.is_empty());
                    hashes.take(&plain.bytes);
                }
            }),
            (Visited::Int(_) | Visited::Float(_), true) => Err(Broken::Clear("number")),
            (Visited::Bool(_), true) => Err(Broken::Clear("boolean")),
            (Visited::Time(_), true) => Err(Broken::Clear("date")),
            (value, false) => {
                examined.clear += usize::from(value != Visited::Text(""));
                if metadata.mac_only_encrypted { Ok(()) } else { hashes.take_clear(value) }
            }
        };
        if let Err(why) = taken {
            examined.add_broken(visit, why);
        }
    })?;
    if examined.broken.is_empty() {
        examined.mac = stored(document, key).map_or_else(Mac::Unreadable, |stored| match hashes.are(&stored) {
            true => Mac::Right,
            false => Mac::Wrong,
        });
    }
    Ok(examined)
}

/// The code that the file holds, sealed together with `lastmodified` in Go's form.
fn stored(document: &Document, key: &DataKey) -> Result<Plain, Broken> {
    let modified = document.metadata.last_modified.as_deref().and_then(|text| plain::moment(text, false));
    let modified = modified.ok_or(Broken::Unsupported)?;
    key.open_with(&document.metadata.mac, std::str::from_utf8(&modified).unwrap_or_default())
}

/// The hash of all values; of a JSON file as old and as new versions of sops take its numbers.
struct Hashes(Vec<(Option<Numbers>, Sha512)>);

impl Hashes {
    fn new(format: Format, only_sealed: bool) -> Self {
        // So that no code of the one kind is one of the other (sops, `MACOnlyEncryptedInitialization`).
        let start = if only_sealed { Sha256::digest("sops").to_vec() } else { Vec::new() };
        let numbers: &[_] = match format {
            Format::Json | Format::Binary => &[Some(Numbers::Float), Some(Numbers::Int)],
            Format::Yaml | Format::Dotenv | Format::Ini => &[None],
        };
        Hashes(numbers.iter().map(|numbers| (*numbers, Sha512::new_with_prefix(&start))).collect())
    }

    fn take(&mut self, bytes: &[u8]) {
        self.0.iter_mut().for_each(|(_, hash)| hash.update(bytes));
    }

    fn take_clear(&mut self, value: Visited<'_>) -> Result<(), Broken> {
        self.0.iter_mut().try_for_each(|(numbers, hash)| {
            hash.update(&*plain::of_clear(value, *numbers)?);
            Ok(())
        })
    }

    fn are(self, stored: &Plain) -> bool {
        let hex = |hash: Sha512| {
            hash.finalize().iter().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02X}");
                hex
            })
        };
        stored.sealed_type == SealedType::Str
            && self.0.into_iter().any(|(_, hash)| hex(hash).as_bytes() == &**stored.bytes)
    }
}
