//! What an identity file holds: age's lines as sops reads them, or an ssh private key.

use std::fs::File;
use std::path::Path;
use std::sync::Mutex;

use age::plugin::IdentityPluginV1;
use age::ssh;
use age::{NoCallbacks, x25519};
use sha2::{Digest, Sha512};
use ssh_key::PrivateKey;
use zeroize::Zeroizing;

use super::{Form, Identities, Identity, IdentityError, Key, LARGEST, Unusable, begins_as_age, read_wiped};
use crate::keys::bech32;

/// Reads a file that a person names: lines of age identities, or an ssh private key. An ssh-ed25519 key comes
/// in both forms, converted first.
///
/// # Errors
/// If it holds nothing that could open a file.
pub fn read(path: &Path) -> Result<Identities, IdentityError> {
    let bytes = read_wiped(File::open(path)?, LARGEST)?;
    let source = path.display().to_string();
    let found = match is_pem(&bytes) {
        true => {
            let (native, converted) = ssh_forms(&bytes, &source)?;
            Identities { usable: converted.into_iter().chain([native]).collect(), ..Identities::default() }
        }
        false => lines(&bytes, &source, false)?,
    };
    match (found.usable.is_empty(), found.unusable.is_empty()) {
        (true, true) => Err(IdentityError::Empty),
        _ => Ok(found),
    }
}

fn is_pem(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii_start();
    text.starts_with(b"-----BEGIN ") && !begins_as_age(text)
}

/// One identity a line; empty lines and those that start with `#` are none. One line that is no identity, be it
/// only for a blank, breaks the whole text (reference: sops, `parseIdentities` in age/keysource.go). With `words`
/// a line may hold several, as `SOPS_AGE_KEY` may from sops 3.13 on.
pub(super) fn lines(bytes: &[u8], source: &str, words: bool) -> Result<Identities, IdentityError> {
    // As `age` seals identities with a passphrase.
    if begins_as_age(bytes) {
        return Err(IdentityError::Passphrase);
    }
    let mut found = Identities::default();
    for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let trimmed = line.trim_ascii();
        if !words && trimmed.len() != line.len() {
            return Err(IdentityError::Blank { line: index + 1 });
        }
        for word in line.split(|byte| words && byte.is_ascii_whitespace()).filter(|word| !word.is_empty()) {
            match of_text(word, index + 1, source) {
                Ok(identity) => found.usable.push(identity),
                Err(why @ (IdentityError::NoPlugin { .. } | IdentityError::Hybrid { .. })) => {
                    found.unusable.push(Unusable { source: source.to_owned(), why });
                }
                Err(why) => return Err(why),
            }
        }
    }
    Ok(found)
}

fn of_text(text: &[u8], line: usize, source: &str) -> Result<Identity, IdentityError> {
    let text = std::str::from_utf8(text).map_err(|_| IdentityError::Line { line })?;
    if ["age1", "ssh-"].iter().any(|public| text.starts_with(public)) {
        return Err(IdentityError::Public);
    }
    if text.starts_with("AGE-SECRET-KEY-PQ-1") {
        return Err(IdentityError::Hybrid { line });
    }
    // The libraries read small letters too, which neither age nor sops does.
    if !["AGE-SECRET-KEY-1", "AGE-PLUGIN-"].iter().any(|start| text.starts_with(start)) {
        return Err(IdentityError::Line { line });
    }
    if let Ok(identity) = text.parse::<x25519::Identity>() {
        return Ok(of_age(identity, Form::Age, source));
    }
    let plugin: age::plugin::Identity = text.parse().map_err(|_| IdentityError::Line { line })?;
    let name = plugin.plugin().to_owned();
    match IdentityPluginV1::new(&name, &[plugin], NoCallbacks) {
        Ok(plugin) => Ok(Identity {
            key: Key::Plugin(Mutex::new(plugin)),
            form: Form::Plugin,
            recipient: format!("age-plugin-{name}"),
            source: source.to_owned(),
        }),
        Err(_) => Err(IdentityError::NoPlugin { name }),
    }
}

fn of_age(identity: x25519::Identity, form: Form, source: &str) -> Identity {
    let recipient = identity.to_public().to_string();
    Identity { key: Key::Age(identity), form, recipient, source: source.to_owned() }
}

/// An ssh private key as such and, if it is an ed25519 key, converted.
pub(super) fn ssh_forms(bytes: &[u8], source: &str) -> Result<(Identity, Option<Identity>), IdentityError> {
    let pem = bytes.trim_ascii_start();
    let key = match ssh::Identity::from_buffer(pem, None) {
        Ok(key @ ssh::Identity::Unencrypted(_)) => key,
        Ok(ssh::Identity::Encrypted(_)) => return Err(IdentityError::SshPassphrase),
        Ok(ssh::Identity::Unsupported(ssh::UnsupportedKey::EncryptedPem | ssh::UnsupportedKey::EncryptedSsh(_))) => {
            return Err(IdentityError::SshPassphrase);
        }
        Ok(ssh::Identity::Unsupported(_)) | Err(_) => return Err(IdentityError::Ssh),
    };
    let recipient = ssh::Recipient::try_from(key.clone()).map_err(|_| IdentityError::Ssh)?.to_string();
    let converted = converted(pem).map(|identity| of_age(identity, Form::Converted, source));
    Ok((Identity { key: Key::Ssh(key), form: Form::Ssh, recipient, source: source.to_owned() }, converted))
}

/// The age identity that `ssh-to-age` and sops-nix make of an ed25519 key: the first half of the SHA-512 of its
/// seed (reference: sops.md section 5).
fn converted(pem: &[u8]) -> Option<x25519::Identity> {
    let key = PrivateKey::from_openssh(pem).ok()?;
    let hash = Zeroizing::new(<[u8; 64]>::from(Sha512::digest(key.key_data().ed25519()?.private.as_ref())));
    let mut text = Zeroizing::new(bech32::encode("age-secret-key-", hash.get(..32)?)?);
    text.make_ascii_uppercase();
    text.parse().ok()
}
