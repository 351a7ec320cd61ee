//! Reading what nobody else may see.

use std::io::{self, Read};

use zeroize::Zeroizing;

use super::IdentityError;

const FIRST: usize = 4 << 10;

/// Reads a stream to its end into memory that is wiped, also where it had to grow.
///
/// # Errors
/// If it cannot be read or has more than `limit` bytes.
pub fn read_wiped(mut from: impl Read, limit: usize) -> Result<Zeroizing<Vec<u8>>, IdentityError> {
    let mut bytes = Zeroizing::new(vec![0; FIRST]);
    let mut filled = 0;
    loop {
        if filled == bytes.len() {
            let mut larger = Zeroizing::new(vec![0; filled * 2]);
            larger.iter_mut().zip(bytes.iter()).for_each(|(to, from)| *to = *from);
            bytes = larger;
        }
        match from.read(bytes.get_mut(filled..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
        if filled > limit {
            return Err(IdentityError::TooLarge);
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}
