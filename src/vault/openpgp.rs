//! Whether a passphrase protects an OpenPGP private key (source: RFC 9580, sections 4.2 and 5.5.3).

/// The tag of a packet that holds a private key.
const SECRET_KEY: u8 = 5;

/// The length of one field of a public key; nothing where the bytes end before it.
type Length = fn(&[u8]) -> Option<usize>;

/// Whether a passphrase protects the first key of a key block, or another device has it; nothing where that cannot be
/// read.
pub(super) fn is_protected(block: &[u8]) -> Option<bool> {
    let (&first, rest) = block.split_first()?;
    let is_new = first & 0x40 != 0;
    let tag = if is_new { first & 0x3f } else { first >> 2 & 0x0f };
    let length = match (is_new, first & 3, rest.first()?) {
        (true, _, ..192) => 1,
        (true, _, 192..224) => 2,
        (true, ..) => 5,
        (false, power, _) => 1 << power,
    };
    let (&version, body) = rest.get(length..)?.split_first()?;
    // The time comes before the algorithm.
    let algorithm = *body.get(4)?;
    if tag != SECRET_KEY || version != 4 {
        return None;
    }
    let fields: &[Length] = match algorithm {
        1..=3 => &[integer, integer],
        16 => &[integer, integer, integer],
        17 => &[integer, integer, integer, integer],
        18 => &[counted, integer, counted],
        19 | 22 => &[counted, integer],
        25 | 27 => &[|_| Some(32)],
        26 => &[|_| Some(56)],
        28 => &[|_| Some(57)],
        _ => return None,
    };
    let material = body.get(5..)?;
    let private = fields.iter().try_fold(material, |rest, length| rest.get(length(rest)?..))?;
    private.first().map(|usage| *usage != 0)
}

/// A number: how many bits it has, and the bytes that hold them.
fn integer(bytes: &[u8]) -> Option<usize> {
    let bits = u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]);
    Some(2 + usize::from(bits.div_ceil(8)))
}

/// How many bytes, and these.
fn counted(bytes: &[u8]) -> Option<usize> {
    Some(1 + usize::from(*bytes.first()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The public halves of two keys that GnuPG 2.2 made and the octet behind, which says how the private half is kept.
    const CLEAR: &str =
        "9458046b03a6bb16092b06010401da470f01010740aaf8b9c26d415feaa75acff3a838094f23f7eccd187042d84107ab7127ed45b400";
    const PROTECTED: &str =
        "9486046b03a6bc16092b06010401da470f010107400b83eb665e86df0b25b48a7d4b3f2027d6d896956e53db0787ecaf006dfe8f49fe";

    fn bytes(hex: &str) -> Vec<u8> {
        let pairs = hex.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
        pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
    }

    #[test]
    fn the_octet_behind_the_public_half_tells() {
        assert_eq!(is_protected(&bytes(CLEAR)), Some(false));
        assert_eq!(is_protected(&bytes(PROTECTED)), Some(true));
    }

    #[test]
    fn what_is_no_such_packet_tells_nothing() {
        let whole = bytes(CLEAR);
        assert!((0..whole.len()).all(|end| is_protected(whole.get(..end).unwrap_or_default()).is_none()));
        assert_eq!(is_protected(&[0xff; 64]), None);
    }
}
