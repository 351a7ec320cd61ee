//! Shamir's secret sharing as sops does it: byte by byte over GF(2⁸) with the polynomial x⁸+x⁴+x³+x+1, the secret
//! at x = 0; a share is its y bytes and then its x (reference: sops.md section 2).

use thiserror::Error;
use zeroize::Zeroizing;

/// Why shares give no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CombineError {
    /// Fewer than two.
    #[error("a secret takes at least two shares")]
    TooFew,
    /// They are not parts of one secret.
    #[error("its shares are of different lengths, or too short")]
    Length,
    /// Two say that they are the same one.
    #[error("two of its shares are the same one")]
    Duplicate,
}

/// The secret that shares were made of; another text of the same length, if they do not belong together or are
/// fewer than were asked for when it was split.
pub fn combine(shares: &[Zeroizing<Vec<u8>>]) -> Result<Zeroizing<Vec<u8>>, CombineError> {
    let shares: Vec<(&[u8], u8)> = shares.iter().filter_map(|share| share.split_last().map(|(x, y)| (y, *x))).collect();
    let [(first, _), _, ..] = shares.as_slice() else { return Err(CombineError::TooFew) };
    if first.is_empty() || shares.iter().any(|(y, _)| y.len() != first.len()) {
        return Err(CombineError::Length);
    }
    // So there are no more than 256 from here on.
    let mut seen = [false; 256];
    for (_, x) in &shares {
        match seen.get_mut(usize::from(*x)) {
            Some(seen) if !*seen => *seen = true,
            _ => return Err(CombineError::Duplicate),
        }
    }
    // The Lagrange basis at 0 is the same for every byte.
    let basis: Vec<u8> = shares
        .iter()
        .enumerate()
        .map(|(one, &(_, x))| {
            let others = shares.iter().enumerate().filter(|&(other, _)| other != one);
            others.fold(1, |product, (_, &(_, other))| multiply(product, multiply(other, inverse(x ^ other))))
        })
        .collect();
    let mut secret = Zeroizing::new(vec![0; first.len()]);
    for ((y, _), basis) in shares.iter().zip(basis) {
        secret.iter_mut().zip(*y).for_each(|(byte, y)| *byte ^= multiply(*y, basis));
    }
    Ok(secret)
}

/// The product, without a branch that tells of its factors.
fn multiply(a: u8, b: u8) -> u8 {
    (0..8).rev().fold(0u8, |product, bit| {
        let reduce = (product >> 7).wrapping_neg() & 0x1b;
        (product << 1) ^ reduce ^ ((b >> bit & 1).wrapping_neg() & a)
    })
}

/// a²⁵⁴, which is 1/a; 0 of 0.
fn inverse(a: u8) -> u8 {
    // 254 is 0b1111_1110.
    (0..7)
        .fold((1, a), |(product, power), _| {
            let square = multiply(power, power);
            (multiply(product, square), square)
        })
        .0
}

#[cfg(test)]
mod tests {
    use super::{inverse, multiply};

    /// FIPS 197 section 4.2: {57}·{83} = {c1}, {57}·{13} = {fe}; every element but 0 has its inverse.
    #[test]
    fn the_field_is_that_of_aes() {
        assert_eq!((multiply(0x57, 0x83), multiply(0x57, 0x13)), (0xc1, 0xfe));
        assert!((1..=255).all(|a| multiply(a, inverse(a)) == 1));
    }
}
