//! Hashes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::world::not_written;
use super::{Function, arguments, files};
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::value::{Outcome, Thunk, Value};

pub const FUNCTIONS: &[Function] = &[
    Function { name: "convertHash", arity: 1, run: convert_hash },
    Function { name: "hashFile", arity: 2, run: hash_file },
    Function { name: "hashString", arity: 2, run: hash_string },
    Function { name: "placeholder", arity: 1, run: placeholder },
];

fn hash<'a>(eval: &Eval<'a>, algorithm: &'a Thunk<'a>, content: &[u8]) -> Outcome<'a> {
    let bytes = match eval.force_string(algorithm)?.text {
        "md5" => Md5::digest(content).to_vec(),
        "sha1" => Sha1::digest(content).to_vec(),
        "sha256" => Sha256::digest(content).to_vec(),
        "sha512" => Sha512::digest(content).to_vec(),
        "blake3" => return not_written(eval, "builtins.hashString \"blake3\""),
        _ => return eval.fail("unknown hash algorithm"),
    };
    Ok(eval.string(&hex(&bytes)))
}

fn hash_string<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [algorithm, text] = arguments(eval, args)?;
    hash(eval, algorithm, eval.force_string(text)?.text.as_bytes())
}

fn hash_file<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [algorithm, file] = arguments(eval, args)?;
    let relative = files::in_repository(eval, file, "hashFile")?;
    hash(eval, algorithm, &files::bytes_of(eval, relative)?)
}

/// What stands for a derivation's own output until it is built.
fn placeholder<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [output] = arguments(eval, args)?;
    let output = eval.force_string(output)?.text;
    let digest = Sha256::digest(format!("nix-output:{output}"));
    Ok(eval.string(&format!("/{}", base32(&digest))))
}

/// `{ hash, hashAlgo ? …, toHashFormat }`.
fn convert_hash<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [description] = arguments(eval, args)?;
    let attrs = eval.force_attrs(description)?;
    let description = Value::Attrs(attrs);
    let field = |name| eval.as_string(eval.select_name(description, Symbol::new(name), None)?);
    let hash = field("hash")?.text;
    let algorithm = match eval.has_name(description, Symbol::new("hashAlgo"))? {
        true => Some(field("hashAlgo")?.text),
        false => None,
    };
    let format = field("toHashFormat")?.text;
    let Some((algorithm, bytes)) = parse(hash, algorithm) else {
        return eval.fail("the hash is not valid");
    };
    match format {
        "base16" => Ok(eval.string(&hex(&bytes))),
        "nix32" | "base32" => Ok(eval.string(&base32(&bytes))),
        "base64" => Ok(eval.string(&BASE64.encode(&bytes))),
        "sri" => Ok(eval.string(&format!("{algorithm}-{}", BASE64.encode(&bytes)))),
        _ => eval.fail("unknown hash format"),
    }
}

/// A hash in any of Nix's notations; its length tells base 16, 32 and 64 apart.
fn parse<'h>(hash: &'h str, algorithm: Option<&'h str>) -> Option<(&'h str, Vec<u8>)> {
    let prefixed = hash.split_once(':').map(|parts| (parts, false));
    let prefixed = prefixed.or_else(|| hash.split_once('-').map(|parts| (parts, true)));
    let (algorithm, digits, sri) = match (prefixed, algorithm) {
        (Some(((prefix, _), _)), Some(algorithm)) if prefix != algorithm => return None,
        (Some(((prefix, digits), sri)), _) => (prefix, digits, sri),
        (None, algorithm) => (algorithm?, hash, false),
    };
    let size: usize = match algorithm {
        "md5" => 16,
        "sha1" => 20,
        "sha256" => 32,
        "sha512" => 64,
        _ => return None,
    };
    let bytes = match digits.len() {
        length if !sri && length == size * 2 => from_hex(digits)?,
        length if !sri && length == (size * 8).div_ceil(5) => from_base32(digits, size)?,
        _ => BASE64.decode(digits).ok()?,
    };
    (bytes.len() == size).then_some((algorithm, bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<_>> = digits.chars().map(|digit| digit.to_digit(16)).collect();
    digits?.chunks(2).map(|pair| u8::try_from(pair.iter().fold(0, |byte, digit| byte << 4 | digit)).ok()).collect()
}

/// What a source tree with this `narHash` is called in the Nix store at `store`, usually `/nix/store`
/// (Nix manual, "Store path specification": a fixed output of type `source`).
pub fn source_path(nar_hash: &str, store: &str) -> Option<String> {
    let (_, bytes) = parse(nar_hash, None).filter(|(algorithm, _)| *algorithm == "sha256")?;
    let fingerprint = Sha256::digest(format!("source:sha256:{}:{store}:source", hex(&bytes)));
    let mut short = [0u8; 20];
    for (at, byte) in fingerprint.iter().enumerate() {
        if let Some(slot) = short.get_mut(at % 20) {
            *slot ^= byte;
        }
    }
    Some(format!("{}-source", base32(&short)))
}

const ALPHABET: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";

/// Nix's own base 32: its alphabet, the last bits first.
fn base32(bytes: &[u8]) -> String {
    let length = (bytes.len() * 8).div_ceil(5);
    let bit = |index: usize| bytes.get(index / 8).is_some_and(|byte| byte >> (index % 8) & 1 == 1);
    let digit = |at: usize| (0..5).rev().fold(0, |digit, offset| digit << 1 | usize::from(bit(at * 5 + offset)));
    (0..length).rev().filter_map(|at| ALPHABET.get(digit(at))).map(|&byte| char::from(byte)).collect()
}

fn from_base32(digits: &str, size: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0u8; size];
    for (at, digit) in digits.bytes().rev().enumerate() {
        let value = ALPHABET.iter().position(|&letter| letter == digit)?;
        for bit in (at * 5..at * 5 + 5).filter(|bit| value >> (bit - at * 5) & 1 == 1) {
            *bytes.get_mut(bit / 8)? |= 1 << (bit % 8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::source_path;

    /// `nix-store --print-fixed-path --recursive sha256 HASH source` of Nix 2.8.
    #[test]
    fn a_source_lies_in_the_store_where_its_hash_says() {
        let expected = "j6x55z428hhmgvc0v2fbi1iz9mjkqn4w-source";
        let hash = "sha256-lYm+o5HTptO6iNGG6L41EMhGGyh2L9gt5P7stJH8gqI=";
        assert_eq!(source_path(hash, "/nix/store").as_deref(), Some(expected));
        assert_eq!(source_path("sha256-tooshort", "/nix/store"), None);
    }
}
