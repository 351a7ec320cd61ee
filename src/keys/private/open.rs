//! Opening an age file with one identity.

use std::io::Read;
use std::iter;

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor};
use thiserror::Error;
use zeroize::Zeroizing;

use super::{Identity, Key, begins_as_age, read_wiped};

/// Why an age file does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OpenError {
    /// It is sealed for others.
    #[error("it is not sealed for this identity")]
    NotForIt,
    /// It is sealed for this identity, or says so, and was changed since.
    #[error("it was changed after it was sealed")]
    Damaged,
    /// It is no age file at all.
    #[error("it is not an age file")]
    NotAge,
    /// The plugin's program did not do it.
    #[error("the plugin's program failed")]
    Plugin,
    /// It holds more than is read.
    #[error("it holds too much")]
    TooLarge,
}

impl Identity {
    /// What an age file holds, of at most `limit` bytes.
    pub fn open(&self, sealed: &[u8], limit: usize) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.with_content(sealed, |content| match read_wiped(content, limit) {
            Ok(content) => Ok(content),
            Err(super::IdentityError::TooLarge) => Err(OpenError::TooLarge),
            Err(_) => Err(OpenError::Damaged),
        })
    }

    /// Decrypts an age file to its end, a part at a time, and tells how many bytes it holds.
    pub fn length(&self, sealed: &[u8]) -> Result<u64, OpenError> {
        self.with_content(sealed, |content| {
            let mut part = Zeroizing::new(vec![0; 64 << 10]);
            let mut length = 0;
            loop {
                match content.read(&mut part).map_err(|_| OpenError::Damaged)? {
                    0 => return Ok(length),
                    read => length += read as u64,
                }
            }
        })
    }

    fn with_content<T>(
        &self,
        sealed: &[u8],
        take: impl FnOnce(&mut dyn Read) -> Result<T, OpenError>,
    ) -> Result<T, OpenError> {
        let file = Decryptor::new_buffered(ArmoredReader::new(sealed)).map_err(|error| of_header(error, sealed))?;
        match &self.key {
            Key::Age(key) => file.decrypt(iter::once(key as _)),
            Key::Ssh(key) => file.decrypt(iter::once(key as _)),
            Key::Plugin(plugin) => {
                let plugin = plugin.lock().unwrap_or_else(|held| held.into_inner());
                file.decrypt(iter::once(&*plugin as _))
            }
        }
        .map_err(of_key)
        .and_then(|mut content| take(&mut content))
    }
}

fn of_header(error: DecryptError, sealed: &[u8]) -> OpenError {
    match error {
        DecryptError::UnknownFormat | DecryptError::Io(_) | DecryptError::InvalidHeader if !begins_as_age(sealed) => {
            OpenError::NotAge
        }
        _ => OpenError::Damaged,
    }
}

fn of_key(error: DecryptError) -> OpenError {
    match error {
        DecryptError::NoMatchingKeys => OpenError::NotForIt,
        DecryptError::Plugin(_) | DecryptError::PluginResolve(_) => OpenError::Plugin,
        _ => OpenError::Damaged,
    }
}
