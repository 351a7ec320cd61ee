//! The types of stanzas: what one tells about the recipient that it was written for.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Bytes of a wrapped file key: the key's 16 and the tag's 16.
const WRAPPED: usize = 32;

/// The file's key, wrapped for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stanza {
    /// Its type, such as `X25519`.
    pub tag: String,
    /// What follows the type on its first line.
    pub arguments: Vec<String>,
}

/// What a stanza tells about its recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// Some `age1…` recipient; which one, nobody can tell.
    X25519,
    /// Some `age1pq1…` recipient; which one, nobody can tell.
    Hybrid,
    /// The `ssh-ed25519` key with this tag.
    SshEd25519(&'a str),
    /// The `ssh-rsa` key with this tag.
    SshRsa(&'a str),
    /// The `age1tag1…` recipient whose tag this is, together with the encapsulated key; keys of
    /// age-plugin-yubikey are addressed like this too.
    Tagged {
        /// The tag.
        tag: &'a str,
        /// The encapsulated key that went into it.
        encapsulated: &'a str,
    },
    /// The `age1tagpq1…` recipient whose tag this is, likewise.
    HybridTagged {
        /// The tag.
        tag: &'a str,
        /// The encapsulated key that went into it.
        encapsulated: &'a str,
    },
    /// A key in a YubiKey or another PIV token, `age1yubikey1…` or `age1se1…`, with this tag.
    Piv(&'a str),
    /// A passphrase.
    Passphrase,
    /// Nobody: noise that keeps readers tolerant, as the Rust implementation writes it.
    Grease,
    /// A type of some plugin.
    Other,
}

impl Stanza {
    /// Reads what follows the arrow: words of visible ASCII with one blank between them.
    pub(super) fn of_arguments(line: &str) -> Option<Self> {
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic());
        let mut words = line.split(' ').map(|word| is_word(word).then(|| word.to_owned()));
        Some(Stanza { tag: words.next()??, arguments: words.collect::<Option<_>>()? })
    }

    /// What it tells.
    pub fn kind(&self) -> Kind<'_> {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        match (self.tag.as_str(), arguments.as_slice()) {
            ("X25519", _) => Kind::X25519,
            ("mlkem768x25519", _) => Kind::Hybrid,
            ("ssh-ed25519", [tag, ..]) => Kind::SshEd25519(tag),
            ("ssh-rsa", [tag, ..]) => Kind::SshRsa(tag),
            ("p256tag", [tag, encapsulated, ..]) => Kind::Tagged { tag, encapsulated },
            ("mlkem768p256tag", [tag, encapsulated, ..]) => Kind::HybridTagged { tag, encapsulated },
            ("piv-p256", [tag, ..]) => Kind::Piv(tag),
            ("scrypt", _) => Kind::Passphrase,
            (tag, _) if tag.ends_with("-grease") => Kind::Grease,
            _ => Kind::Other,
        }
    }

    /// Whether it was written for nobody.
    pub fn is_grease(&self) -> bool {
        self.kind() == Kind::Grease
    }

    /// Whether a stanza of a type that the format (or age's ssh support) defines has that type's
    /// arguments and a body of that length: a key of the type refuses the whole file otherwise.
    pub(super) fn has_its_form(&self, body: usize) -> bool {
        let sizes: Vec<Option<usize>> = self.arguments.iter().map(|argument| decoded_length(argument)).collect();
        let wrapped = body == WRAPPED;
        match (self.tag.as_str(), sizes.as_slice()) {
            ("X25519", sizes) => wrapped && sizes == [Some(32)],
            ("mlkem768x25519", sizes) => wrapped && sizes == [Some(1120)],
            ("p256tag", sizes) => wrapped && sizes == [Some(4), Some(65)],
            ("mlkem768p256tag", sizes) => wrapped && sizes == [Some(4), Some(1153)],
            ("ssh-ed25519", sizes) => wrapped && sizes == [Some(4), Some(32)],
            ("ssh-rsa", sizes) => sizes == [Some(4)],
            ("scrypt", sizes) => wrapped && matches!(sizes, [Some(16), _]) && self.names_a_work_factor(),
            _ => true,
        }
    }

    fn names_a_work_factor(&self) -> bool {
        let factor = self.arguments.get(1).map_or("", String::as_str);
        !factor.is_empty() && !factor.starts_with('0') && factor.bytes().all(|byte| byte.is_ascii_digit())
    }
}

fn decoded_length(argument: &str) -> Option<usize> {
    STANDARD_NO_PAD.decode(argument).ok().map(|bytes| bytes.len())
}
